"""What is kept beside an index, to know later whether it still fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.index.kinds import Choice, IndexSettings, Kind
from emoanalytics.neighbours.index.tuning import DEPTHS, Effort
from emoanalytics.neighbours.vectors import Vectors

FORMAT = 3  # of a kept index: one of another is built anew


class StaleIndexError(Exception):
    """An index that rows cannot simply be added to."""


def plain(settings: IndexSettings) -> dict[str, Any]:
    """Settings as a record holds them."""
    return {**asdict(settings), "kind": None if settings.kind is None else str(settings.kind)}


def settings_of(settings: IndexSettings) -> dict[str, Any]:
    """Those that say what an index is like once there is one: not from how many rows on one is made."""
    return {name: value for name, value in plain(settings).items() if name != "exact_below"}


def record_of(
    vectors: Vectors,
    settings: IndexSettings,
    choice: Choice,
    components: Components,
    slots: int,
    efforts: Sequence[Effort],
) -> dict[str, Any]:
    """What is kept beside an index: what it was made from, how, and what it finds."""
    recalls = {f"recall_at_{k}": 1.0 for k in DEPTHS} | {f"recall_at_{e.k}": e.recall for e in efforts}
    return {
        "format": FORMAT,
        "key": vectors.key,
        "kind": str(choice.kind),
        "reason": choice.reason,
        "space": str(vectors.space),
        "rows": len(vectors),
        "slots": slots,
        "encoder_dim": vectors.dim,
        "components": int(components.matrix.shape[1]),
        "variance_kept": components.kept,
        "bytes_a_row": choice.bytes_a_row,
        **recalls,
        "efforts": [asdict(e) for e in efforts],
        "settings": plain(settings),
    }


def check_fits(record: Mapping[str, Any], vectors: Vectors, settings: IndexSettings) -> None:
    """Whether rows can be added to an index at all.

    Raises:
        StaleIndexError: it must be made anew; the message says why.
    """
    if record.get("format") != FORMAT:
        raise StaleIndexError("it was made by another version of this program")
    made_with = {**(record.get("settings") or {})}
    made_with.pop("exact_below", None)
    if made_with != settings_of(settings):
        raise StaleIndexError("it was made with other settings")
    if record.get("encoder_dim") != vectors.dim or record.get("space") != str(vectors.space):
        raise StaleIndexError("it holds points of another encoder")
    if record.get("kind") == Kind.EXACT:
        raise StaleIndexError("there was none for the store as it was")
