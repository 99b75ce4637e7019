"""Kept maps that were changed by hand, or are of other clips: drawn again with one note, never a traceback."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import Map, draw_map, former_map
from tests.made_store import make_store


def store_of(path: Path, n: int = 30, seed: int = 0) -> EmotionStore:
    return make_store(path, [{}] * n, embeddings=np.random.default_rng(seed).normal(size=(40, 6))[:n])


def drawn_in(store: EmotionStore, **given: Any) -> tuple[Map, list[str]]:
    geometry = Geometry(store)
    return draw_map(geometry, method="pca", **given), geometry.notes


def array(name: str, values: np.ndarray) -> Callable[[Path], None]:
    """Another array in place of a kept one, the record made to agree."""

    def change(folder: Path) -> None:
        np.save(folder / f"{name}.npy", values)
        content = (folder / f"{name}.npy").read_bytes()
        record = json.loads((folder / "record.json").read_text())
        record["files"][f"{name}.npy"] = [len(content), hashlib.blake2b(content, digest_size=16).hexdigest()]
        (folder / "record.json").write_text(json.dumps(record))

    return change


def entry(*path: str, value: Any) -> Callable[[Path], None]:
    """Another value in the record."""

    def change(folder: Path) -> None:
        record = json.loads((folder / "record.json").read_text())
        place = record
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        (folder / "record.json").write_text(json.dumps(record))

    return change


CHANGES = [
    array("coordinates", np.zeros((30, 3), np.float32)),
    array("coordinates", np.full((30, 2), np.nan, np.float32)),
    array("kept", np.zeros(29, np.float32)),
    array("kept", np.array(["x"] * 30)),
    array("doubtful", np.zeros(30)),
    array("axes", np.zeros((3, 6))),
    array("mean", np.zeros(5)),
    entry("trust", value=3),
    entry("trust", "errors", value=1),
    entry("trust", "share_kept", value="all"),
    entry("trust", "share_kept", value=7),
    entry("settings", "dims", value=3),
    entry("settings", "seed", value=9),
    entry("space", value="speaker-centred"),
    entry("variance", value="much"),
    entry("record", value=None),
    entry("record", "usual_similarity", value=None),
    entry("record", "encoder", value=None),
    entry("record", "drawn_at", value=None),
    entry("record", "vectors", value="0" * 32),
]


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_was_changed_by_hand_is_drawn_again(tmp_path: Path, change: Callable[[Path], None]) -> None:
    store = store_of(tmp_path / "store")
    first, _ = drawn_in(store)
    change(store.path / "derived" / "maps" / first.key)
    again, notes = drawn_in(store)
    assert np.array_equal(again.coordinates, first.coordinates) and again.trust.share_kept == first.trust.share_kept
    assert len(notes) == 1 and f"{first.key} is damaged (" in notes[0] and notes[0].endswith("): made again")
    assert drawn_in(store)[1] == []


def test_a_map_of_other_clips_under_the_name_of_these_is_drawn_again(tmp_path: Path) -> None:
    store, other = store_of(tmp_path / "store"), store_of(tmp_path / "other", 20)
    first, foreign = drawn_in(store)[0], drawn_in(other)[0]
    shutil.copy(
        other.path / "derived" / "maps" / foreign.key / "coordinates.npy",
        store.path / "derived" / "maps" / first.key / "coordinates.npy",
    )
    again, (note,) = drawn_in(store)
    assert np.array_equal(again.coordinates, first.coordinates) and "is damaged" in note


def test_the_latest_map_of_a_former_build_stays(tmp_path: Path) -> None:
    small, large = store_of(tmp_path / "small", 20), store_of(tmp_path / "large", 30)
    old, _ = drawn_in(small)
    drawn_in(small, seed=3)
    shutil.copytree(small.path / "derived" / "maps", large.path / "derived" / "maps")
    stays, notes = drawn_in(large, stay=True)
    assert stays.key == old.key and len(stays) == 20 and notes == []
    assert len(drawn_in(large, stay=True, dims=3)[0]) == 30  # none was kept of these settings
    array("kept", np.zeros(3, np.float32))(large.path / "derived" / "maps" / old.key)
    fresh, (note,) = drawn_in(large, stay=True)
    assert len(fresh) == 30 and note.endswith("): left out")
    assert drawn_in(large, stay=True)[0].key == fresh.key


def test_a_former_map_of_other_clips_or_another_encoder_does_not_stay(tmp_path: Path) -> None:
    small, large = store_of(tmp_path / "small", 20), store_of(tmp_path / "large", 30)
    old, _ = drawn_in(small)
    rows = [{"segment_id": f"{i + 100:032x}"} for i in range(30)]
    strangers = make_store(tmp_path / "strangers", rows, embeddings=np.random.default_rng(0).normal(size=(30, 6)))
    for store in (large, strangers):
        shutil.copytree(small.path / "derived" / "maps", store.path / "derived" / "maps")
    entry("record", "encoder", value="f" * 32)(large.path / "derived" / "maps" / old.key)
    assert len(drawn_in(large, stay=True)[0]) == 30
    assert len(drawn_in(strangers, stay=True)[0]) == 30


def test_the_former_map_is_the_one_drawn_before_of_the_same_settings(tmp_path: Path) -> None:
    stores = [store_of(tmp_path / str(n), n) for n in (20, 25, 30)]
    drawn = []
    for before, store in zip([None, *stores[:-1]], stores, strict=True):
        if before is not None:
            shutil.copytree(before.path / "derived" / "maps", store.path / "derived" / "maps")
        drawn.append(drawn_in(store)[0])
        drawn_in(store, seed=3)  # drawn later, of other settings
    assert [former_map(stores[i], drawn[i]).key for i in (1, 2)] == [drawn[0].key, drawn[1].key]
    with pytest.raises(StoreError, match="keeps no former map of these settings"):
        former_map(stores[0], drawn[0])
    notes: list[str] = []
    (stores[2].path / "derived" / "maps" / drawn[1].key / "kept.npy").write_bytes(b"")
    assert former_map(stores[2], drawn[2], notes).key == drawn[0].key and "): left out" in notes[0]
