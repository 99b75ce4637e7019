"""Which rows the Segments page shows: the filters as one SQL condition, and the columns of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from app import cache
from app.state import Key
from emoanalytics import EMOTIONS, EmotionStore

ROWS_A_PAGE = 50
BASE = (
    "segment_id", "file", "start_s", "end_s", "channel", "speaker", "session", "recorded_at", "role", "language",
    "emotion_given", "text", "flags", "level_dbfs", "snr_db",
)  # fmt: skip
# What a filter of values asks, by the name it has in a link.
VALUE_COLUMNS = {
    Key.SPEAKER: "speaker",
    Key.SESSION: "session",
    Key.SPOKEN: "language",
    Key.ROLE: "role",
    Key.GIVEN: "emotion_given",
}


@dataclass(frozen=True)
class Filters:
    """What is asked of the rows.

    Attributes:
        values: column -> values of which a row has one.
        flags: quality flags of which a row has one.
        top: labels of which a row's highest score is one.
        search: text to find in what was said or in the file name.
        condition: one SQL condition of the user's.
        ids: the only rows to be shown, whatever else passes; None: no such wish.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Sequence[str] = ()
    top: Sequence[str] = ()
    search: str = ""
    condition: str = ""
    ids: Sequence[str] | None = None

    def where(self, labels: Sequence[str]) -> str | None:
        """All of it as one condition; None: every row.

        Args:
            labels: the labels a row may score highest in.

        >>> Filters({"speaker": ["o'neil"]}, flags=["silent"]).where([])
        "(speaker IN ('o''neil')) AND (list_contains(flags, 'silent'))"
        """
        asked = [f"{column} IN ({', '.join(map(quoted, found))})" for column, found in self.values.items() if found]
        if self.flags:
            asked.append(" OR ".join(f"list_contains(flags, {quoted(flag)})" for flag in self.flags))
        if self.top:
            highest = f"greatest({', '.join(map(_score, labels))})"
            asked.append(" OR ".join(f"{_score(label)} = {highest}" for label in self.top))
        if self.search.strip():
            sought = f"lower({quoted(self.search.strip())})"
            asked.append(f"contains(lower(coalesce(text, '')), {sought}) OR contains(lower(file), {sought})")
        if self.ids is not None:
            asked.append(f"segment_id IN ({', '.join(map(quoted, self.ids))})" if self.ids else "FALSE")
        if self.condition.strip():
            asked.append(f"\n{self.condition}\n")
        return " AND ".join(f"({part})" for part in asked) or None


def labels_of(store: EmotionStore) -> tuple[str, ...]:
    """The nine, then what else the store's head tells apart."""
    nine = tuple(e.id for e in EMOTIONS)
    return (*nine, *(label for label in store.info.labels if label not in nine))


def where(store: EmotionStore, filters: Filters) -> str | None:
    """The filters as one condition that is known to be understood; None: every row.

    Raises:
        StoreError: the user's condition is not understood.
    """
    if filters.condition.strip():
        cache.rows(store, ("segment_id",), filters.condition)  # alone, so that a complaint quotes what was typed
    return filters.where(labels_of(store))


def select(store: EmotionStore, filters: Filters) -> pd.DataFrame:
    """The rows that pass, in the order of the store, with the label that scores highest.

    Raises:
        StoreError: the user's condition is not understood.
    """
    labels = labels_of(store)
    scores = tuple(f"score_{label}" for label in labels)
    return with_top(cache.rows(store, (*BASE, *scores), where(store, filters)), labels)


def by_ids(store: EmotionStore, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the store that these ids name, in this order.

    Each has ``top``, the label that scores highest, ``top_score``, and ``calibrated``: whether that score may be called
    so.
    """
    known = [key for key in dict.fromkeys(keys) if key.isalnum()]
    if not known:
        return []
    labels = labels_of(store)
    scores = tuple(f"score_{label}" for label in labels)
    rows = with_top(cache.rows(store, (*BASE, *scores), f"segment_id IN ({', '.join(map(quoted, known))})"), labels)
    calibrated = cache.calibrated(store)
    found = {
        row["segment_id"]: {str(k): v for k, v in row.items()} | {"calibrated": calibrated}
        for row in rows.to_dict("records")
    }
    return [found[key] for key in known if key in found]


def with_top(rows: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The rows with ``top``, the label that scores highest (missing without scores), and ``top_score``."""
    names = [f"score_{label}" for label in labels]
    scores = rows[names].to_numpy("float64", na_value=float("nan"))
    known = pd.Series((scores == scores).any(axis=1), index=rows.index)
    filled = pd.DataFrame(scores, index=rows.index, columns=list(labels)).fillna(-1.0)
    if not len(filled):
        return rows.assign(top=pd.Series(dtype="object"), top_score=pd.Series(dtype="float64"))
    return rows.assign(
        top=filled.idxmax(axis=1).astype("object").where(known, None), top_score=filled.max(axis=1).where(known)
    )


def ordered(rows: pd.DataFrame, by: str | None, *, down: bool) -> pd.DataFrame:
    """Sorted by a column, rows without a value last; equal ones keep the order of the store."""
    return rows if by is None else rows.sort_values(by, ascending=not down, kind="stable", na_position="last")


def page_of(rows: pd.DataFrame, page: int) -> tuple[pd.DataFrame, int, int]:
    """One page of the rows, its number (moved into range) and how many there are."""
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    number = min(max(1, page), pages)
    return rows.iloc[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE], number, pages


def scores_of(row: Mapping[str, Any], labels: Sequence[str]) -> dict[str, float | None]:
    """The scores of a row, None where there is none."""
    return {label: None if pd.isna(row[f"score_{label}"]) else float(row[f"score_{label}"]) for label in labels}


def quoted(value: str) -> str:
    """A value as it stands in a condition."""
    return "'" + value.replace("'", "''") + "'"


def _score(label: str) -> str:
    return '"score_' + label.replace('"', '""') + '"'
