"""Search: clips that sound like these and unlike those, more of one emotion and less of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app import asked, cache, chosen, examples, filters, listing, outside, parts, results, selection, state, stores
from app.asked import Asked
from app.listing import Action, Row
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    Bookmarks,
    Contrast,
    EmoAnalyticsError,
    EmotionStore,
    Exclude,
    Hit,
    Query,
    SearchResult,
)

HITS_A_PAGE, MOST_CSV, MOST_ON_MAP = 10, 1_000, 100
EXCLUDE_TEXTS = {
    Exclude.SAME_SPEAKER: "exclude_speaker", Exclude.SAME_FILE: "exclude_file", Exclude.SAME_SESSION: "exclude_session",
}  # fmt: skip
CONTRAST_TEXTS = {
    Contrast.SAME_SOUND_OTHER_LABEL: "contrast_sound", Contrast.SAME_LABEL_OTHER_SOUND: "contrast_label",
}  # fmt: skip
MORE = Action("more", "more", ":material/add:", asked.more_like)
LESS = Action("less", "less", ":material/remove:", asked.less_like)
OUT = Action("out", "take_away", ":material/close:", asked.remove)


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        where, understood = _question(store)
    with right:
        if understood:
            _answer(store, where)
    parts.leak(store)  # below what was found, which on a telephone stands far down already


def _question(store: EmotionStore) -> tuple[str | None, bool]:
    """What is looked for and where; whether the filters are understood."""
    st.subheader(say("query_title"), anchor=False)
    above = st.container()
    _brought(store)
    wanted = asked.read(store)
    with above:
        _clips(store, wanted)
    _emotions(store)
    where, understood = _filters(store)
    _options(store, wanted)
    parts.space(store)
    return where, understood


def _brought(store: EmotionStore) -> None:
    """A clip from outside joins the query; the place it was dropped on is empty again."""
    with st.expander(say("query_outside"), key="query_outside", icon=":material/mic:"):
        new, whole = outside.take(store, Key.QUERY_UPLOADS, Key.QUERY_RECORDING, Key.GIVEN_TIMES)
    for key in new:
        asked.more_like(key)
    if whole:
        state.again()


def _clips(store: EmotionStore, wanted: Asked) -> None:
    if wanted.gone:
        st.warning(say("query_gone", n=wanted.gone), icon=":material/link_off:")
    if not (wanted.like or wanted.unlike):
        if wanted.empty:
            _examples(store)
        else:
            st.caption(say("query_no_clips"))
    for side, text, other in (("like", "query_like", LESS), ("unlike", "query_unlike", MORE)):
        keys = wanted.like if side == "like" else wanted.unlike
        if keys:
            st.markdown(f"**{say(text)}**")
            listing.draw(store, [_asked_row(wanted, key, side) for key in keys], (other, OUT))
            for key in keys:
                if side == "like" and key in wanted.outside:
                    _who(store, wanted, key)
    segment = str(st.session_state.get(Key.SEGMENT, ""))
    here = selection.by_ids(store, [segment])
    if here and segment not in (*wanted.like, *wanted.unlike):
        st.button(
            say("query_start", name=plain(here[0]["file"])), key="query_start", icon=":material/search:",
            on_click=asked.more_like, args=(segment,),
        )  # fmt: skip


def _asked_row(wanted: Asked, key: str, side: str) -> Row:
    if key in wanted.outside:
        clip = wanted.outside[key]
        return Row(key, clip.name, [say("from_outside")], samples=clip.samples, tag=side)
    row = wanted.rows[key]
    facts = parts.facts(row["speaker"], row["session"], row["top"], None, row["emotion_given"])
    return Row(key, row["file"], facts, start_s=row["start_s"], end_s=row["end_s"], tag=side)


def _who(store: EmotionStore, wanted: Asked, key: str) -> None:
    """Whose voice a clip from outside is, and its label: what a space or a filter may need to know."""
    with st.expander(say("outside_more", name=plain(wanted.outside[key].name))):
        for name, text, column in (("who", "filter_speaker", "speaker"), ("label", "filter_given", "emotion_given")):
            st.selectbox(
                say(text),
                cache.values(store, column)[: filters.MOST_VALUES],
                index=None,
                placeholder=say("outside_unknown"),
                format_func=parts.emotion if name == "label" else str,
                key=f"{name}_{key}",
            )


def _emotions(store: EmotionStore) -> None:
    toward, profile = asked.amounts(Key.TOWARD), asked.amounts(Key.PROFILE)
    count = len(toward) + len(profile)
    with st.expander(
        say("emotions_set", n=count) if count else say("emotions_none"), key="emotions", icon=":material/tune:"
    ):
        try:
            head = cache.head(store)
        except EmoAnalyticsError as error:
            st.caption(plain(str(error)))
            return
        if head is None:
            st.caption(say("emotions_no_head"))
            return
        st.caption(say("toward_note"))
        labels = [*(e.id for e in EMOTIONS), *(x for x in head.labels if x not in {e.id for e in EMOTIONS})]
        _sliders(Key.TOWARD, labels, head.labels, toward, -2.0)
        st.markdown(f"**{say('profile_title')}**")
        st.caption(say("profile_note"))
        _sliders(Key.PROFILE, labels, head.labels, profile, 0.0)
        st.button(say("emotions_clear"), key="emotions_clear", icon=":material/restart_alt:", on_click=_no_emotions)


def _sliders(key: Key, labels: Sequence[str], known: Sequence[str], values: dict[str, float], low: float) -> None:
    high = 2.0 if low else 1.0
    pairs = [labels[i : i + 2] for i in range(0, len(labels), 2)]  # a row each, so that a telephone keeps their order
    for column, label in ((c, x) for pair in pairs for c, x in zip(st.columns(2), pair, strict=False)):
        name = f"{key}_{label}"
        st.session_state[name] = min(max(values.get(label, 0.0), low), high)
        with column:
            st.slider(
                plain(parts.emotion(label)), low, high, step=0.25 if low else 0.1, key=name,
                disabled=label not in known, help=None if label in known else say("emotion_not_known"),
                on_change=_slid, args=(key, label, name),
            )  # fmt: skip


def _slid(key: Key, label: str, name: str) -> None:
    asked.set_amount(key, label, float(st.session_state[name]))


def _no_emotions() -> None:
    for key in (Key.TOWARD, Key.PROFILE, Key.HITS):
        st.session_state.pop(key, None)


def _filters(store: EmotionStore) -> tuple[str | None, bool]:
    wanted = filters.ask_folded(store)
    try:
        return selection.where(store, wanted), True
    except EmoAnalyticsError as error:
        parts.failed(say("filter_where_bad"), error)
        return None, False


def _options(store: EmotionStore, wanted: Asked) -> None:
    set_ = sum(bool(st.session_state.get(key)) for key in (Key.EXCLUDE, Key.CONTRAST, Key.VARIETY))
    with st.expander(
        say("options_set", n=set_) if set_ else say("options_none"), key="options", icon=":material/rule:"
    ):
        parts.many(Key.EXCLUDE, "exclude", list(EXCLUDE_TEXTS), lambda x: say(EXCLUDE_TEXTS[Exclude(x)]), _first_page)
        names = {"": say("contrast_none")} | {str(x): say(text) for x, text in CONTRAST_TEXTS.items()}
        if st.session_state.get(Key.CONTRAST) not in names:
            st.session_state[Key.CONTRAST] = ""
        st.selectbox(
            say("contrast"),
            list(names),
            format_func=names.__getitem__,
            key=Key.CONTRAST,
            on_change=_first_page,
            disabled=not wanted.like,
            help=say("contrast_help"),
        )
        st.session_state.setdefault(Key.VARIETY, 0.0)
        st.slider(say("variety"), 0.0, 1.0, step=0.1, key=Key.VARIETY, help=say("variety_help"), on_change=_first_page)


def _first_page() -> None:
    st.session_state.pop(Key.HITS, None)


def _answer(store: EmotionStore, where: str | None) -> None:
    st.subheader(say("hits_title"), anchor=False)
    wanted = asked.read(store)
    page = int(st.session_state.get(Key.HITS, 1))
    try:
        query = wanted.query()
        if query is None:
            st.info(say("query_empty"), icon=":material/search:")
            return
        found = _search(store, query, where, (page - 1) * HITS_A_PAGE, HITS_A_PAGE)
    except EmoAnalyticsError as error:
        parts.failed(say("search_failed"), error)
        return
    if cache.geometry(store, parts.space_now()).indexing:
        st.caption(f":material/hourglass_top: {say('indexing')}")
    for note in found.notes:
        if found.hits or not found.candidates:
            st.caption(f":material/info: {plain(note.text(state.language()))}")
    if not found.hits:
        st.info(say("hits_none"), icon=":material/search_off:")
    else:
        st.caption(
            say("hits_line", first=found.offset + 1, last=found.offset + len(found.hits), n=f"{found.candidates:,}",
                total=f"{found.clips:,}")
        )  # fmt: skip
    listing.draw(store, [_hit_row(wanted, hit, calibrated=found.calibrated) for hit in found.hits], (MORE, LESS))
    _below(store, query, where, found, page)


def _examples(store: EmotionStore) -> None:
    """What a first search may be, each by one click."""
    found = examples.of(store)
    if not found:
        return
    st.markdown(f"**{say('examples')}**")
    for number, example in enumerate(found):
        st.button(
            example.words(),
            key=f"example_{number}",
            icon=":material/lightbulb:",
            on_click=examples.ask,
            args=(example,),
        )


def _search(store: EmotionStore, query: Query, where: str | None, offset: int, k: int) -> SearchResult:
    variety = float(st.session_state.get(Key.VARIETY) or 0.0)
    with parts.progress() as progress:
        return cache.geometry(store, parts.space_now()).search(
            query,
            progress,
            k=k,
            offset=offset,
            where=where,
            exclude=[x for x in st.session_state.get(Key.EXCLUDE, []) if x in set(Exclude)],
            diversify=1 - variety if variety else None,
        )


def _hit_row(wanted: Asked, hit: Hit, *, calibrated: bool) -> Row:
    facts = parts.facts(hit.speaker, hit.session, hit.emotion, hit.score, hit.emotion_given, calibrated=calibrated)
    return Row(
        hit.segment_id,
        hit.file,
        [say("similarity", value=f"{hit.similarity:.2f}"), *facts],
        say("why", parts=_why(wanted, hit)),
        hit.start_s,
        hit.end_s,
        tag="hit",
    )


def _why(wanted: Asked, hit: Hit) -> str:
    """Which part of the query matched, in words; segments by their files."""
    named = [
        replace(m, part=replace(m.part, name=wanted.name(m.part.name)) if m.part.name in wanted.rows else m.part)
        for m in hit.matches
    ]
    return replace(hit, matches=tuple(named)).why(state.language())


def _below(store: EmotionStore, query: Query, where: str | None, found: SearchResult, page: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say("hits_before"), key="hits_before", icon=":material/chevron_left:", disabled=page <= 1,
            on_click=_to_page, args=(page - 1,),
        )  # fmt: skip
        st.button(
            say("hits_next"), key="hits_next", icon=":material/chevron_right:", disabled=found.next_offset is None,
            on_click=_to_page, args=(page + 1,),
        )  # fmt: skip
        if not found.hits:
            return
        st.download_button(
            say("download_hits", n=f"{min(MOST_CSV, found.candidates):,}"),
            lambda: parts.csv(results.table(_search(store, query, where, 0, MOST_CSV))),
            "search.csv",
            "text/csv",
            key="search_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        most = min(MOST_ON_MAP, found.candidates)
        if st.button(say("hits_choose", n=most), key="hits_choose", icon=":material/gesture_select:"):
            _choose(store, query, where)
            st.toast(say("hits_chosen", n=most))
        if st.button(say("hits_to_map", n=most), key="hits_to_map", icon=":material/scatter_plot:"):
            _choose(store, query, where)
            st.switch_page("app_pages/map.py")
        with st.popover(say("query_keep"), icon=":material/bookmark_add:"):
            _keep(store)


def _choose(store: EmotionStore, query: Query, where: str | None) -> None:
    chosen.choose(store, [hit.segment_id for hit in _search(store, query, where, 0, MOST_ON_MAP).hits])


def _keep(store: EmotionStore) -> None:
    """Keep the query under a name, among the views of the sidebar."""
    st.caption(say("query_keep_where"))
    with st.form("keep_query", border=False, clear_on_submit=True):
        name = st.text_input(say("view_name"), key=Key.NAMING_QUERY, max_chars=200)
        if st.form_submit_button(say("view_keep")) and name.strip():
            try:
                Bookmarks(store.path).add(name, "search", state.view())
                st.toast(say("query_kept", name=plain(name)))
            except EmoAnalyticsError as error:
                parts.failed(say("view_failed"), error)


def _to_page(page: int) -> None:
    st.session_state[Key.HITS] = page


main()
