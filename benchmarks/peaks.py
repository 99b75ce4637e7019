"""The most memory a program has held, its own and that of the programs it started."""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EVERY_S = 0.2


def own_peak_mb() -> int:
    """Of this program. ``ru_maxrss`` would hold the peak of whoever started it, on Linux."""
    if Path("/proc/self/status").exists():
        return _peak_mb(os.getpid())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)


@contextmanager
def children_watched() -> Iterator[dict[int, int]]:
    """The peak of each program this one starts meanwhile, by its process number, in MB. Linux only."""
    peaks: dict[int, int] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY_S):
            for pid in _children(os.getpid()):
                peaks[pid] = max(_peak_mb(pid), peaks.get(pid, 0))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _children(pid: int) -> list[int]:
    try:
        listed = [Path(task, "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has left meanwhile
        return []
    own = [int(child) for line in listed for child in line.split()]
    return [*own, *(below for child in own for below in _children(child))]


def _peak_mb(pid: int) -> int:
    """The high-water mark of a program, which starts anew with the program."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int((status.partition("VmHWM:")[2].split() or ["0"])[0]) >> 10
