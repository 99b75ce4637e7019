"""What the Export page offers: the formats and what they hold, an order, and the order carried out."""

from __future__ import annotations

import io
import shlex
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.texts import plain, say
from emoanalytics import EmotionStore, Exported, ExportFormat, export

MOST_DOWNLOADED = 200_000_000  # bytes; a browser holds a download in memory, and so do we
USUAL, WITH, WITHOUT = "usual", "with", "without"
_WISH = {USUAL: None, WITH: True, WITHOUT: False}
_ROW_BYTES, _NUMBER_BYTES, _DIGITS = 600, 4, 12  # about a row of text columns; a float32; one written in digits
_LONGEST = 2_000  # characters of a condition in a command


@dataclass(frozen=True)
class Kind:
    """What a format is.

    Attributes:
        ending: of the file; empty: it is a folder, or a table of a database.
        usual: whether embeddings come along unless one says otherwise.
        asked: whether one may say otherwise.
        voices: whether it holds sound, or the way to it.
    """

    ending: str = ""
    usual: bool = False
    asked: bool = True
    voices: bool = False


KINDS = {
    ExportFormat.CSV: Kind("csv"),
    ExportFormat.TSV: Kind("tsv"),
    ExportFormat.JSONL: Kind("jsonl"),
    ExportFormat.PARQUET: Kind("parquet", usual=True),
    ExportFormat.NPY: Kind("npy", usual=True, asked=False),
    ExportFormat.SPOTLIGHT: Kind("parquet", usual=True, voices=True),
    ExportFormat.EMBEDDING_ATLAS: Kind("parquet"),
    ExportFormat.AUDFORMAT: Kind(asked=False),
    ExportFormat.HUGGINGFACE: Kind(voices=True),
    ExportFormat.SQL: Kind(),
}


@dataclass(frozen=True)
class Order:
    """What is asked of an export.

    Attributes:
        format: as what.
        where: which clips, as a condition; None: all.
        n: how many those are.
        embedded: one of ``usual``, ``with``, ``without``.
        redacted: without names.
    """

    format: ExportFormat
    where: str | None
    n: int
    embedded: str
    redacted: bool

    @property
    def kind(self) -> Kind:
        """What the format is."""
        return KINDS[self.format]

    @property
    def embeddings(self) -> bool:
        """Whether they come along."""
        asked = _WISH[self.embedded]
        return not self.redacted and (self.kind.usual if asked is None else asked)

    @property
    def refused(self) -> str:
        """Key of the line that says why it cannot be; empty: it can."""
        if self.redacted and self.kind.voices:
            return "export_voices"
        if self.redacted and (self.embedded == WITH or self.format is ExportFormat.NPY):
            return "export_tells"
        return ""

    def size(self, store: EmotionStore) -> int:
        """About how many bytes it will have."""
        written = self.format in (ExportFormat.CSV, ExportFormat.TSV, ExportFormat.JSONL)
        dim = int(store.info.dim) if self.embeddings else 0
        return self.n * (_ROW_BYTES + dim * (_DIGITS if written else _NUMBER_BYTES))

    def name(self, store: EmotionStore) -> str:
        """Of the file or the folder."""
        ending = self.kind.ending
        return f"{store.path.name}.{ending}" if ending else f"{store.path.name}-{self.format}"

    def command(self, store: EmotionStore, target: str, table: str) -> str | None:
        """What does the same from a terminal; None where the condition is too long for one.

        Args:
            store: the store.
            target: where to; for a database the word ``URL``, since one may hold a password.
            table: in a database: the table.
        """
        if self.where is not None and len(self.where) > _LONGEST:
            return None
        words = ["emoanalytics", "export", str(store.path), "--to", target]
        if self.format is ExportFormat.SQL:
            words += ["--table", table]
        elif self.format.value != self.kind.ending:  # the ending does not say it
            words += ["--format", str(self.format)]
        words += [f"--where={' '.join(self.where.split())}"] if self.where is not None else []
        words += {USUAL: [], WITH: ["--embeddings"], WITHOUT: ["--no-embeddings"]}[self.embedded]
        words += ["--redact"] if self.redacted else []
        return shlex.join(words)

    def write(
        self, store: EmotionStore, target: str | Path, table: str, told: Callable[[int, int, str], None]
    ) -> Exported:
        """Carry it out.

        Raises:
            EmoAnalyticsError: it cannot be; one line says why.
        """
        return export(
            store, target, format=self.format, where=self.where, embeddings=_WISH[self.embedded],
            redact=self.redacted, table=table, progress=told,
        )  # fmt: skip

    def content(self, store: EmotionStore, told: Callable[[int, int, str], None]) -> tuple[str, bytes, Exported]:
        """As a file to hand out: its name, its bytes, what was written. Several files are one zip.

        Raises:
            EmoAnalyticsError: it cannot be made; one line says why.
        """
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / self.name(store)
            done = self.write(store, target, "segments", told)
            files = sorted(Path(folder).iterdir())
            if len(files) == 1:
                return target.name, target.read_bytes(), done
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    archive.write(file, file.name)
            return f"{store.path.name}.zip", packed.getvalue(), done


def place(order: Order, store: EmotionStore, typed: str) -> tuple[Path | None, str]:
    """Where a typed path leads: the file or folder to make, or None and why not.

    Args:
        order: what is exported.
        store: the store.
        typed: a folder that is there (a new name is put in it), or the whole path of what is to be made.
    """
    path = Path(typed.strip()).expanduser()
    if not path.is_absolute():
        return None, say("place_relative", path=plain(str(path)))
    if path.is_dir():
        path = path / order.name(store)
    if path.exists() or (order.format is ExportFormat.NPY and path.with_suffix(".csv").exists()):
        return None, say("place_taken", path=plain(str(path)))
    if not path.parent.is_dir():
        return None, say("place_no_folder", path=plain(str(path)), folder=plain(str(path.parent)))
    return path, ""
