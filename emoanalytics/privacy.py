"""Pseudonyms: the same name for the same person everywhere in a store, and no way back without the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Hex digits behind each kind: few enough to read, so many that two names do not meet.
_DIGITS: Mapping[str, int] = MappingProxyType({"speaker": 10, "session": 12, "file": 16, "segment": 32})


@dataclass(frozen=True)
class Pseudonyms:
    """Gives people, sessions, files and segments other names.

    A pseudonym is a keyed digest (BLAKE2b) of the name. The key is made of what the audio holds, which whoever gets
    only the pseudonyms does not have: a list of likely names cannot be tried out against them. It is the same in each
    report and export of a store as it is; once the store gets other audio, all pseudonyms are new.

    Attributes:
        key: 32 bytes nobody else knows.

    >>> names = Pseudonyms.of(["0b6a...", "97c1..."])
    >>> names.speaker("anna")
    'speaker-eaecf42e70'
    >>> names.speaker("anna") == names.speaker("Anna"), names.speaker(None) is None
    (False, True)
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise ValueError(f"a key has 32 bytes, not {len(self.key)}")

    @classmethod
    def of(cls, content_ids: Iterable[str]) -> Pseudonyms:
        """The pseudonyms of a store.

        Args:
            content_ids: the ``content_id`` of all its segments, in any order; never of a part that a filter leaves.
        """
        joined = "\0".join(sorted(set(content_ids)))
        return cls(hashlib.blake2b(joined.encode(), digest_size=32, person=b"emo.pseudonyms").digest())

    def speaker(self, name: str | None) -> str | None:
        """Another name for a speaker; None stays None."""
        return self._of("speaker", name)

    def session(self, name: str | None, speaker: str | None = None) -> str | None:
        """Another name for a session; sessions of two speakers that are called the same get two."""
        return self._of("session", None if name is None else f"{'' if speaker is None else speaker}\0{name}")

    def file(self, name: str, corpus: str = "") -> str:
        """Another name for a file of a corpus, without its ending."""
        return str(self._of("file", f"{corpus}\0{name}"))

    def segment(self, segment_id: str) -> str:
        """Another id for a segment: the store's own is a digest of its audio, which gives it away to who has that."""
        return str(self._of("segment", segment_id))

    def _of(self, kind: str, name: str | None) -> str | None:
        if name is None:
            return None
        text = f"{kind}\0{name}".encode("utf-8", "surrogatepass")
        return f"{kind}-{hashlib.blake2b(text, digest_size=_DIGITS[kind] // 2, key=self.key).hexdigest()}"
