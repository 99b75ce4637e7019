"""This side: a build in a process of its own, and all builds of a program."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from emoanalytics.audio.tracks import Failure
from emoanalytics.background.order import BuildOrder
from emoanalytics.errors import LockedStoreError
from emoanalytics.notes import Note
from emoanalytics.pipeline.result import BuildReport

_WORDS_KEPT = 300  # characters of what a process that died had to say


class Stage(StrEnum):
    """What a build is doing."""

    STARTING = "starting"
    READING = "reading"
    LOADING = "loading"
    BUILDING = "building"
    TRAINING = "training"


@dataclass(frozen=True)
class BuildProgress:
    """How far a build has come.

    Attributes:
        stage: what it is doing.
        done: recordings, or folds of the training.
        total: of how many; 0: not known.
        note: the state in a line of English.
        left_s: seconds to go, None while there is nothing to tell them from.
        at_least: they are only a lower bound.
    """

    stage: Stage = Stage.STARTING
    done: int = 0
    total: int = 0
    note: str = ""
    left_s: float | None = None
    at_least: bool = False

    @property
    def share(self) -> float:
        """0..1 of what this stage has to do."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class BuildResult:
    """What came of a build.

    Attributes:
        report: what was done, failures included.
        head: the head the store's scores come from now, or None.
        remarks: on the arithmetic that was chosen, and on a head that was or could not be trained.
    """

    report: BuildReport
    head: str | None
    remarks: tuple[Note, ...]


class BuildRun:
    """One build in a process of its own; any thread may read how far it is.

    The process ends when this one does, however it ends; the store is whole at any moment, and the same order goes on
    where it stopped.

    Attributes:
        order: what is built.
        progress: how far it is.
        result: what came of it, when it is done.
        error: one line on why it failed; None: nothing went wrong.
        stopped: it was told to stop, and has.
    """

    def __init__(self, order: BuildOrder) -> None:
        self.order = order
        self.progress = BuildProgress()
        self.result: BuildResult | None = None
        self.error: str | None = None
        self.stopped = False
        self.stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._listen, name=f"build of {order.store.name}", daemon=True)

    def start(self) -> BuildRun:
        """Begin."""
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the listener)
        root = str(Path(__file__).resolve().parents[2])  # works from a checkout that is not installed
        paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emoanalytics.background"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env=os.environ | {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,  # Ctrl-C is for this process; the other sees its input end
        )
        self._say(json.dumps(self.order.as_json()))
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Tell it to stop at the next recording; what is done stays, and the same order goes on from there."""
        self.stopping = True
        self._say("stop")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end, at most so long; whether it ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _say(self, line: str) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it has ended
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()

    def _listen(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None and process.stdin is not None
        with process.stdout as news:
            for line in news:
                self._take(json.loads(line))
        status = process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        with self._words as words:
            if self.result is None and self.error is None and not self.stopped:
                if self.stopping:
                    self.stopped = True
                else:
                    words.seek(0)
                    self.error = _died(status, words.read())

    def _take(self, news: Mapping[str, Any]) -> None:
        if "stage" in news:
            self.progress = BuildProgress(**{**news, "stage": Stage(news["stage"])})
        elif "report" in news:
            report = dict(news["report"])
            failures = tuple(Failure(**failure) for failure in report.pop("failures"))
            notes = tuple(report.pop("notes"))
            whole = BuildReport(**{**report, "store": Path(report["store"]), "failures": failures, "notes": notes})
            self.result = BuildResult(whole, news["trained"], tuple(Note(**remark) for remark in news["remarks"]))
        elif "error" in news:
            self.error = str(news["error"])
        else:
            self.stopped = True


def _died(status: int, words: bytes) -> str:
    """A line on a process that ended without a word."""
    last = (words.decode("utf-8", "replace").strip().splitlines() or [""])[-1].strip()[:_WORDS_KEPT]
    how = f"was killed (signal {-status})" if status < 0 else f"ended with status {status}"
    return f"the build {how}{f': {last}' if last else ''}: start it again, it goes on where it stopped"


class BuildRuns:
    """The builds of a program, by store: whoever asks sees the same ones.

    >>> BuildRuns().of(Path("nowhere")) is None
    True
    """

    def __init__(self) -> None:
        self._runs: dict[Path, BuildRun] = {}
        self._turn = threading.Lock()

    def start(self, order: BuildOrder) -> BuildRun:
        """Begin a build.

        Raises:
            LockedStoreError: one of the same store is at work.
        """
        with self._turn:
            known = self._runs.get(order.store)
            if known is not None and known.running:
                raise LockedStoreError(f"{order.store} is being built: wait for it, or stop it first")
            self._runs[order.store] = BuildRun(order).start()
            return self._runs[order.store]

    def of(self, store: Path) -> BuildRun | None:
        """The last build of a store."""
        return self._runs.get(store.absolute())

    def all(self) -> list[BuildRun]:
        """Every build, the last one first."""
        return list(reversed(list(self._runs.values())))

    def forget(self, run: BuildRun) -> None:
        """Take one that has ended off the list."""
        with self._turn:
            if not run.running and self._runs.get(run.order.store) is run:
                del self._runs[run.order.store]
