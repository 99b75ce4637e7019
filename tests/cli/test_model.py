"""`emoanalytics model`, and what other commands say when a model is not here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said


@pytest.mark.parametrize("command", ["build", "analyze"])
def test_without_weights_it_says_how_to_go_on(
    run: Callable[..., Said], corpus: Path, tmp_path: Path, empty_machine: Path, command: str
) -> None:
    more = ["--store", tmp_path / "store"] if command == "build" else ["--out", tmp_path / "store"]
    said = run(command, corpus, *more)
    assert (said.status, said.out) == (2, "")
    line = said.err.splitlines()[-1]
    assert line.startswith("emoanalytics: emotion2vec_plus_large is not on this machine: run")
    assert "`emoanalytics model fetch emotion2vec_plus_large`" in line
    assert "--encoder acoustic" in line
    assert not (tmp_path / "store").exists()
    assert not empty_machine.exists() or not [p for p in empty_machine.rglob("*") if p.is_file()]


def test_models_are_listed(run: Callable[..., Said]) -> None:
    said = run("model", "list", "--json")
    assert (said.status, said.err) == (0, "")
    assert [m["name"].rpartition("_")[2] for m in said.json["models"]] == ["large", "base", "seed"]
    assert {m["present"] for m in said.json["models"]} == {False}
    shown = run("model", "list").out.splitlines()
    assert len(shown) == 3
    assert shown[1].endswith("not here: emoanalytics model fetch emotion2vec_plus_base")


def test_a_broken_model_folder_is_told_in_full(run: Callable[..., Said], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.yaml").write_text("model: Emotion2vec\n")
    said = run("model", "verify", folder)
    assert said.status == 2
    assert said.out == f"{folder}: 2 problems\n"
    assert len(said.err.splitlines()) == 2
    assert "no model.pt" in said.err


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
def test_fetching_without_a_network_is_one_line(run: Callable[..., Said], hub: str) -> None:
    said = run("model", "fetch", "--hub", hub)
    assert said.status == 2
    assert "cannot reach" in said.line
    assert "--encoder FOLDER" in said.line
