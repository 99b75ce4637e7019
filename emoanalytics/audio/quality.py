"""Quality of a segment: what was measured, which flags that raises, and why, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from emoanalytics.audio import levels
from emoanalytics.audio.music import music_likeness
from emoanalytics.audio.spectrum import RATE_HZ, Spectrum, bandwidth_hz, excerpts
from emoanalytics.audio.voices import voices_likeness
from emoanalytics.errors import AudioError
from emoanalytics.settings import QualitySettings

_BLOCK = 1500 * levels.FRAME  # samples read at once: 30 s


class Flag(StrEnum):
    """What may be wrong with a segment. A flag never drops a row."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    SILENT = "silent"
    CLIPPED = "clipped"
    QUIET = "quiet"
    NOISY = "noisy"
    NARROW_BAND = "narrow_band"
    MUSIC = "music"
    SEVERAL_VOICES = "several_voices"
    NON_FINITE = "non_finite"


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


def flags(quality: Quality, settings: QualitySettings) -> tuple[Flag, ...]:
    """The flags a segment raises, in the order of `Flag`. A value that could not be measured raises none.

    >>> good = Quality(2.0, 0.2, 0.0, -26.0, 40.0, 7800.0, 0.1, 0.1, 0.0)
    >>> flags(good, QualitySettings())
    ()
    """
    raised = {
        Flag.TOO_SHORT: quality.duration_s < settings.too_short_s,
        Flag.TOO_LONG: quality.duration_s > settings.too_long_s,
        Flag.SILENT: quality.silence_share > settings.silence_share,
        Flag.CLIPPED: quality.clipped_share > settings.clipped_share,
        Flag.QUIET: quality.level_dbfs < settings.level_dbfs,
        Flag.NOISY: quality.snr_db < settings.snr_db,
        Flag.NARROW_BAND: quality.bandwidth_hz < settings.bandwidth_hz,
        Flag.MUSIC: quality.music_likeness > settings.music_likeness,
        Flag.SEVERAL_VOICES: quality.voices_likeness > settings.voices_likeness,
        Flag.NON_FINITE: quality.non_finite_share > 0,
    }
    return tuple(flag for flag in Flag if raised[flag])


_NAMES = {
    Flag.TOO_SHORT: ("too short", "太短"),
    Flag.TOO_LONG: ("too long", "太长"),
    Flag.SILENT: ("silent", "静音多"),
    Flag.CLIPPED: ("clipped", "削波"),
    Flag.QUIET: ("quiet", "音量低"),
    Flag.NOISY: ("noisy", "噪声大"),
    Flag.NARROW_BAND: ("telephone band", "电话频带"),
    Flag.MUSIC: ("music", "音乐"),
    Flag.SEVERAL_VOICES: ("several voices", "多人说话"),
    Flag.NON_FINITE: ("damaged samples", "样本损坏"),
}


def name(flag: Flag, language: str = "en") -> str:
    """The short name of a flag, in Chinese for ``zh`` and in English otherwise.

    >>> name(Flag.NOISY), name(Flag.NOISY, "zh")
    ('noisy', '噪声大')
    """
    return _NAMES[Flag(flag)][language == "zh"]


def reason(flag: Flag, quality: Quality, settings: QualitySettings, language: str = "en") -> str:
    """Why a flag is raised, with the measured value and the threshold: one line, Chinese for ``zh``.

    >>> noisy = Quality(2.0, 0.1, 0.0, -26.0, 4.2, 7800.0, 0.1, 0.1, 0.0)
    >>> reason(Flag.NOISY, noisy, QualitySettings())
    'noisy: the signal is an estimated 4.2 dB above the noise, less than 10 dB'
    """
    q, s = quality, settings
    english, chinese = {
        Flag.TOO_SHORT: (
            f"{q.duration_s:.2f} s long, less than {s.too_short_s:g} s",
            f"时长 {q.duration_s:.2f} 秒，不足 {s.too_short_s:g} 秒",
        ),
        Flag.TOO_LONG: (
            f"{q.duration_s:.1f} s long, more than {s.too_long_s:g} s: too long for one label",
            f"时长 {q.duration_s:.1f} 秒，超过 {s.too_long_s:g} 秒，不宜只用一个标签",
        ),
        Flag.SILENT: (
            f"{q.silence_share:.0%} of it is silence, more than {s.silence_share:.0%}",
            f"静音占 {q.silence_share:.0%}，超过 {s.silence_share:.0%}",
        ),
        Flag.CLIPPED: (
            f"{q.clipped_share:.2%} of the samples are at full scale, more than {s.clipped_share:.2%}",
            f"{q.clipped_share:.2%} 的样本达到满幅，超过 {s.clipped_share:.2%}",
        ),
        Flag.QUIET: (
            f"the speech is at {q.level_dbfs:.1f} dBFS, below {s.level_dbfs:g} dBFS",
            f"语音电平 {q.level_dbfs:.1f} dBFS，低于 {s.level_dbfs:g} dBFS",
        ),
        Flag.NOISY: (
            f"the signal is an estimated {q.snr_db:.1f} dB above the noise, less than {s.snr_db:g} dB",
            f"估计信噪比 {q.snr_db:.1f} dB,低于 {s.snr_db:g} dB",
        ),
        Flag.NARROW_BAND: (
            f"the sound ends at {q.bandwidth_hz:.0f} Hz, below {s.bandwidth_hz:g} Hz, as on a telephone",
            f"声音只到 {q.bandwidth_hz:.0f} Hz，低于 {s.bandwidth_hz:g} Hz，像电话录音",
        ),
        Flag.MUSIC: (
            f"music-likeness {q.music_likeness:.2f}, more than {s.music_likeness:g}",
            f"音乐相似度 {q.music_likeness:.2f}，超过 {s.music_likeness:g}",
        ),
        Flag.SEVERAL_VOICES: (
            f"likeness of several voices {q.voices_likeness:.2f}, more than {s.voices_likeness:g}",
            f"多人说话的可能度 {q.voices_likeness:.2f}，超过 {s.voices_likeness:g}",
        ),
        Flag.NON_FINITE: (
            f"{q.non_finite_share:.2%} of the samples were not numbers (NaN or infinite) and were set to 0",
            f"{q.non_finite_share:.2%} 的样本不是有限数值（NaN 或无穷），已置为 0",
        ),
    }[Flag(flag)]
    return f"{name(flag)}: {english}" if language != "zh" else f"{name(flag, 'zh')}：{chinese}"
