"""What a map is coloured by: one value a clip, a category or a number."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.store.scores import score_columns, winners
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps.map import Map

WINNER = "emotion"
FLAGS = "flags"
_TRUST = ("kept", "trustworthiness", "continuity", "doubtful")
_SEVERAL = "several"
_CLOSE = 3
_EMOTIONS = (WINNER, "emotion_given")


class PaintKind(StrEnum):
    """How a value becomes a colour."""

    EMOTION = "emotion"
    CATEGORY = "category"
    NUMBER = "number"


@dataclass(frozen=True)
class Paint:
    """One value a clip to colour a map by.

    Attributes:
        by: what it is, e.g. the name of a column.
        kind: emotions have fixed colours, other categories a colour each, numbers a scale.
        values: by segment id: object (None: no value), or float64 (NaN: none) for numbers.
        calibrated: where they are scores, whether the winner's may be called calibrated.
    """

    by: str
    kind: PaintKind
    values: pd.Series
    calibrated: bool = False

    def __post_init__(self) -> None:
        if self.values.index.has_duplicates:
            raise ValueError("one value a segment")

    def of(self, ids: pd.Index) -> np.ndarray:
        """The values of these segments; those it does not know have none."""
        values = self.values.reindex(ids)
        if self.kind is PaintKind.NUMBER:
            return values.to_numpy(np.float64)
        return values.astype(object).where(values.notna(), None).to_numpy(object)


def paint(store: EmotionStore, drawn: Map, by: str = WINNER) -> Paint:
    """What to colour a map of a store by.

    Args:
        store: holds the clips.
        drawn: the map, for its trust.
        by: ``emotion`` (the label with the highest score), ``flags`` (the quality flag), ``kept``,
            ``trustworthiness``, ``continuity`` or ``doubtful`` (the trust of the map), or any column of the segments
            or their scores, e.g. ``speaker``, ``score_sad`` or ``snr_db``.

    Raises:
        StoreError: there is no such column, or no scores to choose the emotion by.
    """
    if by in _TRUST:
        return painted(by, pd.Series(getattr(drawn.trust, by), index=drawn.ids))
    if by == WINNER and WINNER not in store.columns:
        return Paint(by, PaintKind.EMOTION, _winners(store))
    scores = score_columns(store.info.labels)
    if by not in (*store.columns, *scores):
        raise StoreError(f"a map cannot be coloured by {by!r}: {_offered(by, (*store.columns, *scores))}")
    table = store.table(["segment_id", by] if by != "segment_id" else [by])
    values = pd.Series(table[by].to_numpy(), index=pd.Index(table["segment_id"]))
    found = painted(by, values.map(_flag) if by == FLAGS else values)
    return replace(found, calibrated=bool((store.head() or {}).get("calibrated"))) if by in scores else found


def painted(by: str, values: pd.Series) -> Paint:
    """Any values, by segment id, e.g. the cluster of each clip: numbers get a scale, everything else is a category."""
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        kind = PaintKind.EMOTION if by in _EMOTIONS else PaintKind.CATEGORY
        return Paint(by, kind, values.map(str, na_action="ignore").astype(object))
    return Paint(by, PaintKind.NUMBER, values.astype(np.float64))


def _winners(store: EmotionStore) -> pd.Series:
    names = list(score_columns(store.info.labels))
    table = store.scores()
    emotions, best = winners(table[names].to_numpy(np.float64), names)
    if np.isnan(best).all():
        raise StoreError(
            f"{store.path} has no scores to colour a map by: fit a head with emoanalytics head fit, or name a column"
        )
    return pd.Series(emotions, index=pd.Index(table["segment_id"]))


def _offered(by: str, columns: Sequence[str]) -> str:
    """What else to choose: the columns of a wide table are many, so only those that look like what was asked for."""
    close = difflib.get_close_matches(by, columns, n=_CLOSE)
    if close:
        return f"did you mean {' or '.join(close)}? ({len(columns)} columns in all)"
    first = ", ".join((WINNER, FLAGS, *_TRUST))
    return f"choose {first}, or one of the {len(columns)} columns of the store, e.g. speaker"


def _flag(flags: object) -> str | None:
    names = list(flags) if isinstance(flags, list | tuple | np.ndarray) else []
    return None if not names else str(names[0]) if len(names) == 1 else _SEVERAL
