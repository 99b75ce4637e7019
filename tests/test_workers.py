from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emoanalytics.workers import WorkerDiedError, Workers, cores


def slow_square(n: int) -> int:
    time.sleep(0.02 * (n % 3))
    return n * n


def die_on_seven(n: int) -> int:
    if n == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def die_on_sevens(n: int) -> int:
    if n % 10 == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def fail_on_three(n: int) -> int:
    if n == 3:
        raise ValueError("three")
    return n


def die_once(task: tuple[int, str]) -> int:
    n, marker = task
    if n == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


@pytest.mark.parametrize("count", [0, 2])
def test_results_keep_the_order_of_the_tasks(count: int) -> None:
    with Workers(count) as workers:
        assert list(workers.ordered(slow_square, range(20))) == [(n, n * n) for n in range(20)]


def test_tasks_are_drawn_lazily() -> None:
    drawn = []

    def source():
        for n in range(100):
            drawn.append(n)
            yield n

    with Workers(0) as workers:
        results = workers.ordered(abs, source(), ahead=3)
        next(results)
    assert len(drawn) <= 4


def test_a_slow_reader_finds_as_much_done_as_the_room_allows() -> None:
    drawn = []

    def source():
        for n in range(100):
            drawn.append(n)
            yield n

    with Workers(1) as workers:
        results = workers.ordered(slow_square, source(), weigh=lambda n: 10, room=200)
        assert next(results) == (0, 0)
        assert len(drawn) == 20  # 200 bytes under way or waiting, this one among them
        assert next(results) == (1, 1)
        assert len(drawn) == 21
        assert [r for _, r in results] == [n * n for n in range(2, 100)]


def test_tasks_heavier_than_the_room_still_go_on() -> None:
    with Workers(2) as workers:
        assert [r for _, r in workers.ordered(slow_square, range(9), weigh=lambda n: 10**9, room=1)] == [
            n * n for n in range(9)
        ]


def test_a_death_far_ahead_of_the_reader_costs_only_its_task_and_keeps_what_is_done() -> None:
    with Workers(2) as workers:
        results = dict(workers.ordered(die_on_seven, range(60), weigh=lambda n: 1, room=50))
    assert isinstance(results.pop(7), WorkerDiedError)
    assert results == {n: n for n in range(60) if n != 7}


def test_two_tasks_that_kill_are_both_named() -> None:
    with Workers(2) as workers:
        found = list(workers.ordered(die_on_sevens, range(19), weigh=lambda n: 1, room=100))
    assert [task for task, _ in found] == list(range(19))
    assert [task for task, result in found if isinstance(result, WorkerDiedError)] == [7, 17]


def test_an_error_of_a_task_reaches_its_reader() -> None:
    with Workers(2) as workers:
        results = workers.ordered(fail_on_three, range(9))
        assert [next(results) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
        with pytest.raises(ValueError, match="three"):
            next(results)


def test_the_task_that_kills_its_worker_is_named_and_the_rest_goes_on() -> None:
    with Workers(2) as workers:
        results = dict(workers.ordered(die_on_seven, range(12)))
    assert isinstance(results.pop(7), WorkerDiedError)
    assert results == {n: n for n in range(12) if n != 7}


def test_a_task_whose_worker_died_once_is_tried_again(tmp_path: Path) -> None:
    tasks = [(n, str(tmp_path / "died")) for n in range(6)]
    with Workers(2) as workers:
        assert [r for _, r in workers.ordered(die_once, tasks)] == list(range(6))


def test_a_worker_that_dies_while_the_reader_is_busy_costs_only_its_task() -> None:
    found = {}
    with Workers(2) as workers:
        for task, result in workers.ordered(die_on_seven, range(14)):
            time.sleep(0.15)  # the pool breaks meanwhile, and the next task is submitted to a broken one
            found[task] = result
    assert isinstance(found.pop(7), WorkerDiedError)
    assert found == {n: n for n in range(14) if n != 7}


def test_a_worker_that_dies_for_one_reader_spares_the_other() -> None:
    with Workers(2) as workers:
        outer = workers.ordered(slow_square, range(9))
        found = [next(outer)]
        inner = dict(workers.ordered(die_on_seven, range(5, 9)))
        found += list(outer)
    assert found == [(n, n * n) for n in range(9)]
    assert isinstance(inner[7], WorkerDiedError)


def test_workers_use_one_thread_each_and_leave_the_caller_alone() -> None:
    before = dict(os.environ)
    with Workers(1) as workers:
        assert workers.submit(threads, 0).result() == "1"
    assert dict(os.environ) == before
    assert cores() >= 1


def a_long_answer(_: int) -> bytes:
    return bytes(1 << 22)  # more than a pipe holds


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows does not learn that its parent is gone")
def test_workers_leave_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\n"
        "from emoanalytics.workers import Workers\n"
        "from tests.test_workers import a_long_answer, own_number\n"
        "with Workers(1) as workers:\n"
        "    print(workers.submit(own_number, 0).result(), flush=True)\n"
        "    waiting = [workers.submit(a_long_answer, n) for n in range(9)]\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path, check=False
    )
    worker = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while is_there(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_there(worker)


def own_number(_: int) -> int:
    return os.getpid()


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")  # one that has ended may still be listed, if nobody asks how
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
