"""A map of very many clips as a picture of tiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from emoanalytics.errors import StoreError
from emoanalytics.labels import Language
from emoanalytics.views.figures.colours import SCALE, Legend, scale_bar
from emoanalytics.views.figures.look import plotly
from emoanalytics.views.figures.words import said
from emoanalytics.views.maps.density import Tiles, Window, tiles
from emoanalytics.views.maps.map import Map

_SHADES = 6  # steps from few to many clips, of each colour
_PALEST = 0.35
_WORDS = {"clips": ("clips", "片段数"), "most": ("most of them", "其中最多")}


def tile_traces(drawn: Map, legend: Legend, language: Language | str, window: Window | None) -> list[Any]:
    """Counts, the most frequent category, or the mean number in each tile; counts on a logarithmic scale.

    Raises:
        StoreError: the map has three dimensions.
    """
    if drawn.dims != 2:
        raise StoreError(f"{len(drawn):,} clips are too many for a map with 3 dimensions: draw it with dims=2")
    if legend.numbers is not None:
        counted = tiles(drawn.coordinates, values=legend.numbers, window=window)
        bar = scale_bar(legend.title)
        means = counted.means
        texts = _texts(counted, ["" if m != m else f"{legend.title}: {m:.3g}" for m in _flat(means)], language)
        return [_heat(counted, means, texts, colorscale=SCALE, zmin=legend.span[0], zmax=legend.span[1], colorbar=bar)]
    if len(legend.names) == 1:
        counted = tiles(drawn.coordinates, window=window)
        most = max(int(counted.counts.max(initial=0)), 1)
        ticks = [10**i for i in range(len(str(most)))]
        bar = scale_bar(said(_WORDS, "clips", language))
        bar |= {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{t:,}" for t in ticks]}
        heights = np.full(counted.counts.shape, np.nan)
        np.log10(counted.counts, out=heights, where=counted.counts > 0)
        texts = _texts(counted, [""] * counted.counts.size, language)
        return [_heat(counted, heights, texts, colorscale=SCALE, zmin=0, zmax=max(np.log10(most), 1), colorbar=bar)]
    return _winning(drawn, legend, language, window)


def _winning(drawn: Map, legend: Legend, language: Language | str, window: Window | None) -> list[Any]:
    """Each tile in the colour of its most frequent category, the deeper the more clips it holds."""
    go = plotly()
    counted = tiles(drawn.coordinates, categories=legend.codes, window=window)
    winners = counted.winners
    assert winners is not None
    depth = np.log1p(counted.counts) / max(np.log1p(counted.counts.max(initial=0)), 1e-9)
    steps = np.minimum((depth * _SHADES).astype(int), _SHADES - 1)
    codes = np.where(winners >= 0, winners * _SHADES + steps, np.nan)
    size = len(legend.colours) * _SHADES
    stops = []
    for i in range(size):
        shade = _rgba(legend.colours[i // _SHADES], _PALEST + (1 - _PALEST) * (i % _SHADES) / (_SHADES - 1))
        stops += [(i / size, shade), ((i + 1) / size, shade)]
    most = said(_WORDS, "most", language)
    lines = ["" if w < 0 else f"{most}: {legend.names[w]}" for w in winners.ravel()]
    traces = [_heat(counted, codes, _texts(counted, lines, language), colorscale=stops, zmin=-0.5, zmax=size - 0.5)]
    traces[0].showscale = False
    shown = np.unique(winners[winners >= 0])
    for code in shown:
        marker = {"color": legend.colours[code], "symbol": "square", "size": 10}
        key = go.Scatter(x=[None], y=[None], mode="markers", name=legend.names[code], marker=marker, showlegend=True)
        traces.append(key)
    return traces


def _heat(counted: Tiles, heights: Any, texts: np.ndarray, **look: Any) -> Any:
    go = plotly()
    middles = [(edges[:-1] + edges[1:]) / 2 for edges in (counted.x, counted.y)]
    return go.Heatmap(
        x=middles[0],
        y=middles[1],
        z=np.asarray(heights, np.float32),
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        zsmooth=False,
        **look,
    )


def _texts(counted: Tiles, lines: list[str], language: Language | str) -> np.ndarray:
    clips = said(_WORDS, "clips", language)
    texts = [
        "" if not n else "<br>".join(x for x in (f"{clips}: {n:,}", line) if x)
        for n, line in zip(counted.counts.ravel().tolist(), lines, strict=True)
    ]
    return np.array(texts, object).reshape(counted.counts.shape)


def _flat(values: np.ndarray | None) -> list[float]:
    return [] if values is None else values.ravel().tolist()


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.2f})"
