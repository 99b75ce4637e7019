"""Timelines: the curve adds up to the clip's score; moments and turns against loops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.rows import pooled
from emoanalytics.scoring import score_table
from emoanalytics.store.schema import FRAME_COUNT_FIELD, FRAME_SCHEMA, SEGMENTS_SCHEMA, embedding_schema
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.timeline import moments, timeline
from tests.made_store import make_store

TEMPERATURE = 1.6
SAD = EMOTION_IDS.index("sad")


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def framed(
    path: Path, lengths: tuple[int, ...] = (60, 110), rate_hz: int | None = None
) -> tuple[EmotionStore, list[np.ndarray]]:
    """One recording cut into clips with a frame every 20 ms, and each clip's logits; kept at a lower rate if asked."""
    rng = np.random.default_rng(0)
    logits = [np.cumsum(rng.normal(0, 0.4, (n, 9)), axis=0).astype(np.float32) for n in lengths]
    store = EmotionStore.create(
        path,
        encoder={"name": "made", "revision": "1", "dim": 2, "rate_hz": 16_000, "digest": "0", "precision": "exact"},
        fingerprint="0" * 32,
        cut={"mode": "windows"},
        head="builtin",
        labels=EMOTION_IDS,
        head_arrays={"weights": np.zeros((9, 2)), "bias": np.zeros(9), "temperature": TEMPERATURE},
    )
    n, ends = len(lengths), np.cumsum(lengths) * 0.02
    ids = [f"{i:032x}" for i in range(n)]
    rows = [
        {"segment_id": ids[i], "content_id": ids[i], "corpus": "/c", "file": "call.wav", "channel": "mix", "flags": [],
         "start_s": float(ends[i] - lengths[i] * 0.02), "end_s": float(ends[i])}
        for i in range(n)
    ]  # fmt: skip
    scores = softmax(np.stack([z.astype(np.float64).mean(axis=0) for z in logits]) / TEMPERATURE)
    table = {
        "segment_id": pa.array(ids),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2 * n, np.float32)), 2),
        **{f"score_{e}": pa.array(scores[:, j].astype(np.float32)) for j, e in enumerate(EMOTION_IDS)},
        "n_frames": pa.array(lengths, pa.int32()),
    }
    kept = [pooled(z, rate_hz or 50) for z in logits]
    rows_of = [len(counts) for _, counts in kept]
    ends_of = [np.cumsum(counts) for _, counts in kept]
    frames = {
        "segment_id": pa.array(np.repeat(ids, rows_of)),
        "t_s": pa.array(
            np.concatenate([(e - c / 2) * 0.02 for e, (_, c) in zip(ends_of, kept, strict=True)]).astype(np.float32)
        ),
        **{f"logit_{e}": pa.array(np.concatenate([z for z, _ in kept])[:, j]) for j, e in enumerate(EMOTION_IDS)},
    }
    schema = FRAME_SCHEMA
    if rate_hz is not None:
        frames["n_frames"] = pa.array(np.concatenate([counts for _, counts in kept]))
        schema = FRAME_SCHEMA.append(FRAME_COUNT_FIELD)
    with store.writer() as writer:
        writer.commit(
            segments=pa.Table.from_pylist(rows, schema=SEGMENTS_SCHEMA),
            embeddings=pa.table(table, schema=embedding_schema(2)),
            frames=pa.table(frames, schema=schema),
        )
    return store, logits


def test_the_mean_of_the_frames_is_the_clips_score(tmp_path: Path) -> None:
    store, logits = framed(tmp_path / "s")
    for i, own in enumerate(logits):
        found = timeline(store, segment=f"{i:032x}")
        assert (found.source, len(found.scores), found.head) == ("frames", len(own), "builtin")
        assert found.difference is not None
        assert found.difference < 1e-6
        np.testing.assert_allclose(found.mean, store.scores().iloc[i, 1:10].to_numpy(float), atol=1e-6)
        assert found.start_s[0] == pytest.approx(0 if i == 0 else 1.2, abs=1e-5)
        assert found.end_s[-1] == pytest.approx(1.2 if i == 0 else 3.4, abs=1e-5)


