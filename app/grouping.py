"""Do groups sound different: the sentences, the dots with their intervals, what else may explain it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import Comparison, EmotionStore, figures

MOST_GROUPS = 20  # more are names, not groups
# Offered first. Comparing roles looks at people at work, so that is never what stands there unasked.
USUAL = ("language", "channel", "emotion_given", "session")
NAMES = {
    "role": "filter_role", "language": "filter_spoken", "channel": "channel", "emotion_given": "filter_given",
    "session": "filter_session",
}  # fmt: skip
# Ids, places, times and measurements of a clip: no groups.
LEFT_OUT = frozenset(
    {"segment_id", "content_id", "file", "start_s", "end_s", "text", "recorded_at", "flags", "speaker"}
)


def draw(store: EmotionStore, counted: Counted) -> None:
    """Draw a comparison of the groups that a column names.

    Raises:
        StoreError: they cannot be compared.
    """
    if not cache.values(store, "speaker"):
        st.info(say("groups_no_speakers"), icon=":material/group_off:")
        return
    columns = _columns(store)
    if not columns:
        st.info(say("groups_none"), icon=":material/group_off:")
        return
    if st.session_state.get(Key.GROUP) not in columns:
        st.session_state[Key.GROUP] = columns[0]
    names = {column: _name(column) for column in columns}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        group = st.selectbox(say("group_by"), columns, format_func=names.__getitem__, key=Key.GROUP)
    with right:
        st.session_state.setdefault(Key.OWN, False)
        own = st.toggle(say("own"), key=Key.OWN, help=say("own_help"))
    if group == "role":
        st.caption(say("groups_role"))
    with st.spinner(say("speakers_working")):
        found = cache.comparison(store, group, counted, own=own)
    st.markdown("\n".join(f"- {plain(line)}" for line in found.said(state.language())))
    if len(found.groups) > 1:
        parts.chart(figures.comparison_dots(found, state.language()), _means(found), "groups")
        _pairs(found)


def _columns(store: EmotionStore) -> list[str]:
    """Columns with a few values."""
    offered = [*USUAL, *(c for c in store.columns if c not in {*USUAL, *LEFT_OUT, "role"}), "role"]
    here = [c for c in offered if c in store.columns]
    table = cache.rows(store, tuple(here), None)
    texts = [c for c in here if c in NAMES or not pd.api.types.is_float_dtype(table[c].dtype)]
    return [c for c in texts if 2 <= table[c].nunique() <= MOST_GROUPS]


def _name(column: str) -> str:
    return say(NAMES[column]) if column in NAMES else column


def _means(found: Comparison) -> pd.DataFrame:
    rows = [
        (group.name, group.clips, group.speakers, parts.emotion(label), group.mean[label], group.low[label],
         group.high[label])
        for group in found.groups
        for label in found.labels
    ]  # fmt: skip
    names = ("group", "clips", "speakers", "emotion", "mean", "low", "high")
    return pd.DataFrame(rows, columns=[say(name) for name in names])


def _pairs(found: Comparison) -> None:
    """Every two groups, emotion by emotion."""
    rows = [
        (
            pair.first,
            pair.second,
            parts.emotion(d.label),
            d.difference,
            d.low,
            d.high,
            d.standardised,
            d.p,
            d.p_adjusted,
        )
        for pair in found.pairs
        for d in pair.differences
    ]
    names = ("pair_first", "pair_second", "emotion", "difference", "low", "high", "standardised", "p_raw", "p_adjusted")
    with st.expander(say("pairs_title")):
        table = pd.DataFrame(rows, columns=[say(name) for name in names])
        st.dataframe(table, hide_index=True, key="pairs_table")
        parts.download(table, "differences")
