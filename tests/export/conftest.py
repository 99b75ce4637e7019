"""A store with what formats stumble over: gaps, quotes, line ends, formulas, lists, times, own columns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store

TEXTS = ["=1+1", "+49 30", "-5", "@cmd", "'=2", "＝3", 'He said "no", twice', "two\nlines", "", None, "\tx", "a=b"]
SEEN = datetime(2026, 3, 2, 9, 4, tzinfo=UTC)


def rows_of() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for i, text in enumerate(TEXTS):
        rows.append(
            {
                "file": f"室/{i:02d} =a.wav",
                "start_s": 0.1 * i,
                "end_s": 0.1 * i + 1.7,
                "speaker": None if i == 3 else f"anna {i % 3}",
                "session": f"week{i % 2}",
                "recorded_at": None if i == 1 else SEEN.replace(minute=i),
                "language": "zh" if i % 2 else "en",
                "emotion_given": None if i == 2 else "happy",
                "text": text,
                "level_dbfs": None if i == 4 else -20.0 - i / 3,
                "flags": ["noisy", "quiet"] if i == 5 else [],
                "source_rate_hz": None if i == 6 else 8000,
                "age": None if i == 7 else 30 + i,
                "agreed": None if i == 8 else i % 2 == 0,
                "weight": None if i == 9 else i / 7,
                "=phone": f"0{i}",
            }
        )
    return rows


@pytest.fixture(scope="session")
def hard_store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    rows = rows_of()
    rng = np.random.default_rng(4)
    scores = rng.dirichlet(np.ones(9), size=len(rows))
    scores[0] = np.nan  # a clip without scores
    vectors = rng.normal(size=(len(rows), 5)).astype(np.float32)
    path: Path = tmp_path_factory.mktemp("hard") / "store"
    return make_store(path, rows, embeddings=vectors, scores=scores)
