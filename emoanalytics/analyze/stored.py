"""A segment of a store as the result of one clip; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np

from emoanalytics.analyze.result import ClipResult, Granularity
from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import Flag, Quality
from emoanalytics.embed.encoder import EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EmptySelectionError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import BUILTIN_HEAD
from emoanalytics.store.scores import read_head
from emoanalytics.store.store import EmotionStore


def stored_clip(store: EmotionStore, segment_id: str, samples: np.ndarray) -> ClipResult:
    """What a store says of one of its segments.

    Args:
        store: the store.
        segment_id: the segment.
        samples: (n,) float32 at 16 kHz, its audio.

    Returns:
        The stored scores, embedding and measurements; the scores of each frame where they were kept, which are by the
        encoder's own head whatever head is active.

    Raises:
        EmptySelectionError: the store has no such segment.
    """
    row = _row(store, segment_id)
    saved = store.head() or {}
    labels = tuple(store.info.labels) if store.info.head else ()
    duration_s = float(row["end_s"] - row["start_s"])
    times, frame_scores = _frames(store, segment_id)
    measured = {f.name: row[f.name] for f in fields(Quality) if f.name in row}
    return ClipResult(
        file=str(row["file"]),
        channel=str(row["channel"]),
        samples=samples,
        duration_s=duration_s,
        embedding=store.embeddings([segment_id])[0],
        n_frames=int(row["n_frames"]),
        scores=_scores(row, (*EMOTION_IDS, *(label for label in labels if label not in EMOTION_IDS))),
        frame_times_s=times,
        frame_scores=frame_scores,
        labels=labels,
        quality=Quality(**{"duration_s": duration_s} | measured),
        flags=tuple(Flag(flag) for flag in row["flags"] if flag in set(Flag)),
        encoder=_card(store),
        granularity=Granularity.UTTERANCE if frame_scores is None else Granularity.FRAME,
        timestamp=datetime.now().astimezone().isoformat(timespec="seconds"),
        calibrated=bool(saved.get("calibrated")),
        frame_labels=() if frame_scores is None else EMOTION_IDS,
    )


def own_scores(store: EmotionStore, segment_id: str) -> dict[str, float | None] | None:
    """What the encoder's own head says of a segment, whatever head is active; None where the encoder has none."""
    if not store.info.encoder.get("labels"):
        return None
    columns = ", ".join(f"score_{emotion}" for emotion in EMOTION_IDS)
    found = store.query(f"SELECT {columns} FROM embeddings WHERE segment_id = {_quoted(segment_id)}")  # noqa: S608
    if found.empty:
        return None
    return _scores({str(name): value for name, value in found.iloc[0].items()}, EMOTION_IDS)


def _row(store: EmotionStore, segment_id: str) -> dict[str, Any]:
    where = f"segment_id = {_quoted(segment_id)}"
    found = store.table(None, where)
    if found.empty:
        raise EmptySelectionError(f"{store.path} has no segment {segment_id}")
    frames = store.query(f"SELECT n_frames FROM embeddings WHERE {where}")  # noqa: S608
    return {str(name): value for name, value in found.iloc[0].items()} | {"n_frames": frames["n_frames"].iloc[0]}


def _scores(row: Mapping[str, Any], labels: tuple[str, ...]) -> dict[str, float | None]:
    values = {label: row.get(f"score_{label}") for label in labels}
    return {label: float(v) if v is not None and np.isfinite(v) else None for label, v in values.items()}


def _frames(store: EmotionStore, segment_id: str) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Middle of each frame in the segment (seconds), and its scores by the encoder's own head."""
    frames = store.frames([segment_id]).sort_values("t_s", kind="stable")
    saved = read_head(store.path, BUILTIN_HEAD)
    if frames.empty or saved is None:
        return None, None
    own = Head(saved["weights"], saved["bias"], EMOTION_IDS, float(saved["temperature"]))
    logits = frames[[f"logit_{emotion}" for emotion in EMOTION_IDS]].to_numpy(np.float32)
    return frames["t_s"].to_numpy(np.float64), own.scores_of(logits)


def _card(store: EmotionStore) -> EncoderCard:
    known = {f.name for f in fields(EncoderCard)}
    said: dict[str, Any] = {"revision": "", "rate_hz": RATE_HZ, "digest": ""} | dict(store.info.encoder)
    card = {name: value for name, value in said.items() if name in known}
    return EncoderCard(**card | {"labels": tuple(card.get("labels") or ())})


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
