"""What was decided after listening: written to the log beside the store, shown, taken back, handed out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from app import paged, parts, selection, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import Decision, Decisions, EmoAnalyticsError, EmotionStore

LABEL = "label"
UNSURE = "label-unsure"  # listened to, and left open: a decision of its own kind, so that none on the label stands
ROWS_A_PAGE = 10


def decide(
    store: EmotionStore, segment_id: str, given: str | None, decided: str | None, kind: str = LABEL
) -> Decision | None:
    """Append a decision on a given label; what goes wrong is said on the page.

    Args:
        store: the store.
        segment_id: the clip.
        given: its label; None: it has none.
        decided: the right label; None: the given one is.
        kind: `LABEL`, or `UNSURE` where nobody could tell.

    Returns:
        The decision; None where it was made already, or could not be kept.
    """
    log = Decisions(store.path)
    try:
        before = log.read().latest(kind).get((segment_id, kind))
        if before is None or (before.decided, before.who) != (decided, who()):  # a double click is one decision
            return log.record(segment_id, kind, given=given, decided=decided, who=who())
    except EmoAnalyticsError as error:
        st.session_state[Key.TROUBLE] = str(error)
    return None


def undo(store: EmotionStore, decision: str | None = None) -> None:
    """Take a decision back, by default the last; what goes wrong is said on the page."""
    try:
        Decisions(store.path).undo(decision, who=who())
    except EmoAnalyticsError as error:
        st.session_state[Key.TROUBLE] = str(error)


def who() -> str | None:
    """Name of whoever decides in this session, where one was given."""
    return str(st.session_state.get(Key.WHO) or "").strip() or None


def trouble() -> None:
    """Say why the last decision was not kept."""
    if line := st.session_state.pop(Key.TROUBLE, None):
        st.error(plain(str(line)), icon=":material/error:")


def standing(store: EmotionStore) -> list[Decision]:
    """The decisions on labels that hold, the latest first; lines that cannot be read are said.

    Raises:
        StoreError: the log cannot be read.
    """
    log = Decisions(store.path).read()
    for note in log.notes:
        st.warning(plain(note), icon=":material/warning:")
    return [decision for decision in reversed(log.standing) if decision.kind in (LABEL, UNSURE)]


def draw(store: EmotionStore) -> None:
    """Draw the log.

    Raises:
        StoreError: it cannot be read.
    """
    trouble()
    st.text_input(
        say("who"), str(st.session_state.get(Key.WHO) or ""), key="who_typed", on_change=_named, help=say("who_help"),
        max_chars=100,
    )  # fmt: skip
    found = standing(store)
    if not found:
        st.info(say("decided_none"), icon=":material/gavel:")
        return
    st.markdown(say("decided_line", n=len(found), store=plain(store.path.name)))
    st.download_button(
        say("decided_csv"), lambda: _csv(store), "decisions.csv", "text/csv", key="decisions_csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    _list(store, found)


def words(decision: Decision) -> str:
    """A decision in a few words."""
    given = parts.emotion(decision.given) if decision.given else say("no_label")
    if decision.kind == UNSURE:
        return say("decided_unsure", given=given)
    if decision.decided is None and decision.given is None:
        return say("keep_none")
    if decision.decided is None:
        return say("decided_kept", given=given)
    if decision.given is None:
        return say("decided_new", decided=parts.emotion(decision.decided))
    return say("decided_changed", given=given, decided=parts.emotion(decision.decided))


def _named() -> None:
    st.session_state[Key.WHO] = st.session_state["who_typed"]


@st.fragment
def _list(store: EmotionStore, found: list[Decision]) -> None:
    first, last = paged.turn(len(found), "decided", ROWS_A_PAGE)
    shown = found[first:last]
    files = {row["segment_id"]: str(row["file"]) for row in selection.by_ids(store, [d.segment_id for d in shown])}
    for decision in shown:
        with st.container(border=True, gap="xsmall", key=f"decision_{decision.id}"):
            st.markdown(f"**{plain(files.get(decision.segment_id, say('decided_gone')))}**: {plain(words(decision))}")
            when = f"{decision.when[:16].replace('T', ' ')} UTC"
            st.caption(plain(" · ".join(filter(None, (when, decision.who)))))
            if st.button(
                say("undo"), key=f"undo_{decision.id}", icon=":material/undo:", on_click=undo,
                args=(store, decision.id),
            ):  # fmt: skip
                state.again()
    paged.turner(len(found), "decided", ROWS_A_PAGE)


def _csv(store: EmotionStore) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.csv"
        Decisions(store.path).export_csv(path)
        return path.read_bytes()
