"""RTTM files: who speaks when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import FILE
from emoanalytics.audio.corpus.manifests.encodings import numbered_lines
from emoanalytics.audio.corpus.manifests.sheets import Sheet
from emoanalytics.audio.corpus.mapping import Kind, Problem


def read_rttm(path: Path) -> Sheet:
    """Who speaks when: the SPEAKER lines of an RTTM file; ``file`` is the file id, to be matched to a stem."""
    entries: list[dict[str, Any]] = []
    rows: list[int] = []
    problems: list[Problem] = []
    for row, line in numbered_lines(path):
        parts = line.split()
        if parts[0] != "SPEAKER":
            continue
        if len(parts) < 8:
            problems.append(Problem(path.name, row, f"a SPEAKER line of {len(parts)} fields: at least 8 are needed"))
            continue
        speaker = None if parts[7] == "<NA>" else parts[7]
        entries.append(
            {FILE: parts[1], "channel": parts[2], "start": parts[3], "duration": parts[4], "speaker": speaker}
        )
        rows.append(row)
    frame = pd.DataFrame(entries, columns=[FILE, "channel", "start", "duration", "speaker"]).astype(object)
    if set(frame["channel"]) <= {"1", "0", "<NA>"}:
        frame = frame.drop(columns="channel")  # the one channel of mono speech, not the left of two
    return Sheet(Kind.RTTM, path, frame, np.array(rows, np.int64), (), tuple(problems))
