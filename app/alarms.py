"""Where a rule fires, and how often it would by chance."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, paged, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import Alarm, Alerts, EmoAnalyticsError, EmotionStore, Rule, RuleKind

KINDS = {
    (RuleKind.RUN, True): "build_run", (RuleKind.BASELINE, True): "build_up", (RuleKind.BASELINE, False): "build_down",
}  # fmt: skip
EXAMPLES = (
    Rule(RuleKind.RUN, "angry", True, 0.6, 2), Rule(RuleKind.BASELINE, "angry", True, 0.15),
    Rule(RuleKind.RUN, "sad", True, 0.5, 3),
)  # fmt: skip


def draw(store: EmotionStore, counted: Counted) -> None:
    """Ask for a rule and draw its hits.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    rule = st.text_input(say("rule"), key=Key.RULE, placeholder=say("rule_first"), max_chars=200)
    st.caption(say("rule_how"))
    _examples(store)
    _builder(store)
    if not rule or not rule.strip():
        return
    try:
        with st.spinner(say("speakers_working"), show_time=True):
            found = cache.alerts(store, rule.strip(), counted)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    for line in found.said(state.language()):
        st.markdown(plain(line))
    for note in found.notes(state.language()):
        st.caption(plain(note))
    if not found.alarms:
        st.info(say("rule_silent"), icon=":material/notifications_off:")
        return
    _hits(store, found)


def _examples(store: EmotionStore) -> None:
    """Rules to begin with, of emotions the head knows."""
    known = _known(store)
    with st.container(horizontal=True, gap="small"):
        for number, rule in enumerate(rule for rule in EXAMPLES if rule.emotion in known):
            text = rule.said(state.language())
            st.button(plain(text), key=f"example_{number}", on_click=_take, args=(text,), type="tertiary")


def _builder(store: EmotionStore) -> None:
    """A rule put together from its parts."""
    known = _known(store)
    with st.expander(say("build_title"), icon=":material/build:"):
        emotions, kinds = {e: parts.emotion(e) for e in known}, {key: say(text) for key, text in KINDS.items()}
        columns = st.columns([2, 3, 1, 1], vertical_alignment="bottom")
        with columns[0]:
            emotion = st.selectbox(say("emotion"), known, format_func=emotions.__getitem__, key="build_emotion")
        with columns[1]:
            kind, rising = st.selectbox(say("build_kind"), list(KINDS), format_func=kinds.__getitem__, key="build_kind")
        run = kind is RuleKind.RUN
        with columns[2]:
            amount = st.number_input(
                say("build_score" if run else "build_by"), 0.01, 1.0, 0.6 if run else 0.15, 0.05,
                key=f"build_amount_{kind}",
            )  # fmt: skip
        with columns[3]:
            clips = st.number_input(say("build_clips"), 1, 50, 2, key="build_clips", disabled=not run)
        rule = Rule(kind, str(emotion), rising, round(amount, 2), int(clips) if run else 1).said(state.language())
        st.button(
            say("build_use", rule=plain(rule)), key="build_use", on_click=_take, args=(rule,),
            icon=":material/arrow_upward:",
        )  # fmt: skip


def _known(store: EmotionStore) -> list[str]:
    """The labels that have scores."""
    return [mean.emotion for mean in cache.overview(store).scores if mean.mean is not None]


def _take(rule: str) -> None:
    """Let this be the rule."""
    st.session_state[Key.RULE] = rule
    st.session_state.pop(Key.ALARM, None)


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
