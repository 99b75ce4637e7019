"""Pieces that several pages draw: notices, errors, empty states, a chart with its table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import cache, stores
from app.texts import plain, say
from emoanalytics import EmotionStore

_CSV = "text/csv"


def notice(store: EmotionStore) -> None:
    """Whose scores these are: on every page."""
    missing = store.head_missing
    encoder = plain(str(store.info.encoder.get("name")))
    if missing:
        st.warning(plain(missing), icon=":material/warning:")
    elif store.info.head is None:
        st.info(say("head_none", encoder=encoder), icon=":material/info:")
    elif store.info.head == "builtin":
        st.info(say("head_builtin", encoder=encoder), icon=":material/info:")
    else:
        st.info(_fitted(store, encoder), icon=":material/info:")


def _fitted(store: EmotionStore, encoder: str) -> str:
    report = cache.overview(store).head_report or {}
    if "uar" not in report or "uar_interval" not in report:
        return say("head_unmeasured", head=plain(str(store.info.head)))
    low, high = report["uar_interval"]
    values = {"uar": f"{report['uar']:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
    if store.info.encoder.get("labels"):
        return say("head_fitted_builtin", encoder=encoder, **values)
    return say("head_fitted", **values)


def failed(what: str, error: Exception) -> None:
    """An error a user can do something about: one line, shown as it is."""
    st.error(f"**{what}**  \n{plain(str(error))}", icon=":material/error:")


def no_store() -> None:
    """What to do when no store is open."""
    with st.container(border=True):
        st.subheader(say("none_title"), anchor=False)
        st.markdown(say("none_what"))
        st.code("emoanalytics build CORPUS --store STORE\nemoanalytics app STORE", language="bash")
        demo = stores.demo_name()
        if demo is None:
            st.markdown(say("none_no_demo"))
        else:
            st.button(say("none_demo"), type="primary", key="open_demo", on_click=stores.choose, args=(demo,))


def chart(figure: Any, table: pd.DataFrame, key: str) -> None:
    """A chart, and behind it its numbers to read and to keep."""
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
    with st.expander(say("as_table")):
        st.dataframe(table, hide_index=True, key=f"{key}_table")
        download(table, key)


def download(table: pd.DataFrame, name: str) -> None:
    """A button that hands out a table; it is written when it is pressed."""
    st.download_button(
        say("download_csv"),
        lambda: csv(table),
        f"{name}.csv",
        _CSV,
        key=f"{name}_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, with the mark by which spreadsheets know UTF-8."""
    return table.to_csv(index=False).encode("utf-8-sig")


def quality_notes(lines: list[str]) -> None:
    """What is to be remarked about the sound of a clip."""
    st.markdown(f"**{say('clip_quality')}**")
    for line in lines:
        st.markdown(f":material/flag: {plain(line)}")
    if not lines:
        st.caption(say("clip_quality_good"))
