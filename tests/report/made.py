"""A small store with people, sessions, dates, labels, scores and sounds; names as a test wants them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.audio.decode import write_wav
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import Measured
from tests.conftest import tone
from tests.made_store import make_store

EMOTIONS = ("angry", "happy", "neutral", "sad")
PLACES = (0, 3, 4, 6)


def talk(path: Path, *, mark: str = "", sounds: bool = False, **more: Any) -> EmotionStore:
    """Six speakers, eight sessions each of three clips; the first speaker turns from happy to angry after the fourth.

    Args:
        path: the store's folder.
        mark: stands in every name.
        sounds: write the recordings beside the store, a second of a tone each.
        more: further columns of every row.
    """
    rng = np.random.default_rng(3)
    rows, scores, points = [], [], []
    corpus = path.parent / f"corpus{mark.replace('/', '_')}"
    for who in range(6):
        for week in range(8):
            for take in range(3):
                place = PLACES[(who + week + take) % 4]
                if who == 0:
                    place = 3 if week < 4 else 0
                shares = rng.dirichlet(np.where(np.arange(9) == place, 12.0, 0.6))
                scores.append(shares)
                points.append(np.eye(9)[place] + 0.25 * np.eye(9)[who] + 0.05 * rng.normal(size=9))
                rows.append(
                    {
                        "corpus": str(corpus),
                        "file": f"{mark}p{who}/w{week}-{take}.wav",
                        "speaker": f"{mark}person{who}",
                        "session": f"{mark}week{week}",
                        "recorded_at": datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=7 * week),
                        "language": f"{mark}{('en', 'zh')[who % 2]}",
                        "role": f"{mark}client",
                        "emotion_given": None if who > 2 else EMOTIONS[PLACES.index(place)] if take else f"{mark}calm",
                        "text": f"{mark}said",
                        "ward": f"{mark}ward{week % 2}",
                        "flags": ["noisy"] if take == 2 and week == 0 else [],
                        "end_s": 3.0,
                        **more,
                    }
                )
                if sounds:
                    where = corpus / rows[-1]["file"]
                    where.parent.mkdir(parents=True, exist_ok=True)
                    write_wav(where, tone(1.0, hz=110 + 10 * who))
    failures = [{"corpus": str(corpus), "file": f"{mark}broken.wav", "stage": "decode", "reason": f"{mark}no sound"}]
    return make_store(path, rows, embeddings=np.array(points), scores=np.array(scores), failures=failures)


@pytest.fixture(scope="session", autouse=True)
def unheard() -> Iterator[None]:
    """Measuring a sample of clips by ear takes seconds, and ``tests/listening`` holds it."""

    def hear(store: EmotionStore, ids: Sequence[str], **_: Any) -> Measured:
        return Measured((), np.zeros((0, 579), np.float32), 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("emoanalytics.report.findings"), "hear", hear)
        yield
