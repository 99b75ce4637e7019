r"""Selections: lists of clips that a link can name, kept beside the store.

``selections/<key>.txt`` in the store's folder holds one segment id a line, in the order they were chosen. The key is
made of the ids, so that the same selection has the same key on every machine that has the store.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from emoanalytics.errors import StoreError
from emoanalytics.store.disk import write_bytes

SELECTIONS_FOLDER = "selections"
_KEY = re.compile("[0-9a-f]{16}")


class Selections:
    """The selections kept beside a store.

    Args:
        folder: the store's folder.

    >>> import tempfile
    >>> kept = Selections(tempfile.mkdtemp())
    >>> kept.find(kept.keep(["b", "a"]))
    ('b', 'a')
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder) / SELECTIONS_FOLDER

    def keep(self, ids: Sequence[str]) -> str:
        """Keep a selection; its key, 16 hex digits.

        Raises:
            StoreError: an id is no id, or the file cannot be written.
        """
        wrong = next((key for key in ids if not key or not key.isprintable()), None)
        if wrong is not None:
            raise StoreError(f"a selection holds segment ids, not {wrong!r}")
        content = "".join(f"{key}\n" for key in ids).encode()
        key = hashlib.blake2b(content, digest_size=8).hexdigest()
        path = self.folder / f"{key}.txt"
        if not path.is_file():
            write_bytes(path, content)
        return key

    def find(self, key: str) -> tuple[str, ...] | None:
        """The ids of a selection; None: no such selection is kept here, or its file is not what was kept.

        Args:
            key: as `keep` returned it; anything else is not looked for.
        """
        if not _KEY.fullmatch(key):
            return None
        try:
            content = (self.folder / f"{key}.txt").read_bytes()
        except OSError:
            return None
        if hashlib.blake2b(content, digest_size=8).hexdigest() != key:
            return None
        return tuple(content.decode().splitlines())
