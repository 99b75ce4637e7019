"""Fetching a published model: downloaded beside its place, checked, then moved there whole."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emoanalytics.embed.models.checkpoint import EXTRA, NEEDED
from emoanalytics.embed.models.published import (
    FILES,
    MODELS,
    Fetched,
    Hub,
    PublishedModel,
    model_folder,
    parse_hub,
    published_name,
    sha256,
)
from emoanalytics.errors import EmoAnalyticsError, EncoderError, MissingExtraError

Progress = Callable[[int, int, str], None]
_POLL_S = 0.2
# Names of exceptions of the clients and of what is under them, as versions differ in which they raise.
_UNREACHABLE = re.compile(
    "Connect|Timeout|Network|Proxy|SSL|NameResolution|MaxRetry|gaierror|Offline|LocalEntryNotFound|RemoteProtocol"
)
_NOT_THERE = re.compile("NotFoundError|NotExist|HTTPError.*404")


class _NotThere(EncoderError):
    """The hub answers, and has no such repository or revision."""


def fetch(
    name: str,
    hub: str = "modelscope",
    revision: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download a published model, once: a sound copy that is already there is kept.

    Only the four files the encoder needs are taken. They arrive in a hidden folder beside the
    final one (an interrupted download goes on where it stopped) and are moved there when all are
    whole, so a partial model never looks complete. Prints nothing; ``Fetched.read(folder)`` gives
    the record, with the licence and attribution to show.

    Args:
        name: a published name, e.g. ``emotion2vec_plus_large``.
        hub: ``modelscope`` or ``huggingface``.
        revision: tag, branch or commit; the pinned one by default.
        folder: where to put it; below the cache folder by default.
        progress: called with (bytes so far, bytes in all, what).

    Returns:
        The model's folder.

    Raises:
        EncoderError: unknown name, no network, no such revision, no space, or damaged files.
        MissingExtraError: the hub's client is not installed.
    """
    known = published_name(name)
    if known is None:
        raise EncoderError(f"no published model {name!r}: {', '.join(MODELS)}")
    model, site = MODELS[known], parse_hub(hub)
    asked = revision or model.revision(site)
    target = (folder or model_folder(known)).expanduser().absolute()
    part = target.with_name(f".{target.name}.{site}-{re.sub(r'[^A-Za-z0-9.]', '_', asked)}.part")
    from filelock import FileLock, Timeout

    try:
        if _is_there(target, site, asked):
            return target
        part.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=0):
            resolved, given = _download(model, site, asked, part, progress, pinned=revision is None)
            _check(part, given)
            record = Fetched(
                name=known,
                hub=site,
                id=model.id(site),
                revision_asked=asked,
                revision=resolved,
                sha256={file: sha256(part / file) for file in FILES if (part / file).is_file()},
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            _settle(part, target, record)
    except Timeout as error:
        raise EncoderError(f"another process is fetching {known} into {target}: wait for it, then try again") from error
    except OSError as error:
        raise EncoderError(f"cannot write {target}: {error.strerror or error}") from error
    return target


def _is_there(target: Path, hub: Hub, asked: str) -> bool:
    """A sound copy from this hub at this revision; a folder that is something else is not overwritten."""
    if not target.exists() or not any(target.iterdir()):
        return False
    record = Fetched.read(target)
    if record is None:
        raise EncoderError(f"{target} is not empty and holds no fetched model: name another folder or empty it")
    if record.hub != hub or asked not in (record.revision_asked, record.revision):
        return False
    return all((target / f).is_file() and sha256(target / f) == digest for f, digest in record.sha256.items())


def _download(
    model: PublishedModel, hub: Hub, asked: str, part: Path, progress: Progress | None, *, pinned: bool
) -> tuple[str, dict[str, str]]:
    """Runs the client; the revision the files are of and the digests the hub gives."""
    try:
        return _run_client(model, hub, asked, part, progress)
    except _NotThere:
        # Our pin, not the user's wish: a hub that no longer has the tag still has the branch. The
        # record says which was taken, and the fingerprint is of the weights, not of the tag.
        if not pinned or hub is not Hub.MODELSCOPE or asked == "master":
            raise
        return _run_client(model, hub, "master", part, progress)


def _run_client(
    model: PublishedModel, hub: Hub, asked: str, part: Path, progress: Progress | None
) -> tuple[str, dict[str, str]]:
    child = _start_client(hub, model.id(hub), asked, part)
    messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
    reader = threading.Thread(target=_read_messages, args=(child, messages), daemon=True)
    reader.start()
    total, answer = 0, None
    try:
        while True:
            try:
                message = messages.get(timeout=_POLL_S)
            except queue.Empty:
                message = {}
            if message is None:
                break
            if "total" in message:
                total = int(message["total"])
                _check_space(part, total)
            elif message:
                answer = message
            if progress and total:
                progress(min(_size(part), total), total, model.name)
    finally:
        if child.poll() is None and answer is None:
            child.kill()
        child.wait()
        reader.join()
    if answer is None:
        raise EncoderError(
            f"the download of {model.name} stopped (exit status {child.returncode}): try again, it resumes"
        )
    if "failed" in answer:
        raise _explain(model, hub, asked, answer)
    if progress and total:
        progress(total, total, model.name)
    return str(answer["revision"]), dict(answer["digests"])


def _start_client(hub: Hub, repository: str, asked: str, part: Path) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[3])  # works from a checkout that is not installed
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "emoanalytics.embed.models.hubs", hub, repository, asked, str(part), *FILES],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8"},
    )


