"""Where the audio is that a manifest names: paths, addresses and stems looked up on the disk."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from emoanalytics.audio.corpus.folders import Scan, scan_folder
from emoanalytics.audio.corpus.manifests import Sheet
from emoanalytics.audio.corpus.mapping import Kind
from emoanalytics.notes import Note

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


def find_files(sheet: Sheet, names: Sequence[str], base: Path) -> dict[str, tuple[str | None, str]]:
    """Name -> the absolute path of its file (None: not there), and why it is not there.

    The names of RTTM are stems of files anywhere below the folder; all others are paths.
    """
    if sheet.kind is not Kind.RTTM:
        disk = Disk(base)
        return {n: disk.find(n) for n in names}
    stems: dict[str, list[str]] = {}
    for file in scan_folder(base).files:
        stems.setdefault(Path(file).stem, []).append(file)
        stems.setdefault(Path(file).name, []).append(file)
    places: dict[str, tuple[str | None, str]] = {}
    for name in names:
        hits = stems.get(name, [])
        why = f"no audio file has the stem {name!r}" if not hits else f"{len(hits)} audio files have the stem {name!r}"
        places[name] = (str(base / hits[0]), "") if len(hits) == 1 else (None, why)
    return places


class Disk:
    """Looks names up below a folder, reading each folder once instead of asking for each file."""

    def __init__(self, base: Path) -> None:
        self.base = str(base)
        self._folders: dict[str, dict[str, str] | None] = {}

    def find(self, name: str) -> tuple[str | None, str]:
        """The absolute path of a file as a manifest names it (None: not there), and why it is not there."""
        if _SCHEME.match(name):
            scheme = urlsplit(name).scheme.lower()
            if scheme != "file":
                return None, f"a web address ({scheme}), not a file on this machine: fetch it first"
            name = url2pathname(urlsplit(name).path)
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            path = self._look(os.path.normpath(Path(self.base, spelling)))
            if path is not None:
                return path, ""
        return None, f"no such file: {name}"

    def _look(self, path: str) -> str | None:
        folder, name = os.path.split(path)
        listed = self._listed(folder)
        if listed is None:  # a folder may be passed through without being listed
            return path if _is_file(Path(path)) else None
        # Composed and decomposed letters look alike; file systems keep either.
        real = listed.get(name) or listed.get(unicodedata.normalize("NFC", name))
        return f"{folder.rstrip(os.sep)}{os.sep}{real}" if real else None

    def _listed(self, folder: str) -> dict[str, str] | None:
        if folder not in self._folders:
            try:
                with os.scandir(folder) as entries:
                    names = [e.name for e in entries if _is_file(e)]
                composed = {unicodedata.normalize("NFC", n): n for n in names}
                self._folders[folder] = {**composed, **{n: n for n in names}}
            except OSError:
                self._folders[folder] = None
        return self._folders[folder]


def _is_file(entry: os.DirEntry[str] | Path) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def relative(path: str, base: Path) -> str:
    """POSIX, relative to a folder where below it, else absolute."""
    prefix = str(base).rstrip(os.sep) + os.sep
    below = path.removeprefix(prefix) if path.startswith(prefix) else path
    return below.replace(os.sep, "/")


def place_notes(names: np.ndarray, files: np.ndarray, scan: Scan | None) -> list[Note]:
    """What to say about the files found under their names, and about those of the folder that have none."""
    notes = []
    spelled = {n for n, f in zip(names, files, strict=True) if f != n and unicodedata.normalize("NFC", n) == f}
    spelled |= {n for n, f in zip(names, files, strict=True) if f != n and unicodedata.normalize("NFC", f) == n}
    if spelled:
        notes.append(
            Note(
                f"{len(spelled)} names differ from the disk's only in how accents are composed: matched",
                f"{len(spelled)} 个文件名与磁盘上的仅在重音组合方式上不同：已匹配",
            )
        )
    outside = len({f for f in files if Path(f).is_absolute()})
    if outside:
        notes.append(Note(f"{outside} files lie outside the corpus folder", f"{outside} 个文件位于语料文件夹之外"))
    if scan is not None:
        unnamed = len(set(scan.files) - set(files))
        if unnamed:
            notes.append(
                Note(
                    f"{unnamed} audio files in the folder are not named by the manifest: not used",
                    f"文件夹中有 {unnamed} 个音频文件未被清单提及：不使用",
                )
            )
    return notes
