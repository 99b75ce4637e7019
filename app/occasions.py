"""The sessions of one speaker: their clips to hear, and one recording over its seconds."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, paged, parts, selection, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, SpeakerTrend, Timeline, figures, in_role


def draw(store: EmotionStore, counted: Counted, role: str | None, speaker: SpeakerTrend) -> None:
    """Draw the clips of one session.

    Args:
        store: the store.
        counted: which clips count.
        role: the one role that counts; None: all.
        speaker: whose sessions.
    """
    st.subheader(say("occasion_title"), anchor=False)
    rows = _rows(store, counted, role, speaker)
    names = {str(name): len(group) for name, group in rows.groupby("occasion", sort=False)}
    order = [name for name in speaker.session if name in names]
    options = list(dict.fromkeys([*order, *names]))
    if st.session_state.get(Key.OCCASION) not in options:
        largest = sorted(speaker.changes, key=lambda c: -abs(c.effect))
        st.session_state[Key.OCCASION] = next((c.session for c in largest if c.session in names), options[0])
    texts = {name: say("occasion_option", name=name, n=names[name]) for name in options}
    chosen = st.selectbox(
        say("filter_session"), options, format_func=texts.__getitem__,
        key=Key.OCCASION,
    )  # fmt: skip
    here = rows[rows["occasion"] == chosen]
    paged.clips(store, here["segment_id"].tolist(), f"occasion_{options.index(chosen)}")
    _recording(store, here["file"].unique().tolist(), role)


def _rows(store: EmotionStore, counted: Counted, role: str | None, speaker: SpeakerTrend) -> pd.DataFrame:
    rows = cache.rows(
        store, ("segment_id", "session", "file", "start_s", "recorded_at", "flags", "role"),
        None if speaker.speaker is None else f"speaker = {selection.quoted(speaker.speaker)}",
    )  # fmt: skip
    rows = rows[in_role(rows["role"], role)] if role is not None else rows
    without = set(counted.without)
    rows = rows[rows["flags"].map(without.isdisjoint).astype(bool)]
    rows = rows.assign(occasion=rows["session"].fillna(rows["file"]))
    return rows.sort_values(["recorded_at", "file", "start_s"], kind="stable", na_position="last")


def _recording(store: EmotionStore, names: list[str], role: str | None) -> None:
    """One recording of the session, second by second."""
    with st.expander(say("inside_title"), icon=":material/timeline:"):
        file = st.selectbox(say("file"), names, key="inside_file")
        if not st.toggle(say("inside_show"), key="inside_show"):
            return
        try:
            found = cache.timeline(store, str(file), role)
        except EmoAnalyticsError as error:
            st.info(plain(str(error)), icon=":material/block:")
            return
        if len(found.start_s) < 2:
            st.info(say("inside_none"), icon=":material/timeline:")
            return
        st.markdown("  \n".join(plain(line) for line in found.said(state.language())))
        parts.chart(figures.timeline_lines(found, state.language()), _moments(found), "inside")


def _moments(found: Timeline) -> pd.DataFrame:
    rows = [(m.start_s, m.end_s, parts.emotion(m.emotion), m.peak) for m in found.moments]
    return pd.DataFrame(rows, columns=[say(name) for name in ("from_s", "to_s", "emotion", "highest")])
