"""From frame logits or segments to the curve of one recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.statistics.evidence import Evidence, gather
from emoanalytics.store.schema import BUILTIN_HEAD, FRAME_COUNT_FIELD
from emoanalytics.store.scores import read_head
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.timeline.moments import moments
from emoanalytics.views.timeline.result import Timeline, softmax
from emoanalytics.views.timeline.turns import quoted, turns

_ROWS = ("segment_id", "corpus", "file", "channel", "speaker", "start_s", "end_s")


def timeline(
    store: EmotionStore,
    *,
    segment: str | None = None,
    file: str | None = None,
    corpus: str | None = None,
    channel: str | None = None,
    role: str | None = None,
    smooth_s: float = 1.0,
    enter: float = 0.6,
    leave: float = 0.4,
    shortest_s: float = 0.5,
) -> Timeline:
    """Open one clip or one recording into the seconds behind its scores.

    From the frame logits where they were kept (``build --frames``), else from the segments of the recording. A head is
    linear and a clip's embedding the mean of its frames, so the mean of the frame logits is the clip's logit and its
    softmax the clip's score: arithmetic, not cause, since every frame has heard the whole clip.

    Args:
        store: the store.
        segment: a segment's id; or
        file: a recording, as the store names it.
        corpus: its corpus, where several have a file of that name.
        channel: its channel, where there are several.
        role: see ``statistics.evidence.gather``: agents' scores are left out unless asked for. Who speaks when is no
            emotion and stays.
        smooth_s: how much around a frame its score looks at, seconds.
        enter: a moment begins when a score reaches this.
        leave: it ends when the score falls below this.
        shortest_s: shorter moments are not told.

    Raises:
        StoreError: neither or both of ``segment`` and ``file``, thresholds that cross, or a file that is not one.
        EmptySelectionError: there is no such clip, or none with scores.
    """
    if not 0 <= leave <= enter <= 1 or not smooth_s >= 0 or not shortest_s >= 0:
        raise StoreError(f"needed: 0 <= leave <= enter <= 1 and no negative seconds; leave={leave}, enter={enter}")
    evidence = _gathered(store, segment, file, corpus, role)
    table, channels = evidence.table, sorted(evidence.table["channel"].unique())
    if channel is not None and channel not in channels:
        raise EmptySelectionError(f"there is no scored clip in channel {channel!r}; there are {', '.join(channels)}")
    if channel is None and len(channels) > 1:
        raise StoreError(f"{table['file'].iloc[0]} has the channels {', '.join(channels)}: choose one")
    rows = np.flatnonzero(table["channel"] == (channel or channels[0]))
    rows = rows[np.lexsort((table["end_s"].to_numpy()[rows], table["start_s"].to_numpy()[rows]))]
    own = _Rows(table.iloc[rows].reset_index(drop=True), evidence.scores[rows], evidence.labels)
    pieces = _from_frames(store, own, smooth_s) or _from_segments(store, own)
    first = own.table.iloc[0]
    return Timeline(
        file=str(first["file"]),
        channel=str(first["channel"]),
        moments=moments(pieces["scores"], pieces["labels"], pieces["start_s"], pieces["end_s"],
                        enter=enter, leave=leave, shortest_s=shortest_s),
        turns=turns(store, evidence, str(first["corpus"]), str(first["file"])),
        smooth_s=smooth_s,
        calibrated=pieces["head"] != BUILTIN_HEAD and evidence.calibrated,
        **pieces,
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """Clips of one channel in order of time."""

    table: pd.DataFrame
    scores: np.ndarray
    labels: tuple[str, ...]


def _gathered(
    store: EmotionStore, segment: str | None, file: str | None, corpus: str | None, role: str | None
) -> Evidence:
    if (segment is None) == (file is None):
        raise StoreError("name either a segment or a file")
    asked = {"segment_id": segment, "file": file, "corpus": corpus}
    where = " AND ".join(f"{k} = {quoted(v)}" for k, v in asked.items() if v is not None)
    if store.segments(["segment_id"], where).empty:
        raise EmptySelectionError(f"{store.path} has no clip with {where}")
    evidence = gather(store, _ROWS, where=where, role=role)
    corpora = evidence.table["corpus"].unique().tolist()
    if len(corpora) > 1:
        raise StoreError(f"{file} lies in {len(corpora)} corpora ({', '.join(sorted(corpora))}): choose one")
    return evidence


def _from_frames(store: EmotionStore, own: _Rows, smooth_s: float) -> dict[str, Any] | None:
    """Pieces from frame logits; None where a clip has none."""
    ids = own.table["segment_id"].tolist()
    frames = store.frames(ids)
    if set(frames["segment_id"]) != set(ids):
        return None
    frames = frames.iloc[np.lexsort((frames["t_s"], pd.Index(ids).get_indexer(frames["segment_id"])))]
    head = read_head(store.path, BUILTIN_HEAD)
    raw = frames[[f"logit_{e}" for e in EMOTION_IDS]].to_numpy(np.float64) / (head["temperature"] if head else 1.0)
    clip = pd.Index(ids).get_indexer(frames["segment_id"])
    counts = (
        frames[FRAME_COUNT_FIELD.name].fillna(1).to_numpy(np.float64)
        if FRAME_COUNT_FIELD.name in frames
        else np.ones(len(frames))
    )
    step = _frame_step(frames["t_s"].to_numpy(np.float64), clip, counts)
    middle = frames["t_s"].to_numpy(np.float64) + own.table["start_s"].to_numpy()[clip]
    half = step * counts / 2
    stored = _built_in_scores(store, ids)
    return {
        "source": "frames",
        "labels": EMOTION_IDS,
        "start_s": middle - half,
        "end_s": middle + half,
        "scores": softmax(_smoothed(raw, counts, clip, smooth_s / (step * counts.max()))),
        "logits": raw,
        "mean": (mean := softmax(np.average(raw, axis=0, weights=counts))),
        "stored": (said := np.average(stored, axis=0, weights=np.bincount(clip, counts, minlength=len(ids)))),
        "difference": float(np.abs(mean - said).max()) if len(ids) == 1 else None,
        "head": BUILTIN_HEAD,
    }


def _frame_step(t_s: np.ndarray, clip: np.ndarray, counts: np.ndarray) -> float:
    """Seconds from frame to frame of the encoder; a row is the mean of so many (``counts``)."""
    apart = (counts[1:] + counts[:-1]) / 2
    steps = (np.diff(t_s) / apart)[np.diff(clip) == 0]
    return float(np.median(steps)) if len(steps) else 0.02


def _built_in_scores(store: EmotionStore, ids: Sequence[str]) -> np.ndarray:
    """Scores of the encoder's own head, which the frame logits are of, whatever head is active now."""
    columns = ", ".join(f"score_{e}" for e in EMOTION_IDS)
    listed = ", ".join(map(quoted, ids))
    found = store.query(f"SELECT segment_id, {columns} FROM embeddings WHERE segment_id IN ({listed})")  # noqa: S608
    return found.set_index("segment_id").loc[list(ids)].to_numpy(np.float64)


