"""Samples in memory, of any type, to a waveform."""

from __future__ import annotations

import numpy as np

from emoanalytics.audio.decode.builder import WaveformBuilder
from emoanalytics.audio.decode.waveform import Waveform
from emoanalytics.errors import AudioError

_MOST_CHANNELS = 64  # an array with more is surely transposed


def from_samples(samples: np.ndarray, rate_hz: int, channel: str = "mix") -> Waveform:
    """A waveform of samples in memory, from a microphone or another library.

    Args:
        samples: ``(n,)`` or ``(n, channels)``, to be mixed; floats with full scale 1, or integers, whose type's
            range is full scale (unsigned ones are centred).
        rate_hz: their rate.
        channel: the name of the channel.

    Raises:
        AudioError: no samples, another shape or type, an impossible rate, or nothing finite.

    >>> import numpy as np
    >>> waveform = from_samples(np.full(8000, 16384, np.int16), 8000)
    >>> waveform.n_samples, waveform.source_rate_hz, waveform.channel
    (16000, 8000, 'mix')
    """
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or samples.size == 0:
        raise AudioError(f"samples of shape {samples.shape} are no sound: give (n,) or (n, channels), n at least 1")
    block = samples.reshape(len(samples), -1)
    if block.shape[1] > _MOST_CHANNELS:
        raise AudioError(f"samples of shape {samples.shape} have {block.shape[1]} channels; transpose to (n, channels)")
    full_scale = 1.0
    if block.dtype.kind in "iu":
        limits = np.iinfo(block.dtype)
        half = (float(limits.max) - float(limits.min) + 1) / 2
        zero = half if limits.min == 0 else 0.0
        full_scale = 1 - 1 / half
        block = (block.astype(np.float64) - zero) / half
    elif block.dtype.kind != "f":
        raise AudioError(f"samples of type {block.dtype} are no sound: give floats or integers")
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, and is counted as such
        block = block.astype(np.float32)
    builder = WaveformBuilder("samples", channel, rate_hz, full_scale=full_scale, spool_over_s=float("inf"))
    builder.feed(block)
    if not builder.has_finite:
        raise AudioError("samples: none of them is a finite number")
    return builder.finish()
