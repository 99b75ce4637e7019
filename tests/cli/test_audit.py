"""`emoanalytics audit`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from click.testing import CliRunner

from emoanalytics import cli
from emoanalytics.audio.decode import write_wav
from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said
from tests.conftest import tone
from tests.made_store import make_store


def phrase(seed: int) -> np.ndarray:
    """Ten sounds of other pitch, level and length, with pauses: as different from clip to clip as speech is."""
    rng = np.random.default_rng(seed)
    parts = []
    for i in range(10):
        hz, level, hiss = rng.uniform(90, 400), rng.uniform(0.01, 0.15), rng.uniform(0, 0.05)
        sound = tone(rng.uniform(0.05, 0.3), hz=hz, level=level, seed=i)
        parts += [sound + hiss * rng.normal(size=len(sound)), np.zeros(rng.integers(0, 3000))]
    return np.concatenate(parts).astype(np.float32)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty clips, a copy of one, a softer and later copy of another under another name and label, and hiss."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for i in range(20):
        write_wav(folder / f"{i:02d}.wav", phrase(i))
        rows.append({"file": f"{i:02d}.wav", "speaker": f"s{i % 3}", "emotion": "sad"})
    shutil.copyfile(folder / "03.wav", folder / "copy.wav")
    samples, rate_hz = sf.read(folder / "07.wav", dtype="float32")
    write_wav(folder / "later.wav", np.concatenate([np.zeros(800, np.float32), 0.5 * samples]), rate_hz)
    write_wav(folder / "hiss.wav", (0.3 * np.random.default_rng(0).normal(size=19_200)).clip(-1, 1).astype(np.float32))
    rows += [{"file": "copy.wav", "speaker": "s0", "emotion": "sad"}, {"file": "hiss.wav", "speaker": "s1"}]
    rows.append({"file": "later.wav", "speaker": "s2", "emotion": "angry"})
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
    store = tmp_path_factory.mktemp("audited") / "store"
    arguments = ["build", str(folder), "--store", str(store), "--encoder", "acoustic", "--workers", "0"]
    result = CliRunner().invoke(cli.cli, arguments, standalone_mode=False)
    assert result.exception is None, result.output
    return store


@pytest.fixture
def store(audited: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(audited, tmp_path / "store"))


def test_copies_and_what_stands_out_are_listed(run: Callable[..., Said], store: Path) -> None:
    said = run("audit", store)
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0] == "identical audio: 1 pair"
    assert lines[1] == "  03.wav [mix, 0.00 s] and copy.wav [mix, 0.00 s]"
    again = next(line for line in lines if "07.wav" in line and "later.wav" in line)
    assert again.startswith("  07.wav [mix, 0.00 s] and later.wav [mix, 0.00 s]: their speakers and labels differ")
    assert "(waveforms correlate by 1.00, shifted -0.050 s, -6.0 dB)" in again
    assert any(line.startswith("  hiss.wav [mix, 0.00 s], factor ") for line in lines)
    assert any(line.startswith("hubs: ") for line in lines)
    assert any(line.startswith("flag ") for line in lines)
    assert "labels:" in lines
    assert lines[lines.index("labels:") + 1].startswith("  ")


def test_it_speaks_chinese(run: Callable[..., Said], store: Path) -> None:
    lines = run("audit", store, "--lang", "zh").out.splitlines()
    assert lines[:2] == ["完全相同的音频：1 对", "  03.wav [mix, 0.00 秒] 与 copy.wav [mix, 0.00 秒]"]
    again = next(line for line in lines if "07.wav" in line and "later.wav" in line)
    assert again.startswith("  07.wav [mix, 0.00 秒] 与 later.wav [mix, 0.00 秒]：说话人和标签都不同（波形相关 1.00，")
    assert again.endswith("偏移 -0.050 秒，-6.0 dB）")
    assert any(line.startswith("  hiss.wav [mix, 0.00 秒]，因子 ") for line in lines)
    assert any(line.startswith("枢纽：") for line in lines) and "标签：" in lines
    ours = [line for line in lines if "without them" not in line and "only one label" not in line]  # as errors are
    words = re.sub(r"[\w.]+\.wav|mix|dB", "", "\n".join(ours))
    assert not re.findall(r"[A-Za-z]{3,}", words)  # no English is left but names


def test_the_document_is_that_of_the_contract(run: Callable[..., Said], store: Path) -> None:
    document = run("audit", store, "--json").json
    rows = EmotionStore.open(store).segments(["segment_id", "file", "flags"])
    ids = rows.set_index("file")["segment_id"]
    copies = {(a, b): similarity for a, b, similarity in document["duplicates"]}
    assert copies[ids["03.wav"], ids["copy.wav"]] == pytest.approx(1)
    assert (ids["07.wav"], ids["later.wav"]) in copies
    listed = {(p["first"], p["second"]): p for p in document["pairs"]}
    assert set(copies) == {pair for pair, p in listed.items() if p["same"]}
    assert listed[ids["07.wav"], ids["later.wav"]]["correlation"] > 0.99
    assert listed[ids["03.wav"], ids["copy.wav"]]["correlation"] is None
    assert ids["hiss.wav"] in [o["segment_id"] for o in document["outliers"]]
    for flag, flagged in document["quality"].items():
        assert flagged == rows.loc[[flag in list(own) for own in rows["flags"]], "segment_id"].tolist()
    assert document["hubs"]["neighbours"] == 10
    assert {tuple(label) for label in document["labels"]} <= {
        ("segment_id", "given", "suggested", "score", "likely", "file", "speaker")
    }
    assert document["label_audit"]["target"] == "emotion_given"
    assert document["label_audit"]["labelled"] == 22


def test_without_listening_near_pairs_are_left_open(run: Callable[..., Said], store: Path) -> None:
    document = run("audit", store, "--no-listen", "--json").json
    near = [p for p in document["pairs"] if p["how"] == "near"]
    assert near
    assert {p["same"] for p in near} == {None}
    assert len(document["duplicates"]) == len(document["pairs"])
    assert "near, not listened to: " in run("audit", store, "--no-listen").out


def test_audio_that_is_away_is_said(run: Callable[..., Said], tmp_path: Path) -> None:
    embeddings = np.random.default_rng(0).normal(size=(30, 40))
    embeddings[29] = embeddings[0]
    made = make_store(tmp_path / "store", [{}] * 30, embeddings=embeddings)
    said = run("audit", made.path)
    assert said.status == 0
    assert "near, not to be heard: 1 pair" in said.out
    assert "0.wav is not there" in said.out


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_clips(run: Callable[..., Said], tmp_path: Path, n: int) -> None:
    made = make_store(tmp_path / "store", [{}] * n)
    said = run("audit", made.path)
    assert said.status == 0
    assert said.out.startswith("identical audio: 0 pairs")
    assert "hubs" not in said.out
    document = run("audit", made.path, "--json").json
    assert document["duplicates"] == document["outliers"] == []
    assert document["quality"] == {}
    assert document["labels"] == []
    assert document["label_audit"]["why_not"]


def test_planted_labels_are_suspected(run: Callable[..., Said], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 2
    embeddings = np.eye(2, 12)[kinds] * 3 + 0.3 * rng.normal(size=(60, 12))
    given = np.array(["sad", "angry"])[kinds]
    given[7] = "sad"
    rows = [{"speaker": f"s{i // 10}", "emotion_given": str(label)} for i, label in enumerate(given)]
    made = make_store(tmp_path / "store", rows, embeddings=embeddings)
    first, *_ = run("audit", made.path, "--no-listen", "--json").json["labels"]
    assert (first["segment_id"], first["given"], first["suggested"]) == (f"{7:032x}", "sad", "angry")
    assert "  7.wav [mix, 0.00 s]: given sad, sounds more like angry" in run("audit", made.path, "--no-listen").out


def test_an_unknown_column_is_one_line(run: Callable[..., Said], store: Path) -> None:
    said = run("audit", store, "--target", "mood")
    assert said.status == 2
    assert "mood" in said.line


def test_no_store_is_one_line(run: Callable[..., Said], tmp_path: Path) -> None:
    said = run("audit", tmp_path / "nowhere")
    assert said.status == 2
    assert "does not exist" in said.line
