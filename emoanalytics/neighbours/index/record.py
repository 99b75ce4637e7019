"""What is kept beside an index, to know later whether it still fits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.index.kinds import Choice, IndexSettings
from emoanalytics.neighbours.index.tuning import DEPTHS, Effort
from emoanalytics.neighbours.vectors import Vectors

FORMAT = 2  # of a kept index: one of another is built anew


def centre_digests(vectors: Vectors) -> np.ndarray:
    """(n,) uint64: another number where something else is subtracted from a row."""
    if vectors.centres is None:
        return np.zeros(len(vectors), np.uint64)
    digests = [hashlib.blake2b(mean.tobytes(), digest_size=8).digest() for mean in vectors.centres.means]
    return np.frombuffer(b"".join(digests), np.uint64)[vectors.speakers]


def plain(settings: IndexSettings) -> dict[str, Any]:
    """Settings as a record holds them."""
    return {**asdict(settings), "kind": None if settings.kind is None else str(settings.kind)}


def settings_of(settings: IndexSettings) -> dict[str, Any]:
    """Those that say what an index is like once there is one: not from how many rows on one is made."""
    return {name: value for name, value in plain(settings).items() if name != "exact_below"}


def record_of(
    vectors: Vectors, settings: IndexSettings, choice: Choice, components: Components, efforts: Sequence[Effort]
) -> dict[str, Any]:
    """What is kept beside an index: what it was made from, how, and what it finds."""
    recalls = {f"recall_at_{k}": 1.0 for k in DEPTHS} | {f"recall_at_{e.k}": e.recall for e in efforts}
    return {
        "format": FORMAT,
        "key": vectors.key,
        "kind": str(choice.kind),
        "reason": choice.reason,
        "space": str(vectors.space),
        "rows": len(vectors),
        "encoder_dim": vectors.dim,
        "components": int(components.matrix.shape[1]),
        "variance_kept": components.kept,
        "bytes_a_row": choice.bytes_a_row,
        **recalls,
        "efforts": [asdict(e) for e in efforts],
        "settings": plain(settings),
    }
