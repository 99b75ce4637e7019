"""What neighbours may have in common: one number a clip for each of speaker, recording, channel, duration, emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.scores import score_columns, winners

DURATION_BINS = 5
GIVEN, WINNER = "emotion_given", "emotion"
_NAMES = ("speaker", "session", "recording", "channel", "duration", GIVEN, WINNER)
_COLUMNS = ("segment_id", "corpus", "file", "channel", "speaker", "session", "start_s", "end_s", GIVEN)
FEWEST_CLUSTERS = 5  # fewer speakers (or sessions) say too little about speakers (sessions) in general


@dataclass(frozen=True, eq=False)
class Factor:
    """One thing clips can have in common.

    Attributes:
        name: ``speaker``, ``session``, ``recording``, ``channel``, ``duration``, ``emotion_given`` (the given label),
            ``emotion`` (the label with the highest model score), or a column of the store.
        codes: (n,) number of each clip's value, -1 where it has none.
        values: the values.
    """

    name: str
    codes: np.ndarray
    values: tuple[str, ...]

    @classmethod
    def of(cls, name: str, column: pd.Series) -> Factor:
        """From a column; a missing value is none."""
        codes, values = pd.factorize(column)
        return cls(name, codes.astype(np.int64), tuple(str(v) for v in values))


@dataclass(frozen=True, eq=False)
class Clusters:
    """Groups of clips that are not independent of each other, for intervals.

    Attributes:
        codes: (n,) group of each clip; those that name none are the last group.
        count: groups that have a name.
        by: ``speaker`` or ``session``; None: there are too few of both for an interval.
    """

    codes: np.ndarray
    count: int
    by: str | None

    def named(self, asked: np.ndarray) -> int | None:
        """How many groups that have a name these clips, (n,) bool, are of; None where there are no groups."""
        return None if self.by is None else len(np.unique(self.codes[asked & (self.codes < self.count)]))


def factors(geometry: Geometry, also: Sequence[str] = ()) -> tuple[dict[str, Factor], Clusters]:
    """The factors of a store by name, in the order they are shown, and the groups for intervals.

    A session is one of a speaker: "week1" is another one for everybody. A recording is a file of a corpus. Duration is
    in five bins that hold as many clips each.

    Args:
        geometry: the space.
        also: further columns of the store.

    Raises:
        StoreError: the store has no such column, or was written to since the geometry read it.
    """
    store, scores = geometry.store, score_columns(geometry.store.info.labels)
    more = [name for name in also if name not in _NAMES]
    table = store.table(list(dict.fromkeys([*_COLUMNS, *scores, *more])))
    if not geometry.vectors.ids.equals(pd.Index(table["segment_id"])):
        raise StoreError(f"{store.path} was written to since it was opened: open it again")
    session = _pairs(table["speaker"].astype(object).fillna(""), table["session"])
    columns = {
        "speaker": table["speaker"],
        "session": session,
        "recording": _pairs(table["corpus"], table["file"]),
        "channel": table["channel"],
        "duration": _binned(table["end_s"] - table["start_s"]),
        GIVEN: table[GIVEN],
        WINNER: pd.Series(winners(table[list(scores)].to_numpy(np.float64), scores)[0]),
        **{name: table[name] for name in more},
    }
    found = {name: Factor.of(name, column) for name, column in columns.items()}
    return found, _clusters(found)


def _pairs(first: pd.Series, second: pd.Series) -> pd.Series:
    joined = first.astype(object) + "\0" + second.astype(object)
    return joined.where(second.notna(), None)


def _binned(seconds: pd.Series) -> pd.Series:
    if not len(seconds):
        return seconds.astype(object)
    edges = np.unique(np.quantile(seconds, np.arange(1, DURATION_BINS) / DURATION_BINS))
    # On the right side of an edge: where most clips are of one length, they are one bin.
    return pd.Series(np.searchsorted(edges, seconds.to_numpy(), side="right")).astype(object)


def _clusters(found: dict[str, Factor]) -> Clusters:
    for by in ("speaker", "session"):
        factor = found[by]
        if len(factor.values) >= FEWEST_CLUSTERS:
            codes = np.where(factor.codes < 0, len(factor.values), factor.codes)
            return Clusters(codes, len(factor.values), by)
    return Clusters(np.zeros(len(found["speaker"].codes), np.int64), 0, None)
