"""Text files in the encodings people save them in."""

from __future__ import annotations

from pathlib import Path

from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note


def read_text(path: Path) -> tuple[str, str]:
    """A text file and the encoding it was read in.

    A byte order mark decides; else UTF-8, else GB18030.

    Raises:
        CorpusError: none of the encodings fits, or the file is not text.
    """
    raw = path.read_bytes()
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise CorpusError(f"{path}: not text in UTF-8, UTF-16 (with a byte order mark) or GB18030; save it as UTF-8")


def encoding_notes(encoding: str) -> tuple[Note, ...]:
    """What to say about an encoding; nothing for UTF-8."""
    if encoding == "utf-8-sig":
        return ()
    name = encoding.upper()
    return (Note(f"read as {name}, as it is not UTF-8", f"不是 UTF-8，按 {name} 读取"),)


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, from 1, stripped; the first tab of each is a space."""
    text, _ = read_text(path)
    numbered = enumerate(text.split("\n"), start=1)
    return [(row, line.strip().replace("\t", " ", 1)) for row, line in numbered if line.strip()]
