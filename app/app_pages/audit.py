"""Audit: what to listen to next; copies, clips unlike all others, quality, what flatters a model, the log."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import copies, decided, labelling, oddities, parts, stores, suspects
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore

PARTS: dict[str, tuple[str, Callable[[EmotionStore], None]]] = {
    "queue": ("part_queue", suspects.draw),
    "copies": ("part_copies", copies.draw),
    "outliers": ("part_outliers", oddities.unlike),
    "quality": ("part_quality", oddities.quality),
    "corpus": ("part_corpus", labelling.draw),
    "decisions": ("part_decisions", decided.draw),
}


def main() -> None:
    """Draw the page: one part of it, since each may have to compute."""
    store = stores.current()
    if store is None:
        return
    part = parts.one_of(Key.PART, "part", list(PARTS), lambda x: say(PARTS[x][0]))
    try:
        PARTS[part][1](store)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")


main()
