"""The measures of one segment's quality, taken together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import levels
from emoanalytics.audio.quality.music import music_likeness
from emoanalytics.audio.quality.spectrum import Spectrum, bandwidth_hz, excerpts
from emoanalytics.audio.quality.voices import voices_likeness
from emoanalytics.errors import AudioError

_BLOCK = 1500 * levels.FRAME  # samples read at once: 30 s


@dataclass(frozen=True)
class Quality:
    """Measures of one segment. Every value is finite, or NaN where there is too little sound to measure it.

    Attributes:
        duration_s: length in seconds.
        silence_share: share of 20 ms frames 30 dB below the active level or below -65 dBFS, 0 to 1.
        clipped_share: share of native samples at full scale, 0 to 1.
        level_dbfs: active speech level; 0 dBFS is a mean square of 1, a full-scale sine is at -3.
        snr_db: estimated ratio of active level to noise, -20 to 80 dB.
        bandwidth_hz: the highest frequency the sound reaches, at most half the source rate.
        music_likeness: 0 (speech) to 1 (music).
        voices_likeness: 0 (one voice) to 1 (several); scaled down in music, whose instruments are no voices.
        non_finite_share: share of native samples that were NaN or infinite, 0 to 1.

    Raises:
        AudioError: a value is infinite.
    """

    duration_s: float
    silence_share: float
    clipped_share: float
    level_dbfs: float
    snr_db: float
    bandwidth_hz: float
    music_likeness: float
    voices_likeness: float
    non_finite_share: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if math.isinf(value):
                raise AudioError(f"quality: {name} is infinite")


class Samples(Protocol):
    """What `measure` needs of a recording; `emoanalytics.audio.decode.Waveform` has it."""

    n_samples: int
    source_rate_hz: int

    def read(self, start: int, stop: int) -> np.ndarray: ...  # noqa: D102
    def clipped_share(self, start: int, stop: int) -> float: ...  # noqa: D102
    def non_finite_share(self, start: int, stop: int) -> float: ...  # noqa: D102


def measure(waveform: Samples, start: int, stop: int) -> Quality:
    """Quality of samples ``start`` to ``stop`` (not included) of a recording at 16 kHz.

    Level, silence and noise are measured on all samples, read 30 s at a time; band, music and voices on
    all up to 120 s, and on twelve excerpts of 10 s beyond (so a longer segment costs bounded memory).

    Raises:
        AudioError: the span is not within the recording.
    """
    if not 0 <= start <= stop <= waveform.n_samples:
        raise AudioError(f"samples {start} to {stop} are not within a recording of {waveform.n_samples} samples")
    nothing = start == stop
    loudness = levels.levels(_blocks(waveform, start, stop))
    spectrum = Spectrum.of([waveform.read(first, last) for first, last in excerpts(start, stop)])
    music, voices = music_likeness(spectrum), voices_likeness(spectrum)
    return Quality(
        duration_s=(stop - start) / RATE_HZ,
        silence_share=levels.silence_share(loudness.powers),
        clipped_share=math.nan if nothing else waveform.clipped_share(start, stop),
        level_dbfs=levels.decibels(levels.active_power(loudness.powers)),
        snr_db=levels.snr_db(loudness),
        bandwidth_hz=bandwidth_hz(spectrum, waveform.source_rate_hz),
        music_likeness=music,
        voices_likeness=voices if math.isnan(music) else voices * (1 - music),  # instruments are no voices
        non_finite_share=math.nan if nothing else waveform.non_finite_share(start, stop),
    )


def _blocks(waveform: Samples, start: int, stop: int) -> Iterator[np.ndarray]:
    for first in range(start, stop, _BLOCK):
        yield waveform.read(first, min(first + _BLOCK, stop))
