"""Which stores can be opened, and the one that is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import cache
from app.state import Key, clear_view
from emoanalytics import EmotionStore

DEMO = Path("demo-store")  # where `make demo` builds it
_MARK = "store.json"
_MOST_BESIDE = 200  # folders looked at beside a named store


def named(arguments: Sequence[str] | None = None) -> list[Path]:
    """The stores on the command line: ``streamlit run app/main.py -- --store DIR``."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--store", action="append", default=[], type=Path)
    known, _ = parser.parse_known_args(sys.argv[1:] if arguments is None else arguments)
    return [path.absolute() for path in known.store]


def known() -> dict[str, Path]:
    """Every store that can be picked, by the name it has in the picker and in a link.

    A link only ever names one of these: no address on a foreign page can make the app open another folder.
    """
    given = named()
    opened: list[Path] = st.session_state.get(Key.OPENED, [])
    built = [run.order.store for run in cache.builds().all() if _is_store(run.order.store)]
    beside = [folder for path in (*given, DEMO.absolute()) for folder in _beside(path)]
    names: dict[str, Path] = {}
    for path in dict.fromkeys([*given, *opened, *built, *beside]):
        name, number = path.name or str(path), 1
        while name in names:
            number += 1
            name = f"{path.name} ({number})"
        names[name] = path
    return names


def current() -> EmotionStore | None:
    """The open store, or None when there is none.

    Raises:
        StoreError: it cannot be opened; one line says why and what to do.
    """
    path = known().get(str(st.session_state.get(Key.STORE)))
    return None if path is None else cache.store(str(path))


def chosen() -> str | None:
    """The name of the open store, which may turn out to be broken; None where none is open."""
    name = st.session_state.get(Key.STORE)
    return str(name) if name in known() else None


def name_of(path: Path) -> str | None:
    """The name of a store in the picker, if it can be picked."""
    return next((name for name, known_path in known().items() if known_path == path.absolute()), None)


def open_typed() -> None:
    """Add the folder typed in the sidebar to the picker and open it."""
    typed = str(st.session_state.get(Key.OPEN_PATH, "")).strip()
    if not typed:
        return
    path = Path(typed).expanduser().absolute()
    opened: list[Path] = st.session_state.setdefault(Key.OPENED, [])
    if path not in opened:
        opened.append(path)
    choose(next(name for name, known_path in known().items() if known_path == path))


def choose(name: str) -> None:
    """Open a store of the picker."""
    clear_view()
    st.session_state[Key.STORE] = name


def demo_name() -> str | None:
    """The demo store's name in the picker, if it was built."""
    return name_of(DEMO)


def _beside(path: Path) -> list[Path]:
    try:
        folders = sorted(p for p in path.parent.iterdir() if p.is_dir())[:_MOST_BESIDE]
        return [p for p in folders if _is_store(p)]
    except OSError:
        return []


def _is_store(path: Path) -> bool:
    return (path / _MARK).is_file()
