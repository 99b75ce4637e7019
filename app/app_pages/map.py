"""Map: where the clips lie, how far that can be believed, and what lies within a lasso."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from app import (
    beside,
    cache,
    chosen,
    colouring,
    filters,
    mapped,
    paged,
    parts,
    placing,
    results,
    selection,
    state,
    stores,
)
from app.beside import METHODS, Second
from app.mapped import Look
from app.placing import OnMap
from app.state import Key
from app.texts import plain, say
from emoanalytics import Alignment, EmoAnalyticsError, EmotionStore, Map, MapMethod, figures

METHOD_TEXTS = {MapMethod.UMAP: "map_umap", MapMethod.TSNE: "map_tsne", MapMethod.PCA: "map_pca"}
DIMS = ("2", "3")


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn.

    Attributes:
        method: of the map.
        dims: 2 or 3.
        second: the map beside it.
        look: of both.
    """

    method: MapMethod
    dims: int
    second: Second | None
    look: Look


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    wanted = _ask(store)
    if wanted is None:
        return
    charts = st.container()
    clips = placing.ask(store)
    try:
        with charts:
            with parts.progress() as progress:
                drawn = cache.geometry(store, parts.space_now()).map(wanted.method, progress, dims=wanted.dims)
            there = placing.on_map(store, drawn, clips)
            found = None if wanted.second is None else beside.over(store, drawn, wanted.second)
            if found is None:
                _chart(store, drawn, wanted.look, there)
            else:
                _charts(store, found, wanted, there)
            _below(drawn, wanted.look)
    except EmoAnalyticsError as error:
        parts.failed(say("map_failed"), error)
        return
    if there is not None:
        placing.draw(store, clips, there)
    _words(drawn, cache.geometry(store, parts.space_now()).notes)
    if found is not None:
        beside.words(store, found)
    parts.leak(store)
    _chosen(store, drawn)


def _ask(store: EmotionStore) -> Wanted | None:
    """How the map is to be drawn; None: the filters are not understood."""
    left, middle, right = st.columns([3, 3, 3], gap="medium")
    with left:
        method = MapMethod(parts.one_of(Key.METHOD, "map_method", [str(x) for x in METHODS], _method_name))
        st.caption(say(METHOD_TEXTS[method]))
    with middle:
        parts.space(store)
    with right:
        offered = colouring.choices(store)
        names = {choice: colouring.name(choice) for choice in offered}
        if st.session_state.get(Key.COLOUR) not in names:
            st.session_state[Key.COLOUR] = offered[0]
        st.selectbox(say("map_colour"), offered, format_func=names.__getitem__, key=Key.COLOUR)
        colour = str(st.session_state[Key.COLOUR])
        st.session_state.setdefault(Key.NAMES, True)
        if colour == colouring.CLUSTER:
            st.toggle(say("map_names"), key=Key.NAMES)
    dims, second, shade, simple = _more(method)
    filtered = filters.ask_folded(store)
    try:
        where = selection.where(store, filtered)
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return None
    look = Look(colour, where, shade, bool(st.session_state[Key.NAMES]), simple)
    return Wanted(method, dims, second, look)


def _method_name(method: str) -> str:
    return METHODS[MapMethod(method)]


