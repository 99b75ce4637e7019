"""`emoanalytics head calibrate`, and what scores are called after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from emoanalytics import Head, analyze, head_of, load_encoder
from emoanalytics.audio.decode import write_wav
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.calibration import reliability_lines, show_calibration
from emoanalytics.terminal.clip import show_clip
from emoanalytics.terminal.drawn import whisker
from emoanalytics.views.calibrate import calibrate
from tests.cli.conftest import Said
from tests.conftest import tone
from tests.views.test_calibrate import nine, votes

NOT_YET = "model score, not calibrated"
NOW = "calibrated score of the winner: share of listeners who hear it; other scores were not tested"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store whose head is three times too sure, and a file of votes on 300 of its clips."""
    folder = tmp_path_factory.mktemp("calibrate")
    store, truth = nine(folder / "calls")
    votes(truth).head(300).to_csv(folder / "votes.csv", index=False)
    return store.path, folder / "votes.csv"


@pytest.fixture
def store(made: tuple[Path, Path], tmp_path: Path) -> Path:
    copytree(made[0], tmp_path / "calls")
    return tmp_path / "calls"


@pytest.fixture
def labels(made: tuple[Path, Path]) -> Path:
    return made[1]


def test_before_and_after_and_the_scores_that_are_used(run: Callable[..., Said], store: Path, labels: Path) -> None:
    assert "mean model score (n = " in run("info", store).out
    expected = calibrate(store, labels, save=False)
    said = run("head", "calibrate", store, "--labels", labels)
    lines = said.out.splitlines()
    assert said.status == 0 and tuple(lines[: len(expected.said())]) == expected.said()
    before, after = expected.found.before, expected.found.after
    assert before.error > 0.2 > after.error and "may now be called calibrated" in lines[1]
    start = lines.index("before:")
    assert lines[start + 1 : start + 2 + len(before.bins)] == reliability_lines(before)
    start = lines.index("after, on speakers left out:")
    assert lines[start + 1 : start + 2 + len(after.bins)] == reliability_lines(after)
    assert f"temperature {expected.found.chosen.calibrator.temperature:.2f}; cross-entropy" in said.out
    assert lines[-2:] == ["saved as head builtin-calibrated", "scores in use: builtin-calibrated"]
    head = head_of(EmotionStore.open(store))
    assert head is not None and head.calibrated


def test_bins_are_drawn_where_they_lie(made: tuple[Path, Path]) -> None:
    after = calibrate(made[0], made[1], save=False).found.after
    for line, b in zip(reliability_lines(after)[1:], after.bins, strict=True):
        drawn = line.split()[-1]
        assert drawn == whisker(b.right, b.right_low, b.right_high, 41, mark=b.score)
        assert line.split()[:3] == [f"{b.score:.2f}", f"({b.low:.2f}-{b.high:.2f})", str(b.rows)]
        assert abs(drawn.replace("◉", "●").index("●") / 40 - b.right) <= 1 / 80 + 1e-9


