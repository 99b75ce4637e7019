"""One map as a chart: how it looks, what is marked on it, and what is selected on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import cache, chosen, colouring, state
from app.texts import say
from emoanalytics import EmotionStore, Map, Placed, figures, mark_clips

MOST_HOVERS, MOST_RINGS = 20_000, 2_000
NO_TOOLS = ["autoScale2d", "toImage", "zoomIn2d", "zoomOut2d"]  # a telephone has room for six


@dataclass(frozen=True)
class Look:
    """How maps are drawn.

    Attributes:
        colour: what they are coloured by, see `colouring.choices`.
        where: the filters as a condition; what does not pass is grey.
        shade: points not to be believed are faint.
        names: clusters stand on the map by name.
        simple: without WebGL: above 5,000 clips tiles, up to that SVG.
    """

    colour: str
    where: str | None
    shade: bool
    names: bool
    simple: bool

    @property
    def most(self) -> int:
        """Clips that are drawn one by one."""
        return figures.MOST_SVG if self.simple else figures.MOST_POINTS

    def text(self, store: EmotionStore, *drawn: Map) -> str:
        """All that decides how these maps are drawn, but what is marked on them."""
        windows = [str(chosen.window(each.key)) for each in drawn]
        keys = [each.key for each in drawn]
        return "|".join((store.fingerprint, *keys, *windows, repr(self), state.language()))


@dataclass(frozen=True)
class Selected:
    """What is selected on a chart.

    Attributes:
        ids: the clips.
        box: the last box that was drawn.
    """

    ids: list[str]
    box: chosen.Window | None


def draw(
    store: EmotionStore,
    drawn: Map,
    look: Look,
    key: str,
    marks: Sequence[str],
    placed: tuple[Placed, Sequence[str]] | None = None,
) -> Selected:
    """Draw a map.

    Args:
        store: holds its clips.
        drawn: the map.
        look: how.
        key: of the chart.
        marks: segment ids to put rings around.
        placed: clips from elsewhere that lie on it, and what they are called.

    Raises:
        EmoAnalyticsError: it cannot be coloured so, or has too many clips for three dimensions.
    """
    figure: Any = figures.map_figure(
        drawn,
        colouring.painted(store, drawn, look.colour, look.where),
        state.language(),
        hover=_hover(store),
        placed=None if placed is None else placed[0],
        placed_names=() if placed is None else placed[1],
        window=chosen.window(drawn.key),
        shade=look.shade,
        named=look.names and look.colour == colouring.CLUSTER,
        numbered=True,
        most=look.most,
    )
    event = st.plotly_chart(
        mark_clips(figure, drawn, marks[:MOST_RINGS], state.language(), numbered=True),
        key=key,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "displayModeBar": True, "modeBarButtonsToRemove": NO_TOOLS},
        alt=say("map_alt"),
    )
    box = chosen.box_of(event)
    if any(trace.type == "heatmap" for trace in figure.data):  # rings are points, but not all there are in a box
        return Selected([] if box is None else drawn.ids[_inside(drawn, box)].tolist(), box)
    return Selected(chosen.points_of(event, drawn.ids), box)


def _inside(drawn: Map, box: chosen.Window) -> np.ndarray:
    """(n,) bool: the points in a box; a chart of tiles knows no single clip."""
    x, y = drawn.coordinates.T
    return (x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3])


def _hover(store: EmotionStore) -> pd.DataFrame | None:
    """What is said at a point; of very many clips it would be too much to send."""
    if len(store) > MOST_HOVERS:
        return None
    rows = cache.rows(store, ("segment_id", "file", "speaker"), None)
    names = {"file": say("file"), "speaker": say("filter_speaker")}
    return rows.set_index("segment_id").rename(columns=names)
