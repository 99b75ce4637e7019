"""Batches: pieces of like length go through the encoder together; segments come out whole.

A segment longer than the encoder may see at once arrives as several pieces. Its embedding is the
mean of the pieces' embeddings weighted by their frames, so it is the mean over all its frames.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from emoanalytics.embed.encoder import Encoded, Encoder
from emoanalytics.errors import EncoderError

K = TypeVar("K", bound=Hashable)

# How many batches' worth of audio wait to be sorted by length: more wait, less padding.
_WINDOW_BATCHES = 8


@runtime_checkable
class Hungry(Protocol):
    """An encoder that is faster with more audio a call than the caller would give it.

    Attributes:
        call_s: seconds of audio it wants in a call; it makes batches of its own of them, within its own budget.
    """

    @property
    def call_s(self) -> float: ...  # noqa: D102 - described above


@dataclass(frozen=True)
class SegmentEmbedding:
    """One segment through the encoder.

    Attributes:
        embedding: (d,) float32.
        n_frames: frames the embedding is the mean of.
        frame_logits: (n_frames, labels) float32 in time order, or None when not asked for.
    """

    embedding: np.ndarray
    n_frames: int
    frame_logits: np.ndarray | None = None


@dataclass
class _Open:
    """A segment some of whose pieces are still on their way."""

    total: np.ndarray | None = None
    n_frames: int = 0
    waiting: int = 0
    complete: bool = False  # every piece has been handed in
    error: EncoderError | None = None
    logits: dict[int, np.ndarray] = field(default_factory=dict)

    def take(self, piece: int, embedding: np.ndarray, n_frames: int, logits: np.ndarray | None) -> None:
        """Add one piece, weighted by its frames, in float64 so that the order does not show."""
        weighted = embedding.astype(np.float64) * n_frames
        self.total = weighted if self.total is None else self.total + weighted
        self.n_frames += n_frames
        if logits is not None:
            self.logits[piece] = logits

    def result(self) -> SegmentEmbedding | EncoderError:
        if self.error is not None:
            return self.error
        if self.total is None:
            return EncoderError("the segment holds no audio")
        mean = (self.total / self.n_frames).astype(np.float32)
        if not np.isfinite(mean).all():
            return EncoderError("the encoder returned numbers that are not finite")
        logits = np.concatenate([self.logits[i] for i in sorted(self.logits)]) if self.logits else None
        return SegmentEmbedding(mean, self.n_frames, logits)


def encode_segments(
    encoder: Encoder,
    segments: Iterable[tuple[K, Iterable[np.ndarray]]],
    *,
    budget_s: float = 60.0,
    frames: bool = False,
) -> Iterator[tuple[K, SegmentEmbedding | EncoderError]]:
    """Embed segments, a bounded amount of audio at a time.

    Args:
        encoder: the encoder to run.
        segments: a key and the pieces of each segment, in time order; both are drawn lazily.
            Keys must be unique.
        budget_s: audio seconds in one call of the encoder, padding counted in; a ``Hungry`` one gets more.
        frames: also return per-frame logits.

    Yields:
        The key and the segment's embedding, or the error that its audio met; not in input order.
    """
    wanted_s = encoder.call_s if isinstance(encoder, Hungry) else 0.0
    budget = max(1, round(max(budget_s, wanted_s) * encoder.card.rate_hz))
    pool: list[tuple[K, int, np.ndarray]] = []
    pooled = 0
    open_segments: dict[K, _Open] = {}
    for key, pieces in segments:
        if key in open_segments:
            raise ValueError(f"the key {key!r} came twice")
        state = open_segments[key] = _Open()
        for number, piece in enumerate(pieces):
            pool.append((key, number, piece))
            state.waiting += 1
            pooled += len(piece)
            if pooled >= budget * _WINDOW_BATCHES:
                _drain(encoder, pool, open_segments, budget, frames)
                pooled = 0
                yield from _finished(open_segments)
        state.complete = True
    _drain(encoder, pool, open_segments, budget, frames)
    yield from _finished(open_segments)


def _finished(open_segments: dict[K, _Open]) -> Iterator[tuple[K, SegmentEmbedding | EncoderError]]:
    for key in [k for k, s in open_segments.items() if s.complete and not s.waiting]:
        yield key, open_segments.pop(key).result()


def _drain(
    encoder: Encoder, pool: list[tuple[K, int, np.ndarray]], segments: dict[K, _Open], budget: int, frames: bool
) -> None:
    """Encode everything that waits, longest first (so that running out of memory shows at once)."""
    pool.sort(key=lambda item: -len(item[2]))
    while pool:
        count = max(1, min(len(pool), budget // max(1, len(pool[0][2]))))
        batch = pool[:count]
        del pool[:count]
        for (key, number, _), row in zip(batch, _encode(encoder, [b[2] for b in batch], frames), strict=True):
            state = segments[key]
            state.waiting -= 1
            if isinstance(row, EncoderError):
                state.error = row
            else:
                logits = row.frame_logits[0] if row.frame_logits else None
                state.take(number, row.embeddings[0], int(row.n_frames[0]), logits)


def _encode(encoder: Encoder, clips: list[np.ndarray], frames: bool) -> list[Encoded | EncoderError]:
    """One result a clip; when a batch fails, its clips are tried alone so that only the culprit is lost."""
    try:
        batch = encoder.encode(clips, frames=frames)
    except EncoderError as error:
        if len(clips) == 1:  # the only clip of a call needs no number
            return [EncoderError(str(error).removeprefix("clip 0 is ").removeprefix("clip 0 "))]
        return [row for clip in clips for row in _encode(encoder, [clip], frames)]
    expected = (len(clips), encoder.card.dim)
    if batch.embeddings.shape != expected:
        raise EncoderError(f"{encoder.card.name} returned shape {batch.embeddings.shape} where {expected} was due")
    return [
        Encoded(
            batch.embeddings[i : i + 1],
            batch.n_frames[i : i + 1],
            None if batch.frame_logits is None else (batch.frame_logits[i],),
        )
        for i in range(len(clips))
    ]
