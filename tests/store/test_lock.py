"""One writer at a time, over real processes."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emoanalytics.errors import LockedStoreError, StoreError
from emoanalytics.store.store import EmotionStore
from tests.store.rows import new_store

HOLDER = """
import sys, time
from pathlib import Path
from emoanalytics.store.store import EmotionStore
with EmotionStore.open(Path(sys.argv[1])).writer():
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""


def hold(path: Path) -> subprocess.Popen:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    return child


@pytest.mark.parametrize("end", ["released", "killed"])
def test_a_second_writer_is_told_who_writes_and_gets_in_when_the_first_is_gone(store, end):
    with hold(store.path) as child:
        with pytest.raises(LockedStoreError) as refusal, store.writer():
            raise AssertionError("two writers")
        assert re.fullmatch(
            rf"another build is writing to {re.escape(str(store.path))} "
            rf"\(pid {child.pid} on \S+, since \d\d:\d\d:\d\d\): "
            r"wait for it or choose another --store",
            str(refusal.value),
        )
        assert len(store.segments()) == 0, "reading needs no lock"
        if end == "killed":
            os.kill(child.pid, signal.SIGKILL)
        else:
            child.stdin.write("\n")
            child.stdin.flush()
        child.wait()
    with store.writer() as writer:
        writer.write_run({"after": end})
    assert store.runs()[0]["after"] == end
    assert not (store.path / ".lock.json").exists()


def test_a_second_writer_in_the_same_process_is_refused_too(store):
    with store.writer() as first:
        with pytest.raises(LockedStoreError, match=f"pid {os.getpid()} on "), EmotionStore.open(store.path).writer():
            raise AssertionError("two writers")
        first.write_run({})


def test_the_lock_is_free_after_an_error(store):
    with pytest.raises(ZeroDivisionError), store.writer():
        _ = 1 / 0
    (store.path / "segments.parquet").rename(store.path / "aside")
    with pytest.raises(StoreError), store.writer():
        pass
    (store.path / "aside").rename(store.path / "segments.parquet")
    with store.writer():
        pass


def test_without_the_note_the_message_still_says_what_to_do(store):
    with store.writer():
        (store.path / ".lock.json").write_text("{half")
        with (
            pytest.raises(LockedStoreError, match=r"is writing to \S+: wait for it or choose another --store$"),
            store.writer(),
        ):
            raise AssertionError("two writers")


def test_a_store_cannot_be_made_twice(tmp_path):
    new_store(tmp_path / "s")
    with pytest.raises(StoreError, match="is a store already: open it, or choose another --store"):
        new_store(tmp_path / "s")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"holds other files \(thesis.txt\): choose an empty or a new folder"):
        new_store(tmp_path / "full")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        new_store(tmp_path / "file")
