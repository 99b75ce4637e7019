"""Files and zips as they are dropped, put into a folder: within limits, and never outside it."""

from __future__ import annotations

import lzma
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from emoanalytics import mark_dropped

MOST_FILES = 5_000
MOST_MB = 2_000  # of all files together, unpacked
_MEGABYTE = 1024 * 1024
_BLOCK = 1 << 20
_LONGEST = 200  # bytes of a name, less than any file system allows
_LINK = 0o120000
_DRIVE = re.compile(r"[A-Za-z]:")


class DropError(Exception):
    """Files that are not taken.

    Attributes:
        text: key of the line that says why.
        values: what it tells of.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text, self.values = text, values


@dataclass(frozen=True)
class Dropped:
    """What was dropped, in a temporary folder that goes when nobody holds this any more.

    Attributes:
        folder: all of it.
        corpus: where the files are: the folder, or the only folder in it.
        files: how many there are.
    """

    folder: Path
    corpus: Path
    files: int
    _held: tempfile.TemporaryDirectory[str] = field(repr=False)

    def settle(self, target: Path) -> Path:
        """Move it to where it is to stay; where its corpus is then.

        Args:
            target: a folder that is made; one that is there is passed over for one with a number.
        """
        place, number = target, 1
        while place.exists():
            number += 1
            place = target.with_name(f"{target.name}-{number}")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.folder, place)
        self.remove()
        return place / self.corpus.relative_to(self.folder)

    def remove(self) -> None:
        """Delete it."""
        self._held.cleanup()


def take(given: Iterable[tuple[str, IO[bytes]]]) -> Dropped:
    """Put dropped files into a new folder; zips are unpacked, what they hold keeps its place in folders.

    Args:
        given: name and content of each file.

    Raises:
        DropError: they are too many or too large, a zip is damaged or locked, or a name in it leads elsewhere.
    """
    held = tempfile.TemporaryDirectory(prefix="emoanalytics-")
    folder = Path(held.name) / "dropped"
    folder.mkdir()
    mark_dropped(folder)
    taking = _Taking(folder)
    try:
        for name, content in given:
            if name.lower().endswith(".zip"):
                taking.unpack(name, content)
            else:
                taking.put(name, (_base(name),), content)
    except DropError:
        held.cleanup()
        raise
    except OSError as error:
        held.cleanup()
        raise DropError("drop_disk", reason=error.strerror or str(error)) from error
    if not taking.files:
        held.cleanup()
        raise DropError("drop_empty")
    return Dropped(folder, _innermost(folder), taking.files, held)


class _Taking:
    """Counts while it writes: what a zip says of itself is not believed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = self.written = 0

    def unpack(self, name: str, content: IO[bytes]) -> None:
        try:
            with zipfile.ZipFile(content) as archive:
                for entry in archive.infolist():
                    self._entry(name, archive, entry)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
            raise DropError("drop_damaged", name=name) from error
        except (NotImplementedError, RuntimeError) as error:  # a way of packing Python has not, or a password
            raise DropError("drop_locked", name=name) from error

    def _entry(self, name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        spelled = _spelled(entry).replace("\\", "/")
        parts = tuple(part for part in spelled.split("/") if part not in ("", "."))
        if spelled.startswith("/") or _DRIVE.match(spelled) or ".." in parts or "\0" in spelled:
            raise DropError("drop_unsafe", name=name, inner=spelled)
        if entry.external_attr >> 16 & 0o170000 == _LINK:
            raise DropError("drop_unsafe", name=name, inner=spelled)
        if entry.is_dir() or not parts or _is_hidden(parts):
            return
        with archive.open(entry) as inner:
            self.put(spelled, parts, inner)

    def put(self, name: str, parts: tuple[str, ...], content: IO[bytes]) -> None:
        if not parts[-1] or _is_hidden(parts):
            return
        if any(len(part.encode("utf-8", "surrogateescape")) > _LONGEST for part in parts):
            raise DropError("drop_long_name", name=parts[-1][:60])
        if self.files >= MOST_FILES:
            raise DropError("drop_many", count=f"{MOST_FILES:,}")
        place = self.folder.joinpath(*parts)
        if place.exists():
            raise DropError("drop_twice", name=name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:  # a zip with a file and a folder of one name
            raise DropError("drop_twice", name=name) from error
        with place.open("xb") as file:
            while block := content.read(_BLOCK):
                self.written += len(block)
                if self.written > MOST_MB * _MEGABYTE:
                    raise DropError("drop_large", size=f"{MOST_MB:,}")
                file.write(block)
        self.files += 1


def _base(name: str) -> str:
    """The name alone, whichever machine it came from."""
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")


def _is_hidden(parts: tuple[str, ...]) -> bool:
    """What systems leave beside files (.DS_Store, __MACOSX), and our own mark."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _spelled(entry: zipfile.ZipInfo) -> str:
    """The name of an entry; one that does not say it is Unicode was mostly written as UTF-8, or in Chinese Windows."""
    if entry.flag_bits & 0x800:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _innermost(folder: Path) -> Path:
    """Many zips hold one folder that holds everything."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return _innermost(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder
