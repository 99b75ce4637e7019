"""`import emoanalytics` is light, and everything it offers is there and described."""

from __future__ import annotations

import subprocess
import sys

import pytest

import emoanalytics

HEAVY = (
    "torch", "funasr", "faiss", "umap", "sklearn", "plotly", "ray", "streamlit", "librosa", "numba", "onnxruntime",
    "silero_vad", "matplotlib",
)  # fmt: skip


@pytest.mark.parametrize("module", ["emoanalytics", "emoanalytics.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_all_names_are_there_sorted_and_unique() -> None:
    names = emoanalytics.__all__
    assert len(set(names)) == len(names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert [name for name in names if not hasattr(emoanalytics, name)] == []


@pytest.mark.parametrize("name", [n for n in emoanalytics.__all__ if n != "EMOTIONS"])
def test_every_name_says_what_it_is(name: str) -> None:
    described = vars(getattr(emoanalytics, name)).get("__doc__") or getattr(emoanalytics, name).__doc__
    assert described
    assert not described.startswith(f"{name}("), "a dataclass's own signature is no description"
    assert described.strip()[0].isupper()


def test_the_emotions_are_nine() -> None:
    assert [e.id for e in emoanalytics.EMOTIONS][::8] == ["angry", "unknown"]
    assert len(emoanalytics.EMOTIONS) == 9


def test_star_import_gives_all_names_and_no_more() -> None:
    space: dict[str, object] = {}
    exec("from emoanalytics import *", space)
    assert set(space) - {"__builtins__"} == set(emoanalytics.__all__)
