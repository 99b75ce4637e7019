"""All commands: help, mistakes in one line, readers that leave, terminals that know no emoji, the page of the docs."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from emoanalytics import cli
from emoanalytics.cli import info
from tests.cli.conftest import COMMAND, Said
from tests.conftest import ROOT
from tests.test_import import HEAVY


def test_without_a_command_there_is_help(run: Callable[..., Said]) -> None:
    for arguments in ((), ("head",), ("model",)):
        said = run(*arguments)
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith("Usage: emoanalytics")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], "No such command 'nosuch' (see: emoanalytics --help)"),
        (["build"], "Missing argument 'CORPUS' (see: emoanalytics build --help)"),
        (["info", "/nowhere"], "/nowhere does not exist: make a store with: emoanalytics build CORPUS --store"),
        (["build", "/nowhere", "--store", "s"], "/nowhere: no such file or folder"),
        (["info", "x" * 300], "File name too long; check the path and its permissions"),
        (["app", "/nowhere"], "/nowhere does not exist"),
        (["model", "verify", "acoustic"], "no model 'acoustic': it is neither a folder nor one of"),
        (["model", "fetch", "nosuch"], "no published model 'nosuch': emotion2vec_plus_large"),
        (["head", "fit", "/nowhere", "--target", "emotion"], "/nowhere does not exist"),
        (["analyze", "x.wav", "--encoder", "acoustic", "--device", "cuda"], "acoustic encoder runs on the processor"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[..., Said], arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert said.status == 2
    assert said.line.startswith("emoanalytics: ")
    assert words in said.line


def test_a_reader_that_leaves_is_no_error(built: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "info", str(built), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 0


def test_a_terminal_that_knows_no_emoji_gets_codes(built: Path) -> None:
    latin = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, "info", str(built)], capture_output=True, env=latin, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\U0001f622 sad" in done.stdout
    done = subprocess.run(
        [*COMMAND, "build", str(built.parent / "nowhere话"), "--store", "s"],
        capture_output=True,
        env=latin,
        check=False,
    )
    assert done.returncode == 2
    assert rb"nowhere\u8bdd: no such file or folder" in done.stderr
    done = subprocess.run([*COMMAND, "info", str(built), "--json"], capture_output=True, env=latin, check=False)
    assert json.loads(done.stdout.decode("ascii"))["last_run"]["settings"]["workers"] == 0


def test_ctrl_c_says_that_one_can_go_on(run: Callable[..., Said], built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "overview", interrupted)
    said = run("info", built)
    assert (said.status, said.out) == (130, "")
    assert said.err.strip() == (
        "emoanalytics: stopped; what was written is whole, and the same command goes on from there"
    )


def test_the_page_about_the_commands_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    page = made.PAGE.read_text(encoding="utf-8")
    assert page == made.render(), "run: python docs/make_cli.py"
    commands = ("demo", "build", "info", "analyze", "head fit", "model list", "model fetch", "model verify", "app")
    for command in commands:
        assert f"\n## `emoanalytics {command}`\n" in page


# The list of commands, and the modules they live in


def test_every_module_is_a_command_and_is_listed() -> None:
    folder = Path(cli.__file__).parent
    modules = {p.stem for p in folder.glob("*.py")} - {"__init__", "groups", "options", "outside"}
    assert modules == set(cli.COMMANDS)
    assert list(cli.COMMANDS) == sorted(cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_says_of_a_command_what_it_says_itself(name: str) -> None:
    command = importlib.import_module(f"emoanalytics.cli.{name}").command
    assert command.name == name
    assert command.get_short_help_str(1000) == cli.cli.commands[name].get_short_help_str(1000)


def test_help_loads_no_command_and_a_call_only_its_own() -> None:
    code = """
import sys
from emoanalytics import cli
for arguments in (["--help"], ["info", "--help"]):
    cli.cli(arguments, standalone_mode=False)
    print("loaded:", sorted(name for name in cli.COMMANDS if f"emoanalytics.cli.{name}" in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith("loaded:")] == [
        "loaded: []",
        "loaded: ['info']",
    ]


def test_commands_load_nothing_heavy() -> None:
    modules = ", ".join(f"emoanalytics.cli.{name}" for name in cli.COMMANDS)
    code = f"import {modules}, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_slip_of_the_keyboard_is_guessed(run: Callable[..., Said]) -> None:
    assert "'biuld'" in run("biuld").line
    assert "Did you mean 'build'" in run("biuld").line
