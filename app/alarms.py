"""Where a rule fires, and how often it would by chance."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, paged, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import Alarm, Alerts, EmoAnalyticsError, EmotionStore


def draw(store: EmotionStore, counted: Counted) -> None:
    """Ask for a rule and draw its hits.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    rule = st.text_input(say("rule"), key=Key.RULE, placeholder=say("rule_first"), max_chars=200)
    st.caption(say("rule_how"))
    if not rule or not rule.strip():
        return
    try:
        found = cache.alerts(store, rule.strip(), counted)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    for line in found.said(state.language()):
        st.markdown(plain(line))
    if not found.alarms:
        st.info(say("rule_silent"), icon=":material/notifications_off:")
        return
    _hits(store, found)


def _hits(store: EmotionStore, found: Alerts) -> None:
    table = pd.DataFrame(
        {
            say("hit"): range(1, len(found.alarms) + 1),
            say("filter_speaker"): [a.speaker for a in found.alarms],
            say("filter_session"): [a.session for a in found.alarms],
            say("recorded_at"): [None if a.t is None else a.t[:16].replace("T", " ") for a in found.alarms],
            say("score"): [a.value for a in found.alarms],
            say("before"): [a.baseline for a in found.alarms],
            say("clips"): [len(a.segment_ids) for a in found.alarms],
        }
    )
    table = table.drop(columns=[say("before")]) if table[say("before")].isna().all() else table
    st.subheader(say("hits_of_rule", n=len(found.alarms)), anchor=False)
    number = st.column_config.NumberColumn(format="%.2f")
    st.dataframe(
        table, hide_index=True, key="alerts_table", column_config={say("score"): number, say("before"): number},
        height="content" if len(table) <= 14 else 420,
    )  # fmt: skip
    parts.download(table, "alerts")
    names = {str(i): _name(i, alarm) for i, alarm in enumerate(found.alarms, 1)}
    if st.session_state.get(Key.ALARM) not in names:
        st.session_state[Key.ALARM] = "1"
    chosen = st.selectbox(say("hit_to_hear"), list(names), format_func=names.__getitem__, key=Key.ALARM)
    alarm = found.alarms[int(chosen) - 1]
    paged.clips(store, list(dict.fromkeys(alarm.segment_ids)), f"alarm_{chosen}")


def _name(number: int, alarm: Alarm) -> str:
    who = [str(x) for x in (alarm.speaker, alarm.session) if x is not None]
    return " · ".join([str(number), *who])
