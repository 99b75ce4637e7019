"""The command line, used as people use it: journeys in processes of their own, the rest through `main`."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from emoanalytics import cli
from emoanalytics.audio.decode import write_wav
from emoanalytics.labels import BY_ID
from emoanalytics.store.store import EmotionStore
from tests.conftest import ROOT, tone
from tests.embed.checkpoint import make_checkpoint
from tests.made_store import make_store

COMMAND = [sys.executable, "-m", "emoanalytics.cli"]


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


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
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


# Journeys, in processes of their own


def test_build_look_analyse(corpus: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = process("build", corpus, "--store", store, "--encoder", "acoustic", "--workers", "0", "--json")
    assert first.status == 3, first.err
    document = first.json
    assert (document["segments"], document["embedded"], document["copied"]) == (24, 24, 0)
    assert [(f["file"], f["stage"]) for f in document["failures"]] == [("broken.wav", "decode")]
    assert "25 files" in first.err
    assert "broken.wav: not a sound file" in first.err
    looked = process("info", store, "--json")
    assert (looked.status, looked.err) == (0, "")
    assert (looked.json["segments"], looked.json["speakers"], looked.json["head"]) == (24, 3, None)
    heard = process("analyze", corpus / "s0" / "clip 00 话.wav", "--encoder", "acoustic", "--json", cwd=tmp_path)
    assert heard.status == 0, heard.err
    (clip,) = heard.json["clips"]
    assert set(clip["scores"].values()) == {None}
    assert "no emotion scores: the encoder acoustic has no head of its own" in heard.err
    assert Path(tmp_path / clip["folder"] / "result.json").is_file()
    assert clip["folder"].startswith("outputs")


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


def test_a_model_folder_gives_frames_and_keeps_standard_output_clean(corpus: Path, tmp_path: Path) -> None:
    """FunASR prints notices of its own; none may stand beside the document."""
    model = make_checkpoint(tmp_path / "model")
    clip = corpus / "s0" / "clip 00 话.wav"
    arguments = ["--encoder", model, "--granularity", "frame", "--embedding", "--out", tmp_path / "out", "--json"]
    said = process("analyze", clip, *arguments)
    assert said.status == 0, said.err
    (found,) = said.json["clips"]
    assert found["granularity"] == "frame"
    assert len(found["frames"]["scores"]) == len(found["frames"]["t_s"]) == found["n_frames"] == 54
    assert sum(found["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert np.load(Path(found["folder"]) / "embedding.npy").shape == (1, 64)
    assert f"{BY_ID[found['emotion']].emoji} {found['emotion']} / {found['emotion_zh']}" in said.err


# Mistakes: one line, exit status 2


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--window", "2"], "--window and --hop say how windows are cut: add --segment windows"),
        (["--segment", "speech", "--hop", "2"], "add --segment windows"),
        (["--segment", "windows", "--window", "0"], "--window 0 --hop 0: both are seconds, above 0"),
        (["--segment", "manifest"], "the corpus gives no segments (columns start and end)"),
        (["--roles", "agent,client"], "--roles names the channels one by one: add --channels each"),
        (["--encoder", "acoustic", "--frames"], "leave out --frames"),
        (["--encoder", "acoustic", "--precision", "fast"], "has one precision"),
        (["--template", "{nobody}"], ""),
    ],
)
def test_options_that_do_not_fit(
    run: Callable[..., Said], corpus: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    said = run("build", corpus, "--store", tmp_path / "store", *options)
    assert said.status == 2
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("emoanalytics: ")
    assert words in said.err.splitlines()[-1]
    assert not (tmp_path / "store").exists()


def test_a_store_of_another_encoder_is_refused(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    make_store(tmp_path / "store", [{}])
    said = run("build", corpus, "--store", tmp_path / "store", "--encoder", "acoustic")
    assert said.status == 2
    assert "acoustic" in said.err.splitlines()[-1]


# The model is not here


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


# What the commands say


def test_a_dry_run_shows_and_writes_nothing(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    arguments = ["build", corpus, "--store", tmp_path / "store", "--dry-run"]
    said = run(*arguments)
    assert (said.status, said.err) == (0, "")
    assert "25 files, 25 rows" in said.out
    document = run(*arguments, "--json").json
    assert (document["files"], document["rows"], document["problems"]) == (25, 25, [])
    assert document["described"] == said.out.rstrip("\n")
    assert not (tmp_path / "store").exists()


def test_building_again_changes_nothing_and_tells_the_failure_again(
    run: Callable[..., Said], corpus: Path, built: Path
) -> None:
    fingerprint = EmotionStore.open(built).fingerprint
    said = run("build", corpus, "--store", built, "--encoder", "acoustic", "--workers", "0", "--json")
    assert said.status == 3
    document = said.json
    assert (document["embedded"], document["unchanged"], document["relabelled"]) == (0, 24, 0)
    assert [f["file"] for f in document["failures"]] == ["broken.wav"]
    assert EmotionStore.open(built).fingerprint == fingerprint


def test_info_in_words_and_in_numbers(run: Callable[..., Said], built: Path) -> None:
    said = run("info", built)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("24 segments of 24 recordings, 0.01 h, 3 speakers")
    assert "trained on this corpus's own labels (emotion_given)" in said.out
    assert "failures: decode 1" in said.out
    document = run("info", built, "--json").json
    assert (document["head"], document["failures"]) == ("emotion_given-acoustic", {"decode": 1})
    means = {s["emotion"]: s["mean"] for s in document["scores"]}
    assert means["happy"] is None
    assert means["sad"] + means["angry"] == pytest.approx(1, abs=1e-5)


def test_head_fit_in_words_and_in_numbers(run: Callable[..., Said], built: Path) -> None:
    said = run("head", "fit", built, "--target", "emotion", "--name", "second", "--json")
    assert said.status == 0
    document = said.json
    assert (document["target"], document["active"], document["rows"]) == ("emotion", "emotion_given-acoustic", 24)
    assert len(document["folds"]) == document["groups"] == 3
    assert document["uar_interval"][0] <= document["uar"] <= document["uar_interval"][1]
    assert "unweighted average recall" in said.err
    refused = run("head", "fit", built, "--target", "mood")
    assert refused.status == 2
    assert "has no column 'mood'" in refused.line


def test_scores_of_a_store_for_a_clip_it_holds(
    run: Callable[..., Said], corpus: Path, built: Path, tmp_path: Path
) -> None:
    """Head and encoder are taken from the store; the clip's embedding is the row's."""
    clip = corpus / "s1" / "clip 04 话.wav"
    said = run(
        "analyze", clip, tmp_path / "no.wav", "--head", built, "--embedding", "--out", tmp_path / "out", "--json"
    )
    assert said.status == 3
    (found,), (failure,) = said.json["clips"], said.json["failures"]
    assert failure["stage"] == "decode"
    assert "there is no such file" in failure["reason"]
    store = EmotionStore.open(built)
    ids = store.segments(["segment_id"], where="file = 's1/clip 04 话.wav'")["segment_id"].tolist()
    embedding = np.load(Path(found["folder"]) / "embedding.npy")
    assert np.allclose(embedding, store.embeddings(ids), atol=1e-4)
    assert found["emotion"] in ("sad", "angry")
    assert found["scores"]["happy"] is None


def test_bars_go_to_standard_output_without_json(
    run: Callable[..., Said], corpus: Path, built: Path, tmp_path: Path
) -> None:
    said = run("analyze", corpus / "s1" / "clip 04 话.wav", "--head", built, "--out", tmp_path / "out")
    assert (said.status, said.err) == (0, "")
    assert "not known to this head" in said.out
    assert "written to" in said.out


def test_a_head_needs_its_own_encoder(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{}])
    said = run("analyze", "x.wav", "--head", store.path)
    assert f"{store.path} has no head: train one: emoanalytics head fit" in said.line
    scored = make_store(tmp_path / "scored", [{}], scores=np.full((1, 9), 1 / 9))
    said = run("analyze", "x.wav", "--head", scored.path)
    assert f"{scored.path} was built with made, a model from a folder: name it with --encoder FOLDER" in said.line
    said = run("analyze", "x.wav", "--head", scored.path, "--encoder", "acoustic")
    assert "reads embeddings of made (revision 1), not those of acoustic" in said.line
    assert said.status == 2


def test_frames_of_the_acoustic_encoder_are_refused(run: Callable[..., Said], corpus: Path) -> None:
    said = run("analyze", corpus / "broken.wav", "--encoder", "acoustic", "--granularity", "frame")
    assert (said.status, said.line) == (2, "emoanalytics: acoustic has no frame scores: use --granularity utterance")


def test_a_file_name_cannot_write_lines_of_its_own(run: Callable[..., Said], tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_wav(folder / "good.wav", tone(1.0))
    evil = folder / "a\nemoanalytics: all is well\x1b[2J.wav"
    evil.write_bytes(b"no sound")
    said = run("build", folder, "--store", tmp_path / "s", "--encoder", "acoustic", "--workers", "0")
    assert said.status == 3
    assert "\x1b" not in said.err + said.out
    assert not any(line.startswith("emoanalytics: all") for line in (said.err + said.out).splitlines())


# Stopping, and the app


def test_ctrl_c_says_that_one_can_go_on(run: Callable[..., Said], built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "overview", interrupted)
    said = run("info", built)
    assert (said.status, said.out) == (130, "")
    assert said.err.strip() == (
        "emoanalytics: stopped; what was written is whole, and the same command goes on from there"
    )


def test_the_app_is_started_for_this_machine_only(
    run: Callable[..., Said], built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    class Started(contextlib.nullcontext):
        def __init__(self, command: list[str]) -> None:
            super().__init__(self)
            calls.append(command)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(cli.subprocess, "Popen", Started)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    assert run("app", built, "--port", "9123", "--headless").status == 0
    (command,) = calls
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--server.port") + 1] == "9123"
    assert command[-2:] == ["--store", str(built.resolve())]
    assert Path(command[4]).name == "main.py"


def test_without_streamlit_the_app_names_the_extra(run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "streamlit" else real(n, *a))
    said = run("app")
    assert said.status == 2
    assert said.line == "emoanalytics: the app needs Streamlit: pip install 'emoanalytics[app]'"


def test_the_page_about_the_commands_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    page = made.PAGE.read_text(encoding="utf-8")
    assert page == made.render(), "run: python docs/make_cli.py"
    for command in ("demo", "build", "info", "analyze", "head fit", "model list", "model fetch", "model verify", "app"):
        assert f"\n## `emoanalytics {command}`\n" in page


def test_ending_the_app_command_ends_its_server(built: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "app", str(built), "--headless", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as app:
        try:
            assert until(lambda: answers(port)), "the server never came up"
        finally:
            app.terminate()
        app.wait(30)
    assert until(lambda: not answers(port)), "the server outlived its command"


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool]) -> bool:
    """Wait for something, a minute at most."""
    for _ in range(300):
        if true():
            return True
        time.sleep(0.2)
    return False
