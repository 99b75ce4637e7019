"""Clips that are there twice: exactly, by their samples, and nearly, by their place in the space."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph

NEARER = 0.5
_USUAL = 5  # the neighbour whose distance is usual: a few copies of a clip do not come so far
_EVEN = 1e-3  # distance that float32 similarities tell from 0


class How(StrEnum):
    """How two clips are known to be alike."""

    IDENTICAL = "identical"  # the same samples
    NEAR = "near"  # much nearer than clips are; perhaps the same sound


@dataclass(frozen=True)
class Duplicate:
    """A pair of clips.

    Attributes:
        first: segment id of the row that comes first in the store.
        second: of the other.
        similarity: cosine of their points.
        how: how they are known to be alike.
        speakers_differ: whether the two are said to be of different speakers: one of the two is wrong, or a split by
            speaker leaks.
        labels_differ: whether they were given different emotions: one of the two is wrong.
    """

    first: str
    second: str
    similarity: float
    how: How
    speakers_differ: bool
    labels_differ: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "how": str(self.how)}


@dataclass(frozen=True)
class Duplicates:
    """Pairs of clips that are, or may be, the same.

    Attributes:
        pairs: identical ones first, then by similarity; of several identical clips, each with the first of them.
        limit: least similarity of a near pair; None where the store has too few clips to know what is near.
        more: near pairs beyond those listed.
        more_identical: identical pairs beyond those listed.
    """

    pairs: tuple[Duplicate, ...]
    limit: float | None
    more: int
    more_identical: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values; ``duplicates`` as ``[id, id, similarity]``."""
        return {
            "duplicates": [[d.first, d.second, d.similarity] for d in self.pairs],
            "pairs": [d.as_json() for d in self.pairs],
            "limit": self.limit,
            "more": self.more,
            "more_identical": self.more_identical,
        }


def duplicates(geometry: Geometry, *, nearer: float = NEARER, most: int = 1000) -> Duplicates:
    """Find identical clips by content and near ones by the neighbour graph.

    Near is what lies within ``nearer`` times the usual distance, the median distance of a clip's fifth neighbour, so
    that it means the same for every encoder. Near pairs are candidates: ``listening.same_audio`` compares their
    waveforms. Clips cut from one recording that share a stretch of it are no pair.

    Args:
        geometry: the points; the raw space, where two copies are one point whoever is said to speak.
        nearer: share of the usual distance.
        most: identical pairs listed, at most, and as many near ones.

    Raises:
        StoreError: a share outside 0..1, or a negative number of pairs.
    """
    if not 0 <= nearer <= 1:
        raise StoreError(f"near is a share of the usual distance, 0 to 1, not {nearer}")
    if most < 0:
        raise StoreError(f"0 pairs or more can be listed, not {most}")
    vectors = geometry.vectors
    columns = ["segment_id", "content_id", "corpus", "file", "channel", "start_s", "end_s", "speaker", "emotion_given"]
    table = geometry.store.segments(columns).set_index("segment_id").loc[vectors.ids]
    contents = pd.factorize(table["content_id"])[0]
    first = np.unique(contents, return_index=True)[1][contents]  # the first row with the same samples
    copies = np.flatnonzero(first != np.arange(len(contents)))
    identical = np.stack([first[copies], copies], axis=1).reshape(-1, 2)[:most]
    limit = _limit(geometry.graph, nearer)
    near, similarities = _near(geometry.graph, limit)
    other = (contents[near[:, 0]] != contents[near[:, 1]]) & ~_shared(table, near)
    near, similarities = near[other], similarities[other]
    alike = [float(a @ b) for a, b in zip(*(vectors.points(identical[:, i]) for i in (0, 1)), strict=True)]
    speakers, labels = pd.factorize(table["speaker"])[0], pd.factorize(table["emotion_given"])[0]

    def pair(rows: np.ndarray, similarity: float, how: How) -> Duplicate:
        a, b = int(rows[0]), int(rows[1])
        known_speakers, known_labels = min(speakers[a], speakers[b]) >= 0, min(labels[a], labels[b]) >= 0
        return Duplicate(
            str(vectors.ids[a]),
            str(vectors.ids[b]),
            min(float(similarity), 1.0),
            how,
            bool(known_speakers and speakers[a] != speakers[b]),
            bool(known_labels and labels[a] != labels[b]),
        )

    pairs = [pair(rows, s, How.IDENTICAL) for rows, s in zip(identical, alike, strict=True)]
    pairs += [pair(rows, s, How.NEAR) for rows, s in zip(near[:most], similarities[:most], strict=True)]
    return Duplicates(tuple(pairs), limit, max(len(near) - most, 0), max(len(copies) - most, 0))


def _limit(graph: Graph, nearer: float) -> float | None:
    """Least similarity of a near pair; None where rows have no second neighbour to compare the first with."""
    if graph.k < 2:
        return None
    usual = float(np.median(graph.distances[:, min(_USUAL, graph.k) - 1]))
    return 1 - max(nearer * usual, _EVEN) ** 2 / 2


def _near(graph: Graph, limit: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours at least so similar: (p, 2) row numbers, the lower first, and (p,) similarities, descending.

    A pair that is in both rows' lists is one.
    """
    if limit is None:
        return np.zeros((0, 2), np.int64), np.zeros(0)
    row, place = np.nonzero(graph.similarities >= limit)
    ends = np.sort(np.stack([row, graph.rows[row, place]], axis=1).astype(np.int64), axis=1)
    pairs, at = np.unique(ends, axis=0, return_index=True)
    similarities = graph.similarities[row, place][at].astype(np.float64)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -np.round(similarities, 6)))
    return pairs[order], similarities[order]


def _shared(table: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """(p,) bool: whether both were cut from one channel of one file and overlap in time."""
    place = table.groupby(["corpus", "file", "channel"], sort=False).ngroup().to_numpy()
    start, end = table["start_s"].to_numpy(), table["end_s"].to_numpy()
    a, b = pairs[:, 0], pairs[:, 1]
    return np.asarray((place[a] == place[b]) & (start[a] < end[b]) & (start[b] < end[a]))
