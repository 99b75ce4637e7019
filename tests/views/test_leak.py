"""The leak meter and precision at k, against counting by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.leak import apart, leak_meter, precision_gain
from tests.made_store import make_store

ONCE = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(path, rows, seed=0, d=3, space="raw", **more):
    embeddings = np.random.default_rng(seed).normal(size=(len(rows), d))
    return Geometry(make_store(path, rows, embeddings=embeddings, **more), space)


def slow_purity(geometry, values, k, speakers=None):
    """Mean share of the k nearest with the same value and its expectation, one clip and one pair at a time."""
    found, expected = [], []
    points = geometry.vectors.points(slice(None)).astype(np.float64)
    for i, value in enumerate(values):
        if value is None or (speakers is not None and speakers[i] is None):
            continue
        others = [j for j in range(len(values)) if j != i]
        if speakers is not None:  # those that cannot be neighbours are not there at all
            others = [j for j in others if speakers[j] not in (None, speakers[i]) and values[j] is not None]
        nearest = sorted(others, key=lambda j: (-round(float(points[i] @ points[j]), 6), j))[:k]
        near = [values[j] for j in nearest if values[j] is not None]
        all_ = [values[j] for j in others if values[j] is not None]
        if near:
            found.append(sum(v == value for v in near) / len(near))
            expected.append(sum(v == value for v in all_) / len(all_))
    return (np.mean(found), np.mean(expected), len(found)) if found else (None, None, 0)


VALUES = st.sampled_from(["a", "b", "c", None])


@ONCE
@given(
    st.lists(st.tuples(VALUES, VALUES, VALUES, st.sampled_from(["x.wav", "y.wav"])), min_size=1, max_size=14),
    st.integers(1, 12),
    st.sampled_from(["raw", "speaker-centred"]),
)
def test_shares_are_those_of_counting(tmp_path_factory, cells, k, space):
    rows = [{"speaker": p, "session": s, "emotion_given": e, "file": f} for p, s, e, f in cells]
    geometry = made(tmp_path_factory.mktemp("s") / "store", rows, space=space)
    report = leak_meter(geometry, k=k, label="emotion_given")
    found = {each.factor: each for each in report.factors}
    speakers, emotions = [r["speaker"] for r in rows], [r["emotion_given"] for r in rows]
    sessions = [None if r["session"] is None else (r["speaker"], r["session"]) for r in rows]
    by_hand = {"speaker": speakers, "session": sessions, "recording": [r["file"] for r in rows]}
    for name, values in (by_hand | {"emotion_given": emotions}).items():
        purity, expected, clips = slow_purity(geometry, values, k)
        assert (found[name].purity, found[name].expected) == pytest.approx((purity, expected))
        assert found[name].clips == clips
        if purity is not None and expected:
            assert found[name].lift == pytest.approx(purity / expected)
    if len({s for s in speakers if s}) < 2:
        assert report.precision is None
        return
    purity, expected, clips = slow_purity(geometry, emotions, k, speakers)
    overall = report.precision.overall
    assert (overall.purity, overall.expected) == pytest.approx((purity, expected))
    assert overall.clips == clips
    parts = report.precision.by_value.values()
    if clips:
        assert sum(p.purity * p.clips for p in parts if p.clips) / clips == pytest.approx(purity)
    json.dumps(report.as_json(), allow_nan=False)


def test_other_speakers_are_found_past_the_graph_as_in_it(tmp_path, monkeypatch):
    """Two voices far apart: the 90 nearest are all of the own voice, so every clip must be compared."""
    rng = np.random.default_rng(1)
    rows = [{"speaker": "ab"[i % 2], "emotion_given": ("sad", "angry", "happy")[i % 3]} for i in range(240)]
    embeddings = rng.normal(size=(240, 4)) + 40 * np.array([[1, 0, 0, 0], [0, 1, 0, 0]])[np.arange(240) % 2]
    geometry = Geometry(make_store(tmp_path / "s", rows, embeddings=embeddings))
    speakers, emotions = [r["speaker"] for r in rows], [r["emotion_given"] for r in rows]
    purity, expected, clips = slow_purity(geometry, emotions, 10, speakers)
    monkeypatch.setattr(apart, "_PAIRS", 240 * 300)
    report = leak_meter(geometry)
    assert report.precision.overall.purity == pytest.approx(purity)
    assert report.precision.overall.expected == pytest.approx(expected)
    assert (report.precision.asked, report.precision.eligible, clips) == (240, 240, 240)
    assert {f.factor: f.purity for f in report.factors}["speaker"] == 1.0


def test_the_graph_is_read_a_part_at_a_time(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    rows = [{"speaker": f"s{rng.integers(6)}", "emotion_given": "ab"[rng.integers(2)]} for _ in range(150)]
    geometry = made(tmp_path / "s", rows)
    whole = leak_meter(geometry)
    monkeypatch.setattr(apart, "_GRAPH_ROWS", 7)
    assert leak_meter(geometry) == whole


def test_where_not_all_can_be_asked_a_random_part_is_and_it_is_said(tmp_path, monkeypatch):
    rows = [{"speaker": "ab"[i % 2], "emotion_given": ("sad", "angry")[i % 3 % 2]} for i in range(200)]
    geometry = made(tmp_path / "s", rows)
    everybody = leak_meter(geometry).precision
    monkeypatch.setattr(apart, "_ASKED", 60)
    monkeypatch.setattr(apart, "_from_graph", lambda r, g, c, k: (np.full((len(r), k), -1), np.zeros(len(r), bool)))
    some = leak_meter(geometry).precision
    assert (some.asked, some.eligible, some.overall.clips) == (60, 200, 60)
    assert some.overall.purity == pytest.approx(everybody.overall.purity, abs=0.15)
    assert some == leak_meter(geometry).precision
    assert some != leak_meter(geometry, seed=1).precision


def test_a_planted_voice_leaks_and_noise_does_not(tmp_path):
    rng = np.random.default_rng(2)
    rows = [
        {"speaker": f"s{i % 6}", "emotion_given": ("sad", "angry")[int(rng.integers(2))], "end_s": 1 + i % 7 / 7}
        for i in range(180)
    ]
    voices = rng.normal(size=(6, 8)) * 3
    store = make_store(tmp_path / "s", rows, embeddings=rng.normal(size=(180, 8)) + voices[np.arange(180) % 6])
    raw, centred = (
        {f.factor: f for f in leak_meter(Geometry(store, space)).factors} for space in ("raw", "speaker-centred")
    )
    assert raw["speaker"].lift_low > 3
    assert raw["speaker"].excess > 0.5 > 0.2 > centred["speaker"].excess
    assert raw["speaker"].low <= raw["speaker"].purity <= raw["speaker"].high
    assert raw["emotion_given"].lift_low < 1 < raw["emotion_given"].lift_high


def test_lengths_are_five_classes_of_as_many_clips(tmp_path):
    rows = [{"end_s": 1.0 + i / 10} for i in range(50)]
    embeddings = np.array([[np.cos(i / 40), np.sin(i / 40)] for i in range(50)])
    geometry = Geometry(make_store(tmp_path / "s", rows, embeddings=embeddings))
    found = {f.factor: f for f in leak_meter(geometry, k=2).factors}["duration"]
    classes = [i // 10 for i in range(50)]
    purity, expected, _ = slow_purity(geometry, classes, 2)
    assert (found.values, found.purity, found.expected) == (5, pytest.approx(purity), pytest.approx(expected))


def test_the_interval_is_that_of_drawing_speakers(tmp_path):
    speaker = np.array([s for s in range(7) for _ in range(3 + 4 * s)])  # of very different sizes
    n = len(speaker)
    rows = [{"speaker": f"s{s}", "emotion_given": ("sad", "angry")[i % 2]} for i, s in enumerate(speaker)]
    geometry = made(tmp_path / "s", rows)
    found = {f.factor: f for f in leak_meter(geometry, k=5, seed=3).factors}["speaker"]
    nearest = geometry.graph.rows[:, :5]
    shares = (speaker[nearest] == speaker[:, None]).mean(axis=1)
    expected = (np.bincount(speaker)[speaker] - 1) / (n - 1)
    rng = np.random.default_rng(99)
    means, lifts = [], []
    for _ in range(3000):
        drawn = np.concatenate([np.flatnonzero(speaker == s) for s in rng.integers(0, 7, 7)])
        means.append(shares[drawn].mean())
        lifts.append(shares[drawn].mean() / expected[drawn].mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, (2.5, 97.5))), abs=0.012)
    assert (found.lift_low, found.lift_high) == pytest.approx(tuple(np.percentile(lifts, (2.5, 97.5))), abs=0.06)


def test_too_few_speakers_have_no_interval_and_words_say_so(tmp_path):
    rows = [{"speaker": f"s{i % 4}", "emotion_given": ("sad", "angry")[i % 2]} for i in range(40)]
    report = leak_meter(made(tmp_path / "s", rows), k=5)
    assert (report.clustered_by, report.factors[0].low, report.factors[0].lift_low) == (None, None, None)
    assert "not enough evidence for an interval" in report.lines("en")[0]
    assert "证据不足，无区间" in report.lines("zh")[0]
    rows = [r | {"session": f"w{i % 8}"} for i, r in enumerate(rows)]
    assert leak_meter(made(tmp_path / "t", rows), k=5).clustered_by == "session"


def test_an_interval_takes_five_speakers_among_the_clips_that_are_asked(tmp_path):
    def report(name, emotion, speakers=9):
        rows = [{"speaker": f"s{i % speakers}", "emotion_given": emotion(i % speakers, i)} for i in range(144)]
        return leak_meter(made(tmp_path / name, rows), k=5)

    parts = report("s", lambda s, i: "angry" if s < 4 else "sad").precision.by_value
    assert (parts["angry"].clips, parts["angry"].groups, parts["sad"].groups) == (64, 4, 5)
    assert parts["angry"].low is parts["angry"].high is parts["angry"].lift_low is parts["angry"].lift_high is None
    assert parts["angry"].purity is not None and parts["sad"].low < parts["sad"].purity < parts["sad"].high
    few = report("t", lambda s, i: "xy"[i % 7 % 2] if s < 4 else None)
    given = {f.factor: f for f in few.factors}["emotion_given"]
    assert (few.clusters, given.groups, few.precision.overall.groups, few.factors[0].groups) == (9, 4, 4, 9)
    assert given.low is few.precision.overall.low is None and few.factors[0].low is not None
    assert "not enough evidence for an interval" in few.lines()[-1]
    rows = [{"speaker": f"s{i % 6}" if i < 60 else None, "emotion_given": "xy"[i % 7 % 2]} for i in range(90)]
    assert leak_meter(made(tmp_path / "u", rows), k=5).factors[-2].groups == 6  # those who name none are no group


def test_a_gain_takes_five_speakers_among_the_clips_that_are_asked(tmp_path):
    for count, known in ((4, False), (5, True)):
        rows = [
            {"speaker": f"s{i % 8}", "emotion_given": ("sad", "angry")[i // 8 % 2] if i % 8 < count else None}
            for i in range(96)
        ]
        raw = made(tmp_path / str(count), rows)
        gain = precision_gain(raw, Geometry(raw.store, "speaker-centred"))
        assert (gain.groups, gain.low is not None, gain.high is not None) == (count, known, known)


def test_words(tmp_path):
    rows = [{"speaker": f"s{i % 5}", "emotion_given": ("sad", "angry")[i % 2], "file": f"{i}.wav"} for i in range(60)]
    report = leak_meter(made(tmp_path / "s", rows))
    speaker = report.factors[0]
    assert report.lines()[0] == (
        f"{100 * speaker.purity:.0f} % of a clip's 10 nearest are of the same speaker; 19 % expected by chance "
        f"({speaker.lift:.1f} times as many, 95 % interval {speaker.lift_low:.1f}-{speaker.lift_high:.1f})"
    )
    assert "session: nothing to compare (no clip has one)" in report.lines()
    assert "recording: nothing to compare (no two clips share one)" in report.lines()
    assert "channel: nothing to compare (all clips have the same)" in report.lines()
    assert "声道：无可比较" in report.lines("zh")
    assert report.lines()[-1].startswith("with the same speaker excluded, ")
    assert report.lines("zh")[-1].startswith("不计同一说话人时，最近的 10 个片段中有 ")
    assert len(report.lines()) == len(report.lines("zh")) == len(report.factors) + 1


def test_the_emotion_is_the_given_one_or_else_that_of_the_scores(tmp_path):
    rows = [{"speaker": "ab"[i % 2], "emotion_given": ("sad", "angry")[i % 2], "mood": "ud"[i % 2]} for i in range(8)]
    scores = np.eye(9)[[0, 3, 0, 3, 6, 6, 0, 3]]
    assert leak_meter(made(tmp_path / "a", rows, scores=scores)).precision.label == "emotion_given"
    bare = [{"speaker": r["speaker"]} for r in rows]
    report = leak_meter(made(tmp_path / "b", bare, scores=scores))
    assert report.precision.label == "emotion"
    assert set(report.precision.by_value) == {"angry", "happy", "sad"}
    assert leak_meter(made(tmp_path / "c", bare)).precision is None
    mood = leak_meter(made(tmp_path / "d", rows), label="mood")
    assert (mood.precision.label, mood.factors[-1].factor) == ("mood", "mood")


def test_the_gain_is_that_of_the_same_clips(tmp_path):
    emotion, speaker = np.arange(90) % 3, np.arange(90) // 3 % 6
    rows = [
        {"speaker": f"s{s}", "emotion_given": ("sad", "angry", "happy")[e]}
        for e, s in zip(emotion, speaker, strict=True)
    ]
    rng = np.random.default_rng(4)
    voices = rng.normal(size=(6, 5)) * 3
    embeddings = np.eye(5)[emotion] * 1.5 + voices[speaker] + rng.normal(size=(90, 5)) * 0.5
    store = make_store(tmp_path / "s", rows, embeddings=embeddings)
    raw, centred = Geometry(store), Geometry(store, "speaker-centred")
    gain = precision_gain(raw, centred)
    assert gain.before == pytest.approx(leak_meter(raw).precision.overall.purity)
    assert gain.after == pytest.approx(leak_meter(centred).precision.overall.purity)
    assert gain.difference == pytest.approx(gain.after - gain.before)
    assert 0 < gain.low < gain.difference < gain.high
    assert precision_gain(made(tmp_path / "t", [{}, {}]), made(tmp_path / "u", [{}, {}])) is None
    with pytest.raises(StoreError, match="hold other clips: compare spaces of one store"):
        precision_gain(raw, made(tmp_path / "v", [{}]))


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_clips_are_no_reason_to_stop(tmp_path, n):
    rows = [{"speaker": s, "emotion_given": "sad"} for s in "ab"[:n]]
    report = leak_meter(made(tmp_path / "s", rows))
    assert len(report.lines()) >= 7
    json.dumps(report.as_json(), allow_nan=False)


def test_mistakes_are_one_line(tmp_path):
    with pytest.raises(EmptySelectionError, match="holds no clip to measure: emoanalytics build CORPUS"):
        leak_meter(Geometry(make_store(tmp_path / "e", [])))
    geometry = made(tmp_path / "s", [{}, {}])
    for k in (0, 91, 10_000_000):
        with pytest.raises(StoreError, match=f"k, the neighbours of a clip, is 1 to 90, not {k}"):
            leak_meter(geometry, k=k)
    with pytest.raises(StoreError, match="has no column 'moood'"):
        leak_meter(geometry, label="moood")


def test_identical_clips_and_silence(tmp_path):
    rows = [{"speaker": "ab"[i % 2], "emotion_given": "xy"[i % 2]} for i in range(30)]
    same = Geometry(make_store(tmp_path / "s", rows, embeddings=np.ones((30, 2))))
    nothing = Geometry(make_store(tmp_path / "z", rows, embeddings=np.zeros((30, 2))))
    for geometry in (same, nothing):
        found = leak_meter(geometry, k=10).factors[0]
        purity, expected, _ = slow_purity(geometry, [r["speaker"] for r in rows], 10)
        assert (found.purity, found.expected) == pytest.approx((purity, expected))


def test_a_seed_that_cannot_be_is_one_line(tmp_path):
    geometry = made(tmp_path / "s", [{"speaker": "a"}] * 3)
    for asked in (lambda: leak_meter(geometry, seed=-1), lambda: precision_gain(geometry, geometry, seed=-1)):
        with pytest.raises(StoreError, match="a seed is a whole number from 0 to 2,147,483,646, such as 0, not -1"):
            asked()
