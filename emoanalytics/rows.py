"""The store's rows, made from what is known about a recording and what was heard in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.audio.corpus import Corpus, Recording, metadata_of
from emoanalytics.audio.quality import Quality, flags
from emoanalytics.audio.segments import Segment
from emoanalytics.audio.tracks import Failure, Piece, Track
from emoanalytics.embed.batches import SegmentEmbedding
from emoanalytics.embed.heads import Head
from emoanalytics.settings import QualitySettings
from emoanalytics.store.schema import (
    FAILURE_SCHEMA,
    FRAME_SCHEMA,
    QUALITY_COLUMNS,
    RECORDING_SCHEMA,
    SCORE_COLUMNS,
    SEGMENT_COLUMNS,
    SEGMENT_FIELDS,
    embedding_schema,
)

# What a corpus says about a segment; the rest of a row is measured.
_SAID = ("speaker", "session", "recorded_at", "role", "language", "emotion_given", "text")


def segment_schema(corpus: Corpus) -> pa.Schema:
    """The segment columns, then the corpus's own columns with the types its table has."""
    own = [
        pa.field(str(name), _arrow_type(corpus.table[name]))
        for name in corpus.table.columns
        if name not in SEGMENT_COLUMNS
    ]
    return pa.schema([*SEGMENT_FIELDS, *own])


def _arrow_type(column: pd.Series) -> pa.DataType:
    if pd.api.types.is_bool_dtype(column.dtype):
        return pa.bool_()
    if pd.api.types.is_integer_dtype(column.dtype):
        return pa.int64()
    if pd.api.types.is_float_dtype(column.dtype):
        return pa.float64()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pa.timestamp("us", tz="UTC")
    return pa.string()


def _plain(value: Any, kind: pa.DataType) -> Any:
    """A value as Arrow wants it: None for every kind of missing, text as text."""
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    return str(value) if pa.types.is_string(kind) else value


def said_of(recording: Recording, segment: Segment, channel: str, roles: Mapping[str, str]) -> dict[str, Any]:
    """What the corpus says of a segment; a channel's role is filled in where the corpus gives none."""
    said = dict(metadata_of(recording, segment))
    if pd.isna(said.get("role")):
        said["role"] = roles.get(channel)
    return said


