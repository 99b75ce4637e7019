"""Killed, full or raced: a store is whole after every one of them, and ends as an undisturbed one."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.store import disk
from emoanalytics.store.store import EmotionStore
from tests.store.conftest import NAMES
from tests.store.rows import (
    CORPUS,
    content,
    embedding_rows,
    expected_embeddings,
    failure_rows,
    new_store,
    recording_rows,
    segment_rows,
)

ROOT = Path(__file__).resolve().parents[2]


class Crash(BaseException):
    """Stands for a kill: nothing may catch it."""


def build(store: EmotionStore, *, pause_s: float = 0.0, said: Callable[[], None] = lambda: None) -> None:
    """A small build that resumes: files that are listed as read are passed over; one file changed meanwhile."""
    with store.writer() as writer:
        for start in range(0, 20, 5):
            done = set(writer.recordings["file"].to_pylist())
            held = set(writer.segments["file"].to_pylist())
            todo = [n for n in NAMES[start : start + 5] if n not in done]
            if todo:
                _write(writer, todo, replaces=[(CORPUS, n) for n in todo if n in held])
                said()
                time.sleep(pause_s)
        sizes = dict(
            zip(writer.recordings["file"].to_pylist(), writer.recordings["size_bytes"].to_pylist(), strict=True)
        )
        if sizes.get(NAMES[2]) != 5:
            _write(writer, [NAMES[2]], audio=["changed"], size=5, replaces=[(CORPUS, NAMES[2])])


def _write(writer, files, *, audio=None, size=1000, replaces=()) -> None:
    gone = {f for _, f in replaces}
    taken = [
        i
        for i, f in zip(writer.segments["segment_id"].to_pylist(), writer.segments["file"].to_pylist(), strict=True)
        if f not in gone
    ]
    rows = segment_rows(files, audio=audio, taken=taken)
    writer.commit(
        segments=rows,
        embeddings=embedding_rows(rows),
        recordings=recording_rows(files, size=size),
        failures=failure_rows([f"{files[0]}.bad"]),
        handled=[(CORPUS, f) for f in [*files, f"{files[0]}.bad"]],
        replaces=replaces,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    store = new_store(tmp_path_factory.mktemp("undisturbed") / "s")
    build(store)
    return content(store)


def assert_whole(store: EmotionStore) -> None:
    assert store.check() == []
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    listed = set(store.recordings()["file"])
    assert listed <= set(store.segments()["file"]), "a file listed as read must have its segments"


def _crashing(monkeypatch, name: str, at: int, *, after: bool) -> None:
    real, calls = getattr(os, name), [0]

    def cut(*args):
        calls[0] += 1
        if calls[0] == at and not after:
            raise Crash
        result = real(*args)
        if calls[0] == at:
            raise Crash
        return result

    monkeypatch.setattr(disk.os, name, cut)


def _count(monkeypatch, tmp_path, name: str) -> int:
    real, calls = getattr(os, name), []
    with monkeypatch.context() as patch:
        patch.setattr(disk.os, name, lambda *args: calls.append(args) or real(*args))
        store = new_store(tmp_path / "count")
        build(store)
    return len(calls)


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_between_any_two_file_operations_leaves_a_whole_store(tmp_path, monkeypatch, undisturbed, after):
    first = _count(monkeypatch, tmp_path, "replace") + 1
    made_by_create = 4
    assert first > 20
    for at in range(1, first - made_by_create):
        store = new_store(tmp_path / f"s{at}-{after}")
        with monkeypatch.context() as patch:
            _crashing(patch, "replace", at, after=after)
            with pytest.raises(Crash):
                build(store)
        reopened = EmotionStore.open(store.path)
        assert_whole(reopened)
        build(reopened)
        assert_whole(reopened)
        assert content(reopened) == undisturbed
        assert not list(store.path.rglob("*.tmp"))


def test_a_crash_while_a_store_is_made_leaves_a_folder_that_can_become_one(tmp_path, monkeypatch):
    for at in range(1, 5):
        with monkeypatch.context() as patch:
            _crashing(patch, "replace", at, after=False)
            with pytest.raises(Crash):
                new_store(tmp_path / f"s{at}")
        with pytest.raises(StoreError):
            EmotionStore.open(tmp_path / f"s{at}")
        assert len(new_store(tmp_path / f"s{at}")) == 0


CHILD = """
import sys
import time
sys.path.insert(0, {root!r})
from pathlib import Path
from emoanalytics.store.store import EmotionStore
from tests.store.test_crash import build
print("ready", flush=True)
build(EmotionStore.open(Path({path!r})), pause_s=0.01, said=lambda: print("wrote", flush=True))
time.sleep(60)
"""


def test_killed_at_random_moments_and_resumed_it_ends_as_the_undisturbed_one(tmp_path, undisturbed):
    """A moment is a number of finished writes and some milliseconds: a fast and a slow machine test the same."""
    rng = np.random.default_rng(1)
    for attempt in range(11):
        store = new_store(tmp_path / f"s{attempt}")
        command = CHILD.format(root=str(ROOT), path=str(store.path))
        with subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            for _ in range(attempt % 5):
                assert child.stdout.readline() == "wrote\n"
            time.sleep(float(rng.uniform(0, 0.04)))
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL, "it waits a minute after its last write, so it was alive"
        assert_whole(store)
        build(store)
        assert_whole(store)
        assert content(store) == undisturbed


@pytest.mark.parametrize("step", range(1, 6))
def test_a_full_disk_is_said_in_one_line_and_loses_nothing(tmp_path, monkeypatch, undisturbed, step):
    store = new_store(tmp_path / "s")
    build_until = NAMES[:5]
    with store.writer() as writer:
        _write(writer, build_until)
    real, calls = disk._fsync, [0]

    def full(path):
        calls[0] += path.suffix == disk.TEMPORARY
        if path.suffix == disk.TEMPORARY and calls[0] == step:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "_fsync", full)
        with pytest.raises(
            StoreError,
            match=r"^no space left on the disk of .*: free some and run the same command again; nothing is lost$",
        ):
            build(store)
    assert not list(store.path.rglob("*.tmp"))
    assert_whole(store)
    build(store)
    assert content(store) == undisturbed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_really_full_is_understood(tmp_path):
    store = new_store(tmp_path / "s")
    with store.writer() as writer:
        rows = segment_rows(NAMES)
        (store.path / "embeddings").mkdir()
        (store.path / "embeddings" / "part-00000.parquet.tmp").symlink_to("/dev/full")
        with pytest.raises(StoreError, match=r"no space left .*\(writing part-00000\.parquet\)"):
            writer.commit(segments=rows, embeddings=embedding_rows(rows))
        writer.commit(segments=rows, embeddings=embedding_rows(rows))
    assert_whole(store)


def test_a_reader_in_the_middle_of_a_replacing_commit_reads_again(tmp_path, monkeypatch):
    """The part it was about to read is rewritten and removed under its feet."""
    store = new_store(tmp_path / "s")
    with store.writer() as writer:
        _write(writer, NAMES[:5])
    from emoanalytics.store import rows as module

    real, raced = module.EmbeddingRows.read, [False]

    def read(self, positions):
        if not raced[0]:
            raced[0] = True
            with store.writer() as writer:
                _write(writer, [NAMES[2]], audio=["changed"], replaces=[(CORPUS, NAMES[2])])
        return real(self, positions)

    monkeypatch.setattr(module.EmbeddingRows, "read", read)
    got = EmotionStore.open(store.path).embeddings()
    np.testing.assert_array_equal(got, expected_embeddings(store))


def test_removed_parts_are_swept_but_foreign_files_stay(tmp_path):
    store = new_store(tmp_path / "s")
    with store.writer() as writer:
        _write(writer, NAMES[:5])
    mine = store.path / "embeddings" / "README.txt"
    mine.write_text("mine")
    stray = store.path / "embeddings" / "part-00007.parquet"
    stray.write_bytes(b"left by a kill")
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    with store.writer():
        assert not stray.exists()
    assert mine.exists()
