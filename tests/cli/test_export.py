"""`emoanalytics export`."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said


def test_a_spreadsheet(run: Callable[..., Said], built: Path, tmp_path: Path) -> None:
    to = tmp_path / "clips.csv"
    said = run("export", built, "--to", to, "--where", "speaker = 's1'")
    assert said.status == 0
    assert said.out.splitlines()[0] == f"{to} (csv): 8 clips, 35 columns"
    with to.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["speaker"] for row in rows} == {"s1"}
    assert [row["segment_id"] for row in rows] == EmotionStore.open(built).segments(where="speaker = 's1'")[
        "segment_id"
    ].tolist()


@pytest.mark.parametrize(
    ("to", "more", "rows"),
    [
        ("x.parquet", [], 24),
        ("x.jsonl", ["--redact"], 24),
        ("x", ["--format", "huggingface", "--where", "speaker = 's2'"], 8),
        ("x.db", ["--table", "clips", "--embeddings"], 24),
    ],
)
def test_one_document(
    run: Callable[..., Said], built: Path, tmp_path: Path, to: str, more: list[str], rows: int
) -> None:
    place = f"sqlite:///{tmp_path}/{to}" if to == "x.db" else str(tmp_path / to)
    said = run("export", built, "--to", place, *more, "--json")
    assert (said.status, said.json["rows"], said.json["to"]) == (0, rows, place)
    assert said.json["redacted"] == ("--redact" in more)
    assert said.json["embeddings"] == (to in ("x.parquet", "x.db"))
    assert (tmp_path / to).exists()


def test_recordings_that_are_gone_are_listed_with_status_3(
    run: Callable[..., Said], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmotionStore, "audio_path", lambda self, file, corpus: tmp_path / "gone.wav")
    said = run("export", built, "--to", tmp_path / "hf", "--format", "huggingface", "--where", "speaker = 's0'")
    assert said.status == 3
    assert said.out.startswith(f"{tmp_path / 'hf'} (huggingface): 0 clips")
    assert said.err.count("left out: ") == 8 and "gone.wav is not there" in said.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "x"], "the ending of x names no format"),
        (["--to", "x.npy", "--redact"], "cannot be exported with --redact"),
        (["--to", "postgresql+nodriver://me:geheim@h/d"], "cannot be opened"),
        (["--to", "x.csv", "--where", "age > 3"], "is not understood"),
    ],
)
def test_mistakes_are_one_line(
    run: Callable[..., Said], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str],
    says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    said = run("export", built, *arguments)
    assert said.status == 2 and says in said.line and "geheim" not in said.line
    assert list(tmp_path.glob("x*")) == []
