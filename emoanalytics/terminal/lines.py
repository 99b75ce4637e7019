"""Lines for people: one line a fact, bars of characters, one JSON document."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Mapping
from typing import Any

import click

from emoanalytics.labels import BY_ID, EMOTIONS

_BAR = 30


def say(text: str = "") -> None:
    """A line for people: standard error, so that ``--json`` stays one document."""
    click.echo(text, err=True)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output; a number that is not finite, which JSON does not know, is null."""
    utf8 = "utf" in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(_finite(document), ensure_ascii=not utf8, indent=2, default=str, allow_nan=False)
    # A file name that is no text is a lone surrogate: written as the escape that JSON knows.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(v) for key, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list | tuple) else value


def counted(n: int, noun: str) -> str:
    """A number and what it counts.

    >>> counted(1, "clip"), counted(0, "clip")
    ('1 clip', '0 clips')
    """
    return f"{n} {noun}{'s' * (n != 1)}"


def one_line(text: str) -> str:
    """Text with its control characters made visible, so that a file name cannot write lines of its own."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def bar(share: float, width: int = _BAR) -> str:
    """A share in 0..1 as a bar of characters.

    >>> bar(0.5, 4)
    '██··'
    """
    full = round(max(0.0, min(1.0, share)) * width)
    return "█" * full + "·" * (width - full)


def nine_bars(scores: Mapping[str, float | None]) -> str:
    """The nine scores as bars with emoji and both names; further labels of the head below them."""
    width = max(10, min(_BAR, shutil.get_terminal_size().columns - 45))
    lines = []
    for emotion in EMOTIONS:
        score = scores.get(emotion.id)
        shown = "not known to this head" if score is None else f"{bar(score, width)} {score:6.1%}"
        lines.append(f"  {emotion.emoji} {emotion.id:<10}{emotion.zh}  {shown}")
    lines += [
        f"     {one_line(label):<14}  {bar(score, width)} {score:6.1%}"
        for label, score in scores.items()
        if label not in BY_ID and score is not None
    ]
    return "\n".join(lines)