def test_where_nothing_is_corrected_the_diagram_stands_once(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = calibrate(made[0], made[1], save=False)
    show_calibration(replace(found, found=replace(found.found, after=found.found.before)))
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("before and after, on speakers left out:")
    assert lines[start + 1 : start + 2 + len(found.found.before.bins)] == reliability_lines(found.found.before)
    assert "before:" not in lines and sum(line.startswith("  score") for line in lines) == 1


def test_json_is_what_the_library_says(run: Callable[..., Said], store: Path, labels: Path) -> None:
    expected = calibrate(store, labels, other="apart", coverage=0.8, sets="aps", save=False, seed=3)
    options = ("--other", "apart", "--coverage", "0.8", "--sets", "aps", "--no-save", "--seed", "3")
    said = run("head", "calibrate", store, "--labels", labels, *options, "--json")
    assert said.json == {"store": str(store), "scores_in_use": "builtin"} | json.loads(json.dumps(expected.as_json()))
    assert said.json["sets"][0]["kind"] == "aps" and said.json["sets"][0]["coverage"] == 0.8
    assert "nothing was saved" in said.err and "measured on speakers left out" in said.err


def test_kept_but_not_used(run: Callable[..., Said], store: Path, labels: Path) -> None:
    said = run("head", "calibrate", store, "--labels", labels, "--name", "mine", "--keep", "--lang", "zh")
    assert "已保存为分类头 mine" in said.out and said.out.endswith("scores in use: builtin\n")
    assert said.out.startswith(calibrate(store, labels, save=False).said("zh")[0])
    assert "mean model score (n = " in run("info", store).out


def test_afterwards_nobody_calls_the_scores_uncalibrated(run: Callable[..., Said], store: Path, labels: Path) -> None:
    search = ("search", store, "--toward", "angry=1", "--json")
    assert run(*search).json["confidence_is"] == NOT_YET
    run("head", "calibrate", store, "--labels", labels)
    assert run(*search).json["confidence_is"] == NOW
    lines = run("info", store).out.splitlines()
    report = calibrate(store, labels, save=False)
    assert any(line.startswith("mean model score (calibrated for the winner only) (n = ") for line in lines)
    (head,) = [line for line in lines if line.startswith("head: ")]
    assert head.startswith(
        "head: builtin-calibrated; calibrated on 300 clips of 12 speakers, the winner's score off by "
    )
    assert report.calibrated and "not recorded" not in head


def test_too_few_speakers_stay_model_scores(run: Callable[..., Said], tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "s", speakers=3)
    votes(truth).to_csv(tmp_path / "votes.csv", index=False)
    said = run("head", "calibrate", store.path, "--labels", tmp_path / "votes.csv", "--activate")
    assert "Not enough evidence to call the scores calibrated" in said.out
    assert "note: 3 speakers are too few for intervals" in said.out
    info = run("info", store.path).out
    assert "mean model score (n = " in info and "not enough evidence to call the scores calibrated" in info


@pytest.mark.parametrize("calibrated", [False, True])
def test_one_clip_is_called_what_its_head_is(
    calibrated: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wav(tmp_path / "a.wav", tone(1.0))
    encoder = load_encoder("acoustic")
    head = Head(np.zeros((2, encoder.card.dim)), np.array([1.0, 0.0]), ("happy", "sad"), calibrated=calibrated)
    (result,) = analyze([tmp_path / "a.wav"], encoder, head=head)
    assert result.calibrated is calibrated  # type: ignore[union-attr]
    assert result.as_json()["confidence_is"] == (NOW if calibrated else NOT_YET)  # type: ignore[union-attr]
    show_clip(replace(result, flags=()), QualitySettings())  # type: ignore[type-var]
    words = "calibrated score of the winner 73.1%" if calibrated else "model score 73.1% (not calibrated)"
    assert capsys.readouterr().out.splitlines()[1] == f"  😀 happy / 开心, {words}"


def test_the_picture(run: Callable[..., Said], store: Path, labels: Path, tmp_path: Path) -> None:
    out = tmp_path / "reliability.html"
    said = run("head", "calibrate", store, "--labels", labels, "--no-save", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert said.status == 0 and "calls: builtin" in page and "<script src=" not in page


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "there is no such file; check the path"),
        ("a,b\n1,2\n", "no column names the clips; it has a, b, and needs segment_id or file"),
        ("file,label\n0.wav,angry\n", "a calibration needs at least 50 labelled clips, got 1: listen to 49 more"),
        ("file,label\nx.wav,angry\n", "names no clip of"),
        ("file,label\n0.wav,furios\n", "furios"),
        (f"file,vote_{',vote_'.join(EMOTION_IDS)}\n0.wav,0.5,0.2{',0' * 7}\n", "row 2: votes sum to 0.7"),
    ],
)
def test_wrong_files_are_one_line(
    run: Callable[..., Said], store: Path, tmp_path: Path, text: str | None, line: str
) -> None:
    path = tmp_path / "votes.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    said = run("head", "calibrate", store, "--labels", path)
    assert said.status == 2 and line in said.line


def test_an_option_that_contradicts_another(run: Callable[..., Said], store: Path, labels: Path) -> None:
    said = run("head", "calibrate", store, "--labels", labels, "--no-save", "--activate")
    assert said.status == 2 and "leave one of them out" in said.line
