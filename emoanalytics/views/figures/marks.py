"""Marks on a map: rings around some clips, drawn over whatever the map is coloured by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from emoanalytics.labels import Language
from emoanalytics.views.figures.look import ACCENT, EDGE, plotly
from emoanalytics.views.figures.words import said
from emoanalytics.views.maps import Map

_WORDS = {"chosen": ("chosen ({n})", "选中（{n}）")}
_RING = "#e0218a"  # none of the emotions' colours; reads on white and on black
MOST_SVG = 5_000  # points that a browser without WebGL still moves smoothly


def mark_clips(figure: Any, drawn: Map, ids: Sequence[str], language: Language | str = Language.EN) -> Any:
    """A flat map with rings around some of its clips, in a form that needs no WebGL where there are few clips.

    Args:
        figure: of `map_figure`; it is not changed.
        drawn: the map it shows.
        ids: the clips; those that are not on the map are left out.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``. Up to 5,000 points are drawn as SVG, which every browser can.
    """
    go = plotly()
    kind = go.Scatter if len(drawn) <= MOST_SVG else go.Scattergl
    traces = [_as(kind, trace) for trace in figure.data]
    rows = drawn.ids.get_indexer(pd.Index(list(dict.fromkeys(ids)), dtype=drawn.ids.dtype))
    rows = rows[rows >= 0]
    if len(rows):
        traces.append(
            kind(
                x=drawn.coordinates[rows, 0],
                y=drawn.coordinates[rows, 1],
                mode="markers",
                name=said(_WORDS, "chosen", language).format(n=f"{len(rows):,}"),
                customdata=drawn.ids[rows].to_numpy(object),
                marker={"symbol": "circle-open", "size": 13, "color": _RING, "line": {"width": 2.5}},
                unselected={"marker": {"opacity": 1}},
                hoverinfo="skip",
                showlegend=True,
            )
        )
    # Streamlit gives the bar of tools a dark ground, on which its icons cannot be told apart.
    bar = {"bgcolor": "rgba(0,0,0,0)", "color": EDGE, "activecolor": ACCENT}
    tiles = any(trace.type == "heatmap" for trace in traces)  # a lasso finds no points on them; a box has its ends
    return go.Figure(traces, figure.layout).update_layout(modebar=bar, dragmode="select" if tiles else "lasso")


def _as(kind: Any, trace: Any) -> Any:
    """The same points drawn in another way; what is neither is left as it is."""
    if trace.type not in ("scatter", "scattergl"):
        return trace
    return kind({key: value for key, value in trace.to_plotly_json().items() if key != "type"})
