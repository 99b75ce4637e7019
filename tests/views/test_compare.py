"""Comparisons of groups: every number against loops over rows and speakers, every sentence, every bad input."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.statistics.cells import Cells
from emoanalytics.statistics.multiplicity import adjusted
from emoanalytics.statistics.permutation import permutation_test
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.compare import Design, Kind, compare
from tests.made_store import make_store

ANGRY = EMOTION_IDS.index("angry")
Row = dict[str, Any]


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def corpus(
    path: Path,
    speakers: int = 10,
    clips: int = 8,
    *,
    team: Callable[[int, int], str | None],
    effect: float = 0.0,
    seed: int = 0,
    more: Callable[[int, int], Row] = lambda s, c: {},
) -> tuple[EmotionStore, list[Row], np.ndarray]:
    """Speakers who differ; in team ``a`` everybody is angrier by ``effect`` (a logit)."""
    rng = np.random.default_rng(seed)
    rows, logits = [], []
    for s in range(speakers):
        voice = rng.normal(size=9)
        for c in range(clips):
            row = {"speaker": f"s{s}", "team": team(s, c), "end_s": float(rng.uniform(0.5, 4)), **more(s, c)}
            rows.append(row)
            logits.append(voice + rng.normal(size=9) + effect * (row["team"] == "a") * (np.arange(9) == ANGRY))
    scores = softmax(np.array(logits)).astype(np.float32)
    return make_store(path, rows, scores=scores), rows, scores


def speaker_mean(rows: list[Row], scores: np.ndarray, speaker: str, team: str, weigh: bool = False) -> np.ndarray:
    picked = [i for i, r in enumerate(rows) if r["speaker"] == speaker and r["team"] == team]
    weights = [rows[i]["end_s"] if weigh else 1.0 for i in picked]
    return sum(w * scores[i].astype(float) for w, i in zip(weights, picked, strict=True)) / sum(weights)


@pytest.mark.parametrize("weigh", [False, True])
def test_speakers_in_both_groups_against_a_loop(tmp_path: Path, weigh: bool) -> None:
    store, rows, scores = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2], effect=1.5)
    found = compare(store, "team", groups=["a", "b"], weigh="duration" if weigh else "clips")
    (pair,) = found.pairs
    each = [
        (speaker_mean(rows, scores, f"s{s}", "a", weigh), speaker_mean(rows, scores, f"s{s}", "b", weigh))
        for s in range(10)
    ]
    difference = np.mean([a - b for a, b in each], axis=0)
    np.testing.assert_allclose([d.difference for d in pair.differences], difference)
    np.testing.assert_allclose(list(found.groups[0].mean.values()), np.mean([a for a, _ in each], axis=0))
    np.testing.assert_allclose(list(found.groups[1].mean.values()), np.mean([b for _, b in each], axis=0))
    higher = [np.mean([np.sign(a[e] - b[e]) for a, b in each]) for e in range(9)]
    np.testing.assert_allclose([d.dominance for d in pair.differences], higher)
    test = permutation_test(Cells(np.array(each)))
    assert test is not None
    assert (found.p, pair.p, pair.p_adjusted) == (test.p, test.p, test.p)
    np.testing.assert_allclose([d.p for d in pair.differences], test.each)
    gated = [max(one, test.p) for one in adjusted(test.each, "holm")]
    np.testing.assert_allclose([d.p_adjusted for d in pair.differences], gated)
    assert (pair.design, pair.both, pair.only_first, pair.unused) == (Design.WITHIN, 10, 0, 0)
    assert [(g.name, g.clips, g.speakers) for g in found.groups] == [("a", 40, 10), ("b", 40, 10)]
    assert pair.differing()[0].label == "angry"


def test_speakers_in_one_group_each_against_a_loop(tmp_path: Path) -> None:
    store, rows, scores = corpus(tmp_path / "s", 13, team=lambda s, c: "a" if s < 6 else "b", effect=3.0)
    found = compare(store, "team", groups=["a", "b"], correction="bh")
    (pair,) = found.pairs
    one = np.array([speaker_mean(rows, scores, f"s{s}", "a") for s in range(6)])
    two = np.array([speaker_mean(rows, scores, f"s{s}", "b") for s in range(6, 13)])
    np.testing.assert_allclose([d.difference for d in pair.differences], one.mean(axis=0) - two.mean(axis=0))
    for e, d in enumerate(pair.differences):
        wins = [np.sign(x - y) for x, y in itertools.product(one[:, e], two[:, e])]
        assert d.dominance == pytest.approx(np.mean(wins))
        spread = np.sqrt((one[:, e].var(ddof=1) + two[:, e].var(ddof=1)) / 2)
        assert d.standardised == pytest.approx((one[:, e].mean() - two[:, e].mean()) / spread * (1 - 3 / (4 * 11 - 1)))
    assert (pair.design, pair.both, pair.only_first, pair.only_second) == (Design.BETWEEN, 0, 6, 7)
    means = np.full((13, 2, 9), np.nan)
    means[:6, 0], means[6:, 1] = one, two
    test = permutation_test(Cells(means))
    assert test is not None
    gated = [max(one, test.p) for one in adjusted(test.each, "bh")]
    np.testing.assert_allclose([d.p_adjusted for d in pair.differences], gated)


def test_an_interval_is_put_together_from_those_of_the_groups(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 13, team=lambda s, c: "a" if s < 6 else "b")
    found = compare(store, "team", groups=["a", "b"])
    a, b = found.groups
    for d in found.pairs[0].differences:
        below = np.hypot(a.mean[d.label] - a.low[d.label], b.high[d.label] - b.mean[d.label])
        above = np.hypot(a.high[d.label] - a.mean[d.label], b.mean[d.label] - b.low[d.label])
        assert d.low == pytest.approx(d.difference - below)
        assert d.high == pytest.approx(d.difference + above)


def test_the_interval_of_a_group_is_that_of_its_speakers_means(tmp_path: Path) -> None:
    store, rows, scores = corpus(tmp_path / "s", 7, team=lambda s, c: "ab"[c % 2])
    found = compare(store, "team", groups=["a", "b"])
    means = np.array([speaker_mean(rows, scores, f"s{s}", "b") for s in range(7)])
    expected = mean_intervals(means, np.ones(7), np.zeros(7, int), 1)
    np.testing.assert_allclose(list(found.groups[1].low.values()), expected.low[0])
    np.testing.assert_allclose(list(found.groups[1].high.values()), expected.high[0])


def test_some_speakers_in_both_and_some_in_one(tmp_path: Path) -> None:
    def team(s: int, c: int) -> str:
        return "ab"[c % 2] if s < 5 else "a" if s < 9 else "b" if s < 12 else "c"

    store, _, _ = corpus(tmp_path / "s", 13, team=team)
    (pair,) = compare(store, "team", groups=["a", "b"]).pairs
    assert (pair.design, pair.both, pair.only_first, pair.only_second, pair.unused) == (Design.MIXED, 5, 4, 3, 0)
    store, _, _ = corpus(tmp_path / "t", 10, team=lambda s, c: "ab"[c % 2] if s < 6 else "a" if s < 9 else "b")
    found = compare(store, "team", groups=["a", "b"])
    assert (found.pairs[0].design, found.pairs[0].both, found.pairs[0].unused) == (Design.WITHIN, 6, 4)
    assert "4 speakers could not be used in the difference, having nobody to be compared with." in found.said()


def test_few_clips_of_each_speaker_are_said(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "a" if c < (2 if s < 5 else 3) else "b")
    found = compare(store, "team", groups=["a", "b"])
    assert [g.clips_each for g in found.groups] == [2.5, 5.5]
    expected = (
        "Few clips of each speaker (median: a 2.5): where an emotion is rare, do not rely on a p-value near 0.05."
    )
    assert expected in found.said()
    assert "每个说话人的片段很少（中位数：a 2.5）：少见情绪的 p 值接近 0.05 时不足为据。" in found.said("zh")


def test_many_groups_are_tested_together_and_pair_by_pair(tmp_path: Path) -> None:
    store, rows, scores = corpus(tmp_path / "s", 8, 9, team=lambda s, c: "abc"[c % 3], effect=2.0)
    found = compare(store, "team", seed=3, permutations=2_000)
    assert [g.name for g in found.groups] == ["a", "b", "c"]
    assert [(p.first, p.second) for p in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    means = np.array([[speaker_mean(rows, scores, f"s{s}", t) for t in "abc"] for s in range(8)])
    whole = permutation_test(Cells(means), seed=3, permutations=2_000)
    assert whole is not None
    assert (found.p, found.exact, found.permutations) == (whole.p, False, 2_000)
    np.testing.assert_allclose([d.p for d in found.emotions], whole.each)
    np.testing.assert_allclose([d.p_adjusted for d in found.emotions], [max(x, whole.p) for x in adjusted(whole.each)])
    assert {d.difference for d in found.emotions} == {None}
    tests = [permutation_test(Cells(means[:, p]), seed=3, permutations=2_000) for p in ([0, 1], [0, 2], [1, 2])]
    p = np.array([t.p for t in tests if t])
    each = np.array([t.each for t in tests if t])
    assert [pair.p for pair in found.pairs] == p.tolist()
    np.testing.assert_allclose([pair.p_adjusted for pair in found.pairs], adjusted(p))
    for pair, of_pair, singles in zip(found.pairs, adjusted(p), adjusted(each), strict=True):
        assert [d.p_adjusted for d in pair.differences] == pytest.approx([max(x, of_pair, whole.p) for x in singles])


def test_largest_groups_come_first_and_numbers_are_read_as_names(tmp_path: Path) -> None:
    store, _, _ = corpus(
        tmp_path / "s", team=lambda s, c: None, more=lambda s, c: {"take": None if c == 7 else c // 4 + 1.0}
    )
    found = compare(store, "take")
    assert [(g.name, g.clips) for g in found.groups] == [("1", 40), ("2", 30)]
    assert found.left_out == {"take": 10}
    assert "10 clips without take not compared." in found.said()
    assert "10 条没有 take，未比较。" in found.said("zh")


# Against the speaker's own baseline ----------------------------------------------------------------------------


def test_a_baseline_is_the_mean_of_the_clips_that_are_not_compared(tmp_path: Path) -> None:
    store, rows, scores = corpus(
        tmp_path / "s", 12, team=lambda s, c: "a" if s < 6 else "b", more=lambda s, c: {"session": f"w{c // 4}"}
    )
    found = compare(store, "team", groups=["a", "b"], where="session = 'w1'", normalise_speaker=True)

    def change(s: int) -> np.ndarray:
        mine = [(i, rows[i]["session"]) for i in range(len(rows)) if rows[i]["speaker"] == f"s{s}"]
        now = np.mean([scores[i].astype(float) for i, w in mine if w == "w1"], axis=0)
        return now - np.mean([scores[i].astype(float) for i, w in mine if w == "w0"], axis=0)

    a, b = (np.mean([change(s) for s in those], axis=0) for those in (range(6), range(6, 12)))
    np.testing.assert_allclose(list(found.groups[0].mean.values()), a, atol=1e-12)
    np.testing.assert_allclose([d.difference for d in found.pairs[0].differences], a - b, atol=1e-12)
    assert found.normalised
    assert "Scores are against each speaker's own baseline." in found.said()


def test_a_baseline_changes_nothing_inside_a_speaker(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2], effect=1.0)
    plain, own = (compare(store, "team", normalise_speaker=n) for n in (False, True))
    assert plain.p == own.p
    np.testing.assert_allclose(
        [d.difference for d in plain.pairs[0].differences], [d.difference for d in own.pairs[0].differences], atol=1e-12
    )
    np.testing.assert_allclose(np.sum([list(g.mean.values()) for g in own.groups], axis=0), 0, atol=1e-12)


def test_speakers_without_a_baseline_are_left_out_and_said(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2] if s < 7 else "a")
    found = compare(store, "team", normalise_speaker=True)
    assert found.left_out == {"baseline": 24}
    assert found.groups[0].speakers == 7
    assert any(s.startswith("24 clips not compared: their speakers are in one group") for s in found.said())
    store, _, _ = corpus(tmp_path / "t", team=lambda s, c: "a" if s < 5 else "b")
    with pytest.raises(StoreError, match="each speaker is in one group only and has no other clips"):
        compare(store, "team", normalise_speaker=True)


# What else differs ---------------------------------------------------------------------------------------------


def test_a_microphone_that_goes_with_the_group_is_named(tmp_path: Path) -> None:
    def more(s: int, c: int) -> Row:
        swapped = c == 0 and s in (0, 1, 2)  # 3 of 80
        return {
            "microphone": "headset" if (c % 2 == 0) != swapped else "phone",
            "gender": "mf"[s % 2],
            "badge": f"b{s}",
        }

    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2], more=more)
    found = compare(store, "team", groups=["a", "b"])
    (confound,) = found.confounds
    assert (confound.column, confound.kind) == ("microphone", Kind.VALUES)
    assert confound.values == {"a": "headset", "b": "phone"}
    assert confound.by_group == {"a": pytest.approx(37 / 40), "b": 1.0}
    table = np.array([[37, 3], [0, 40]])
    assert confound.strength == pytest.approx(np.sqrt(chi2_contingency(table, correction=False)[0] / 80), abs=0.01)
    sentence = (
        "Take care: team and microphone go together (Cramer's V 0.93, 1 is one and the same), "
        "so their effects cannot be told apart."
    )
    assert sentence in found.said()
    zh = "注意：team 与 microphone 相关（Cramér's V 0.93，1 为完全对应），两者的影响无法分开。"
    assert zh in found.said("zh")


def test_flags_dates_and_lengths_that_go_with_the_group_are_named(tmp_path: Path) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)

    def more(s: int, c: int) -> Row:
        b = c % 2
        return {
            "flags": ["noisy"] if b and c != 1 else [],
            "recorded_at": start + timedelta(days=30 * b + s),
            "end_s": 1.0 + 2 * b + 0.01 * s,
            "snr_db": 20.0 + s,
        }

    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2], more=more)
    found = compare(store, "team", groups=["a", "b"])
    by_name = {c.column: c for c in found.confounds}
    assert set(by_name) == {"noisy", "recorded_at", "duration_s"}
    assert by_name["noisy"].by_group == {"a": 0.0, "b": 0.75}
    assert by_name["duration_s"].by_group == {"a": pytest.approx(1.045), "b": pytest.approx(3.045)}
    assert by_name["duration_s"].strength == 1.0
    text = "\n".join(found.said())
    assert "the flag noisy is not as frequent in all groups (a 0 %, b 75 %)" in text
    assert "date of recording (medians: a 2026-03-06, b 2026-04-05)" in text
    zh = "\n".join(found.said("zh"))
    assert "注意：各组带“噪声大”标记的比例不同（a 0%，b 75%）" in zh
    assert "各组的时长也不同（中位数：a 1.04 s，b 3.04 s）" in zh


# Not enough, and wrong -----------------------------------------------------------------------------------------


def test_too_few_speakers_are_not_enough_evidence(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 5, team=lambda s, c: "ab"[c % 2], effect=4.0)
    found = compare(store, "team", groups=["a", "b"])
    assert (found.enough, found.p, found.smallest_p) == (False, None, 2 / 32)
    assert {(d.p, d.p_adjusted) for d in found.pairs[0].differences} == {(None, None)}
    assert found.pairs[0].differences[ANGRY].difference > 0
    assert (
        "Not enough evidence: with so few speakers, shuffling them cannot give a p-value below 0.062, "
        "and 0.05 is needed." in found.said()
    )
    assert any("证据不足：说话人太少" in line for line in found.said("zh"))


def test_a_group_of_one_speaker_is_not_enough_evidence(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 9, team=lambda s, c: "a" if s == 0 else "b")
    found = compare(store, "team")
    assert (found.enough, found.smallest_p, found.pairs[0].design) == (False, None, None)
    assert {d.difference for d in found.pairs[0].differences} == {None}
    assert "Not enough evidence: no two groups have two speakers each who can be compared." in found.said()
    assert "证据不足：没有两组各有至少两个可比的说话人。" in found.said("zh")


def test_few_speakers_can_tell_the_whole_but_no_emotion_apart(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 6, 40, team=lambda s, c: "ab"[c % 2], effect=4.0)
    found = compare(store, "team", groups=["a", "b"])
    assert found.p == found.smallest_p == 2 / 64
    expected = (
        "Single emotions: not enough evidence; with so few speakers none can reach 0.05 after correction, "
        "only the groups as a whole."
    )
    assert expected in found.said()
    assert not any("no single emotion" in line for line in found.said())
    assert any("单种情绪证据不足" in line for line in found.said("zh"))


def test_pairs_that_cannot_reach_it_are_not_enough_evidence(tmp_path: Path) -> None:
    """Six speakers in four groups: each pair's smallest p is 2/64, times nine emotions of six pairs."""
    store, _, _ = corpus(tmp_path / "s", 6, 40, team=lambda s, c: "abcd"[c % 4], effect=4.0)
    found = compare(store, "team", permutations=2_000)
    assert found.p < 0.05 and {pair.smallest_p for pair in found.pairs} == {2 / 64}
    assert not found.pairs_within_reach and found.singles_within_reach
    en, zh = " ".join(found.said()), " ".join(found.said("zh"))
    assert (
        "Single emotions between two groups: not enough evidence; with so few speakers none can reach 0.05 "
        "after correction for 54 tests." in en
    )
    assert "In none of" not in en and "两组之间的单种情绪：证据不足" in zh and "全部" not in zh
    many = compare(store, "team", permutations=2_000, correction="bh")
    assert many.pairs_within_reach and "not enough evidence; with so few" not in " ".join(many.said())


