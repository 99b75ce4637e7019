"""The frame: pages, sidebar, the notice about scores. Start: ``streamlit run app/main.py -- --store DIR``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import streamlit as st

if "app" not in sys.modules:
    # This folder is the package `app`, whatever its name (a wheel gives it another) and whatever else is on the path.
    spec = importlib.util.spec_from_file_location("app", Path(__file__).resolve().with_name("__init__.py"))
    assert spec is not None and spec.loader is not None
    sys.modules["app"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["app"])

from app import parts, state, stores
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, Language

HERE = Path(__file__).resolve().parent
LANGUAGES = {Language.EN: "English", Language.ZH: "中文"}
PAGES = ("overview", "segments", "search", "map", "speakers", "audit", "clip")
NEED_ROWS = ("segments", "search", "map", "speakers", "audit")


def main() -> None:
    """Draw the frame, and the page inside it."""
    st.set_page_config(page_title="EmoAnalytics", page_icon=str(HERE / "icon.svg"), layout="wide")
    st.html(HERE / "style.css")
    st.logo(HERE / "icon.svg", size="large")
    state.restore_frame()
    titles = {
        "overview": say("page_overview"), "segments": say("page_segments"), "search": say("page_search"),
        "map": say("page_map"), "speakers": say("page_speakers"), "audit": say("page_audit"),
        "clip": say("page_clip"),
    }  # fmt: skip
    icons = {
        "overview": ":material/dashboard:", "segments": ":material/table_rows:", "search": ":material/search:",
        "map": ":material/scatter_plot:", "speakers": ":material/group:", "audit": ":material/fact_check:",
        "clip": ":material/mic:",
    }  # fmt: skip
    pages = [
        st.Page(f"app_pages/{name}.py", title=titles[name], icon=icons[name], url_path=name, default=name == PAGES[0])
        for name in PAGES
    ]
    page = st.navigation(pages)
    state.restore_view(page.url_path)
    _sidebar()
    st.title(page.title)
    try:
        store = stores.current()
        if store is None:
            parts.no_store()
            return
        parts.notice(store)
        if not len(store):
            st.info(say("empty_store", path=plain(str(store.path))), icon=":material/inbox:")
            if page.url_path in NEED_ROWS:
                return
        page.run()
    except EmoAnalyticsError as error:
        parts.failed(say("store_broken"), error)
    finally:
        state.publish()


def _sidebar() -> None:
    with st.sidebar:
        st.markdown("**EmoAnalytics**")
        st.caption(say("tagline"))
        _language()
        _store_picker()
        st.caption(say("theme_note"))


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
