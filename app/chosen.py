"""The clips that are chosen: lassoed on the map, found by a search, or named by a link. The choice travels.

A chart forgets its lasso whenever it is drawn anew, so what was chosen is kept here; what came from elsewhere is marked
on the chart, and what was lassoed on it is not, since that would draw it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.state import Key
from emoanalytics import EmoAnalyticsError, EmotionStore, Selections

LIST = "chosen"  # tag of the list of what is chosen
Window = tuple[float, float, float, float]
Outline = tuple[list[float], list[float]]


def ids(store: EmotionStore) -> list[str]:
    """The chosen clips, each once."""
    few: list[str] = st.session_state.get(Key.CHOSEN, [])
    if few:
        return list(dict.fromkeys(few))
    key = str(st.session_state.get(Key.SELECTION) or "")
    return list(_kept(store, key) or ()) if key else []


def gone(store: EmotionStore) -> bool:
    """Whether a link names a choice that is not kept beside this store."""
    key = str(st.session_state.get(Key.SELECTION) or "")
    return bool(key) and not st.session_state.get(Key.CHOSEN) and _kept(store, key) is None


def choose(store: EmotionStore, keys: Sequence[str]) -> None:
    """Choose these, and no others. Many are kept beside the store, so that a link can name them by a key."""
    many = list(dict.fromkeys(keys))
    for key in (Key.SELECTION, Key.KEPT):
        st.session_state.pop(key, None)
    st.session_state[Key.PAGES] = {k: v for k, v in st.session_state.get(Key.PAGES, {}).items() if k != LIST}
    st.session_state[Key.CHOSEN] = many
    if len(many) <= state.MOST_LINKED:
        return
    try:
        name = Selections(store.path).keep(many)
    except EmoAnalyticsError:  # a store that cannot be written: this session knows the choice, a link will not
        return
    st.session_state[Key.CHOSEN], st.session_state[Key.SELECTION] = [], name
    st.session_state[Key.KEPT] = (str(store.path), name, tuple(many))


def _kept(store: EmotionStore, key: str) -> tuple[str, ...] | None:
    """The ids of a key, read once."""
    held: tuple[str, str, tuple[str, ...] | None] | None = st.session_state.get(Key.KEPT)
    if held is None or held[:2] != (str(store.path), key):
        held = (str(store.path), key, Selections(store.path).find(key))
        st.session_state[Key.KEPT] = held
    return held[2]


def clear(store: EmotionStore) -> None:
    """Choose none; the chart is a new one, without the lasso of the old."""
    choose(store, [])
    st.session_state.pop(Key.ONLY, None)
    redraw()


def redraw() -> None:
    """The chart is a new one: the browser has no lasso on it."""
    st.session_state[Key.CHART] = st.session_state.get(Key.CHART, 0) + 1


def chart() -> str:
    """The key of the chart that is lassoed."""
    return f"map_{st.session_state.get(Key.CHART, 0)}"


def marked(store: EmotionStore, chart: str, looks: str) -> list[str]:
    """What to mark on a chart: what was chosen before it was drawn, or elsewhere.

    Args:
        store: the store.
        chart: key of the chart.
        looks: what decides how it is drawn, in one text.
    """
    before: dict[str, Any] = st.session_state.get(Key.MARKED, {})
    stands = before.get("looks") == looks and chart in st.session_state
    here = ids(store)
    if not stands or here not in (before["lassoed"], before["marks"]):
        before = {"looks": looks, "marks": here, "lassoed": []}
    st.session_state[Key.MARKED] = before
    return list(before["marks"])


def lasso(store: EmotionStore, points: Sequence[str]) -> None:
    """Take over what is selected on the chart that `marked` was asked for.

    Args:
        store: the store.
        points: segment ids; none: nothing is selected on it.
    """
    before = st.session_state[Key.MARKED]
    if list(points) != before["lassoed"]:
        before["lassoed"] = list(points)
        choose(store, points or before["marks"])


def points_of(event: Mapping[str, Any], ids: pd.Index) -> list[str]:
    """The segment ids of a selection on a chart whose points carry row numbers.

    Args:
        event: what the browser says.
        ids: of the rows.
    """
    rows = []
    for point in event.get("selection", {}).get("points", []):
        data = point.get("customdata")
        row = data[0] if isinstance(data, list | tuple) and data else data
        if isinstance(row, int | float) and 0 <= row < len(ids):
            rows.append(int(row))
    return ids[list(dict.fromkeys(rows))].tolist()


def boxes_of(event: Mapping[str, Any]) -> list[Window]:
    """The boxes drawn on a chart, the last one last."""
    found = []
    for box in event.get("selection", {}).get("box", []):
        (x0, x1), (y0, y1) = (sorted(map(float, box[axis])) for axis in ("x", "y"))
        if x0 < x1 and y0 < y1:
            found.append((x0, x1, y0, y1))
    return found


def lassos_of(event: Mapping[str, Any]) -> list[Outline]:
    """The lassos drawn on a chart, each by its corners."""
    drawn = (
        [list(map(float, one[axis])) for axis in ("x", "y")] for one in event.get("selection", {}).get("lasso", [])
    )
    return [(x, y) for x, y in drawn if len(x) == len(y) > 2 and np.isfinite([x, y]).all()]


def window(drawn: str) -> Window | None:
    """The part of a map that is shown; None: all of it.

    Args:
        drawn: key of the map.
    """
    held: tuple[str, Window] | None = st.session_state.get(Key.WINDOW)
    return held[1] if held is not None and held[0] == drawn else None


def zoom(drawn: str, box: Window | None) -> None:
    """Show this part of a map; None: all of it."""
    st.session_state[Key.WINDOW] = None if box is None else (drawn, box)
