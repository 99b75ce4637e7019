"""Maps kept under ``derived/maps``: coordinates and trust as arrays, everything else as JSON."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.neighbours.space import Space
from emoanalytics.store.derived import Derivation, Derived
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.pca import Components
from emoanalytics.views.maps.settings import MapMethod, MapSettings
from emoanalytics.views.maps.trust import Trust

_KIND = "maps"
_LATEST = 3  # maps kept of the same settings: a store that grows has one for each time it was drawn
_PER_CLIP = ("kept", "trustworthiness", "continuity", "doubtful")
_OVERALL = ("k", "wide", "share_kept", "chance", "overall_trustworthiness", "overall_continuity", "ranked", "errors")
_PCA = ("mean", "axes", "explained")
_IDS = "ids.parquet"


def map_key(vectors: str, space: Space, settings: MapSettings, versions: dict[str, str]) -> str:
    """Names a map by all it depends on: first how it was asked for, then ``vectors``, the key of the points."""
    asked, drawn_from = ([str(space), settings.as_json()], [vectors, versions])
    return f"{settings.method}-{_digest(asked, 8)}-{_digest(drawn_from, 16)}"


def _digest(parts: list[Any], size: int) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def saved_maps(store: EmotionStore) -> tuple[str, ...]:
    """The keys of the maps a store keeps, oldest first; the latest of former builds among them."""
    return tuple(Derived(store.path).keys(_KIND))


def open_map(store: EmotionStore, key: str) -> Map:
    """A map that was drawn before.

    Raises:
        StoreError: there is none of this key.
        DamagedStoreError: it is there, but not whole.
    """
    found = Derived(store.path).find(_KIND, key) if key in saved_maps(store) else None
    if found is None:
        raise StoreError(f"{store.path} keeps no map {key!r}: draw it with draw_map or the command map")
    return _read(found, key)


def find(store: EmotionStore, key: str, notes: list[str]) -> Map | None:
    """A map that was drawn before, or None; one that is damaged is removed, with a line about it in ``notes``."""
    derived = Derived(store.path)
    try:
        found = derived.find(_KIND, key)
        return None if found is None else _read(found, key)
    except DamagedStoreError as error:
        notes.append(f"{error}: made again")
        derived.forget(_KIND, key)
        return None


def keep(store: EmotionStore, drawn: Map) -> None:
    """Keep a map; those of other settings stay, and of the same settings the two of former builds drawn last.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """

    def fill(folder: Path) -> None:
        np.save(folder / "coordinates.npy", drawn.coordinates)
        for name in _PER_CLIP:
            np.save(folder / f"{name}.npy", getattr(drawn.trust, name))
        for name in _PCA if drawn.components is not None else ():
            np.save(folder / f"{name}.npy", getattr(drawn.components, name))
        pq.write_table(pa.table({"segment_id": pa.array(drawn.ids.to_numpy(object), pa.string())}), folder / _IDS)

    record: dict[str, Any] = {
        "settings": drawn.settings.as_json(),
        "drawn_by": str(drawn.drawn_by),
        "space": str(drawn.space),
        "trust": {name: getattr(drawn.trust, name) for name in _OVERALL},
        "variance": None if drawn.components is None else drawn.components.variance,
        "record": dict(drawn.record),
    }
    derived = Derived(store.path)
    derived.keep(_KIND, drawn.key, record, fill)
    asked = drawn.key.rpartition("-")[0]
    former = [key for key in derived.keys(_KIND) if key.rpartition("-")[0] == asked and key != drawn.key]
    for key in former[: max(len(former) - (_LATEST - 1), 0)]:
        derived.forget(_KIND, key)


def _read(found: Derivation, key: str) -> Map:
    record = found.record
    try:
        trust: dict[str, Any] = {name: found.array(name) for name in _PER_CLIP} | record["trust"]
        trust["errors"] = tuple(trust["errors"])
        axes = None if record["variance"] is None else {name: found.array(name) for name in _PCA}
        return Map(
            ids=pd.Index(pq.read_table(found.folder / _IDS)["segment_id"].to_pandas()),
            coordinates=found.array("coordinates"),
            trust=Trust(**trust),
            settings=MapSettings(**{**record["settings"], "method": MapMethod(record["settings"]["method"])}),
            drawn_by=MapMethod(record["drawn_by"]),
            space=Space(record["space"]),
            key=key,
            record=record["record"],
            components=None if axes is None else Components(**axes, variance=record["variance"]),
        )
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowException) as error:
        raise DamagedStoreError(f"{found.folder} is damaged ({error})") from error
