"""Clips from outside the store that join what a page is about: dropped or recorded, and heard by its encoder."""

from __future__ import annotations

import streamlit as st

from app import asked, intake, parts
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore


def take(store: EmotionStore, uploads: Key, recording: Key, times: Key) -> tuple[list[str], bool]:
    """Ask for clips, and make those that are given known to this session: their ids, and whether all could be used.

    Where all could, the place they were dropped on is empty the next time.

    Args:
        store: the store.
        uploads: of the place to drop files.
        recording: of the microphone.
        times: how often the two were emptied.
    """
    emptied = st.session_state.setdefault(times, 0)
    given = intake.ask(f"{uploads}_{emptied}", f"{recording}_{emptied}", stacked=True)
    if not given:
        return [], False
    try:
        encoder = intake.loaded(store)
    except EmoAnalyticsError as error:
        parts.failed(say("query_no_encoder"), error)
        return [], False
    if intake.is_foreign(store, encoder):
        st.warning(say("query_foreign", encoder=plain(encoder.card.name)), icon=":material/warning:")
        return [], False
    heard = intake.analysed(store, given, {}, encoder, None)
    whole = len(heard) == len(given)
    if whole:
        st.session_state[times] = emptied + 1
    return [asked.bring(store, clip) for clip in heard], whole
