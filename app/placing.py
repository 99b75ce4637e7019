"""Clips from outside on the map: where they lie, among whom, and how far that can be believed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import asked, cache, chosen, listing, outside, state
from app.asked import Outside
from app.listing import Action, Row
from app.state import Key
from app.texts import say
from emoanalytics import EmotionStore, Map, Placed, Surroundings, place, surroundings

OnMap = tuple[Placed, tuple[str, ...], tuple[Surroundings, ...]]


def ask(store: EmotionStore) -> dict[str, Outside]:
    """Ask for clips; those of this session that lie on the map, by id."""
    with st.expander(say("placing_ask"), key="placing", icon=":material/add_location:"):
        st.caption(say("placing_how"))
        new, whole = outside.take(store, Key.PLACED_UPLOADS, Key.PLACED_RECORDING, Key.PLACED_TIMES)
        st.session_state[Key.PLACED] = list(dict.fromkeys([*st.session_state.get(Key.PLACED, []), *new]))
        if whole:
            state.again()
    held = asked.outside(store)
    return {key: held[key] for key in st.session_state[Key.PLACED] if key in held}


def on_map(store: EmotionStore, drawn: Map, clips: dict[str, Outside]) -> OnMap | None:
    """Where they lie on a map, under which names, and among whom; None where there are none.

    Raises:
        EmoAnalyticsError: the map is of another encoder.
    """
    if not clips:
        return None
    # No voice is known to be one of the store's unless the user said so on the Search page.
    speakers = tuple(st.session_state.get(f"who_{key}") or None for key in clips)
    looks = (store.fingerprint, drawn.key, tuple(clips), speakers)
    held: tuple[object, OnMap] | None = st.session_state.get(Key.PLACED_WHERE)
    if held is None or held[0] != looks:
        embeddings = asked.embeddings(clips.values())
        placed = cache.geometry(store, drawn.space).ask(lambda geometry: place(drawn, geometry, embeddings, speakers))
        held = (looks, (placed, tuple(clip.name for clip in clips.values()), surroundings(placed, store)))
        st.session_state[Key.PLACED_WHERE] = held
    return held[1]


def draw(store: EmotionStore, clips: dict[str, Outside], there: OnMap) -> None:
    """List them: how far the place can be believed, and what their nearest clips are."""
    placed, _, among = there
    near = {key: placed.nearest[i].tolist() for i, key in enumerate(clips)}
    actions = (
        Action("near", "placing_near", ":material/gesture_select:", lambda key: chosen.choose(store, near[key])),
        Action("like", "find_similar", ":material/search:", lambda key: asked.start([key]), "app_pages/search.py"),
        Action("off", "placing_off", ":material/close:", _off),
    )
    st.subheader(say("placing_title"), anchor=False)
    words = state.language()
    rows = [
        Row(key, clip.name, _lines(placed.words(i, words)), _lines(among[i].words(words))[0], samples=clip.samples,
            tag="placed")
        for i, (key, clip) in enumerate(clips.items())
    ]  # fmt: skip
    listing.draw(store, rows, actions)


def _lines(sentence: str) -> Sequence[str]:
    return (sentence[:1].upper() + sentence[1:],)


def _off(key: str) -> None:
    st.session_state[Key.PLACED] = [other for other in st.session_state.get(Key.PLACED, []) if other != key]
