"""What is computed from a store and kept beside it: keyed by what it was made from, safe to delete."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.disk import TEMPORARY, explained
from emoanalytics.store.schema import DERIVED_FOLDER

RECORD_FILE = "record.json"
_LOCK = ".lock"  # beside what is being written, held by who writes it
_DIGESTED = 64 << 20  # files up to this size are checked byte by byte when they are found, larger ones by their size


@dataclass(frozen=True)
class Derivation:
    """One thing kept under ``derived/``.

    Attributes:
        folder: where its files are.
        record: what it was made from and how, plain values.
    """

    folder: Path
    record: Mapping[str, Any]

    def array(self, name: str) -> np.ndarray:
        """An array of it, memory-mapped and read-only.

        Raises:
            DamagedStoreError: it is missing or cannot be read.
        """
        path = self.folder / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # an empty array cannot be mapped
            pass
        except OSError as error:
            raise DamagedStoreError(f"{path} cannot be read ({error.strerror or error})") from error
        try:
            array: np.ndarray = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DamagedStoreError(f"{path} cannot be read ({error})") from error
        array.flags.writeable = False
        return array


class Derived:
    """The ``derived/`` folder of a store.

    Args:
        store: the store's folder.
    """

    def __init__(self, store: Path) -> None:
        self.folder = store / DERIVED_FOLDER

    def find(self, kind: str, key: str) -> Derivation | None:
        """What is kept under a key; None: nothing.

        Raises:
            DamagedStoreError: it is there, but not whole.
        """
        folder = self.folder / kind / key
        if not folder.is_dir():
            return None
        try:
            record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
            files = record.pop("files")
            for name, (size, digest) in files.items():
                path = folder / name
                if path.stat().st_size != size or (digest is not None and _digest(path) != digest):
                    raise ValueError(f"{name} is not what was written")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = error.strerror if isinstance(error, OSError) else error
            raise DamagedStoreError(f"{folder} is damaged ({what})") from error
        return Derivation(folder, record)

    def keys(self, kind: str) -> list[str]:
        """The keys something of this kind is kept under, oldest first."""
        folders = [p for p in (self.folder / kind).glob("*") if (p / RECORD_FILE).is_file() and p.suffix != TEMPORARY]
        return [p.name for p in sorted(folders, key=lambda p: ((p / RECORD_FILE).stat().st_mtime_ns, p.name))]

    def keep(
        self,
        kind: str,
        key: str,
        record: Mapping[str, Any],
        fill: Callable[[Path], None],
        *,
        instead_of: str | None = None,
        whole: bool = False,
    ) -> Derivation:
        """Put something in place in one step: another process sees all of it or none.

        Args:
            kind: e.g. ``graph``: the folder below ``derived/``.
            key: names what it was made from.
            record: plain values kept as ``record.json``.
            fill: writes the files into the folder it is given.
            instead_of: remove what is kept under other keys that start so; None: remove nothing.
            whole: check files of any size byte by byte when they are found.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        target = self.folder / kind / key
        beside = target.with_name(f".{key}-{uuid.uuid4().hex[:8]}{TEMPORARY}")
        lock = FileLock(beside.with_suffix(_LOCK), timeout=0)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _clear_abandoned(target.parent)
            lock.acquire()
            beside.mkdir()
            fill(beside)
            files = {p.name: (p.stat().st_size, _digested(p, whole)) for p in sorted(beside.iterdir())}
            text = json.dumps({**record, "files": files}, ensure_ascii=False, indent=1, allow_nan=False)
            (beside / RECORD_FILE).write_text(text + "\n", encoding="utf-8")
            if target.exists():
                if self._already(kind, key, record):
                    return Derivation(target, dict(record))
                self.forget(kind, key)
            with contextlib.suppress(FileExistsError):  # another process was faster: the same key, the same content
                os.replace(beside, target)  # noqa: PTH105
        except OSError as error:
            if not target.exists():
                raise explained(error, target) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            _let_go(lock)
        if instead_of is not None:
            for other in self.keys(kind):
                if other != key and other.startswith(instead_of):
                    self.forget(kind, other)
        found = self.find(kind, key)
        if found is None:  # pragma: no cover - removed by another process in this moment
            raise StoreError(f"{target} was removed while it was made: run the same command again")
        return found

    def _already(self, kind: str, key: str, record: Mapping[str, Any]) -> bool:
        """Whether another process was faster and made the same: to replace it would take it from under that one."""
        try:
            found = self.find(kind, key)
        except DamagedStoreError:
            return False
        return found is not None and found.record == json.loads(json.dumps(dict(record)))

    def forget(self, kind: str, key: str) -> None:
        """Remove what is kept under a key, if anything."""
        folder = self.folder / kind / key
        aside = folder.with_name(f".{key}-{uuid.uuid4().hex[:8]}{TEMPORARY}")
        with contextlib.suppress(OSError):  # gone already, or open in another process on Windows
            folder.rename(aside)  # gone in one step for everyone who looks
        shutil.rmtree(aside, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _digested(path: Path, whole: bool) -> str | None:
    return _digest(path) if whole or path.stat().st_size <= _DIGESTED else None


def _clear_abandoned(folder: Path) -> None:
    """Remove what processes that were killed left half written: nobody holds its lock."""
    for path in folder.glob(f".*{TEMPORARY}"):
        lock = FileLock(path.with_suffix(_LOCK), timeout=0)
        with contextlib.suppress(Timeout, OSError):
            lock.acquire()
            shutil.rmtree(path, ignore_errors=True)
            _let_go(lock)


def _let_go(lock: FileLock) -> None:
    if lock.is_locked:
        lock.release()
        with contextlib.suppress(OSError):
            Path(lock.lock_file).unlink()
