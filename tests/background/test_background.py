"""Builds in a process of their own: what they make, how they are stopped, what they leave, what they say."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import soundfile as sf

from emoanalytics import (
    BuildSettings,
    ChannelPolicy,
    CutMode,
    CutPolicy,
    EmotionStore,
    QualitySettings,
    build,
    load_encoder,
    open_corpus,
)
from emoanalytics.background import BuildOrder, BuildRun, BuildRuns, Stage, preview, unfinished
from emoanalytics.background.order import mark_dropped
from emoanalytics.background.run import _died
from emoanalytics.background.work import Leash, StoppedError, work
from emoanalytics.errors import CorpusError, LockedStoreError
from emoanalytics.labels import Language
from tests.conftest import ROOT, tone

WAIT_S = 120.0
ALONE = BuildSettings(workers=0)


def corpus(folder: Path, clips: int = 12) -> Path:
    """Tones of three speakers with three labels, and a file that is no sound."""
    folder.mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "speaker", "session", "emotion"))
        for number in range(clips):
            name = f"clip{number:03}.wav"
            sf.write(folder / name, tone(0.5, hz=140.0 + 60 * (number // 3 % 3), seed=number), 16_000)
            writer.writerow((name, f"voice{number % 3}", f"s{number % 2}", ("angry", "sad", "happy")[number // 3 % 3]))
        (folder / "broken.wav").write_text("this is no sound", encoding="utf-8")
        writer.writerow(("broken.wav", "voice0", "", ""))
    return folder


def rows(store: Path) -> pd.DataFrame:
    opened = EmotionStore.open(store)
    return opened.table(["segment_id", "file", "speaker", "emotion_given"]).sort_values("segment_id", ignore_index=True)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def test_an_order_survives_being_written_down(tmp_path: Path) -> None:
    settings = BuildSettings(
        channels=ChannelPolicy.EACH, roles={"left": "agent", "right": "client"},
        cut=CutPolicy(CutMode.WINDOWS, 3.0, 1.5), quality=QualitySettings(snr_db=3.0), frames=True, workers=2,
    )  # fmt: skip
    order = BuildOrder(tmp_path / "语料", tmp_path / "s", "acoustic", "{speaker}_{take}", settings, train=True)
    assert BuildOrder.from_json(order.as_json()) == order
    again = BuildOrder.from_json(order.as_json())
    assert again.settings.cut is not None and again.settings.cut.hop_s == 1.5
    assert again.settings.quality.snr_db == 3.0 and again.settings.channels is ChannelPolicy.EACH
    for broken in ({}, {**order.as_json(), "settings": None}, {**order.as_json(), "further": 1}):
        with pytest.raises(CorpusError, match="no order for a build"):
            BuildOrder.from_json(broken)


def test_corpus_and_store_are_two_folders(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="same folder: give the store another"):
        BuildOrder(tmp_path, tmp_path)


def test_a_build_in_its_own_process_makes_the_store_a_build_in_this_one_makes(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus")
    here = build(open_corpus(folder), tmp_path / "here", load_encoder("acoustic"), ALONE)
    run = BuildRun(BuildOrder(folder, tmp_path / "there", "acoustic", settings=ALONE)).start()
    assert run.wait(WAIT_S) and not run.running
    assert run.error is None and not run.stopped and run.result is not None
    report = run.result.report
    assert (report.embedded, report.failed_files, report.store) == (here.embedded, 1, tmp_path / "there")
    assert [f.file for f in report.failures] == ["broken.wav"] and report.failures == here.failures
    assert run.result.head is None
    pd.testing.assert_frame_equal(rows(tmp_path / "here"), rows(tmp_path / "there"))
    assert (run.progress.stage, run.progress.done, run.progress.total) == (Stage.BUILDING, 13, 13)
    assert run.progress.share == 1.0 and unfinished(tmp_path / "there") is None


def test_a_head_is_trained_where_it_was_asked_for(tmp_path: Path) -> None:
    news: list[dict[str, Any]] = []
    order = BuildOrder(corpus(tmp_path / "corpus"), tmp_path / "s", "acoustic", settings=ALONE, train=True)
    work(order, news.append, lambda: None)
    head = EmotionStore.open(tmp_path / "s").info.head
    assert head is not None and news[-1]["trained"] == head
    stages = list(dict.fromkeys(line["stage"] for line in news[:-1]))
    assert stages == ["reading", "loading", "building", "training"]
    last = [line for line in news if line.get("stage") == "building"][-1]
    assert (last["done"], last["total"], last["left_s"]) == (13, 13, None)


def test_the_time_left_is_told_as_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emoanalytics.background import work as other_side

    monkeypatch.setattr(other_side, "_EVERY_S", 0.0)
    news: list[dict[str, Any]] = []
    work(BuildOrder(corpus(tmp_path / "c", 80), tmp_path / "s", "acoustic", settings=ALONE), news.append, lambda: None)
    told = [line for line in news if line.get("stage") == "building" and line["left_s"] is not None]
    assert told and all(line["left_s"] >= 0 and line["at_least"] for line in told)  # 40 s of audio are little
    assert all(line["done"] < line["total"] for line in told)


def test_labels_that_cannot_be_learned_are_a_remark_and_the_store_stands(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    sf.write(folder / "only.wav", tone(0.5), 16_000)
    news: list[dict[str, Any]] = []
    work(BuildOrder(folder, tmp_path / "s", "acoustic", settings=ALONE, train=True), news.append, lambda: None)
    assert news[-1]["trained"] is None and "nothing to learn from" in news[-1]["remarks"][-1]["en"]
    assert len(EmotionStore.open(tmp_path / "s")) == 1


def test_what_cannot_be_built_is_one_line(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus", 3)
    for order, line in (
        (BuildOrder(tmp_path / "nowhere", tmp_path / "s", "acoustic"), "no such file or folder"),
        (BuildOrder(folder, tmp_path / "s", "no-such-encoder"), "no model 'no-such-encoder'"),
    ):
        run = BuildRun(order).start()
        assert run.wait(WAIT_S)
        assert run.error is not None and line in run.error and "\n" not in run.error and run.result is None
        assert not (tmp_path / "s").exists()


class Stops:
    """Told to stop after so many looks."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoppedError


