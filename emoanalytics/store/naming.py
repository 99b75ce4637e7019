"""What to say of a column that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_CLOSE = 3  # names that may have been meant
_NAMED = 8  # columns named where none looks like what was asked for


def offered(asked: str, columns: Sequence[str]) -> str:
    """The columns that may have been meant; where none looks like it, the first few and how to see all.

    A store has dozens of columns: all of them in one line say nothing.

    Args:
        asked: the name that is no column.
        columns: those there are.

    >>> offered("speeker", ["file", "speaker", "session"])
    'did you mean speaker?'
    >>> offered("nosuch", [f"c{i}" for i in range(10)])
    'it has c0, c1, c2, c3, c4, c5, c6, c7 and 2 more: EmotionStore.columns lists all 10'
    """
    folded = {column.casefold(): column for column in reversed(columns)}
    close = difflib.get_close_matches(asked.casefold(), folded, n=_CLOSE)
    if close:
        return f"did you mean {' or '.join(folded[name] for name in close)}?"
    named, more = ", ".join(columns[:_NAMED]), len(columns) - _NAMED
    if more <= 0:
        return f"it has {named}"
    return f"it has {named} and {more} more: EmotionStore.columns lists all {len(columns)}"
