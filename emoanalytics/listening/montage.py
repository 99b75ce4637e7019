"""A few seconds that let one hear many clips: the heart of each, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.errors import AudioError, EmptySelectionError, StoreError
from emoanalytics.listening.excerpt import Recordings
from emoanalytics.store.store import EmotionStore

SECONDS = 12.0
_SILENCE_S = 0.3
_FADE_S = 0.02
_SHORTEST_S = 0.5  # what one hears in less is a click


@dataclass(frozen=True)
class Montage:
    """Clips one after the other, each at its own level.

    Attributes:
        samples: (n,) float32.
        rate_hz: 16,000.
        parts: ``(segment id, start, end)`` of each clip that is heard, in seconds.
        missing: one line for each clip that could not be read.
    """

    samples: np.ndarray
    rate_hz: int
    parts: tuple[tuple[str, float, float], ...]
    missing: tuple[str, ...]

    def __post_init__(self) -> None:
        self.samples.flags.writeable = False


def montage(store: EmotionStore, ids: Sequence[str], *, seconds: float = SECONDS) -> Montage:
    """Cut clips together: of each the loudest stretch of an equal share, with short fades and silence between.

    What a short clip leaves of its share goes to the longer ones. Levels stay as they are: quiet is heard as quiet.

    Args:
        store: the store.
        ids: segment ids, in the order to be heard; of more than fit by half a second each, the first.
        seconds: longest result.

    Raises:
        StoreError: less than half a second is asked for.
        EmptySelectionError: no ids, or an id that the store does not have.
        AudioError: none of the clips can be read.
    """
    if not np.isfinite(seconds) or seconds < _SHORTEST_S:
        raise StoreError(f"a montage takes at least {_SHORTEST_S} s, not {seconds}")
    if not len(ids):
        raise EmptySelectionError("there is no clip to cut together")
    fitting = max(int((seconds + _SILENCE_S) / (_SHORTEST_S + _SILENCE_S)), 1)
    clips, missing = [], []
    with Recordings(store) as recordings:
        for segment_id in ids[:fitting]:
            try:
                clips.append((segment_id, recordings.excerpt(segment_id, pad_s=0)[0]))
            except AudioError as error:
                missing.append(str(error))
    if not clips:
        raise AudioError(missing[0])
    silence = round(_SILENCE_S * RATE_HZ)
    lengths = _shares([len(samples) for _, samples in clips], int(seconds * RATE_HZ) - silence * (len(clips) - 1))
    pieces: list[np.ndarray] = []
    parts = []
    at = 0
    for (segment_id, samples), length in zip(clips, lengths, strict=True):
        if pieces:
            pieces.append(np.zeros(silence, np.float32))
            at += silence
        pieces.append(_faded(_loudest(samples, length)))
        parts.append((segment_id, at / RATE_HZ, (at + length) / RATE_HZ))
        at += length
    return Montage(np.concatenate(pieces), RATE_HZ, tuple(parts), tuple(missing))


def _shares(lengths: list[int], total: int) -> list[int]:
    """Samples of each clip: equal, but no more than it has, what is left over going to the longer ones."""
    shares = [0] * len(lengths)
    waiting = sorted(range(len(lengths)), key=lambda i: lengths[i])
    for place, i in enumerate(waiting):
        shares[i] = min(lengths[i], total // (len(waiting) - place))
        total -= shares[i]
    return shares


def _loudest(samples: np.ndarray, length: int) -> np.ndarray:
    """The stretch with the most energy; the first of equal ones."""
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    start = int((energy[length:] - energy[: len(energy) - length]).argmax())
    return samples[start : start + length]


def _faded(samples: np.ndarray) -> np.ndarray:
    """Linear fades of 20 ms at both ends, so that no cut clicks."""
    faded = samples.astype(np.float32)
    n = min(round(_FADE_S * RATE_HZ), len(faded) // 2)
    ramp = np.arange(n, dtype=np.float32) / max(n, 1)
    faded[:n] *= ramp
    faded[len(faded) - n :] *= ramp[::-1]
    return faded
