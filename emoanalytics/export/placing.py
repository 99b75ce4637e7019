"""Where an export goes: never into the store, never over what is there unasked, wholly or not at all."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emoanalytics.errors import StoreError
from emoanalytics.store.disk import explained, write_atomic

MARK = ".emoanalytics-export.json"  # in a folder that an export made, and that another may therefore replace


def check_free(target: Path, store: Path, *, folder: bool, replace: bool) -> None:
    """Refuse a target that is in the store, or that holds something already.

    Raises:
        StoreError: it is, or it does; the line says what to do.
    """
    refuse_inside(target, store)
    if folder:
        _check_folder(target, replace)
    elif target.is_dir():
        raise StoreError(f"{target} is a folder: name a file in it")
    elif target.exists() and not replace:
        raise StoreError(f"{target} is there already: add --replace, or name another file")


def refuse_inside(target: Path, store: Path) -> None:
    """Refuse a path in the store.

    Raises:
        StoreError: it is.
    """
    inner, outer = target.resolve(), store.resolve()
    if inner == outer or outer in inner.parents:
        raise StoreError(f"{target} lies in the store {store}: an export goes elsewhere")


def _check_folder(target: Path, replace: bool) -> None:
    if target.exists() and not target.is_dir():
        raise StoreError(f"{target} is a file: name a folder that does not exist yet")
    if not target.is_dir() or not any(target.iterdir()):
        return
    if not (target / MARK).is_file():
        raise StoreError(f"{target} holds other files: name a folder that is empty or does not exist yet")
    if not replace:
        raise StoreError(f"{target} holds an export already: add --replace, or name another folder")


def put_file(target: Path, write: Callable[[Path], None]) -> None:
    """Put a file in place in one step; where ``write`` fails, nothing is left of it."""

    def clean(temporary: Path) -> None:
        try:
            write(temporary)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    write_atomic(target, clean)


@contextmanager
def new_folder(target: Path, mark: Mapping[str, Any]) -> Iterator[Path]:
    """A folder to fill, which is put in place when the block ends well, instead of an earlier export.

    Args:
        target: checked by ``check_free``.
        mark: what the file that marks it as an export says.

    Raises:
        StoreError: the disk is full or not writable.
    """
    made = target.parent / f".{target.name}-{uuid.uuid4().hex[:8]}.tmp"
    try:
        made.mkdir(parents=True)
        yield made
        (made / MARK).write_text(json.dumps(dict(mark), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        _swap(made, target)
    except OSError as error:
        raise explained(error, target) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _swap(made: Path, target: Path) -> None:
    if not target.exists():
        made.rename(target)
        return
    old = made.with_name(f"{made.name}.old")
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)
