"""Every text of the app, in English and Chinese: one file a page. A test finds missing, unused and unequal ones."""

from __future__ import annotations

import re

from app import state
from app.texts import (
    audit,
    clip,
    clusters,
    export,
    frame,
    home,
    lists,
    map,
    overview,
    report,
    search,
    segments,
    settings,
    speakers,
)
from emoanalytics import Language

_FILES = (
    frame, home, lists, overview, segments, clip, search, map, clusters, speakers, audit, settings, report, export,
)  # fmt: skip
TEXTS: dict[str, tuple[str, str]] = {key: text for file in _FILES for key, text in file.TEXTS.items()}


def say(key: str, **values: object) -> str:
    """A text in the language of the page. Texts of others among the values go through `plain` first."""
    return in_language(key, state.language(), **values)


def in_language(key: str, language: Language, **values: object) -> str:
    """A text in a language, with its gaps filled."""
    text = TEXTS[key][language == Language.ZH]
    return (text if language == Language.ZH else _singular(text, values)).format(**values)


def _singular(text: str, values: dict[str, object]) -> str:
    """An English template that counts one thing as one; only its own words change, never the values.

    >>> _singular("**{n}** clips are chosen of {total} clips", {"n": 1, "total": "12"})
    '**{n}** clip is chosen of {total} clips'
    """

    def one(found: re.Match[str]) -> str:
        if str(values.get(found["gap"])) != "1":
            return found[0]
        return f"{found['before']}{found['noun']}{_VERBS.get(found['verb'] or '', '')}"

    return _COUNTED.sub(one, text)


def plain(text: str) -> str:
    r"""Text of others (file names, labels, error lines) for a place that reads Markdown: shown, never interpreted.

    >>> print(plain("![x](http://e.example/a.png)"))
    \!\[x\]\(http\:\/\/e\.example\/a\.png\)
    """
    one_line = " ".join(text.split())
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in one_line)


_VERBS = {" are": " is", " have": " has", " lie": " lies", " now have": " now has", " were": " was"}
_COUNTED = re.compile(
    r"(?P<before>\{(?P<gap>\w+)\}\**\s)(?P<noun>clip|column|file|recording|row|segment|session|speaker)s\b"
    r"(?P<verb> (?:are|have|lie|now have|were)\b)?"
)
_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&/^=@\"'")
