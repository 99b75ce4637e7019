"""Who holds the floor of a recording, and how soon the other answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.statistics.evidence import Evidence
from emoanalytics.store.store import EmotionStore

_ROWS = ("segment_id", "speaker", "role", "start_s", "end_s")


@dataclass(frozen=True)
class Turn:
    """One speaker holding the floor.

    Attributes:
        speaker: who.
        role: of that speaker, or None.
        start_s: from the start of the file, seconds.
        end_s: half open.
        gap_s: from the end of the turn before, of somebody else; negative: begun while the other still spoke; None:
            the first turn.
        scores: mean scores by label, weighted by duration; None where none may be shown (see ``timeline``) or known.
    """

    speaker: str
    role: str | None
    start_s: float
    end_s: float
    gap_s: float | None
    scores: dict[str, float] | None


def turns(store: EmotionStore, evidence: Evidence, corpus: str, file: str) -> tuple[Turn, ...]:
    """Segments of one speaker after another, over all channels, joined until somebody else speaks."""
    rows = store.segments(_ROWS, f"file = {quoted(file)} AND corpus = {quoted(corpus)} AND speaker IS NOT NULL")
    if rows["speaker"].nunique() < 2:
        return ()
    scored = {s: i for i, s in enumerate(evidence.table["segment_id"])}
    groups: list[list[Any]] = []
    for row in rows.sort_values(["start_s", "end_s"], kind="stable").itertuples():
        if not groups or groups[-1][-1].speaker != row.speaker:
            groups.append([])
        groups[-1].append(row)
    found: list[Turn] = []
    for group in groups:
        start, end = group[0].start_s, max(r.end_s for r in group)
        found.append(
            Turn(
                speaker=str(group[0].speaker),
                role=group[0].role if isinstance(group[0].role, str) else None,
                start_s=float(start),
                end_s=float(end),
                gap_s=float(start - found[-1].end_s) if found else None,
                scores=_turn_scores(evidence, [(scored[r.segment_id], r) for r in group if r.segment_id in scored]),
            )
        )
    return tuple(found)


def _turn_scores(evidence: Evidence, rows: list[tuple[int, Any]]) -> dict[str, float] | None:
    if not rows:
        return None
    known = evidence.known
    weights = [r.end_s - r.start_s for _, r in rows]
    means = np.average(evidence.scores[[i for i, _ in rows]][:, known], axis=0, weights=weights)
    return dict(zip(np.array(evidence.labels)[known].tolist(), means.tolist(), strict=True))


def quoted(value: str) -> str:
    """A value as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"
