"""How suspicious a given label is, from scores of a model that has not heard the speaker and from the neighbours."""

from __future__ import annotations

import numpy as np

VOTE_SHARE = 0.25  # of the score; with more, votes of few labelled neighbours drown what the model knows
VOTERS = 20
_ROWS = 50_000  # rows of a graph looked at together


def suspicion(scores: np.ndarray, given: np.ndarray) -> np.ndarray:
    """One minus the model score of the given label: its self-confidence, turned round.

    Northcutt, Jiang and Chuang, "Confident learning", J. Artif. Intell. Res. 70 (2021); the ranking that Kuan and
    Mueller ("Model-agnostic label quality scoring", ICML workshop 2022) find good for most models.

    Args:
        scores: (n, labels) each row sums to 1, or is NaN.
        given: (n,) label numbers; -1: none is given.

    Returns:
        (n,) 0..1, larger is more suspicious; NaN where there is no label or no score.

    >>> suspicion(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1])).round(1).tolist()
    [0.1, 0.9]
    """
    found = np.full(len(scores), np.nan)
    rows = np.flatnonzero(given >= 0)
    found[rows] = 1.0 - scores[rows, given[rows]]
    return found


def confident(scores: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The other label that a clip confidently has, by the confident joint; -1 where it has none.

    A clip confidently has a label when the label's score is at least the mean score of that label among the clips
    that are given it (the per-class thresholds of Northcutt et al. 2021, section 3.1), so labels that a model
    scores low throughout are not held against it.

    Args:
        scores: (n, labels); rows may be NaN.
        given: (n,) label numbers; -1: none is given.
    """
    found = np.full(len(scores), -1)
    rows = np.flatnonzero((given >= 0) & ~np.isnan(scores).any(axis=1))
    if not len(rows):
        return found
    mine, label = scores[rows], given[rows]
    own = mine[np.arange(len(rows)), label]
    size = np.bincount(label, minlength=mine.shape[1])
    with np.errstate(invalid="ignore"):
        threshold = np.bincount(label, own, minlength=mine.shape[1]) / size
    reached = np.where(mine >= threshold, mine, -1.0)  # a label that nobody is given has no threshold: never reached
    best = reached.argmax(axis=1)
    other = (reached.max(axis=1) >= 0) & (best != label)
    found[rows[other]] = best[other]
    return found


def votes(
    rows: np.ndarray, similarities: np.ndarray, given: np.ndarray, groups: np.ndarray, n_labels: int
) -> np.ndarray:
    """What labels the nearest clips of other speakers are given, the more similar the more they count.

    Args:
        rows: (n, k) int32 row numbers of neighbours, nearest first; -1: none.
        similarities: (n, k) cosines.
        given: (n,) label numbers; -1: none.
        groups: (n,) speaker numbers; -1: not named, then it may be anybody and does not vote.
        n_labels: how many labels there are.

    Returns:
        (n, labels) shares that sum to 1, of the nearest 20 that may vote; NaN where none may.
    """
    shares = np.full((len(rows), n_labels), np.nan)
    for start in range(0, len(rows), _ROWS):
        near, own = rows[start : start + _ROWS], groups[start : start + _ROWS, None]
        may = (near >= 0) & (given[near] >= 0) & (groups[near] >= 0) & (own >= 0) & (groups[near] != own)
        may &= np.cumsum(may, axis=1) <= VOTERS
        weights = np.where(may, np.maximum(similarities[start : start + _ROWS], 0.0), 0.0)
        cell = np.arange(len(near))[:, None] * n_labels + np.maximum(given[near], 0)
        sums = np.bincount(cell.ravel(), weights.ravel(), minlength=len(near) * n_labels).reshape(-1, n_labels)
        total = sums.sum(axis=1, keepdims=True)
        shares[start : start + _ROWS] = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    return shares


def with_votes(scores: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Scores in which the neighbours' votes count a quarter; as they are where nobody votes."""
    return np.where(np.isnan(shares), scores, (1 - VOTE_SHARE) * scores + VOTE_SHARE * shares)
