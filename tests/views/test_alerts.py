"""Alerts: rules read from text, fired against plain loops, and chance against many shuffles."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.alerts import Kind, Rule, alerts, parse_rule
from emoanalytics.views.alerts.compute import _interval
from emoanalytics.views.alerts.sequences import Sequences, differences, fires, shuffled_clips, shuffled_sessions
from tests.made_store import make_store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANGRY = EMOTION_IDS.index("angry")
RUN, RISE = "angry >= 0.6 for 2 clips in a row", "anger up by 0.15 against own baseline"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (RUN, Rule(Kind.RUN, "angry", True, 0.6, 2)),
        ("Anger >= 60 % for 3 clips", Rule(Kind.RUN, "angry", True, 0.6, 3)),
        ("生气 ≥ 0.6 连续 2 条", Rule(Kind.RUN, "angry", True, 0.6, 2)),
        ("neutral <= .2", Rule(Kind.RUN, "neutral", False, 0.2, 1)),
        (RISE, Rule(Kind.BASELINE, "angry", True, 0.15)),
        ("happiness down by 20% against its own baseline", Rule(Kind.BASELINE, "happy", False, 0.2)),
        ("难过 较自身基线上升 0.2", Rule(Kind.BASELINE, "sad", True, 0.2)),
        ("tense >= 0.5", Rule(Kind.RUN, "tense", True, 0.5, 1)),
    ],
)
def test_rules_are_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule
    assert parse_rule(rule.said()) == parse_rule(rule.said("zh")) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("angry", "the rule 'angry' is not understood. Examples: angry >= 0.6 for 2 clips in a row"),
        ("angry > 0.6", "not understood"),
        ("angry >= 6", "so a rule cannot ask for 6"),
        ("angry >= 0.5 for 0 clips", "asks for 1 to 1,000 clips in a row, not 0"),
        ("angry >= 0.5 for 1001 clips", "asks for 1 to 1,000 clips in a row, not 1001"),
        (f"angry >= 0.5 for {'9' * 5000} clips", "asks for 1 to 1,000 clips in a row, not for 999999999999. Ex"),
        ("angry up by 0 against own baseline", "0 to the baseline is no change"),
        ("", "not understood"),
    ],
)
def test_rules_that_are_none(text: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        parse_rule(text)


def slow_runs(values: list[float], sessions: list[int], amount: float, clips: int) -> list[int]:
    found, length = [], 0
    for i, value in enumerate(values):
        if i and sessions[i] != sessions[i - 1]:
            length = 0
        length = length + 1 if value >= amount else 0
        if length == clips:
            found.append(i)
    return found


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40), st.floats(0, 1), st.integers(1, 4))
def test_runs_against_a_loop(clips: list[tuple[float, bool]], amount: float, length: int) -> None:
    values = np.array([v for v, _ in clips])
    session = np.cumsum([new for _, new in clips]).astype(int)
    sequences = Sequences(np.zeros(len(values), int), session)
    found = fires(Rule(Kind.RUN, "angry", True, amount, length), values, sequences)
    assert found.tolist() == slow_runs(values.tolist(), session.tolist(), amount, length)
    mirrored = fires(Rule(Kind.RUN, "angry", False, 1 - amount, length), 1 - values, sequences)
    exact = np.abs(values - amount) > 1e-12  # 1 - x loses a digit just at the threshold
    if exact.all():
        assert mirrored.tolist() == found.tolist()


def test_differences_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 7, (4, 9))
    speaker = np.repeat(np.arange(4), sizes.sum(axis=1))
    session = np.repeat(np.arange(36), sizes.ravel())
    values = rng.random(len(speaker))
    ends, found = differences(values, Sequences(speaker, session))
    for s in range(36):
        own = session == s
        before = (session < s) & (speaker == s // 9)
        assert ends[s] == np.flatnonzero(own)[-1]
        if s % 9 >= 3 and before.sum() >= 10 and own.sum() >= 3:
            assert found[s] == pytest.approx(values[own].mean() - values[before].mean())
        else:
            assert np.isnan(found[s])
    assert np.isfinite(found).sum() > 8
    over = fires(Rule(Kind.BASELINE, "angry", True, 0.1), values, Sequences(speaker, session))
    assert over.tolist() == [int(e) for e, d in zip(ends, found, strict=True) if d >= 0.1]
    under = fires(Rule(Kind.BASELINE, "angry", False, 0.1), values, Sequences(speaker, session))
    assert under.tolist() == [int(e) for e, d in zip(ends, found, strict=True) if d <= -0.1]


def test_shuffles_keep_clips_with_their_speaker_and_sessions_whole() -> None:
    speaker, session = np.repeat([0, 1], [12, 9]), np.repeat(np.arange(7), 3)
    sequences = Sequences(speaker, session)
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(30):
        order = shuffled_clips(sequences, rng)
        assert sorted(order) == list(range(21))
        assert (speaker[order] == speaker).all()
        order, moved = shuffled_sessions(sequences, rng)
        assert (speaker[order] == moved.speaker).all()
        for s in range(7):
            at = np.flatnonzero(session[order] == s)
            assert (np.diff(at) == 1).all()
            assert (np.diff(order[at]) == 1).all()
            assert len(set(moved.session[at])) == 1
        assert len(set(moved.session)) == 7
        seen.add(tuple(order))
    assert len(seen) > 20
    with pytest.raises(ValueError, match="order of their session"):
        Sequences(np.zeros(2, int), np.array([1, 0]))


@pytest.mark.parametrize("alike", [False, True])
def test_shuffles_are_what_a_sort_by_speaker_and_luck_gives(alike: bool) -> None:
    rng = np.random.default_rng(3)
    speaker = np.sort(rng.integers(0, 9, 400)) * 3 + 1_000_000
    session = np.cumsum(np.concatenate([[0], (np.diff(speaker) != 0) | (rng.random(399) < 0.1)])) * 2
    luck = rng.random(400)
    if alike:  # closer together than a float tells apart beside the number of the speaker
        luck[:] = 0.5 + 1e-13 * luck
    drawn: Any = _Fixed(luck)
    sequences = Sequences(speaker, session)
    assert shuffled_clips(sequences, drawn).tolist() == sorted(range(400), key=lambda i: (speaker[i], luck[i]))
    order, moved = shuffled_sessions(sequences, drawn)
    own = dict(zip(sorted(set(session.tolist())), luck, strict=False))
    assert order.tolist() == sorted(range(400), key=lambda i: (speaker[i], own[session[i]], i))
    runs = np.cumsum(np.concatenate([[0], np.diff(session[order]) != 0]))
    assert moved.session.tolist() == runs.tolist() and moved.speaker.tolist() == speaker.tolist()


class _Fixed:
    """Draws these numbers."""

    def __init__(self, luck: np.ndarray) -> None:
        self.luck = luck

    def random(self, n: int) -> np.ndarray:
        return self.luck[:n]


def some_rows(speakers: int = 6, sessions: int = 6, clips: int = 5) -> list[dict[str, Any]]:
    return [
        {"speaker": f"s{w}", "session": f"call{s}", "file": f"{w}-{s}-{c}.wav",
         "recorded_at": START + timedelta(days=s, hours=w, minutes=c)}
        for w in range(speakers) for s in range(sessions) for c in range(clips)
    ]  # fmt: skip


def some_scores(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(9, 1.0), n)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    rows, scores = some_rows(), some_scores(180)
    scores[15:20] = 0.02
    scores[15:20, ANGRY] = 0.84  # s0, call3
    order = np.random.default_rng(1).permutation(180)
    made = [rows[i] | {"segment_id": f"{i:032x}"} for i in order]
    return make_store(tmp_path_factory.mktemp("alerts") / "s", made, scores=scores[order])


def test_alarms_say_who_when_and_what(store: EmotionStore) -> None:
    found = alerts(store, [RUN, RISE])
    run = next(a for a in found.alarms if a.rule.kind is Kind.RUN and a.speaker == "s0")
    assert (run.session, run.t) == ("call3", "2026-03-05T09:01:00+00:00")
    assert run.segment_ids == (f"{15:032x}", f"{16:032x}")
    assert run.value == pytest.approx(0.84)
    assert run.baseline is None
    rise = next(a for a in found.alarms if a.rule.kind is Kind.BASELINE and a.speaker == "s0" and a.session == "call3")
    assert rise.segment_ids == tuple(f"{i:032x}" for i in range(15, 20))
    assert rise.baseline == pytest.approx(some_scores(180)[:15, ANGRY].mean(), abs=1e-6)
    assert found.reports[0].alarms == sum(a.rule.kind is Kind.RUN for a in found.alarms)
    assert found.reports[0].per_1000 == pytest.approx(1000 * found.reports[0].alarms / 180)
    document = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert document["alarms"][0]["rule"] == RUN
    assert "if their order meant nothing" in found.said()[0]
    assert "若先后顺序毫无意义" in found.said("zh")[0]
    assert "Whether the scores are right is another question" in found.said()[-1]


def test_chance_against_a_loop(store: EmotionStore) -> None:
    rule = parse_rule("angry >= 0.25 for 2 clips")
    report = alerts(store, [rule]).reports[0]
    table = store.table(["speaker", "session", "recorded_at", "score_angry"]).sort_values(["speaker", "recorded_at"])
    rng = np.random.default_rng(9)
    counts = np.zeros(6)
    people = [table[table["speaker"] == f"s{w}"] for w in range(6)]
    known = [(own["score_angry"].to_numpy(float), own["session"].str[4:].astype(int).tolist()) for own in people]
    for _ in range(400):
        for w, (values, sessions) in enumerate(known):
            counts[w] += len(slow_runs(rng.permutation(values).tolist(), sessions, 0.25, 2))
    assert report.expected == pytest.approx(1000 * counts.sum() / 400 / 180, rel=0.06)
    interval = mean_intervals(counts[:, None] / 400, np.full(6, 30.0), np.zeros(6, int), 1)
    assert report.low == pytest.approx(1000 * interval.low[0, 0], rel=0.15)
    assert report.high == pytest.approx(1000 * interval.high[0, 0], rel=0.15)
    assert (report.clips, report.speakers, report.shuffles) == (180, 6, 200)


def test_what_chance_says_is_what_other_clips_without_order_give(tmp_path: Path) -> None:
    rows = some_rows(20, 6, 10)
    here = alerts(make_store(tmp_path / "a", rows, scores=some_scores(1200, 1)), ["angry >= 0.2 for 2 clips"]).reports[
        0
    ]
    there = alerts(make_store(tmp_path / "b", rows, scores=some_scores(1200, 2)), ["angry >= 0.2 for 2 clips"]).reports[
        0
    ]
    assert here.low is not None
    assert here.high is not None
    assert here.low * 0.8 < there.per_1000 < here.high * 1.2


def test_a_rule_that_never_fires_is_not_sure(store: EmotionStore, tmp_path: Path) -> None:
    report = alerts(store, ["angry >= 1 for 5 clips"]).reports[0]
    assert (report.expected, report.low, report.high) == (0.0, 0.0, pytest.approx(1000 * 3 / 180))
    few = alerts(make_store(tmp_path / "s", some_rows(2), scores=some_scores(60)), [RUN]).reports[0]
    assert (few.low, few.high) == (None, None)
    assert "too few clips or speakers to tell how sure that is" in few.said()
    assert "（片段或说话人太少，说不准）" in few.said("zh")


def test_an_interval_that_would_say_nothing_is_not_given() -> None:
    even = np.full(6, 30.0)
    low, high = _interval(np.array([3.0, 4, 2, 5, 3, 4]), even, 21 / 180, 0)
    assert 0 < low < 21 / 180 < high < 0.2
    assert _interval(np.array([0.01, 0, 0, 0, 0, 0.02]), even, 0.03 / 180, 0) == (None, None)  # hardly ever
    assert _interval(np.array([3.0, 40]), np.array([30.0, 400]), 0.1, 0) == (None, None)  # two speakers
    assert _interval(np.full(6, 3.0), np.array([1000.0, 9, 9, 9, 9, 9]), 18 / 1045, 0) == (None, None)  # one has most
    assert _interval(np.array([0, 0, 0, 5.0]), np.full(4, 10.0), 5 / 40, 0) == (None, None)  # as good as 0 to 1
    assert _interval(np.zeros(6), np.full(6, 4.0), 0.0, 0) == (None, None)  # three of 24 clips
    assert _interval(np.zeros(6), even, 0.0, 0) == (0.0, 3 / 180)


def test_new_clips_are_held_against_the_store(store: EmotionStore) -> None:
    rows = [
        {"segment_id": f"new{i}", "speaker": "s1", "session": "call9", "file": f"n{i}.wav", "start_s": 0.0,
         "recorded_at": (START + timedelta(days=30, minutes=i)).isoformat(),
         **{f"score_{e}": 0.7 if e == "angry" else 0.0375 for e in EMOTION_IDS}}
        for i in range(4)
    ]  # fmt: skip
    found = alerts(store, [RUN, RISE], new=pd.DataFrame(rows))
    assert [(a.rule.kind, a.speaker, a.session, a.new) for a in found.alarms] == [
        (Kind.RUN, "s1", "call9", True), (Kind.BASELINE, "s1", "call9", True),
    ]  # fmt: skip
    assert found.alarms[0].segment_ids == ("new0", "new1")
    baseline = store.table(["score_angry"], "speaker = 's1'")["score_angry"].mean()
    assert found.alarms[1].baseline == pytest.approx(float(baseline), abs=1e-6)
    alone = alerts(store, [RUN, RISE])
    assert [r.expected for r in found.reports] == [r.expected for r in alone.reports]
    assert [r.per_1000 for r in found.reports] == [r.per_1000 for r in alone.reports]
    with pytest.raises(StoreError, match="new clips have no column 'session'; they need speaker, session"):
        alerts(store, [RUN], new=pd.DataFrame(rows).drop(columns="session"))
    with pytest.raises(StoreError, match="1 of 4 new clips have no scores"):
        alerts(store, [RUN], new=pd.DataFrame([*rows[:3], rows[3] | {"score_sad": None}]))


def some_new(n: int = 3, **further: Any) -> pd.DataFrame:
    rows = [
        {"segment_id": f"new{i}", "speaker": "c", "session": "later", "file": f"n{i}.wav", "start_s": 0.0,
         "recorded_at": f"2026-05-0{i + 1}T10:00:00+0{i}:00",
         **{f"score_{e}": 0.7 if e == "angry" else 0.0375 for e in EMOTION_IDS}}
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**further)


def test_new_clips_of_agents_are_left_out(tmp_path: Path) -> None:
    rows = [{"speaker": s, "role": r} for s, r in (("a", "Agent"), ("c", "Customer"))]
    store = make_store(tmp_path / "s", rows, scores=some_scores(2))
    mixed = some_new(role=["坐席", "客户", "agent"])
    found = alerts(store, ["angry >= 0.6"], new=mixed)
    assert [a.segment_ids for a in found.alarms] == [("new1",)]
    everyone = alerts(store, ["angry >= 0.6"], new=mixed, role="all")
    assert [a.segment_ids for a in everyone.alarms] == [("new0",)]  # a run is told once
    with pytest.raises(StoreError, match="only clips of the role 'client' are looked at: give the new clips a column"):
        alerts(store, ["angry >= 0.6"], new=some_new())
    plain = make_store(tmp_path / "plain", [{"speaker": "c"}], scores=some_scores(1))
    assert [a.segment_ids for a in alerts(plain, ["angry >= 0.6"], new=mixed).alarms] == [("new1",)]


@pytest.mark.parametrize(
    ("further", "said"),
    [
        ({"recorded_at": "yesterday"}, "recorded_at of the new clips holds what is no ISO 8601 date"),
        ({"score_angry": 5.0}, "scores of the new clips do not all lie between 0 and 1"),
        ({"segment_id": f"{0:032x}"}, "3 of 3 new clips are in .* already: leave them out"),
    ],
)
def test_new_clips_that_cannot_be(tmp_path: Path, further: dict[str, Any], said: str) -> None:
    store = make_store(tmp_path / "s", [{"speaker": "c", "recorded_at": START}], scores=some_scores(1))
    assert len(alerts(store, ["angry >= 0.6"], new=some_new()).alarms) == 1  # dates of several zones
    with pytest.raises(StoreError, match=said) as caught:
        alerts(store, ["angry >= 0.6"], new=some_new(**further))
    assert "\n" not in str(caught.value)


def test_undated_and_unnamed_clips_are_told(tmp_path: Path) -> None:
    rows = [{"speaker": "c", "recorded_at": START}, {"speaker": None, "recorded_at": START}]
    store = make_store(tmp_path / "s", rows, scores=some_scores(2))
    found = alerts(store, ["angry >= 0.6"], new=some_new(recorded_at=None, session="other"))
    assert (found.alarms, found.undated, found.unnamed) == ((), 3, 1)
    assert "3 clips have no date where others of their speaker do, and were left out." in found.notes()
    assert "1 clip names no speaker and was left out." in found.notes()
    assert "3 条没有日期，而同一说话人的其他片段有，未使用。" in found.notes("zh")


def test_mistakes_and_roles(store: EmotionStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gives no score of 'calm'; it knows angry"):
        alerts(store, ["calm >= 0.5"])
    rows = [{"speaker": s, "role": r} for s, r in (("a", "agent"), ("c", "client"))]
    found = alerts(make_store(tmp_path / "s", rows, scores=some_scores(2)), ["angry >= 0"])
    assert [a.speaker for a in found.alarms] == ["c"]
    assert found.evidence.role_by_default
    with pytest.raises(EmptySelectionError):
        alerts(store, [RUN], where="speaker = 'nobody'")
    assert alerts(store, []).alarms == ()
