"""Two speakers side by side: both over time on one scale, and how they differ, session against session."""

from __future__ import annotations

import streamlit as st

from app import cache, changes, grouping, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, figures


def draw(store: EmotionStore, counted: Counted) -> None:
    """Ask for two speakers and draw them.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    with parts.progress("speakers_working") as told:
        found = cache.trends(store, "session", counted, told)
    if len(found.speakers) < 2:
        st.info(say("pair_one"), icon=":material/person:")
        return
    left, right = st.columns(2)
    with left:
        first = changes.pick(found, Key.PERSON)
    with right:
        second = changes.pick(found, Key.OTHER, without=str(first.speaker))
    names = (str(first.speaker), str(second.speaker))
    unit = "session" if cache.values(store, "session") else "file"
    with parts.progress("speakers_working"):
        try:
            against = cache.comparison(store, "speaker", counted, groups=names, unit=unit)
        except EmoAnalyticsError as error:
            against = None
            st.warning(plain(str(error)), icon=":material/block:")
    if against is not None:
        st.markdown("\n".join(f"- {plain(line)}" for line in against.said(state.language())))
    shown = changes.emotions(found, [first, second])
    for place, one, other, key in zip(
        st.columns(2), (first, second), (second, first), ("pair_left", "pair_right"), strict=True
    ):
        with place:
            st.subheader(plain(str(one.speaker)), anchor=False)
            figure = figures.trend_lines(one, state.language(), emotions=shown, beside=[other])
            parts.chart(figure, changes.points_of(one, shown), key)
    st.caption(say("pair_scale"))
    if against is not None:
        grouping.differences(against)
