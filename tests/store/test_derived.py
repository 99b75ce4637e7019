"""What is kept under ``derived/``: whole or not at all, found again, checked, cleared."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store import derived as module
from emoanalytics.store.derived import Derived


def filler(array: np.ndarray):
    return lambda folder: np.save(folder / "numbers.npy", array)


def test_what_is_kept_is_found_with_its_record(tmp_path: Path) -> None:
    derived = Derived(tmp_path)
    assert derived.find("graph", "a") is None
    derived.keep("graph", "a", {"k": 3, "name": "名"}, filler(np.arange(5)))
    found = Derived(tmp_path).find("graph", "a")
    assert found is not None and found.record == {"k": 3, "name": "名"}
    array = found.array("numbers")
    assert array.tolist() == [0, 1, 2, 3, 4] and not array.flags.writeable
    assert {p.name for p in (tmp_path / "derived/graph").iterdir()} == {"a"}


def test_an_empty_array_comes_back(tmp_path: Path) -> None:
    kept = Derived(tmp_path).keep("graph", "a", {}, filler(np.zeros((0, 3), np.float32)))
    assert kept.array("numbers").shape == (0, 3)


def test_others_are_removed_where_asked(tmp_path: Path) -> None:
    derived = Derived(tmp_path)
    for key in ("raw-1", "raw-2", "centred-1"):
        derived.keep("graph", key, {}, filler(np.arange(2)))
    assert derived.keys("graph") == ["raw-1", "raw-2", "centred-1"]
    derived.keep("graph", "raw-3", {}, filler(np.arange(2)), instead_of="raw-")
    assert sorted(derived.keys("graph")) == ["centred-1", "raw-3"]


def test_the_same_made_by_two_is_not_taken_from_under_the_first(tmp_path: Path) -> None:
    derived = Derived(tmp_path)
    first = derived.keep("vectors", "a", {"rows": 3}, filler(np.arange(3)))
    number = (first.folder / "numbers.npy").stat().st_ino
    again = derived.keep("vectors", "a", {"rows": 3}, filler(np.arange(3)))
    assert again == first
    assert (again.folder / "numbers.npy").stat().st_ino == number
    other = derived.keep("vectors", "a", {"rows": 2}, filler(np.arange(2)))  # made in another way: it replaces
    assert other.array("numbers").tolist() == [0, 1]
    assert {p.name for p in (tmp_path / "derived/vectors").iterdir()} == {"a"}


@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "no record", "bad record", "list record"])
def test_damage_is_seen(tmp_path: Path, harm: str) -> None:
    derived = Derived(tmp_path)
    folder = derived.keep("graph", "a", {}, filler(np.arange(500))).folder
    path = folder / "numbers.npy"
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[:-8])
    elif harm == "changed":
        content[-3] ^= 1
        path.write_bytes(content)
    elif harm == "gone":
        path.unlink()
    elif harm == "no record":
        (folder / "record.json").unlink()
    else:
        (folder / "record.json").write_text("{" if harm == "bad record" else "[]")
    with pytest.raises(DamagedStoreError, match=r"derived.graph.a is damaged \("):
        derived.find("graph", "a")
    derived.forget("graph", "a")
    assert derived.find("graph", "a") is None


def test_large_files_are_checked_by_size_unless_all_of_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DIGESTED", 100)
    derived = Derived(tmp_path)
    for key, whole in (("quick", False), ("whole", True)):
        path = derived.keep("graph", key, {}, filler(np.arange(500)), whole=whole).folder / "numbers.npy"
        content = bytearray(path.read_bytes())
        content[-3] ^= 1
        path.write_bytes(content)
    assert derived.find("graph", "quick") is not None
    with pytest.raises(DamagedStoreError):
        derived.find("graph", "whole")


def test_an_error_while_filling_leaves_nothing(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        np.save(folder / "numbers.npy", np.arange(3))
        raise StoreError("enough")

    with pytest.raises(StoreError, match="enough"):
        Derived(tmp_path).keep("graph", "a", {}, fails)
    assert list((tmp_path / "derived/graph").iterdir()) == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="no space left on the disk"):
        Derived(tmp_path).keep("graph", "a", {}, full)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "derived").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write .*derived"):
        Derived(tmp_path).keep("graph", "a", {}, filler(np.arange(3)))


def test_who_comes_second_finds_the_first_one_s(tmp_path: Path) -> None:
    derived = Derived(tmp_path)

    def overtaken(folder: Path) -> None:
        derived.keep("graph", "a", {"by": "first"}, filler(np.arange(3)))
        np.save(folder / "numbers.npy", np.arange(3))

    assert derived.keep("graph", "a", {"by": "second"}, overtaken).array("numbers").tolist() == [0, 1, 2]
    assert {p.name for p in (tmp_path / "derived/graph").iterdir()} == {"a"}


def _many(path: str, number: int) -> None:
    derived = Derived(Path(path))
    for i in range(15):
        kept = derived.keep("graph", f"raw-{i}", {"i": i}, filler(np.full(1000, i)))
        assert kept.array("numbers")[number] == i


def test_two_processes_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_many, args=(str(tmp_path), n)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [p.exitcode for p in processes] == [0, 0]
    assert sorted(p.name for p in (tmp_path / "derived/graph").iterdir()) == sorted(f"raw-{i}" for i in range(15))


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom emoanalytics.store.derived import Derived\n"
        "def fill(folder):\n    (folder / 'half').write_text('x')\n    print('writing', flush=True)\n"
        "    time.sleep(120)\n"
        "Derived(Path(sys.argv[1])).keep('graph', 'a', {}, fill)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "writing\n"
    folder = tmp_path / "derived/graph"
    Derived(tmp_path).keep("graph", "b", {}, filler(np.arange(3)))
    assert len(list(folder.glob(".a-*.tmp"))) == 1
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    Derived(tmp_path).keep("graph", "c", {}, filler(np.arange(3)))
    assert {p.name for p in folder.iterdir()} == {"b", "c"}


def test_the_record_is_plain_json(tmp_path: Path) -> None:
    folder = Derived(tmp_path).keep("graph", "a", {"recall": 0.98}, filler(np.arange(3))).folder
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert record["recall"] == 0.98 and list(record["files"]) == ["numbers.npy"]
    with pytest.raises(ValueError, match="Out of range float"):
        Derived(tmp_path).keep("graph", "b", {"recall": float("nan")}, filler(np.arange(3)))
    assert time.time() >= (folder / "record.json").stat().st_mtime
