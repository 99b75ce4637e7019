"""Kaldi data folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import FILE
from emoanalytics.audio.corpus.manifests.encodings import numbered_lines
from emoanalytics.audio.corpus.manifests.sheets import Sheet
from emoanalytics.audio.corpus.mapping import Kind, Problem
from emoanalytics.audio.corpus.values import as_column, object_array


def read_kaldi(path: Path) -> Sheet:
    """A Kaldi data folder by its ``wav.scp``, with ``segments``, ``utt2spk``, ``text`` and their like beside it.

    Commands (``... |``) are never run: such an entry is a `Problem`.
    """
    folder, problems = path.parent, list[Problem]()
    waves: dict[str, tuple[int, str]] = {}
    for row, line in numbered_lines(path):
        key, _, target = line.partition(" ")
        target = target.strip()
        if target.endswith("|"):
            problems.append(Problem(key, row, "wav.scp gives a command, not a file; commands are not run"))
        elif not target:
            problems.append(Problem(key, row, "wav.scp gives no file"))
        else:
            waves[key] = (row, target)
    if (folder / "segments").is_file():
        frame, rows = _segments(folder / "segments", waves, problems)
    else:
        frame = pd.DataFrame([(key, target) for key, (_, target) in waves.items()], columns=["utterance", FILE])
        rows = [row for row, _ in waves.values()]
    frame = frame.astype(object)
    sides = {"utt2spk": "speaker", "text": "text", "utt2emo": "emotion", "utt2lang": "language"}
    for name, column in sides.items():
        if (folder / name).is_file():
            said = {k: v.strip() for k, _, v in (line.partition(" ") for _, line in numbered_lines(folder / name))}
            frame[column] = as_column(object_array([said.get(u) for u in frame["utterance"]]))
    return Sheet(Kind.KALDI, path, frame, np.array(rows, np.int64), (), tuple(problems))


def _segments(
    path: Path, waves: Mapping[str, tuple[int, str]], problems: list[Problem]
) -> tuple[pd.DataFrame, list[int]]:
    entries: list[tuple[str, str, str, str]] = []
    rows: list[int] = []
    for row, line in numbered_lines(path):
        parts = line.split()
        if len(parts) != 4:
            problems.append(Problem(parts[0], row, "segments: not 'utterance recording start end'"))
        elif parts[1] not in waves:
            problems.append(Problem(parts[0], row, f"segments: recording {parts[1]!r} has no file in wav.scp"))
        else:
            utterance, recording, start, end = parts
            entries.append((utterance, waves[recording][1], start, "" if end == "-1" else end))
            rows.append(row)
    return pd.DataFrame(entries, columns=["utterance", FILE, "start", "end"]), rows