def test_an_emotion_never_stands_where_the_groups_do_not_differ(tmp_path: Path) -> None:
    """Six speakers with one clip against thirty with thirty, alike: a rare emotion alone would be found too often."""
    alone = behind = 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        rows, logits = [], []
        for s in range(36):
            voice = np.array([-3.0, *[0.0] * 6]) + 0.5 * rng.normal(size=7)
            for _ in range(1 if s < 6 else 30):
                rows.append({"speaker": f"s{s}", "team": "a" if s < 6 else "b"})
                logits.append(np.append(voice + 1.5 * rng.normal(size=7), [-np.inf, -np.inf]))
        scores = softmax(np.array(logits))
        scores[:, 7:] = np.nan
        store = make_store(tmp_path / str(seed), rows, scores=scores)
        found = compare(store, "team", permutations=199)
        alone += bool((adjusted(np.array([d.p for d in found.emotions])) <= 0.05).any())
        behind += bool(found.pairs[0].differing())
        assert not found.pairs[0].differing() or found.p <= 0.05
    assert alone >= 8 and behind <= 3


def test_a_word_for_pairs_is_about_size_not_agreement(tmp_path: Path) -> None:
    """Every speaker is a little angrier in one group: all agree, and the difference is small against their spread."""
    rows, scores = [], []
    for s in range(12):
        for c in range(6):
            angry = 0.1 + 0.05 * s + 0.01 * (c % 2)
            rows.append({"speaker": f"s{s}", "team": "ba"[c % 2]})
            scores.append([angry if e == ANGRY else (1 - angry) / 8 for e in range(9)])
    found = compare(make_store(tmp_path / "s", rows, scores=np.array(scores)), "team", groups=["a", "b"])
    d = found.pairs[0].differences[ANGRY]
    assert d.dominance == 1.0 and d.standardised == pytest.approx(0.01 / 0.18, abs=0.01) and d.magnitude == "negligible"
    assert "negligible)" in " ".join(found.said())


