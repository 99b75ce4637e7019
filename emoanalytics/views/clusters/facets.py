"""What can be heard in a clip: its name, its unit, the words for much and little of it, what difference one notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emoanalytics.audio.quality import Flag
from emoanalytics.labels import Language

Words = tuple[str, str]  # English, Chinese


@dataclass(frozen=True)
class Facet:
    """One thing that is heard.

    Attributes:
        id: its name in results.
        family: facets of one family say the same thing twice; a name takes one word of each.
        unit: of its values; 1 for shares and scores.
        title: what it is called.
        high: words for much of it; None: no name says it.
        low: words for little of it.
        least: smallest difference of medians that is worth a word: about what one notices. In the unit, but in
            semitones where values are compared by their ratio.
        personal: whether voices differ in it, so that it may be compared with the same voice's other clips.
        by_ratio: whether values are compared by their ratio (pitch).
    """

    id: str
    family: str
    unit: str
    title: Words
    high: Words | None = None
    low: Words | None = None
    least: float = 0.0
    personal: bool = False
    by_ratio: bool = False

    def name(self, language: Language | str = Language.EN) -> str:
        """What it is called."""
        return self.title[language == Language.ZH]

    def word(self, much: bool, language: Language | str = Language.EN) -> str | None:
        """What to call much, or little, of it."""
        words = self.high if much else self.low
        return None if words is None else words[language == Language.ZH]

    def comparable(self, values: np.ndarray) -> np.ndarray:
        """Values on the scale they are compared on: themselves, or semitones re 1 Hz."""
        return np.asarray(12 * np.log2(values)) if self.by_ratio else values


def unheard_words(unheard: tuple[Facet, ...], language: Language | str = Language.EN) -> str:
    """One line on what nothing in a store tells of."""
    names = [facet.name(language) for facet in unheard]
    if language == Language.ZH:
        return f"未作比较（编码器不测量）：{'、'.join(names)}"
    return f"not compared, since the encoder does not measure it: {', '.join(names)}"


VOICED_SHARE, HARMONICITY = "voiced_share", "harmonicity"

# A clip may be noisier than the rest and still be clean: only a flag, raised at a limit, says "noisy" or "music".
QUALITY = (
    Facet(
        "level_dbfs",
        "loudness",
        "dBFS",
        ("level", "音量"),
        ("loud", "音量高"),
        ("quiet", "音量低"),
        least=2.0,
        personal=True,
    ),
    Facet(
        "silence_share",
        "pauses",
        "1",
        ("share of silence", "静音比例"),
        ("many pauses", "停顿多"),
        ("few pauses", "停顿少"),
        least=0.05,
        personal=True,
    ),
    Facet("snr_db", "noise", "dB", ("signal to noise", "信噪比")),
    Facet("bandwidth_hz", "band", "Hz", ("bandwidth", "带宽")),
    Facet("music_likeness", "music", "1", ("likeness to music", "音乐相似度")),
    Facet("voices_likeness", "voices", "1", ("likeness of several voices", "多人说话可能度")),
)
SECONDS = Facet(
    "duration_s", "length", "s", ("length", "时长"), ("long clips", "片段较长"), ("short clips", "片段较短"), least=0.5
)


def _as_it_is(values: np.ndarray) -> np.ndarray:
    return values


def _hertz(semitones: np.ndarray) -> np.ndarray:
    return np.asarray(100 * 2 ** (semitones / 12))


# Facets that the acoustic encoder measures: the descriptor, and its value in the facet's unit.
ACOUSTIC: tuple[tuple[Facet, str, Callable[[np.ndarray], np.ndarray]], ...] = (
    (
        Facet(
            "pitch_hz",
            "pitch",
            "Hz",
            ("pitch", "音高"),
            ("high", "音调高"),
            ("low", "音调低"),
            least=1.0,
            personal=True,
            by_ratio=True,
        ),
        "pitch.f0.p50",
        _hertz,
    ),
    (
        Facet(
            "pitch_spread_st",
            "melody",
            "st",
            ("spread of pitch", "音高起伏"),
            ("lively", "语调起伏大"),
            ("monotone", "语调平"),
            least=0.5,
            personal=True,
        ),
        "pitch.range.sd",
        _as_it_is,
    ),
    (
        Facet(
            "rate_per_s",
            "rate",
            "/s",
            ("syllables (loudness peaks)", "音节率（响度峰）"),
            ("fast", "语速快"),
            ("slow", "语速慢"),
            least=0.3,
            personal=True,
        ),
        "rhythm.peaks.rate",
        _as_it_is,
    ),
    (
        Facet(
            VOICED_SHARE,
            "voice",
            "1",
            ("share of voiced sound", "浊音比例"),
            ("full voice", "嗓音饱满"),
            ("hardly voiced", "很少发声"),
            least=0.1,
            personal=True,
        ),
        "rhythm.voiced_share",
        _as_it_is,
    ),
    (
        Facet(
            HARMONICITY,
            "voice",
            "dB",
            ("harmonics over noise", "谐噪比"),
            ("clear voice", "嗓音清亮"),
            ("breathy", "气声"),
            least=1.0,
            personal=True,
        ),
        "voice.hnr_active.mean",
        _as_it_is,
    ),
    (
        Facet(
            "alpha_db",
            "timbre",
            "dB",
            ("low over high frequencies", "低频与高频之比"),
            ("dark", "音色暗"),
            ("bright", "音色亮"),
            least=1.5,
            personal=True,
        ),
        "shape.alpha_active.mean",
        _as_it_is,
    ),
)
FLAG_FAMILIES = {
    Flag.TOO_SHORT: "length",
    Flag.TOO_LONG: "length",
    Flag.SILENT: "pauses",
    Flag.QUIET: "loudness",
    Flag.NOISY: "noise",
    Flag.NARROW_BAND: "band",
    Flag.MUSIC: "music",
    Flag.SEVERAL_VOICES: "voices",
}
