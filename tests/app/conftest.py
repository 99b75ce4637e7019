"""Stores for the pages: one with a fitted head and everything odd in it, one row, none, damaged."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics import BuildSettings, EmotionStore, build, load_encoder, open_corpus, train_head
from tests.conftest import TinyEncoder, tone

RATE_HZ = 16_000
NASTY = "<img src=x onerror=alert(1)> ![x](http://e.example/a.png) *b* `c`"
EMOTIONS_GIVEN = ("angry", "sad", "happy")
SPEAKERS = ("anna", "ben", "o'neil")


def write_corpus(folder: Path) -> Path:
    """Twelve tones of three speakers and three labels; a silent, a short, a repeated and a broken file beside them."""
    folder.mkdir(parents=True)
    rows = []
    for number in range(12):
        speaker, emotion = SPEAKERS[number % 3], EMOTIONS_GIVEN[(number // 3) % 3]
        name = f"clip{number:02}.wav"
        hz = {"angry": 330.0, "sad": 140.0, "happy": 240.0}[emotion]
        sf.write(folder / name, tone(1.2, hz=hz + number, seed=number), RATE_HZ)
        rows.append(
            (name, speaker, f"s{number % 2}", "en" if number % 2 else "zh", "client", emotion, f"line {number}")
        )
    sf.write(folder / "silent.wav", np.zeros(RATE_HZ * 2, np.float32), RATE_HZ)
    sf.write(folder / "short.wav", tone(0.4, seed=50), RATE_HZ)
    shutil.copy(folder / "clip00.wav", folder / "again.wav")
    (folder / "broken.wav").write_text("this is no sound", encoding="utf-8")
    rows += [
        ("silent.wav", "anna", "s0", "en", "client", "", NASTY),
        ("short.wav", "ben", "s0", "en", "agent", "", ""),
        ("again.wav", "anna", "s1", "zh", "client", "calm", "line 0"),
        ("broken.wav", "ben", "s0", "en", "client", "", ""),
    ]
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "speaker", "session", "language", "role", "emotion", "text"))
        writer.writerows(rows)
    return folder


@pytest.fixture(autouse=True)
def quick_ears(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of these tests are clicked by a machine: every click is meant."""
    monkeypatch.setattr("app.keyed.HEARD_S", 0.0)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifteen segments described by the acoustic encoder, scored by a head fitted on their labels."""
    base = tmp_path_factory.mktemp("app")
    path = base / "voices"
    build(open_corpus(write_corpus(base / "corpus")), path, load_encoder("acoustic"), BuildSettings(workers=0))
    train_head(path)
    return path


@pytest.fixture(scope="session")
def headless(store: Path) -> Path:
    """The same without a head."""
    path = store.parent / "headless"
    corpus = open_corpus(store.parent / "corpus")
    build(corpus, path, load_encoder("acoustic"), BuildSettings(workers=0))
    return path


@pytest.fixture(scope="session")
def one_row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One segment, no metadata, the tiny encoder with its built-in head, which `load_encoder` cannot find."""
    base = tmp_path_factory.mktemp("one")
    (base / "corpus").mkdir()
    sf.write(base / "corpus" / "only.wav", tone(1.5), RATE_HZ)
    build(open_corpus(base / "corpus"), base / "single", TinyEncoder(in_workers=False), BuildSettings(workers=0))
    return base / "single"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "nothing"
    EmotionStore.create(path, encoder={"name": "acoustic", "dim": 4}, fingerprint="0" * 32, cut={})
    return path


@pytest.fixture(scope="session")
def damaged(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("damaged") / "broken"
    shutil.copytree(store, path)
    (path / "segments.parquet").write_bytes(b"PAR1 but not really")
    return path
