"""The plan of a build: which recordings must be read, in which steps, and which are as they were."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emoanalytics.audio.corpus import Recording
from emoanalytics.audio.segments import CutMode, Segment
from emoanalytics.store.writer import StoreWriter

# Recordings a step holds at least, and steps a corpus has at most: a killed build loses one step.
_SMALLEST_STEP = 64
_MOST_STEPS = 256


@dataclass(frozen=True)
class Plan:
    """What a build has to do.

    Attributes:
        steps: recordings to read; the rows of one step are written together.
        unchanged: recordings whose segments stand in the store and whose files are as they were.
    """

    steps: tuple[tuple[Recording, ...], ...]
    unchanged: tuple[Recording, ...]


def corpus_name(root: Path, store: Path) -> str:
    """How a store names a corpus folder: relative to the store where both lie below one folder, else absolute.

    A relative name survives when both are moved or shared together, and does not say whose machine it was.

    >>> corpus_name(Path("/data/calls"), Path("/data/stores/calls"))
    '../../calls'
    """
    try:
        common = Path(os.path.commonpath([root, store]))
    except ValueError:  # two drives
        return root.as_posix()
    return root.as_posix() if common == Path(common.anchor) else Path(os.path.relpath(root, store)).as_posix()


def follow_move(recordings: Sequence[Recording], name: str, store: Path, writer: StoreWriter) -> str | None:
    """Take the rows of a corpus along when its folder has moved; returns the note to show, or None.

    It has moved when its old folder is gone and most of its files stand here under the same names and sizes.
    """
    paths = {r.file: r.path for r in recordings}
    sizes: dict[str, dict[str, int]] = {}
    for row in writer.recordings.to_pylist():
        sizes.setdefault(row["corpus"], {})[row["file"]] = row["size_bytes"]
    for old, known in sizes.items():
        here = [file for file in known if file in paths]
        if old == name or (store / old).exists() or 2 * len(here) <= len(known) or sizes.get(name):
            continue
        if all((stamp := _stamp(paths[file])) and stamp[0] == known[file] for file in here):
            writer.move_corpus(old, name)
            return f"the corpus has moved here from {old}: its rows came along"
    return None


def make_plan(
    recordings: Sequence[Recording], name: str, writer: StoreWriter, mode: CutMode, *, verify: bool = False
) -> Plan:
    """Compare a corpus with the store it goes into.

    A file is as it was when its size and time are those noted at its last reading, for every channel,
    and the manifest gives the segments that the store has. Size and time are a hint that saves decoding;
    what identifies a row is its content.

    Args:
        recordings: every recording of the corpus, in order.
        name: how the store names the corpus.
        writer: the open store.
        mode: how recordings are cut.
        verify: trust no size and time: read everything.
    """
    changed = {r.file for r in recordings}
    if not verify:
        changed -= _unchanged_files(recordings, writer, name, mode)
    steps = (tuple(r for r in step if r.file in changed) for step in _steps(recordings))
    return Plan(tuple(filter(None, steps)), tuple(r for r in recordings if r.file not in changed))


def _steps(recordings: Sequence[Recording]) -> Iterator[list[Recording]]:
    """The recordings in steps; the channels of one file stay together.

    A step's size follows the whole corpus, not what is left of it: a resumed build then writes the
    same parts as an undisturbed one.
    """
    size = max(_SMALLEST_STEP, -(-len(recordings) // _MOST_STEPS))
    step: list[Recording] = []
    for recording in recordings:
        if len(step) >= size and step[-1].file != recording.file:
            yield step
            step = []
        step.append(recording)
    if step:
        yield step


def _unchanged_files(recordings: Sequence[Recording], writer: StoreWriter, root: str, mode: CutMode) -> set[str]:
    stamps: dict[str, dict[str, tuple[int, int]]] = {}
    lengths: dict[tuple[str, str], float] = {}
    for row in writer.recordings.to_pylist():
        if row["corpus"] == root:
            stamps.setdefault(row["file"], {})[row["channel"]] = (row["size_bytes"], row["modified_ns"])
            lengths[row["file"], row["channel"]] = row["duration_s"]
    spans = _known_spans(writer, root) if mode == CutMode.MANIFEST else None
    changed = set()
    for recording in recordings:
        known = stamps.get(recording.file, {})
        names = {recording.channel} if recording.channel else set(known)
        same = bool(names) and {known.get(name) for name in names} == {_stamp(recording.path)}
        if same and spans is not None:
            whole = not recording.given
            same = all(
                ({_rounded(0, length)} if whole else _clipped(recording.given, length))
                == spans.get((recording.file, name))
                for name in names
                for length in (lengths[recording.file, name],)
            )
        if not same:
            changed.add(recording.file)
    return {r.file for r in recordings} - changed


def _known_spans(writer: StoreWriter, root: str) -> dict[tuple[str, str], set[tuple[float, float]]]:
    """The segments each channel of a file has, or has failed to give."""
    spans: dict[tuple[str, str], set[tuple[float, float]]] = {}
    channels: dict[str, set[str]] = {}
    for row in writer.segments.select(["corpus", "file", "channel", "start_s", "end_s"]).to_pylist():
        if row["corpus"] == root:
            spans.setdefault((row["file"], row["channel"]), set()).add(_rounded(row["start_s"], row["end_s"]))
            channels.setdefault(row["file"], set()).add(row["channel"])
    for row in writer.failures.to_pylist():
        if row["corpus"] == root and row["start_s"] is not None and row["stage"] == "embed":
            for name in channels.get(row["file"], ()):
                spans[row["file"], name].add(_rounded(row["start_s"], row["end_s"]))
    return spans


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _rounded(start_s: float, end_s: float) -> tuple[float, float]:
    return round(start_s, 4), round(end_s, 4)  # finer than a sample at 16 kHz makes no cut


def _clipped(given: Sequence[Segment], duration_s: float) -> set[tuple[float, float]]:
    return {_rounded(s.start_s, min(s.end_s, duration_s)) for s in given if s.start_s < duration_s}
