"""What was found or chosen, as a table to keep."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emoanalytics import EmotionStore, Map, SearchResult


def table(found: SearchResult) -> pd.DataFrame:
    """The hits, one a row, with what each part of the query adds."""
    rows = []
    for hit in found.hits:
        row = hit.as_json()
        for match in row.pop("matches"):
            row[f"{match['part']} {match['name']}"] = match["share"]
        row["model_score"] = row.pop("confidence")
        rows.append({**row, "space": str(found.space)})
    return pd.DataFrame(rows)


def placed(store: EmotionStore, drawn: Map, rows: np.ndarray) -> pd.DataFrame:
    """All columns of the chosen clips, and where they lie on the map.

    Args:
        store: holds them, in the order of the map.
        drawn: the map.
        rows: numbers of the clips on it, ascending.
    """
    table = store.table(None).iloc[rows]
    placed = drawn.table().iloc[rows].drop(columns="segment_id")
    whole = pd.concat([table.reset_index(drop=True), placed.reset_index(drop=True)], axis=1)
    return whole.assign(flags=whole["flags"].map(" ".join), map=str(drawn.drawn_by), space=str(drawn.space))
