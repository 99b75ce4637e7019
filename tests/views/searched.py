"""Stores to search, and the slow, obvious way to search them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store


def row_id(i: int) -> str:
    return f"{i:032x}"


def brute_force(geometry: Geometry, point: np.ndarray, allowed: Callable[[int], bool]) -> list[tuple[int, float]]:
    """Every allowed row with its cosine, best first, one row at a time; of equal ones the earlier first."""
    found = []
    for row in range(len(geometry.vectors)):
        if allowed(row):
            x = geometry.vectors.points(np.array([row]))[0].astype(np.float64)
            found.append((row, sum(float(a) * float(b) for a, b in zip(x, point, strict=True))))
    return sorted(found, key=lambda pair: (-round(pair[1], 6), pair[0]))


def unit(vector: np.ndarray) -> np.ndarray:
    length = np.sqrt((np.asarray(vector, np.float64) ** 2).sum())
    return np.asarray(vector, np.float64) / length if length else np.zeros(len(vector))


def store_with_head(
    path: Path,
    rows: Sequence[dict[str, Any]],
    embeddings: np.ndarray,
    weights: np.ndarray,
    labels: Sequence[str],
    report: dict[str, Any] | None = None,
) -> EmotionStore:
    """A store whose active head has these weights; its scores are its own."""
    store = make_store(path, rows, embeddings=embeddings)
    logits = np.asarray(embeddings, np.float64) @ np.asarray(weights, np.float64).T
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ids = store.segments(["segment_id"])["segment_id"].to_list()
    table = {"segment_id": pa.array(ids)}
    table |= {f"score_{label}": pa.array(scores[:, i], pa.float32()) for i, label in enumerate(labels)}
    with store.writer() as writer:
        writer.save_head(
            "made",
            weights=np.asarray(weights, np.float32),
            bias=np.zeros(len(labels), np.float32),
            labels=labels,
            scores=pa.table(table),
            report=report or {},
        )
        writer.set_head("made")
    return EmotionStore.open(path)