@dataclass
class StepRows:
    """The rows of one step of a build, gathered until they are written together."""

    corpus: str
    schema: pa.Schema
    head: Head | None
    dim: int
    segments: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    embedded: dict[str, SegmentEmbedding] = field(default_factory=dict)  # by segment_id, in the order of the rows

    def add_recording(self, recording: Recording, track: Track) -> None:
        """Note what the file held, as a hint for the next build."""
        stat = Path(recording.path).stat()
        self.recordings.append(
            {
                "corpus": self.corpus,
                "file": recording.file,
                "channel": track.waveform.channel,
                "size_bytes": stat.st_size,
                "modified_ns": stat.st_mtime_ns,
                "digest": track.waveform.digest,
                "duration_s": track.waveform.duration_s,
            }
        )

    def segment(
        self, recording: Recording, track: Track, piece: Piece, content: str, roles: Mapping[str, str]
    ) -> dict[str, Any]:
        """A row without its ``segment_id``, which is known once its audio is."""
        waveform = track.waveform
        measured = {
            "content_id": content,
            "corpus": self.corpus,
            "file": recording.file,
            "start_s": piece.segment.start_s,
            "end_s": piece.segment.end_s,
            "channel": waveform.channel,
            "source_rate_hz": waveform.source_rate_hz,
            **{name: getattr(piece.quality, name) for name in QUALITY_COLUMNS},
            "flags": [str(flag) for flag in piece.flags],
        }
        said = said_of(recording, piece.segment, waveform.channel, roles)
        return {**{k: v for k, v in said.items() if k not in measured}, **measured}

    def segment_table(self) -> pa.Table:
        """Rows of ``segments.parquet``."""
        columns = {
            f.name: pa.array([_plain(row.get(f.name), f.type) for row in self.segments], f.type) for f in self.schema
        }
        return pa.table(columns, schema=self.schema)

    def recording_table(self) -> pa.Table:
        """Rows of ``recordings.parquet``."""
        return pa.Table.from_pylist(self.recordings, schema=RECORDING_SCHEMA)

    def embedding_table(self) -> pa.Table:
        """Rows of one ``embeddings`` part; scores come from the encoder's own head, if it has one."""
        schema = embedding_schema(self.dim)
        vectors = np.array([e.embedding for e in self.embedded.values()], np.float32).reshape(-1, self.dim)
        columns: dict[str, pa.Array] = {
            "segment_id": pa.array(list(self.embedded), pa.string()),
            "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), self.dim),
            "n_frames": pa.array([e.n_frames for e in self.embedded.values()], pa.int32()),
        }
        scores = self.head.scores(vectors) if self.head else None
        for name in SCORE_COLUMNS:
            column = None
            if self.head and scores is not None and name.removeprefix("score_") in self.head.labels:
                column = scores[:, self.head.labels.index(name.removeprefix("score_"))]
            columns[name] = pa.nulls(len(vectors), pa.float32()) if column is None else pa.array(column)
        return pa.table({f.name: columns[f.name] for f in schema}, schema=schema)

    def frame_table(self) -> pa.Table | None:
        """Rows of one ``frames`` part, or None when no frames were asked for."""
        spans = {row["segment_id"]: row["end_s"] - row["start_s"] for row in self.segments}
        tables = []
        for segment_id, made in self.embedded.items():
            if made.frame_logits is None:
                continue
            n = len(made.frame_logits)
            middle = ((np.arange(n) + 0.5) * spans[segment_id] / max(1, n)).astype(np.float32)
            logits = {name: made.frame_logits[:, i] for i, name in enumerate(FRAME_SCHEMA.names[2:])}
            tables.append(pa.table({"segment_id": [segment_id] * n, "t_s": middle, **logits}, schema=FRAME_SCHEMA))
        return pa.concat_tables(tables) if tables else None


def failure_table(failures: Sequence[Failure], corpus: str) -> pa.Table:
    """Rows of ``failures.parquet``."""
    rows = [
        {"corpus": corpus, "file": f.file, "start_s": f.start_s, "end_s": f.end_s, "stage": f.stage, "reason": f.reason}
        for f in failures
    ]
    return pa.Table.from_pylist(rows, schema=FAILURE_SCHEMA)


def relabelled(
    stored: pa.Table,
    corpus: Corpus,
    unchanged: Sequence[Recording],
    roles: Mapping[str, str],
    settings: QualitySettings,
) -> tuple[pa.Table, int]:
    """The stored rows with what the corpus says today and flags by today's thresholds.

    Args:
        stored: all rows of ``segments.parquet``.
        corpus: the corpus as it is described now.
        unchanged: the recordings whose audio is as it was.
        roles: role of each channel.
        settings: thresholds of the flags.

    Returns:
        The new rows (same ids, same order), and how many differ from the old.
    """
    schema = pa.unify_schemas([stored.schema.remove_metadata(), segment_schema(corpus)], promote_options="permissive")
    by_place = {(r.file, r.channel): r for r in unchanged}
    root = str(corpus.root)
    rows = stored.to_pylist()
    own = [n for n in segment_schema(corpus).names if n not in SEGMENT_COLUMNS]
    changed = 0
    for row in rows:
        recording = by_place.get((row["file"], row["channel"])) or by_place.get((row["file"], None))
        if row["corpus"] != root or recording is None:
            continue
        said = said_of(recording, Segment(row["start_s"], row["end_s"]), row["channel"], roles)
        quality = Quality(row["end_s"] - row["start_s"], *(_nan(row[name]) for name in QUALITY_COLUMNS))
        new = {name: _plain(said.get(name), schema.field(name).type) for name in (*_SAID, *own)}
        new["flags"] = [str(flag) for flag in flags(quality, settings)]
        if any(row.get(name) != value for name, value in new.items()):
            row.update(new)
            changed += 1
    if not changed:
        return stored, 0
    columns = {f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in schema}
    return pa.table(columns, schema=schema), changed


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
