"""What may be wrong with a segment: which flags its measures raise, and why, in words."""

from __future__ import annotations

from enum import StrEnum

from emoanalytics.audio.quality.measures import Quality
from emoanalytics.settings import QualitySettings


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
            f"{q.duration_s:.2f} s long, more than {s.too_long_s:g} s: too long for one label",
            f"时长 {q.duration_s:.2f} 秒，超过 {s.too_long_s:g} 秒，不宜只用一个标签",
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
            f"估计信噪比 {q.snr_db:.1f} dB，低于 {s.snr_db:g} dB",
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
