"""A new store: which corpus, what would be read, how to build it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from app import builds, clips, drops, parts, state
from app.drops import DropError, Dropped
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    BuildOrder,
    BuildSettings,
    ChannelPolicy,
    CutMode,
    CutPolicy,
    EmoAnalyticsError,
    Preview,
    list_models,
    open_corpus,
    preview,
)

_MOST_LISTED = 200  # folders and tables of a folder
_MOST_PROBLEMS = 50
_TABLES = {".csv", ".tsv", ".jsonl", ".parquet", ".rttm"}
_UP = ".."
_ACOUSTIC, _FOLDER = "acoustic", "folder"
_CUTS = {
    "given": ("cut_given", "cut_given_note"), CutMode.WHOLE: ("cut_whole", "cut_whole_note"),
    CutMode.WINDOWS: ("cut_windows", "cut_windows_note"), CutMode.SPEECH: ("cut_speech", "cut_speech_note"),
}  # fmt: skip
_CHANNELS = {
    ChannelPolicy.MIX: "channels_mix", ChannelPolicy.EACH: "channels_each", ChannelPolicy.LEFT: "channels_left",
    ChannelPolicy.RIGHT: "channels_right",
}  # fmt: skip
_ROLES = {"left": "agent", "right": "client"}
_PRECISE = 1_000_000


@dataclass(frozen=True)
class Draft:
    """A corpus that was looked at.

    Attributes:
        corpus: folder, manifest or file.
        template: how its file names are read, or None.
        seen: what would be read.
        dropped: its files where they were dropped here, or None.
    """

    corpus: Path
    template: str | None
    seen: Preview
    dropped: Dropped | None = None


def draw() -> None:
    """Ask for a corpus, or for how to build the one that was looked at."""
    st.subheader(say("new_title"), anchor=False)
    found: Draft | None = st.session_state.get(Key.DRAFT)
    if found is None:
        _choose()
    else:
        _show(found)
        _decide(found)


def _choose() -> None:
    ways: dict[str, tuple[str, Callable[[], None]]] = {
        "folder": ("new_folder", _ask_folder), "drop": ("new_drop", _ask_drop)
    }  # fmt: skip
    names = {way: say(text) for way, (text, _) in ways.items()}
    way = st.segmented_control(
        say("new_from"), list(ways), format_func=names.__getitem__, key="new_from", default="folder", required=True
    )
    ways[way][1]()


def _ask_folder() -> None:
    st.text_input(say("new_path"), key=Key.SOURCE, placeholder=say("new_path_example"))
    st.caption(f":material/lock: {say('new_path_note')}")
    _browse()
    template = _ask_template()
    typed = str(st.session_state.get(Key.SOURCE) or "").strip()
    if st.button(say("new_look"), type="primary", key="new_look", disabled=not typed, icon=":material/visibility:"):
        with st.spinner(say("new_looking")):
            _look(Path(typed).expanduser(), template)


def _browse() -> None:
    """Folders and tables below what is typed."""
    typed = Path(str(st.session_state.get(Key.SOURCE) or Path.cwd())).expanduser()
    here = typed if typed.is_dir() else typed.parent
    if not here.is_dir():
        return
    st.selectbox(
        say("browse", folder=plain(str(here))),
        [_UP, *_listed(str(here))],
        index=None,
        placeholder=say("browse_pick"),
        format_func=lambda name: say("browse_up") if name == _UP else str(name),
        key=f"browse_{here}",
        on_change=_enter,
        args=(str(here),),
    )


def _enter(here: str) -> None:
    name = st.session_state.pop(f"browse_{here}", None)
    if name:
        st.session_state[Key.SOURCE] = os.path.normpath(Path(here, str(name)))


def _listed(folder: str) -> list[str]:
    """The folders in a folder, then its tables; nothing hidden."""
    try:
        entries = sorted((e for e in os.scandir(folder) if not e.name.startswith(".")), key=lambda e: e.name.lower())
        folders = [f"{e.name}/" for e in entries if e.is_dir()]
        tables = [e.name for e in entries if Path(e.name).suffix.lower() in _TABLES and e.is_file()]
    except OSError:
        return []
    return [*folders, *tables][:_MOST_LISTED]


def _ask_template() -> str | None:
    with st.expander(say("template_title")):
        st.markdown(say("template_what"))
        typed = st.text_input(say("template"), key="new_template", placeholder="{speaker}_{session}_{emotion}_{take}")
    return typed.strip() or None


def _ask_drop() -> None:
    given = st.file_uploader(
        say("drop_files"), accept_multiple_files=True, key="new_files", max_upload_size=clips.MOST_MB
    )
    st.caption(say("drop_limits", one=clips.MOST_MB, count=f"{drops.MOST_FILES:,}", size=f"{drops.MOST_MB:,}"))
    template = _ask_template()
    if st.button(
        say("new_look"), type="primary", key="new_look_dropped", disabled=not given, icon=":material/visibility:"
    ):
        with st.spinner(say("new_looking")):
            try:
                dropped = drops.take((file.name, file) for file in given)
            except DropError as error:
                st.error(
                    say(error.text, **{k: plain(str(v)) for k, v in error.values.items()}), icon=":material/error:"
                )
                return
            _look(dropped.corpus, template, dropped)


def _look(path: Path, template: str | None, dropped: Dropped | None = None) -> None:
    try:
        corpus = open_corpus(path, template=template)
        st.session_state[Key.DRAFT] = Draft(path.absolute(), template, preview(corpus), dropped)
    except EmoAnalyticsError as error:
        told = str(error)
        if dropped is not None:
            dropped.remove()
            told = told.replace(str(dropped.folder), say("dropped_files"))  # where they lay tells nobody anything
        parts.failed(say("new_not_read"), told)
        return
    state.again()


def _forget() -> None:
    found: Draft | None = st.session_state.pop(Key.DRAFT, None)
    if found is None:
        return
    if found.dropped is None:
        st.session_state[Key.SOURCE] = str(found.corpus)
    else:
        found.dropped.remove()


def _show(found: Draft) -> None:
    seen = found.seen
    where = say("new_dropped") if found.dropped else plain(str(found.corpus))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{say('new_step_look')}** · {where}")
        st.button(say("new_other"), key="new_other", type="tertiary", icon=":material/undo:", on_click=_forget)
    with st.container(key="cards"):
        st.metric(say("new_files"), f"{seen.files:,}", border=True)
        length = say("new_size", size=f"{seen.size_bytes / _PRECISE:,.0f}")
        st.metric(say("new_length"), length if seen.hours is None else builds.spoken(seen.hours * 3600), border=True)
        st.metric(say("speakers"), f"{seen.speakers:,}" if seen.speakers else say("none_named"), border=True)
        st.metric(say("sessions"), f"{seen.sessions:,}" if seen.sessions else say("none_named"), border=True)
        labels = f"{len(seen.labels):,}" if seen.labels else say("new_no_labels")
        st.metric(say("new_labels"), labels, border=True)
        st.metric(say("new_problems"), f"{len(seen.problems):,}", border=True)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{say('new_read')}**")
        root = "" if found.dropped is None else f"{seen.corpus}"
        for line in seen.described[state.language()][1:]:
            st.caption(plain(line.replace(f"{root}/", "") if root else line))
    if not seen.speakers:
        st.info(say("new_no_speakers"), icon=":material/info:")
    if seen.problems:
        table = pd.DataFrame(
            [(p.file, p.row, p.reason) for p in seen.problems], columns=[say("file"), say("new_row"), say("reason")]
        )
        with st.expander(say("new_problem_list", n=f"{len(table):,}"), icon=":material/error:"):
            st.dataframe(table.head(_MOST_PROBLEMS), hide_index=True, key="new_problem_table")
            parts.download(table, "problems")


def _decide(found: Draft) -> None:
    st.markdown(f"**{say('new_step_decide')}**")
    encoder, ready = _encoder()
    cut = _cut(found.seen)
    channels = _channels()
    train = _train(found.seen, encoder)
    store = _place(found)
    keep = True
    if found.dropped is not None:
        keep = st.toggle(say("new_keep_audio"), value=True, key="new_keep", help=say("new_keep_help"))
        st.caption(say("new_kept", folder=plain(str(_audio_folder(store)))) if keep else say("new_not_kept"))
    if (store / "store.json").is_file():
        st.info(say("new_exists"), icon=":material/info:")
    pressed = st.button(
        say("new_build"), type="primary", key="new_build", icon=":material/play_arrow:", disabled=not ready
    )
    if pressed:
        settings = BuildSettings(channels=channels, roles=_ROLES if channels is ChannelPolicy.EACH else {}, cut=cut)
        _begin(found, store, encoder, settings, train=train, keep=keep)


def _begin(found: Draft, store: Path, encoder: str, settings: BuildSettings, *, train: bool, keep: bool) -> None:
    try:
        corpus = found.corpus
        if found.dropped is not None:
            corpus = found.dropped.settle(_audio_folder(store))
        order = BuildOrder(corpus, store, encoder, found.template, settings, train=train, discard=not keep)
    except EmoAnalyticsError as error:
        parts.failed(say("build_not_started"), error)
        return
    except OSError as error:
        st.error(say("drop_disk", reason=plain(error.strerror or str(error))), icon=":material/error:")
        return
    if builds.began(order):
        st.session_state.pop(Key.DRAFT, None)
        state.again()


def _audio_folder(store: Path) -> Path:
    return store.with_name(f"{store.name}-audio")


def _encoder() -> tuple[str, bool]:
    """The encoder that is chosen, and whether it is on this machine."""
    models = {str(row["name"]): row for row in list_models()}
    here = {name: bool(row["present"]) for name, row in models.items()}
    sizes = {name: row["dim"] for name, row in models.items()}
    names = {name: say("encoder_published", name=name, dim=size) for name, size in sizes.items()}
    names = {_ACOUSTIC: say("encoder_acoustic"), **names, _FOLDER: say("encoder_folder")}
    notes = {
        _ACOUSTIC: say("encoder_acoustic_note"), _FOLDER: say("encoder_folder_note"),
        **{name: say("encoder_here" if there else "encoder_missing") for name, there in here.items()},
    }  # fmt: skip
    best = next((list(names).index(name) for name, there in here.items() if there), 0)
    chosen = st.radio(
        say("encoder_choice"), list(names), index=best, format_func=names.__getitem__, key="new_encoder",
        captions=[notes[name] for name in names], help=say("encoder_help"),
    )  # fmt: skip
    if chosen in models:
        licence = plain(str(models[chosen]["licence"]))
        st.caption(say("encoder_licence", licence=licence))
        if not here[chosen]:
            st.warning(say("encoder_fetch"), icon=":material/download:")
            st.code(f"emoanalytics model fetch {chosen}", language="bash")
            st.button(say("encoder_again"), key="encoder_again")
        return chosen, here[chosen]
    if chosen == _FOLDER:
        typed = str(st.text_input(say("encoder_path"), key="new_encoder_path")).strip()
        return typed, bool(typed)
    return chosen, True


def _cut(seen: Preview) -> CutPolicy | None:
    names = {str(cut): say(text) for cut, (text, _) in _CUTS.items()}
    notes = [say(note) for _, note in _CUTS.values()]
    if not seen.given_segments:  # there is nothing that gives any
        names.pop("given")
        notes = notes[1:]
    chosen = st.radio(
        say("cut_choice"), list(names), format_func=names.__getitem__, key="new_cut", captions=notes,
        help=say("cut_help"),
    )  # fmt: skip
    if chosen == "given":
        return None
    if chosen != CutMode.WINDOWS:
        return CutPolicy(CutMode(chosen))
    left, right = st.columns(2)
    window_s = left.number_input(say("cut_window"), 0.5, 60.0, 4.0, 0.5, key="new_window")
    hop_s = right.number_input(say("cut_hop"), 0.25, 60.0, 4.0, 0.25, key="new_hop")
    return CutPolicy(CutMode.WINDOWS, window_s, hop_s)


def _channels() -> ChannelPolicy:
    names = {str(policy): say(text) for policy, text in _CHANNELS.items()}
    chosen = st.selectbox(
        say("channels_choice"),
        list(names),
        format_func=names.__getitem__,
        key="new_channels",
        help=say("channels_help"),
    )
    return ChannelPolicy(chosen)


def _train(seen: Preview, encoder: str) -> bool:
    """Whether to train a head afterwards; asked where there is something to learn from and no head."""
    if encoder != _ACOUSTIC or len(seen.labels) < 2 or seen.speakers < 2:
        return False
    return st.toggle(say("new_train"), value=True, key="new_train", help=say("new_train_help"))


def _place(found: Draft) -> Path:
    """Where the store is to be."""
    if found.dropped is not None:
        usual = Path.cwd() / "my-store"
    else:
        corpus = found.seen.corpus
        usual = corpus.with_name(f"{corpus.name}-store")
        if not os.access(usual.parent, os.W_OK):
            usual = Path.cwd() / usual.name
    typed = st.text_input(say("new_store"), value=str(usual), key="new_store", help=say("new_store_help"))
    return Path(typed.strip() or usual).expanduser().absolute()
