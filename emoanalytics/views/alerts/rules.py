"""Rules as plain data, read from one line of English or Chinese."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.errors import StoreError
from emoanalytics.labels import BY_ID, Language, parse_emotion

_EXAMPLES = "Examples: angry >= 0.6 for 2 clips in a row; anger up by 0.15 against own baseline"
MOST_CLIPS = 1000  # in a row: more than any session has
_NUMBER = r"(?P<amount>\d*\.?\d+\s*%?)"
_WORD = r"(?P<emotion>[^\s<>=≥≤]+?)"
_SIGN = r"(?P<sign>>=|<=|≥|≤)"
_RUN = re.compile(
    rf"{_WORD}\s*{_SIGN}\s*{_NUMBER}(?:\s*(?:for\s+(?P<en>\d+)\s+clips?(?:\s+in\s+a\s+row)?|连续\s*(?P<zh>\d+)\s*条))?"
)
_RISE_EN = re.compile(rf"{_WORD}\s+(?P<way>up|down)\s+by\s+{_NUMBER}\s+against\s+(?:(?:their|its)\s+)?own\s+baseline")
_RISE_ZH = re.compile(rf"{_WORD}\s*[较比]\s*自身\s*基线\s*(?P<way>上升|下降)\s*{_NUMBER}")


class Kind(StrEnum):
    """What a rule looks at."""

    RUN = "run"
    """Consecutive clips of one speaker in one session."""
    BASELINE = "baseline"
    """A session's mean against the mean of the speaker's earlier clips."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        kind: what it looks at.
        emotion: the label.
        rising: whether high scores (rises) fire it, or low ones (falls).
        amount: the score that is reached (run), or the difference to the baseline in score points.
        clips: how many clips in a row (run); 1 for a baseline rule.

    Raises:
        StoreError: an amount outside 0..1, or not 1 to ``MOST_CLIPS`` clips.
    """

    kind: Kind
    emotion: str
    rising: bool
    amount: float
    clips: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= 1:
            raise StoreError(f"scores lie between 0 and 1, so a rule cannot ask for {self.amount:g}. {_EXAMPLES}")
        if self.kind is Kind.BASELINE and self.amount == 0:
            raise StoreError(f"a difference of 0 to the baseline is no change. {_EXAMPLES}")
        if not 1 <= self.clips <= MOST_CLIPS:
            raise StoreError(f"a rule asks for 1 to {MOST_CLIPS:,} clips in a row, not {self.clips}. {_EXAMPLES}")

    def said(self, language: Language | str = Language.EN) -> str:
        """The rule as one line that ``parse_rule`` reads."""
        zh = language == Language.ZH
        name = BY_ID[self.emotion].name(language) if self.emotion in BY_ID else self.emotion
        if self.kind is Kind.BASELINE:
            if zh:
                return f"{name} 较自身基线{'上升' if self.rising else '下降'} {self.amount:g}"
            return f"{name} {'up' if self.rising else 'down'} by {self.amount:g} against own baseline"
        sign = ">=" if self.rising else "<="
        tail = f" 连续 {self.clips} 条" if zh else f" for {self.clips} clip{'' if self.clips == 1 else 's'} in a row"
        return f"{name} {sign} {self.amount:g}{tail}"


def parse_rule(text: str) -> Rule:
    """Read a rule.

    Args:
        text: one line; amounts as 0.15 or 15 %.

    Raises:
        StoreError: it is not understood.

    >>> parse_rule("anger up by 15 % against own baseline")
    Rule(kind=<Kind.BASELINE: 'baseline'>, emotion='angry', rising=True, amount=0.15, clips=1)
    >>> parse_rule("生气 >= 0.6 连续 2 条").clips
    2
    """
    line = " ".join(unicodedata.normalize("NFKC", text).split())
    run = _RUN.fullmatch(line) or _RUN.fullmatch(line.lower())
    rise = _RISE_EN.fullmatch(line.lower()) or _RISE_ZH.fullmatch(line)
    match = run or rise
    if match is None:
        raise StoreError(f"the rule {text!r} is not understood. {_EXAMPLES}")
    emotion = parse_emotion(match["emotion"]) or match["emotion"]
    number = match["amount"].replace(" ", "")
    amount = float(number.rstrip("%")) / (100 if number.endswith("%") else 1)
    if run:
        digits = run["en"] or run["zh"] or "1"
        if len(digits) > len(str(MOST_CLIPS)):  # int() itself refuses very long ones
            raise StoreError(f"a rule asks for 1 to {MOST_CLIPS:,} clips in a row, not for {digits[:12]}. {_EXAMPLES}")
        clips = int(digits)
        return Rule(Kind.RUN, emotion, run["sign"] in (">=", "≥"), amount, clips)
    return Rule(Kind.BASELINE, emotion, match["way"] in ("up", "上升"), amount)
