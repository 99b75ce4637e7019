"""Speakers: who changed against the own baseline, how groups differ, where a rule fires."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import alarms, cache, changes, grouping, pairing, parts, stores
from app.counting import Counted
from app.state import USUAL, Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Flag, Weighing

ASPECTS: dict[str, tuple[str, Callable[[EmotionStore, Counted], None]]] = {
    "change": ("aspect_change", changes.draw),
    "pair": ("aspect_pair", pairing.draw),
    "groups": ("aspect_groups", grouping.draw),
    "alerts": ("aspect_alerts", alarms.draw),
}
WEIGHTS = {
    Weighing.CLIPS: "weigh_clips", Weighing.DURATION: "weigh_duration", Weighing.QUALITY: "weigh_quality",
}  # fmt: skip


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    if not cache.scored(store):
        st.info(say("speakers_no_scores"), icon=":material/psychology_alt:")
        return
    aspect = parts.one_of(Key.ASPECT, "aspect", list(ASPECTS), lambda x: say(ASPECTS[x][0]))
    counted = _ask(store)
    try:
        ASPECTS[aspect][1](store, counted)
    except EmoAnalyticsError as error:
        st.warning(f"{plain(str(error))}  \n{say('speakers_failed')}", icon=":material/block:")
    with st.container(border=True):
        st.subheader(say("cannot_title"), anchor=False)
        st.markdown(say("speakers_cannot"))


def _ask(store: EmotionStore) -> Counted:
    """Which clips count."""
    if st.session_state.get(Key.WEIGH) not in list(Weighing):
        st.session_state[Key.WEIGH] = USUAL[Key.WEIGH]
    weights, several, whose = {w: say(WEIGHTS[w]) for w in Weighing}, parts.has_roles(store), None
    changed = sum(bool(st.session_state.get(key, USUAL.get(key)) not in (USUAL.get(key), []))
                  for key in (Key.WEIGH, Key.WITHOUT, *([Key.WHOSE] if several else [])))  # fmt: skip
    with st.expander(say("counted_set", n=changed) if changed else say("counted_none")):
        columns = st.columns(3 if several else 2)
        with columns[0]:
            weigh = st.selectbox(
                say("weigh"), list(Weighing), format_func=weights.__getitem__, key=Key.WEIGH,
                help=say("weigh_help"),
            )  # fmt: skip
        with columns[1]:
            flags = [f for f in map(str, Flag) if f in cache.overview(store).flags]
            without = parts.many(Key.WITHOUT, "without", flags, parts.flag, lambda: None)
        if several:
            with columns[2]:
                whose = parts.whose(store)
            st.caption(say("whose_rule"))
    return Counted(str(weigh), tuple(without), whose)


main()
