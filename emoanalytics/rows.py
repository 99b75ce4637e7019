"""The store's rows, made from what is known about a recording and what was heard in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.audio.corpus import Corpus, Recording, metadata_of
from emoanalytics.audio.quality import Quality, flags
from emoanalytics.audio.segments import Segment
from emoanalytics.audio.tracks import Failure, Piece, Track
from emoanalytics.embed.batches import SegmentEmbedding
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EncoderError
from emoanalytics.settings import QualitySettings
from emoanalytics.store.intake import incoming_segments, stack
from emoanalytics.store.schema import (
    FAILURE_SCHEMA,
    FRAME_COUNT_FIELD,
    FRAME_SCHEMA,
    QUALITY_COLUMNS,
    RECORDING_SCHEMA,
    SCORE_COLUMNS,
    SEGMENT_COLUMNS,
    SEGMENT_FIELDS,
    embedding_schema,
)

_ROW_BYTES = 2048  # a row without its embedding
_FRAME_BYTES = 9 * 4
FRAME_RATES_HZ = (50, 25, 10, 5, 2, 1)  # those that whole numbers of the encoders' frames make
# Logits are kept to a quarter of a thousandth: their last bits are noise that no compression takes away.
_LOGIT_STEPS = 4096
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
    if value is None or type(value) is str or isinstance(value, list):  # nearly all of them, so they come first
        return value
    if value != value if type(value) is float else pd.isna(value):
        return None
    return str(value) if pa.types.is_string(kind) else value


def segment_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as an Arrow table; what a row does not say is null."""
    columns = {f.name: pa.array([_plain(row.get(f.name), f.type) for row in rows], f.type) for f in schema}
    return pa.table(columns, schema=schema)


def said_of(recording: Recording, segment: Segment, channel: str, roles: Mapping[str, str]) -> dict[str, Any]:
    """What the corpus says of a segment; a channel's role is filled in where the corpus gives none."""
    said = dict(metadata_of(recording, segment))
    if said.get("role") is None:
        said["role"] = roles.get(channel)
    return said


def check_frame_rate(rate_hz: int) -> None:
    """Refuse a rate that whole numbers of frames cannot make.

    Raises:
        EncoderError: the rate is not one of ``FRAME_RATES_HZ``.
    """
    if rate_hz not in FRAME_RATES_HZ:
        rates = ", ".join(map(str, FRAME_RATES_HZ))
        raise EncoderError(f"frame scores are kept at {rates} a second, not at {rate_hz}")


def pooled(logits: np.ndarray, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Frame logits at a lower rate: means over neighbouring frames.

    Args:
        logits: (n, labels) float32, 50 a second.
        rate_hz: one of ``FRAME_RATES_HZ``.

    Returns:
        (m, labels) float32, and (m,) int32: how many frames each row is the mean of, which is the same for all but
        the last. Weighted by it, the mean of the rows is the mean of the frames.

    >>> pooled(np.array([[0.0], [1.0], [2.0]], np.float32), 25)[0].tolist()
    [[0.5], [2.0]]
    """
    size = FRAME_RATES_HZ[0] // rate_hz
    starts = np.arange(0, len(logits), size)
    counts = np.diff(np.append(starts, len(logits))).astype(np.int32)
    if size == 1 or not len(logits):
        return logits, counts
    sums = np.add.reduceat(logits.astype(np.float64), starts, axis=0)
    return (sums / counts[:, None]).astype(np.float32), counts


@dataclass
class StepRows:
    """The rows of one step of a build, gathered until they are written together."""

    corpus: str
    schema: pa.Schema
    head: Head | None
    dim: int
    frame_rate_hz: int | None = None  # None: no frames are kept
    segments: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    embedded: dict[str, SegmentEmbedding] = field(default_factory=dict)  # by segment_id, in the order of the rows

    def weight(self) -> int:
        """Bytes the rows take until they are written, roughly."""
        seconds = sum(row["end_s"] - row["start_s"] for row in self.segments) if self.frame_rate_hz else 0.0
        # Before they are pooled all frames are there.
        frames = round(seconds * FRAME_RATES_HZ[0] * _FRAME_BYTES)
        return len(self.segments) * (4 * self.dim + _ROW_BYTES) + frames

    def add_recording(self, recording: Recording, track: Track) -> None:
        """Note what the file held, as a hint for the next build."""
        self.recordings.append(
            {
                "corpus": self.corpus,
                "file": recording.file,
                "channel": track.waveform.channel,
                "size_bytes": track.size_bytes,
                "modified_ns": track.modified_ns,
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
        return segment_table(self.segments, self.schema)

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
            if made.frame_logits is None or self.frame_rate_hz is None:
                continue
            logits, counts = pooled(made.frame_logits, self.frame_rate_hz)
            logits = np.round(logits * _LOGIT_STEPS) / np.float32(_LOGIT_STEPS)
            ends = np.cumsum(counts)
            middle = (ends - counts / 2) * spans[segment_id] / max(1, len(made.frame_logits))
            columns = {name: logits[:, i] for i, name in enumerate(FRAME_SCHEMA.names[2:])}
            tables.append(
                pa.table(
                    {
                        "segment_id": [segment_id] * len(counts),
                        "t_s": middle.astype(np.float32),
                        **columns,
                        FRAME_COUNT_FIELD.name: counts,
                    },
                    schema=FRAME_SCHEMA.append(FRAME_COUNT_FIELD),
                )
            )
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
    recordings: Sequence[Recording],
    name: str,
    schema: pa.Schema,
    roles: Mapping[str, str],
    settings: QualitySettings,
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The stored rows with what the corpus says today and flags by today's thresholds.

    Rows of other corpora, and of files the corpus no longer names, stay as they are.

    Args:
        stored: all rows of ``segments.parquet``.
        recordings: the corpus as it is described now.
        name: how the store names the corpus, see `emoanalytics.plan.corpus_name`.
        schema: its `segment_schema`.
        roles: role of each channel.
        settings: thresholds of the flags.

    Returns:
        The new rows (same ids, same order), and those that differ from the old.
    """
    by_place = {(r.file, r.channel): r for r in recordings}
    old = stored.to_pylist()
    mine = []
    for row in old:
        recording = by_place.get((row["file"], row["channel"])) or by_place.get((row["file"], None))
        if row["corpus"] != name or recording is None:
            continue
        said = said_of(recording, Segment(row["start_s"], row["end_s"]), row["channel"], roles)
        kept = {name: value for name, value in row.items() if name in SEGMENT_COLUMNS and name not in _SAID}
        quality = Quality(row["end_s"] - row["start_s"], *(_nan(row[name]) for name in QUALITY_COLUMNS))
        mine.append({**said, **kept, "flags": [str(flag) for flag in flags(quality, settings)]})
    others = stored.filter(
        pc.invert(pc.is_in(stored["segment_id"], pa.array([r["segment_id"] for r in mine], pa.string())))
    )
    others = others.select(
        [n for n in others.column_names if n in SEGMENT_COLUMNS or others[n].null_count < len(others)]
    )
    # The store's own rules for names and types, so that relabelled rows look as newly written ones do.
    incoming, _ = incoming_segments(segment_table(mine, schema), others.schema)
    table, _ = stack(others, incoming)
    table = table.take(pc.index_in(stored["segment_id"], value_set=table["segment_id"]))
    new = table.to_pylist()
    return table, [after for before, after in zip(old, new, strict=True) if _said(before) != _said(after)]


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
