"""Learning curve: how recall on unheard speakers grew with the labels, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from emoanalytics.embed.heads import folds as grouped

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the labels a fold may learn from; the last is the fold's own head
REPEATS = 3  # draws of the smaller shares
MORE = (20, 40, 100, 200)
FEWEST_GROUPS = 5
_LAST = 3  # of the sizes, for the fit: a curve is only followed where it has got to
_EXPONENT = 1.0


@dataclass(frozen=True)
class CurvePoint:
    """Recall of heads that learned from part of the labels.

    Attributes:
        rows: labelled rows a head learned from, mean over folds.
        uar: unweighted average recall on groups it never heard.
        low: lower end of its 95 % interval over groups; None where there are fewer than five.
        high: its upper end.
    """

    rows: float
    uar: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Gain:
    """What more labels would bring, read off the end of the curve continued.

    Attributes:
        more: labels more than now, of speakers like now's.
        gain: rise of the unweighted average recall; None where the evidence allows no figure.
        low: lower end of its 95 % interval over groups.
        high: its upper end.
    """

    more: int
    gain: float | None
    low: float | None
    high: float | None

    @property
    def certain(self) -> bool:
        """Whether the interval lies above zero: more labels would help."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True)
class LearningCurve:
    """How recall grew with the labels.

    Attributes:
        points: from few labels to all of them.
        gains: what more labels would bring; at most twice the labels there are.
    """

    points: tuple[CurvePoint, ...]
    gains: tuple[Gain, ...]


def subset(labels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """(k,) sorted rows: a share of each label's rows, at least one of each.

    >>> len(subset(np.array([0] * 8 + [1] * 4), 0.25, np.random.default_rng(0)))
    3
    """
    kept = [rng.permutation(rows)[: int(np.ceil(share * len(rows)))] for rows in _by_label(labels)]
    return np.sort(np.concatenate(kept))


def _by_label(labels: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def learning_curve(
    sizes: Sequence[float],
    counts: np.ndarray,
    rows: int,
    *,
    more: Sequence[int] = MORE,
    seed: int,
    resamples: int,
) -> LearningCurve:
    """Draw the curve through confusions at several sizes, and continue it.

    Error is taken to follow ``a + b / rows`` over the last three sizes: a power law (Figueroa et al., "Predicting
    sample size required for classification performance", 2012; Viering and Loog, "The shape of learning curves",
    2021) with the exponent of a regularised linear model held, since four noisy sizes cannot give it; measured on
    simulated corpora, 1 is right on average where 0.5 says twice too much. Where more labels did harm, ``b`` is
    negative. The interval redraws the groups, and is widened by how much heads differ that learned from other labels,
    equally many. It is rough with few groups, and with fewer than five there is none.

    Args:
        sizes: labelled rows learned from, rising.
        counts: (sizes, repeats, groups, labels, labels) confusions on unheard groups.
        rows: labelled rows the final head learned from.
        more: how many more labels to ask about; those beyond twice the rows are left out.
        seed: of the bootstrap.
        resamples: draws of the groups.
    """
    n_groups = counts.shape[2]
    spread = float(grouped.uar(counts[-2].sum(axis=1)).std(ddof=1))  # of heads that learned from other halves
    counts = counts.sum(axis=1)
    uars = grouped.uar(counts.sum(axis=1))
    asked = [m for m in more if m <= rows]
    if n_groups < FEWEST_GROUPS:
        points = [CurvePoint(float(n), float(u), None, None) for n, u in zip(sizes, uars, strict=True)]
        return LearningCurve(tuple(points), tuple(Gain(m, None, None, None) for m in asked))
    drawn = np.random.default_rng(seed).multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples)
    again = np.stack([grouped.uar(np.tensordot(drawn, c, axes=1)) for c in counts], axis=1)  # (resamples, sizes)
    lows, highs = np.nanpercentile(again, (2.5, 97.5), axis=0)
    points = [
        CurvePoint(float(n), float(u), float(low), float(high))
        for n, u, low, high in zip(sizes, uars, lows, highs, strict=True)
    ]
    steps = _gains(np.asarray(sizes, float), np.concatenate([uars[None], again]), rows, asked)
    gains = []
    for i, m in enumerate(asked):
        gain = float(steps[0, i])
        below, above = np.abs(np.nanpercentile(steps[1:, i], (2.5, 97.5)) - gain)
        wider = 2 * spread * m / (rows + m)  # of the labels then, so many are new
        gains.append(Gain(m, gain, gain - float(np.hypot(below, wider)), gain + float(np.hypot(above, wider))))
    return LearningCurve(tuple(points), tuple(gains))


def _gains(sizes: np.ndarray, uars: np.ndarray, rows: int, more: Sequence[int]) -> np.ndarray:
    """(curves, more) gains of (curves, sizes) recalls: a straight line by least squares over ``1 / size``."""
    x = sizes[-_LAST:] ** -_EXPONENT
    off = x - x.mean()
    slope = uars[:, -_LAST:] @ off / (off @ off)
    ahead = np.array([rows + m for m in more], dtype=float) ** -_EXPONENT - float(rows) ** -_EXPONENT
    return slope[:, None] * ahead


def measured(
    shares: Sequence[float],
    labels: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray],
    tested: tuple[np.ndarray, np.ndarray],
    n: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """One fold's part of the curve.

    Args:
        shares: parts of the fold's training rows to learn from, below 1.
        labels: (k,) class numbers of the training rows.
        score: rows of the training set -> (t, labels) scores of the fold's tested rows.
        tested: (t,) class and (t,) group numbers of the tested rows.
        n: how many groups and how many labels there are.
        rng: draws the rows.

    Returns:
        (shares,) mean rows learned from, and (shares, repeats, groups, labels, labels) confusions.
    """
    sizes = np.zeros(len(shares))
    counts = np.zeros((len(shares), REPEATS, n[0], n[1], n[1]), dtype=np.int64)
    y, g = tested
    for i, share in enumerate(shares):
        for repeat in range(REPEATS):
            rows = subset(labels, share, rng)
            sizes[i] += len(rows) / REPEATS
            np.add.at(counts[i, repeat], (g, y, score(rows).argmax(axis=1)), 1)
    return sizes, counts
