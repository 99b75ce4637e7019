"""Points for the tests, and their slow twin."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store


def spread(n: int, dim: int = 31, *, seed: int = 0, groups: int = 20) -> np.ndarray:
    """(n, dim) float32: groups along axes that matter less and less, as real embeddings are."""
    rng = np.random.default_rng(seed)
    scale = np.arange(1, dim + 1) ** -0.7
    middle = rng.normal(size=(groups, dim))
    noise = rng.normal(size=(n, dim))
    return ((0.5 + middle[rng.integers(groups, size=n)] + 0.7 * noise) * scale).astype(np.float32)


def vectors_of(embeddings: np.ndarray, ids: list[str] | None = None) -> Vectors:
    """Points of the raw space without a store."""
    names = [f"{i:032x}" for i in range(len(embeddings))] if ids is None else ids
    key = hashlib.blake2b("".join(names).encode(), digest_size=16).hexdigest()
    speakers = np.full(len(embeddings), -1, np.int32)
    return Vectors(pd.Index(names, dtype=object), embeddings, Space.RAW, speakers, (), None, key)


def store_of(path: Path, embeddings: np.ndarray, speakers: list[str | None] | None = None) -> EmotionStore:
    """A store of these embeddings; a row's id depends on its embedding, and no two may be alike."""
    ids = [hashlib.blake2b(row.tobytes(), digest_size=16).hexdigest() for row in embeddings]
    who = [None] * len(embeddings) if speakers is None else speakers
    rows = [{"segment_id": k, "content_id": k, "speaker": s, "file": f"{k}.wav"} for k, s in zip(ids, who, strict=True)]
    return make_store(path, rows, embeddings=embeddings)


def twin(
    points: np.ndarray, rows: np.ndarray, k: int, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Brute force: (q, k) row numbers and similarities, -1 and NaN where there are fewer."""
    allowed = range(len(rows)) if among is None else [int(r) for r in among]
    found = np.full((len(points), k), -1)
    likeness = np.full((len(points), k), np.nan)
    for i, point in enumerate(points.astype(np.float64)):
        every = sorted((-round(float(point @ rows[r].astype(np.float64)), 6), r) for r in allowed)
        for j, (minus, row) in enumerate(every[:k]):
            found[i, j], likeness[i, j] = row, -minus
    return found, likeness
