"""A folder of audio: every sound file below it, and what stands beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from emoanalytics.audio.corpus.mapping import Problem, few, printable
from emoanalytics.audio.decode import AUDIO_SUFFIXES
from emoanalytics.notes import Note

# A folder that holds this file is a store.
STORE_FILE = "store.json"
# What Hugging Face calls the manifest of an audio folder.
METADATA_NAMES = frozenset({"metadata.csv", "metadata.jsonl", "metadata.parquet"})


@dataclass(frozen=True)
class Scan:
    """What a folder holds.

    Attributes:
        folder: the folder.
        files: audio files, POSIX paths relative to it, sorted.
        sidecars: audio file -> the RTTM file beside it.
    """

    folder: Path
    files: tuple[str, ...]
    sidecars: dict[str, Path]
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def scan_folder(folder: Path) -> Scan:
    """Every audio file below a folder; hidden files and stores are passed over, links to folders followed once."""
    walk = _Walk(folder)
    while walk.real or walk.linked:
        # Links last: a file keeps its own path, not that of a link.
        walk.enter(walk.real.pop() if walk.real else walk.linked.pop(0))
    stores, nested = few(walk.stores), few(walk.nested)
    notes = []
    if walk.stores:
        notes.append(
            Note(f"passed over {len(walk.stores)} stores: {stores}", f"跳过 {len(walk.stores)} 个库：{stores}")
        )
    if walk.nested:
        count = len(walk.nested)
        notes.append(
            Note(
                f"{count} metadata files in sub-folders are not read ({nested}): open that folder",
                f"子文件夹中的 {count} 个元数据文件未读取（{nested}）：请单独打开该文件夹",
            )
        )
    files = sorted(walk.files)
    return Scan(folder, tuple(files), find_sidecars(folder, files), tuple(notes), tuple(walk.problems))


class _Walk:
    """A walk through folders, each entered once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.real, self.linked = [""], list[str]()  # folders still to enter
        self.files: list[str] = []
        self.stores: list[str] = []
        self.nested: list[str] = []
        self.problems: list[Problem] = []
        above = [parent.stat() for parent in folder.resolve().parents]
        self._seen = {(s.st_dev, s.st_ino) for s in above}  # a link to "/" would bring in the whole machine

    def enter(self, inner: str) -> None:
        try:
            status = (self.folder / inner).stat()
            with os.scandir(self.folder / inner) as entries:
                found = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            self._complain(f"{inner}/", f"the folder cannot be read ({error.strerror or error})")
            return
        if (status.st_dev, status.st_ino) in self._seen:
            self._complain(f"{inner}/", "a link to a folder above it or read already: not followed")
            return
        self._seen.add((status.st_dev, status.st_ino))
        if inner and any(e.name == STORE_FILE for e in found):
            self.stores.append(inner)
            return
        folders: list[str] = []
        for entry in found:
            name = f"{inner}/{entry.name}" if inner else entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    (self.linked if entry.is_symlink() else folders).append(name)
                else:
                    self._meet(name, entry)
            except OSError as error:
                self._complain(name, f"cannot be looked at ({error.strerror or error})")
        self.real += reversed(folders)

    def _meet(self, name: str, entry: os.DirEntry[str]) -> None:
        if name != entry.name and entry.name.lower() in METADATA_NAMES:
            self.nested.append(name)
        if Path(entry.name).suffix.lower() not in AUDIO_SUFFIXES:
            return
        if not entry.is_file():
            self._complain(name, "a link that leads to no file")
        elif not _is_unicode(name):
            self._complain(name, "the name is not valid Unicode: rename the file")
        else:
            self.files.append(name)

    def _complain(self, name: str, reason: str) -> None:
        self.problems.append(Problem(name if _is_unicode(name) else printable(name), None, reason))


def _is_unicode(name: str) -> bool:
    """Whether a name off the disk is text; bytes that are not arrive as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def find_sidecars(folder: Path, files: Iterable[str]) -> dict[str, Path]:
    """The RTTM files that stand beside audio files of the same stem."""
    by_folder: dict[Path, list[str]] = {}
    for file in files:
        by_folder.setdefault((folder / file).parent, []).append(file)
    found: dict[str, Path] = {}
    for parent, inside in by_folder.items():
        names = {p.name.lower(): p.name for p in parent.iterdir() if p.suffix.lower() == ".rttm"}
        if names:
            beside = {f: names.get(Path(f).stem.lower() + ".rttm") for f in inside}
            found |= {f: parent / n for f, n in beside.items() if n is not None}
    return found
