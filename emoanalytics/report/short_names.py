"""Short names that stand for names: the same everywhere in one report, in an order that tells nothing of the names."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable

import pandas as pd

from emoanalytics.labels import BY_ID, Language
from emoanalytics.privacy import Pseudonyms
from emoanalytics.statistics.evidence import AGENT, CLIENT, canonical_role

_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_LETTERS = {"speaker": "S", "session": "C", "file": "F"}
_NOUNS = {
    "corpus": ("corpus", "语料"),
    "label": ("label", "标签"),
    "role": ("role", "角色"),
    "language": ("language", "语言"),
    "column": ("column", "列"),
    "value": ("group", "组"),
}


class ShortNames:
    """Stands for the names of one store: ``S1`` a speaker, ``C1`` a session, ``F1`` a file, ``label 1`` a label.

    They are numbered in the order of the pseudonyms (`emoanalytics.privacy`), which are keyed by what the audio holds:
    who has the report and a list of likely names cannot try them out.

    Args:
        rows: the clips of the store: ``content_id, corpus, file, speaker, session``.
        failures: further files: ``corpus, file``.
        language: of ``label 1`` and the like.
    """

    def __init__(self, rows: pd.DataFrame, failures: pd.DataFrame, language: Language | str = Language.EN) -> None:
        self._zh = str(language) == Language.ZH
        self._known: dict[str, dict[Hashable, str]] = {}
        hidden = Pseudonyms.of(rows["content_id"])
        named = rows[["speaker", "session"]].astype(object).where(rows[["speaker", "session"]].notna(), None)
        sessions = [(a, b) for a, b in zip(named["session"], named["speaker"], strict=True) if a is not None]
        files = pd.concat([rows[["corpus", "file"]], failures[["corpus", "file"]]])
        self._learn("speaker", rows["speaker"].dropna(), lambda name: str(hidden.speaker(name)))
        self._learn("session", sessions, lambda pair: str(hidden.session(*pair)))
        self._learn("file", zip(files["file"], files["corpus"], strict=True), lambda pair: hidden.file(*pair))
        self._learn("corpus", files["corpus"], lambda name: hidden.file("", name))

    def _learn(self, kind: str, names: Iterable[Hashable], place: Callable[..., str]) -> None:
        self._known[kind] = {name: self._called(kind, i) for i, name in enumerate(sorted(set(names), key=place), 1)}

    def _called(self, kind: str, number: int) -> str:
        if kind in _LETTERS:
            return f"{_LETTERS[kind]}{number}"
        return f"{_NOUNS[kind][self._zh]} {number}"

    def _name(self, kind: str, name: Hashable) -> str:
        known = self._known.setdefault(kind, {})
        if name not in known:
            known[name] = self._called(kind, len(known) + 1)
        return known[name]

    def speaker(self, name: str | None) -> str | None:
        """The stand-in of a speaker; None stays None."""
        return None if name is None or pd.isna(name) else self._name("speaker", name)

    def session(self, name: str | None, speaker: str | None = None) -> str | None:
        """The stand-in of a session; those of two speakers that are called the same have two."""
        if name is None or pd.isna(name):
            return None
        return self._name("session", (name, None if speaker is None or pd.isna(speaker) else speaker))

    def file(self, corpus: str, file: str) -> str:
        """The stand-in of a recording."""
        return self._name("file", (file, corpus))

    def corpus(self, name: str) -> str:
        """The stand-in of a corpus."""
        return self._name("corpus", name)

    def label(self, name: str) -> str:
        """One of the nine emotions as it is; any other label could say anything."""
        return name if name in BY_ID else self._name("label", name)

    def role(self, name: str) -> str:
        """``client`` and ``agent``, however they were spelt; any other role by a stand-in."""
        plain = canonical_role(name)
        return plain if plain in (AGENT, CLIENT) else self._name("role", name)

    def language(self, name: str) -> str:
        """A language tag as it is (``en``, ``zh-CN``); anything else by a stand-in."""
        return name if _LANGUAGE_TAG.fullmatch(name) else self._name("language", name)

    def column(self, name: str, fixed: Iterable[str]) -> str:
        """A column that every store has as it is; one of the corpus by a stand-in."""
        return name if name in set(fixed) else self._name("column", name)

    def value(self, column: str, name: str) -> str:
        """A value of a column."""
        known: dict[str, Callable[[str], str | None]] = {
            "speaker": self.speaker,
            "session": self.session,
            "role": self.role,
            "language": self.language,
            "emotion_given": self.label,
        }
        return str(known[column](name)) if column in known else self._name("value", (column, name))
