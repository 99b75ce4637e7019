"""Suspicious labels as a queue: hear the clip, decide, and the next one stands there."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import cache, decided, parts, player, selection, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import EMOTIONS, Decision, EmoAnalyticsError, EmotionStore, LabelAudit, SuspectLabel


def audit(store: EmotionStore) -> LabelAudit | None:
    """The audit of the labels; None, and a line on the page, where there are none.

    A second, thorough one is made when it was asked for.
    """
    thorough = st.session_state.get(Key.THOROUGH) == store.fingerprint
    try:
        with parts.progress("work_judging") as progress:
            return cache.inspection(store).labels(thorough=thorough, progress=progress)
    except EmoAnalyticsError as error:
        st.info(f"{plain(str(error))}  \n{say('labels_none')}", icon=":material/label_off:")
        return None


def draw(store: EmotionStore) -> None:
    """Draw the queue.

    Raises:
        StoreError: the log of decisions cannot be read.
    """
    found = audit(store)
    if found is None:
        return
    with st.container(border=True, gap="xsmall"):
        for line in found.said(state.language()):
            st.markdown(plain(line))
        st.caption(say("labels_score_note"))
    if not cache.inspection(store).thorough:
        st.button(
            say("judge_anew"), key="judge_anew", icon=":material/model_training:", help=say("judge_anew_help"),
            on_click=_judge_anew, args=(store.fingerprint,),
        )  # fmt: skip
    decided.trouble()
    made = decided.standing(store)
    gone = {decision.segment_id for decision in made}
    left = [suspect for suspect in found.labels if suspect.segment_id not in gone]
    if left:
        st.markdown(
            say("queue_line", n=len(left), done=len(found.labels) - len(left), likely=sum(s.likely for s in left))
        )
    _last(store, made)
    if not left:
        st.success(say("queue_done") if found.labels else say("queue_empty"), icon=":material/done_all:")
        return
    skipped = [key for key in st.session_state.get(Key.SKIPPED, []) if any(s.segment_id == key for s in left)]
    order = [s for s in left if s.segment_id not in skipped] or left  # who skipped all begins again
    if len(order) == len(left):
        st.session_state[Key.SKIPPED] = []
    _one(store, order[0], found)
    _rest(left)


def _last(store: EmotionStore, made: Sequence[Decision]) -> None:
    """The last decision, to take it back."""
    if made:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                say("undo_last"), key="undo_last", icon=":material/undo:", on_click=_undo_last,
                args=(store, made[0].id, made[0].segment_id),
            )  # fmt: skip
            st.caption(say("last_decision", words=plain(decided.words(made[0]))))


def _one(store: EmotionStore, suspect: SuspectLabel, found: LabelAudit) -> None:
    """One clip: heard, and decided on."""
    given, suggested = parts.emotion(suspect.given), parts.emotion(suspect.suggested)
    rows = selection.by_ids(store, [suspect.segment_id])
    with st.container(border=True, key="suspect"):
        st.markdown(f"**{plain(suspect.file)}**")
        st.markdown(say("suspect_line", given=plain(given), suggested=plain(suggested), score=f"{suspect.score:.2f}"))
        for row in rows:
            heard = [row["speaker"], row["session"], row["text"]]
            st.caption(plain(" · ".join(str(value) for value in heard if isinstance(value, str))))
            if st.session_state.pop(Key.ONWARD, False):  # the click that decided on the one before starts this one
                st.session_state[Key.STARTED] = suspect.segment_id
            started = st.session_state.get(Key.STARTED) == suspect.segment_id
            player.segment(
                store, (suspect.segment_id, row["start_s"], row["end_s"]), f"suspect_{suspect.segment_id}",
                at_once=started,
            )  # fmt: skip
        key = suspect.segment_id
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _button(store, suspect, "keep", say("keep", label=given), None)
            _button(store, suspect, "take", say("take", label=suggested), suspect.suggested)
            st.button(
                say("unsure"), key=f"unsure_{key}", icon=":material/question_mark:", on_click=_decide,
                args=(store, key, suspect.given, None, decided.UNSURE),
            )  # fmt: skip
            st.button(
                say("later"), key=f"later_{key}", icon=":material/skip_next:", type="tertiary", on_click=_skip,
                args=(key,),
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {label: parts.emotion(label) for label in _labels(found)}
            others = [label for label in names if label not in (suspect.given, suspect.suggested)]
            other = st.selectbox(
                say("other_label"), others, index=None, format_func=names.__getitem__, placeholder=say("other_pick"),
                key=f"pick_{key}", width=240,
            )  # fmt: skip
            _button(store, suspect, "other", say("other_take"), other, disabled=other is None)


def _button(
    store: EmotionStore, suspect: SuspectLabel, name: str, words: str, label: str | None, *, disabled: bool = False
) -> None:
    icons = {"keep": "check", "take": "swap_horiz", "other": "edit"}
    st.button(
        words, key=f"{name}_{suspect.segment_id}", icon=f":material/{icons[name]}:", disabled=disabled,
        on_click=_decide, args=(store, suspect.segment_id, suspect.given, label),
    )  # fmt: skip


def _labels(found: LabelAudit) -> list[str]:
    """What a clip may be labelled: the labels of the corpus, then the rest of the nine."""
    return list(dict.fromkeys([*found.balance.clips, *(e.id for e in EMOTIONS)]))


def _rest(left: list[SuspectLabel]) -> None:
    with st.expander(say("queue_table")):
        table = pd.DataFrame(
            {
                say("file"): [s.file for s in left],
                say("filter_speaker"): [s.speaker for s in left],
                say("filter_given"): [parts.emotion(s.given) for s in left],
                say("suggested"): [parts.emotion(s.suggested) for s in left],
                say("suspicion"): [s.score for s in left],
                say("likely"): [s.likely for s in left],
                "segment_id": [s.segment_id for s in left],
            }
        )
        number = st.column_config.NumberColumn(format="%.2f")
        st.dataframe(
            table, hide_index=True, key="suspects_table", column_config={say("suspicion"): number},
            height="content" if len(table) <= 14 else 420,
        )  # fmt: skip
        parts.download(table, "suspects")


def _decide(store: EmotionStore, segment_id: str, given: str, label: str | None, kind: str = decided.LABEL) -> None:
    decided.decide(store, segment_id, given, label, kind)
    st.session_state[Key.ONWARD] = True


def _judge_anew(fingerprint: str) -> None:
    st.session_state[Key.THOROUGH] = fingerprint


def _skip(key: str) -> None:
    st.session_state[Key.SKIPPED] = [*st.session_state.get(Key.SKIPPED, []), key]
    st.session_state[Key.ONWARD] = True


def _undo_last(store: EmotionStore, decision: str, segment_id: str) -> None:
    decided.undo(store, decision)
    st.session_state[Key.SKIPPED] = [k for k in st.session_state.get(Key.SKIPPED, []) if k != segment_id]
