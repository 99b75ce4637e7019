"""What was found, as a table to keep."""

from __future__ import annotations

import pandas as pd

from emoanalytics import SearchResult


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
