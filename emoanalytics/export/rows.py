"""The rows of an export: one flat table, with or without names, and embeddings a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.errors import EmptySelectionError
from emoanalytics.notes import Note
from emoanalytics.privacy import Pseudonyms
from emoanalytics.store.schema import SEGMENT_COLUMNS, SEGMENTS_SCHEMA
from emoanalytics.store.scores import score_columns, winners
from emoanalytics.store.store import EmotionStore

EMBEDDING = "embedding"
WINNER = "emotion_scored"
_BATCH = 4096
_TOLD = ("content_id", "corpus", "text")  # what gives a clip away and has no pseudonym
_TYPES = {field.name: field.type for field in SEGMENTS_SCHEMA}


@dataclass(frozen=True)
class Rows:
    """The clips of an export.

    Attributes:
        store: where they come from.
        ids: (n,) segment ids as the store has them, also where ``table`` gives pseudonyms.
        table: one row a clip: the segment's columns, its scores, ``emotion_scored`` (the highest-scoring label).
        audio: (n,) where the recording of each lies.
        embeddings: whether ``batches`` give the embeddings.
        redacted: whether names are replaced.
        notes: what was left out of the columns.
    """

    store: EmotionStore
    ids: np.ndarray
    table: pa.Table
    audio: tuple[Path, ...]
    embeddings: bool
    redacted: bool
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.table) == len(self.audio):
            raise ValueError("ids, rows and recordings must be as many")

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, store: EmotionStore, where: str | None, *, embeddings: bool, redacted: bool) -> Rows:
        """The rows a filter leaves.

        Raises:
            EmptySelectionError: it leaves none.
            StoreError: it is not understood.
        """
        frame = store.table(where=where)
        if not len(frame):
            said = "has no clips" if where is None else f"has no clip for which {where!r} holds"
            raise EmptySelectionError(f"{store.path} {said}: there is nothing to export")
        scores = list(score_columns(store.info.labels))
        frame = frame.rename(columns={WINNER: f"user_{WINNER}"})  # a column of the corpus that is called the same
        frame[WINNER] = winners(frame[scores].to_numpy(np.float64), scores)[0]
        ids = frame["segment_id"].to_numpy(object)
        audio = tuple(store.audio_path(f, c) for f, c in zip(frame["file"], frame["corpus"], strict=True))
        notes: tuple[Note, ...] = ()
        if redacted:
            frame, notes = _without_names(frame, Pseudonyms.of(store.segments(["content_id"])["content_id"]), scores)
        return cls(store, ids, _arrow(frame, scores), audio, embeddings, redacted, notes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Of a row, with the embedding's last where there is one."""
        return (*self.table.column_names, *([EMBEDDING] if self.embeddings else []))

    def vectors(self, batch: int = _BATCH) -> Iterator[np.ndarray]:
        """The embeddings in the order of the rows: (at most ``batch``, d) float32 at a time."""
        for start in range(0, len(self), batch):
            yield self.store.embeddings(self.ids[start : start + batch].tolist())

    def batches(self, table: pa.Table | None = None, *, batch: int = _BATCH) -> Iterator[pa.Table]:
        """The rows, a few at a time, with ``embedding`` (fixed-size list of float32) last where it is asked for.

        Args:
            table: rows made of ``table``, in its order; None: those.
            batch: how many at a time.
        """
        whole = self.table if table is None else table
        vectors = self.vectors(batch) if self.embeddings else None
        for start in range(0, len(self), batch):
            part = whole.slice(start, batch)
            if vectors is not None:
                found = next(vectors)
                column = pa.FixedSizeListArray.from_arrays(pa.array(found.ravel()), found.shape[1])
                part = part.append_column(EMBEDDING, column)
            yield part


def _without_names(frame: pd.DataFrame, names: Pseudonyms, scores: list[str]) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    kept = [c for c in frame.columns if c in SEGMENT_COLUMNS or c in scores or c == WINNER]
    own = [c for c in frame.columns if c not in kept]
    masked = frame[[c for c in kept if c not in _TOLD]].copy()
    speakers = _plain(frame["speaker"])
    masked["segment_id"] = [names.segment(i) for i in frame["segment_id"]]
    masked["file"] = [names.file(f, c) for f, c in zip(frame["file"], frame["corpus"], strict=True)]
    masked["speaker"] = pd.Series([names.speaker(s) for s in speakers], frame.index, object)
    sessions = [names.session(s, who) for s, who in zip(_plain(frame["session"]), speakers, strict=True)]
    masked["session"] = pd.Series(sessions, frame.index, object)
    masked["recorded_at"] = frame["recorded_at"].dt.floor("D")
    notes = [
        Note(
            "speakers, sessions, files and segments have pseudonyms; texts and the time of day are left out",
            "说话人、会话、文件和片段均用化名；文本与一天中的时间已略去",
        )
    ]
    if own:
        listed = ", ".join(own)
        notes.append(
            Note(
                f"columns of the corpus that may name somebody are left out: {listed}",
                f"语料自带的列可能指明某人，已略去：{listed}",
            )
        )
    return masked, tuple(notes)


def _plain(values: pd.Series) -> list[str | None]:
    return [None if missing else str(v) for v, missing in zip(values, values.isna(), strict=True)]


def _arrow(frame: pd.DataFrame, scores: list[str]) -> pa.Table:
    """The frame with the types of the store; whatever is missing is null, never NaN."""
    types = _TYPES | dict.fromkeys(scores, pa.float32()) | {WINNER: pa.string()}
    columns = {}
    for name in frame.columns:
        column = pa.array(frame[name], types.get(name), from_pandas=True)
        text = pa.types.is_null(column.type) or pa.types.is_large_string(column.type)  # as pandas holds texts
        columns[name] = column.cast(pa.string()) if text else column
    return pa.table(columns)
