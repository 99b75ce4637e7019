"""Marks on a map: rings around some clips, drawn over whatever the map is coloured by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import Language
from emoanalytics.views.figures.look import ACCENT, EDGE, plotly
from emoanalytics.views.figures.words import said
from emoanalytics.views.maps import Map

_WORDS = {"chosen": ("chosen ({n})", "选中（{n}）")}
_RING = "#e0218a"  # none of the emotions' colours; reads on white and on black
_FEW = 50
MOST_SVG = 5_000  # points that a browser without WebGL still moves smoothly


def mark_clips(
    figure: Any, drawn: Map, ids: Sequence[str], language: Language | str = Language.EN, *, numbered: bool = False
) -> Any:
    """A map with rings around some of its clips, in a form that needs no WebGL where few are drawn.

    Args:
        figure: of `map_figure`; it is not changed.
        drawn: the map it shows.
        ids: the clips; those that are not on the map are left out.
        language: of the texts.
        numbered: the rings carry row numbers as ``customdata``, as `map_figure` has it.

    Returns:
        A ``plotly.graph_objects.Figure``. Up to 5,000 points of a flat map are drawn as SVG, which every browser can.
    """
    go = plotly()
    points = sum(len(trace.x) for trace in figure.data if trace.type in ("scatter", "scattergl"))
    kind = go.Scatter if points <= MOST_SVG else go.Scattergl
    traces = [_as(kind, trace) for trace in figure.data]
    rows = drawn.ids.get_indexer(pd.Index(list(dict.fromkeys(ids)), dtype=drawn.ids.dtype))
    rows = rows[rows >= 0]
    if len(rows):
        traces.append(_rings(drawn, rows, language, kind).update(customdata=_data(drawn, rows, numbered)))
    # Streamlit gives the bar of tools a dark ground, on which its icons cannot be told apart.
    # Upright it leaves the title free on a narrow screen.
    bar = {"bgcolor": "rgba(0,0,0,0)", "color": EDGE, "activecolor": ACCENT, "orientation": "v"}
    tiles = any(trace.type == "heatmap" for trace in traces)  # a lasso finds no points on them; a box has its ends
    marked = go.Figure(traces, figure.layout).update_layout(modebar=bar)
    return marked if drawn.dims == 3 else marked.update_layout(dragmode="select" if tiles else "lasso")


def _rings(drawn: Map, rows: np.ndarray, language: Language | str, kind: Any) -> Any:
    go = plotly()
    places = drawn.coordinates[rows]
    size, width = (13, 2.5) if len(rows) <= _FEW else (9, 1.2)  # many rings would hide the colours
    marker = {"symbol": "circle-open", "size": size, "color": _RING, "line": {"width": width}}
    common: dict[str, Any] = {
        "mode": "markers",
        "name": said(_WORDS, "chosen", language).format(n=f"{len(rows):,}"),
        "marker": marker,
    }
    common |= {"hoverinfo": "skip", "showlegend": True}
    if drawn.dims == 3:
        return go.Scatter3d(x=places[:, 0], y=places[:, 1], z=places[:, 2], **common)
    return kind(x=places[:, 0], y=places[:, 1], unselected={"marker": {"opacity": 1}}, **common)


def _data(drawn: Map, rows: np.ndarray, numbered: bool) -> np.ndarray:
    return rows.astype(np.int32) if numbered else drawn.ids[rows].to_numpy(object)


def _as(kind: Any, trace: Any) -> Any:
    """The same points drawn in another way; what is neither is left as it is."""
    if trace.type not in ("scatter", "scattergl"):
        return trace
    return kind({key: value for key, value in trace.to_plotly_json().items() if key != "type"})
