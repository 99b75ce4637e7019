"""Write the clips of a store, or some of them, as something that other tools read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emoanalytics.errors import StoreError
from emoanalytics.export.arrays import beside, write_arrays
from emoanalytics.export.audformat import write_audformat
from emoanalytics.export.database import shown, write_table
from emoanalytics.export.delimited import write_delimited
from emoanalytics.export.formats import FOLDERS, WITH_AUDIO, WITH_EMBEDDINGS, Format, format_of
from emoanalytics.export.huggingface import write_huggingface
from emoanalytics.export.lines import write_lines
from emoanalytics.export.placing import check_free, new_folder
from emoanalytics.export.result import Exported, Progress, Written
from emoanalytics.export.rows import Rows
from emoanalytics.export.tables import write_atlas, write_parquet, write_spotlight
from emoanalytics.store.store import EmotionStore

_Writer = Callable[[Rows, Path, Progress], Written]
_WRITERS: dict[Format, _Writer] = {
    Format.CSV: lambda rows, target, progress: write_delimited(rows, target, ",", progress),
    Format.TSV: lambda rows, target, progress: write_delimited(rows, target, "\t", progress),
    Format.JSONL: write_lines,
    Format.PARQUET: write_parquet,
    Format.NPY: write_arrays,
    Format.AUDFORMAT: write_audformat,
    Format.HUGGINGFACE: write_huggingface,
    Format.SPOTLIGHT: write_spotlight,
    Format.EMBEDDING_ATLAS: write_atlas,
}


def export(
    store: EmotionStore,
    to: str | Path,
    *,
    format: Format | str | None = None,
    where: str | None = None,
    embeddings: bool | None = None,
    redact: bool = False,
    replace: bool = False,
    table: str = "segments",
    progress: Progress | None = None,
) -> Exported:
    """Write a store as one flat table, with its scores, in a format of another tool.

    Args:
        store: the store; it is not changed (Embedding Atlas draws its map, where there is none, and keeps it there).
        to: a file, a folder, or the URL of a database such as ``sqlite:///clips.db``.
        format: None: by the ending of ``to``.
        where: one SQL condition over segment and score columns; None: all clips.
        embeddings: with the embeddings; None: where the format is made for them.
        redact: pseudonyms for speakers, sessions, files and segments; no text, time of day, own columns of the
            corpus, audio or embeddings.
        replace: put it in place of what an earlier export left there: a file, a folder, a table.
        table: in a database: the table.
        progress: called as the work goes on.

    Raises:
        EmptySelectionError: there is no clip to export.
        StoreError: the target is in the store, is there already, or is not what the format needs; the format holds
            what ``redact`` takes away; the filter is not understood; the disk is full.
        MissingExtraError: a package for the format is not installed.

    >>> export(EmotionStore.open("demo-store"), "clips.csv").rows  # doctest: +SKIP
    407
    """
    target = str(to)
    chosen = format_of(target, format)
    whole = _with_embeddings(chosen, embeddings, redact=redact)
    if chosen is not Format.SQL:
        _check(chosen, Path(target), store.path, replace=replace)
    rows = Rows.of(store, where, embeddings=whole, redacted=redact)
    tell = progress or (lambda done, total, note: None)
    if chosen is Format.SQL:
        written = write_table(rows, target, table, replace=replace, progress=tell)
        target = shown(target)
    elif chosen in FOLDERS:
        mark = {"format": str(chosen), "rows": len(rows), "redacted": redact}
        with new_folder(Path(target), mark) as folder:
            written = _WRITERS[chosen](rows, folder, tell)
    else:
        written = _WRITERS[chosen](rows, Path(target), tell)
    n = len(rows) - len(written.left)
    notes = (*rows.notes, *written.notes)
    return Exported(target, chosen, n, written.columns, whole, redact, notes, written.left)


def _with_embeddings(chosen: Format, asked: bool | None, *, redact: bool) -> bool:
    if redact and chosen in WITH_AUDIO:
        raise StoreError(f"{chosen} gives the voices to hear, which --redact takes away: choose another --format")
    if redact and (asked or chosen is Format.NPY):
        raise StoreError(
            "an embedding tells a voice from others, so it cannot be exported with --redact: leave out one of them"
        )
    if chosen is Format.AUDFORMAT and asked:
        raise StoreError("the tables of audformat hold no embeddings: export those as .npy or .parquet")
    if chosen is Format.NPY and asked is False:
        raise StoreError("an .npy file holds the embeddings: without them export a .csv")
    return not redact and (chosen in WITH_EMBEDDINGS if asked is None else asked)


def _check(chosen: Format, target: Path, store: Path, *, replace: bool) -> None:
    check_free(target, store, folder=chosen in FOLDERS, replace=replace)
    if chosen is Format.NPY:
        check_free(beside(target), store, folder=False, replace=replace)
