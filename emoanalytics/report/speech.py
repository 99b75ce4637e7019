"""How the page speaks: its texts in one language, numbers and names as people read them."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.embed.heads.head import mean_word
from emoanalytics.labels import BY_ID, Language
from emoanalytics.report.texts import LIMITS, TEXTS

_SHOWN_HOURS = 1.0
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean(text: object) -> str:
    r"""A text of a corpus on one line, without control characters and without what turns the direction of writing.

    >>> clean("a\tb\u202e\x00c"), clean("half \ud800")
    ('a bc', 'half \ufffd')
    """
    return "".join(
        "\ufffd" if unicodedata.category(c) == "Cs" else c
        for c in " ".join(str(text).split())
        if c not in _TURNING and unicodedata.category(c) != "Cc"
    )


class Speech:
    """One language.

    Args:
        language: of the texts.
        calibrated: whether the winner's score may be called calibrated.
    """

    def __init__(self, language: Language | str, *, calibrated: bool = False) -> None:
        self.language = Language(language)
        self.zh = self.language is Language.ZH
        self.word = mean_word(calibrated, self.language)

    def __call__(self, key: str, **values: Any) -> str:
        """A text of the page, filled in."""
        text = TEXTS[key][self.zh]
        return text.format(**values) if values else text

    def limits(self) -> tuple[str, ...]:
        """What the page cannot tell."""
        return tuple(line[self.zh] for line in LIMITS)

    def counted(self, n: int, noun: str) -> str:
        """``1 clip``, ``1,234 clips``; ``clips``, ``speakers`` or ``sessions``."""
        return self(f"{noun}_1") if n == 1 else self(f"{noun}_n", n=self.number(n))

    def number(self, n: int) -> str:
        """A whole number with its thousands apart."""
        return f"{n:,}"

    def share(self, part: float, whole: float = 1.0) -> str:
        """Percent: never 0 or 100 where it is not quite."""
        value = 100 * part / whole if whole else 0.0
        shown = min(max(round(value), 1 if value > 0 else 0), 99 if value < 100 else 100)
        return f"{shown}%" if self.zh else f"{shown} %"

    def score(self, value: float | None) -> str:
        """A score with two digits, or a dash."""
        return "–" if value is None or not math.isfinite(value) else f"{value:.2f}"

    def ends(self, low: float | None, high: float | None) -> str:
        """An interval, or that there is none."""
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return self("too_few")
        return f"{low:.2f}–{high:.2f}"

    def hours(self, hours: float) -> str:
        """A length of audio: hours from one on, else minutes."""
        if hours >= _SHOWN_HOURS:
            return f"{hours:.1f} 小时" if self.zh else f"{hours:.1f} h"
        return f"{60 * hours:.1f} 分钟" if self.zh else f"{60 * hours:.1f} min"

    def emotion(self, label: str) -> str:
        """An emotion with its emoji, or another label as it is."""
        known = BY_ID.get(label)
        return f"{known.emoji} {known.name(self.language)}" if known else clean(label)

    def plain_emotion(self, label: str) -> str:
        """An emotion without its emoji."""
        return BY_ID[label].name(self.language) if label in BY_ID else clean(label)

    def flag(self, flag: str) -> str:
        """A quality flag."""
        return flag_name(Flag(flag), self.language) if flag in set(Flag) else clean(flag)

    def column(self, column: str) -> str:
        """A column by name."""
        return self(f"column_{column}") if f"column_{column}" in TEXTS else clean(column)
