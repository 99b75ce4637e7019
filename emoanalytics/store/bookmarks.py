r"""Bookmarks: views of the app under a name, kept beside the store.

``bookmarks/<id>.json`` in the store's folder holds one view: its ``name``, its ``page``, when it was kept, and the
``view``, the settings as they stand in a link (name -> values).
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emoanalytics.errors import StoreError
from emoanalytics.store.disk import explained, write_json

BOOKMARKS_FOLDER = "bookmarks"
_LONGEST = 200  # characters of a name
_ID = re.compile("[0-9a-f]{32}")
_PAGE = re.compile("[a-z_]+")


@dataclass(frozen=True)
class Bookmark:
    """A view under a name.

    Attributes:
        id: 32 hex digits.
        name: as the user named it.
        page: of the app.
        view: settings as they stand in a link.
        when: it was kept, ISO 8601 in UTC.
    """

    id: str
    name: str
    page: str
    view: Mapping[str, Sequence[str]]
    when: str


class Bookmarks:
    """The bookmarks kept beside a store.

    Args:
        folder: the store's folder.

    >>> import tempfile
    >>> kept = Bookmarks(tempfile.mkdtemp())
    >>> _ = kept.add("angry calls", "search", {"toward": ["angry:1"]})
    >>> [(b.name, b.page, dict(b.view)) for b in kept.read()]
    [('angry calls', 'search', {'toward': ['angry:1']})]
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder) / BOOKMARKS_FOLDER

    def add(self, name: str, page: str, view: Mapping[str, Sequence[str]]) -> Bookmark:
        """Keep a view.

        Raises:
            StoreError: it has no name, or cannot be written.
        """
        said = " ".join(name.split())[:_LONGEST]
        if not said:
            raise StoreError("a bookmark needs a name")
        if not _PAGE.fullmatch(page):
            raise StoreError(f"no page is called {page!r}")
        settings = {str(key): [str(value) for value in values] for key, values in view.items()}
        made = Bookmark(uuid.uuid4().hex, said, page, settings, datetime.now(UTC).isoformat(timespec="seconds"))
        content = {"name": made.name, "page": made.page, "when": made.when, "view": settings}
        write_json(self.folder / f"{made.id}.json", content)
        return made

    def read(self) -> tuple[Bookmark, ...]:
        """All of them, the newest first; a file that is none is passed over."""
        found = [_read(path) for path in self.folder.glob("*.json") if _ID.fullmatch(path.stem)]
        return tuple(sorted((b for b in found if b is not None), key=lambda b: (b.when, b.id), reverse=True))

    def remove(self, bookmark_id: str) -> None:
        """Forget one; nothing happens when it is gone.

        Raises:
            StoreError: the file cannot be removed.
        """
        if not _ID.fullmatch(bookmark_id):
            return
        path = self.folder / f"{bookmark_id}.json"
        with contextlib.suppress(FileNotFoundError):
            try:
                path.unlink()
            except PermissionError as error:
                raise explained(error, path) from error


def _read(path: Path) -> Bookmark | None:
    try:
        content: Any = json.loads(path.read_bytes())
        view = {str(key): [str(value) for value in values] for key, values in content["view"].items()}
        name, page, when = (str(content[key]) for key in ("name", "page", "when"))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    return Bookmark(path.stem, name, page, view, when) if _PAGE.fullmatch(page) else None
