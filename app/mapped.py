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
    whole = outlined(drawn)
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
        outlined=whole,
    )
    tiles = any(trace.type == "heatmap" for trace in figure.data)
    event = st.plotly_chart(
        mark_clips(figure, drawn, marks[:MOST_RINGS], state.language(), numbered=True),
        key=key,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "displayModeBar": True, "modeBarButtonsToRemove": NO_TOOLS, **_canvas(whole)},
        alt=say("map_alt"),
    )
    boxes = chosen.boxes_of(event)
    box = boxes[-1] if boxes else None
    if whole or tiles:  # rings are points, but not all there are within
        return Selected(_within(drawn, boxes, chosen.lassos_of(event)), box)
    return Selected(chosen.points_of(event, drawn.ids), box)


def outlined(drawn: Map) -> bool:
    """Whether so many clips are in view that a box or a lasso is told by its outline, and no clip by itself."""
    window = chosen.window(drawn.key)
    here = len(drawn) if window is None else len(_within(drawn, [window], []))
    return drawn.dims == 2 and here > MOST_HOVERS


def _canvas(many: bool) -> dict[str, float]:
    """How finely WebGL draws: Plotly's two pixels for one take a browser without hardware for it half as long again."""
    return {"plotGlPixelRatio": 1} if many else {}


def _within(drawn: Map, boxes: Sequence[chosen.Window], lassos: Sequence[chosen.Outline]) -> list[str]:
    """The clips in any of them; a chart that does not tell its clips apart knows only what was drawn on it."""
    x, y = drawn.coordinates.T
    found = np.zeros(len(drawn), bool)
    for x0, x1, y0, y1 in boxes:
        found |= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    for lasso in lassos:
        found |= drawn.inside(*lasso)
    ids: list[str] = drawn.ids[found].tolist()
    return ids


def _hover(store: EmotionStore) -> pd.DataFrame | None:
    """What is said at a point; of very many clips it would be too much to send."""
    if len(store) > MOST_HOVERS:
        return None
    rows = cache.rows(store, ("segment_id", "file", "speaker"), None)
    names = {"file": say("file"), "speaker": say("filter_speaker")}
    return rows.set_index("segment_id").rename(columns=names)
