"""Clips of the store as a list to hear, ten at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import asked, listing, parts, selection, state
from app.listing import Action, Row
from app.state import Key
from app.texts import say
from emoanalytics import EmotionStore

ROWS_A_PAGE = 10
SIMILAR = Action("similar", "find_similar", ":material/search:", lambda key: asked.start([key]), "app_pages/search.py")


@st.fragment
def clips(store: EmotionStore, keys: Sequence[str], tag: str, remarks: Mapping[str, str] | None = None) -> None:
    """Draw the list; to turn a page or to play a clip leaves the rest of the page alone.

    Args:
        store: the store.
        keys: segment ids, each once.
        tag: tells lists apart.
        remarks: a further line on some of them, by id.
    """
    first, last = turn(len(keys), tag, ROWS_A_PAGE)
    found = selection.by_ids(store, keys[first:last])
    listing.draw(store, [row(clip, tag, (remarks or {}).get(clip["segment_id"], "")) for clip in found], (SIMILAR,))
    turner(len(keys), tag, ROWS_A_PAGE)
    state.publish()


def row(clip: Mapping[str, Any], tag: str, remark: str = "") -> Row:
    """A clip as a row of a list.

    Args:
        clip: one row of `selection.by_ids`.
        tag: tells lists apart.
        remark: a further line.
    """
    score = None if pd.isna(clip["top_score"]) else float(clip["top_score"])
    facts = parts.facts(
        clip["speaker"], clip["session"], clip["top"], score, clip["emotion_given"], calibrated=clip["calibrated"]
    )
    place = {"start_s": clip["start_s"], "end_s": clip["end_s"]}
    return Row(clip["segment_id"], clip["file"], facts, remark, **place, tag=tag)


def turn(n: int, tag: str, size: int) -> tuple[int, int]:
    """Where the page of a list begins and ends.

    Args:
        n: length of the list.
        tag: of the list.
        size: of a page.
    """
    page = _page(n, tag, size)
    return (page - 1) * size, min(page * size, n)


def turner(n: int, tag: str, size: int) -> None:
    """Buttons to turn the pages of a list; none where there is one page."""
    pages, page = -(-n // size), _page(n, tag, size)
    if pages < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, icon, to in (("hits_before", "chevron_left", page - 1), ("hits_next", "chevron_right", page + 1)):
            st.button(
                say(name), key=f"{tag}_{name}", icon=f":material/{icon}:", on_click=_to, args=(tag, to),
                disabled=not 1 <= to <= pages,
            )  # fmt: skip
        st.caption(say("chosen_page", page=page, pages=pages))


def _page(n: int, tag: str, size: int) -> int:
    pages: dict[str, int] = st.session_state.get(Key.PAGES, {})
    return min(max(pages.get(tag, 1), 1), max(-(-n // size), 1))


def _to(tag: str, page: int) -> None:
    st.session_state[Key.PAGES] = {**st.session_state.get(Key.PAGES, {}), tag: page}
