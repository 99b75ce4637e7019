"""`emoanalytics report`: writes the page the library makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emoanalytics.report import report
from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said
from tests.report.made import talk, unheard

__all__ = ["unheard"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talk(tmp_path_factory.mktemp("report") / "store", emotion_given=None).path


def test_it_writes_what_the_library_makes(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text("<p>{{ version }}</p>")
    out = tmp_path / "r.html"
    options = ("--lang", "zh", "--redact", "--title", "T", "--section", own, "--role", "all", "--compare", "language")
    said = run("report", store, "--out", out, *options, "--space", "speaker-centred", "--seed", "4", "--json")
    made = report(
        EmotionStore.open(store),
        lang="zh",
        redact=True,
        title="T",
        sections=[own],
        role="all",
        compare=["language"],
        space="speaker-centred",
        seed=4,
    )
    assert out.read_bytes() == made.content
    assert said.status == 0
    assert said.json == {"file": str(out), "bytes": len(made.content), "excerpts": 0, "notes": []}


def test_in_words(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    said = run("report", store, "--out", tmp_path / "r.html")
    assert said.status == 0 and said.out.startswith(f"written: {tmp_path / 'r.html'} (")
    assert "Excerpts that could not be made" in said.err  # the recordings are away


def test_mistakes_are_one_line(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    inside = run("report", store, "--out", store / "r.html")
    assert inside.status == 2 and "lies inside the store" in inside.line
    assert run("report", store).status == 2
