"""Home: the stores on this machine, the demo, and a new one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import builds, cache, draft, parts, stores
from app.texts import plain, say
from emoanalytics import BuildOrder, EmoAnalyticsError, EmotionStore, Glance, demo_folder, unfinished

_SHOWN_AT_ONCE, _MOST_SHOWN = 9, 48
_BESIDE_EACH_OTHER = 3


def draw() -> None:
    """Draw the page."""
    st.markdown(say("home_intro"))
    builds.draw()
    _shelf()
    _demo()
    draft.draw()


def _shelf() -> None:
    known = stores.known()
    st.subheader(say("shelf_title"), anchor=False)
    if not known:
        st.info(say("shelf_empty"), icon=":material/inbox:")
        return
    most = _SHOWN_AT_ONCE
    if len(known) > most and st.toggle(say("shelf_all", n=f"{len(known):,}"), key="shelf_all"):
        most = _MOST_SHOWN
    shown = list(known.items())[:most]
    for start in range(0, len(shown), _BESIDE_EACH_OTHER):
        columns = st.columns(_BESIDE_EACH_OTHER)
        for number, (name, path) in enumerate(shown[start : start + _BESIDE_EACH_OTHER], start):
            with columns[number - start], st.container(border=True, height="stretch", gap="xsmall"):
                _card(number, name, path)
    if len(known) > _MOST_SHOWN:
        st.caption(say("shelf_more", n=len(known) - _MOST_SHOWN))


def _card(number: int, name: str, path: Path) -> None:
    current = name == stores.chosen()
    st.markdown(f"**{plain(name)}**" + (f" :green-badge[{say('shelf_current')}]" if current else ""))
    run = cache.builds().of(path)
    if run is not None and run.running:
        st.caption(f":material/autorenew: {say('shelf_building')}")
        return
    try:
        store = cache.store(str(path))
        found = cache.glance(store)
        order = unfinished(path)
    except EmoAnalyticsError as error:
        st.markdown(f":material/error: {plain(str(error))}")
        return
    _facts(store, found)
    if order is not None:
        st.markdown(f":orange-badge[{say('shelf_unfinished')}]", help=say("shelf_unfinished_help"))
    st.caption(plain(str(path)))
    with st.container(horizontal=True):
        pressed = st.button(
            say("shelf_open"), key=f"open_{number}", type="secondary" if current else "primary",
            on_click=stores.choose, args=(name,), help=say("shelf_open_help", name=plain(name)),
        )  # fmt: skip
        if order is not None:
            st.button(
                say("build_go_on"), key=f"on_{number}", icon=":material/play_arrow:", on_click=builds.start,
                args=(order,),
            )  # fmt: skip
    if pressed:
        st.switch_page("app_pages/overview.py")


def _facts(store: EmotionStore, found: Glance) -> None:
    lines = [say("shelf_clips", n=f"{found.segments:,}"), builds.spoken(found.hours * 3600)]
    if found.speakers:
        lines.append(say("shelf_speakers", n=f"{found.speakers:,}"))
    st.markdown(" · ".join(lines))
    head = say("shelf_no_head") if found.head is None else ""
    built = say("shelf_built", when=plain(found.built[:10])) if found.built else say("shelf_never_built")
    st.caption(" · ".join(filter(None, [plain(found.encoder), head, built])))
    if store.head_missing:
        st.caption(f":material/warning: {plain(store.head_missing)}")
    if found.failed:
        st.caption(f":material/error: {say('shelf_failed', n=f'{found.failed:,}')}")


def _demo() -> None:
    st.subheader(say("demo_title"), anchor=False)
    st.markdown(say("demo_what"))
    name, place = stores.demo_name(), stores.DEMO.absolute()
    run = cache.builds().of(place)
    if run is not None and run.running:
        st.caption(say("demo_building"))
    elif name is not None and unfinished(place) is None:
        pressed = st.button(say("none_demo"), type="primary", key="open_demo", on_click=stores.choose, args=(name,))
        if pressed:
            st.switch_page("app_pages/overview.py")
    else:
        try:
            order = BuildOrder(demo_folder(), place, "acoustic", train=True)
        except EmoAnalyticsError as error:
            parts.failed(say("build_not_started"), error)
            return
        st.button(
            say("demo_build"), type="primary", key="build_demo", icon=":material/play_arrow:", on_click=builds.start,
            args=(order,),
        )  # fmt: skip
