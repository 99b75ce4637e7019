"""Fixtures of the command line: `run` in this process, `process` in one of its own, a corpus and a store of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from emoanalytics import cli
from emoanalytics.audio.decode import write_wav
from tests.conftest import ROOT, tone

COMMAND = [sys.executable, "-m", "emoanalytics"]


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output: anything before or behind it is an error."""
        return json.loads(self.out, parse_constant=pytest.fail)

    @property
    def line(self) -> str:
        """The one line of an error; nothing else was said."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No model anywhere, no hub within reach: each cache is below a new folder, each address is a closed door."""
    for name in ("HOME", "EMOANALYTICS_HOME", "MODELSCOPE_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "home"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`main` in this process."""

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["emoanalytics", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return Said(int(stopped.value.code or 0), out, err)

    return call


def process(*arguments: str | Path, cwd: Path | None = None) -> Said:
    """The command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def make_corpus(folder: Path) -> Path:
    """Twenty-four clips of three speakers whose pitch follows the label, and one that is no sound."""
    rows = []
    for i in range(24):
        name = f"s{i % 3}/clip {i:02d} 话.wav"
        (folder / f"s{i % 3}").mkdir(parents=True, exist_ok=True)
        write_wav(folder / name, tone(1.1, hz=120 + 160 * (i // 3 % 2) + 2 * i, seed=i, level=0.05 + 0.004 * i))
        rows.append({"file": name, "speaker": f"s{i % 3}", "emotion": ("sad", "angry")[i // 3 % 2], "室": "a"})
    rows.append({"file": "broken.wav", "speaker": "s0", "emotion": "sad", "室": "b"})
    (folder / "broken.wav").write_text("no sound")
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def built(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the corpus with a trained head, made through the command line."""
    store = tmp_path_factory.mktemp("built") / "store"
    runner = CliRunner()
    arguments = ["build", str(corpus), "--store", str(store), "--encoder", "acoustic", "--workers", "0", "--json"]
    result = runner.invoke(cli.cli, arguments, standalone_mode=False)
    assert result.return_value == 3, result.output
    assert json.loads(result.stdout)["embedded"] == 24
    result = runner.invoke(cli.cli, ["head", "fit", str(store), "--target", "emotion"], standalone_mode=False)
    assert result.exception is None, result.output
    return store
