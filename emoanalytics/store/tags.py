"""Tags: words that people put on clips, as decisions in the log beside the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from emoanalytics.errors import StoreError
from emoanalytics.store.decisions import Decisions

_KIND = "tag:"  # in front of the word, so that a clip can have several
_LONGEST = 80  # characters of a word
_ON, _OFF = "on", "off"


class Tags:
    """The tags of a store's clips. They can be read and exported with the other decisions.

    Args:
        folder: the store's folder.

    >>> import tempfile
    >>> tags = Tags(tempfile.mkdtemp())
    >>> tags.add("to review", ["a", "b"])
    2
    >>> tags.remove("to review", ["a"])
    1
    >>> tags.read()
    {'to review': ('b',)}
    """

    def __init__(self, folder: str | Path) -> None:
        self._decisions = Decisions(folder)

    def add(self, word: str, ids: Iterable[str], *, who: str | None = None) -> int:
        """Put a word on clips; how many did not have it.

        Raises:
            StoreError: there is no word, or the log cannot be written.
        """
        said = _said(word)
        having = set(self.read().get(said, ()))
        new = [key for key in dict.fromkeys(ids) if key not in having]
        self._decisions.record_all([(key, _KIND + said, None, _ON) for key in new], who=who)
        return len(new)

    def remove(self, word: str, ids: Iterable[str], *, who: str | None = None) -> int:
        """Take a word off clips; how many had it.

        Raises:
            StoreError: there is no word, or the log cannot be written.
        """
        said = _said(word)
        having = set(self.read().get(said, ()))
        old = [key for key in dict.fromkeys(ids) if key in having]
        self._decisions.record_all([(key, _KIND + said, _ON, _OFF) for key in old], who=who)
        return len(old)

    def read(self) -> Mapping[str, tuple[str, ...]]:
        """The words and their clips, words sorted, clips in the order they got it.

        Raises:
            StoreError: the log cannot be read.
        """
        found: dict[str, list[str]] = {}
        for (key, kind), decision in self._decisions.read().latest().items():
            if kind.startswith(_KIND) and decision.decided == _ON:
                found.setdefault(kind.removeprefix(_KIND), []).append(key)
        return {word: tuple(found[word]) for word in sorted(found)}


def _said(word: str) -> str:
    said = " ".join(word.split())
    if not said or len(said) > _LONGEST:
        raise StoreError(f"a tag is a word or a few, at most {_LONGEST} characters")
    return said
