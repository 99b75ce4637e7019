"""A finished report: the page, what is in it, and how it is written."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoanalytics.errors import StoreError


def check_place(store: Path, path: Path) -> None:
    """Refuse a place for a report, before it is made or when it is written.

    Raises:
        StoreError: the file would lie inside the store, or is a folder.
    """
    if path.resolve().is_relative_to(store.resolve()):
        raise StoreError(f"{path} lies inside the store {store}: write the report beside it")
    if path.is_dir():
        raise StoreError(f"{path} is a folder: name a file, e.g. {path / 'report.html'}")


@dataclass(frozen=True)
class Report:
    """One page on a store.

    Attributes:
        html: the page: one HTML document that loads nothing and runs nothing.
        facts: what the page is made of, plain values by section, as custom sections see them.
        notes: what could not be made, or was made another way, one line each.
        store: the store's folder; nothing is written into it.
    """

    html: str
    facts: Mapping[str, Any]
    notes: tuple[str, ...]
    store: Path

    @property
    def content(self) -> bytes:
        """The page as it is written: UTF-8."""
        return self.html.encode("utf-8")

    @property
    def sounds(self) -> int:
        """How many excerpts can be played."""
        return self.html.count("<audio ")

    def write(self, path: str | Path) -> Path:
        """Write the page in one step; an older page of that name is replaced.

        Raises:
            StoreError: the file would lie inside the store, is a folder, or cannot be written.
        """
        path = Path(path)
        check_place(self.store, path)
        beside = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}.tmp")
        try:
            beside.write_bytes(self.content)
            os.replace(beside, path)  # noqa: PTH105 - in one step, on Windows too
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise StoreError(f"{path} cannot be written ({error.strerror or error}): name another file") from error
        return path

    def _repr_html_(self) -> str:
        return f"<code>Report({len(self.content):,} bytes, {self.sounds} excerpts)</code>"
