"""The interval of a share when clips come in groups, also where it is 0 or 1."""

from __future__ import annotations

import numpy as np

from emoanalytics.statistics.bootstrap import mean_intervals, totals

FEWEST_GROUPS = 5  # what fewer speakers say about speakers in general is too little
_TAIL = 0.025


def share_interval(
    values: np.ndarray, weights: np.ndarray, groups: np.ndarray, *, seed: int = 0
) -> tuple[float | None, float | None]:
    """95 % interval of a weighted mean of shares that holds groups (speakers) for the unit of chance.

    A share of 0 or 1 has nothing to resample. There each group counts as one trial, the cautious end of what clips of
    one speaker can be: the exact bound of Clopper and Pearson, "The use of confidence or fiducial limits" (1934).

    Args:
        values: (n,) in 0..1.
        weights: (n,) not negative; rows without weight do not count.
        groups: (n,) group of each row, numbers.
        seed: of the draws.

    Returns:
        Lower and upper end; None, None where fewer than five groups have weight.

    >>> share_interval(np.zeros(20), np.ones(20), np.arange(20) % 5)[0]
    0.0
    """
    use = weights > 0
    _, number = np.unique(groups[use], return_inverse=True)
    n_groups = int(number.max()) + 1 if len(number) else 0
    if n_groups < FEWEST_GROUPS:
        return None, None
    bound = float(_TAIL ** (1 / n_groups))
    if (values[use] <= 0).all():
        return 0.0, 1 - bound
    if (values[use] >= 1).all():
        return bound, 1.0
    sums, totalled = totals(values[use][:, None], weights[use], number, n_groups)
    found = mean_intervals(sums, totalled, np.zeros(n_groups, dtype=np.intp), 1, seed=seed)
    return float(found.low[0, 0]), float(found.high[0, 0])
