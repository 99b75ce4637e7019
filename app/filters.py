"""The filters, asked for in the same way on every page that shows rows; they travel between the pages."""

from __future__ import annotations

import streamlit as st

from app import cache, chosen, parts, selection, state
from app.selection import Filters
from app.state import Key
from app.texts import say
from emoanalytics import EmotionStore, Flag, Tags

MOST_VALUES = 2_000  # offered in one filter
EXAMPLE = "score_angry > 0.6 AND snr_db > 20"
TEXTS = {
    Key.SPEAKER: "filter_speaker", Key.SESSION: "filter_session", Key.SPOKEN: "filter_spoken", Key.ROLE: "filter_role",
    Key.GIVEN: "filter_given",
}  # fmt: skip
FOLDED = (Key.SESSION, Key.SPOKEN, Key.ROLE, Key.GIVEN, Key.TAG, Key.ONLY)


def ask(store: EmotionStore) -> Filters:
    """The filters in full: the usual ones in a row, the others folded."""
    first = st.columns([3, 2, 2, 2])
    with first[0]:
        search = _search()
    with first[1]:
        speakers = _values(store, Key.SPEAKER)
    with first[2]:
        top = _top(store)
    with first[3]:
        flags = _flags()
    values = {selection.VALUE_COLUMNS[Key.SPEAKER]: speakers}
    asked = any(st.session_state.get(key) for key in (*FOLDED, Key.WHERE))
    with st.expander(say("filters_more"), expanded=asked, icon=":material/filter_alt:"):
        for column, key in zip(st.columns(4), (Key.SESSION, Key.SPOKEN, Key.ROLE, Key.GIVEN), strict=True):
            with column:
                values[selection.VALUE_COLUMNS[key]] = _values(store, key)
        ids = _ids(store)
        condition = _condition()
        _clear()
    return Filters(values, flags, top, search, condition, ids)


def ask_folded(store: EmotionStore) -> Filters:
    """The filters one below the other, folded, with how many are set."""
    label = say("filters_set", n=count()) if count() else say("filters_none")
    with st.expander(label, key="filters_folded", icon=":material/filter_alt:"):
        search = _search()
        values = {selection.VALUE_COLUMNS[key]: _values(store, key) for key in TEXTS}
        top, flags, ids = _top(store), _flags(), _ids(store)
        condition = _condition()
        _clear()
    return Filters(values, flags, top, search, condition, ids)


def count() -> int:
    """How many are set."""
    return sum(bool(st.session_state.get(key)) for key in state.FILTERS)


def not_here() -> None:
    """A line where filters are set, on a page that is about all clips."""
    if count():
        st.caption(f":material/filter_alt_off: {say('filters_not_here', n=count())}")


def _ids(store: EmotionStore) -> list[str] | None:
    """The clips that have one of the tags asked for, and are chosen where only those are asked for."""
    tags = Tags(store.path).read()
    asked = parts.many(Key.TAG, "filter_tag", list(tags), str, first_page) if tags else []
    here = chosen.ids(store)
    st.session_state[Key.ONLY] = bool(st.session_state.get(Key.ONLY)) and bool(here)
    only = st.toggle(say("filter_only", n=f"{len(here):,}"), key=Key.ONLY, on_change=first_page, disabled=not here)
    tagged = list(dict.fromkeys(key for tag in asked for key in tags[tag]))
    if only and asked:
        both = set(tagged)
        return [key for key in here if key in both]
    return here if only else tagged if asked else None


def _search() -> str:
    return str(st.text_input(say("filter_search"), key=Key.SEARCH, on_change=first_page) or "")


def _condition() -> str:
    return str(
        st.text_input(
            say("filter_where"), key=Key.WHERE, help=say("filter_where_help"), placeholder=EXAMPLE, on_change=first_page
        )
        or ""
    )


def _clear() -> None:
    st.button(say("clear"), key="clear", icon=":material/filter_alt_off:", on_click=state.clear_filters)


def _top(store: EmotionStore) -> list[str]:
    return parts.many(Key.TOP, "filter_top", selection.labels_of(store), parts.emotion, first_page)


def _flags() -> list[str]:
    return parts.many(Key.FLAG, "filter_flag", [str(f) for f in Flag], parts.flag, first_page)


def _values(store: EmotionStore, key: Key) -> list[str]:
    found = cache.values(store, selection.VALUE_COLUMNS[key])
    named = parts.emotion if key == Key.GIVEN else str
    chosen = parts.many(key, TEXTS[key], found[:MOST_VALUES], named, first_page)
    if len(found) > MOST_VALUES:
        st.caption(say("filter_few", n=f"{MOST_VALUES:,}"))
    return chosen


def first_page() -> None:
    """What is shown starts anew."""
    for key in (Key.PAGE, Key.HITS):
        st.session_state.pop(key, None)
