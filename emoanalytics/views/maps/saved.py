"""Maps kept under ``derived/maps``: coordinates and trust as arrays, everything else as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.neighbours.principal import PrincipalAxes
from emoanalytics.neighbours.space import Space
from emoanalytics.store.derived import Derivation, Derived
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps.map import Map
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


def find(store: EmotionStore, key: str, ids: pd.Index, notes: list[str]) -> Map | None:
    """The map of these clips that was drawn before, or None.

    One that is damaged, or of other clips than its name says, is removed, with a line about it in ``notes``.
    """
    derived = Derived(store.path)
    try:
        found = derived.find(_KIND, key)
        if found is None:
            return None
        drawn = _read(found, key)
        if not drawn.ids.equals(ids):
            raise DamagedStoreError(f"{found.folder} is damaged (it is a map of other clips)")
        return drawn
    except DamagedStoreError as error:
        notes.append(f"{error}: made again")
        derived.forget(_KIND, key)
        return None


def latest(store: EmotionStore, key: str, ids: pd.Index, notes: list[str]) -> Map | None:
    """Of the maps of former builds that were asked for like ``key``, the one drawn last that shares clips with it."""
    for former in reversed([other for other in saved_maps(store) if _asked(other) == _asked(key) and other != key]):
        try:
            drawn = open_map(store, former)
        except DamagedStoreError as error:
            notes.append(f"{error}: left out")
            continue
        if drawn.record["encoder"] == store.info.encoder_fingerprint and drawn.ids.isin(ids).any():
            return drawn
    return None


def former_map(store: EmotionStore, drawn: Map, notes: list[str] | None = None) -> Map:
    """The map of the same settings that was drawn before this one, of the store as it was then.

    Args:
        store: the store of the map.
        drawn: its map as it is now.
        notes: gets a line about each damaged one that was left out.

    Raises:
        StoreError: none is kept that shares a clip with this one.
    """
    found = latest(store, drawn.key, drawn.ids, [] if notes is None else notes)
    if found is None:
        raise StoreError(
            f"{store.path} keeps no former map of these settings: one is kept when a map was drawn before clips came "
            "or went; compare with an older copy of the store instead"
        )
    return found


def _asked(key: str) -> str:
    """The part of a key that says how a map was asked for."""
    return key.rpartition("-")[0]


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
    former = [key for key in derived.keys(_KIND) if _asked(key) == _asked(drawn.key) and key != drawn.key]
    for key in former[: max(len(former) - (_LATEST - 1), 0)]:
        derived.forget(_KIND, key)


def _read(found: Derivation, key: str) -> Map:
    record = found.record
    try:
        drawn = _made(found, record, key)
        facts = drawn.record
        float(facts["usual_similarity"])
        if not (all(isinstance(facts[x], str) for x in ("encoder", "drawn_at")) and isinstance(facts["used"], dict)):
            raise TypeError("its record is not that of a map")
        if map_key(facts["vectors"], drawn.space, drawn.settings, facts["versions"]) != key:
            raise ValueError("it is another map than its name says")
        return drawn
    except (KeyError, TypeError, ValueError, AttributeError, OSError, pa.ArrowException, StoreError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else error
        raise DamagedStoreError(f"{found.folder} is damaged ({why})") from error


def _made(found: Derivation, record: Mapping[str, Any], key: str) -> Map:
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
        components=None if axes is None else PrincipalAxes(**axes, variance=float(record["variance"])),
    )
