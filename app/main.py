"""The frame: pages, sidebar, the notice about scores. Start: ``streamlit run app/main.py -- --store DIR``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

if "app" not in sys.modules:
    # This folder is the package `app`, whatever its name (a wheel gives it another) and whatever else is on the path.
    spec = importlib.util.spec_from_file_location("app", Path(__file__).resolve().with_name("__init__.py"))
    assert spec is not None and spec.loader is not None
    sys.modules["app"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["app"])

from app import basket, filters, home, parts, state, stores
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, Language

HERE = Path(__file__).resolve().parent
LANGUAGES = {Language.EN: "English", Language.ZH: "中文"}
# Section -> page -> its icon; the order of the menu.
SECTIONS: dict[str, dict[str, str]] = {
    "section_start": {"page_home": ":material/home:", "page_clip": ":material/mic:"},
    "section_corpus": {
        "page_overview": ":material/dashboard:", "page_segments": ":material/table_rows:",
        "page_search": ":material/search:", "page_map": ":material/scatter_plot:",
        "page_clusters": ":material/workspaces:", "page_speakers": ":material/group:",
        "page_audit": ":material/fact_check:",
    },
    "section_out": {"page_report": ":material/description:", "page_export": ":material/output:"},
    "section_app": {"page_settings": ":material/settings:"},
}  # fmt: skip
FIRST, HOME = "overview", "home"
FILTERED = ("segments", "search", "map", "export", "clip", "settings")  # follow filters, or have no clips to filter
# Of no use on a store without clips:
NEED_ROWS = ("segments", "search", "map", "clusters", "speakers", "audit", "report", "export")


def main() -> None:
    """Draw the frame, and the page inside it."""
    st.set_page_config(page_title="EmoAnalytics", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.html(HERE / "style.css")
    st.logo(HERE / "icon.svg", size="large")
    state.restore_frame()
    first = FIRST if stores.named() or stores.chosen() else HOME
    sections = {say(section): _pages(names, first) for section, names in SECTIONS.items()}
    page = st.navigation({**sections, "": [_by_name(first)]})
    if page.url_path == first:
        asked = {key: st.query_params.get_all(key) for key in st.query_params}
        st.switch_page(f"app_pages/{first}.py", query_params=asked)
    state.restore_view(page.url_path)
    choice = _sidebar()
    stood_in = st.session_state.pop(Key.STOOD_IN, False)
    if stood_in and page.url_path == HOME and stores.chosen():  # opened in the sidebar
        st.switch_page("app_pages/overview.py")
    st.session_state[Key.STOOD_IN] = first == HOME and not page.url_path
    at = page.url_path or first
    at_home = at == HOME or (stores.chosen() is None and at == FIRST)
    st.title(say("page_home") if at_home else page.title)
    try:
        if at_home:  # it needs no store, and shows those that are broken too
            home.draw()
            return
        store = stores.current()
        if store is None:
            parts.no_store()
            return
        parts.notice(store)
        if not len(store):
            st.info(say("empty_store", path=plain(str(store.path))), icon=":material/inbox:")
            if page.url_path in NEED_ROWS:
                return
        if page.url_path not in FILTERED:
            filters.not_here()
        page.run()
        with choice:  # after the page: it may just have chosen
            basket.draw(store, at)
    except EmoAnalyticsError as error:
        parts.failed(say("store_broken"), error)
    finally:
        state.publish()


def _pages(texts: dict[str, str], first: str) -> list[StreamlitPage]:
    return [_page(text, icon, first) for text, icon in texts.items()]


def _page(text: str, icon: str, first: str) -> StreamlitPage:
    name = text.removeprefix("page_")
    path = "" if name == first else name
    return st.Page(f"app_pages/{name}.py", title=say(text), icon=icon, url_path=path, default=name == first)


def _by_name(first: str) -> StreamlitPage:
    """The first page has no name in its address; whoever types one is led there."""
    return st.Page(lambda: None, title=first, url_path=first, visibility="hidden")


def _sidebar() -> DeltaGenerator:
    """Draw it; what is chosen is drawn later, in the place this returns."""
    with st.sidebar:
        st.markdown("**EmoAnalytics**")
        st.caption(say("tagline"))
        _language()
        _store_picker()
        choice = st.container()
        st.caption(say("theme_note"))
    return choice


def _language() -> None:
    st.session_state[Key.LANG] = state.language()
    st.segmented_control(
        say("language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key=Key.LANG,
        label_visibility="collapsed",
        required=True,
    )


def _store_picker() -> None:
    names = list(stores.known())
    wanted = st.session_state.get(Key.STORE)
    if wanted not in names:
        st.session_state.pop(Key.STORE, None)
        if wanted:
            st.warning(say("link_unknown", name=plain(str(wanted))))
        if stores.named():
            st.session_state[Key.STORE] = names[0]
    if names:
        st.selectbox(
            say("store"), names, index=None, placeholder=say("pick_store"), key=Key.STORE, on_change=state.clear_view
        )
    with st.expander(say("open_other")), st.form("open_store", border=False):  # Enter sends a form
        st.text_input(say("open_path"), key=Key.OPEN_PATH)
        st.form_submit_button(say("open"), on_click=stores.open_typed)


main()