@pytest.mark.parametrize("rate_hz", [25, 10, 2])
def test_frames_at_a_lower_rate_count_by_what_they_are_the_mean_of(tmp_path: Path, rate_hz: int) -> None:
    store, logits = framed(tmp_path / "s", (57, 101), rate_hz)
    for i, own in enumerate(logits):
        found = timeline(store, segment=f"{i:032x}", smooth_s=0)
        size = 50 // rate_hz
        assert len(found.scores) == -(-len(own) // size)
        assert found.difference is not None and found.difference < 1e-5
        starts = np.arange(0, len(own), size)
        first = 0.0 if i == 0 else 57 * 0.02
        np.testing.assert_allclose(found.start_s, first + starts * 0.02, atol=1e-4)
        np.testing.assert_allclose(found.end_s, first + np.minimum(starts + size, len(own)) * 0.02, atol=1e-4)
        by_hand = [softmax(own[s : s + size].astype(np.float64).mean(axis=0) / TEMPERATURE) for s in starts]
        np.testing.assert_allclose(found.scores, by_hand, atol=1e-5)
        whole = found.score_of(first, first + len(own) * 0.02)
        np.testing.assert_allclose(list(whole.values()), found.mean, atol=1e-9)


def test_a_frame_looks_at_what_is_around_it(tmp_path: Path) -> None:
    store, logits = framed(tmp_path / "s")
    found = timeline(store, file="call.wav", smooth_s=0.2)
    assert found.difference is None
    place = 0
    for own in logits:
        for k in range(len(own)):
            near = own[max(0, k - 5) : k + 6].astype(np.float64).mean(axis=0)
            np.testing.assert_allclose(found.scores[place], softmax(near / TEMPERATURE), atol=1e-6)
            place += 1
    frames = np.concatenate(logits).astype(np.float64)
    np.testing.assert_allclose(
        list(found.score_of(0.5, 1.5).values()), softmax(frames[25:75].mean(axis=0) / TEMPERATURE)
    )
    with pytest.raises(EmptySelectionError, match=r"nothing of call.wav lies between 9 s and 10 s"):
        found.score_of(9, 10)


def test_frames_are_of_the_built_in_head_whatever_head_is_active(tmp_path: Path) -> None:
    store, _ = framed(tmp_path / "s")
    with store.writer() as writer:
        scores = score_table(["0" * 32, f"{1:032x}"], EMOTION_IDS, np.full((2, 9), 1 / 9, np.float32))
        writer.save_head("m", weights=np.zeros((9, 2)), bias=np.zeros(9), labels=EMOTION_IDS, scores=scores, report={})
        writer.set_head("m")
    found = timeline(store, segment="0" * 32)
    assert found.head == "builtin"
    assert found.said()[-1] == "By the scores of the head builtin."
    assert found.said("zh")[-1] == "依据分类头 builtin 的分数。"
    assert found.difference is not None
    assert found.difference < 1e-6


def windows() -> tuple[list[dict[str, Any]], np.ndarray]:
    rows = [{"file": "a.wav", "start_s": float(s), "end_s": s + 2.0, "speaker": "ben"} for s in (4, 0, 2, 8)]
    scores = np.full((4, 9), 0.02)
    scores[:, SAD] = [0.5, 0.1, 0.8, 0.9]
    return rows, scores / scores.sum(axis=1, keepdims=True)


def test_segments_stand_in_for_frames(tmp_path: Path) -> None:
    rows, scores = windows()
    store = make_store(tmp_path / "s", [*rows, {"file": "b.wav"}], scores=np.vstack([scores, scores[:1]]))
    found = timeline(store, file="a.wav")
    assert found.source == "segments"
    assert found.start_s.tolist() == [0, 2, 4, 8]
    np.testing.assert_allclose(found.scores, scores[[1, 2, 0, 3]], atol=1e-7)
    np.testing.assert_allclose(found.mean, scores.mean(axis=0), atol=1e-7)
    assert [(m.emotion, m.start_s, m.end_s, m.peak_s) for m in found.moments] == [("sad", 2, 6, 3), ("sad", 8, 10, 9)]
    assert found.said()[0].startswith("2.0 to 6.0 s: sad lasts, highest score 0.8")
    assert found.said("zh")[0].startswith("2.0–6.0 秒：难过持续，最高分 0.8")
    assert timeline(store, file="a.wav", enter=0.99).said()[0] == "No emotion lasts above the threshold."
    json.dumps(found.as_json(), allow_nan=False)
    with pytest.raises(ValueError, match="read-only"):
        found.scores[0, 0] = 1


def slow_moments(
    curve: list[float], starts: list[float], ends: list[float], enter: float, leave: float
) -> list[tuple[int, int]]:
    found, inside = [], False
    for i, value in enumerate(curve):
        broken = i > 0 and starts[i] > ends[i - 1] + 1e-6
        if inside and (value < leave or broken):
            inside = False
        if not inside and value >= enter:
            found.append([i, i])
            inside = True
        if inside:
            found[-1][1] = i
    return [(a, b) for a, b in found]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_moments_against_a_loop(steps: list[tuple[float, bool]], one: float, other: float) -> None:
    leave, enter = sorted((one, other))
    curve = [value for value, _ in steps]
    starts = np.cumsum([1.0 + gap for _, gap in steps])
    ends = starts + 1
    found = moments(np.array(curve)[:, None], ["sad"], starts, ends, enter=enter, leave=leave, shortest_s=0)
    expected = slow_moments(curve, starts.tolist(), ends.tolist(), enter, leave)
    assert [(m.start_s, m.end_s) for m in found] == [(starts[a], ends[b]) for a, b in expected]
    assert [m.peak for m in found] == [max(curve[a : b + 1]) for a, b in expected]


def test_short_moments_are_not_told() -> None:
    curve = np.array([[0.9], [0.1], [0.9], [0.9]])
    found = moments(curve, ["sad"], np.arange(4.0), np.arange(4.0) + 1, shortest_s=1.5)
    assert [(m.start_s, m.end_s) for m in found] == [(2, 4)]
    assert moments(np.full((3, 1), np.nan), ["sad"], np.arange(3.0), np.arange(3.0) + 1) == ()


def test_turns_keep_the_agents_scores_out(tmp_path: Path) -> None:
    spans = [("left", "nora", "agent", 0, 2), ("right", "ben", "client", 2.5, 4), ("right", "ben", "client", 4, 7),
             ("left", "nora", "agent", 6, 9)]  # fmt: skip
    rows = [
        {"file": "call.wav", "channel": c, "speaker": s, "role": r, "start_s": float(a), "end_s": float(b)}
        for c, s, r, a, b in spans
    ]
    scores = np.random.default_rng(0).dirichlet(np.ones(9), 4)
    store = make_store(tmp_path / "s", rows, scores=scores)
    found = timeline(store, file="call.wav")
    assert found.channel == "right"
    assert [(t.speaker, t.start_s, t.end_s, t.gap_s) for t in found.turns] == [
        ("nora", 0, 2, None), ("ben", 2.5, 7, 0.5), ("nora", 6, 9, -1),
    ]  # fmt: skip
    assert found.turns[0].scores is None
    assert found.turns[1].scores is not None
    assert found.turns[1].scores["sad"] == pytest.approx((1.5 * scores[1, SAD] + 3 * scores[2, SAD]) / 4.5)
    everybody = timeline(store, file="call.wav", channel="left", role="all")
    assert everybody.turns[0].scores is not None
    with pytest.raises(StoreError, match=r"call.wav has the channels left, right: choose one"):
        timeline(store, file="call.wav", role="all")
    with pytest.raises(EmptySelectionError, match="no scored clip in channel 'left'"):
        timeline(store, file="call.wav", channel="left")


def test_one_speaker_takes_no_turns_and_mistakes_are_one_line(tmp_path: Path) -> None:
    rows, scores = windows()
    store = make_store(tmp_path / "s", [*rows, {**rows[0], "corpus": "/other"}], scores=np.vstack([scores, scores[:1]]))
    assert timeline(store, file="a.wav", corpus="/corpus").turns == ()
    with pytest.raises(StoreError, match="lies in 2 corpora"):
        timeline(store, file="a.wav")
    with pytest.raises(EmptySelectionError, match=r"has no clip with file = 'it''s.wav'"):
        timeline(store, file="it's.wav")
    for wrong in ({}, {"file": "a", "segment": "b"}):
        with pytest.raises(StoreError, match="name either a segment or a file"):
            timeline(store, **wrong)
    with pytest.raises(StoreError, match="leave <= enter"):
        timeline(store, file="a.wav", enter=0.3, leave=0.4)