def test_one_clip_and_one_speaker(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 1, 1, team=lambda s, c: "a")
    with pytest.raises(StoreError, match="every clip that is left has team = 'a': there is nothing to compare it with"):
        compare(store, "team")
    store, _, _ = corpus(tmp_path / "t", 1, 9, team=lambda s, c: "ab"[c % 2])
    assert not compare(store, "team").enough


def test_clips_without_scores_or_speaker_are_left_out(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 8}" if i < 60 else None, "team": "ab"[(i // 8) % 2]} for i in range(64)]
    scores = softmax(np.random.default_rng(0).normal(size=(64, 9)))
    scores[5] = np.nan
    store = make_store(tmp_path / "s", rows, scores=scores)
    found = compare(store, "team")
    assert found.left_out == {"speaker": 4}
    assert sum(g.clips for g in found.groups) == len(found.evidence) == 59
    json.dumps(found.as_json(), allow_nan=False)


def test_labels_the_head_does_not_know_are_not_compared(tmp_path: Path) -> None:
    scores = np.full((80, 9), np.nan)
    scores[:, :3] = softmax(np.random.default_rng(0).normal(size=(80, 3)))
    rows = [{"speaker": f"s{i % 8}", "team": "ab"[(i // 8) % 2]} for i in range(80)]
    found = compare(make_store(tmp_path / "s", rows, scores=scores), "team")
    assert found.labels == EMOTION_IDS[:3]
    assert len(found.pairs[0].differences) == 3


def test_agents_are_compared_only_when_asked_for(tmp_path: Path) -> None:
    store, _, _ = corpus(
        tmp_path / "s", team=lambda s, c: "ab"[c % 2], more=lambda s, c: {"role": "agent" if s < 2 else "client"}
    )
    assert compare(store, "team").groups[0].speakers == 8
    assert compare(store, "team", role="all").groups[0].speakers == 10
    found = compare(store, "role")
    assert {g.name: g.speakers for g in found.groups} == {"client": 8, "agent": 2}
    said = "Roles are compared, so clips of every role were read, agents' too; elsewhere agents are left out unless"
    assert any(line.startswith(said) for line in found.said())
    assert any("包括坐席在内的所有角色都被读取" in line for line in found.said("zh"))
    assert not any("every role was" in line or "every role were" in line for line in compare(store, "team").said())


def test_sessions_of_a_speaker_count_once_when_asked(tmp_path: Path) -> None:
    store, _, _ = corpus(
        tmp_path / "s", 2, 40, team=lambda s, c: "a" if c < 20 else "b", more=lambda s, c: {"session": f"w{c // 4}"}
    )
    found = compare(store, "team", cluster="session")
    assert [g.speakers for g in found.groups] == [10, 10]  # two speakers' w0 are two sessions
    assert "Counted by session, not by speaker: what is found holds for these speakers only." in found.said()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"group": "taem"}, r"has no column 'taem' to take as the group \(did you mean team\?\)"),
        ({"group": "team", "cluster": "speakr"}, "no column 'speakr' to take as the cluster"),
        ({"group": "number"}, "the column 'number' has 80 different values in 80 clips: a comparison takes up to 12"),
        ({"group": "team", "groups": ["a"]}, "takes at least two groups, not 1: name another with --groups"),
        ({"group": "flags"}, "the column 'flags' holds a list a clip, not one value: compare by another column"),
        ({"group": "team", "cluster": "flags"}, "the column 'flags' holds a list a clip, not one value"),
        ({"group": "team", "groups": ["a", "bb"]}, r"no clip that is left has team = 'bb'"),
        ({"group": "role"}, "no clip that is left names a role"),
        ({"group": "team", "cluster": "session"}, "no clip that is left names a session: clips of one session"),
        ({"group": "team", "where": "speaker = 'nobody'"}, "no clip of"),
        ({"group": "team", "correction": "none"}, "the correction is one of holm, bh, not 'none'"),
        ({"group": "team", "permutations": 0}, "at least 1 permutation"),
    ],
)
def test_what_cannot_be_compared_is_said(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2], more=lambda s, c: {"number": 100 * s + c})
    with pytest.raises((StoreError, EmptySelectionError), match=message):
        compare(store, **given)


