"""The abstain line: below which score a winner is better not named."""

from __future__ import annotations

import numpy as np

FEWEST_KEPT = 20  # clips above a line, for their share of right ones to mean something


def abstain_line(scores: np.ndarray, targets: np.ndarray, wanted: float) -> float | None:
    """The lowest score from which on the winners are right as often as wanted.

    Args:
        scores: (n, labels) scores.
        targets: (n, labels) shares of listeners.
        wanted: mean share of listeners who hear the winner, over the clips at or above the line.

    Returns:
        The score; None where no line with at least twenty clips above it does (selective classification, Geifman and
        El-Yaniv 2017).

    >>> scores = np.repeat([[0.9, 0.1], [0.6, 0.4]], 20, axis=0)
    >>> targets = np.repeat([[1.0, 0.0], [0.5, 0.5]], 20, axis=0)
    >>> abstain_line(scores, targets, 0.75), abstain_line(scores, targets, 0.8)
    (0.6, 0.9)
    """
    top = scores.argmax(axis=1)
    score, right = scores[np.arange(len(top)), top], targets[np.arange(len(top)), top]
    order = np.argsort(-score, kind="stable")
    kept = np.arange(1, len(order) + 1)
    reached = np.cumsum(right[order]) / kept >= wanted - 1e-12
    last_of_equals = np.append(np.diff(score[order]) < 0, True)
    lines = np.flatnonzero(reached & last_of_equals & (kept >= FEWEST_KEPT))
    return float(score[order][lines[-1]]) if len(lines) else None
