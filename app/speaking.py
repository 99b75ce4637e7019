"""Who speaks in a store, and how much."""

from __future__ import annotations

import pandas as pd

from app import cache
from emoanalytics import EmotionStore


def speakers(store: EmotionStore) -> pd.DataFrame:
    """One row a speaker, most clips first: ``speaker, clips, minutes, sessions, first, last``.

    Minutes are of clips, so where clips overlap they count twice; sessions and dates are missing where none is named.
    """
    rows = cache.rows(store, ("speaker", "session", "start_s", "end_s", "recorded_at"), None)
    known = rows[rows["speaker"].notna()]
    grouped = known.assign(length_s=known["end_s"] - known["start_s"]).groupby("speaker", sort=True)
    found = grouped.agg(
        clips=("length_s", "size"), seconds=("length_s", "sum"), sessions=("session", "nunique"),
        first=("recorded_at", "min"), last=("recorded_at", "max"),
    )  # fmt: skip
    found = (
        found.assign(minutes=found["seconds"] / 60).reset_index().sort_values("clips", ascending=False, kind="stable")
    )
    return found[["speaker", "clips", "minutes", "sessions", "first", "last"]].reset_index(drop=True)
