"""The names of categories, each written on a map at a clip in the middle of its clips."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.views.figures.look import EDGE
from emoanalytics.views.figures.words import plain
from emoanalytics.views.maps.density import Window
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.painting import Paint, PaintKind

_MOST, _WIDTH, _LINES = 12, 18, 2
_GROUND = "rgba(255,255,255,0.8)"  # pages with a dark ground give it another


def centre_names(drawn: Map, paint: Paint, window: Window | None = None) -> list[dict[str, Any]]:
    """Annotations with the names of the most frequent categories; none where the colours are numbers.

    A name stands at the clip nearest to the median of its clips: the median itself may lie where none is.

    Args:
        drawn: a flat map.
        paint: what it is coloured by.
        window: only clips in it count.
    """
    if paint.kind is PaintKind.NUMBER:
        return []
    values, here = paint.of(drawn.ids), within(drawn.coordinates, window)
    counts = pd.Series(values[here], dtype=object).value_counts()
    order = sorted(counts.index, key=lambda value: (-int(counts[value]), str(value)))[:_MOST]
    return [_name(str(value), drawn.coordinates[here & (values == value)]) for value in order]


def within(coordinates: np.ndarray, window: Window | None) -> np.ndarray:
    """(n,) bool: the points of a window, all where there is none."""
    if window is None:
        return np.ones(len(coordinates), bool)
    x, y = coordinates[:, 0], coordinates[:, 1]
    return (x >= window[0]) & (x <= window[1]) & (y >= window[2]) & (y <= window[3])


def _is_wide(text: str) -> bool:
    """Whether its characters are as wide as two, as Chinese ones are."""
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def _name(value: str, places: np.ndarray) -> dict[str, Any]:
    x, y = places[np.linalg.norm(places - np.median(places, axis=0), axis=1).argmin()].tolist()
    lines = textwrap.wrap(value, _WIDTH // 2 if _is_wide(value) else _WIDTH)
    shown = lines[:_LINES] if len(lines) <= _LINES else [*lines[: _LINES - 1], f"{lines[_LINES - 1]}…"]
    text = "<br>".join(plain(line) for line in shown)  # the legend says it in full
    look = {"showarrow": False, "bgcolor": _GROUND, "bordercolor": EDGE, "borderpad": 2, "font": {"size": 12}}
    return {"x": x, "y": y, "text": text, "captureevents": False, **look}
