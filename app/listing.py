"""A list of clips to hear: each row can be played where it stands, by the one player of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import player
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmotionStore


@dataclass(frozen=True)
class Row:
    """One clip of a list.

    Attributes:
        key: segment id, or another id when ``samples`` are given.
        title: what it is called.
        facts: what is known about it.
        remark: one further line.
        start_s: where a segment starts in its recording.
        end_s: where it ends.
        samples: (n,) float32 at 16 kHz of a clip that is not in the store.
        tag: tells rows of several lists of one page apart.
    """

    key: str
    title: str
    facts: Sequence[str] = ()
    remark: str = ""
    start_s: float = 0.0
    end_s: float = 0.0
    samples: np.ndarray | None = None
    tag: str = "row"


@dataclass(frozen=True)
class Action:
    """What can be done with a row.

    Attributes:
        name: of the button.
        hint: key of what it does, in a line.
        icon: Material symbol.
        act: called with the row's key.
        page: shown after that; empty: this one stays.
    """

    name: str
    hint: str
    icon: str
    act: Callable[[str], None]
    page: str = ""


def draw(store: EmotionStore, rows: Sequence[Row], actions: Sequence[Action] = ()) -> None:
    """Draw the rows; to play one draws them again, and nothing else of the page."""
    for row in rows:
        with st.container(border=True, key=f"{row.tag}_{row.key}", gap="xsmall"):
            _line(row, actions)
            if st.session_state.get(Key.SEGMENT) == row.key:
                _sound(store, row)


def _line(row: Row, actions: Sequence[Action]) -> None:
    # The labels of these buttons are for screen readers; style.css hides them from view.
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=f"line_{row.tag}_{row.key}"
    ):
        open_ = st.session_state.get(Key.SEGMENT) == row.key
        st.button(
            say("stop") if open_ else say("play"),
            key=f"play_{row.tag}_{row.key}",
            icon=":material/stop:" if open_ else ":material/play_arrow:",
            help=say("stop") if open_ else say("play"),
            on_click=_close if open_ else _open,
            args=() if open_ else (row.key,),
        )
        with st.container(gap=None):
            st.markdown(f"**{plain(row.title)}**")
            if row.facts:
                st.caption(" · ".join(plain(fact) for fact in row.facts))
            if row.remark:
                st.caption(plain(row.remark))
        for action in actions:
            pressed = st.button(
                say(action.hint),
                key=f"{action.name}_{row.tag}_{row.key}",
                icon=action.icon,
                help=say(action.hint),
                type="tertiary",
                on_click=action.act,
                args=(row.key,),
            )
            if pressed and action.page:
                st.switch_page(action.page)


def _open(key: str) -> None:
    st.session_state[Key.SEGMENT] = st.session_state[Key.STARTED] = key


def _close() -> None:
    st.session_state.pop(Key.SEGMENT, None)
    st.session_state.pop(Key.STARTED, None)


def _sound(store: EmotionStore, row: Row) -> None:
    started = st.session_state.get(Key.STARTED) == row.key
    if row.samples is not None:
        player.play(row.samples, 16_000, f"wave_{row.key}", at_once=started)
        return
    player.segment(store, (row.key, row.start_s, row.end_s), f"wave_{row.key}", at_once=started)
