"""EmotionStore: open a store, read it lazily, write to it through one writer."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from emoanalytics.errors import DamagedStoreError, EncoderMismatchError, StoreError
from emoanalytics.store.disk import TEMPORARY, read_json
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.lock import HOLDER_FILE, LOCK_FILE, WriteLock
from emoanalytics.store.query import matching_rows, run_query, to_pandas
from emoanalytics.store.rows import PART_ADVICE, EmbeddingRows
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    DERIVED_FOLDER,
    EMBEDDINGS_FOLDER,
    FAILURE_SCHEMA,
    FAILURES_FILE,
    FRAME_SCHEMA,
    FRAMES_FOLDER,
    META_EMBEDDING_PARTS,
    META_FRAME_PARTS,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    RUNS_FOLDER,
    SEGMENTS_FILE,
    STORE_FILE,
    embedding_schema,
)
from emoanalytics.store.scores import (
    ARRAYS_FILE,
    SCORES_FILE,
    aligned_scores,
    head_folder,
    is_there,
    read_head,
    score_columns,
    write_head,
)
from emoanalytics.store.tables import open_parquet, read_columns, read_table
from emoanalytics.store.writer import HINT_ADVICE, SEGMENTS_ADVICE, StoreWriter, lay_out, part_names

_T = TypeVar("_T")
_Stamp = tuple[int, int, int]
_OURS = {
    SEGMENTS_FILE, FAILURES_FILE, RECORDINGS_FILE, EMBEDDINGS_FOLDER, FRAMES_FOLDER,
    RUNS_FOLDER, DERIVED_FOLDER, LOCK_FILE, HOLDER_FILE,
}  # fmt: skip


class EmotionStore:
    """A folder of segments, embeddings and scores. Reading loads only what is asked for and keeps only row numbers.

    Made by ``open`` or ``create``.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._info: tuple[_Stamp, StoreInfo] | None = None
        self._rows: tuple[_Stamp, EmbeddingRows] | None = None
        self._digests: dict[Path, tuple[_Stamp, bytes]] = {}

    @classmethod
    def open(cls, path: str | Path) -> EmotionStore:
        """Open a store.

        Raises:
            StoreError: the folder is no store.
            SchemaMismatchError: it was written by another version of the format.
            DamagedStoreError: ``store.json`` cannot be understood.
        """
        store = cls(Path(path))
        _ = store.info
        return store

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        encoder: Mapping[str, Any],
        fingerprint: str,
        cut: Mapping[str, Any],
        channels: str = "mix",
        head: str | None = None,
        labels: Sequence[str] = (),
        head_arrays: Mapping[str, Any] | None = None,
    ) -> EmotionStore:
        """Make an empty store.

        Args:
            path: a folder that does not exist or is empty.
            encoder: the encoder's card; ``dim`` is the length of an embedding.
            fingerprint: the encoder's fingerprint.
            cut: the cut policy.
            channels: the channel policy.
            head: ``builtin`` if the embedding rows will carry the scores of the encoder's own head, else None.
            labels: the label list of that head.
            head_arrays: ``weights`` (labels, d), ``bias`` (labels,) and ``temperature`` of the built-in head, to keep.

        Raises:
            StoreError: the folder holds a store, or other files.
        """
        folder = Path(path)
        info = StoreInfo.new(
            encoder=encoder, fingerprint=fingerprint, cut=cut, channels=channels, head=head, labels=tuple(labels)
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {folder} ({error.strerror})") from error
        _check_free(folder)
        with WriteLock(folder):
            _check_free(folder)
            if head_arrays is not None:
                write_head(
                    folder,
                    BUILTIN_HEAD,
                    weights=head_arrays["weights"],
                    bias=head_arrays["bias"],
                    labels=tuple(labels),
                    temperature=float(head_arrays.get("temperature", 1.0)),
                    report={},
                    dim=info.dim,
                )
            lay_out(folder, info)
        return cls(folder)

    @property
    def info(self) -> StoreInfo:
        """What the store holds, as ``store.json`` says it now."""
        stamp = _stamp(self.path / STORE_FILE)
        if self._info is None or self._info[0] != stamp:
            self._info = (stamp, StoreInfo.read(self.path))
        return self._info[1]

    def require(self, *, fingerprint: str, cut: Mapping[str, Any], channels: str = "mix", name: str = "") -> None:
        """Refuse an encoder or a cut that is not this store's.

        Args:
            fingerprint: the encoder's.
            cut: the cut policy.
            channels: the channel policy.
            name: the encoder's name, for the message.

        Raises:
            EncoderMismatchError: one of them differs.
        """
        info = self.info
        if fingerprint != info.encoder_fingerprint:
            raise EncoderMismatchError(
                f"{self.path} holds embeddings of {info.encoder.get('name')} ({info.encoder_fingerprint[:8]}), "
                f"not of {name or 'this encoder'} ({fingerprint[:8]}): use that encoder or choose another --store"
            )
        ours, theirs = dict(info.cut) | {"channels": info.channels}, dict(cut) | {"channels": channels}
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                raise EncoderMismatchError(
                    f"the segments of {self.path} were cut with {key} = {ours.get(key)}, not {theirs.get(key)}: "
                    "use the same cut or choose another --store"
                )

    # Rows -------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many segments it holds."""
        with open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE) as file:
            return int(file.metadata.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the segments: the store's own, then those of the corpus."""
        with open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE) as file:
            return tuple(file.schema_arrow.names)

    def segments(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """The segments, in the order of the store.

        Args:
            columns: which, in this order; None: all.
            where: one SQL condition over segment and score columns; None: all rows.

        Returns:
            One row a segment, perhaps none.

        Raises:
            StoreError: an unknown column or a filter that is not understood.
        """
        return self._steady(lambda: self._selected(columns, where, scores=False))

    def table(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """The segments with their scores beside them; no embedding is loaded.

        Args:
            columns: segment and score columns, in this order; None: all.
            where: one SQL condition over them; None: all rows.
        """
        return self._steady(lambda: self._selected(columns, where, scores=True))

    def scores(self, where: str | None = None) -> pd.DataFrame:
        """``segment_id``, the nine score columns, and one for each further label of the active head; NaN: no score."""
        return self.table(["segment_id", *score_columns(self.info.labels)], where)

    def embeddings(self, ids: Sequence[str] | None = None) -> np.ndarray:
        """Embeddings as one contiguous, read-only (n, d) float32 array.

        Args:
            ids: segment ids, in any order, also repeated; None: all, in the order of ``segments()``.

        Raises:
            StoreError: an unknown id.
            DamagedStoreError: a part is missing or cannot be read.
        """

        def read() -> np.ndarray:
            rows = self._located()
            return rows.read(np.arange(len(rows)) if ids is None else rows.positions(ids))

        return self._steady(read)

    def iter_embeddings(self, batch: int = 4096) -> Iterator[np.ndarray]:
        """All embeddings in the order of ``segments()``, at most ``batch`` rows at a time, in bounded memory."""
        if batch < 1:
            raise StoreError(f"a batch holds at least one row, not {batch}")
        yield from self._steady(self._located).batches(batch)

    def frames(self, ids: Sequence[str] | None = None) -> pd.DataFrame:
        """Per-frame logits (``segment_id, t_s, logit_angry`` ...) of these segments; empty where none were kept."""

        def read() -> pa.Table:
            names = part_names(self._segments([]).schema.metadata, META_FRAME_PARTS)
            if not names:
                return FRAME_SCHEMA.empty_table()
            tables = [read_table(self.path / FRAMES_FOLDER / n, None, PART_ADVICE) for n in names]
            table = pa.concat_tables(tables, promote_options="default")
            return (
                table
                if ids is None
                else table.filter(pc.is_in(table["segment_id"], value_set=pa.array(list(ids), pa.string())))
            )

        return to_pandas(self._steady(read))

    def query(self, sql: str) -> pd.DataFrame:
        """Run one read-only SELECT over the tables segments, embeddings, scores, failures and recordings.

        Raises:
            StoreError: it is not one SELECT over these tables; no statement reaches files or settings.
        """

        def run() -> pa.Table:
            table = self._segments(None)
            parts = part_names(table.schema.metadata, META_EMBEDDING_PARTS)
            files = [str(self.path / EMBEDDINGS_FOLDER / name) for name in parts]
            for file in files:
                open_parquet(Path(file), PART_ADVICE).close()
            schema = embedding_schema(self.info.dim)
            tables: dict[str, Any] = {
                "segments": table.replace_schema_metadata(None),
                "embeddings": ds.dataset(files, schema=schema) if files else schema.empty_table(),
                "failures": self._listed(FAILURES_FILE, FAILURE_SCHEMA),
                "recordings": self._listed(RECORDINGS_FILE, RECORDING_SCHEMA),
                "scores": self._aligned(table["segment_id"], parts),
            }
            return run_query(sql, tables)

        return to_pandas(self._steady(run))

    def failures(self) -> pd.DataFrame:
        """What could not be read or embedded: ``corpus, file, start_s, end_s, stage, reason``."""
        return to_pandas(self._listed(FAILURES_FILE, FAILURE_SCHEMA))

    def recordings(self) -> pd.DataFrame:
        """What each file held when it was last read: a hint that saves decoding it again."""
        return to_pandas(self._listed(RECORDINGS_FILE, RECORDING_SCHEMA))

    def runs(self) -> list[dict[str, Any]]:
        """The records of the runs that wrote to the store, newest last."""
        return [read_json(p, HINT_ADVICE) for p in sorted((self.path / RUNS_FOLDER).glob("*.json"))]

    def audio_path(self, file: str, corpus: str) -> Path:
        """Where the audio of a row lies: its ``file`` inside its ``corpus``; a relative corpus starts at the store."""
        return (self.path / corpus).joinpath(*PurePosixPath(file).parts)

    def writer(self) -> StoreWriter:
        """A writer, for ``with``; only one at a time, over all processes.

        Raises:
            LockedStoreError: (on entering) somebody else is writing; the message says who.
        """
        return StoreWriter(self.path)

    # Heads ------------------------------------------------------------------------------------------------------

    def head(self) -> dict[str, Any] | None:
        """The active head: ``id, weights (labels, d), bias, labels, temperature, report``; None: there is none."""
        active = self.info.head
        return None if active is None else read_head(self.path, active)

    @property
    def head_missing(self) -> str | None:
        """One line on what to do when the active head's files were deleted, else None."""
        active = self.info.head
        if active is None or active == BUILTIN_HEAD or is_there(self.path, active):
            return None
        return f"the head {active} is missing from {self.path}: run emoanalytics head fit {self.path} --target COLUMN"

    @property
    def fingerprint(self) -> str:
        """32 hex digits that change whenever rows, metadata or the active head change."""
        info = self.info
        hasher = hashlib.blake2b(f"{info.encoder_fingerprint}:{info.head}:".encode(), digest_size=16)
        files = [self.path / SEGMENTS_FILE]
        if info.head not in (None, BUILTIN_HEAD):
            folder = head_folder(self.path, str(info.head))
            files += [folder / ARRAYS_FILE, folder / SCORES_FILE]
        for file in files:
            hasher.update(self._digest(file))
        return hasher.hexdigest()

    # Health -----------------------------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Read everything once and say what is wrong, one line a problem; an empty list means the store is whole."""
        problems: list[str] = []

        def attempt(job: Callable[[], object]) -> None:
            try:
                job()
            except StoreError as error:
                problems.append(str(error))

        attempt(lambda: self.info)
        attempt(lambda: self._listed(FAILURES_FILE, FAILURE_SCHEMA))
        attempt(lambda: self._listed(RECORDINGS_FILE, RECORDING_SCHEMA))
        for path in sorted((self.path / RUNS_FOLDER).glob("*.json")):
            attempt(lambda path=path: read_json(path, HINT_ADVICE))  # type: ignore[misc]
        try:
            table = self._segments(None)
        except StoreError as error:
            return [*problems, str(error)]
        for folder, key in ((EMBEDDINGS_FOLDER, META_EMBEDDING_PARTS), (FRAMES_FOLDER, META_FRAME_PARTS)):
            for name in part_names(table.schema.metadata, key):
                attempt(lambda path=self.path / folder / name: _read_through(path))  # type: ignore[misc]
        if not problems:
            attempt(self._located)
        if len(table) != pc.count_distinct(table["segment_id"]).as_py():
            problems.append(f"{self.path / SEGMENTS_FILE} names a segment twice: {SEGMENTS_ADVICE}")
        if not problems and self.head_missing:
            problems.append(self.head_missing)
        return problems

    def __repr__(self) -> str:
        """What is in the store, in one line."""
        try:
            few = self.segments(["speaker", "start_s", "end_s"])
            info = self.info
        except StoreError as error:
            return f"EmotionStore({str(self.path)!r}: {error})"
        hours = float((few["end_s"] - few["start_s"]).sum()) / 3600
        return (
            f"EmotionStore({str(self.path)!r}: {len(few)} clips, {few['speaker'].nunique()} speakers, {hours:.2f} h, "
            f"encoder {info.encoder.get('name')}, head {info.head})"
        )

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"

    # Inside -----------------------------------------------------------------------------------------------------

    def _steady(self, read: Callable[[], _T]) -> _T:
        """Read again when a commit fell into the middle: a part it made superfluous may be gone."""
        while True:
            before = _stamp(self.path / SEGMENTS_FILE)
            try:
                return read()
            except DamagedStoreError:
                if _stamp(self.path / SEGMENTS_FILE) == before:
                    raise

    def _segments(self, columns: Sequence[str] | None) -> pa.Table:
        return read_table(self.path / SEGMENTS_FILE, columns, SEGMENTS_ADVICE)

    def _listed(self, name: str, schema: pa.Schema) -> pa.Table:
        if not (self.path / name).exists():
            return schema.empty_table()
        return read_table(self.path / name, schema.names, HINT_ADVICE).replace_schema_metadata(None)

    def _located(self) -> EmbeddingRows:
        stamp = _stamp(self.path / SEGMENTS_FILE)
        if self._rows is None or self._rows[0] != stamp:
            table = self._segments(["segment_id"])
            parts = part_names(table.schema.metadata, META_EMBEDDING_PARTS)
            self._rows = (stamp, EmbeddingRows(self.path, parts, table["segment_id"], self.info.dim))
        return self._rows[1]

    def _aligned(self, ids: pa.ChunkedArray, parts: Sequence[str]) -> pa.Table:
        scores = aligned_scores(self.path, self.info.head, self.info.labels, ids, parts)
        return scores.add_column(0, pa.field("segment_id", pa.string()), ids)

    def _selected(self, columns: Sequence[str] | None, where: str | None, *, scores: bool) -> pd.DataFrame:
        """Columns and rows, in the order of the store; reads each column once, and only the ones needed."""
        score_names = score_columns(self.info.labels)
        with open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE) as file:
            names = tuple(file.schema_arrow.names)
            parts = part_names(file.schema_arrow.metadata, META_EMBEDDING_PARTS)
            allowed = names + score_names if scores else names
            wanted = list(allowed if columns is None else columns)
            unknown = [c for c in wanted if c not in allowed]
            if unknown:
                raise StoreError(f"{self.path} has no column {unknown[0]!r}; it has {', '.join(allowed)}")

            def load(asked: Sequence[str]) -> pa.Table:
                own = [c for c in asked if c in names]
                with_scores = any(c in score_names for c in asked)
                read = list(dict.fromkeys([*own, "segment_id"]))
                table = read_columns(file, self.path / SEGMENTS_FILE, read, SEGMENTS_ADVICE).replace_schema_metadata(
                    None
                )
                if with_scores:
                    beside = self._aligned(table["segment_id"], parts)
                    for name in [c for c in asked if c in score_names]:
                        table = table.append_column(name, beside[name])
                return table.select(list(dict.fromkeys(asked)) or ["segment_id"])

            kept = None if where is None else matching_rows(where, names + score_names, load)
            table = load(wanted).select(wanted)
        return to_pandas(table if kept is None else table.take(pa.array(kept)))

    def _digest(self, file: Path) -> bytes:
        stamp = _stamp(file)
        held = self._digests.get(file)
        if held is None or held[0] != stamp:
            if stamp == _NONE:
                held = (stamp, b"missing")
            else:
                with file.open("rb") as handle:
                    held = (stamp, hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).digest())
            self._digests[file] = held
        return held[1]


_NONE: _Stamp = (-1, -1, -1)


def _stamp(path: Path) -> _Stamp:
    """Size, time and number of a file: they change whenever it is replaced."""
    try:
        status = path.stat()
    except OSError:
        return _NONE
    return (status.st_size, status.st_mtime_ns, status.st_ino)


def _check_free(folder: Path) -> None:
    if (folder / STORE_FILE).exists():
        raise StoreError(f"{folder} is a store already: open it, or choose another --store")
    foreign = sorted(p.name for p in folder.iterdir() if p.name not in _OURS and not p.name.endswith(TEMPORARY))
    if foreign:
        raise StoreError(f"{folder} holds other files ({foreign[0]}): choose an empty or a new folder as --store")


def _read_through(path: Path) -> None:
    with open_parquet(path, PART_ADVICE) as file:
        for group in range(file.metadata.num_row_groups):
            read_columns(file, path, None, PART_ADVICE, [group])
