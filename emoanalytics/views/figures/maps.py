"""Maps: a point a clip, or above 100,000 clips a tile for many; what should not be believed is faint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import Language
from emoanalytics.views.figures.centres import centre_names, within
from emoanalytics.views.figures.colours import Legend, legend_of
from emoanalytics.views.figures.look import EDGE, plotly
from emoanalytics.views.figures.tiles import tile_traces
from emoanalytics.views.figures.words import plain, said
from emoanalytics.views.maps.density import Window
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.painting import Paint
from emoanalytics.views.maps.placing import Placed

MOST_POINTS = 100_000
_FAINT, _CLEAR = 0.18, 0.85
_WORDS = {
    "kept": ("{k} neighbours: {share} % kept", "{k} 个近邻：保留 {share}%"),
    "faint": ("faint: not to be believed ({share} %)", "浅色：不可信（{share}%）"),
    "placed": ("new clips", "新片段"),
    "component": ("component {i} ({share} %)", "主成分 {i}（{share}%）"),
}
_NAMES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}


def map_figure(
    drawn: Map,
    paint: Paint | None = None,
    language: Language | str = Language.EN,
    *,
    hover: pd.DataFrame | None = None,
    placed: Placed | None = None,
    placed_names: Sequence[str] = (),
    window: Window | None = None,
    shade: bool = True,
    named: bool = False,
    numbered: bool = False,
    most: int | None = None,
    outlined: bool = False,
    height: int = 560,
) -> Any:
    """A map, coloured; every point carries its segment id as ``customdata``, so that a lasso gives ids.

    Up to 100,000 clips (in the window) are drawn one by one, more as tiles that count them.

    Args:
        drawn: the map.
        paint: what to colour it by; None: nothing.
        language: of the texts.
        hover: texts shown at a point, one column each, indexed by segment id, e.g. file and speaker.
        placed: further clips, drawn as diamonds.
        placed_names: what to call each of those, in the order they were placed.
        window: ``x0, x1, y0, y1``: only this part of a flat map, counted afresh.
        shade: clips whose place should not be believed are faint.
        named: the most frequent categories stand on a flat map by name, each at a clip in its middle.
        numbered: ``customdata`` is the row number of the clip on the map instead of its id: 4 bytes instead of 32.
        most: clips that are drawn one by one; None: 100,000.
        outlined: on a flat map a plane above the clips takes the mouse: what is selected is a box or a lasso, never a
            clip, and clips say nothing and carry no ``customdata``. Among 100,000 clips a browser takes a second for
            each move of a lasso to find those inside.
        height: in pixels.

    Raises:
        MissingExtraError: Plotly is not installed.
        StoreError: more clips than that on a map of three dimensions, or the window is empty.
    """
    go = plotly()
    figure = go.Figure()
    legend = legend_of(paint, drawn.ids, language)
    outlined = outlined and drawn.dims == 2
    settings: dict[str, Any] = {"hover": hover, "shade": shade, "window": window, "most": most}
    settings |= {"numbered": numbered, "outlined": outlined}
    for trace in _traces(drawn, legend, language, **settings):
        figure.add_trace(trace)
    if placed is not None and len(placed):
        figure.add_trace(_diamonds(placed, placed_names, language, drawn.dims))
    _framed(figure, height, legend)
    _axes(figure, drawn, language, window)
    if outlined and not any(trace.type == "heatmap" for trace in figure.data):
        _plane(figure, window)
    if named and paint is not None and drawn.dims == 2:
        for name in centre_names(drawn, paint, window):
            figure.add_annotation(name)
    return figure.update_layout(title=_title(_headline(drawn, language)))


def map_pair(
    first: Map,
    second: Map,
    paint: Paint | None = None,
    language: Language | str = Language.EN,
    *,
    names: tuple[str, str] = ("", ""),
    stacked: bool = False,
    hover: pd.DataFrame | None = None,
    shade: bool = True,
    height: int = 560,
) -> Any:
    """Two flat maps beside each other, one legend: a click on it acts on both.

    Args:
        first: the one that stays, as ``align`` has it.
        second: the one that was laid over it: ``align(...).map``.
        paint: what to colour both by.
        language: of the texts.
        names: written over the maps, e.g. the encoders or dates.
        stacked: one above the other, for narrow pages; each then has the height.
        hover: texts shown at a point.
        shade: clips whose place should not be believed are faint.
        height: in pixels.

    Raises:
        ValueError: a map has three dimensions.
    """
    if {first.dims, second.dims} != {2}:
        raise ValueError("only flat maps stand beside each other")
    from plotly.subplots import make_subplots

    plotly()
    titles = [
        " · ".join(x for x in (plain(name), _headline(drawn, language)) if x)
        for name, drawn in zip(names, (first, second), strict=True)
    ]
    shape = {"rows": 2, "cols": 1} if stacked else {"rows": 1, "cols": 2}
    gaps = {"vertical_spacing": 0.08, "horizontal_spacing": 0.04}
    figure = make_subplots(**shape, subplot_titles=titles, **gaps)
    legend = legend_of(paint, first.ids.append(second.ids.difference(first.ids)), language)
    for i, drawn in enumerate((first, second)):
        own = legend.of(drawn.ids)
        for trace in _traces(drawn, own, language, hover=hover, shade=shade):
            if i:
                trace.update(showlegend=False)
                if trace.type in ("scatter", "scattergl") and trace.marker.showscale:
                    trace.marker.showscale = False
            figure.add_trace(trace, row=1 + i * stacked, col=1 + i * (not stacked))
    _framed(figure, height * (2 if stacked else 1), legend)
    for i in (1, 2):
        _flat(figure, i, None)
    figure.update_annotations(font_size=13)
    return figure.update_layout(margin_t=34)


def _traces(
    drawn: Map,
    legend: Legend,
    language: Language | str,
    *,
    hover: pd.DataFrame | None,
    shade: bool,
    window: Window | None = None,
    numbered: bool = False,
    most: int | None = None,
    outlined: bool = False,
) -> list[Any]:
    shown = within(drawn.coordinates, window)
    if shown.sum() > (MOST_POINTS if most is None else most):
        return tile_traces(drawn, legend, language, window)
    doubtful = drawn.trust.doubtful & shade
    traces = []
    for part, colour in legend.parts():
        for faint in (False, True):
            rows = np.flatnonzero(part & shown & (doubtful == faint))
            if len(rows) or not faint:
                told: dict[str, Any] = (
                    {"hoverinfo": "skip"} if outlined else _told(drawn.ids[rows], rows, legend, colour, hover)
                )
                if not outlined:
                    told["customdata"] = rows.astype(np.int32) if numbered else drawn.ids[rows].to_numpy(object)
                traces.append(_points(drawn, rows, legend, colour, faint).update(told))
    if doubtful.any():
        percent = 100 * float(doubtful.mean())
        share = f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
        traces.append(_key(said(_WORDS, "faint", language).format(share=share), EDGE, drawn.dims, _FAINT * 2))
    return traces


def _points(drawn: Map, rows: np.ndarray, legend: Legend, colour: int, faint: bool) -> Any:
    """One trace: the clips of one colour that are believed, or those that are not."""
    go = plotly()
    places, name = drawn.coordinates[rows], legend.names[colour]
    marker: dict[str, Any] = {"size": _size(len(drawn), drawn.dims), **legend.marker(colour, rows)}
    if not isinstance(marker["color"], str):
        marker["color"] = marker["color"].astype(np.float32)
    if faint:
        marker.pop("colorbar", None)
        marker["showscale"] = False
    common = {
        "mode": "markers",
        "name": name,
        "legendgroup": name,
        "showlegend": bool(name) and not faint,
        "opacity": _FAINT if faint else _CLEAR,
        "marker": marker,
    }
    if drawn.dims == 3:
        return go.Scatter3d(x=places[:, 0], y=places[:, 1], z=places[:, 2], **common)
    # What the lasso leaves out stays visible: by default it would be as faint as what should not be believed.
    return go.Scattergl(x=places[:, 0], y=places[:, 1], unselected={"marker": {"opacity": 0.3}}, **common)


def _told(ids: pd.Index, rows: np.ndarray, legend: Legend, colour: int, hover: pd.DataFrame | None) -> dict[str, Any]:
    """What is said at a point; once a trace where that is enough, since a text a point is most of a large figure."""
    if hover is not None:
        lines = zip(legend.texts(colour, rows), _hovers(hover, ids), strict=True)
        return {"text": [f"{a}<br>{b}" if a else b for a, b in lines], "hovertemplate": "%{text}<extra></extra>"}
    if legend.numbers is not None and not colour:
        title = legend.title.replace("%{", "%&#123;")  # a name of the corpus, not a place for a value
        return {"hovertemplate": f"{title}: %{{marker.color:.3g}}<extra></extra>"}
    return {"text": legend.names[colour], "hovertemplate": "%{text}<extra></extra>"}


def _hovers(hover: pd.DataFrame, ids: pd.Index) -> list[str]:
    rows = hover.reindex(ids)
    columns = [
        ["" if pd.isna(value) else f"{plain(str(name))}: {plain(str(value))}" for value in rows[name]] for name in rows
    ]
    return ["<br>".join(x for x in lines if x) for lines in zip(*columns, strict=True)]


def _plane(figure: Any, window: Window | None) -> None:
    """Lay a plane with the same axes over the points, so that the mouse finds only what is on it: clips placed anew."""
    go, above = plotly(), {"xaxis": "x2", "yaxis": "y2"}
    figure.update_traces(above, {"marker_symbol": "diamond"})
    figure.add_trace(go.Scatter(x=[None], y=[None], **above, hoverinfo="skip", showlegend=False))
    fit = {"visible": False, "constrain": "range" if window is None else "domain"}
    x, y = (None, None) if window is None else (list(window[:2]), list(window[2:]))
    figure.update_layout(
        xaxis2={**fit, "range": x, "matches": "x", "anchor": "y2"},
        yaxis2={**fit, "range": y, "matches": "y", "anchor": "x2"},
    )


def _diamonds(placed: Placed, names: Sequence[str], language: Language | str, dims: int) -> Any:
    go = plotly()
    places = placed.coordinates
    edge = {"color": "#000000", "width": 1.5}
    marker = {"symbol": "diamond", "size": 6 if dims == 3 else 12, "color": "#f0e442", "line": edge}
    name = said(_WORDS, "placed", language)
    common: dict[str, Any] = {"mode": "markers", "name": name, "marker": marker, "showlegend": True}
    common["hovertemplate"] = f"{name}<extra></extra>"
    if names:
        common |= {"text": [plain(x) for x in names], "hovertemplate": f"{name}<br>%{{text}}<extra></extra>"}
    if placed.ids is not None:
        common["customdata"] = placed.ids.to_numpy(object)
    if dims == 3:
        return go.Scatter3d(x=places[:, 0], y=places[:, 1], z=places[:, 2], **common)
    return go.Scatter(x=places[:, 0], y=places[:, 1], **common)


def _key(name: str, colour: str, dims: int, opacity: float) -> Any:
    """An entry of the legend without points."""
    go = plotly()
    common = {"mode": "markers", "name": name, "showlegend": True, "opacity": opacity, "marker": {"color": colour}}
    return (
        go.Scatter3d(x=[None], y=[None], z=[None], **common) if dims == 3 else go.Scatter(x=[None], y=[None], **common)
    )


def _size(n: int, dims: int) -> float:
    """Points so large that few are seen and many do not cover each other."""
    return float(np.clip(22 / max(n, 1) ** 0.2, 2.5, 9)) * (0.6 if dims == 3 else 1)


def _headline(drawn: Map, language: Language | str) -> str:
    name = _NAMES[str(drawn.drawn_by)]
    if drawn.trust.share_kept is None:
        return name
    share = f"{100 * drawn.trust.share_kept:.0f}"
    return f"{name} · " + said(_WORDS, "kept", language).format(k=drawn.trust.k, share=share)


def _title(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yanchor": "top",
        "pad": {"t": 8},
        "font": {"size": 14},
    }


def _framed(figure: Any, height: int, legend: Legend) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode="pan",
        hoverlabel={"align": "left"},
        legend={
            "orientation": "h",
            "itemsizing": "constant",
            "y": -0.02 if legend.numbers is None else -0.17,  # below the scale
            "yanchor": "top",
            "x": 0,
            "title": {"text": legend.title if legend.numbers is None else "", "side": "top"},
            "bgcolor": "rgba(0,0,0,0)",
        },
    )


def _axes(figure: Any, drawn: Map, language: Language | str, window: Window | None) -> None:
    names = [""] * drawn.dims
    if drawn.components is not None:
        template = said(_WORDS, "component", language)
        shares = drawn.components.explained
        names = [template.format(i=i + 1, share=f"{100 * x:.0f}") for i, x in enumerate(shares)]
    if drawn.dims == 3:
        axis = {
            "showticklabels": False,
            "showbackground": False,
            "gridcolor": "rgba(127,140,150,0.3)",
            "zeroline": False,
        }
        keys = ("xaxis", "yaxis", "zaxis")
        scene: dict[str, Any] = {key: {**axis, "title": {"text": name}} for key, name in zip(keys, names, strict=True)}
        figure.update_layout(scene={**scene, "aspectmode": "data"})
        return
    _flat(figure, 1, window)
    if drawn.components is not None:  # inside the frame: below it stand the scale and the legend
        common = {"xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 12}}
        figure.add_annotation(text=f"{names[0]} →", x=1, y=0, xanchor="right", yanchor="bottom", **common)
        figure.add_annotation(text=f"↑ {names[1]}", x=0, y=1, xanchor="left", yanchor="top", **common)


def _flat(figure: Any, number: int, window: Window | None) -> None:
    """Axes without numbers, since they have no unit, and as many pixels to the right as upwards.

    A window keeps its shape: a wider one would show empty places where clips are.
    """
    end = "" if number == 1 else str(number)
    plain_axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    plain_axis |= {"showline": True, "linecolor": EDGE, "mirror": True}
    fit = "range" if window is None else "domain"
    x, y = (None, None) if window is None else (list(window[:2]), list(window[2:]))
    figure.update_layout(
        {
            f"xaxis{end}": {**plain_axis, "range": x, "constrain": fit},
            f"yaxis{end}": {**plain_axis, "range": y, "scaleanchor": f"x{end}", "constrain": fit},
        }
    )
