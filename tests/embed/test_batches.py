from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.errors import EncoderError
from tests.conftest import TinyEncoder, tone


def clips(lengths: list[int]) -> list[np.ndarray]:
    return [
        tone(1, seed=i)[:0].astype(np.float32) if n == 0 else np.resize(tone(2, seed=i, hz=100 + 37 * i), n)
        for i, n in enumerate(lengths)
    ]


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.lists(st.integers(400, 9000), min_size=1, max_size=4), max_size=12),
    budget_s=st.floats(0.01, 3),
)
def test_a_row_is_the_frame_weighted_mean_of_its_own_pieces(lengths: list[list[int]], budget_s: float) -> None:
    encoder = TinyEncoder()
    segments = [(f"s{i}", clips(parts)) for i, parts in enumerate(lengths)]
    found = dict(encode_segments(encoder, segments, budget_s=budget_s, frames=True))
    assert set(found) == {key for key, _ in segments}
    for key, parts in segments:
        alone = [encoder.encode([p], frames=True) for p in parts]
        frames = [int(a.n_frames[0]) for a in alone]
        expected = sum(a.embeddings[0].astype(float) * n for a, n in zip(alone, frames, strict=True)) / sum(frames)
        got = found[key]
        assert isinstance(got, SegmentEmbedding)
        np.testing.assert_allclose(got.embedding, expected, rtol=1e-6, atol=1e-7)
        assert got.n_frames == sum(frames)
        np.testing.assert_allclose(got.frame_logits, np.concatenate([a.frame_logits[0] for a in alone]), atol=1e-6)
        np.testing.assert_allclose(
            got.frame_logits.mean(axis=0), encoder.head.logits(got.embedding[None])[0], atol=1e-4
        )


def test_only_the_culprit_of_a_batch_is_lost() -> None:
    good, short, nan = tone(0.5), tone(0.01), np.full(8000, np.nan, np.float32)
    found = dict(
        encode_segments(TinyEncoder(), [("a", [good]), ("b", [short]), ("c", [nan]), ("d", [good, nan]), ("e", [])])
    )
    assert isinstance(found["a"], SegmentEmbedding)
    for key, text in {"b": "too short", "c": "not finite", "d": "not finite", "e": "no audio"}.items():
        assert isinstance(found[key], EncoderError)
        assert text in str(found[key])


def test_batches_stay_within_the_budget_and_segments_are_drawn_lazily() -> None:
    class Watching(TinyEncoder):
        largest = 0.0

        def encode(self, clips, *, frames=False):
            self.largest = max(self.largest, len(clips) * max(map(len, clips)) / 16_000)
            return super().encode(clips, frames=frames)

    drawn = 0

    def source():
        nonlocal drawn
        for i in range(500):
            drawn += 1
            yield i, [tone(0.5, seed=i)]

    encoder = Watching()
    results = encode_segments(encoder, source(), budget_s=2)
    next(results)
    assert drawn < 60
    assert sum(1 for _ in results) == 499
    assert 1 < encoder.largest <= 2


def test_an_encoder_that_wants_more_a_call_gets_it() -> None:
    class Hungry(TinyEncoder):
        call_s = 3.0
        largest = 0.0

        def encode(self, clips, *, frames=False):
            self.largest = max(self.largest, len(clips) * max(map(len, clips)) / 16_000)
            return super().encode(clips, frames=frames)

    encoder = Hungry()
    assert len(list(encode_segments(encoder, ((i, [tone(0.5, seed=i)]) for i in range(12)), budget_s=1))) == 12
    assert encoder.largest == 3.0


def test_a_key_that_comes_twice_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="came twice"):
        list(encode_segments(TinyEncoder(), [("a", [tone(0.5)]), ("a", [tone(0.5)])]))
