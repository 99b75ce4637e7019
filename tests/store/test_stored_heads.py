"""Which heads a store keeps, and choosing among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.heads import stored_heads, use_head
from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store


@pytest.fixture
def store(tmp_path: Path) -> EmotionStore:
    made = make_store(tmp_path / "s", [{"speaker": "a"}, {"speaker": "b"}], scores=np.full((2, 9), 1 / 9))
    ids = made.segments(["segment_id"])["segment_id"].tolist()
    report = {
        "target": "mood",
        "uar": 0.7,
        "uar_interval": [0.6, 0.8],
        "calibration": {"calibrated": True, "base": "x"},
    }
    with made.writer() as writer:
        writer.save_head(
            "mood", weights=np.zeros((2, made.info.dim)), bias=np.zeros(2), labels=["up", "down"], report=report,
            scores=pa.table({"segment_id": ids, "score_up": [0.9, 0.2], "score_down": [0.1, 0.8]}),
        )  # fmt: skip
    return made


def test_heads_are_listed_and_one_is_chosen(store: EmotionStore) -> None:
    first, second = stored_heads(store)
    assert (first.id, first.active, first.labels, first.uar) == ("builtin", True, EMOTION_IDS, None)
    assert (second.id, second.active, second.target, second.calibrated) == ("mood", False, "mood", True)
    assert (second.uar, second.uar_low, second.uar_high) == (0.7, 0.6, 0.8)
    before = store.fingerprint
    use_head(store, "mood")
    assert store.info.labels == ("up", "down") and store.fingerprint != before
    assert [head.id for head in stored_heads(store)] == ["mood", "builtin"]
    assert store.scores()["score_up"].tolist() == pytest.approx([0.9, 0.2])
    use_head(store, "builtin")
    assert store.fingerprint == before
    with pytest.raises(StoreError, match="there is no head 'none'"):
        use_head(store, "none")


def test_a_head_that_cannot_be_read_is_left_out(store: EmotionStore) -> None:
    (store.path / "derived" / "heads" / "mood" / "report.json").write_text("{", encoding="utf-8")
    assert [head.id for head in stored_heads(store)] == ["builtin"]


def test_a_store_without_heads_lists_none(tmp_path: Path) -> None:
    assert stored_heads(make_store(tmp_path / "s", [{}])) == ()
