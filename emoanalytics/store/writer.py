"""Writing to a store: one lock, one commit point.

A row is in the store if and only if it stands in ``segments.parquet``, which a commit replaces after everything that
row needs is safely on disk. What a killed commit left lies in files nobody lists; the next writer removes it. Failures
and recordings follow the segments: a kill in between means that a file is read once more, never that it is passed over.
"""

from __future__ import annotations

import json
import re
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

from emoanalytics.errors import StoreError
from emoanalytics.store.disk import TEMPORARY, write_json
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.intake import (
    check_embeddings,
    check_ids,
    checked_frames,
    conform,
    incoming_segments,
    stack,
)
from emoanalytics.store.layout import HINT_ADVICE, SEGMENTS_ADVICE, file_metadata
from emoanalytics.store.lock import WriteLock
from emoanalytics.store.parts import Parts, part_names
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    EMBEDDINGS_FOLDER,
    FAILURE_SCHEMA,
    FAILURES_FILE,
    FRAMES_FOLDER,
    META_EMBEDDING_PARTS,
    META_FRAME_PARTS,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    RUNS_FOLDER,
    SEGMENTS_FILE,
    SEGMENTS_SCHEMA,
    embedding_schema,
)
from emoanalytics.store.scores import head_folder, read_head, write_head, write_scores
from emoanalytics.store.tables import keys, read_table, rows_of_files, write_table

_RUN_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{4}")


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
        self._embeddings = Parts(
            self._folder / EMBEDDINGS_FOLDER,
            part_names(metadata, META_EMBEDDING_PARTS),
            self._metadata,
            self._info.dim,
        )
        self._frames = Parts(self._folder / FRAMES_FOLDER, part_names(metadata, META_FRAME_PARTS), self._metadata, None)
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
        self._frames.names = [n for n in self._frames.names if n not in lost_frames]
        self._embeddings.names = [n for n in self._embeddings.names if n not in lost]
        known = [self._embeddings.ids(name) for name in self._embeddings.names]
        there = pa.chunked_array([c for ids in known for c in ids.chunks], pa.string())
        kept = pc.is_in(self.segments["segment_id"], value_set=there)
        if not lost and not lost_frames and pc.all(kept).as_py() is not False:
            return
        dropped = self.segments.filter(pc.invert(kept))
        files = {*zip(dropped["corpus"].to_pylist(), dropped["file"].to_pylist(), strict=True)}
        gone = dropped["segment_id"].combine_chunks()
        # The hints go first: were they the ones to outlive a kill, the next build would believe the files are done.
        self._put_recordings(_upserted(self.recordings, None, [*files]))
        self._put_segments(self.segments.filter(kept), self._embeddings.names, self._frames.staged(gone, None))
        what = ", ".join(lost + lost_frames) or "embeddings"
        self.notes = (
            f"{what} missing: {len(dropped)} segment(s) of {len(files)} file(s) left the store "
            "and are embedded again by the next build",
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
            StoreError: rows that do not fit, and nothing is written; or no space left, and at worst the rows are in
                but their files are not listed as read yet.
        """
        self._check_open()
        removed = rows_of_files(self.segments, replaces)
        kept = self.segments.filter(pa.array(~removed)) if removed.any() else self.segments
        gone = self.segments["segment_id"].filter(pa.array(removed)).combine_chunks()
        rows, notes = incoming_segments(segments, kept.schema)
        check_ids(rows["segment_id"], kept["segment_id"])
        vectors = self._complete(rows, conform(embeddings, embedding_schema(self._info.dim), "embeddings"))
        table, more = stack(kept, rows)
        listed = None if failures is None else conform(failures, FAILURE_SCHEMA, "failures")
        read = None if recordings is None else conform(recordings, RECORDING_SCHEMA, "recordings")
        heard = None if frames is None else checked_frames(frames, rows)

        if rows_of_files(self.recordings, replaces).any():  # before the segments, as in _heal
            self._put_recordings(_upserted(self.recordings, None, replaces))
        parts = self._embeddings.staged(gone, vectors)
        frame_parts = self._frames.staged(gone, heard)
        if len(rows) or removed.any() or frame_parts != self._frames.names:
            self._put_segments(table, parts, frame_parts)
        if handled is None:
            handled = [pair for t in (rows, listed, read) if t is not None for pair in _files(t)]
        self._put_failures(listed, [*handled, *replaces])
        if read is not None and len(read):
            self._put_recordings(_upserted(self.recordings, read, ()))
        return (*notes, *more)

    def with_frames(self) -> int:
        """How many segments have frame scores."""
        known = [pc.unique(self._frames.ids(name)) for name in self._frames.names]
        return int(pc.count_distinct(pa.chunked_array(known, pa.string())).as_py()) if known else 0

    def move_corpus(self, old: str, new: str) -> None:
        """Give the rows of a corpus, and what is listed of its files, another corpus name."""
        self._check_open()
        self._put_segments(_renamed(self.segments, old, new), self._embeddings.names, self._frames.names)
        self.failures = _renamed(self.failures, old, new)
        write_table(self._folder / FAILURES_FILE, self.failures, self._metadata)
        self._put_recordings(_renamed(self.recordings, old, new))

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
        if not _RUN_ID.fullmatch(run_id):
            raise StoreError(f"{run_id!r} is no id of a run")
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
        check_embeddings(given, ids)
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


def _upserted(held: pa.Table, incoming: pa.Table | None, replaces: Sequence[tuple[str, str]]) -> pa.Table:
    kept = held.filter(pa.array(~rows_of_files(held, replaces)))
    if incoming is None:
        return kept
    key = ("corpus", "file", "channel")
    again = pc.is_in(keys(kept, key), value_set=keys(incoming, key))
    return pa.concat_tables([kept.filter(pc.invert(again)), incoming])


def _renamed(table: pa.Table, old: str, new: str) -> pa.Table:
    place = table.schema.get_field_index("corpus")
    names = pc.if_else(pc.equal(table["corpus"], old), new, table["corpus"])
    return table.set_column(place, table.schema.field(place), names)
