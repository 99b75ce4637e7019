"""Pieces that several pages draw: notices, errors, empty states, a chart with its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import streamlit as st

from app import cache, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    EmotionStore,
    Flag,
    Space,
    flag_name,
    harmless,
    is_demo,
    score_word,
)

_CSV = "text/csv"
_EVERYBODY = "all"  # what the library calls all roles
_FEWEST_FOR_LEAK, _MOST_FOR_LEAK = 12, 20_000  # clips; among more it is measured when it is asked for
_SPACES = {
    Space.RAW: ("space_raw", "space_raw_note"), Space.SPEAKER_CENTRED: ("space_centred", "space_centred_note"),
}  # fmt: skip
_WORK = {  # what the library says it is doing -> our words for it
    "reading embeddings": "work_reading", "finding neighbours": "work_neighbours", "UMAP": "work_umap",
    "t-SNE": "work_tsne", "principal components": "work_pca", "projecting": "work_pca",
    "trust of the map": "work_trust", "comparing waveforms": "work_listening",
    "clustering": "work_clustering", "testing the stability": "work_stability", "listening to a sample": "work_sample",
}  # fmt: skip
_NAMES = {e.id: e for e in EMOTIONS}


def emotion(label: str) -> str:
    """An emotion with its emoji in the language of the page; any other label as it is."""
    known = _NAMES.get(label)
    return f"{known.emoji} {known.name(state.language())}" if known else label


def flag(name: str) -> str:
    """A quality flag in the language of the page."""
    return flag_name(Flag(name), state.language()) if name in set(Flag) else name


def many(
    key: Key, text: str, options: Sequence[str], named: Callable[[str], str], changed: Callable[[], None]
) -> list[str]:
    """A choice of several; what a link names and is not offered is left out.

    Args:
        key: in the session state.
        text: key of the label.
        options: what is offered.
        named: an option in words.
        changed: called when the choice changes.
    """
    st.session_state[key] = [value for value in st.session_state.get(key, []) if value in options]
    return st.multiselect(
        say(text), options, format_func=named, key=key, placeholder=say("filter_any"), on_change=changed,
        disabled=not options,
    )  # fmt: skip


def one_of(key: Key, text: str, options: Sequence[str], named: Callable[[str], str]) -> str:
    """A choice of one; the usual one where a link names none that is offered.

    Args:
        key: in the session state.
        text: key of the label.
        options: what is offered.
        named: an option in words.
    """
    if st.session_state.get(key) not in options:
        st.session_state[key] = state.USUAL[key]
    names = {option: named(option) for option in options}
    st.segmented_control(say(text), options, format_func=names.__getitem__, key=key, required=True)
    return str(st.session_state[key])


def facts(
    speaker: object, session: object, emotion_: object, score: float | None, given: object, *, calibrated: bool = False
) -> list[str]:
    """What is known about a clip, each in a few words.

    Args:
        speaker: who speaks.
        session: when.
        emotion_: the label that scores highest.
        score: its score.
        given: the label of the corpus.
        calibrated: whether that score may be called so.
    """
    found = [str(value) for value in (speaker, session) if isinstance(value, str)]
    if isinstance(emotion_, str):
        found.append(emotion(emotion_) if score is None else scored(emotion_, score, calibrated=calibrated))
    if isinstance(given, str):
        found.append(say("labelled", label=emotion(given)))
    return found


def scored(label: str, score: float, *, calibrated: bool) -> str:
    """The label that scores highest, and its score by its right name."""
    word = score_word(calibrated, state.language())
    return say("scored", label=emotion(label), word=word, score=f"{score:.2f}")


def has_roles(store: EmotionStore) -> bool:
    """Whether there is more than one role to choose from."""
    return len(cache.values(store, "role")) > 1


def whose(store: EmotionStore) -> str | None:
    """Ask whose clips count; None: the library's rule (clients, where there are agents)."""
    roles = ["", *cache.values(store, "role"), _EVERYBODY]
    if st.session_state.get(Key.WHOSE) not in roles:
        st.session_state[Key.WHOSE] = state.USUAL[Key.WHOSE]
    names = {role: role for role in roles} | {"": say("whose_usual"), _EVERYBODY: say("whose_all")}
    st.selectbox(say("whose"), roles, format_func=names.__getitem__, key=Key.WHOSE)
    return str(st.session_state[Key.WHOSE]) or None


def space_now() -> Space:
    """The space that is chosen."""
    chosen = st.session_state.get(Key.SPACE)
    return Space(chosen) if chosen in set(Space) else Space.RAW


def space(store: EmotionStore) -> Space:
    """Ask in which space clips are compared, and say what that means."""
    st.session_state[Key.SPACE] = space_now()
    st.segmented_control(
        say("space"), list(Space), format_func=lambda x: say(_SPACES[Space(x)][0]), key=Key.SPACE, required=True,
        on_change=_other_space,
    )  # fmt: skip
    chosen = space_now()
    st.caption(say(_SPACES[chosen][1]) if cache.values(store, "speaker") else say("space_no_speakers"))
    return chosen


