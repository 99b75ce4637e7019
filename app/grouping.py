"""Do groups sound different: the sentences, the dots with their intervals, what else may explain it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, chosen, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import Comparison, EmotionStore, figures

CHOSEN = "chosen"  # not a column: the chosen clips against the rest
MOST_GROUPS = 12  # that the library compares at a time
MOST_VALUES = 200  # more are names, not groups
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
    """Draw a comparison of the groups that a column names, or of the chosen clips with the rest.

    Raises:
        StoreError: they cannot be compared.
    """
    if not cache.values(store, "speaker"):
        st.info(say("groups_no_speakers"), icon=":material/group_off:")
        return
    here = chosen.ids(store)
    columns = offered(store)
    if here or st.session_state.get(Key.GROUP) == CHOSEN:
        columns = [*(c for c in columns if c != CHOSEN), CHOSEN]
    if not columns:
        st.info(say("groups_none"), icon=":material/group_off:")
        return
    if st.session_state.get(Key.GROUP) not in columns:
        st.session_state[Key.GROUP] = columns[0]
    names = {column: name(column) for column in columns} | {CHOSEN: say("groups_chosen", n=f"{len(here):,}")}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        group = st.selectbox(
            say("group_by"), columns, format_func=names.__getitem__, key=Key.GROUP, on_change=_other_column
        )
    with right:
        st.session_state.setdefault(Key.OWN, False)
        own = st.toggle(say("own"), key=Key.OWN, help=say("own_help"))
    if group == "role":
        st.caption(say("groups_role"))
    if group == CHOSEN and not here:
        st.info(say("groups_none_chosen"), icon=":material/gesture_select:")
        return
    groups = () if group == CHOSEN else _groups(store, group)
    if groups is None:
        return
    with st.spinner(say("speakers_working"), show_time=True):
        found = (
            cache.choice(store, here, counted, own=own)
            if group == CHOSEN
            else cache.comparison(store, group, counted, groups=groups, own=own)
        )
    found = found.named(state.language())
    st.markdown("\n".join(f"- {plain(line)}" for line in found.said(state.language())))
    if len(found.groups) > 1:
        parts.chart(figures.comparison_dots(found, state.language()), _means(found), "group_means")
        differences(found)


def offered(store: EmotionStore, most: int = MOST_VALUES) -> list[str]:
    """Columns with at least two and at most so many values, the usual ones first."""
    ordered = [*USUAL, *(c for c in store.columns if c not in {*USUAL, *LEFT_OUT, "role"}), "role"]
    here = [c for c in ordered if c in store.columns]
    table = cache.rows(store, tuple(here), None)
    texts = [c for c in here if c in NAMES or not pd.api.types.is_float_dtype(table[c].dtype)]
    return [c for c in texts if 2 <= table[c].nunique() <= most]


def _other_column() -> None:
    st.session_state.pop(Key.GROUPS, None)


def _groups(store: EmotionStore, column: str) -> tuple[str, ...] | None:
    """Which values are compared: (): all of them; None: fewer than two are named."""
    counts = cache.rows(store, (column,), None)[column].dropna().astype(str).value_counts()
    values = sorted(counts.index)
    st.session_state[Key.GROUPS] = [v for v in st.session_state.get(Key.GROUPS, []) if v in values]
    if len(values) > MOST_GROUPS and not st.session_state[Key.GROUPS]:
        st.session_state[Key.GROUPS] = counts.index[:2].tolist()
    if len(values) < 3:
        return ()
    named = tuple(
        st.multiselect(
            say("groups_which"), values, key=Key.GROUPS, max_selections=MOST_GROUPS, placeholder=say("groups_all"),
            help=say("groups_which_help", most=MOST_GROUPS),
        )
    )  # fmt: skip
    if len(named) == 1:
        st.info(say("groups_one"), icon=":material/add:")
        return None
    return named


def name(column: str) -> str:
    """A column in words."""
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


def differences(found: Comparison) -> None:
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
