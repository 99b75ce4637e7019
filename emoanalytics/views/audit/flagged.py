"""Clips with quality flags, listed by flag."""

from __future__ import annotations

from emoanalytics.audio.quality import Flag
from emoanalytics.store.store import EmotionStore


def flagged(store: EmotionStore) -> dict[str, list[str]]:
    """Segment ids with each quality flag that occurs, in the order of the store; flags in the order of ``Flag``."""
    rows = store.segments(["segment_id", "flags"]).explode("flags").dropna(subset=["flags"])
    names = [str(f) for f in Flag] + sorted(set(rows["flags"]) - {str(f) for f in Flag})
    lists = {name: rows.loc[rows["flags"] == name, "segment_id"].tolist() for name in names}
    return {name: ids for name, ids in lists.items() if ids}