def _other_space() -> None:
    st.session_state.pop(Key.HITS, None)


def leak(store: EmotionStore) -> None:
    """How much of sounding alike is the voice: in a line, and the rest folded."""
    if len(store) < _FEWEST_FOR_LEAK:
        return
    shared = cache.geometry(store, space_now())
    at_once = len(store) <= _MOST_FOR_LEAK or shared.knows_leak
    if not at_once and not st.button(say("leak_ask"), key="leak_ask", icon=":material/record_voice_over:"):
        return
    with progress() as told:
        found = shared.leak(told)
    lines = found.lines(state.language())
    voice = next((n for n, each in enumerate(found.factors) if each.factor == "speaker" and each.telling), None)
    if voice is not None:
        advice = say("leak_switch") if space_now() is Space.RAW else say("leak_centred")
        st.markdown(f":material/record_voice_over: {say('leak_line', line=plain(lines[voice]), advice=advice)}")
    with st.expander(say("leak_title")):
        for number, line in enumerate(lines):
            if number != voice:
                st.caption(plain(line))


@contextmanager
def progress(otherwise: str = "") -> Iterator[Callable[[int, int, str], None]]:
    """A bar while something is computed for the first time; nothing where it is found.

    Args:
        otherwise: key of what is being done, where the library does not say it in words of ours.
    """
    place = st.empty()

    def told(done: int, total: int, note: str) -> None:
        words = say(_WORK[note]) if note in _WORK else say(otherwise) if otherwise else plain(note)
        place.progress(min(done / max(total, 1), 1.0), words)

    try:
        yield told
    finally:
        place.empty()


def notice(store: EmotionStore) -> None:
    """Whose scores these are, and whether anybody speaks here: on every page."""
    missing = store.head_missing
    encoder = plain(str(store.info.encoder.get("name")))
    words = ""
    if missing:
        st.warning(plain(missing), icon=":material/warning:")
    elif store.info.head is None:
        words = say("head_none", encoder=encoder)
    elif store.info.head == "builtin":
        words = say("head_builtin", encoder=encoder)
    else:
        words = _fitted(store, encoder)
    synthetic = say("demo_synthetic") if _is_demo(store) else ""
    told = "  \n".join(line for line in (synthetic, words) if line)
    if told:
        st.info(told, icon=":material/info:")


def _is_demo(store: EmotionStore) -> bool:
    return any(is_demo(store.path / corpus) for corpus in cache.values(store, "corpus"))


def _fitted(store: EmotionStore, encoder: str) -> str:
    report = cache.overview(store).head_report or {}
    if "uar" not in report or "uar_interval" not in report:
        return say("head_unmeasured", head=plain(str(store.info.head)))
    low, high = report["uar_interval"]
    values = {"uar": f"{report['uar']:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
    if store.info.encoder.get("labels"):
        return say("head_fitted_builtin", encoder=encoder, **values)
    return say("head_fitted", **values)


def failed(what: str, error: Exception | str) -> None:
    """An error a user can do something about: one line, shown as it is."""
    st.error(f"**{what}**  \n{plain(str(error))}", icon=":material/error:")


def no_store() -> None:
    """What to do when no store is open, on a page that needs one."""
    with st.container(border=True):
        st.subheader(say("none_title"), anchor=False)
        st.markdown(say("none_what"))
        st.page_link("app_pages/home.py", label=say("none_home"), icon=":material/home:")


def chart(figure: Any, table: pd.DataFrame, key: str) -> None:
    """A chart, and behind it its numbers to read and to keep."""
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
    with st.expander(say("as_table")):
        st.dataframe(table, hide_index=True, key=f"{key}_table")
        download(table, key)


def download(table: pd.DataFrame, name: str) -> None:
    """A button that hands out a table; it is written when it is pressed."""
    st.download_button(
        say("download_csv"),
        lambda: csv(table),
        f"{name}.csv",
        _CSV,
        key=f"{name}_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, with the mark by which spreadsheets know UTF-8, and no text that they would run as a formula."""

    def held(value: object) -> object:
        return harmless(value) if isinstance(value, str) else value

    kept = (pd.api.types.is_numeric_dtype, pd.api.types.is_datetime64_any_dtype)
    texts = {c: table[c].map(held) for c in table.columns if not any(is_(table[c].dtype) for is_ in kept)}
    return table.assign(**texts).rename(columns=held).to_csv(index=False).encode("utf-8-sig")


def quality_notes(lines: list[str]) -> None:
    """What is to be remarked about the sound of a clip."""
    st.markdown(f"**{say('clip_quality')}**")
    for line in lines:
        st.markdown(f":material/flag: {plain(line)}")
    if not lines:
        st.caption(say("clip_quality_good"))
