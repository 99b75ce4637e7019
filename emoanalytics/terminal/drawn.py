"""Small drawings of characters: tables, lines over time, intervals."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Sequence

from emoanalytics.labels import BY_ID, Language
from emoanalytics.terminal.lines import one_line

_LEVELS = "▁▂▃▄▅▆▇█"


def emotion_cell(label: str, language: Language | str = Language.EN) -> str:
    """An emotion with its emoji, or another label of a head."""
    known = BY_ID.get(label)
    return f"{known.emoji} {known.name(language)}" if known else one_line(label)


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Rows as lines whose columns stand below each other on the screen.

    Args:
        rows: cells, as many in each row.
        right: columns that end below each other, as numbers do.

    >>> table([["生气", "0.1"], ["sad", "10.25"]], right=[1])
    ['  生气    0.1', '  sad   10.25']
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            room = " " * (width - _width(cell))
            cells.append(room + cell if i in right else cell + room)
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return lines


def sparkline(values: Sequence[float], top: float) -> str:
    """Values from 0 to ``top`` as one character each; a dot stands for no value.

    >>> sparkline([0.0, 0.5, math.nan, 1.0], 1.0)
    '▁▅·█'
    """
    span = top or 1.0
    return "".join(
        _LEVELS[round(max(0.0, min(1.0, v / span)) * (len(_LEVELS) - 1) + 1e-9)] if math.isfinite(v) else "·"
        for v in values
    )


def whisker(mean: float, low: float | None, high: float | None, width: int = 24, *, mark: float | None = None) -> str:
    """A value in 0..1 on a line of characters, with its interval; ``mark`` is a second value to hold it against.

    >>> whisker(0.5, 0.25, 0.75, 9), whisker(0.5, None, None, 9, mark=1.0)
    ('··├─●─┤··', '····●···|')
    """

    def place(value: float) -> int:
        return round(max(0.0, min(1.0, value)) * (width - 1))

    cells = ["·"] * width
    if low is not None and high is not None:
        first, last = place(low), place(high)
        cells[first : last + 1] = "─" * (last - first + 1)
        cells[first], cells[last] = "├", "┤"
    if mark is not None:
        cells[place(mark)] = "|"
    cells[place(mean)] = "●" if mark is None or place(mark) != place(mean) else "◉"
    return "".join(cells)


def _width(text: str) -> int:
    """Columns on the screen: two for a Chinese character or an emoji, none for a mark on the one before."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
