"""`emoanalytics build`, used as people use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emoanalytics.audio.decode import write_wav
from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said, process
from tests.conftest import tone
from tests.made_store import make_store


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
