"""What to listen to next: one queue over all that the audit found; hear the clip, decide, and the next one plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app import cache, decided, keyed, listing, paged, parts, selection, state
from app.inspection import MOST_SHAKEN
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    Decision,
    EmoAnalyticsError,
    EmotionStore,
    LabelAudit,
    Reason,
    ToReview,
    Why,
    figures,
    reviewed,
)

_NEAREST = 5
_ICONS = {
    Why.LABEL: "label", Why.COPY: "content_copy", Why.OUTLIER: "scatter_plot", Why.FRAGILE: "broken_image",
    Why.QUALITY: "graphic_eq",
}  # fmt: skip
_WORDS = {
    Why.LABEL: "why_label", Why.COPY: "why_copy", Why.OUTLIER: "why_outlier", Why.FRAGILE: "why_fragile",
    Why.QUALITY: "why_quality",
}  # fmt: skip


def audit(store: EmotionStore) -> LabelAudit | None:
    """The audit of the labels; None, and a line on the page, where there are none.

    A second, thorough one is made when it was asked for.
    """
    thorough = st.session_state.get(Key.THOROUGH) == store.fingerprint
    if not (thorough or cache.inspection(store).thorough or cache.inspection(store).labels_at_once):
        st.info(say("labels_wait", n=f"{len(store):,}"), icon=":material/hourglass_empty:")
        _judge(store)
        return None
    try:
        with parts.progress("work_judging") as progress:
            return cache.inspection(store).labels(thorough=thorough, progress=progress)
    except EmoAnalyticsError as error:
        told = plain(str(error)) if cache.glance(store).labelled else say("labels_none")
        st.info(told, icon=":material/label_off:")
        return None


def draw(store: EmotionStore) -> None:
    """Draw the queue.

    Raises:
        StoreError: the log of decisions cannot be read.
    """
    found = audit(store)
    if st.session_state.pop(Key.SHAKE, None) == store.fingerprint:
        with parts.progress("work_shaking") as progress:
            cache.inspection(store).shake(progress)
    with parts.progress() as progress:
        queue = cache.inspection(store).queue(found, progress)
    unheard = cache.inspection(store).unheard
    if unheard:
        st.caption(f":material/hearing_disabled: {say('queue_unheard', n=f'{unheard:,}')}")
    _queue(store, queue)
    _more(store, found)


@st.fragment
def _queue(store: EmotionStore, queue: Sequence[ToReview]) -> None:
    """The queue; what is decided on draws this again, and nothing else of the page."""
    decided.trouble()
    try:
        made = reviewed(store, reversed(decided.standing(store)))
    except EmoAnalyticsError as error:  # nobody above catches what a fragment raises when it is drawn alone
        st.error(plain(str(error)), icon=":material/error:")
        return
    if not queue:
        st.success(say("queue_empty"), icon=":material/done_all:")
        return
    kinds = _kinds(queue)
    asked = [clip for clip in queue if not kinds or clip.kinds & set(kinds)]
    left = [clip for clip in asked if clip.segment_id not in made]
    done = len(asked) - len(left)
    st.progress(done / len(asked) if asked else 1.0, say("queue_line", done=done, of=len(asked)))
    _last(store, made)
    if not left:
        st.success(say("queue_done"), icon=":material/done_all:")
    else:
        _one(store, _next(left))
    _table(store, left)
    state.publish()


def _kinds(queue: Sequence[ToReview]) -> list[Why]:
    counts = Counter(kind for clip in queue for kind in clip.kinds)
    there = [why for why in Why if counts[why]]
    st.session_state[Key.KINDS] = [kind for kind in st.session_state.get(Key.KINDS, []) if kind in there]
    names = {why: f"{say(_WORDS[why])} ({counts[why]:,})" for why in there}
    chosen = st.pills(
        say("queue_kinds"), there, selection_mode="multi", format_func=names.__getitem__, key=Key.KINDS,
        help=say("queue_kinds_help"),
    )  # fmt: skip
    return [Why(kind) for kind in chosen]


def _next(left: Sequence[ToReview]) -> ToReview:
    """The one that was taken back, else the first that was not skipped; who skipped all begins again."""
    skipped = set(st.session_state.get(Key.SKIPPED, []))
    back = next((clip for clip in left if clip.segment_id == st.session_state.get(Key.BACK)), None)
    found = back or next((clip for clip in left if clip.segment_id not in skipped), None)
    if found is None:
        st.session_state[Key.SKIPPED] = []
    return found or left[0]


def _last(store: EmotionStore, made: Mapping[str, Decision]) -> None:
    """The last step of this session, to take it back."""
    steps: list[tuple[str, str | None]] = st.session_state.get(Key.STEPS, [])
    decision = made.get(steps[-1][0]) if steps and steps[-1][1] else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say("undo_last"), key="undo_last", icon=":material/undo:", shortcut=keyed.shortcut("Z"), disabled=not steps,
            on_click=_undo, args=(store,),
        )  # fmt: skip
        keyed.switch()
        if decision is not None:
            st.caption(say("last_decision", words=plain(decided.words(decision))))
        elif steps:
            st.caption(say("last_skipped"))


def _one(store: EmotionStore, clip: ToReview) -> None:
    """One clip: heard, and decided on."""
    row = next(iter(selection.by_ids(store, [clip.segment_id])))
    given = row["emotion_given"] if isinstance(row["emotion_given"], str) else None
    with st.container(border=True, key="suspect"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            st.markdown(f"**{plain(row['file'])}**")
            heard = [row["speaker"], row["session"], row["text"]]
            st.caption(plain(" · ".join(str(value) for value in heard if isinstance(value, str))))
            for reason in clip.reasons:
                st.markdown(f":material/{_ICONS[reason.why]}: {_reason(store, reason, given)}")
            keyed.sound(store, row, "suspect")
            st.markdown(f"**{say('label_as')}**")
            keyed.nine("label", clip.segment_id, partial(_decide, store, clip.segment_id, given), given)
            _others(store, clip.segment_id, given)
            _rest(store, clip.segment_id, given)
        with right:
            _says(store, row)
            _near(store, clip)


def _rest(store: EmotionStore, key: str, given: str | None) -> None:
    with st.container(horizontal=True):
        accept = say("keep", label=plain(parts.emotion(given))) if given else say("keep_none")
        st.button(
            accept, key=f"keep_{key}", icon=":material/check:", shortcut=keyed.shortcut("Enter"),
            on_click=_decide, args=(store, key, given, None),
        )  # fmt: skip
        st.button(
            say("unsure"), key=f"unsure_{key}", icon=":material/question_mark:", shortcut=keyed.shortcut("U"),
            on_click=_decide, args=(store, key, given, None, decided.UNSURE),
        )  # fmt: skip
        st.button(
            say("later"), key=f"later_{key}", icon=":material/skip_next:", shortcut=keyed.shortcut("S"), on_click=_skip,
            args=(key,),
        )  # fmt: skip


def _others(store: EmotionStore, key: str, given: str | None) -> None:
    """Labels of this corpus beyond the nine."""
    nine = {emotion.id for emotion in EMOTIONS}
    others = [label for label in cache.values(store, "emotion_given") if label not in nine]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            say("other_label"), others, index=None, placeholder=say("other_pick"), key=f"pick_{key}", width=240
        )
        st.button(
            say("other_take"), key=f"other_{key}", icon=":material/edit:", disabled=other is None, on_click=_decide,
            args=(store, key, given, other),
        )  # fmt: skip


def _reason(store: EmotionStore, reason: Reason, given: str | None) -> str:
    """Why a clip is in the queue, in a sentence."""
    value = f"{reason.value:.2f}" if reason.value is not None else ""
    label = plain(parts.emotion(reason.label)) if reason.label else ""
    if reason.why is Why.LABEL:
        return say("suspect_line", given=plain(parts.emotion(given or "")), suggested=label, score=value)
    if reason.why is Why.COPY:
        identical = reason.details == ("identical",)
        words = say("copy_identical") if identical else say("copy_near", value=f"{reason.value:.3f}")
        return f"{words} {say('copy_other_clip')}"
    if reason.why is Why.OUTLIER:
        return say("outlier_line", value=value)
    if reason.why is Why.FRAGILE:
        return say("fragile_line", label=label, n=len(reason.details))
    return say("quality_line", flags=plain(", ".join(map(parts.flag, reason.details))))


def _says(store: EmotionStore, row: Mapping[str, Any]) -> None:
    """What the store says of the clip."""
    given, top = row["emotion_given"], row["top"]
    st.markdown(
        say("given_line", label=plain(parts.emotion(given))) if isinstance(given, str) else say("given_line_none")
    )
    if not isinstance(top, str):
        st.caption(say("no_scores"))
        return
    st.plotly_chart(
        figures.nine_bars(
            selection.scores_of(row, selection.labels_of(store)), state.language(), calibrated=row["calibrated"]
        ),
        key=f"suspect_scores_{row['segment_id']}", config={"displayModeBar": False},
    )  # fmt: skip


def _near(store: EmotionStore, clip: ToReview) -> None:
    """The clips it lies beside, with their labels; of a copy the other one first."""
    near = cache.inspection(store).nearest(clip.segment_id, _NEAREST)
    copies = [reason.other for reason in clip.reasons if reason.other]
    rows = selection.by_ids(store, [*copies, *near])
    if not rows:
        return
    st.markdown(f"**{say('near_title')}**", help=say("near_help"))
    listing.draw(store, [paged.row(row, "near") for row in rows])


def _table(store: EmotionStore, left: Sequence[ToReview]) -> None:
    with st.expander(say("queue_table")):
        rows = {row["segment_id"]: row for row in selection.by_ids(store, [clip.segment_id for clip in left])}
        table = pd.DataFrame(
            [
                (
                    rows[clip.segment_id]["file"], rows[clip.segment_id]["speaker"],
                    rows[clip.segment_id]["emotion_given"], ", ".join(say(_WORDS[r.why]) for r in clip.reasons),
                    next((r.label for r in clip.reasons if r.why is Why.LABEL), None),
                    next((r.value for r in clip.reasons if r.why is Why.LABEL), None), clip.segment_id,
                )
                for clip in left if clip.segment_id in rows
            ],
            columns=[say("file"), say("filter_speaker"), say("filter_given"), say("reasons"), say("suggested"),
                     say("suspicion"), "segment_id"],
        )  # fmt: skip
        number = st.column_config.NumberColumn(format="%.2f")
        st.dataframe(
            table, hide_index=True, key="suspects_table", column_config={say("suspicion"): number},
            height="content" if len(table) <= 14 else 420,
        )  # fmt: skip
        parts.download(table, "queue")


def _more(store: EmotionStore, found: LabelAudit | None) -> None:
    """What the audit says, and what it can look for that takes longer."""
    inspection = cache.inspection(store)
    with st.expander(say("queue_how")):
        for line in found.said(state.language()) if found else ():
            st.markdown(plain(line))
        st.caption(say("labels_score_note"))
        shaken = inspection.fragility
        for line in shaken.said(state.language()) if shaken else ():
            st.markdown(plain(line))
        for note in shaken.notes if shaken else ():
            st.caption(plain(note.text(state.language())))
    with st.container(horizontal=True):
        if found is not None and not inspection.thorough:
            _judge(store)
        if shaken is None and cache.scored(store):
            st.button(
                say("shake", n=min(MOST_SHAKEN, len(store))), key="shake", icon=":material/vibration:",
                help=say("shake_help"), on_click=_ask, args=(Key.SHAKE, store.fingerprint),
            )  # fmt: skip


def _judge(store: EmotionStore) -> None:
    st.button(
        say("judge_anew"), key="judge_anew", icon=":material/model_training:", help=say("judge_anew_help"),
        on_click=_ask, args=(Key.THOROUGH, store.fingerprint),
    )  # fmt: skip


def _decide(store: EmotionStore, key: str, given: str | None, label: str | None, kind: str = decided.LABEL) -> None:
    if keyed.bounced(key):
        return
    decision = decided.decide(store, key, given, None if label == given else label, kind)
    if decision is not None:
        _step(key, decision.id)


def _skip(key: str) -> None:
    if keyed.bounced(key):
        return
    st.session_state[Key.SKIPPED] = [*st.session_state.get(Key.SKIPPED, []), key]
    _step(key, None)


def _step(key: str, decision: str | None) -> None:
    st.session_state[Key.STEPS] = [*st.session_state.get(Key.STEPS, []), (key, decision)]
    st.session_state.pop(Key.BACK, None)
    keyed.onward()


def _undo(store: EmotionStore) -> None:
    """Take back the last step of this session, whatever others decided meanwhile."""
    *steps, (key, decision) = st.session_state[Key.STEPS]
    if decision is not None:
        decided.undo(store, decision)
    st.session_state[Key.STEPS] = steps
    st.session_state[Key.SKIPPED] = [k for k in st.session_state.get(Key.SKIPPED, []) if k != key]
    st.session_state[Key.BACK] = key
    keyed.onward()


def _ask(key: Key, fingerprint: str) -> None:
    st.session_state[key] = fingerprint
