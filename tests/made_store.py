"""A store with the rows, embeddings and scores that a test names: the rest is filled in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import FAILURE_SCHEMA, SCORE_COLUMNS, SEGMENTS_SCHEMA, embedding_schema
from emoanalytics.store.store import EmotionStore


def make_store(
    path: Path,
    rows: Sequence[dict[str, Any]],
    *,
    embeddings: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    failures: Sequence[dict[str, Any]] = (),
) -> EmotionStore:
    """Embeddings are numbered rows and there is no head, where the test gives none; ``scores`` are (n, 9)."""
    n = len(rows)
    vectors = np.eye(max(n, 2), dtype=np.float32)[:n] if embeddings is None else np.asarray(embeddings, np.float32)
    dim = vectors.shape[1]
    store = EmotionStore.create(
        path,
        encoder={"name": "made", "revision": "1", "dim": dim, "rate_hz": 16_000, "digest": "0", "precision": "exact"},
        fingerprint="0" * 32,
        cut={"mode": "whole"},
        head=None if scores is None else "builtin",
        labels=() if scores is None else EMOTION_IDS,
        head_arrays=None if scores is None else {"weights": np.zeros((9, dim)), "bias": np.zeros(9)},
    )
    if not n and not failures:
        return store
    full = [
        {
            "segment_id": f"{i:032x}",
            "content_id": f"{i:032x}",
            "corpus": "/corpus",
            "file": f"{i}.wav",
            "start_s": 0.0,
            "end_s": 1.0,
            "channel": "mix",
            "flags": [],
            **row,
        }
        for i, row in enumerate(rows)
    ]
    own = sorted({name for row in full for name in row} - set(SEGMENTS_SCHEMA.names))
    columns = {f.name: pa.array([row.get(f.name) for row in full], f.type) for f in SEGMENTS_SCHEMA}
    columns |= {name: pa.array([row.get(name) for row in full]) for name in own}
    given = np.full((n, 9), np.nan) if scores is None else np.asarray(scores, np.float64)
    table = {
        "segment_id": columns["segment_id"],
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim),
        **{name: pa.array(given[:, i], pa.float32(), from_pandas=True) for i, name in enumerate(SCORE_COLUMNS)},
        "n_frames": pa.array([50] * n, pa.int32()),
    }
    with store.writer() as writer:
        writer.commit(
            segments=pa.table(columns),
            embeddings=pa.table(table, schema=embedding_schema(dim)),
            failures=pa.Table.from_pylist([{"corpus": "/corpus", **f} for f in failures], schema=FAILURE_SCHEMA),
        )
    return store
