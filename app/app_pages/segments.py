"""Segments: every row of the store, filtered, sorted, paged, and one player."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import cache, parts, player, selection, state, stores
from app.selection import Filters
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    EmoAnalyticsError,
    EmotionStore,
    Flag,
    Quality,
    QualitySettings,
    figures,
    flag_name,
    flag_reason,
)

MOST_VALUES = 2_000  # offered in one filter
NAMES = {e.id: e for e in EMOTIONS}
SORTS = {
    "file": "file", "start_s": "start", "speaker": "filter_speaker", "session": "filter_session",
    "recorded_at": "recorded_at", "emotion_given": "filter_given", "top": "top", "top_score": "score",
    "snr_db": "clip_snr", "level_dbfs": "clip_level",
}  # fmt: skip
VALUE_TEXTS = {
    Key.SPEAKER: "filter_speaker", Key.SESSION: "filter_session", Key.SPOKEN: "filter_spoken", Key.ROLE: "filter_role",
    Key.GIVEN: "filter_given",
}  # fmt: skip


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    filters = _filters(store)
    try:
        rows = selection.select(store, filters)
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _table(store, rows, filters)
    with right:
        _detail(store)


def _filters(store: EmotionStore) -> Filters:
    first = st.columns([3, 2, 2, 2])
    labels = selection.labels_of(store)
    with first[0]:
        search = st.text_input(say("filter_search"), key=Key.SEARCH, on_change=_first_page)
    with first[1]:
        speakers = _values(store, Key.SPEAKER)
    with first[2]:
        top = _many(Key.TOP, "filter_top", list(labels), _emotion)
    with first[3]:
        flags = _many(Key.FLAG, "filter_flag", [str(f) for f in Flag], _flag)
    asked = any(st.session_state.get(key) for key in (Key.SESSION, Key.SPOKEN, Key.ROLE, Key.GIVEN, Key.WHERE))
    values = {selection.VALUE_COLUMNS[Key.SPEAKER]: speakers}
    with st.expander(say("filters_more"), expanded=asked):
        for column, key in zip(st.columns(4), (Key.SESSION, Key.SPOKEN, Key.ROLE, Key.GIVEN), strict=True):
            with column:
                values[selection.VALUE_COLUMNS[key]] = _values(store, key)
        condition = st.text_input(
            say("filter_where"),
            key=Key.WHERE,
            help=say("filter_where_help"),
            placeholder="score_angry > 0.6 AND snr_db > 20",
            on_change=_first_page,
        )
        st.button(say("clear"), key="clear", icon=":material/filter_alt_off:", on_click=state.clear_filters)
    return Filters(values, flags, top, search, condition)


def _values(store: EmotionStore, key: Key) -> list[str]:
    found = cache.values(store, selection.VALUE_COLUMNS[key])
    chosen = _many(key, VALUE_TEXTS[key], found[:MOST_VALUES], _emotion if key == Key.GIVEN else str)
    if len(found) > MOST_VALUES:
        st.caption(say("filter_few", n=f"{MOST_VALUES:,}"))
    return chosen


def _many(key: Key, text: str, options: list[str], named: Any) -> list[str]:
    """A choice of several; what a link names and the store does not have is left out."""
    st.session_state[key] = [value for value in st.session_state.get(key, []) if value in options]
    return st.multiselect(
        say(text),
        options,
        format_func=named,
        key=key,
        placeholder=say("filter_any"),
        on_change=_first_page,
        disabled=not options,
    )


def _first_page() -> None:
    st.session_state.pop(Key.PAGE, None)


def _emotion(label: str) -> str:
    known = NAMES.get(label)
    return f"{known.emoji} {known.name(state.language())}" if known else label


def _flag(flag: str) -> str:
    return flag_name(Flag(flag), state.language())


def _table(store: EmotionStore, rows: pd.DataFrame, filters: Filters) -> None:
    if rows.empty:
        st.info(say("rows_empty"), icon=":material/search_off:")
        return
    rows = _sorted(rows)
    shown, number, pages = selection.page_of(rows, int(st.session_state.get(Key.PAGE, 1)))
    st.caption(say("rows_line", n=f"{len(rows):,}", total=f"{len(store):,}", page=number, pages=pages))
    event = st.dataframe(
        _drawn(shown),
        hide_index=True,
        height=560 if len(shown) > 14 else "content",
        key=f"{Key.TABLE}_{number}_{len(rows)}",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="",
        column_config={
            say("start"): st.column_config.NumberColumn(format="%.2f"),
            say("length"): st.column_config.NumberColumn(format="%.2f"),
            say("score"): st.column_config.ProgressColumn(format="%.2f", min_value=0.0, max_value=1.0, width="small"),
        },
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(shown):
        st.session_state[Key.SEGMENT] = shown["segment_id"].iloc[picked[0]]
    below = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with below:
        if pages > 1:
            st.session_state[Key.PAGE] = number
            st.number_input(say("page"), 1, pages, key=Key.PAGE, width=140, label_visibility="collapsed")
        where = filters.where(selection.labels_of(store))
        st.download_button(
            say("download_csv"),
            lambda: parts.csv(_whole(store, where)),
            "segments.csv",
            "text/csv",
            key="segments_csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _whole(store: EmotionStore, where: str | None) -> pd.DataFrame:
    """All columns of the filtered rows, flags in one cell."""
    table = store.table(None, where)
    return table.assign(flags=table["flags"].map(" ".join))


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    if st.session_state.get(Key.SORT) not in SORTS:
        st.session_state[Key.SORT] = ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox(
            say("sort"),
            ["", *SORTS],
            format_func=lambda c: say(SORTS[c]) if c else say("sort_store"),
            key=Key.SORT,
            on_change=_first_page,
            width=240,
        )
        down = st.checkbox(say("sort_down"), key=Key.DOWN, on_change=_first_page, disabled=not by)
    return selection.ordered(rows, by or None, down=down)


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {
        say("file"): rows["file"],
        say("top"): [_emotion(label) if isinstance(label, str) else None for label in rows["top"]],
        say("score"): rows["top_score"],
        say("filter_given"): [_emotion(label) if isinstance(label, str) else None for label in rows["emotion_given"]],
        say("filter_speaker"): rows["speaker"],
        say("filter_session"): rows["session"],
        say("flags"): [", ".join(map(_flag, flags)) for flags in rows["flags"]],
        say("text"): rows["text"],
        say("start"): rows["start_s"],
        say("length"): rows["end_s"] - rows["start_s"],
        say("channel"): rows["channel"],
        say("filter_role"): rows["role"],
        say("filter_spoken"): rows["language"],
        say("recorded_at"): rows["recorded_at"],
    }
    optional = [
        say(key) for key in ("top", "score", "filter_given", "filter_session", "filter_role", "text", "recorded_at")
    ]
    table = pd.DataFrame(columns)
    return table.drop(columns=[name for name in optional if table[name].isna().all()])


def _detail(store: EmotionStore) -> None:
    segment = st.session_state.get(Key.SEGMENT)
    if not segment:
        st.info(say("pick_row"), icon=":material/touch_app:")
        return
    literal = str(segment).replace("'", "''")
    found = store.table(None, f"segment_id = '{literal}'")
    if found.empty:
        st.info(say("segment_gone"), icon=":material/search_off:")
        return
    row = {str(name): value for name, value in found.iloc[0].items()}
    st.markdown(f"**{plain(row['file'])}**")
    if isinstance(row["text"], str):
        st.caption(plain(row["text"]))
    _listen(store, row)
    st.plotly_chart(
        figures.nine_bars(selection.scores_of(row, selection.labels_of(store)), state.language()),
        key="segment_scores",
        config={"displayModeBar": False},
    )
    _quality(store, row)
    with st.expander(say("details")):
        values = {name: " ".join(value) if name == "flags" else value for name, value in row.items()}
        table = pd.DataFrame(
            {say("column"): list(values), say("value"): ["" if pd.isna(v) else str(v) for v in values.values()]}
        )
        st.dataframe(table, hide_index=True, key="segment_values")


def _listen(store: EmotionStore, row: dict[str, Any]) -> None:
    try:
        samples, rate_hz = cache.excerpt(store, row["segment_id"])
    except EmoAnalyticsError as error:
        st.warning(plain(str(error)), icon=":material/volume_off:")
        return
    lead = min(cache.PAD_S, row["start_s"])
    player.play(samples, rate_hz, "segment_wave", segment=(lead, lead + row["end_s"] - row["start_s"]))
    st.caption(say("excerpt_note"))


def _quality(store: EmotionStore, row: dict[str, Any]) -> None:
    settings: dict[str, float] = next(
        (run["settings"]["quality"] for run in reversed(store.runs()) if run.get("kind") == "build"), {}
    )
    measured = {name: row[name] for name in Quality.__dataclass_fields__ if name in row}
    quality = Quality(duration_s=row["end_s"] - row["start_s"], **measured)
    parts.quality_notes(
        [flag_reason(Flag(f), quality, QualitySettings(**settings), state.language()) for f in row["flags"]]
    )


main()
