"""The other side: the process that builds. Started by `run.BuildRun`, with an order on its standard input."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO

from emoanalytics.background.order import BuildOrder
from emoanalytics.build import build
from emoanalytics.embed.encoder import Precision
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import CorpusError, EmoAnalyticsError
from emoanalytics.notes import Note
from emoanalytics.pipeline.outlook import Outlook
from emoanalytics.pipeline.precision import settled
from emoanalytics.pipeline.result import BuildReport
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head

_EVERY_S = 0.2  # between two lines of progress
_GRACE_S = 15.0  # a build that was told to stop and does not come to a place where it can is ended
_NICE = 5  # so that whoever listens meanwhile is served first

Say = Callable[[dict[str, Any]], None]


class StoppedError(Exception):
    """The build was told to stop."""


class Leash:
    """Listens for a word to stop; the end of the input, as when the other side dies, is one."""

    def __init__(self, words: BinaryIO, end: Callable[[int], object] = os._exit, grace_s: float = _GRACE_S) -> None:
        self._words, self._end, self._grace_s = words, end, grace_s
        self._told = threading.Event()
        self._done = threading.Event()
        threading.Thread(target=self._listen, name="leash", daemon=True).start()

    def _listen(self) -> None:
        self._words.readline()
        self._told.set()
        if not self._done.wait(self._grace_s):
            self._end(1)  # the store is whole at any moment, and the next build clears what is left lying about

    def check(self) -> None:
        """Raise if told to stop."""
        if self._told.is_set():
            raise StoppedError

    def release(self) -> None:
        """The work is over."""
        self._done.set()


def work(order: BuildOrder, say: Say, check: Callable[[], None]) -> None:
    """Do what an order says.

    Args:
        order: the order.
        say: takes news, as plain values.
        check: raises where the work is to end before its time.

    Raises:
        EmoAnalyticsError: it cannot be done.
    """
    say({"stage": "reading"})
    corpus = order.open_corpus()
    check()
    say({"stage": "loading"})
    loaded = load_encoder(order.encoder)
    check()
    chosen = settled(loaded, Precision.AUTO, corpus, order.store)
    outlook, last, kept = Outlook(), 0.0, False

    def tell(done: int, total: int, note: str) -> None:
        nonlocal last, kept
        if not kept:  # the store is there now
            order.keep()
            kept = True
        check()
        if time.monotonic() - last >= _EVERY_S or done == total:
            last = time.monotonic()
            left = outlook.left() if done < total else None
            say(
                {
                    "stage": "building", "done": done, "total": total, "note": note,
                    "left_s": None if left is None else left[0], "at_least": left is not None and left[1],
                }
            )  # fmt: skip

    report = build(
        corpus, order.store, chosen.encoder, order.settings, precision=chosen.as_json(), progress=tell, outlook=outlook
    )
    remarks = [Note(chosen.note, chosen.note)] if chosen.note else []
    trained = _train(order, say, check, remarks)
    order.forget()
    if order.discard:
        _discard(order)
    say({"report": _plain(report), "trained": trained, "remarks": [asdict(remark) for remark in remarks]})


def _train(order: BuildOrder, say: Say, check: Callable[[], None], remarks: list[Note]) -> str | None:
    """The head that is in use afterwards where one was to be trained; why there is none is a remark."""
    store = EmotionStore.open(order.store)
    if not order.train or store.info.head is not None:
        return store.info.head

    def tell(done: int, total: int, note: str) -> None:
        check()
        say({"stage": "training", "done": done, "total": total, "note": note})

    try:
        say({"stage": "training"})
        report = train_head(store, progress=tell)
    except EmoAnalyticsError as error:
        remarks.append(Note(str(error), str(error)))
        return None
    remarks.extend(report.notes)
    return EmotionStore.open(order.store).info.head


def _discard(order: BuildOrder) -> None:
    folder = order.dropped
    if folder is None:
        raise CorpusError(f"{order.corpus} was not made for dropped files: it is not deleted")
    shutil.rmtree(folder, ignore_errors=True)


def _plain(report: BuildReport) -> dict[str, Any]:
    return {**asdict(report), "store": str(report.store)}


def main() -> int:
    """Serve one order; the exit status."""
    # News goes where standard output led; whatever else is printed, by packages too, goes to standard error.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as news:
        os.dup2(2, 1)

        def say(what: dict[str, Any]) -> None:
            with contextlib.suppress(BrokenPipeError):  # nobody listens any more: the leash ends this
                news.write(json.dumps(what, ensure_ascii=True, allow_nan=False) + "\n")
                news.flush()

        if hasattr(os, "nice"):
            os.nice(_NICE)
        given = sys.stdin.buffer.readline()
        leash = Leash(sys.stdin.buffer)
        try:
            work(BuildOrder.from_json(json.loads(given)), say, leash.check)
        except StoppedError:
            say({"stopped": True})
        except EmoAnalyticsError as error:
            say({"error": str(error)})
        except MemoryError:
            say({"error": "not enough memory: close other programs and start the build again, it goes on"})
        except OSError as error:
            say({"error": f"the build met an error of the system ({error}): start it again, it goes on"})
        finally:
            leash.release()
    return 0
