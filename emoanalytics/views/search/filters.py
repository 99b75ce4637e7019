"""Which rows may be hits: a condition, what is excluded because it is too close to the query, a contrast of labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search.catalogue import Catalogue, changed
from emoanalytics.views.search.query import Clip, Contrast, Query
from emoanalytics.views.search.words import Note


class Exclude(StrEnum):
    """Rows left out because they have something in common with a positive clip of the query."""

    SAME_SPEAKER = "same-speaker"
    SAME_FILE = "same-file"  # the same file of the same corpus
    SAME_SESSION = "same-session"  # the same session of the same speaker: "week1" is another one for everybody


_COLUMNS = {
    Exclude.SAME_SPEAKER: ("speaker",),
    Exclude.SAME_FILE: ("corpus", "file"),
    Exclude.SAME_SESSION: ("speaker", "session"),
}


@dataclass(frozen=True, eq=False)
class Allowed:
    """The rows that may be hits.

    Attributes:
        rows: row numbers, ascending; None: all but ``own``.
        own: the query's own rows, which are never hits, ascending.
        count: how many rows may be hits.
        notes: what a user should know about the filters.
    """

    rows: np.ndarray | None
    own: np.ndarray
    count: int
    notes: tuple[Note, ...]

    @classmethod
    def of(
        cls, geometry: Geometry, catalogue: Catalogue, query: Query, *, where: str | None, exclude: Collection[str]
    ) -> Allowed:
        """Apply the filters.

        Raises:
            StoreError: the condition is not understood, or an exclusion or label is not there.
        """
        named = [c for c in (*query.positives, *query.negatives) if isinstance(c, str)]
        own = np.unique(geometry.vectors.rows_of(named)) if named else np.zeros(0, np.int64)
        kept: np.ndarray | None = None if where is None or not where.strip() else _matching(geometry, where)
        notes: list[Note] = []
        for what in exclude:
            if what not in tuple(Exclude):
                raise StoreError(f"what is excluded is one of {', '.join(Exclude)}, not {what!r}")
            alike = _alike(geometry, catalogue, query.positives, Exclude(what))
            if alike is None:
                notes.append(Note.nothing_to_exclude(what))
            else:
                kept = ~alike if kept is None else kept & ~alike
        if query.contrast is not None:
            labelled = _contrasting(geometry, catalogue, query.positives, Contrast(query.contrast))
            kept = labelled if kept is None else kept & labelled
        if kept is None:
            return cls(None, own, len(catalogue) - len(own), tuple(notes))
        kept[own] = False
        rows = np.flatnonzero(kept)
        return cls(rows, own, len(rows), tuple(notes))


def _matching(geometry: Geometry, where: str) -> np.ndarray:
    ids = geometry.store.segments(["segment_id"], where=where)["segment_id"]
    rows = geometry.vectors.ids.get_indexer(pd.Index(ids, dtype=geometry.vectors.ids.dtype))
    if (rows < 0).any():
        raise changed(geometry)
    kept = np.zeros(len(geometry.vectors), dtype=bool)
    kept[rows] = True
    return kept


def _alike(geometry: Geometry, catalogue: Catalogue, clips: Sequence[str | Clip], what: Exclude) -> np.ndarray | None:
    """(n,) bool: rows that have all columns of ``what`` in common with one of the clips; None: no clip has them."""
    wanted = set()
    for clip in clips:
        if isinstance(clip, str):
            row = int(geometry.vectors.rows_of([clip])[0])
            values = tuple(catalogue.texts[column][row] for column in _COLUMNS[what])
        else:
            known = what is Exclude.SAME_SPEAKER and clip.speaker in geometry.vectors.names
            values = (clip.speaker if known else None,)
        # The last column decides: a session without a speaker is a session, a speaker without a session is none.
        if values[-1] is not None:
            wanted.add(values)
    if not wanted:
        return None
    alike = np.zeros(len(catalogue), dtype=bool)
    for values in wanted:
        cells = (catalogue.texts[column] == value for column, value in zip(_COLUMNS[what], values, strict=True))
        alike |= np.logical_and.reduce(list(cells))
    return alike


def _contrasting(
    geometry: Geometry, catalogue: Catalogue, clips: Sequence[str | Clip], contrast: Contrast
) -> np.ndarray:
    """(n,) bool: rows with a given label that is none of the clips' (or one of them)."""
    given, labels = catalogue.texts["emotion_given"], set()
    for clip in clips:
        label = given[int(geometry.vectors.rows_of([clip])[0])] if isinstance(clip, str) else clip.label
        if label is None:
            name = clip if isinstance(clip, str) else clip.name
            raise StoreError(f"{name} has no given label, so no other can differ from it: choose a labelled clip")
        labels.add(label)
    same = pd.Series(given).isin(labels).to_numpy(copy=True)
    return same if contrast is Contrast.SAME_LABEL_OTHER_SOUND else pd.notna(given) & ~same
