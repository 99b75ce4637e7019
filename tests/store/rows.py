"""Small rows for the store's tests: everything follows from the file's name, so a swapped row shows."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.keys import content_id, segment_ids
from emoanalytics.store.schema import SCORE_COLUMNS
from emoanalytics.store.store import EmotionStore

DIM = 6
CARD = {"name": "tiny", "revision": "1", "dim": DIM, "rate_hz": 16_000, "digest": "00", "labels": list(EMOTION_IDS)}
FINGERPRINT = "0123456789abcdef" * 2
CUT = {"mode": "whole", "chunk_s": 30.0}
CORPUS = "/corpus"


def new_store(path: Path, *, head: str | None = "builtin", **more: Any) -> EmotionStore:
    given = {"encoder": CARD, "fingerprint": FINGERPRINT, "cut": CUT, "labels": EMOTION_IDS if head else (), **more}
    return EmotionStore.create(path, head=head, **given)


def vector(content: str) -> np.ndarray:
    """The embedding of a content: float32, (DIM,)."""
    return np.random.default_rng(zlib.crc32(content.encode())).normal(size=DIM).astype(np.float32)


def nine(content: str) -> np.ndarray:
    raw = np.random.default_rng(zlib.crc32(content.encode()) + 1).random(9)
    return (raw / raw.sum()).astype(np.float32)


def segment_rows(
    files: Sequence[str], *, audio: Sequence[str] | None = None, taken: Sequence[str] = (), **user: Any
) -> pa.Table:
    """One whole-file segment a file; ``audio`` says what is heard in it (default: its name)."""
    contents = [content_id(heard, 0, 16_000) for heard in (audio or files)]
    n = len(files)
    chance = [zlib.crc32(f.encode()) for f in files]
    return pa.table(
        {
            "segment_id": pa.array(segment_ids(contents, taken), pa.string()),
            "content_id": pa.array(contents, pa.string()),
            "corpus": pa.array([CORPUS] * n, pa.string()),
            "file": pa.array(files, pa.string()),
            "start_s": pa.array([0.0] * n, pa.float64()),
            "end_s": pa.array([1.0 + c % 100 / 10 for c in chance], pa.float64()),
            "channel": pa.array(["mix"] * n, pa.string()),
            "speaker": pa.array([[None, "anna", "bo", "李雷"][c % 4] for c in chance], pa.string()),
            "recorded_at": pa.array([c % 3 * 10**15 or None for c in chance], pa.timestamp("us", tz="UTC")),
            "snr_db": pa.array([c % 60 - 5.0 for c in chance], pa.float32()),
            "flags": pa.array([["noisy"] if c % 3 == 0 else [] for c in chance], pa.list_(pa.string())),
            **user,
        }
    )


def embedding_rows(segments: pa.Table) -> pa.Table:
    contents = segments["content_id"].to_pylist()
    scores = np.array([nine(c) for c in contents], np.float32).reshape(-1, 9)
    return pa.table(
        {
            "segment_id": segments["segment_id"],
            "embedding": pa.array([vector(c).tolist() for c in contents], pa.list_(pa.float32(), DIM)),
            **{name: pa.array(scores[:, i]) for i, name in enumerate(SCORE_COLUMNS)},
            "n_frames": pa.array([50] * len(contents), pa.int32()),
        }
    )


def recording_rows(files: Sequence[str], *, size: int = 1000) -> pa.Table:
    n = len(files)
    return pa.table(
        {
            "corpus": [CORPUS] * n,
            "file": list(files),
            "channel": ["mix"] * n,
            "size_bytes": [size] * n,
            "modified_ns": [7] * n,
            "digest": [f"{zlib.crc32(f.encode()):032x}" for f in files],
            "duration_s": [1.0] * n,
        }
    )


def failure_rows(files: Sequence[str], reason: str = "not audio") -> pa.Table:
    n = len(files)
    return pa.table({"corpus": [CORPUS] * n, "file": list(files), "stage": ["decode"] * n, "reason": [reason] * n})


def add(store: EmotionStore, files: Sequence[str], **user: Any) -> None:
    with store.writer() as writer:
        segments = segment_rows(files, taken=writer.segments["segment_id"].to_pylist(), **user)
        writer.commit(segments=segments, embeddings=embedding_rows(segments), recordings=recording_rows(files))


def expected_embeddings(store: EmotionStore) -> np.ndarray:
    """The slow twin: each row's vector made from its content, one by one."""
    contents = store.segments(["content_id"])["content_id"]
    return np.array([vector(c) for c in contents], np.float32).reshape(-1, DIM)


def content(store: EmotionStore) -> dict[str, Any]:
    """Everything the store holds, free of row order and of how it is split into files."""
    table = store.table()
    ids = list(table["segment_id"])
    vectors = store.embeddings(ids)
    rows = {
        i: (tuple(str(v) for v in row), vector.tobytes())
        for i, row, vector in zip(ids, table.itertuples(index=False), vectors, strict=True)
    }
    assert len(rows) == len(ids), "a segment stands twice"
    return {
        "rows": rows,
        "failures": sorted(map(str, store.failures().to_dict("records"))),
        "recordings": sorted(map(str, store.recordings().to_dict("records"))),
    }
