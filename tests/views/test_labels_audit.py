"""The label audit: scores and votes against loops, the checks of a corpus against counting, planted errors found."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emoanalytics.embed.heads import fit
from emoanalytics.errors import EmptySelectionError, HeadError, StoreError
from emoanalytics.labels import BY_ID
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views.labels_audit import Balance, Leaks, OneLabel, audit_labels
from emoanalytics.views.labels_audit.corpus import contradictions
from emoanalytics.views.labels_audit.suspicion import confident, suspicion, votes, with_votes
from tests.made_store import make_store

LABELS = ("angry", "happy", "sad")
NAN = float("nan")


@dataclass(frozen=True)
class Graph:
    rows: np.ndarray
    similarities: np.ndarray


def corpus(
    path: Path, *, speakers: int = 3, clips: int = 20, wrong: tuple[int, ...] = (), **columns: Any
) -> tuple[EmotionStore, list[dict[str, Any]]]:
    """Clips whose embedding tells the label and, more loudly, the speaker; some are given the next label instead."""
    rng = np.random.default_rng(0)
    rows, points = [], []
    for i in range(speakers * clips):
        label = i % 3
        voice = np.random.default_rng(100 + i // clips).normal(size=6)
        points.append(np.concatenate([4 * np.eye(3)[label], np.zeros(3)]) + voice + rng.normal(size=6) * 0.5)
        given = LABELS[(label + 1) % 3] if i in wrong else LABELS[label]
        rows.append({"speaker": f"s{i // clips}", "emotion_given": given, **{k: v(i) for k, v in columns.items()}})
    return make_store(path, rows, embeddings=np.array(points)), rows


WRONG = (4, 17, 33, 50)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    """A corpus with four wrong labels and a head on them, so that audits need no fit of their own."""
    store, _ = corpus(tmp_path_factory.mktemp("trained") / "s", wrong=WRONG)
    train_head(store, centre=True)
    return store


@pytest.fixture
def no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what an audit says without a model."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise HeadError("no model here")

    monkeypatch.setattr("emoanalytics.views.labels_audit.auditing.fit", refuse)


# Scores and votes ----------------------------------------------------------------------------------------------


def test_suspicion_is_what_the_given_label_lacks() -> None:
    scores = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [NAN, NAN, NAN], [0.3, 0.3, 0.4]])
    np.testing.assert_allclose(suspicion(scores, np.array([0, 1, 2, -1])), [0.3, 0.9, NAN, NAN])


def test_a_label_is_confidently_another_where_it_reaches_that_labels_own_mean() -> None:
    rng = np.random.default_rng(1)
    scores = rng.dirichlet((1, 1, 1), 60)
    scores[7] = NAN
    given = rng.integers(-1, 3, 60)
    judged = [i for i in range(60) if given[i] >= 0 and i != 7]
    mean = [np.mean([scores[i, j] for i in judged if given[i] == j]) for j in range(3)]
    expected = []
    for i in range(60):
        reached = [j for j in range(3) if i in judged and scores[i, j] >= mean[j]]
        best = max(reached, key=lambda j: scores[i, j], default=-1)
        expected.append(best if best != given[i] else -1)
    assert confident(scores, given).tolist() == expected
    assert confident(scores[:0], given[:0]).tolist() == []


def test_votes_of_other_speakers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    n, k = 40, 35
    rows = np.array([rng.permutation(n)[:k] for _ in range(n)], np.int32)
    rows[3, 5:] = -1
    similarities = np.sort(rng.uniform(-0.2, 1, (n, k)).astype(np.float32), axis=1)[:, ::-1]
    given, groups = rng.integers(-1, 3, n), rng.integers(-1, 4, n)
    expected = np.full((n, 3), NAN)
    for i in range(n):
        who = [
            (given[r], s)
            for r, s in zip(rows[i], similarities[i], strict=True)
            if r >= 0 and given[r] >= 0 and groups[r] >= 0 and groups[i] >= 0 and groups[r] != groups[i]
        ][:20]
        total = sum(max(s, 0) for _, s in who)
        if total > 0:
            expected[i] = [sum(max(s, 0) for label, s in who if label == j) / total for j in range(3)]
    np.testing.assert_allclose(votes(rows, similarities, given, groups, 3), expected, rtol=1e-6)
    assert np.isnan(expected).all(axis=1).any()
    monkeypatch.setattr("emoanalytics.views.labels_audit.suspicion._ROWS", 7)
    np.testing.assert_allclose(votes(rows, similarities, given, groups, 3), expected, rtol=1e-6)


def test_votes_count_a_quarter() -> None:
    got = with_votes(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([[0.0, 1.0], [NAN, NAN]]))
    np.testing.assert_allclose(got, [[0.6, 0.4], [0.8, 0.2]])


# The ranking ---------------------------------------------------------------------------------------------------


def test_wrong_labels_come_first_and_their_right_ones_are_suggested(trained: EmotionStore) -> None:
    audit = audit_labels(trained, refit=False, most=None)
    first = [int(s.segment_id, 16) for s in audit.labels[:4]]
    assert set(first) == set(WRONG)
    expected = [(LABELS[(i + 1) % 3], LABELS[i % 3], True) for i in first]
    assert [(s.given, s.suggested, s.likely) for s in audit.labels[:4]] == expected
    assert (audit.clips, audit.labelled, audit.audited, len(audit.labels)) == (60, 60, 60, 60)
    assert audit.likely == sum(s.likely for s in audit.labels) == 4
    scores = [s.score for s in audit.labels]
    assert scores == sorted(scores, reverse=True)
    assert audit_labels(trained, refit=False, most=7).labels == audit.labels[:7]


def test_labels_are_judged_by_heads_that_have_not_heard_the_speaker(tmp_path: Path) -> None:
    store, rows = corpus(tmp_path / "s", wrong=(4,))
    calls = []
    audit = audit_labels(store, most=None, progress=lambda *call: calls.append(call))
    report = fit(store.embeddings(), [r["emotion_given"] for r in rows], [r["speaker"] for r in rows], centre=True)
    for suspect in audit.labels:
        own = report.out_of_fold[int(suspect.segment_id, 16), report.classes.index(suspect.given)]
        assert suspect.score == pytest.approx(1 - own, abs=1e-6)
    assert audit.labels[0].segment_id == f"{4:032x}"
    assert (audit.uar, audit.centred, audit.chance) == (report.uar, True, 1 / 3)
    assert calls[-1][:2] == (4, 4)


@pytest.mark.parametrize(
    ("clips", "one_label", "centred"), [(12, 0, True), (4, 0, False), (12, 1, True), (12, 2, False)]
)
def test_centring_needs_clips_and_labels_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clips: int, one_label: int, centred: bool
) -> None:
    given = {"emotion_given": lambda i: "sad" if i // clips < one_label else LABELS[i % 3]}
    store, _ = corpus(tmp_path / "s", speakers=5, clips=clips, **given)
    asked = []

    def remember(*args: Any, centre: bool, **kwargs: Any) -> None:
        asked.append(centre)
        raise HeadError("no model here")

    monkeypatch.setattr("emoanalytics.views.labels_audit.auditing.fit", remember)
    audit_labels(store)
    audit_labels(store, centre=not centred)
    assert asked == [centred, not centred]


def test_neighbours_of_other_speakers_add_their_votes(trained: EmotionStore) -> None:
    given = trained.segments(["emotion_given"])["emotion_given"].tolist()
    near = np.array([[j for j in range(60) if j % 3 == i % 3 and j // 20 != i // 20][:13] for i in range(60)], np.int32)
    graph = Graph(near, np.ones(near.shape, np.float32))
    plain, voted = (
        {s.segment_id: s.score for s in audit_labels(trained, refit=False, graph=g, most=None).labels}
        for g in (None, graph)
    )
    for i in range(60):
        agree = [given[j] == given[i] for j in near[i][:20]]
        expected = 0.75 * plain[f"{i:032x}"] + 0.25 * (1 - np.mean(agree))
        assert voted[f"{i:032x}"] == pytest.approx(expected, abs=1e-6)
    inside = audit_labels(trained, refit=False, graph=graph, where="speaker <> 's0'", most=None)
    for suspect in inside.labels:  # votes of clips outside the filter do not count
        i = int(suspect.segment_id, 16)
        agree = [given[j] == given[i] for j in near[i] if j >= 20][:20]
        expected = 0.75 * plain[suspect.segment_id] + 0.25 * (1 - np.mean(agree))
        assert suspect.score == pytest.approx(expected, abs=1e-6)
    assert inside.audited == 40
    with pytest.raises(StoreError, match=r"the neighbour graph has 59 rows and .* has 60: make it anew"):
        audit_labels(trained, refit=False, graph=Graph(near[1:], graph.similarities[1:]))


def test_the_stored_scores_are_those_of_the_head(trained: EmotionStore) -> None:
    audit = audit_labels(trained, refit=False, most=None)
    scores = trained.scores().set_index("segment_id")
    for suspect in audit.labels:
        own = scores.loc[suspect.segment_id, f"score_{suspect.given}"]
        assert suspect.score == pytest.approx(1 - own, abs=1e-6)
    head = trained.head()
    assert head is not None
    assert (audit.uar, audit.centred) == (head["report"]["uar"], True)
    some = audit_labels(trained, refit=False, where="speaker = 's1'", most=None)
    assert [s.segment_id for s in some.labels] == [s.segment_id for s in audit.labels if s.speaker == "s1"]


def test_a_head_on_another_column_is_not_taken(trained: EmotionStore, no_fit: None) -> None:
    assert audit_labels(trained, group="corpus", refit=False).why_not == "no model here"


def test_clips_somebody_decided_on_leave_the_queue(trained: EmotionStore) -> None:
    audit = audit_labels(trained, refit=False, decided=[f"{4:032x}", "unknown"])
    assert f"{4:032x}" not in {s.segment_id for s in audit.labels}
    assert (audit.decided, audit.audited, audit.likely) == (1, 60, 3)
    assert "1 clip decided on already." in audit.said()


def test_a_label_only_one_speaker_gave_is_not_judged(tmp_path: Path) -> None:
    store, _ = corpus(tmp_path / "s")
    rows = [
        {"speaker": f"s{i // 20}", "emotion_given": "calm" if i in (1, 4) else LABELS[i % 3] if i != 30 else None}
        for i in range(60)
    ]
    rows[50]["speaker"] = None
    store = make_store(tmp_path / "t", rows, embeddings=store.embeddings())
    audit = audit_labels(store, most=None)
    assert (audit.labelled, audit.alone, audit.unnamed, audit.audited) == (59, 2, 1, 56)
    assert not {f"{i:032x}" for i in (1, 4, 30, 50)} & {s.segment_id for s in audit.labels}
    assert "2 clips could not be audited: no other speaker gave their label." in audit.said()
    assert "1 clip could not be audited: no speaker is named." in audit.said()
    assert "2 条的标签在其他说话人中没有，无法审核。" in audit.said("zh")


# The corpus ----------------------------------------------------------------------------------------------------


def test_balance_counts_labels() -> None:
    balance = Balance.of(pd.Series(["a"] * 6 + ["b"] * 2 + [None]))
    assert (balance.clips, balance.ratio) == ({"a": 6, "b": 2}, 3.0)
    assert balance.effective == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))
    assert Balance.of(pd.Series(["a", "a"])) == Balance({"a": 2}, None, 1.0)
    assert Balance.of(pd.Series([None])) == Balance({}, None, 0.0)
    assert Balance.of(pd.Series(list("abcd"))).effective == pytest.approx(4)


def test_one_label_speakers_are_counted_among_those_with_two_clips() -> None:
    labels = pd.Series(["a", "a", "a", "b", "c", "b", None, "b"])
    groups = pd.Series(["x", "x", "y", "y", "z", "w", "w", "w"])
    assert OneLabel.among(labels, groups) == OneLabel(2, 3, ("w", "x"))


def test_leaks_are_found_by_counting() -> None:
    rng = np.random.default_rng(3)
    ids, content = [f"i{i}" for i in range(60)], rng.integers(0, 40, 60).astype(str)
    table = pd.DataFrame({"segment_id": ids, "content_id": content})
    split = [[None, "train", "test"][k] for k in rng.integers(0, 3, 60)]
    groups = [[None, *"abcdefgh"][k] for k in rng.integers(0, 9, 60)]
    leaks = Leaks.across(table, pd.Series(split, dtype=object), pd.Series(groups, dtype=object), "split")
    rows = [(table["segment_id"][i], table["content_id"][i], split[i], groups[i]) for i in range(60)]
    audio = []
    for content in dict.fromkeys(c for _, c, s, _ in rows if s):
        those = [(i, s) for i, c, s, _ in rows if c == content and s]
        if len({s for _, s in those}) > 1:
            audio.append(tuple(i for i, _ in those))
    assert set(leaks.audio) == set(audio)
    assert leaks.clips == sum(map(len, audio)) > 0
    parts = {g: {s for _, _, s, who in rows if who == g and s} for g in "abcdefgh"}
    assert leaks.speakers == tuple(sorted(g for g, s in parts.items() if len(s) > 1))
    assert leaks.of_speakers == sum(bool(s) for s in parts.values())


def test_identical_audio_with_different_labels_is_a_contradiction() -> None:
    table = pd.DataFrame({"segment_id": list("abcdef"), "content_id": ["1", "2", "1", "2", "3", "1"]})
    labels = pd.Series(["sad", "sad", "happy", "sad", "sad", None])
    assert contradictions(table, labels) == (("a", "c"),)


def test_a_corpus_where_voices_are_labels_is_named(tmp_path: Path, no_fit: None) -> None:
    rng = np.random.default_rng(4)
    rows = [{"speaker": f"s{s}", "emotion_given": LABELS[s % 3]} for s in range(29) for _ in range(4)]
    for i in (0, 40, 80):
        rows[i]["emotion_given"] = LABELS[(i // 4 + 1) % 3]
    store = make_store(tmp_path / "s", rows, embeddings=rng.normal(size=(116, 4)))
    audit = audit_labels(store)
    assert (audit.one_label.speakers, audit.one_label.of, audit.centred) == (26, 29, False)
    assert "26 of 29 speakers have one label: accuracy here is speaker recognition." in audit.said()
    assert "29 个说话人中有 26 个只有一种标签：这里的准确率其实是说话人识别。" in audit.said("zh")
    rows[4:12] = [{**row, "emotion_given": "sad"} for row in rows[4:12]]
    few = make_store(tmp_path / "t", rows[: 4 * 6], embeddings=rng.normal(size=(24, 4)))
    assert audit_labels(few).one_label.speakers == 5
    mixed = [{"speaker": f"s{i // 4}", "emotion_given": LABELS[0] if i < 4 else LABELS[i % 3]} for i in range(20)]
    said = audit_labels(make_store(tmp_path / "u", mixed)).said()
    assert "1 of 5 speakers has one label: whoever knows the voice knows the label." in said


def test_a_model_that_guesses_is_not_to_be_relied_on(trained: EmotionStore) -> None:
    audit = replace(audit_labels(trained, refit=False), uar=0.4)
    assert "That is hardly better than guessing: do not rely on the order." in audit.said()
    assert "这个模型与猜测相差无几，排序不可靠。" in audit.said("zh")


def test_splits_and_uneven_labels_are_said(tmp_path: Path, no_fit: None) -> None:
    store, _ = corpus(tmp_path / "s", subset=lambda i: "train" if i < 30 else "test")
    audit = audit_labels(store)
    assert audit.leaks == Leaks("subset", (), 0, ("s1",), 3)
    assert "1 of 3 speakers stands on both sides of subset: a test on it knows the voices." in audit.said()
    assert "3 个说话人中有 1 个出现在 subset 的不同部分：测试集听过这些声音。" in audit.said("zh")
    store, _ = corpus(tmp_path / "t", subset=lambda i: "train" if i < 40 else "test")
    assert "No audio and no speaker stands on both sides of subset." in audit_labels(store).said()
    store, _ = corpus(tmp_path / "u", content_id=lambda i: f"{i % 59:032x}", subset=lambda i: "a" if i < 36 else "b")
    audit = audit_labels(store)
    assert audit.leaks is not None
    assert audit.leaks.audio == ((f"{0:032x}", f"{59:032x}"),)
    assert "2 clips of identical audio stand on both sides of subset." in audit.said()
    assert "1 group of identical audio has different labels: at least one of each is wrong." in audit.said()
    rows = [{"speaker": f"s{i % 5}", "emotion_given": "sad" if i % 20 < 5 else "happy"} for i in range(100)]
    for row in rows[:20]:
        row["emotion_given"] = "angry" if row["emotion_given"] == "sad" else "happy"
    store = make_store(tmp_path / "v", rows, embeddings=np.random.default_rng(0).normal(size=(100, 3)))
    counts = Counter(r["emotion_given"] for r in rows)
    assert audit_labels(store).balance.clips == dict(counts.most_common())
    assert any("Labels are uneven: 75 clips happy, 5 angry (15 times)" in s for s in audit_labels(store).said())


# Not enough, and wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"speaker": lambda i: "one"}, "a fit needs labelled rows of at least 2 groups"),
        ({"speaker": lambda i: None}, "a fit needs at least 10 rows with a label and a group, got 0"),
        ({"emotion_given": lambda i: "sad"}, "a fit needs at least 2 different labels, got only 'sad'"),
        (
            {"emotion_given": lambda i: "sad" if i < 20 else "happy" if i < 40 else None},
            "every label comes from one group (speaker) only",
        ),
        ({"emotion_given": lambda i: "sad" if i == 3 else None}, "a fit needs at least 10 rows"),
    ],
)
def test_labels_that_cannot_be_judged_are_not_enough_evidence(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    store, _ = corpus(tmp_path / "s", **change)
    audit = audit_labels(store)
    assert audit.why_not is not None
    assert why in audit.why_not
    assert (audit.audited, audit.labels, audit.uar) == (0, (), None)
    assert audit.said()[0] == f"Not enough evidence to audit labels: {audit.why_not}"
    assert audit.said("zh")[0].startswith("证据不足，无法审核标签：")
    json.dumps(audit.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": "emotoin_given"}, r"has no column 'emotoin_given' \(did you mean emotion_given\?\)"),
        ({"group": "speeker"}, "has no column 'speeker'"),
        ({"split": "sblit"}, "has no column 'sblit'"),
        ({"target": "text"}, "no clip that is left has a label in 'text': there is nothing to audit"),
        ({"target": "file"}, "the column 'file' has 60 different values in 60 clips: an audit takes labels"),
        ({"where": "speaker = 'nobody'"}, "no clip is left: there is nothing to audit"),
    ],
)
def test_what_cannot_be_audited_is_said(trained: EmotionStore, given: dict[str, Any], message: str) -> None:
    with pytest.raises((StoreError, EmptySelectionError), match=message):
        audit_labels(trained, **given)


def test_the_document(trained: EmotionStore) -> None:
    audit = audit_labels(trained, refit=False, most=3, seed=2)
    plain = json.loads(json.dumps(audit.as_json(), allow_nan=False))
    first, top = plain["labels"][0], audit.labels[0]
    assert {"segment_id", "given", "suggested", "score"} <= first.keys()
    assert (first["segment_id"], first["score"]) == (top.segment_id, top.score)
    assert (plain["seed"], len(plain["labels"])) == (2, 3)
    en, zh = audit.said(), audit.said("zh")
    assert en[0] == (
        "60 of 60 labelled clips audited; 4 sound more like another label to the model, its own mistakes among them. "
        "Listen to the most suspicious first."
    )
    given, suggested = top.given, top.suggested
    assert en[1] == (
        f"Most suspicious: {top.file} is labelled {given} and sounds more like {suggested} ({top.score:.2f})."
    )
    names = [BY_ID[label].zh for label in (given, suggested)]
    assert zh[1] == f"最可疑：{top.file} 标为{names[0]}，更像{names[1]}（{top.score:.2f}）。"
    assert len(en) == len(zh)
