"""Folds that keep a group (a speaker) on one side, and recall with an interval over groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEAVE_ONE_OUT_UP_TO = 10  # groups; with more, a fixed number of folds


def split(labels: np.ndarray, groups: np.ndarray, folds: int | None, *, default: int, seed: int) -> list[np.ndarray]:
    """Groups to hold out together, fold by fold; every group is held out once.

    One group a fold where there are few (or as many as folds); else folds that keep the share of each label alike.

    Args:
        labels: (n,) class numbers.
        groups: (n,) group numbers.
        folds: how many; None for one a group up to ten groups, else ``default``.
        default: folds where there are many groups.
        seed: of the assignment of groups to folds.

    >>> [held.tolist() for held in split(np.array([0, 1, 0]), np.array([3, 3, 5]), None, default=6, seed=0)]
    [[3], [5]]
    """
    unique = np.unique(groups)
    wanted = folds or (len(unique) if len(unique) <= LEAVE_ONE_OUT_UP_TO else default)
    if wanted >= len(unique):
        return [unique[i : i + 1] for i in range(len(unique))]
    from sklearn.model_selection import StratifiedGroupKFold

    # Not the splitter's row masks but its groups: rows without a label follow their group. Repeating the rows keeps
    # it from warning about labels rarer than the number of folds, which grouped folds cannot help.
    splitter = StratifiedGroupKFold(wanted, shuffle=True, random_state=seed)
    repeat = np.tile(np.arange(len(labels)), wanted)
    held = [np.unique(groups[repeat][rows]) for _, rows in splitter.split(repeat, labels[repeat], groups[repeat])]
    return [h for h in held if len(h)]


def count(predicted: np.ndarray, labels: np.ndarray, groups: np.ndarray, n_labels: int) -> np.ndarray:
    """(groups, labels, labels) int64 confusion of each group in order: rows the true label, columns the predicted."""
    unique, index = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(unique), n_labels, n_labels), dtype=np.int64)
    np.add.at(counts, (index, labels, predicted), 1)
    return counts


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of right rows of each (..., labels, labels) confusion; NaN where there are no rows.

    >>> float(accuracy(np.array([[3, 1], [0, 4]])))
    0.875
    """
    right, total = np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1))
    return np.where(total > 0, right / np.maximum(total, 1), np.nan)


def uar(confusion: np.ndarray) -> np.ndarray:
    """Unweighted average recall of each (..., labels, labels) confusion over the labels that occur in it.

    >>> float(uar(np.array([[3, 1], [0, 1]])))
    0.875
    """
    support = confusion.sum(axis=-1)
    recall = np.diagonal(confusion, axis1=-2, axis2=-1) / np.maximum(support, 1)
    occurring = (support > 0).sum(axis=-1)
    return np.where(occurring > 0, recall.sum(axis=-1) / np.maximum(occurring, 1), np.nan)


def interval(
    counts: np.ndarray, measure: Callable[[np.ndarray], np.ndarray], *, seed: int, resamples: int
) -> tuple[float, float]:
    """95 % interval of a measure by bootstrap over groups: groups are drawn with replacement, their rows together.

    Efron and Tibshirani, "An introduction to the bootstrap" (1993), percentile interval, clusters as units.
    """
    n = len(counts)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    low, high = np.nanpercentile(measure(np.tensordot(drawn, counts, axes=1)), (2.5, 97.5))
    return float(low), float(high)
