"""Writing to a store: one lock, one commit point.

A row is in the store if and only if it stands in ``segments.parquet``, which a commit replaces after everything that
row needs is safely on disk. What a killed commit left lies in files nobody lists; the next writer removes it.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.disk import TEMPORARY, write_json
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.lock import WriteLock
from emoanalytics.store.rows import PART_ADVICE, orphans
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    EMBEDDINGS_FOLDER,
    FAILURE_SCHEMA,
    FAILURES_FILE,
    FRAME_SCHEMA,
    FRAMES_FOLDER,
    META_EMBEDDING_PARTS,
    META_ENCODER,
    META_FRAME_PARTS,
    META_SCHEMA,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    RUNS_FOLDER,
    SCHEMA_VERSION,
    SEGMENTS_FILE,
    SEGMENTS_SCHEMA,
    embedding_schema,
)
from emoanalytics.store.scores import head_folder, read_head, write_head, write_scores
from emoanalytics.store.tables import (
    conform,
    incoming_segments,
    keys,
    read_table,
    rows_of_files,
    stack,
    write_table,
)

SEGMENTS_ADVICE = "restore it from a copy, or build again into another --store"
HINT_ADVICE = "remove it and build again"


def part_names(metadata: Mapping[bytes, bytes] | None, key: bytes) -> list[str]:
    """The live parts that the metadata of ``segments.parquet`` lists."""
    return list(json.loads((metadata or {}).get(key, b"[]")))


def file_metadata(info: StoreInfo) -> dict[bytes, bytes]:
    """The key-value metadata every Parquet file of this store carries."""
    return {META_SCHEMA: str(SCHEMA_VERSION).encode(), META_ENCODER: info.encoder_fingerprint.encode()}


def lay_out(folder: Path, info: StoreInfo) -> None:
    """Make an empty store; ``store.json`` comes last and makes it one."""
    metadata = file_metadata(info)
    (folder / EMBEDDINGS_FOLDER).mkdir(exist_ok=True)
    write_table(folder / FAILURES_FILE, FAILURE_SCHEMA.empty_table(), metadata)
    write_table(folder / RECORDINGS_FILE, RECORDING_SCHEMA.empty_table(), metadata)
    parts = {META_EMBEDDING_PARTS: b"[]", META_FRAME_PARTS: b"[]"}
    write_table(folder / SEGMENTS_FILE, SEGMENTS_SCHEMA.empty_table(), metadata | parts)
    info.write(folder)


class _Parts:
    """The part files of one folder: which are live, and how to leave rows out of them."""

    def __init__(self, folder: Path, names: list[str], metadata: Mapping[bytes, bytes], dim: int | None) -> None:
        self.folder = folder
        self.names = names
        self._metadata = metadata
        self._dim = dim
        self._ids: dict[str, pa.ChunkedArray] = {}

    def ids(self, name: str) -> pa.ChunkedArray:
        """The segment ids of a part, read once."""
        if name not in self._ids:
            self._ids[name] = read_table(self.folder / name, ["segment_id"], PART_ADVICE)["segment_id"]
        return self._ids[name]

    def missing(self) -> list[str]:
        """Live parts that are not there.

        Raises:
            DamagedStoreError: one is there but cut short.
        """
        gone = []
        for name in self.names:
            path = self.folder / name
            try:
                with path.open("rb") as file:
                    file.seek(-min(4, path.stat().st_size), 2)
                    end = file.read()
            except FileNotFoundError:
                gone.append(name)
                continue
            if end != b"PAR1":
                raise DamagedStoreError(f"{path} is cut short: {PART_ADVICE}")
        return gone

    def rows(self, wanted: pa.Array) -> pa.Table | None:
        """The rows of these segments, from every live part that holds one."""
        found = []
        for name in self.names:
            hit = pc.is_in(self.ids(name), value_set=wanted)
            if pc.any(hit).as_py():
                found.append(read_table(self.folder / name, None, PART_ADVICE).filter(hit))
        return pa.concat_tables(found) if found else None

    def staged(self, gone: pa.Array, incoming: pa.Table | None) -> list[str]:
        """Write what the next commit needs: a part of the incoming rows, and anew each part that loses rows.

        Returns:
            The names that will be live; nothing that is live now has been touched.
        """
        names = []
        number = 1 + max((int(n.removesuffix(".parquet").rsplit("-", 1)[1]) for n in self.names), default=-1)
        for name in self.names:
            dead = pc.is_in(self.ids(name), value_set=gone) if len(gone) else None
            if dead is None or not pc.any(dead).as_py():
                names.append(name)
            elif not pc.all(dead).as_py():
                left = read_table(self.folder / name, None, PART_ADVICE).filter(pc.invert(dead))
                names.append(self._write(number, left))
                number += 1
        if incoming is not None and len(incoming):
            names.append(self._write(number, incoming))
        return names

    def _write(self, number: int, table: pa.Table) -> str:
        name = f"part-{number:05d}.parquet"
        write_table(self.folder / name, table, self._metadata, dim=self._dim)
        self._ids[name] = table["segment_id"]
        return name

    def sweep(self) -> None:
        """Remove every file that is not live."""
        for path in orphans(self.folder, self.names):
            with contextlib.suppress(OSError):  # held open by a reader on Windows: the next writer tries again
                path.unlink()
        self._ids = {name: ids for name, ids in self._ids.items() if name in self.names}


class StoreWriter:
    """The one process that writes to a store; made by ``EmotionStore.writer()``, used as a context manager.

    Attributes:
        segments: the segments the store holds now, a ``pyarrow.Table``.
        recordings: what its files held when they were last read.
        failures: the listed failures.
        notes: what was put right when the store was opened for writing.
    """

    segments: pa.Table
    recordings: pa.Table
    failures: pa.Table

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = WriteLock(folder)
        self._open = False
        self.notes: tuple[str, ...] = ()

    def __enter__(self) -> StoreWriter:
        """Take the lock and make the store whole.

        Raises:
            LockedStoreError: somebody else is writing.
            DamagedStoreError: a file cannot be read.
        """
        self._info = StoreInfo.read(self._folder)
        self._lock.__enter__()
        try:
            self._load()
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._lock.__exit__(kind, error, trace)

    def _load(self) -> None:
        self._info = StoreInfo.read(self._folder)
        self._metadata = file_metadata(self._info)
        for leftover in self._folder.glob(f"*{TEMPORARY}"):
            leftover.unlink()
        table = read_table(self._folder / SEGMENTS_FILE, None, SEGMENTS_ADVICE)
        metadata = table.schema.metadata
        self.segments = table.replace_schema_metadata(None)
        self._embeddings = _Parts(
            self._folder / EMBEDDINGS_FOLDER,
            part_names(metadata, META_EMBEDDING_PARTS),
            self._metadata,
            self._info.dim,
        )
        self._frames = _Parts(
            self._folder / FRAMES_FOLDER, part_names(metadata, META_FRAME_PARTS), self._metadata, None
        )
        self.failures = self._listed(FAILURES_FILE, FAILURE_SCHEMA)
        self.recordings = self._listed(RECORDINGS_FILE, RECORDING_SCHEMA)
        self._embeddings.sweep()
        self._frames.sweep()
        self._heal()

    def _listed(self, name: str, schema: pa.Schema) -> pa.Table:
        if not (self._folder / name).exists():
            return schema.empty_table()
        return conform(read_table(self._folder / name, None, HINT_ADVICE), schema, name)

    def _heal(self) -> None:
        """Drop the segments whose part somebody removed, and forget their files, so that a build embeds them again."""
        lost = self._embeddings.missing()
        lost_frames = self._frames.missing()
        if not lost and not lost_frames:
            return
        self._frames.names = [n for n in self._frames.names if n not in lost_frames]
        self._embeddings.names = [n for n in self._embeddings.names if n not in lost]
        known = [self._embeddings.ids(name) for name in self._embeddings.names]
        there = pa.chunked_array([c for ids in known for c in ids.chunks], pa.string())
        kept = pc.is_in(self.segments["segment_id"], value_set=there)
        dropped = self.segments.filter(pc.invert(kept))
        files = {*zip(dropped["corpus"].to_pylist(), dropped["file"].to_pylist(), strict=True)}
        gone = dropped["segment_id"].combine_chunks()
        self._put_segments(self.segments.filter(kept), self._embeddings.names, self._frames.staged(gone, None))
        self._put_recordings(self.recordings.filter(pa.array(~rows_of_files(self.recordings, [*files]))))
        self.notes = (
            f"{', '.join(lost + lost_frames)} missing: {len(dropped)} segment(s) of {len(files)} file(s) left the "
            "store and are embedded again by the next build",
        )

    def commit(
        self,
        *,
        segments: pa.Table,
        embeddings: pa.Table,
        recordings: pa.Table | None = None,
        failures: pa.Table | None = None,
        frames: pa.Table | None = None,
        replaces: Sequence[tuple[str, str]] = (),
        handled: Sequence[tuple[str, str]] | None = None,
    ) -> tuple[str, ...]:
        """Add rows, in one step that readers see wholly or not at all.

        Args:
            segments: rows of ``SEGMENT_FIELDS`` and any columns of the corpus; new segment ids.
            embeddings: rows of ``embedding_schema(d)``, in any order. A segment whose content the store (or this
                commit) holds already may lack one: it is copied.
            recordings: rows of ``RECORDING_SCHEMA``; a row takes the place of one with the same corpus, file, channel.
            failures: rows of ``FAILURE_SCHEMA``.
            frames: rows of ``FRAME_SCHEMA`` (further columns are kept).
            replaces: (corpus, file) pairs whose segments, recordings and failures leave the store first.
            handled: (corpus, file) pairs whose listed failures these replace; None: every file named in
                ``segments``, ``recordings`` or ``failures``.

        Returns:
            Notes: columns that had to be renamed or change their type.

        Raises:
            StoreError: rows that do not fit, or no space left; the store is as it was before the call.
        """
        self._check_open()
        removed = rows_of_files(self.segments, replaces)
        kept = self.segments.filter(pa.array(~removed)) if removed.any() else self.segments
        gone = self.segments["segment_id"].filter(pa.array(removed)).combine_chunks()
        rows, notes = incoming_segments(segments, kept.schema)
        _check_ids(rows["segment_id"], kept["segment_id"])
        vectors = self._complete(rows, conform(embeddings, embedding_schema(self._info.dim), "embeddings"))
        table, more = stack(kept, rows)
        listed = None if failures is None else conform(failures, FAILURE_SCHEMA, "failures")
        read = None if recordings is None else conform(recordings, RECORDING_SCHEMA, "recordings")

        parts = self._embeddings.staged(gone, vectors)
        frame_parts = self._frames.staged(gone, None if frames is None else _checked_frames(frames, rows))
        if len(rows) or removed.any() or frame_parts != self._frames.names:
            self._put_segments(table, parts, frame_parts)
        if handled is None:
            handled = [pair for t in (rows, listed, read) if t is not None for pair in _files(t)]
        self._put_failures(listed, [*handled, *replaces])
        if read is not None or replaces:
            self._put_recordings(_upserted(self.recordings, read, replaces))
        return (*notes, *more)

    def replace_segments(self, table: pa.Table) -> tuple[str, ...]:
        """Give the segments new metadata; no embedding is touched and no row moves.

        Args:
            table: one row for every segment of the store, in any order; corpus columns that it lacks are dropped.

        Returns:
            Notes: columns that had to be renamed.

        Raises:
            StoreError: the rows are not the segments of the store.
        """
        self._check_open()
        rows, notes = incoming_segments(table, SEGMENTS_SCHEMA)
        at = pc.index_in(self.segments["segment_id"], value_set=rows["segment_id"])
        if len(rows) != len(self.segments) or at.null_count:
            raise StoreError(
                f"new metadata needs exactly the {len(self.segments)} segments of {self._folder}: "
                f"got {len(rows)} rows, {at.null_count} segment(s) are missing"
            )
        rows = rows.take(at)
        if not rows["content_id"].equals(self.segments["content_id"]):
            raise StoreError("new metadata cannot change the content_id of a segment")
        self._put_segments(rows, self._embeddings.names, self._frames.names)
        return tuple(notes)

    def write_run(self, record: Mapping[str, Any], run_id: str | None = None) -> str:
        """Keep a record of a run.

        Args:
            record: anything JSON can hold.
            run_id: an id this returned before, to replace that record.

        Returns:
            The id: UTC time and a random end; ids sort by time.
        """
        self._check_open()
        run_id = run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(2)}"
        write_json(self._folder / RUNS_FOLDER / f"{run_id}.json", {"id": run_id, **record})
        return run_id

    def save_head(
        self,
        head_id: str,
        *,
        weights: np.ndarray,
        bias: np.ndarray,
        labels: Sequence[str],
        temperature: float = 1.0,
        scores: pa.Table | None = None,
        report: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a head and the scores it gives; ``set_head`` makes it the active one.

        Args:
            head_id: letters, digits, ``.``, ``_`` and ``-``.
            weights: (labels, d) float32.
            bias: (labels,) float32.
            labels: one name a row.
            temperature: divides the logits.
            scores: ``segment_id`` and ``score_<label>`` columns; not needed for the built-in head.
            report: how it was fitted and how well it does; anything JSON can hold.

        Raises:
            StoreError: shapes do not fit, or a fitted head brings no scores.
        """
        self._check_open()
        write_head(
            self._folder,
            head_id,
            weights=weights,
            bias=bias,
            labels=labels,
            temperature=temperature,
            report=report or {},
            dim=self._info.dim,
        )
        if scores is not None:
            write_scores(self._folder, head_id, scores, self._metadata)
        elif head_id != BUILTIN_HEAD:
            raise StoreError(f"the head {head_id} needs scores, one row a segment")

    def set_head(self, head_id: str | None) -> None:
        """Choose whose scores the store gives: ``builtin``, a saved head's id, or None for no scores.

        Raises:
            StoreError: the store has no such head.
        """
        self._check_open()
        if head_id is None:
            labels: tuple[str, ...] = ()
        else:
            head = read_head(self._folder, head_id)
            own = tuple(self._info.encoder.get("labels") or ()) if head_id == BUILTIN_HEAD else ()
            if head is None and not own:
                raise StoreError(f"there is no head {head_id!r} in {head_folder(self._folder, head_id).parent}")
            labels = head["labels"] if head is not None else own
        self._info = replace(self._info, head=head_id, labels=labels)
        self._info.write(self._folder)

    def _check_open(self) -> None:
        if not self._open:
            raise StoreError("this writer is closed: use it inside `with store.writer() as writer:`")

    def _complete(self, rows: pa.Table, given: pa.Table) -> pa.Table:
        """One embedding row a segment, in the order of the segments; rows of known content are copied."""
        ids = rows["segment_id"]
        _check_embeddings(given, ids)
        at = pc.index_in(ids, value_set=given["segment_id"])
        if not at.null_count:
            return given.take(at)
        content_at = pc.index_in(given["segment_id"], value_set=ids)
        given_content = rows["content_id"].take(content_at)
        absent = pc.is_null(at)
        wanted = rows.select(["segment_id", "content_id"]).filter(absent)
        source = pc.index_in(self.segments["content_id"], value_set=wanted["content_id"].combine_chunks())
        held = self.segments.select(["segment_id", "content_id"]).filter(pc.is_valid(source))
        stored = self._embeddings.rows(held["segment_id"].combine_chunks()) if len(held) else None
        pool, contents = given, given_content
        if stored is not None:
            pool = pa.concat_tables([given, stored.replace_schema_metadata(None).cast(given.schema)])
            held_content = held["content_id"].take(pc.index_in(stored["segment_id"], value_set=held["segment_id"]))
            contents = pa.chunked_array([*given_content.chunks, *held_content.chunks], pa.string())
        copied = pc.index_in(wanted["content_id"], value_set=contents)
        if copied.null_count:
            first = wanted["segment_id"].filter(pc.is_null(copied))[0]
            raise StoreError(f"{copied.null_count} segment(s) come without an embedding, the first is {first}")
        where = at.to_numpy(zero_copy_only=False).copy()
        where[absent.to_numpy()] = copied.to_numpy(zero_copy_only=False)
        table = pool.take(pa.array(where.astype(np.int64)))
        return table.set_column(0, given.schema.field("segment_id"), ids)

    def _put_segments(self, table: pa.Table, parts: list[str], frame_parts: list[str]) -> None:
        """The commit point."""
        metadata = self._metadata | {
            META_EMBEDDING_PARTS: json.dumps(parts).encode(),
            META_FRAME_PARTS: json.dumps(frame_parts).encode(),
        }
        write_table(self._folder / SEGMENTS_FILE, table, metadata)
        self.segments = table
        self._embeddings.names, self._frames.names = parts, frame_parts
        self._embeddings.sweep()
        self._frames.sweep()

    def _put_failures(self, listed: pa.Table | None, files: Sequence[tuple[str, str]]) -> None:
        old = rows_of_files(self.failures, files)
        if not old.any() and not (listed is not None and len(listed)):
            return
        kept = self.failures.filter(pa.array(~old))
        table = kept if listed is None else pa.concat_tables([kept, listed])
        write_table(self._folder / FAILURES_FILE, table, self._metadata)
        self.failures = table

    def _put_recordings(self, table: pa.Table) -> None:
        write_table(self._folder / RECORDINGS_FILE, table, self._metadata)
        self.recordings = table


