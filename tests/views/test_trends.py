"""Trends: every number against plain loops; bad input; the demo's planted speakers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.demo import demo_folder
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.scoring import score_table
from emoanalytics.statistics.bootstrap import LEAST_SUM
from emoanalytics.statistics.composition import log_ratios
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.trends import By, Minimum, Shape, Trends, trends, words
from tests.made_store import make_store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANGRY, SAD = EMOTION_IDS.index("angry"), EMOTION_IDS.index("sad")


def some_rows(speakers: int = 3, sessions: int = 8, clips: int = 5, *, dated: bool = True) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {
            "speaker": f"s{who}",
            "session": f"call{session + 1}",
            "file": f"s{who}-{session}-{clip // 2}.wav",
            "start_s": float(clip % 2) * 10,
            "end_s": float(clip % 2) * 10 + float(rng.uniform(1, 6)),
            "recorded_at": START + timedelta(days=3 * session, minutes=clip) if dated else None,
            "flags": ["noisy"] if (who + clip) % 4 == 0 else [],
        }
        for who in range(speakers)
        for session in range(sessions)
        for clip in range(clips)
    ]


def some_scores(rows: list[dict[str, Any]], *, step: float = 0.0, at: str = "call5", who: str = "s0") -> np.ndarray:
    raw = np.random.default_rng(1).dirichlet(np.full(9, 3.0), len(rows))
    for row, scores in zip(rows, raw, strict=True):
        if row["speaker"] == who and row["session"] >= at:
            scores *= 1 - step
            scores[ANGRY] += step
    return raw


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return some_rows()


@pytest.fixture(scope="module")
def scores(rows: list[dict[str, Any]]) -> np.ndarray:
    return some_scores(rows, step=0.5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], scores: np.ndarray) -> EmotionStore:
    order = np.random.default_rng(2).permutation(len(rows))  # a store keeps no order of time
    made = [rows[i] | {"segment_id": f"{i:032x}"} for i in order]
    return make_store(tmp_path_factory.mktemp("trends") / "s", made, scores=scores[order])


@pytest.fixture(scope="module")
def view(store: EmotionStore) -> Trends:
    return trends(store)


@pytest.mark.parametrize("weigh", ["clips", "duration", "quality"])
@pytest.mark.parametrize("by", ["session", "day", "week", "order"])
def test_points_against_a_loop(
    store: EmotionStore, rows: list[dict[str, Any]], scores: np.ndarray, by: str, weigh: str
) -> None:
    def place(row: dict[str, Any]) -> Any:
        if by in ("session", "order"):
            return int(row["session"].removeprefix("call"))
        day = row["recorded_at"].date()
        return (day - timedelta(days=day.weekday()) if by == "week" else day).isoformat()

    def weight(row: dict[str, Any]) -> float:
        return {"clips": 1.0, "duration": row["end_s"] - row["start_s"], "quality": 0.5 if row["flags"] else 1.0}[weigh]

    found = trends(store, by=by, weigh=weigh)
    ratios = log_ratios(scores)
    assert [s.speaker for s in found.speakers] == ["s0", "s1", "s2"]
    for speaker in found.speakers:
        own = [i for i, r in enumerate(rows) if r["speaker"] == speaker.speaker]
        places = sorted({place(rows[i]) for i in own})
        assert len(speaker.t) == len(places)
        if by in ("day", "week"):
            assert list(speaker.t) == places
        for k, at in enumerate(places):
            those = [i for i in own if place(rows[i]) == at]
            w = [weight(rows[i]) for i in those]
            for j in range(9):
                mean = sum(wi * scores[i, j] for wi, i in zip(w, those, strict=True)) / sum(w)
                assert speaker.mean[k, j] == pytest.approx(mean, abs=1e-6)
                ratio = sum(wi * ratios[i, j] for wi, i in zip(w, those, strict=True)) / sum(w)
                assert speaker.log_ratio[k, j] == pytest.approx(ratio, abs=1e-4)
            assert speaker.n[k] == len(those)
            assert speaker.sessions[k] == len({rows[i]["session"] for i in those})
            assert speaker.seconds[k] == pytest.approx(sum(rows[i]["end_s"] - rows[i]["start_s"] for i in those))
            assert speaker.effective_n[k] == pytest.approx(sum(w) ** 2 / sum(x * x for x in w))
        assert speaker.overall[SAD] == pytest.approx(
            np.average(scores[own, SAD], weights=[weight(rows[i]) for i in own])
        )


def test_a_point_by_session_has_its_time_and_name(view: Trends) -> None:
    assert view.speakers[0].t[:2] == ("2026-03-02T09:00:00+00:00", "2026-03-05T09:00:00+00:00")
    assert view.speakers[0].session[:2] == ("call1", "call2")
    assert view.by is By.SESSION


def test_the_unit_of_chance_is_said(tmp_path: Path) -> None:
    rows = [{"speaker": "a", "session": "one", "file": f"{i}.wav"} for i in range(6)]
    rows += [
        {"speaker": "a", "session": "two", "file": "x.wav", "start_s": float(i), "end_s": i + 1.0} for i in range(5)
    ]
    rows += [{"speaker": "a", "session": "zoo", "file": f"z{i % 2}.wav"} for i in range(8)]
    view = trends(make_store(tmp_path / "s", rows, scores=some_scores([{"speaker": "", "session": ""}] * 19)))
    (speaker,) = view.speakers
    assert speaker.over == ("recordings", "clips", None)
    sums = speaker.mean[:2] * np.array([[6], [5]])
    assert np.array_equal(np.isfinite(speaker.low[:2]), sums >= LEAST_SUM) and (sums >= LEAST_SUM).any()
    assert np.isnan(speaker.low[2]).all()
    assert np.isnan(speaker.overall_low).all()  # three sessions
    inside = (speaker.low[:2] < speaker.mean[:2]) & (speaker.mean[:2] < speaker.high[:2])
    assert np.array_equal(inside, sums >= LEAST_SUM)


def test_by_week_holds_sessions(tmp_path: Path) -> None:
    rows = some_rows(1, 8)
    for i, row in enumerate(rows):
        row["recorded_at"] = START + timedelta(hours=i)
    view = trends(make_store(tmp_path / "s", rows, scores=some_scores(rows)), by="week")
    (speaker,) = view.speakers
    assert (speaker.t, speaker.over, speaker.session) == (("2026-03-02",), ("sessions",), (None,))
    np.testing.assert_allclose(speaker.low[0], speaker.overall_low)


def test_a_planted_step_is_found_and_told(view: Trends) -> None:
    first, *others = view.speakers
    change = next(c for c in first.changes if c.emotion == "angry")
    assert (change.t, change.session, change.shape) == ("2026-03-14T09:00:00+00:00", "call5", Shape.STEP)
    assert change.effect == pytest.approx(change.after - change.before)
    assert change.effect == pytest.approx(first.mean[4:, ANGRY].mean() - first.mean[:4, ANGRY].mean())
    assert change.low is not None
    assert change.high is not None
    assert change.low < change.effect < change.high
    assert change.q <= 0.05
    assert not any(s.changes for s in others)
    lines = view.said_of(first)
    assert any(line.startswith("s0: angry rose by 0.4") and "since 2026-03-14 (call5)" in line for line in lines)
    assert any("s0：自 2026-03-14" in line and "生气上升了 0.4" in line for line in view.said_of(first, "zh"))
    assert view.said_of(others[0]) == ("s1: no change beyond chance was found in 8 sessions.",)
    assert view.said_of(others[0], "zh") == ("s1：8 次会话中未发现超出偶然的变化。",)


def test_a_slow_drift_is_told_as_one(tmp_path: Path) -> None:
    rows = some_rows(2, 10)
    scores = some_scores(rows)
    for row, own in zip(rows, scores, strict=True):
        if row["speaker"] == "s1":
            share = 0.06 * int(row["session"].removeprefix("call"))
            own *= 1 - share
            own[SAD] += share
    view = trends(make_store(tmp_path / "s", rows, scores=scores))
    drift = next(d for d in view.speakers[1].drifts if d.emotion == "sad")
    assert drift.per == "30 days"
    assert drift.low < 0.06 * 10 * 8 / 9 < drift.high
    assert drift.q <= 0.05
    assert any(line.startswith("s1: sad has risen steadily, by 0.") for line in view.said())
    assert any("难过持续上升，每 30 天 0." in line for line in view.said("zh"))


def test_flags_filters_and_one_speaker(store: EmotionStore, view: Trends) -> None:
    one = trends(store, speaker="s1")
    assert [s.speaker for s in one.speakers] == ["s1"]
    assert one.speakers[0].as_json() == view.speakers[1].as_json() and one.tested == view.tested == 3
    clean = trends(store, exclude_flags=["noisy"], where="speaker != 's2' OR 1 = 1", speaker="s1")
    assert sum(clean.speakers[0].n) == 32
    assert "flagged noisy" in clean.notes()[0]
    with pytest.raises(EmptySelectionError, match="no speaker 'zoe'; there are s0, s1, s2"):
        trends(store, speaker="zoe")
    with pytest.raises(EmptySelectionError, match="no clip of 's1' is left"):
        trends(store, speaker="s1", where="speaker = 's2'")
    with pytest.raises(EmptySelectionError, match="no speaker"):
        trends(store, speaker="x' OR '1'='1")


def test_days_and_weeks_are_those_of_the_zone(tmp_path: Path) -> None:
    zones = ["2026-03-01T23:30:00-05:00", "2026-03-02T12:00:00+08:00", "2026-03-01T20:00:00+00:00"]
    rows = [{"speaker": "a", "session": z, "recorded_at": datetime.fromisoformat(z).astimezone(UTC)} for z in zones]
    store = make_store(tmp_path / "s", rows, scores=some_scores([{"speaker": "", "session": ""}] * 3))
    assert trends(store, by="day").speakers[0].t == ("2026-03-01", "2026-03-02")
    assert trends(store, by="day", zone="Asia/Shanghai").speakers[0].t == ("2026-03-02",)
    assert trends(store, by="week").speakers[0].t == ("2026-02-23", "2026-03-02")
    assert trends(store, by="day", zone="America/New_York").speakers[0].n.tolist() == [3]
    assert trends(store).speakers[0].session == (zones[2], zones[1], zones[0])
    with pytest.raises(StoreError, match="no time zone 'Mars/Base': give one such as"):
        trends(store, zone="Mars/Base")


def test_without_dates_sessions_stand_in_order_and_it_is_said(tmp_path: Path) -> None:
    rows = some_rows(1, 11, dated=False)
    view = trends(make_store(tmp_path / "s", rows, scores=some_scores(rows)), by="week")
    (speaker,) = view.speakers
    assert speaker.t == tuple(range(1, 12))
    assert speaker.session == tuple(f"call{i}" for i in range(1, 12))
    assert "Nothing is dated: sessions stand in the order of their names." in view.notes()
    assert "没有日期：按会话名称排序。" in view.notes("zh")
    assert {d.per for d in speaker.drifts} == {"session"}


def test_names_of_files_are_no_order_in_time(tmp_path: Path) -> None:
    rows = [{**r, "session": None, "file": f"{i:03d}.wav"} for i, r in enumerate(some_rows(1, 8, dated=False))]
    scores = some_scores(some_rows(1, 8), step=0.5)  # a step in the order of the files' names
    view = trends(make_store(tmp_path / "s", rows, scores=scores))
    (speaker,) = view.speakers
    assert (speaker.enough, speaker.ordered, speaker.changes, speaker.drifts) == (False, False, (), ())
    assert "nothing has an order in time" in view.said()[0]
    assert "没有先后顺序" in view.said("zh")[0]
    assert view.as_json()["speakers"][0]["reason"] == speaker.reason()


def test_equal_dates_make_no_order_of_file_names(tmp_path: Path) -> None:
    scores = some_scores(some_rows(1, 8), step=0.5)  # a step in the order of the files' names
    rows = [
        {**r, "session": None, "file": f"{i // 5:03d}.wav", "recorded_at": START} for i, r in enumerate(some_rows(1, 8))
    ]
    view = trends(make_store(tmp_path / "s", rows, scores=scores))
    (speaker,) = view.speakers
    assert (speaker.enough, speaker.ordered, speaker.changes, speaker.drifts) == (False, False, (), ())
    assert "dates are equal and sessions are not named: nothing has an order in time" in view.said()[0]
    assert "录音日期相同" in view.said("zh")[0]
    two_a_day = [r | {"recorded_at": START + timedelta(days=i // 10)} for i, r in enumerate(rows)]
    assert not trends(make_store(tmp_path / "two", two_a_day, scores=scores)).speakers[0].ordered  # four days
    each_day = [r | {"recorded_at": START + timedelta(days=i // 5)} for i, r in enumerate(rows)]
    assert trends(make_store(tmp_path / "each", each_day, scores=scores)).speakers[0].ordered


def test_an_interval_that_holds_zero_is_explained() -> None:
    asked = ("surprised", 0.21, -0.02, 0.44, "2026-04-10T09:00:00+00:00", "week6")
    assert words.stepped(*asked, "en").endswith("alone, that it changed is judged by all sessions together).")
    said = words.stepped(*asked, "zh")
    assert said.startswith("自 2026-04-10（week6）起，")
    assert said.endswith("；区间只依据这几次会话，变化与否依据全部会话的排序检验）。")
    assert words.stepped("sad", 0.2, 0.1, 0.3, "2026-04-10", None, "zh").startswith("自 2026-04-10 起，难过上升了")
    assert "alone" not in words.stepped("sad", 0.2, 0.1, 0.3, 4, None, "en")


def test_equal_dates_have_steps_and_no_slope(tmp_path: Path) -> None:
    rows = [r | {"recorded_at": START} for r in some_rows(1, 8, 6)]
    view = trends(make_store(tmp_path / "s", rows, scores=some_scores(rows, step=0.5)))
    (speaker,) = view.speakers
    assert speaker.drifts == ()
    assert speaker.session[0] == "call1"
    assert "call5" in [c.session for c in speaker.changes]
    json.dumps(view.as_json(), allow_nan=False)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"speaker": "a", "session": "x"}], "1 session, worth 1 clip, 1 s: not enough evidence"),
        (some_rows(1, 1, 30), "1 session, worth 30 clips"),
        (some_rows(1, 8, 1), "8 sessions, worth 8 clips"),
        ([{"session": "only"}], "1 session, worth 1 clip"),
    ],
)
def test_too_little_is_said(tmp_path: Path, rows: list[dict[str, Any]], said: str) -> None:
    whole = [{"speaker": "", "session": "", **r} for r in rows]
    view = trends(make_store(tmp_path / "s", rows, scores=some_scores(whole)))
    (speaker,) = view.speakers
    assert not speaker.enough
    assert (speaker.changes, speaker.drifts) == ((), ())
    assert said in view.said()[0]
    assert "at least 6 sessions, 20 clips, 60 s" in view.said()[0]
    assert "证据不足" in view.said("zh")[0]
    document = view.as_json()["speakers"][0]
    assert document["enough"] is False
    assert "not enough evidence" in document["reason"]
    assert document["points"][0]["low"]["angry"] is None or len(rows) > 3


def test_nobody_is_named_some_are_not_some_have_no_date(tmp_path: Path) -> None:
    rows = some_rows(1)
    nobody = [{k: v for k, v in r.items() if k != "speaker"} for r in rows]
    view = trends(make_store(tmp_path / "a", nobody, scores=some_scores(rows)))
    assert view.speakers[0].speaker is None
    assert "Nobody is named: all clips are taken as one speaker's." in view.notes()
    assert view.said()[0].startswith("no change")
    mixed = [*rows, {"file": "x"}, {"speaker": "s0", "session": "undated", "file": "y"}]
    view = trends(make_store(tmp_path / "b", mixed, scores=some_scores([*rows, rows[0], rows[0]])))
    assert (view.unnamed, view.undated) == (1, 1)
    assert sum(view.speakers[0].n) == len(rows)
    assert "1 clips name no speaker and were left out." in view.notes()
    assert any("no date where others" in line for line in view.notes())


def test_a_head_for_other_labels_and_a_head_that_is_gone(tmp_path: Path) -> None:
    rows = some_rows(2, 8)
    store = make_store(tmp_path / "s", rows)
    with store.writer() as writer:
        scores = np.random.default_rng(0).dirichlet([2, 3], len(rows)).astype(np.float32)
        ids = [f"{i:032x}" for i in range(len(rows))]
        weights = np.zeros((2, len(rows)))
        table = score_table(ids, ("calm", "tense"), scores)
        writer.save_head("m", weights=weights, bias=np.zeros(2), labels=("calm", "tense"), scores=table, report={})
        writer.set_head("m")
    view = trends(store)
    point = view.as_json()["speakers"][0]["points"][0]
    assert point["mean"]["angry"] is None
    assert point["mean"]["calm"] == pytest.approx(float(scores[:5, 0].mean()))
    assert "The head knows none of the nine emotions, only: calm, tense." in view.notes()
    for file in (store.path / "derived" / "heads" / "m").iterdir():
        file.unlink()
    with pytest.raises(EmptySelectionError, match="the head m is missing"):
        trends(store)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "month"}, "made by session, day, week, order, not by 'month'"),
        ({"rate": 0.0}, "between 0 and 1, not 0.0"),
        ({"weigh": "x"}, "weighed by"),
    ],
)
def test_mistakes_are_one_clear_line(store: EmotionStore, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said):
        trends(store, **asked)
    with pytest.raises(StoreError, match="at least 6 sessions, 1 clip and 0 s, not 2, 20 and 60"):
        Minimum(sessions=2)


def test_json_is_the_contracts(view: Trends) -> None:
    document = json.loads(json.dumps(view.as_json(), allow_nan=False))
    speaker = document["speakers"][0]
    assert {"speaker", "points", "changes", "enough"} <= set(speaker)
    assert {"t", "n", "mean", "low", "high"} <= set(speaker["points"][0])
    assert list(speaker["points"][0]["mean"]) == list(EMOTION_IDS)
    assert {"t", "emotion", "effect", "p"} <= set(speaker["changes"][0])
    assert speaker["enough"] is True
    assert document["seed"] == 0


def test_seed_and_embeddings(store: EmotionStore, view: Trends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmotionStore, "embeddings", lambda *_: pytest.fail("embeddings were loaded"))
    monkeypatch.setattr(EmotionStore, "iter_embeddings", lambda *_: pytest.fail("embeddings were loaded"))
    assert trends(store).as_json() == view.as_json()
    other = trends(store, seed=1)
    assert other.seed == 1
    for mine, theirs in zip(view.speakers, other.speakers, strict=True):
        np.testing.assert_array_equal(mine.mean, theirs.mean)
        np.testing.assert_allclose(mine.overall_low, theirs.overall_low, atol=0.02)


def test_many_sessions_are_taken_together(tmp_path: Path) -> None:
    rows = [
        {"speaker": "a", "session": f"{i // 2}", "end_s": 2.0, "recorded_at": START + timedelta(days=i // 2)}
        for i in range(400)
    ]
    scores = np.random.default_rng(0).dirichlet(np.full(9, 3.0), 400)
    scores[240:] *= 0.7
    scores[240:, ANGRY] += 0.3
    view = trends(make_store(tmp_path / "s", rows, scores=scores))
    (speaker,) = view.speakers
    assert len(speaker.t) == 200
    change = next(c for c in speaker.changes if c.emotion == "angry")
    assert change.session is not None
    assert abs(int(change.session) - 120) <= 4


@pytest.fixture(scope="module")
def demo(demo_store: EmotionStore) -> Trends:
    return trends(demo_store)


def test_the_demos_planted_speakers(demo: Trends) -> None:
    planted = json.loads((demo_folder() / "planted.json").read_text(encoding="utf-8"))
    by_name = {s.speaker: s for s in demo.speakers}
    drifting = by_name[planted["drifts"]["speaker"]]
    drift = next(d for d in drifting.drifts if d.emotion == planted["drifts"]["to"])
    assert drift.q <= 0.05
    assert drift.low > 0
    change = next(c for c in drifting.changes if c.emotion == planted["drifts"]["to"])
    assert change.shape is Shape.GRADUAL
    assert change.session in ("week4", "week5", "week6")
    turning = by_name[planted["turns"]["speaker"]]
    change = next(c for c in turning.changes if c.emotion == planted["turns"]["to"])
    assert change.session == planted["turns"]["from_session"]
    assert change.effect > 0.2
    assert change.shape is Shape.STEP
    steady = by_name[planted["steady"]["speaker"]]
    assert steady.enough
    assert steady.changes == ()
    assert all(d.q > 0.05 for d in steady.drifts)


def test_the_demos_others_are_left_in_peace(demo: Trends) -> None:
    planted = {"ella", "qiang"}
    assert {s.speaker for s in demo.speakers if s.changes or any(d.q <= 0.05 for d in s.drifts)} == planted
    assert "nora" not in [s.speaker for s in demo.speakers]  # an agent
    assert all(over == "recordings" for s in demo.speakers if s.speaker == "dan" for over in s.over)


def test_short_sessions_at_the_start_are_no_change(tmp_path: Path) -> None:
    """Two calls of one clip before ten of fifteen: counted alike, half of these speakers would have changed."""
    clips = [1, 1] + [15] * 10
    rows = [
        {"speaker": f"s{who:02d}", "session": f"call{t + 1}", "start_s": 0.0, "end_s": 5.0}
        for who in range(15)
        for t, n in enumerate(clips)
        for _ in range(n)
    ]
    scores = np.random.default_rng(4).dirichlet(np.full(9, 0.6), len(rows))
    view = trends(make_store(tmp_path / "s", rows, scores=scores))
    assert all(s.enough for s in view.speakers)
    assert sum(bool(s.changes) for s in view.speakers) <= 1