def _smoothed(values: np.ndarray, counts: np.ndarray, clip: np.ndarray, width: float) -> np.ndarray:
    """Moving mean over ``width`` rows around each, weighted by their frames, cut off at the ends of its clip."""
    half = round(width / 2)
    sums = np.vstack([np.zeros(values.shape[1]), np.cumsum(values * counts[:, None], axis=0)])
    sizes = np.concatenate([[0.0], np.cumsum(counts)])
    place = np.arange(len(values))
    first = np.searchsorted(clip, clip, side="left")
    last = np.searchsorted(clip, clip, side="right")
    low, high = np.maximum(place - half, first), np.minimum(place + half + 1, last)
    return (sums[high] - sums[low]) / (sizes[high] - sizes[low])[:, None]


def _from_segments(store: EmotionStore, own: _Rows) -> dict[str, Any]:
    """Pieces that are the segments themselves."""
    known = ~np.isnan(own.scores).all(axis=0)
    start, end = own.table["start_s"].to_numpy(np.float64), own.table["end_s"].to_numpy(np.float64)
    scores = own.scores[:, known]
    mean = np.average(scores, axis=0, weights=end - start)
    return {
        "source": "segments",
        "labels": tuple(np.array(own.labels)[known].tolist()),
        "start_s": start,
        "end_s": end,
        "scores": scores.copy(),
        "logits": None,
        "mean": mean,
        "stored": mean.copy(),
        "difference": None,
        "head": str(store.info.head),
    }