def test_the_words(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 12, team=lambda s, c: "ab"[c % 2], effect=2.0)
    found = compare(store, "team", groups=["a", "b"])
    en, zh = found.said(), found.said("zh")
    assert en[0] == "Compared by team: a (48 clips, 12 speakers), b (48 clips, 12 speakers); every speaker counts once."
    assert zh[0] == "按 team 比较：a（48 条，12 个说话人）、b（48 条，12 个说话人）；每个说话人只计一次。"
    assert en[1].startswith("The groups differ in their scores (p < 0.001)")
    d = found.pairs[0].differing()[0]
    assert en[2].startswith(
        f"a against b (within the 12 speakers in both): angry {d.difference:.3f} higher "
        f"(95 % interval {d.low:+.3f} to {d.high:+.3f}, corrected p = {d.p_adjusted:.3f}, large)"
    )
    assert zh[2].startswith(f"a 相对 b（同一批 12 个说话人自身对比）：生气高 {d.difference:.3f} 分（95% 区间")
    assert len(en) == len(zh)
    assert (
        en[-2]
        == "Few clips of each speaker (median: a 4, b 4): where an emotion is rare, do not rely on a p-value near 0.05."
    )


def test_the_words_of_many_groups(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 12, 12, team=lambda s, c: "abc"[c % 3], effect=2.5)
    en, zh = compare(store, "team").said(), compare(store, "team").said("zh")
    assert en[2].startswith("Emotions that differ between the groups: ")
    assert "angry (p " in en[2]
    assert en[3].startswith("a against b (within the 12 speakers in both): angry")
    assert "In the other 1 pair no single emotion was found to differ after correction." in en
    assert "其余 1 对组之间，校正后没有发现哪种情绪单独有差异。" in zh
    store, _, _ = corpus(tmp_path / "t", 12, 12, team=lambda s, c: "abc"[c % 3])
    assert (
        "In none of the 3 pairs of groups was a single emotion found to differ after correction."
        in compare(store, "team").said()
    )


