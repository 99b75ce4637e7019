"""A store at a glance says what the whole overview says."""

from __future__ import annotations

from pathlib import Path

import pytest

from emoanalytics import EmotionStore, glance, overview
from emoanalytics.views.overview import Glance


def test_a_glance_agrees_with_the_overview(demo_store: EmotionStore) -> None:
    found, whole = glance(demo_store), overview(demo_store)
    assert (found.segments, found.speakers, found.head) == (whole.segments, whole.speakers, whole.head)
    assert found.hours == pytest.approx(whole.hours) and found.encoder == whole.encoder["name"]
    assert found.labelled == sum(whole.given.values()) and whole.last_run is not None
    assert found.built == whole.last_run["finished"]
    assert found.failed == demo_store.failures()["file"].nunique() == 1


def test_an_empty_store_has_nothing_to_say(tmp_path: Path) -> None:
    store = EmotionStore.create(tmp_path / "s", encoder={"name": "x", "dim": 4}, fingerprint="0" * 32, cut={})
    assert glance(store) == Glance(0, 0.0, 0, 0, "x", None, 0, None)
