"""What a build would read: to be looked at before anything runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emoanalytics.audio.corpus import Corpus, Problem
from emoanalytics.audio.decode import probe
from emoanalytics.errors import AudioError
from emoanalytics.labels import Language

_MOST_PROBED = 2_000  # files
_PROBING_S = 2.0


@dataclass(frozen=True)
class Preview:
    """A corpus in counts and words.

    Attributes:
        corpus: its folder.
        files: sound files.
        rows: segments, or whole files.
        given_segments: rows that give a segment of a file.
        speakers: distinct speakers (0: none named).
        sessions: distinct pairs of speaker and session.
        labels: rows of each given label, the most frequent first.
        size_bytes: of the files that are there.
        hours: of all files, as their headers say; None where that is not known, or would take long to find out.
        described: how it was read, line by line, in English and in Chinese.
        problems: what cannot be used.
    """

    corpus: Path
    files: int
    rows: int
    given_segments: int
    speakers: int
    sessions: int
    labels: dict[str, int]
    size_bytes: int
    hours: float | None
    described: dict[Language, tuple[str, ...]]
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "corpus": str(self.corpus)}


def preview(corpus: Corpus, *, patience_s: float = _PROBING_S) -> Preview:
    """Look at a corpus, without its audio.

    Args:
        corpus: the corpus.
        patience_s: how long the headers of its files may be read; then the hours stay unknown.
    """
    table = corpus.table
    paths = [corpus.root / file for file in dict.fromkeys(table["file"])]
    named = table.loc[table["session"].notna(), ["speaker", "session"]]
    return Preview(
        corpus=corpus.root,
        files=len(paths),
        rows=len(table),
        given_segments=int(table["start_s"].notna().sum()),
        speakers=int(table["speaker"].nunique()),
        sessions=len(named.drop_duplicates()),
        labels={str(k): int(v) for k, v in table["emotion_given"].dropna().value_counts().items()},
        size_bytes=sum(_size(path) for path in paths),
        hours=_hours(paths, patience_s) if len(paths) <= _MOST_PROBED else None,
        described={language: tuple(corpus.describe(language).splitlines()) for language in Language},
        problems=corpus.problems,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _hours(paths: Iterable[Path], patience_s: float) -> float | None:
    """The length of all files by their headers; None where one does not say, or when patience ends."""
    until, seconds = time.monotonic() + patience_s, 0.0
    for path in paths:
        try:
            length = probe(path).header_s
        except (AudioError, OSError):
            continue  # the build lists it
        if length is None or time.monotonic() > until:
            return None
        seconds += length
    return seconds / 3600
