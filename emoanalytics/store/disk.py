"""Files that are either wholly there or not at all: write beside, fsync, rename, fsync the folder."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emoanalytics.errors import DamagedStoreError, StoreError

TEMPORARY = ".tmp"  # behind the name of a file that is being written; one writer at a time, so the name is free
_FULL = {errno.ENOSPC, errno.EDQUOT}


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """Put a file in place in one step.

    Args:
        path: the file to make or replace.
        write: fills the temporary path it is given.

    Raises:
        StoreError: the disk is full or not writable; what was at ``path`` is untouched and the temporary file is gone.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _fsync(temporary)
        os.replace(temporary, path)  # noqa: PTH105 (one seam for every rename: the tests cut here)
        _fsync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise explained(error, path) from error


def write_json(path: Path, content: Any) -> None:
    """Put a JSON document in place in one step (UTF-8, two spaces, keys as given)."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Put bytes in place in one step."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomic(path, write)


def read_json(path: Path, advice: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DamagedStoreError: it is missing or not a JSON object; ``advice`` says what to do.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DamagedStoreError(f"{path} is missing: {advice}") from None
    except (OSError, ValueError) as error:
        raise DamagedStoreError(f"{path} cannot be read ({_first_line(error)}): {advice}") from error
    if not isinstance(content, dict):
        raise DamagedStoreError(f"{path} does not hold a JSON object: {advice}")
    return content


def _fsync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # pragma: no cover - a folder cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows flushes only what may be written
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def explained(error: OSError, path: Path) -> StoreError:
    """What a failed write means for the user."""
    if error.errno in _FULL:
        return StoreError(
            f"no space left on the disk of {path.parent} (writing {path.name}): "
            "free some and run the same command again; nothing is lost"
        )
    reason = error.strerror or _first_line(error)
    return StoreError(f"cannot write {path} ({reason}): it is as it was, try again when it can be written")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
