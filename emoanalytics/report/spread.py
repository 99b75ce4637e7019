"""How the scores of the clips that a report speaks of are spread: means with intervals, quartiles, winners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.statistics.bootstrap import mean_intervals, totals
from emoanalytics.statistics.evidence import Evidence

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_FEWEST = 5  # speakers (or sessions) that say something about others; as in ``views.overview``


@dataclass(frozen=True)
class Spread:
    """The scores of one emotion after the other, over whole distributions and not over winners.

    Attributes:
        labels: the emotions, then further labels of the head.
        clips: how many clips.
        mean: (labels,) mean score, NaN where the head does not know the label.
        low: (labels,) lower end of its 95 % interval over ``unit``; NaN without.
        high: (labels,) upper end.
        quantiles: (labels, 5) of the clips' scores: 5, 25, 50, 75 and 95 %.
        winners: (labels,) clips whose highest score it is.
        unit: what the intervals hold for the unit of chance: ``speaker`` or ``session``; None: there are too few.
        units: how many of them.
        evidence: the clips.
    """

    labels: tuple[str, ...]
    clips: int
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    quantiles: np.ndarray
    winners: np.ndarray
    unit: str | None
    units: int
    evidence: Evidence

    def __post_init__(self) -> None:
        for array in (self.mean, self.low, self.high, self.quantiles, self.winners):
            if len(array) != len(self.labels):
                raise ValueError("one row a label")
            array.flags.writeable = False


def spread(evidence: Evidence, *, seed: int = 0) -> Spread:
    """Describe scores; intervals are those of ``views.overview``, for the clips of any role.

    Args:
        evidence: with the columns ``speaker`` and ``session``.
        seed: of the bootstrap over speakers, or over sessions where there are fewer than five speakers.
    """
    k, known = len(evidence.labels), evidence.known
    scores = evidence.scores[:, known]
    low, high, mean = (np.full(k, np.nan) for _ in range(3))
    quantiles, winners = np.full((k, len(SHARES)), np.nan), np.zeros(k, np.int64)
    mean[known] = scores.mean(axis=0)
    quantiles[known] = np.quantile(scores, SHARES, axis=0).T
    winners[known] = np.bincount(scores.argmax(axis=1), minlength=scores.shape[1])
    codes, unit, units = _units(evidence.table)
    if codes is not None:
        sums, sizes = totals(scores, np.ones(len(scores)), codes, int(codes.max()) + 1)
        found = mean_intervals(
            sums, sizes, np.zeros(len(sizes), int), 1, seed=seed, clips=np.array([float(len(scores))])
        )
        low[known], high[known] = found.low[0], found.high[0]
    return Spread(evidence.labels, len(evidence), mean, low, high, quantiles, winners, unit, units, evidence)


def _units(table: pd.DataFrame) -> tuple[np.ndarray | None, str | None, int]:
    """Number of each clip's speaker (session), what it is and how many are named; unnamed clips are one group more."""
    sessions = pd.Series(list(zip(table["speaker"].fillna(""), table["session"], strict=True)), dtype=object)
    sessions = sessions.where(table["session"].notna())
    for name, column in (("speaker", table["speaker"]), ("session", sessions)):
        codes, values = pd.factorize(column)
        if len(values) >= _FEWEST:
            named = np.where(codes < 0, len(values), codes)
            return np.unique(named, return_inverse=True)[1], name, len(values)
    return None, None, 0
