"""Clips of the store, picked by name, speaker or what is chosen already."""

from __future__ import annotations

import streamlit as st

from app import cache, chosen, clips, selection
from app.clips import Analysed
from app.selection import quoted
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore

MOST_FOUND = 50


def ask(store: EmotionStore) -> None:
    """Ask which clips of the store to open; what was asked before stays among them."""
    sought = st.text_input(
        say("pick_sought"), key=Key.SOUGHT, placeholder=say("pick_hint"), icon=":material/search:", max_chars=200
    )
    picked = _known(store)
    found, more = _found(store, str(sought or ""))
    names = {**{str(row["segment_id"]): _name(row) for row in selection.by_ids(store, picked)}, **found}
    st.session_state[Key.PICK] = [key for key in picked if key in names]
    st.multiselect(
        say("pick_clips"), list(names), format_func=names.__getitem__, key=Key.PICK, placeholder=say("pick_any"),
        max_selections=clips.MOST_CLIPS,
    )  # fmt: skip
    if sought and not found:
        st.caption(say("pick_none"))
    elif more:
        st.caption(say("pick_more", n=MOST_FOUND))
    one, many = str(st.session_state.get(Key.SEGMENT) or ""), chosen.ids(store)
    with st.container(horizontal=True):
        if one and one not in picked and selection.by_ids(store, [one]):
            st.button(say("pick_one"), key="pick_one", icon=":material/touch_app:", on_click=_take, args=([one],))
        if many:
            st.button(
                say("pick_chosen", n=min(len(many), clips.MOST_CLIPS)), key="pick_chosen", icon=":material/checklist:",
                on_click=_take, args=(many,),
            )  # fmt: skip


def opened(store: EmotionStore) -> list[Analysed]:
    """What the store says of the picked clips; those that cannot be heard are said."""
    found = []
    for key in _known(store):
        try:
            found.append(cache.clip(store, key))
        except EmoAnalyticsError as error:
            st.error(plain(str(error)), icon=":material/volume_off:")
    return found


def _known(store: EmotionStore) -> list[str]:
    rows = selection.by_ids(store, list(st.session_state.get(Key.PICK) or [])[: clips.MOST_CLIPS])
    return [str(row["segment_id"]) for row in rows]


def _found(store: EmotionStore, sought: str) -> tuple[dict[str, str], bool]:
    """Clips whose file or speaker holds these words, and whether there are more than are shown."""
    words = sought.strip().lower()
    if not words:
        return {}, False
    where = " OR ".join(f"contains(lower(coalesce({column}, '')), {quoted(words)})" for column in ("file", "speaker"))
    rows = cache.rows(store, ("segment_id", "file", "speaker", "start_s"), where)
    first = rows.head(MOST_FOUND).to_dict("records")
    return {str(row["segment_id"]): _name({str(k): v for k, v in row.items()}) for row in first}, len(rows) > MOST_FOUND


def _name(row: dict[str, object]) -> str:
    """File, second and speaker."""
    parts = [str(row["file"]), say("clip_seconds", seconds=f"{row['start_s']:.1f}")]
    return " · ".join([*parts, *([row["speaker"]] if isinstance(row["speaker"], str) else [])])


def _take(keys: list[str]) -> None:
    before: list[str] = st.session_state.get(Key.PICK) or []
    st.session_state[Key.PICK] = list(dict.fromkeys([*keys, *before]))[: clips.MOST_CLIPS]
