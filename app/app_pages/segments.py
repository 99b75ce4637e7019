"""Segments: every row of the store, filtered, sorted, paged, and one player."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import asked, cache, chosen, filters, listing, paged, parts, player, selection, state, stores
from app.selection import Filters
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EmoAnalyticsError,
    EmotionStore,
    Flag,
    Quality,
    QualitySettings,
    Query,
    figures,
    flag_reason,
)

MOST_AT_ONCE, NEAREST = 20_000, 5  # clips; in more the nearest are looked for when it is asked for
SORTS = {
    "file": "file", "start_s": "start", "speaker": "filter_speaker", "session": "filter_session",
    "recorded_at": "recorded_at", "emotion_given": "filter_given", "top": "top", "top_score": "score",
    "snr_db": "clip_snr", "level_dbfs": "clip_level",
}  # fmt: skip


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    wanted = filters.ask(store)
    try:
        rows = selection.select(store, wanted)
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return
    _rows(store, rows, wanted)


@st.fragment
def _rows(store: EmotionStore, rows: pd.DataFrame, wanted: Filters) -> None:
    """The table and the clip that is open; to tick a row, to sort or to turn a page draws no more than these."""
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _table(store, rows, wanted)
    with right:
        _detail(store)
    state.publish()


def _table(store: EmotionStore, rows: pd.DataFrame, wanted: Filters) -> None:
    if rows.empty:
        st.info(say("rows_empty"), icon=":material/search_off:")
        return
    rows = _sorted(rows)
    shown, number, pages = selection.page_of(rows, int(st.session_state.get(Key.PAGE, 1)))
    st.caption(say("rows_line", n=f"{len(rows):,}", total=f"{len(store):,}", page=number, pages=pages))
    # The key names the rows: a tick is kept by its place, and must not fall on another row.
    key = f"{Key.TABLE}_{number}_{zlib.crc32(''.join(shown['segment_id']).encode()):08x}"
    event = st.dataframe(
        _drawn(shown),
        hide_index=True,
        height=560 if len(shown) > 14 else "content",
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        column_config={
            say("start"): st.column_config.NumberColumn(format="%.2f"),
            say("length"): st.column_config.NumberColumn(format="%.2f"),
            say("score"): st.column_config.ProgressColumn(format="%.2f", min_value=0.0, max_value=1.0, width="small"),
        },
    )
    ticked = [row for row in event["selection"]["rows"] if row < len(shown)]
    _open_ticked(key, [shown["segment_id"].iloc[row] for row in ticked])
    _choose(store, [shown["segment_id"].iloc[row] for row in ticked], rows)
    below = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with below:
        if pages > 1:
            st.session_state[Key.PAGE] = number
            st.number_input(say("page"), 1, pages, key=Key.PAGE, width=140, label_visibility="collapsed")
        where = wanted.where(selection.labels_of(store))
        st.download_button(
            say("download_csv"),
            lambda: parts.csv(_whole(store, where)),
            "segments.csv",
            "text/csv",
            key="segments_csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _open_ticked(key: str, ids: list[str]) -> None:
    """Open the clip whose row was ticked last."""
    before: tuple[str, list[str]] = st.session_state.get(Key.TICKED, ("", []))
    known = before[1] if before[0] == key else []
    new = [segment for segment in ids if segment not in known]
    if new:
        st.session_state[Key.SEGMENT] = new[-1]
    st.session_state[Key.TICKED] = (key, ids)


def _choose(store: EmotionStore, ticked: list[str], rows: pd.DataFrame) -> None:
    """Choose what is ticked, or all that passes the filters: the choice travels to every page."""
    before = chosen.ids(store)
    with st.container(horizontal=True, vertical_alignment="center", key="choose_rows"):
        if ticked:
            st.button(
                say("choose_ticked", n=f"{len(ticked):,}"), key="choose_ticked", icon=":material/gesture_select:",
                on_click=_take, args=(store, ticked),
            )  # fmt: skip
            if before:
                st.button(
                    say("choose_more", n=f"{len(ticked):,}"), key="choose_more", icon=":material/add:",
                    on_click=_take, args=(store, [*before, *ticked]),
                )  # fmt: skip
        else:
            st.caption(say("choose_how"))
        st.button(
            say("choose_all", n=f"{len(rows):,}"), key="choose_all", icon=":material/select_all:", type="tertiary",
            on_click=_take, args=(store, rows["segment_id"]),
        )  # fmt: skip
    if st.session_state.pop(Key.TAKEN, False):
        state.again()


def _take(store: EmotionStore, keys: Sequence[str]) -> None:
    chosen.choose(store, list(keys))
    st.session_state[Key.TAKEN] = True


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
            on_change=filters.first_page,
            width=240,
        )
        down = st.checkbox(say("sort_down"), key=Key.DOWN, on_change=filters.first_page, disabled=not by)
    return selection.ordered(rows, by or None, down=down)


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {
        say("file"): rows["file"],
        say("top"): _named(rows["top"]),
        say("score"): rows["top_score"],
        say("filter_given"): [
            parts.emotion(label) if isinstance(label, str) else None for label in rows["emotion_given"]
        ],
        say("filter_speaker"): rows["speaker"],
        say("filter_session"): rows["session"],
        say("flags"): [", ".join(map(parts.flag, flags)) for flags in rows["flags"]],
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


def _named(labels: pd.Series) -> list[str | None]:
    return [parts.emotion(label) if isinstance(label, str) else None for label in labels]


def _detail(store: EmotionStore) -> None:
    segment = st.session_state.get(Key.SEGMENT)
    if not str(segment or "").isalnum():  # nothing, or what another page plays and is no clip of the store
        st.info(say("pick_row"), icon=":material/touch_app:")
        return
    found = store.table(None, f"segment_id = {selection.quoted(str(segment))}")
    if found.empty:
        st.info(say("segment_gone"), icon=":material/search_off:")
        return
    row = {str(name): value for name, value in found.iloc[0].items()}
    st.markdown(f"**{plain(row['file'])}**")
    if isinstance(row["text"], str):
        st.caption(plain(row["text"]))
    player.segment(store, (row["segment_id"], row["start_s"], row["end_s"]), "segment_wave")
    _find_similar(row)
    st.plotly_chart(
        figures.nine_bars(
            selection.scores_of(row, selection.labels_of(store)), state.language(), calibrated=cache.calibrated(store)
        ),
        key="segment_scores",
        config={"displayModeBar": False},
    )
    _quality(store, row)
    _nearest(store, row["segment_id"])
    with st.expander(say("details")):
        values = {name: " ".join(value) if name == "flags" else value for name, value in row.items()}
        table = pd.DataFrame(
            {say("column"): list(values), say("value"): ["" if pd.isna(v) else str(v) for v in values.values()]}
        )
        st.dataframe(table, hide_index=True, key="segment_values")
        parts.download(table, "segment")


def _find_similar(row: dict[str, Any]) -> None:
    if st.button(say("find_similar"), key="find_similar", icon=":material/search:"):
        asked.start([row["segment_id"]])
        st.switch_page("app_pages/search.py")


def _nearest(store: EmotionStore, segment: str) -> None:
    """The clips that sound most like it; to play one opens it here."""
    st.markdown(f"**{say('nearest')}**")
    asked = len(store) <= MOST_AT_ONCE or st.button(
        say("nearest_ask"), key=f"nearest_{segment}", help=say("nearest_help")
    )
    if not asked:
        return
    try:
        with parts.progress() as progress:
            shared = cache.geometry(store, parts.space_now())
            hits = shared.search(Query(positives=[segment]), progress, k=NEAREST).hits
    except EmoAnalyticsError as error:
        st.caption(plain(str(error)))
        return
    told = {hit.segment_id: say("nearest_how", value=f"{hit.similarity:.2f}") for hit in hits}
    rows = [paged.row(clip, "near", told[clip["segment_id"]]) for clip in selection.by_ids(store, list(told))]
    listing.draw(store, rows)
    if not rows:
        st.caption(say("nearest_none"))


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