def test_a_stopped_build_is_kept_as_an_order_and_goes_on(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus", 200)  # four steps: 64 recordings each
    order = BuildOrder(folder, tmp_path / "s", "acoustic", settings=ALONE)
    with pytest.raises(StoppedError):
        work(order, lambda news: None, Stops(150))
    half = len(EmotionStore.open(tmp_path / "s"))
    assert 0 < half < 200
    kept = unfinished(tmp_path / "s")
    assert kept == order
    news: list[dict[str, Any]] = []
    work(kept, news.append, lambda: None)
    assert news[-1]["report"]["unchanged"] > 0 and len(EmotionStore.open(tmp_path / "s")) == 200
    assert unfinished(tmp_path / "s") is None
    build(open_corpus(folder), tmp_path / "whole", load_encoder("acoustic"), ALONE)
    pd.testing.assert_frame_equal(rows(tmp_path / "s"), rows(tmp_path / "whole"))


def test_an_unfinished_store_that_was_moved_goes_on_where_it_is(tmp_path: Path) -> None:
    order = BuildOrder(corpus(tmp_path / "corpus", 3), tmp_path / "s", "acoustic", settings=ALONE)
    with pytest.raises(StoppedError):
        work(order, lambda news: None, Stops(3))
    assert unfinished(tmp_path / "s") == order
    (tmp_path / "s").rename(tmp_path / "moved")
    found = unfinished(tmp_path / "moved")
    assert found is not None and found.store == tmp_path / "moved" and found.corpus == order.corpus
    (tmp_path / "moved" / "derived" / "build.json").write_text("{", encoding="utf-8")
    assert unfinished(tmp_path / "moved") is None and unfinished(tmp_path / "nowhere") is None


def test_a_run_is_stopped_by_a_word_and_keeps_what_it_did(tmp_path: Path) -> None:
    runs = BuildRuns()
    order = BuildOrder(corpus(tmp_path / "corpus", 400), tmp_path / "s", "acoustic", settings=ALONE)
    run = runs.start(order)
    assert runs.of(tmp_path / "s") is run and runs.all() == [run]
    with pytest.raises(LockedStoreError, match="is being built"):
        runs.start(order)
    wait_until(lambda: run.progress.stage is Stage.BUILDING)
    runs.forget(run)
    assert runs.all() == [run]  # one that is at work stays
    run.cancel()
    assert run.wait(WAIT_S) and run.stopped and run.error is None and run.result is None
    assert unfinished(tmp_path / "s") == order
    with EmotionStore.open(tmp_path / "s").writer():  # the lock is free
        pass
    runs.forget(run)
    assert runs.all() == []


def test_a_killed_build_says_so_and_goes_on(tmp_path: Path) -> None:
    order = BuildOrder(corpus(tmp_path / "corpus", 400), tmp_path / "s", "acoustic", settings=ALONE)
    run = BuildRun(order).start()
    wait_until(lambda: run.progress.stage is Stage.BUILDING)
    assert run._process is not None
    os.kill(run._process.pid, signal.SIGKILL)
    assert run.wait(WAIT_S) and run.error is not None
    assert "was killed (signal 9): start it again, it goes on where it stopped" in run.error
    assert unfinished(tmp_path / "s") == order


def test_a_build_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    order = BuildOrder(corpus(tmp_path / "corpus", 400), tmp_path / "s", "acoustic", settings=ALONE)
    code = (
        "import json, os, sys, time\n"
        "from emoanalytics.background import BuildOrder, BuildRun, Stage\n"
        "run = BuildRun(BuildOrder.from_json(json.loads(sys.argv[1]))).start()\n"
        "while run.progress.stage is not Stage.BUILDING: time.sleep(0.02)\n"
        "print(run._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(order.as_json())],
        cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S,
    )  # fmt: skip
    pid = int(done.stdout)
    wait_until(lambda: not _is_alive(pid))
    assert len(EmotionStore.open(tmp_path / "s")) < 400 and unfinished(tmp_path / "s") == order


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_leash_ends_what_does_not_come_to_a_stop() -> None:
    ended: list[int] = []
    gone = threading.Event()
    leash = Leash(io.BytesIO(b"stop\n"), lambda status: (ended.append(status), gone.set()), grace_s=0.0)
    assert gone.wait(WAIT_S) and ended == [1]
    with pytest.raises(StoppedError):
        leash.check()


def test_the_leash_lets_go_of_what_is_done() -> None:
    read, write = os.pipe()
    ended: list[int] = []
    with os.fdopen(read, "rb") as words:
        leash = Leash(words, ended.append, grace_s=WAIT_S)
        leash.check()  # nothing was said
        leash.release()
        os.close(write)
        wait_until(lambda: leash._told.is_set())
    assert ended == []


def test_dropped_files_are_deleted_only_where_they_were_dropped(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "dropped" / "inner", 3)
    with pytest.raises(CorpusError, match="not made for dropped files: it is not deleted"):
        BuildOrder(folder, tmp_path / "s", "acoustic", discard=True)
    mark_dropped(tmp_path / "dropped")
    order = BuildOrder(folder, tmp_path / "s", "acoustic", settings=ALONE, discard=True)
    with pytest.raises(StoppedError):
        work(order, lambda news: None, Stops(3))
    assert folder.is_dir()  # it is needed to go on
    work(order, lambda news: None, lambda: None)
    assert not (tmp_path / "dropped").exists() and len(EmotionStore.open(tmp_path / "s")) == 3


def test_a_preview_counts_what_a_build_would_read(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus")
    with (folder / "metadata.csv").open("a", encoding="utf-8") as file:
        file.write("gone.wav,voice1,s0,sad\n")
    found = preview(open_corpus(folder), patience_s=WAIT_S)
    assert (found.files, found.rows, found.given_segments, found.speakers, found.sessions) == (13, 13, 0, 3, 6)
    assert found.labels == {"angry": 6, "sad": 3, "happy": 3}
    assert found.size_bytes == sum(p.stat().st_size for p in folder.glob("*.wav"))
    assert found.hours == pytest.approx(12 * 0.5 / 3600)
    assert [p.file for p in found.problems] == ["gone.wav"]
    assert "\n".join(found.described[Language.ZH]) == open_corpus(folder).describe("zh")
    assert found.as_json()["corpus"] == str(folder)
    assert preview(open_corpus(folder), patience_s=-1.0).hours is None


def test_the_last_words_of_a_process_are_kept_short() -> None:
    line = _died(3, b"Traceback\nValueError: " + b"x" * 1000 + b"\n")
    assert line.startswith("the build ended with status 3: ValueError: xxx") and len(line) < 400
