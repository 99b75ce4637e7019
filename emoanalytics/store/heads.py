"""Which heads a store keeps, and whose scores it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emoanalytics.errors import DamagedStoreError
from emoanalytics.store.schema import BUILTIN_HEAD
from emoanalytics.store.scores import head_folder, read_head
from emoanalytics.store.store import EmotionStore


@dataclass(frozen=True)
class StoredHead:
    """A head that a store keeps.

    Attributes:
        id: its name.
        labels: what it tells apart.
        active: whether the store gives its scores.
        target: the column it was fitted on; None: the encoder brought it, or nobody said.
        uar: unweighted average recall on speakers it never heard; None where it was not measured.
        uar_low: lower end of its 95 % interval.
        uar_high: its upper end.
        calibration: what `Calibration.as_json` said when it was calibrated; None where it was not.
        calibrated: whether its winner's score may be called calibrated.
    """

    id: str
    labels: tuple[str, ...]
    active: bool
    target: str | None = None
    uar: float | None = None
    uar_low: float | None = None
    uar_high: float | None = None
    calibration: Mapping[str, Any] | None = None
    calibrated: bool = False


def stored_heads(store: EmotionStore) -> tuple[StoredHead, ...]:
    """The heads of a store, the active one first, then by name; one that cannot be read is left out.

    Args:
        store: the store.
    """
    info = store.info
    folder = head_folder(store.path, BUILTIN_HEAD).parent
    names = {path.name for path in folder.glob("*") if path.is_dir()} if folder.is_dir() else set()
    own = tuple(info.encoder.get("labels") or ())
    found = []
    for name in names | ({BUILTIN_HEAD} if own else set()):
        try:
            saved = read_head(store.path, name)
        except DamagedStoreError:
            continue
        if saved is not None:
            found.append(_head(saved, active=info.head == name))
        elif name == BUILTIN_HEAD:
            found.append(StoredHead(name, own, info.head == name))
    return tuple(sorted(found, key=lambda head: (not head.active, head.id)))


def use_head(store: EmotionStore, head_id: str) -> None:
    """Make the store give another head's scores; nothing is computed and nothing is lost.

    Args:
        store: the store.
        head_id: one of `stored_heads`.

    Raises:
        StoreError: the store has no such head.
        LockedStoreError: somebody else is writing to the store.
    """
    if store.info.head != head_id:
        with store.writer() as writer:
            writer.set_head(head_id)


def _head(saved: Mapping[str, Any], *, active: bool) -> StoredHead:
    report = saved["report"]
    low, high = report.get("uar_interval") or (None, None)
    return StoredHead(
        id=saved["id"],
        labels=saved["labels"],
        active=active,
        target=report.get("target"),
        uar=report.get("uar"),
        uar_low=low,
        uar_high=high,
        calibration=report.get("calibration"),
        calibrated=saved["calibrated"],
    )
