"""Fragility kept beside the store: found again as it was, and no more once the store changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.listening.fragile import fragile, keep_fragility, kept_fragility
from emoanalytics.store.heads import use_head
from emoanalytics.store.store import EmotionStore
from tests.app.conftest import store as voices  # noqa: F401  (fifteen tones with a fitted head)


@pytest.fixture
def mine(voices: Path, request: pytest.FixtureRequest) -> EmotionStore:  # noqa: F811
    place = voices.parent / f"kept-{request.node.name}"
    shutil.copytree(voices, place)
    return EmotionStore.open(place)


def test_what_was_found_is_found_again(mine: EmotionStore) -> None:
    assert kept_fragility(mine) is None
    found = keep_fragility(mine)
    again = kept_fragility(EmotionStore.open(mine.path))
    assert again == found and again.said() == found.said()
    assert {clip.segment_id for clip in found.clips} <= set(mine.segments(["segment_id"])["segment_id"])
    folder = next((mine.path / "derived" / "fragile").iterdir())
    (folder / "fragility.json").write_text("{}", encoding="utf-8")
    assert kept_fragility(mine) is None and not folder.exists()
    with mine.writer() as writer:
        writer.set_head(None)
    assert kept_fragility(mine) is None


def test_the_winners_that_lead_least_are_taken(mine: EmotionStore) -> None:
    found = keep_fragility(mine, most=3)
    table = mine.scores()
    leads = {}
    for _, row in table.iterrows():
        known = sorted((v for v in row.iloc[1:] if v == v), reverse=True)
        if known:
            leads[row["segment_id"]] = known[0] - known[1]
    least = sorted(leads, key=leads.__getitem__)[:3]
    assert {clip.segment_id for clip in found.clips} == set(least)
    assert found.clips == fragile(mine, least).clips
    use_head(mine, str(mine.info.head))  # nothing changes
    assert kept_fragility(mine) == found and np.isfinite([clip.margin for clip in found.clips]).all()
