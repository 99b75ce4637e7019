"""Fragility kept beside the store: it takes as long as building the store seven times, so it is made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from emoanalytics.audio.tracks import Failure
from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import DamagedStoreError
from emoanalytics.listening.fragile.changes import Change, ChangeKind
from emoanalytics.listening.fragile.result import ChangeResult, ClipFragility, Fragility
from emoanalytics.listening.fragile.survival import fragile
from emoanalytics.notes import Note
from emoanalytics.store.derived import Derived
from emoanalytics.store.store import EmotionStore

_KIND = "fragile"
_FILE = "fragility.json"


def kept_fragility(store: EmotionStore) -> Fragility | None:
    """What `keep_fragility` found in the store as it is now; None: nothing, or it cannot be read."""
    derived, key = Derived(store.path), store.fingerprint
    try:
        found = derived.find(_KIND, key)
        return None if found is None else _read(found.folder / _FILE)
    except DamagedStoreError:
        derived.forget(_KIND, key)
        return None


def keep_fragility(
    store: EmotionStore,
    *,
    most: int | None = None,
    encoder: Encoder | None = None,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Fragility:
    """See which winners survive small changes, and keep it under ``derived/`` until the store changes.

    Args:
        store: a store whose audio is still where it was.
        most: at most so many clips: those whose winner leads least, which flip first.
        encoder: the encoder the store was built with; None loads it by its name.
        seed: of the noise.
        progress: called with ``(done, total, note)`` after each clip.

    Raises:
        HeadError: the store has no head.
        EncoderMismatchError: another encoder than the store's.
        EmptySelectionError: no clip has a score.
        StoreError: the folder cannot be written.
    """
    key = store.fingerprint
    found = fragile(store, _leading_least(store, most), encoder=encoder, seed=seed, progress=progress)
    text = json.dumps(asdict(found), ensure_ascii=False, allow_nan=False)
    Derived(store.path).keep(
        _KIND,
        key,
        {"clips": len(found.clips), "seed": seed},
        lambda folder: _write(folder / _FILE, text),
        instead_of="",
    )
    return found


def _leading_least(store: EmotionStore, most: int | None) -> list[str] | None:
    if most is None or most >= len(store):
        return None
    table = store.scores()
    scores = np.sort(table.iloc[:, 1:].fillna(0.0).to_numpy(np.float64), axis=1)
    lead = np.where(table.iloc[:, 1:].notna().any(axis=1), scores[:, -1] - scores[:, -2], np.inf)
    return [str(table["segment_id"].iloc[row]) for row in np.argsort(lead, kind="stable")[:most]]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> Fragility:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Fragility(
            clips=tuple(ClipFragility(**clip) for clip in content["clips"]),
            changes=tuple(ChangeResult(**change) for change in content["changes"]),
            given=tuple(Change(ChangeKind(change["kind"]), change["amount"]) for change in content["given"]),
            failures=tuple(Failure(**failure) for failure in content["failures"]),
            notes=tuple(Note(**note) for note in content["notes"]),
            seconds=content["seconds"],
            seed=content["seed"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedStoreError(f"{path} cannot be read ({error})") from error
