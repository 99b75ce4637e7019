"""A large made store for ``app.py``: embeddings, scores, speakers, sessions, dates and quality, without any audio."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from geometry import Made

from emoanalytics import Geometry, MapMethod, Space, draw_map
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import SCORE_COLUMNS, SEGMENTS_SCHEMA, embedding_schema
from emoanalytics.store.store import EmotionStore

DIM, SEED = 1024, 0
SESSIONS = 8  # of a speaker
_COMMIT = 25_000
_DAY_ONE = datetime(2025, 1, 6, 9, tzinfo=UTC)


def make(path: Path, rows: int) -> None:
    """A store of this many clips; its speakers talk in several sessions, a week apart."""
    card = {"name": "made", "revision": "1", "dim": DIM, "rate_hz": 16_000, "digest": "0", "precision": "exact"}
    store = EmotionStore.create(
        path, encoder=card, fingerprint="0" * 32, cut={"mode": "whole"}, head="builtin", labels=EMOTION_IDS,
        head_arrays={"weights": np.zeros((9, DIM)), "bias": np.zeros(9)},
    )  # fmt: skip
    made = Made(rows, DIM, SEED)
    for start in range(0, rows, _COMMIT):
        vectors, speakers, emotions = made.block(min(_COMMIT, rows - start), SEED + 1 + start)
        _add(store, start, vectors, speakers, emotions)


def prepare(path: Path) -> dict[str, float]:
    """Seconds of what is made once beside a store: copy of the embeddings, index, graph, UMAP; both spaces."""
    took: dict[str, float] = {}

    def timed(name: str, work: Any) -> None:
        since = time.perf_counter()
        work()
        took[name] = round(time.perf_counter() - since, 1)

    for space in (Space.RAW, Space.SPEAKER_CENTRED):
        geometry = Geometry(EmotionStore.open(path), space)
        timed(f"{space}_copy_s", lambda g=geometry: g.vectors)
        timed(f"{space}_index_s", geometry.make_index)
        timed(f"{space}_graph_s", lambda g=geometry: g.graph)
        if space is Space.RAW:
            timed("umap_s", lambda g=geometry: draw_map(g, method=MapMethod.UMAP))
    return took


def _add(store: EmotionStore, start: int, vectors: np.ndarray, speakers: np.ndarray, emotions: np.ndarray) -> None:
    n = len(vectors)
    rng = np.random.default_rng([SEED, start])
    sessions = rng.integers(SESSIONS, size=n)
    flags = np.where(rng.random(n) < 0.03, 1, 0)
    ids = [f"{i:032x}" for i in range(start, start + n)]
    logits = rng.gumbel(size=(n, 9)) + 2.0 * np.eye(9)[emotions]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given: dict[str, Any] = {
        "segment_id": ids,
        "content_id": ids,
        "corpus": ["/corpus"] * n,
        "file": [f"calls/{i:06}.wav" for i in range(start, start + n)],
        "start_s": np.zeros(n),
        "end_s": 1.0 + 4.0 * rng.random(n),
        "channel": ["mix"] * n,
        "speaker": [f"speaker {s:03}" for s in speakers],
        "session": [f"week {s + 1}" for s in sessions],
        "recorded_at": [_DAY_ONE + timedelta(days=7 * int(s), seconds=int(i)) for i, s in enumerate(sessions)],
        "language": np.where(speakers % 2, "en", "zh"),
        "emotion_given": np.array(EMOTION_IDS)[emotions],
        "level_dbfs": rng.normal(-26, 4, n),
        "snr_db": rng.normal(24, 6, n),
        "silence_share": 0.3 * rng.random(n),
        "flags": [["noisy"] if flag else [] for flag in flags],
    }
    segments = {
        f.name: pa.array(given.get(f.name, [None] * n), f.type, from_pandas=True) for f in SEGMENTS_SCHEMA
    }  # fmt: skip
    embeddings = {
        "segment_id": ids,
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIM),
        **{name: pa.array(scores[:, i], pa.float32()) for i, name in enumerate(SCORE_COLUMNS)},
        "n_frames": pa.array([150] * n, pa.int32()),
    }
    with store.writer() as writer:
        writer.commit(
            segments=pa.table(segments), embeddings=pa.table(embeddings, schema=embedding_schema(DIM)), failures=None
        )