def test_the_same_seed_gives_the_same_document(tmp_path: Path) -> None:
    store, _, _ = corpus(tmp_path / "s", 30, team=lambda s, c: "a" if s % 2 else "b")
    first, again = (json.dumps(compare(store, "team", seed=4).as_json(), allow_nan=False) for _ in range(2))
    assert first == again
    plain = json.loads(first)
    assert plain["seed"] == 4
    assert not plain["exact"]
    assert plain["permutations"] == 9_999
    assert plain["pairs"][0]["design"] == "between"
    assert list(plain["groups"][0]["mean"]) == list(EMOTION_IDS)


def test_chosen_clips_are_compared_with_the_rest_as_a_column_that_says_so(tmp_path: Path) -> None:
    picked = lambda s, c: {"mine": "chosen" if (3 * s + c) % 4 == 0 else "rest", "desk": "ab"[(3 * s + c) % 4 == 0]}  # noqa: E731
    store, rows, scores = corpus(tmp_path / "s", team=lambda s, c: "a" if (3 * s + c) % 4 == 0 else "b",
                                 effect=1.5, more=picked)  # fmt: skip
    chosen = [f"{i:032x}" for i, row in enumerate(rows) if row["mine"] == "chosen"]
    found, column = compare(store, chosen=chosen), compare(store, "mine", groups=["chosen", "rest"])
    assert found.of_choice and (found.column, found.left_out) == ("choice", {})
    assert found.groups == column.groups and found.pairs == column.pairs and found.p == column.p
    assert {c.column: c.strength for c in found.confounds} == pytest.approx({"team": 1, "desk": 1, "mine": 1}, abs=0.05)
    one = np.mean([speaker_mean(rows, scores, f"s{s}", "a") for s in range(10)], axis=0)
    np.testing.assert_allclose(list(found.groups[0].mean.values()), one)
    assert next(d.label for d in found.pairs[0].differing()) == "angry" and found.pairs[0].design is Design.WITHIN
    english, chinese = found.said(), found.said("zh")
    assert english[0].startswith("Compared by the choice: the chosen clips (20 clips, 10 speakers), the rest (60 clips")
    assert any(
        line.startswith("the chosen clips against the rest (within the 10 speakers in both)") for line in english
    )
    assert any("the choice and desk go together" in line for line in english)
    assert any("then the p-values are no discovery" in line for line in english)
    assert chinese[0].startswith("按是否所选比较：所选片段（20 条，10 个说话人）、其余片段（60 条")
    assert not any("no discovery" in line for line in column.said())
    assert json.loads(json.dumps(found.as_json()))["of_choice"] is True
    assert compare(store, chosen=chosen, where="desk = 'b' OR team = 'b'").groups == found.groups


