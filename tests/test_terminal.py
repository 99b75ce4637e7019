"""What the command line shows: words, bars, and nothing that a file name can abuse."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.analyze import ClipResult, Granularity
from emoanalytics.audio.decode import from_samples
from emoanalytics.audio.quality import Flag, measure
from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport
from emoanalytics.embed.heads import FitReport, Fold, Head, Scaling
from emoanalytics.labels import EMOTION_IDS, EMOTIONS
from emoanalytics.settings import QualitySettings
from emoanalytics.terminal.build import show_build, show_failures
from emoanalytics.terminal.clip import show_clip
from emoanalytics.terminal.fit import show_fit
from emoanalytics.terminal.lines import bar, counted, nine_bars, one_line, print_json
from emoanalytics.terminal.overview import show_overview
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views.overview import MeanScore, overview
from tests.conftest import TinyEncoder, tone
from tests.made_store import make_store

EVIL = "a\nemoanalytics: all is well\x1b[2J\r\u202etxt.wav"


def test_one_line_shows_control_characters() -> None:
    shown = one_line(EVIL)
    assert shown == r"a\nemoanalytics: all is well\x1b[2J\r\u202etxt.wav"
    assert one_line("话 😀 é.wav") == "话 😀 é.wav"
    assert one_line("odd\udcff") == r"odd\udcff"


@pytest.mark.parametrize(("share", "full"), [(0.0, 0), (0.26, 8), (1.0, 30), (1.7, 30), (-1.0, 0)])
def test_a_bar_is_as_long_as_its_share(share: float, full: int) -> None:
    shown = bar(share)
    assert (shown.count("█"), len(shown)) == (full, 30)


def test_numbers_and_nouns_agree() -> None:
    assert [counted(n, "clip") for n in (0, 1, 2)] == ["0 clips", "1 clip", "2 clips"]


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda n: monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((n, 24)))


def test_nine_bars_say_what_is_not_known(columns: Callable[[int], None]) -> None:
    columns(120)
    scores: dict[str, float | None] = dict.fromkeys(EMOTION_IDS)
    lines = nine_bars({**scores, "sad": 0.25, "calm\x1b[1m": 0.5}).splitlines()
    assert len(lines) == 10
    for line, emotion in zip(lines, EMOTIONS, strict=False):
        assert all(part in line for part in (emotion.emoji, emotion.id, emotion.zh))
        assert line.endswith("25.0%" if emotion.id == "sad" else "not known to this head")
    assert lines[6].count("█") == 8
    assert lines[9].strip().startswith(r"calm\x1b[1m")
    assert lines[9].endswith("50.0%")


@pytest.mark.parametrize(("width", "length"), [(1, 10), (60, 15), (300, 30)])
def test_bars_follow_the_terminal(columns: Callable[[int], None], width: int, length: int) -> None:
    columns(width)
    lines = nine_bars(dict.fromkeys(EMOTION_IDS, 1.0)).splitlines()
    assert {line.count("█") for line in lines} == {length}


def test_json_is_one_document_of_plain_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        {"nan": math.nan, "deep": [{"inf": -math.inf, "ok": 0.5}], "path": Path("a"), "话": "😀", "odd": "\udcff"}
    )
    text = capsys.readouterr().out
    assert "话" in text
    assert json.loads(text, parse_constant=pytest.fail) == {
        "nan": None, "deep": [{"inf": None, "ok": 0.5}], "path": "a", "话": "😀", "odd": "\udcff",
    }  # fmt: skip


def test_failures_are_listed_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    failures = [Failure(EVIL, "decode", f"/corpus/{one_line(EVIL)}: the file is empty\nreally")]
    failures += [Failure("b.wav", "cut", "outside", 1.0, 2.5), Failure("b.wav", "cut", "outside", 3.0, 4.0)]
    show_failures(failures)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "2 files with failures:",
        rf"  {one_line(EVIL)}: the file is empty\nreally",
        "  b.wav [1.00-2.50 s]: outside",
        "  b.wav [3.00-4.00 s]: outside",
    ]


def test_many_failures_are_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    show_failures([Failure(f"{i}.wav", "decode", "empty") for i in range(13)], "store")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "13 files with failures:"
    assert len(lines) == 12
    assert lines[-1] == "  ... and 3 more in store/failures.parquet"


def test_no_failure_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_failures([])
    assert capsys.readouterr() == ("", "")


def a_report(**changes: object) -> BuildReport:
    return replace(BuildReport(Path("s"), 1, 0, 2, 1, (), 0, 7200.0, 60.0, (f"renamed {EVIL}",)), **changes)  # type: ignore[arg-type]


def test_a_build_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_build(a_report())
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "1 segment embedded, 0 copied from identical audio, 2 recordings unchanged, 1 segment with new metadata",
        "2.00 h of audio in 60.0 s: 120 times real time",
        f"note: renamed {one_line(EVIL)}",
    ]
    show_build(a_report(audio_s=0.0, notes=()), err=True)
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)


def test_a_fit_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    nan = float("nan")
    folds = (
        Fold((EVIL, "bo"), 12, 0.5, 0.25, 1.0, Scaling.EACH),
        Fold(("cy",), 0, nan, nan, 1.0, Scaling.EACH),
    )
    head = Head(np.zeros((2, 3)), np.zeros(2), ("a", "b"))
    report = FitReport(
        head=head, classes=("a", "b"), out_of_fold=np.zeros((12, 2)), folds=folds, accuracy=0.5, accuracy_low=0.4,
        accuracy_high=0.6, uar=0.25, uar_low=0.2, uar_high=0.3, confusion=np.zeros((2, 2), int), c=1.0,
        scaling=Scaling.EACH, rows=12, groups=3, centred=False, notes=("few",),
    )  # fmt: skip
    show_fit(report)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("head trained on 12 labelled segments of 3 speakers")
    assert "0.250 (95 % interval 0.200-0.300, chance 0.500)" in lines[1]
    assert lines[3] == f"  tested on {one_line(EVIL)}, bo: recall 0.250, accuracy 0.500 (n = 12)"
    assert lines[4] == "  tested on cy: nothing to test"
    assert lines[5] == "note: few"
    show_fit(report, group="session", err=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "of 3 sessions" in err


def a_clip(**changes: object) -> ClipResult:
    waveform = from_samples(tone(0.5), 16_000)
    found = ClipResult(
        file=EVIL, channel="mix", samples=tone(0.5), duration_s=0.5, embedding=np.zeros(8, np.float32), n_frames=1,
        scores=dict.fromkeys(EMOTION_IDS), frame_times_s=None, frame_scores=None, labels=(),
        quality=measure(waveform, 0, waveform.n_samples), flags=(), encoder=TinyEncoder().card,
        granularity=Granularity.UTTERANCE, timestamp="2026-03-02T09:00:00+00:00",
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_clip_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    scores = {**dict.fromkeys(EMOTION_IDS, 0.05), "sad": 0.6}
    show_clip(a_clip(scores=scores, flags=(Flag.TOO_SHORT,)), QualitySettings())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{one_line(EVIL)} (mix, 0.50 s)"
    assert lines[1] == "  😢 sad / 难过, model score 60.0% (not calibrated)"
    assert len(lines) == 12
    assert lines[11].startswith("  ! too short: 0.50 s long, less than 1 s / 太短：")
    assert "0.5" in lines[11]


def test_a_clip_without_a_head_says_so_and_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    show_clip(a_clip(), QualitySettings(), err=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "no emotion scores: the encoder tiny has no head of its own (--head STORE" in err
    assert "%" not in err


def test_a_label_beyond_the_nine_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_clip(a_clip(scores={**dict.fromkeys(EMOTION_IDS), "calm": 1.0}), QualitySettings())
    assert capsys.readouterr().out.splitlines()[1] == "  calm, model score 100.0% (not calibrated)"


def test_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_overview(overview(make_store(tmp_path / "s", [])))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 segments of 0 recordings, 0.00 h, no speakers named, no sessions named"
    assert lines[1] == "encoder: made (revision 1, 2 numbers a segment, precision exact)"
    assert lines[2].startswith("head: none, so no emotion scores; train one on labels: emoanalytics head fit STORE")
    assert len(lines) == 3


def test_a_store_at_a_glance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"speaker": "a", "emotion_given": EVIL, "content_id": f"{i // 2:032x}"} for i in range(4)]
    failures = [{"file": "x", "stage": "decode", "reason": "empty"}]
    store = make_store(tmp_path / "s", rows, scores=np.full((4, 9), 1 / 9), failures=failures)
    with store.writer() as writer:
        counts = {"failed_files": 1}
        writer.write_run({"kind": "build", "finished": "today", "times_real_time": 99.7, "counts": counts})
    show_overview(overview(store))
    out = capsys.readouterr().out
    assert out.isprintable() or all(line.isprintable() for line in out.split("\n"))
    lines = out.splitlines()
    assert lines[2] == "head: the encoder's own nine"
    assert lines[3] == "mean model score (n = 4; no intervals: these take at least 5 speakers or sessions):"
    assert lines[4].endswith("0.111, highest in 4")
    assert f"given labels: {one_line(EVIL)} 4" in lines
    assert "identical audio: 4 segments in 2 groups" in lines
    assert "failures: decode 1" in lines
    assert lines[-1] == "last build: today, 100 times real time, 1 file with failures"


def test_intervals_further_labels_and_missing_heads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    view = overview(make_store(tmp_path / "s", [{"speaker": "a"}], scores=np.full((1, 9), 1 / 9)))
    sure = tuple(replace(s, low=0.1, high=0.2) for s in view.scores[:-1])
    view = replace(
        view,
        scores=(*sure, MeanScore("unknown", None, None, None, 0)),
        further=(MeanScore("calm", 0.5, 0.4, 0.6, 1),),
        clusters=6,
        clustered_by="speaker",
        head="mine",
        head_report={"uar": 0.512, "uar_interval": [0.4, 0.6], "target": "mood"},
    )
    show_overview(view)
    out = capsys.readouterr().out
    assert "(n = 1; 95 % intervals over 6 speakers)" in out
    assert "0.111 (0.100-0.200), highest in 1" in out
    assert "unknown   未知  not known to this head" in out
    assert "calm" in out.splitlines()[13]
    assert "head: mine, trained on this corpus's own labels (mood)" in out
    assert "0.51 (95 % interval 0.40-0.60)" in out
    show_overview(replace(view, head_report={}))
    assert "head: mine; how well it does is not recorded" in capsys.readouterr().out
    show_overview(replace(view, head_missing="the head mine is missing: run it again"))
    assert "head: the head mine is missing: run it again" in capsys.readouterr().out


def test_the_progress_bar_stays_off_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("clip") as tell:
        for i in range(3):
            tell(i + 1, 3, EVIL)
    assert capsys.readouterr().out == ""