def _more(method: MapMethod) -> tuple[int, Second | None, bool, bool]:
    """What few change: dimensions, the second map, whether what is not to be believed is faint, without WebGL."""
    with st.expander(say("map_more"), key="map_more", icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        with left:
            dims = int(parts.one_of(Key.DIMS, "map_dims", DIMS, lambda n: say("map_in", n=n)))
            second = beside.ask(method, parts.space_now()) if dims == 2 else None
        with right:
            st.session_state.setdefault(Key.SHADE, True)
            st.toggle(say("map_shade"), key=Key.SHADE, help=say("map_shade_help"))
            st.session_state.setdefault(Key.SIMPLE, False)
            st.toggle(say("map_simple"), key=Key.SIMPLE, help=say("map_simple_help"), disabled=dims == 3)
    if dims == 3:
        st.caption(say("map_deep"))
    return dims, second, bool(st.session_state[Key.SHADE]), bool(st.session_state[Key.SIMPLE]) and dims == 2


def _words(drawn: Map, notes: Sequence[str]) -> None:
    """How far the map can be believed, and what happened when it was made."""
    with st.container(border=True, gap="xsmall"):
        for number, line in enumerate(drawn.words(state.language())):
            sentence = plain(line[:1].upper() + line[1:])
            st.markdown(f":material/verified: {sentence}" if not number else sentence)
        for note in notes:
            st.caption(f":material/build: {plain(note)}")


def _chart(store: EmotionStore, drawn: Map, look: Look, there: OnMap | None) -> None:
    """One map. What is lassoed on it is not marked, since that would draw it anew."""
    key = chosen.chart()
    placed = None if there is None else there[:2]
    looks = f"{look.text(store, drawn)}|{'' if there is None else there[0].coordinates.tolist()}"
    marks = chosen.marked(store, key, looks)
    selected = mapped.draw(store, drawn, look, key, marks, placed)
    chosen.lasso(store, selected.ids)
    if len(drawn) > look.most and drawn.dims == 2:
        _zoom(drawn, look, selected.box)
    if len(marks) > mapped.MOST_RINGS:
        st.caption(say("map_rings", n=f"{mapped.MOST_RINGS:,}"))


def _charts(store: EmotionStore, found: Alignment, wanted: Wanted, there: OnMap | None) -> None:
    """Two maps; what is lassoed on one gets rings on both, which draws them anew."""
    assert wanted.second is not None
    names = (Second(wanted.method, parts.space_now()).name(), wanted.second.name())
    marks = chosen.ids(store)
    selected = beside.draw(store, found, names, wanted.look, marks, None if there is None else there[:2])
    if selected.ids:
        chosen.choose(store, selected.ids)
        chosen.redraw()
        state.again()
    if len(marks) > mapped.MOST_RINGS:
        st.caption(say("map_rings", n=f"{mapped.MOST_RINGS:,}"))


def _below(drawn: Map, look: Look) -> None:
    if look.where is not None:
        st.caption(say("map_filtered"))
    if drawn.dims == 3:
        return
    st.caption(say("map_how"))
    if mapped.outlined(drawn):
        st.caption(say("map_outlined", n=f"{mapped.MOST_HOVERS:,}"))
    if len(drawn) > figures.MOST_SVG and not look.simple:
        st.caption(say("map_webgl"))


def _zoom(drawn: Map, look: Look, box: chosen.Window | None) -> None:
    window = chosen.window(drawn.key)
    st.caption(say("map_tiles", n=f"{look.most:,}"))
    with st.container(horizontal=True):
        st.button(
            say("map_zoom"), key="map_zoom", icon=":material/zoom_in:", on_click=chosen.zoom, args=(drawn.key, box),
            disabled=box is None,
        )  # fmt: skip
        st.button(
            say("map_all"), key="map_all", icon=":material/zoom_out_map:", on_click=chosen.zoom,
            args=(drawn.key, None), disabled=window is None,
        )  # fmt: skip


def _chosen(store: EmotionStore, drawn: Map) -> None:
    st.subheader(say("chosen_title"), anchor=False)
    keys = chosen.ids(store)
    rows = drawn.ids.get_indexer(pd.Index(keys, dtype=drawn.ids.dtype))
    here = [key for key, row in zip(keys, rows, strict=True) if row >= 0]
    if not here:
        st.info(say("chosen_gone") if keys else say("chosen_empty"), icon=":material/gesture_select:")
        return
    st.markdown(say("chosen_line", n=f"{len(here):,}", total=f"{len(drawn):,}"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            say("chosen_places"), lambda: parts.csv(results.placed(store, drawn, np.sort(rows[rows >= 0]))),
            "chosen.csv", "text/csv", key="chosen_csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        if st.button(
            say("chosen_compare"), key="chosen_compare", icon=":material/compare_arrows:", on_click=_to_compare,
            help=say("chosen_compare_help"),
        ):  # fmt: skip
            st.switch_page("app_pages/speakers.py")
    paged.clips(store, here, chosen.LIST)


def _to_compare() -> None:
    st.session_state[Key.ASPECT], st.session_state[Key.GROUP] = "groups", "chosen"


main()
