"""Listening by keyboard: the sound of one clip on the space bar, and the nine emotions on 1 to 9."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from app import cache, parts, player
from app.state import Key
from app.texts import plain, say
from emoanalytics import EMOTIONS, EmoAnalyticsError, EmotionStore

HEARD_S = 0.5  # a decision sooner than this after a clip began by itself was meant for the one before it
_TURNS = 16  # samples cut off in front: a browser that is handed what it was handed before neither starts nor stops


@dataclass(frozen=True)
class Sounding:
    """The sound that was started last by a key or a button.

    Attributes:
        segment_id: whose.
        turn: how often a sound was started or stopped.
        until: when it ends, by the monotonic clock; 0: it was stopped.
        since: when it began by itself, after the clip before it; 0: somebody started it.
    """

    segment_id: str
    turn: int
    until: float
    since: float = 0.0


def switch() -> None:
    """Whether keys act: a person who works by screen reader or by voice may want them off."""
    st.session_state.setdefault(Key.KEYS, True)
    st.toggle(say("keys_on"), key=Key.KEYS, help=say("keys_help"))


def shortcut(key: str) -> str | None:
    """A key for a button, where keys act."""
    return key if st.session_state.get(Key.KEYS, True) else None


def onward() -> None:
    """The clip that stands there next starts at once."""
    st.session_state[Key.ONWARD] = True


def bounced(segment_id: str) -> bool:
    """Whether a decision on this clip comes from a key that was held or struck twice for the one before it.

    Nobody has heard the clip yet. Each such stroke waits anew, so that a held key decides once.
    """
    now: Sounding | None = st.session_state.get(Key.SOUNDING)
    if now is None or now.segment_id != segment_id or time.monotonic() - now.since >= HEARD_S:
        return False
    st.session_state[Key.SOUNDING] = replace(now, since=time.monotonic())
    return True


def sound(store: EmotionStore, row: Mapping[str, Any], tag: str) -> None:
    """Outline, player and the button for the space bar, or why the clip cannot be heard.

    Args:
        store: the store.
        row: one of `selection.by_ids`.
        tag: tells lists apart.
    """
    segment_id = row["segment_id"]
    try:
        samples, rate_hz = cache.excerpt(store, segment_id)
    except EmoAnalyticsError as error:
        st.session_state.pop(Key.ONWARD, None)
        st.warning(plain(str(error)), icon=":material/volume_off:")
        return
    length_s = len(samples) / rate_hz
    if st.session_state.pop(Key.ONWARD, False):  # the click that decided on the one before starts this one
        _start(segment_id, length_s, since=time.monotonic())
    now: Sounding | None = st.session_state.get(Key.SOUNDING)
    turn = now.turn if now else 0
    playing = now is not None and now.segment_id == segment_id and now.until > time.monotonic()
    lead = min(cache.PAD_S, row["start_s"])
    player.play(
        samples[turn % _TURNS :], rate_hz, f"{tag}_{segment_id}",
        segment=(lead, lead + row["end_s"] - row["start_s"]), at_once=playing,
    )  # fmt: skip
    st.button(
        say("play_stop"), key=f"{tag}_sound_{segment_id}", icon=":material/play_pause:", shortcut=shortcut("Space"),
        on_click=_toggle, args=(segment_id, length_s),
    )  # fmt: skip


def nine(tag: str, segment_id: str, act: Callable[[str], None], said: str | None = None) -> None:
    """A button for each of the nine, on the keys 1 to 9 in their order.

    Args:
        tag: tells places apart.
        segment_id: the clip.
        act: called with the emotion.
        said: the one that stands out, because the store says it.
    """
    with st.container(key=f"nine_{tag}"):
        for number, emotion in enumerate(EMOTIONS, 1):
            st.button(
                parts.emotion(emotion.id), key=f"{tag}_{emotion.id}_{segment_id}",
                type="primary" if emotion.id == said else "secondary", shortcut=shortcut(str(number)),
                on_click=act, args=(emotion.id,), width="stretch",
            )  # fmt: skip


def _start(segment_id: str, length_s: float, since: float = 0.0) -> None:
    last: Sounding | None = st.session_state.get(Key.SOUNDING)
    turn, until = last.turn + 1 if last else 1, time.monotonic() + length_s
    st.session_state[Key.SOUNDING] = Sounding(segment_id, turn, until, since)
    st.session_state.pop(Key.CUE, None)


def _toggle(segment_id: str, length_s: float) -> None:
    last: Sounding | None = st.session_state.get(Key.SOUNDING)
    if last is not None and last.segment_id == segment_id and last.until > time.monotonic():
        st.session_state[Key.SOUNDING] = Sounding(segment_id, last.turn + 1, 0.0)
        st.session_state.pop(Key.CUE, None)
    else:
        _start(segment_id, length_s)
