"""Map: where the clips lie, how far that can be believed, and what lies within a lasso."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import asked, cache, chosen, colouring, filters, listing, parts, results, selection, state, stores
from app.listing import Action, Row
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Map, MapMethod, figures, mark_clips

ROWS_A_PAGE, MOST_HOVERS, MOST_RINGS = 10, 20_000, 2_000
METHODS = {MapMethod.UMAP: "UMAP", MapMethod.TSNE: "t-SNE", MapMethod.PCA: "PCA"}
NO_TOOLS = ["autoScale2d", "toImage", "zoomIn2d", "zoomOut2d"]  # a telephone has room for six
METHOD_TEXTS = {MapMethod.UMAP: "map_umap", MapMethod.TSNE: "map_tsne", MapMethod.PCA: "map_pca"}
SIMILAR = Action("similar", "find_similar", ":material/search:", lambda key: asked.start([key]), "app_pages/search.py")


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    method, colour, shade = _look(store)
    wanted = filters.ask_folded(store)
    try:
        where = selection.where(store, wanted)
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return
    try:
        with parts.progress() as progress:
            drawn = cache.geometry(store, parts.space_now()).map(method, progress)
    except EmoAnalyticsError as error:
        parts.failed(say("map_failed"), error)
        return
    _chart(store, drawn, colour, where, shade=shade)
    _words(drawn, cache.geometry(store, parts.space_now()).notes)
    parts.leak(store)
    _chosen(store, drawn)


def _look(store: EmotionStore) -> tuple[MapMethod, str, bool]:
    """How the map is drawn and what its colours say."""
    left, middle, right = st.columns([3, 3, 3], gap="medium")
    with left:
        if st.session_state.get(Key.METHOD) not in set(MapMethod):
            st.session_state[Key.METHOD] = MapMethod.UMAP
        st.segmented_control(
            say("map_method"), list(METHODS), format_func=METHODS.__getitem__, key=Key.METHOD, required=True
        )
        st.caption(say(METHOD_TEXTS[MapMethod(st.session_state[Key.METHOD])]))
    with middle:
        parts.space(store)
    with right:
        offered = colouring.choices(store)
        names = {choice: colouring.name(choice) for choice in offered}
        if st.session_state.get(Key.COLOUR) not in names:
            st.session_state[Key.COLOUR] = offered[0]
        st.selectbox(say("map_colour"), offered, format_func=names.__getitem__, key=Key.COLOUR)
        st.session_state.setdefault(Key.SHADE, True)
        st.toggle(say("map_shade"), key=Key.SHADE, help=say("map_shade_help"))
    return MapMethod(st.session_state[Key.METHOD]), st.session_state[Key.COLOUR], bool(st.session_state[Key.SHADE])


def _words(drawn: Map, notes: Sequence[str]) -> None:
    """How far the map can be believed, and what happened when it was made."""
    with st.container(border=True, gap="xsmall"):
        for number, line in enumerate(drawn.words(state.language())):
            sentence = plain(line[:1].upper() + line[1:])
            st.markdown(f":material/verified: {sentence}" if not number else sentence)
        for note in notes:
            st.caption(f":material/build: {plain(note)}")


def _chart(store: EmotionStore, drawn: Map, colour: str, where: str | None, *, shade: bool) -> None:
    chart, window = chosen.chart(), chosen.window(drawn.key)
    looks = "|".join((store.fingerprint, drawn.key, colour, str(where), str(shade), str(window), state.language()))
    marks = chosen.marked(store, chart, looks)
    figure: Any = figures.map_figure(
        drawn,
        colouring.painted(store, drawn, colour, where),
        state.language(),
        hover=_hover(store),
        window=window,
        shade=shade,
    )
    event = st.plotly_chart(
        mark_clips(figure, drawn, marks[:MOST_RINGS], state.language()),
        key=chart,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "displayModeBar": True, "modeBarButtonsToRemove": NO_TOOLS},
        alt=say("map_alt"),
    )
    box = chosen.box_of(event)
    chosen.lasso(store, chosen.points_of(event) or ([] if box is None else drawn.ids[_inside(drawn, box)].tolist()))
    if len(drawn) > figures.MOST_POINTS:
        _zoom(drawn, box, window)
    if len(marks) > MOST_RINGS:
        st.caption(say("map_rings", n=f"{MOST_RINGS:,}"))
    if where is not None:
        st.caption(say("map_filtered"))
    st.caption(say("map_how"))


def _inside(drawn: Map, box: chosen.Window) -> np.ndarray:
    """(n,) bool: the points in a box; a chart of tiles knows no single clip."""
    x, y = drawn.coordinates.T
    return (x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3])


def _zoom(drawn: Map, box: chosen.Window | None, window: chosen.Window | None) -> None:
    st.caption(say("map_tiles", n=f"{figures.MOST_POINTS:,}"))
    with st.container(horizontal=True):
        st.button(
            say("map_zoom"), key="map_zoom", icon=":material/zoom_in:", on_click=chosen.zoom, args=(drawn.key, box),
            disabled=box is None,
        )  # fmt: skip
        st.button(
            say("map_all"), key="map_all", icon=":material/zoom_out_map:", on_click=chosen.zoom,
            args=(drawn.key, None), disabled=window is None,
        )  # fmt: skip


def _hover(store: EmotionStore) -> pd.DataFrame | None:
    """What is said at a point; of very many clips it would be too much to send."""
    if len(store) > MOST_HOVERS:
        return None
    rows = cache.rows(store, ("segment_id", "file", "speaker"), None)
    names = {"file": say("file"), "speaker": say("filter_speaker")}
    return rows.set_index("segment_id").rename(columns=names)


def _chosen(store: EmotionStore, drawn: Map) -> None:
    st.subheader(say("chosen_title"), anchor=False)
    keys = chosen.ids(store)
    there = drawn.ids.isin(keys)
    if not there.any():
        st.info(say("chosen_gone") if keys else say("chosen_empty"), icon=":material/gesture_select:")
        return
    here = set(drawn.ids[there])
    keys = [key for key in keys if key in here]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say("chosen_line", n=f"{len(keys):,}", total=f"{len(drawn):,}"))
        st.download_button(
            say("chosen_places"), lambda: parts.csv(results.placed(store, drawn, there)), "chosen.csv", "text/csv",
            key="chosen_csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    _list(store, keys)


@st.fragment
def _list(store: EmotionStore, keys: list[str]) -> None:
    """The chosen clips to hear, ten at a time; to turn a page or to play one leaves the map alone."""
    pages = -(-len(keys) // ROWS_A_PAGE)
    page = min(max(int(st.session_state.get(Key.LISTED, 1)), 1), pages)
    shown = selection.by_ids(store, keys[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE])
    listing.draw(store, [_row(row) for row in shown], (SIMILAR,))
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            for name, icon, to in (("hits_before", "chevron_left", page - 1), ("hits_next", "chevron_right", page + 1)):
                st.button(
                    say(name), key=f"chosen_{name}", icon=f":material/{icon}:", on_click=_to_page, args=(to,),
                    disabled=not 1 <= to <= pages,
                )  # fmt: skip
            st.caption(say("chosen_page", page=page, pages=pages))
    state.publish()


def _to_page(page: int) -> None:
    st.session_state[Key.LISTED] = page


def _row(row: dict[str, Any]) -> Row:
    score = None if pd.isna(row["top_score"]) else float(row["top_score"])
    facts = parts.facts(row["speaker"], row["session"], row["top"], score, row["emotion_given"])
    return Row(row["segment_id"], row["file"], facts, start_s=row["start_s"], end_s=row["end_s"], tag="chosen")


main()
