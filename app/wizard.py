"""Calibration by ear: hear fifty clips, press what you hear, and see whether the scores may be called calibrated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from app import cache, decided, keyed, parts, selection, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    Ballot,
    Calibration,
    Decision,
    Decisions,
    EmoAnalyticsError,
    EmotionStore,
    answer,
    answered,
    ballot,
    calibrate,
    figures,
)

HEARD = "heard"
WANTED = 50
_POLICIES = {"keep": "policy_keep", "drop": "policy_drop", "apart": "policy_apart"}


@dataclass(frozen=True)
class Outcome:
    """What a calibration of these answers brought.

    Attributes:
        key: of store, answers and policy.
        found: the calibration; None where it failed.
        failed: why.
    """

    key: tuple[str, int, str]
    found: Calibration | None
    failed: str = ""


def draw(store: EmotionStore) -> None:
    """Draw the wizard.

    Raises:
        StoreError: the log of decisions cannot be read.
    """
    st.markdown(say("wizard_what", n=WANTED))
    if not cache.scored(store):
        st.info(say("wizard_no_scores"), icon=":material/model_training:")
        return
    try:
        plan = cache.clips_to_hear(store)
    except EmoAnalyticsError as error:
        st.info(plain(str(error)), icon=":material/hearing_disabled:")
        return
    policy = parts.one_of(Key.POLICY, "policy", list(_POLICIES), lambda x: say(_POLICIES[x]))
    st.caption(say("policy_note"))
    log = Decisions(store.path).read().standing
    votes = ballot(store, log, policy)
    if votes.clips >= WANTED:
        _outcome(store, log, votes, policy)
    _listen(store, plan)


@st.fragment
def _listen(store: EmotionStore, plan: Sequence[str]) -> None:
    """One clip to answer; an answer draws this again, and the rest of the page when the fiftieth came."""
    decided.trouble()
    try:
        log = Decisions(store.path).read().standing
    except EmoAnalyticsError as error:  # nobody above catches what a fragment raises when it is drawn alone
        st.error(plain(str(error)), icon=":material/error:")
        return
    mine = {clip for clip, who in answered(log) if who == decided.who()}
    skipped = set(st.session_state.get(Key.PASSED, []))
    left = [clip for clip in plan if clip not in mine]
    counted = ballot(store, log, str(st.session_state.get(Key.POLICY) or state.USUAL[Key.POLICY]))
    if counted.clips >= WANTED and st.session_state.get(Key.COUNTED, 0) < WANTED:
        st.session_state[Key.COUNTED] = counted.clips
        state.again()
    st.session_state[Key.COUNTED] = counted.clips
    heard = "wizard_progress" if counted.clips < WANTED else "wizard_enough"
    st.progress(min(counted.clips / WANTED, 1.0), say(heard, n=counted.clips, of=WANTED))
    st.caption(say("wizard_resume"))
    _undo_row(store)
    back = st.session_state.get(Key.RETURNED)
    clip = back if back in left else next((c for c in left if c not in skipped), left[0] if left else None)
    if clip is None:
        st.success(say("wizard_all_heard"), icon=":material/done_all:")
        return
    row = next(iter(selection.by_ids(store, [clip])))
    with st.container(border=True, key="wizard"):  # no name, no label, no score: nothing that hints at the answer
        keyed.sound(store, row, "hear")
        st.markdown(f"**{say('label_as')}**")
        keyed.nine("heard", clip, partial(_answer_one, store, clip))
        _several(store, clip)
        with st.container(horizontal=True):
            st.button(
                say("wizard_unsure"), key=f"heard_unsure_{clip}", icon=":material/question_mark:",
                shortcut=keyed.shortcut("U"), on_click=_answer, args=(store, clip, ()), help=say("wizard_unsure_help"),
            )  # fmt: skip
            st.button(
                say("later"), key=f"heard_skip_{clip}", icon=":material/skip_next:", shortcut=keyed.shortcut("S"),
                on_click=_pass, args=(clip,),
            )  # fmt: skip


def _several(store: EmotionStore, clip: str) -> None:
    """More than one at once; and labels the head knows beyond the nine."""
    with st.expander(say("wizard_several")):
        labels = [emotion.id for emotion in EMOTIONS]
        labels += [label for label in store.info.labels if label not in labels]
        names: Mapping[str, str] = {label: plain(parts.emotion(label)) for label in labels}
        chosen = st.pills(
            say("wizard_several_pick"), labels, selection_mode="multi", format_func=names.__getitem__,
            key=f"several_{clip}",
        )  # fmt: skip
        st.button(
            say("wizard_several_take"), key=f"heard_several_{clip}", icon=":material/check:", disabled=not chosen,
            on_click=_answer, args=(store, clip, tuple(chosen)),
        )  # fmt: skip


def _undo_row(store: EmotionStore) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say("undo_last"), key="heard_undo", icon=":material/undo:", shortcut=keyed.shortcut("Z"),
            disabled=not st.session_state.get(Key.ANSWERS), on_click=_undo, args=(store,),
        )  # fmt: skip
        keyed.switch()


def _outcome(store: EmotionStore, log: Sequence[Decision], votes: Ballot, policy: str) -> None:
    """What the answers so far bring, on a button; and the button that uses it."""
    key = (store.fingerprint, len(log), policy)
    done: Outcome | None = st.session_state.get(Key.OUTCOME)
    with st.container(border=True, key="outcome"):
        st.subheader(say("outcome_title"), anchor=False)
        if st.session_state.pop(Key.PUT_TO_USE, False):
            st.success(say("outcome_used"), icon=":material/check_circle:")
        for note in votes.notes:
            st.caption(plain(note.text(state.language())))
        if done is None or done.key != key:
            if not st.button(say("outcome_compute", n=votes.clips), key="outcome_compute", type="primary"):
                return
            done = _calibrated(store, votes, policy, key)
        if done.found is None:
            st.warning(plain(done.failed), icon=":material/warning:")
            return
        _draw(store, done.found, votes, policy)


def _calibrated(store: EmotionStore, votes: Ballot, policy: str, key: tuple[str, int, str]) -> Outcome:
    try:
        with parts.progress("work_calibrating") as progress:
            done = Outcome(key, calibrate(store, votes.table, other=policy, save=False, progress=progress))
    except EmoAnalyticsError as error:
        done = Outcome(key, None, str(error))
    st.session_state[Key.OUTCOME] = done
    return done


def _draw(store: EmotionStore, found: Calibration, votes: Ballot, policy: str) -> None:
    for line in found.said(state.language()):
        st.markdown(plain(line))
    for note in found.notes:
        st.caption(plain(note.text(state.language())))
    before, after = found.found.before, found.found.after
    parted = (("outcome_same", after),) if before == after else (("outcome_before", before), ("outcome_after", after))
    table = pd.DataFrame(
        [
            (say(name), b.score, b.rows, b.right, b.right_low, b.right_high)
            for name, part in parted
            for b in part.bins
        ],
        columns=[say("outcome_when"), say("outcome_score"), say("clips"), say("outcome_heard"), say("outcome_low"),
                 say("outcome_high")],
    )  # fmt: skip
    parts.chart(figures.reliability_diagram(found, state.language()), table, "reliability")
    if found.idle:
        st.markdown(say("outcome_idle"))
        return
    st.markdown(say("outcome_may") if found.calibrated else say("outcome_may_not"))
    st.button(
        say("outcome_use"), key="outcome_use", icon=":material/check_circle:",
        type="primary" if found.calibrated else "secondary", on_click=_use, args=(store, votes, policy),
    )  # fmt: skip


def _use(store: EmotionStore, votes: Ballot, policy: str) -> None:
    try:
        calibrate(store, votes.table, other=policy, save=True, activate=True)
        st.session_state[Key.PUT_TO_USE] = True
    except EmoAnalyticsError as error:
        st.session_state[Key.TROUBLE] = str(error)


def _answer_one(store: EmotionStore, clip: str, label: str) -> None:
    _answer(store, clip, (label,))


def _answer(store: EmotionStore, clip: str, labels: Sequence[str]) -> None:
    """Keep an answer; nothing of the store's is written beside it."""
    if keyed.bounced(clip):
        return
    made = decided.decide(store, clip, None, answer(labels), HEARD)
    if made is not None:
        _step(clip, made.id)


def _pass(clip: str) -> None:
    if keyed.bounced(clip):
        return
    st.session_state[Key.PASSED] = [*st.session_state.get(Key.PASSED, []), clip]
    _step(clip, None)


def _step(clip: str, decision: str | None) -> None:
    st.session_state[Key.ANSWERS] = [*st.session_state.get(Key.ANSWERS, []), (clip, decision)]
    st.session_state.pop(Key.RETURNED, None)
    keyed.onward()


def _undo(store: EmotionStore) -> None:
    *steps, (clip, decision) = st.session_state[Key.ANSWERS]
    if decision is not None:
        decided.undo(store, decision)
    st.session_state[Key.ANSWERS] = steps
    st.session_state[Key.PASSED] = [c for c in st.session_state.get(Key.PASSED, []) if c != clip]
    st.session_state[Key.RETURNED] = clip
    keyed.onward()
