"""What an export wrote, and what it left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emoanalytics.export.formats import Format
from emoanalytics.labels import Language
from emoanalytics.notes import Note

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Left:
    """A clip whose audio could not be read, so that it is not in the export."""

    segment_id: str
    file: str
    reason: str


@dataclass(frozen=True)
class Written:
    """What a writer did.

    Attributes:
        columns: of the rows, in their order.
        notes: what a reader of the export must know.
        left: clips it does not hold.
    """

    columns: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class Exported:
    """An export as it lies there.

    Attributes:
        to: where, without user and password.
        format: what it is written as.
        rows: how many clips it holds.
        columns: of each, in their order.
        embeddings: whether the embeddings are among them.
        redacted: whether names are replaced by pseudonyms, and text and audio left out.
        notes: what a reader of it must know.
        left: clips it does not hold because their audio could not be read.
    """

    to: str
    format: Format
    rows: int
    columns: tuple[str, ...]
    embeddings: bool
    redacted: bool
    notes: tuple[Note, ...]
    left: tuple[Left, ...]

    def words(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The notes in a language."""
        return tuple(note.text(language) for note in self.notes)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "to": self.to,
            "format": str(self.format),
            "rows": self.rows,
            "columns": list(self.columns),
            "embeddings": self.embeddings,
            "redacted": self.redacted,
            "notes": list(self.words()),
            "left": [{"segment_id": c.segment_id, "file": c.file, "reason": c.reason} for c in self.left],
        }