def _files(table: pa.Table) -> list[tuple[str, str]]:
    few = table.select(["corpus", "file"]).group_by(["corpus", "file"]).aggregate([])
    return [*zip(few["corpus"].to_pylist(), few["file"].to_pylist(), strict=True)]


def _check_ids(ids: pa.ChunkedArray, held: pa.ChunkedArray) -> None:
    if pc.count_distinct(ids).as_py() != len(ids):
        raise StoreError("a commit names a segment id twice")
    again = pc.is_in(ids, value_set=held)
    if pc.any(again).as_py():
        raise StoreError(f"the store holds the segment {ids[pc.index(again, True).as_py()]} already")


def _check_embeddings(given: pa.Table, ids: pa.ChunkedArray) -> None:
    if pc.count_distinct(given["segment_id"]).as_py() != len(given):
        raise StoreError("the embeddings name a segment twice")
    foreign = pc.invert(pc.is_in(given["segment_id"], value_set=ids))
    if pc.any(foreign).as_py():
        name = given["segment_id"][pc.index(foreign, True).as_py()]
        raise StoreError(f"an embedding belongs to {name}, which is no segment of this commit")
    for chunk in given["embedding"].chunks:
        values = chunk.flatten()
        if values.null_count or not np.isfinite(values.to_numpy(zero_copy_only=False)).all():
            raise StoreError("an embedding holds a value that is not finite")


def _checked_frames(frames: pa.Table, rows: pa.Table) -> pa.Table:
    foreign = pc.invert(pc.is_in(frames["segment_id"], value_set=rows["segment_id"]))
    if pc.any(foreign).as_py():
        raise StoreError("frames belong to a segment that is not of this commit")
    own = conform(frames, FRAME_SCHEMA, "frames")
    for name in frames.column_names:
        if name not in FRAME_SCHEMA.names:
            own = own.append_column(frames.schema.field(name), frames.column(name))
    return own


def _upserted(held: pa.Table, incoming: pa.Table | None, replaces: Sequence[tuple[str, str]]) -> pa.Table:
    kept = held.filter(pa.array(~rows_of_files(held, replaces)))
    if incoming is None:
        return kept
    key = ("corpus", "file", "channel")
    again = pc.is_in(keys(kept, key), value_set=keys(incoming, key))
    return pa.concat_tables([kept.filter(pc.invert(again)), incoming])
