"""The log of decisions: appended, taken back, read whole after a crash, exported."""

from __future__ import annotations

import csv
import json
import multiprocessing
from pathlib import Path

import pytest
from filelock import FileLock

from emoanalytics.errors import LockedStoreError, StoreError
from emoanalytics.store.decisions import DECISIONS_FILE, DECISIONS_LOCK, Decision, Decisions, Log


def test_nothing_decided_is_an_empty_log(tmp_path: Path) -> None:
    assert Decisions(tmp_path).read() == Log(())
    assert Decisions(tmp_path).read().latest() == {}


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    log = Decisions(tmp_path)
    first = log.record("s1", "label", given="happy", decided="难过", who="Ann")
    second = log.record("s2", "label", given="sad")
    assert Decisions(tmp_path).read() == Log((first, second))
    lines = (tmp_path / DECISIONS_FILE).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {
        "id": first.id, "when": first.when, "segment_id": "s1", "kind": "label",
        "given": "happy", "decided": "难过", "who": "Ann", "undone": None,
    }  # fmt: skip
    assert first.when.endswith("+00:00")
    assert second.who is None
    assert first.id != second.id


def test_the_last_decision_on_a_clip_holds(tmp_path: Path) -> None:
    log = Decisions(tmp_path)
    log.record("s1", "label", given="happy", decided="sad")
    duplicate = log.record("s1", "duplicate", decided="s9")
    last = log.record("s1", "label", given="happy", decided="angry")
    assert log.read().latest() == {("s1", "label"): last, ("s1", "duplicate"): duplicate}
    assert log.read().latest("label") == {("s1", "label"): last}


def test_a_decision_is_taken_back_and_the_one_before_holds_again(tmp_path: Path) -> None:
    log = Decisions(tmp_path)
    first = log.record("s1", "label", decided="sad")
    second = log.record("s1", "label", decided="angry", who="Ann")
    size = (tmp_path / DECISIONS_FILE).stat().st_size
    undone = log.undo(who="Bea")
    assert (undone.undone, undone.segment_id, undone.who) == (second.id, "s1", "Bea")
    assert (tmp_path / DECISIONS_FILE).stat().st_size > size
    assert log.read().latest() == {("s1", "label"): first}
    third = log.record("s2", "label", decided="sad")
    log.undo(first.id)
    assert log.read().standing == (third,)
    log.undo()
    assert log.read().standing == ()
    with pytest.raises(StoreError, match="holds no decision to take back"):
        log.undo()
    with pytest.raises(StoreError, match=f"the decision {first.id} was taken back already"):
        log.undo(first.id)
    with pytest.raises(StoreError, match="the decision nothing is not in"):
        log.undo("nothing")
    with pytest.raises(StoreError, match="is not in"):
        log.undo(undone.id)  # a line that takes back is no decision


@pytest.mark.parametrize("cut", [1, 20, 90])
def test_half_a_last_line_is_passed_over_and_said(tmp_path: Path, cut: int) -> None:
    log = Decisions(tmp_path)
    first = log.record("s1", "label", decided="sad")
    log.record("s2", "label", decided="难过")
    path = tmp_path / DECISIONS_FILE
    path.write_bytes(path.read_bytes()[:-cut])
    if cut == 1:  # only the end of the line is lost: the decision is whole
        assert len(log.read().lines) == 2
        assert log.read().notes == ()
    else:
        assert log.read().lines == (first,)
        assert log.read().notes == (f"{path}, line 2, was passed over: not a whole line of JSON",)
    third = log.record("s3", "label", decided="angry")
    assert log.read().lines[-1] == third
    assert len(log.read().lines) == (3 if cut == 1 else 2)
    assert len(log.read().notes) == (0 if cut == 1 else 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('["a"]', "not a JSON object"),
        ('{"id": "x", "when": "now", "kind": "label"}', "it has no segment_id"),
        ('{"id": "x", "when": "now", "kind": "label", "segment_id": 3}', "a decision's segment_id is a text, not 3"),
        ("\\xff", "not a whole line of JSON"),
        ("[" * 100_000, "not a whole line of JSON"),
    ],
)
def test_lines_that_are_no_decisions_are_said(tmp_path: Path, line: str, reason: str) -> None:
    log = Decisions(tmp_path)
    first = log.record("s1", "label", decided="sad")
    with (tmp_path / DECISIONS_FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n\n")
    second = log.record("s2", "label", decided="sad")
    read = log.read()
    assert read.lines == (first, second)
    assert read.notes == (f"{tmp_path / DECISIONS_FILE}, line 2, was passed over: {reason}",)


def test_entries_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    line = {"id": "x", "when": "2026-01-01T00:00:00+00:00", "segment_id": "s", "kind": "label", "colour": "red"}
    (tmp_path / DECISIONS_FILE).write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert Decisions(tmp_path).read().lines == (Decision("x", "2026-01-01T00:00:00+00:00", "s", "label"),)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a decision's kind is a text, not ' '"):
        Decisions(tmp_path).record("s1", " ")
    with pytest.raises(StoreError, match="a decision's decided is a text, not 3"):
        Decisions(tmp_path).record("s1", "label", decided=3)  # type: ignore[arg-type]
    assert not (tmp_path / DECISIONS_FILE).exists()


def test_the_table(tmp_path: Path) -> None:
    log = Decisions(tmp_path)
    first = log.record("s1", "label", given="happy", decided="sad, or tired", who="Ann")
    second = log.record("s2", "label", given="中立")
    log.undo(first.id)
    assert log.export_csv(tmp_path / "out.csv") == 2
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"when": first.when, "who": "Ann", "segment_id": "s1", "kind": "label",
             "given": "happy", "decided": "sad, or tired", "undone": "True"},
            {"when": second.when, "who": "", "segment_id": "s2", "kind": "label",
             "given": "中立", "decided": "", "undone": "False"},
        ]  # fmt: skip


def test_a_writer_waits_for_another_and_then_says_so(tmp_path: Path) -> None:
    with FileLock(tmp_path / DECISIONS_LOCK), pytest.raises(LockedStoreError, match="another program has been writing"):
        Decisions(tmp_path, wait_s=0.05).record("s1", "label")
    with pytest.raises(StoreError, match="is no folder: decisions are kept beside a store"):
        Decisions(tmp_path / "nowhere").record("s1", "label")


def decide(folder: Path, name: str) -> None:
    for i in range(20):
        Decisions(folder).record(f"{name}-{i}", "label", decided="sad" * 200)


def test_two_programs_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=decide, args=(tmp_path, name)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    read = Decisions(tmp_path).read()
    assert {d.segment_id for d in read.lines} == {f"{name}-{i}" for name in "ab" for i in range(20)}
    assert read.notes == ()
