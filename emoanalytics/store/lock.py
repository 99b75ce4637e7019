"""One writer at a time: an OS lock that dies with its holder, and a note beside it that says who holds it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from emoanalytics.errors import LockedStoreError, StoreError

LOCK_FILE = ".lock"
HOLDER_FILE = ".lock.json"


class WriteLock:
    """The right to write to a store; a context manager that never waits.

    The operating system frees the lock when its holder ends, however it ends.

    Args:
        folder: the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK_FILE, timeout=0)

    def __enter__(self) -> WriteLock:
        """Take the lock.

        Raises:
            LockedStoreError: another process or thread holds it; the message says who.
            StoreError: the folder cannot be written to.
        """
        try:
            self._lock.acquire()
        except Timeout:
            raise LockedStoreError(
                f"another build is writing to {self._folder}{_holder(self._folder)}: "
                "wait for it or choose another --store"
            ) from None
        except OSError as error:
            raise StoreError(f"cannot write to {self._folder} ({error.strerror or error})") from error
        note = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            "command": " ".join(sys.argv),
        }
        with contextlib.suppress(OSError):  # the note only makes the other one's message better
            (self._folder / HOLDER_FILE).write_text(json.dumps(note), encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            (self._folder / HOLDER_FILE).unlink()
        self._lock.release()


def _holder(folder: Path) -> str:
    """`` (pid 123 on host, since 12:03:11)``, or nothing while the note is not written yet."""
    try:
        note = json.loads((folder / HOLDER_FILE).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(note["since"])
        return f" (pid {note['pid']} on {note['host']}, since {since:%H:%M:%S})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
