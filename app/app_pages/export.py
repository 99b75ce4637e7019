"""Export: which clips, for which tool, with or without names; handed out, or put on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app import cache, chosen, exports, filters, parts, selection, state, stores
from app.exports import KINDS, Order
from app.selection import Filters
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Exported, ExportFormat

_WHICH = {"all": "export_all", "filtered": "export_filtered", "chosen": "export_chosen"}
_EMBEDDED = {exports.USUAL: "embedded_usual", exports.WITH: "embedded_with", exports.WITHOUT: "embedded_without"}
_PLACES = {"download": "to_download", "machine": "to_machine"}
_FORMATS = {
    ExportFormat.CSV: ("format_csv", "format_csv_who"),
    ExportFormat.TSV: ("format_tsv", "format_tsv_who"),
    ExportFormat.JSONL: ("format_jsonl", "format_jsonl_who"),
    ExportFormat.PARQUET: ("format_parquet", "format_parquet_who"),
    ExportFormat.NPY: ("format_npy", "format_npy_who"),
    ExportFormat.AUDFORMAT: ("format_audformat", "format_audformat_who"),
    ExportFormat.HUGGINGFACE: ("format_huggingface", "format_huggingface_who"),
    ExportFormat.SPOTLIGHT: ("format_spotlight", "format_spotlight_who"),
    ExportFormat.EMBEDDING_ATLAS: ("format_embedding-atlas", "format_embedding-atlas_who"),
    ExportFormat.SQL: ("format_sql", "format_sql_who"),
}
_MOST_LEFT = 20  # clips that are listed as left out
_Target = tuple[str, str]  # where to (empty: a download), and the table


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    st.markdown(say("export_what"))
    try:
        where = _which(store)
        n = len(cache.rows(store, ("segment_id",), where))
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return
    order = _order(where, n)
    target = _where_to(order)
    if n:
        _summary(store, order)
        _write(store, order, target)
    elif st.session_state[Key.WHAT] == "chosen":
        st.info(say("export_none_chosen"), icon=":material/gesture_select:")
    else:
        st.info(say("export_none"), icon=":material/search_off:")


def _which(store: EmotionStore) -> str | None:
    """The clips that are asked for, as a condition; None: all."""
    which = parts.one_of(Key.WHAT, "export_which", list(_WHICH), lambda x: say(_WHICH[x]))
    if which == "filtered":
        return selection.where(store, filters.ask_folded(store))
    if which == "chosen":
        return selection.where(store, Filters(ids=chosen.ids(store)))
    return None


def _order(where: str | None, n: int) -> Order:
    left, right = st.columns(2, gap="medium")
    names = {str(form): say(_FORMATS[form][0]) for form in KINDS}
    with left:
        if st.session_state.get(Key.FORMAT) not in names:
            st.session_state[Key.FORMAT] = str(ExportFormat.CSV)
        picked = st.selectbox(say("export_format"), list(names), format_func=names.__getitem__, key=Key.FORMAT)
        form = ExportFormat(picked)
        st.caption(say(_FORMATS[form][1]))
    with right:
        offered = list(_EMBEDDED) if KINDS[form].asked else [exports.USUAL]
        if st.session_state.get(Key.EMBEDDED) not in offered:
            st.session_state[Key.EMBEDDED] = exports.USUAL
        words = {option: say(_EMBEDDED[option]) for option in offered}
        embedded = st.segmented_control(
            say("export_embeddings"), offered, format_func=words.__getitem__, key=Key.EMBEDDED, required=True,
            help=say("export_embeddings_help"),
        )  # fmt: skip
        st.session_state.setdefault(Key.REDACT, False)
        redacted = st.toggle(say("redact"), key=Key.REDACT, help=say("redact_export_help"))
    return Order(form, where, n, str(embedded), bool(redacted))


def _where_to(order: Order) -> _Target | None:
    """What was typed; None: nothing yet."""
    if order.format is ExportFormat.SQL:
        left, right = st.columns([3, 1])
        with left:
            url = st.text_input(say("export_url"), key=Key.DATABASE, help=say("export_url_help"))
        with right:
            table = st.text_input(say("export_table"), "segments", key=Key.TABLE_NAME)
        return (url.strip(), table.strip()) if url.strip() and table.strip() else None
    if order.kind.ending:
        to = parts.one_of(Key.TO, "export_to", list(_PLACES), lambda x: say(_PLACES[x]))
        if to == "download":
            return "", ""
    typed = st.text_input(say("export_place"), key=Key.PLACE, help=say("export_place_help"))
    return (typed, "") if typed.strip() else None


def _summary(store: EmotionStore, order: Order) -> None:
    embedded = say("export_in_with", dim=store.info.dim) if order.embeddings else say("export_in_without")
    names = say("export_in_no_names" if order.redacted else "export_in_names")
    st.markdown(say("export_in", n=f"{order.n:,}", embedded=embedded, names=names))


def _write(store: EmotionStore, order: Order, target: _Target | None) -> None:
    """The button, what it did, and the command that does the same."""
    refused = say(order.refused) if order.refused else ""
    to, table = target or ("", "")
    path: Path | None = None
    if not refused and target == ("", "") and order.size(store) > exports.MOST_DOWNLOADED:
        refused = say("export_large", mb=f"{order.size(store) / 1e6:,.0f}")
    if not refused and to and not table:
        path, refused = exports.place(order, store, to)
    held: tuple[object, object, str, bytes, Exported] | None = st.session_state.get(Key.WRITTEN)
    asked = (store.fingerprint, order)
    here = held is not None and held[:2] == (asked, target)
    if refused and not here:
        st.warning(refused, icon=":material/block:")
    pressed = st.button(
        say("export_make"), key="export_make", type="primary", icon=":material/output:",
        disabled=bool(refused) or target is None,
    )  # fmt: skip
    if pressed and target is not None:
        st.session_state.pop(Key.WRITTEN, None)
        with parts.progress("export_working") as told:
            try:
                name, content, done = _carried_out(store, order, path or to, table, told)
            except EmoAnalyticsError as error:
                parts.failed(say("export_failed"), error)
                return
        held = (asked, target, name, content, done)
        st.session_state[Key.WRITTEN] = held
        here = True
    if here and held is not None:
        _done(held[2], held[3], held[4])
    database = order.format is ExportFormat.SQL
    command = order.command(store, "URL" if database else str(path or to or order.name(store)), table or "segments")
    st.markdown(f"**{say('export_same')}**")
    if command is None:
        st.caption(say("export_same_long"))
    else:
        st.code(command, language="bash", wrap_lines=True)


def _carried_out(
    store: EmotionStore, order: Order, to: Path | str, table: str, told: Callable[[int, int, str], None]
) -> tuple[str, bytes, Exported]:
    return order.content(store, told) if to == "" else ("", b"", order.write(store, to, table or "segments", told))


def _done(name: str, content: bytes, done: Exported) -> None:
    st.success(say("export_done", rows=f"{done.rows:,}", columns=len(done.columns)), icon=":material/task_alt:")
    if name:
        st.download_button(
            say("export_get", name=name), content, name, "application/octet-stream", key="export_get", type="primary",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    else:
        st.markdown(say("export_lies", path=plain(done.to)))
    for note in done.words(state.language()):
        st.caption(plain(note))
    if done.left:
        lines = [f"- {plain(clip.file)}: {plain(clip.reason)}" for clip in done.left[:_MOST_LEFT]]
        st.warning("\n".join([say("export_left", n=len(done.left)), "", *lines]), icon=":material/warning:")
    with st.expander(say("export_columns")):
        st.caption(plain(", ".join(done.columns)))


main()