def _read_messages(child: subprocess.Popen[bytes], messages: queue.Queue[dict[str, Any] | None]) -> None:
    if child.stdout is not None:
        with child.stdout as lines:
            for line in lines:
                messages.put(json.loads(line))
    messages.put(None)


def _explain(model: PublishedModel, hub: Hub, asked: str, answer: Mapping[str, Any]) -> EmoAnalyticsError:
    names, detail = " ".join(answer["failed"]), str(answer["detail"])
    other = f"the other hub (emoanalytics model fetch {model.name} --hub {hub.other})"
    if re.search("ModuleNotFoundError|ImportError", names):
        return MissingExtraError(f"{EXTRA} ({detail})")
    if "No space left" in detail:
        return EncoderError(f"no space left on the device while fetching {model.name}: free some, then try again")
    if _NOT_THERE.search(f"{names} {detail}") and not re.search("LocalEntryNotFound|Offline", names):
        return _NotThere(f"{hub.host} has no {model.id(hub)} at revision {asked!r}: try another --revision, or {other}")
    if _UNREACHABLE.search(names):
        return EncoderError(
            f"cannot reach {hub.host} ({detail[:120]}): check the network, try {other}, "
            "or pass a folder that holds the model: --encoder FOLDER"
        )
    return EncoderError(
        f"{hub.host} did not give {model.name} ({names.split()[0]}: {detail[:160]}): try again, or {other}"
    )


def _check_space(part: Path, total: int) -> None:
    needed, free = total - _size(part), shutil.disk_usage(part).free
    if needed > free:
        raise EncoderError(
            f"the model needs {needed / 1e9:.1f} GB more in {part.parent}, but only {free / 1e9:.1f} GB are free"
        )


def _size(folder: Path) -> int:
    """Bytes below a folder; files come and go while the client works."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _check(part: Path, given: Mapping[str, str]) -> None:
    """Every needed file has arrived, and is what the hub says it is.

    A damaged one is deleted, so that the next try takes it again.
    """
    for file in NEEDED:
        path = part / file
        if not path.is_file() or path.stat().st_size == 0:
            raise EncoderError(
                f"the hub's repository gave no {file}: it is no Emotion2Vec+ model, or the revision is another"
            )
    damaged = [f for f, digest in given.items() if (part / f).is_file() and _digest(part / f, len(digest)) != digest]
    for file in damaged:
        (part / file).unlink()
    if damaged:
        raise EncoderError(f"{', '.join(damaged)} arrived damaged (not what the hub lists): fetch again")


def _digest(path: Path, digits: int) -> str:
    """The SHA-256 of a file, or where the hub gives 40 digits its git blob id."""
    if digits == 64:
        return sha256(path)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _settle(part: Path, target: Path, record: Fetched) -> None:
    """Clears the client's own bookkeeping away and moves the model to its place in one step."""
    for entry in part.iterdir():
        if entry.name not in FILES:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    record.write(part)
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)
