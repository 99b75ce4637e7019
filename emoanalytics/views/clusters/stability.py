"""Whether other clips would give the same clusters: draw fewer, divide them again, compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from emoanalytics.labels import Language
from emoanalytics.neighbours.vectors import Progress
from emoanalytics.views.clusters.density import NOISE, Partition

SHARE = 0.8
_SEEDS = 2**32
_FEWEST_SPEAKERS = 10  # of fewer, leaving out a fifth leaves out one voice or none


class Verdict(StrEnum):
    """What to make of a cluster, or of a clustering."""

    STABLE = "stable"
    DOUBTFUL = "doubtful"
    UNSTABLE = "unstable"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, jaccard: float | None) -> Verdict:
        """By mean Jaccard similarity: stable from 0.75, doubtful from 0.6 (Hennig 2007 and his R package fpc)."""
        if jaccard is None:
            return cls.UNKNOWN
        return cls.STABLE if jaccard >= 0.75 else cls.DOUBTFUL if jaccard >= 0.6 else cls.UNSTABLE

    def words(self, language: Language | str = Language.EN) -> str:
        """What to tell people.

        >>> Verdict.UNSTABLE.words(), Verdict.STABLE.words("zh")
        ('unstable: do not build on it', '稳定')
        """
        return _VERDICTS[self][language == Language.ZH]


_VERDICTS = {
    Verdict.STABLE: ("stable", "稳定"),
    Verdict.DOUBTFUL: ("doubtful: found again only in part", "存疑：只有一部分能重现"),
    Verdict.UNSTABLE: ("unstable: do not build on it", "不稳定：不要据此下结论"),
    Verdict.UNKNOWN: ("not enough evidence to say how stable it is", "证据不足，无法判断是否稳定"),
}


@dataclass(frozen=True)
class Stability:
    """How much of a clustering is found again when a fifth of the clips is left out.

    Attributes:
        rand: mean adjusted Rand index (Hubert and Arabie 1985) between the clustering and the one found again, over
            the rows drawn, noise taken as one group; 1 is the same, 0 chance. None where it could not be compared.
        jaccard: for each cluster the mean over draws of its best Jaccard similarity with a cluster found again
            (Hennig 2007); None where no draw held two of its rows.
        draws: how many times.
        by: what was left out: ``speaker`` (whole voices) or ``segment``.
    """

    rand: float | None
    jaccard: tuple[float | None, ...]
    draws: int
    by: str

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One a cluster."""
        return tuple(map(Verdict.of, self.jaccard))

    @property
    def verdict(self) -> Verdict:
        """Of the clustering as a whole: that of its median cluster, but never better than its adjusted Rand index."""
        known = [j for j in self.jaccard if j is not None]
        if not known or self.rand is None:
            return Verdict.UNKNOWN
        return Verdict.of(min(float(np.median(known)), self.rand))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "verdict": str(self.verdict), "verdicts": [str(v) for v in self.verdicts]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Stability:
        """What ``as_json`` gave."""
        rand, draws, by = values["rand"], int(values["draws"]), str(values["by"])
        jaccard = tuple(None if j is None else float(j) for j in values["jaccard"])
        return cls(None if rand is None else float(rand), jaccard, draws, by)


def stability(
    partition: Partition,
    labels: np.ndarray,
    speakers: np.ndarray,
    *,
    draws: int,
    seed: int,
    progress: Progress | None = None,
) -> Stability:
    """Divide again without a fifth of the speakers (of the clips, where fewer than ten are named).

    Where all rows are one cluster nothing is tried: it would be found again whatever the clips are.

    Args:
        partition: how the clusters were found.
        labels: (n,) what it found among all rows.
        speakers: (n,) number of each row's speaker, -1: none named.
        draws: how many times.
        seed: of the draws.
        progress: called after each.
    """
    from sklearn.metrics import adjusted_rand_score

    clusters = int(labels.max(initial=NOISE)) + 1
    by = "speaker" if len(np.unique(speakers[speakers >= 0])) >= _FEWEST_SPEAKERS else "segment"
    rng = np.random.default_rng(seed)
    rands: list[float] = []
    found: list[list[float]] = [[] for _ in range(clusters)]
    draws = draws if len(np.unique(labels)) > 1 else 0
    for draw in range(draws):
        rows = _drawn(len(labels), speakers if by == "speaker" else None, rng)
        again, before = partition(rows, (seed + draw) % _SEEDS), labels[rows]
        rands.append(float(adjusted_rand_score(before, again)))
        for cluster, similarity in _best(before, again, clusters).items():
            found[cluster].append(similarity)
        if progress is not None:
            progress(draw + 1, draws, "testing the stability")
    means = tuple(float(np.mean(f)) if f else None for f in found)
    return Stability(float(np.mean(rands)) if rands else None, means, draws, by)


def _drawn(n: int, speakers: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Ascending numbers of the rows kept; rows that name no speaker are drawn one by one."""
    if speakers is None:
        return np.sort(rng.choice(n, max(round(SHARE * n), 1), replace=False))
    names = np.unique(speakers[speakers >= 0])
    kept = rng.choice(names, max(round(SHARE * len(names)), 1), replace=False)
    nameless = (speakers < 0) & (rng.random(n) < SHARE)
    return np.flatnonzero(np.isin(speakers, kept) | nameless)


def _best(before: np.ndarray, again: np.ndarray, clusters: int) -> dict[int, float]:
    """Of each cluster with two rows or more drawn: the largest Jaccard similarity with a cluster found again."""
    sizes = np.bincount(before[before >= 0], minlength=clusters)
    others = int(again.max(initial=NOISE)) + 1
    both = (before >= 0) & (again >= 0)
    common = np.zeros((clusters, max(others, 1)))
    np.add.at(common, (before[both], again[both]), 1)
    other_sizes = np.bincount(again[again >= 0], minlength=max(others, 1))
    union = sizes[:, None] + other_sizes[None, :] - common
    jaccard = np.divide(common, union, out=np.zeros_like(common), where=union > 0).max(axis=1)
    return {c: float(jaccard[c]) for c in range(clusters) if sizes[c] >= 2}
