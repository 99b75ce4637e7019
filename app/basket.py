"""What is chosen, on every page: how many clips, and what can be done with them; and the view, to keep it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import asked, chosen, parts, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import Bookmarks, EmoAnalyticsError, EmotionStore, Tags

_MOST_BOOKMARKS = 20


def draw(store: EmotionStore, page: str) -> None:
    """Draw the choice and the kept views in the sidebar.

    Args:
        store: the store.
        page: the page that is shown.
    """
    _choice(store, page)
    _views(store, page)


def _choice(store: EmotionStore, page: str) -> None:
    keys = chosen.ids(store)
    if chosen.gone(store):
        st.warning(say("chosen_not_kept"), icon=":material/link_off:")
    if not keys:
        return
    with st.container(border=True, key="basket", gap="xsmall"):
        st.markdown(f":material/gesture_select: {say('basket_line', n=f'{len(keys):,}')}")
        with st.container(horizontal=True, gap="xsmall"):
            _go("basket_list", "list", "segments", page, _only)
            if page != "map":
                _go("basket_map", "scatter_plot", "map", page, lambda: None)
            _go("chosen_similar", "search", "search", page, lambda: asked.start(keys[: state.MOST_LINKED]))
            with st.popover(say("basket_tag"), icon=":material/sell:"):
                _tag(store, keys)
            st.download_button(
                say("download_csv"), lambda: parts.csv(_table(store, keys)), "chosen.csv", "text/csv",
                key="basket_csv", icon=":material/download:", on_click="ignore", type="tertiary",
            )  # fmt: skip
            st.button(
                say("chosen_clear"), key="chosen_clear", icon=":material/close:", on_click=chosen.clear, args=(store,),
                type="tertiary",
            )  # fmt: skip


def _go(text: str, icon: str, to: str, page: str, first: Callable[[], None]) -> None:
    """A button that does something and then shows a page."""
    pressed = st.button(say(text), key=f"go_{text}", icon=f":material/{icon}:", type="tertiary", on_click=first)
    if pressed and to != page:
        st.switch_page(f"app_pages/{to}.py")


def _only() -> None:
    state.clear_filters()
    st.session_state[Key.ONLY] = True


def _table(store: EmotionStore, keys: list[str]) -> pd.DataFrame:
    """All columns of the chosen clips, in the order they were chosen, with their tags."""
    order = {key: number for number, key in enumerate(keys)}
    table = store.table(None)
    table = table[table["segment_id"].isin(order)].sort_values("segment_id", key=lambda ids: ids.map(order))
    tags: dict[str, list[str]] = {}
    for word, having in Tags(store.path).read().items():
        for key in having:
            tags.setdefault(key, []).append(word)
    return table.assign(
        flags=table["flags"].map(" ".join), tags=[", ".join(tags.get(k, [])) for k in table["segment_id"]]
    )


def _tag(store: EmotionStore, keys: list[str]) -> None:
    """Put a word on the chosen clips, or take one off."""
    known = Tags(store.path).read()
    here = set(keys)
    with st.form("tag_form", border=False, clear_on_submit=True):
        word = st.text_input(say("tag_word"), key=Key.TAGGING, help=say("tag_help"), max_chars=80)
        if st.form_submit_button(say("tag_add", n=f"{len(keys):,}")) and word.strip():
            try:
                st.toast(say("tag_added", n=Tags(store.path).add(word, keys), word=plain(word)))
                state.again()
            except EmoAnalyticsError as error:
                parts.failed(say("tag_failed"), error)
    for number, (name, having) in enumerate(known.items()):
        on = [key for key in having if key in here]
        if on and st.button(say("tag_off", word=plain(name), n=f"{len(on):,}"), key=f"untag_{number}"):
            Tags(store.path).remove(name, on)
            state.again()


def _views(store: EmotionStore, page: str) -> None:
    """Keep the view under a name, and go back to a kept one."""
    kept = Bookmarks(store.path)
    with st.expander(say("views"), icon=":material/bookmarks:"):
        with st.form("keep_view", border=False, clear_on_submit=True):
            name = st.text_input(say("view_name"), key=Key.NAMING, max_chars=200)
            if st.form_submit_button(say("view_keep")) and name.strip():
                try:
                    kept.add(name, page, state.view())
                except EmoAnalyticsError as error:
                    parts.failed(say("view_failed"), error)
        found = kept.read()
        for mark in found[:_MOST_BOOKMARKS]:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
                pressed = st.button(
                    plain(mark.name), key=f"view_{mark.id}", type="tertiary", on_click=state.show, args=(mark.view,)
                )
                if pressed and mark.page != page:
                    st.switch_page(f"app_pages/{mark.page}.py")
                st.button(
                    say("view_forget"), key=f"line_forget_{mark.id}", icon=":material/delete:", type="tertiary",
                    help=say("view_forget"), on_click=kept.remove, args=(mark.id,),
                )  # fmt: skip
        if not found:
            st.caption(say("views_none"))