def test_the_order_of_the_chosen_ids_and_repeats_mean_nothing(tmp_path: Path) -> None:
    store, rows, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2])
    chosen = [f"{i:032x}" for i, row in enumerate(rows) if row["team"] == "a"]
    assert compare(store, chosen=[*chosen[::-1], *chosen]).pairs == compare(store, chosen=set(chosen)).pairs


def test_chosen_clips_that_are_not_compared_are_said(tmp_path: Path) -> None:
    store, rows, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2])
    chosen = [f"{i:032x}" for i, row in enumerate(rows) if row["team"] == "a"]
    found = compare(store, chosen=[*chosen, "f" * 32], where="segment_id <> '" + chosen[0] + "'")
    assert found.left_out == {"chosen": 2} and found.groups[0].clips == len(chosen) - 1
    assert "2 chosen clips not compared: gone from the store, or left out." in found.said()
    assert "2 条所选片段未参与比较（已不在库中，或被略去）。" in found.said("zh")


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        ({"chosen": []}, EmptySelectionError, "no clip is chosen"),
        ({"chosen": ["f" * 32]}, EmptySelectionError, r"no chosen clip \(1 in all\) is among the 80"),
        (
            {"chosen": [f"{i:032x}" for i in range(80)]},
            EmptySelectionError,
            r"every clip that can be compared \(80 in all\) is chosen",
        ),
        ({"chosen": ["0" * 32], "group": "team"}, StoreError, "name either a column to group by or the chosen clips"),
        ({}, StoreError, "name either a column to group by or the chosen clips"),
        ({"chosen": ["0" * 32], "groups": ["a", "b"]}, StoreError, "name no groups besides"),
    ],
)
def test_a_choice_that_cannot_be_compared_is_one_line(
    tmp_path: Path, settings: dict[str, Any], kind: type[Exception], said: str
) -> None:
    store, _, _ = corpus(tmp_path / "s", team=lambda s, c: "ab"[c % 2])
    with pytest.raises(kind, match=said):
        compare(store, **settings)


def test_two_speakers_are_compared_session_by_session(tmp_path: Path) -> None:
    store, rows, scores = corpus(tmp_path / "s", 3, 24, team=lambda s, c: "a" if s == 1 else "b", effect=3.0,
                                 more=lambda s, c: {"session": f"day{c % 8}"})  # fmt: skip
    found = compare(store, "speaker", groups=["s1", "s0"], cluster="session")
    assert [(g.name, g.clips, g.speakers) for g in found.groups] == [("s1", 24, 8), ("s0", 24, 8)]

    def of_day(speaker: str, day: int) -> list[float]:
        named = (speaker, f"day{day}")
        return [scores[i, ANGRY] for i, r in enumerate(rows) if (r["speaker"], r["session"]) == named]

    mean = [np.mean([np.mean(of_day(speaker, day)) for day in range(8)]) for speaker in ("s1", "s0")]
    angry = next(d for d in found.pairs[0].differences if d.label == "angry")
    assert angry.difference == pytest.approx(mean[0] - mean[1]) and angry.p_adjusted is not None
    assert "Counted by session, not by speaker: what is found holds for these speakers only." in found.said()
