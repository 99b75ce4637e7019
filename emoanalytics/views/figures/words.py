"""The texts of figures, in both languages, and texts of others made safe to show."""

from __future__ import annotations

import html
from collections.abc import Mapping

from emoanalytics.labels import BY_ID, Language

Words = Mapping[str, tuple[str, str]]  # key -> English, Chinese


def said(words: Words, key: str, language: Language | str) -> str:
    """One of the texts that a kind of figure uses, in a language."""
    return words[key][str(language) == Language.ZH]


def label(emotion: str, language: Language | str) -> str:
    """The name of an emotion with its emoji, or any other label, escaped."""
    known = BY_ID.get(emotion)
    return f"{known.emoji} {known.name(language)}" if known else plain(emotion)


def plain(text: str) -> str:
    """A text of a corpus on one line, with nothing that Plotly would read as a tag."""
    return html.escape(" ".join(text.split()), quote=False)
