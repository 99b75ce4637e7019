"""Report: the store as one HTML file, what will be in it, and the command that makes the same bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from app import cache, grouping, parts, state, stores
from app.reports import Order
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Language, Report, Space, report

MOST_BYTES = 1_000_000  # of a template
MOST_SEED = (1 << 31) - 2  # of the library
SOUND_MB = 3  # the library's limit on excerpts
_AS_PAGE = "page"
_LANGUAGES = {Language.EN: "English", Language.ZH: "中文"}


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    st.markdown(say("report_what"))
    order = _ask(store)
    _contents(store, order)
    if st.button(say("report_make"), key="report_make", type="primary", icon=":material/description:"):
        _make(store, order)
    made: tuple[Order, Report] | None = st.session_state.get(Key.MADE)
    if made is None:
        st.caption(say("report_first"))
    elif made[0] != order:
        st.info(say("report_changed"), icon=":material/update:")
    else:
        _show(*made)
    with st.container(border=True):
        st.markdown(f"**{say('report_again')}**")
        st.code(order.command(store.path), language="bash", wrap_lines=True)
        st.caption(say("report_again_note"))
        if order.own:
            st.caption(say("report_again_own"))


def _ask(store: EmotionStore) -> Order:
    left, right = st.columns([2, 3], gap="medium")
    names = {_AS_PAGE: say("report_as_page"), **{str(key): name for key, name in _LANGUAGES.items()}}
    with left:
        chosen = parts.one_of(Key.REPORT_LANG, "report_lang", list(names), names.__getitem__)
        st.session_state.setdefault(Key.REDACT, False)
        redacted = st.toggle(say("redact"), key=Key.REDACT, help=say("redact_report_help"))
    with right:
        title = st.text_input(
            say("report_title"), key=Key.TITLE, max_chars=200, placeholder=say("report_title_usual"),
            help=say("report_title_help"),
        )  # fmt: skip
    role, compare, space, seed = _rests_on(store)
    with st.expander(say("report_own"), icon=":material/post_add:"):
        st.caption(say("report_own_help"))
        own = _own()
    language = state.language() if chosen == _AS_PAGE else Language(chosen)
    name = " ".join(str(title or "").split())
    return Order(store.fingerprint, language, bool(redacted), name, own, role, compare, space, seed)


def _rests_on(store: EmotionStore) -> tuple[str | None, tuple[str, ...], Space, int]:
    """Whose clips count, which groups are compared, in which space the map is drawn, and what chance starts from."""
    role, columns = None, grouping.offered(store, grouping.MOST_GROUPS)
    with st.expander(say("report_rests"), icon=":material/tune:"):
        if parts.has_roles(store):
            role = parts.whose(store)
            st.caption(say("whose_rule"))
        st.session_state[Key.COMPARED] = [c for c in st.session_state.get(Key.COMPARED, []) if c in columns]
        names = {column: grouping.name(column) for column in columns}
        compare = st.multiselect(
            say("report_compare"), columns, format_func=names.__getitem__, key=Key.COMPARED, disabled=not columns,
            placeholder=say("report_compare_usual") if columns else say("groups_none"),
        )  # fmt: skip
        space = parts.space(store)
        st.session_state[Key.SEED] = min(max(int(st.session_state.get(Key.SEED, 0)), 0), MOST_SEED)
        seed = st.number_input(
            say("report_seed"), min_value=0, max_value=MOST_SEED, step=1, key=Key.SEED, help=say("report_seed_help"),
        )  # fmt: skip
    return role, tuple(compare), space, int(seed)


def _own() -> tuple[tuple[str, bytes], ...]:
    """The templates that were given, by the names they came with."""
    given = st.file_uploader(
        say("report_own_ask"), type=["html", "jinja", "txt"], accept_multiple_files=True, key=Key.SECTIONS
    )
    found: dict[str, bytes] = {}
    for file in given:
        if file.size > MOST_BYTES:
            st.warning(say("report_own_large", name=plain(file.name)), icon=":material/warning:")
        else:
            found[file.name] = file.getvalue()
    return tuple(found.items())


def _contents(store: EmotionStore, order: Order) -> None:
    """What will be in it, in words."""
    view = cache.overview(store)
    counts = {"clips": f"{len(store):,}", "speakers": f"{len(cache.values(store, 'speaker')):,}"}
    lines = [say("report_in_clips", **counts)]
    lines.append(
        say("report_in_scores", scored=f"{view.scored:,}") if cache.scored(store) else say("report_in_unscored")
    )
    lines += [say("report_in_map"), say("report_in_checks"), say("report_in_limits")]
    lines.append(say("report_in_no_sound") if order.redacted else say("report_in_sound", mb=SOUND_MB))
    if order.own:
        lines.append(say("report_in_own", n=len(order.own)))
    with st.container(border=True):
        st.markdown("\n".join([f"**{say('report_in')}**", "", *(f"- {line}" for line in lines)]))


def _make(store: EmotionStore, order: Order) -> None:
    st.session_state.pop(Key.MADE, None)
    with tempfile.TemporaryDirectory() as folder, parts.progress("report_working") as told:
        paths = _written(order, Path(folder))
        try:
            made = report(store, **order.options, sections=list(paths), progress=told)
        except EmoAnalyticsError as error:
            line = str(error)
            for path, name in paths.items():
                line = line.replace(str(path), name)
            parts.failed(say("report_failed"), EmoAnalyticsError(line))
            return
    st.session_state[Key.MADE] = (order, made)


def _written(order: Order, folder: Path) -> dict[Path, str]:
    """The templates as files of our own names, and the names they came with."""
    paths = {folder / f"section{number}.html": own for number, own in enumerate(order.own)}
    for path, (_, source) in paths.items():
        path.write_bytes(source)
    return {path: name for path, (name, _) in paths.items()}


def _show(order: Order, made: Report) -> None:
    content = made.content
    st.success(say("report_ready", mb=f"{len(content) / 1e6:.2f}", n=made.sounds), icon=":material/task_alt:")
    st.download_button(
        say("report_get", name=order.name), content, order.name, "text/html", key="report_get", type="primary",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    for note in made.notes:
        st.caption(plain(note))
    st.markdown(f"**{say('report_short')}**")
    st.markdown("\n".join(f"- {plain(line)}" for line in made.facts["short"]))


main()
