"""Intervals of shares, also where nothing or everything counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.statistics.shares import share_interval


def test_nothing_and_everything_have_exact_bounds() -> None:
    groups = np.arange(60) % 12
    exact = binomtest(0, 12).proportion_ci(0.95, "exact")
    assert share_interval(np.zeros(60), np.ones(60), groups) == pytest.approx((exact.low, exact.high))
    exact = binomtest(12, 12).proportion_ci(0.95, "exact")
    assert share_interval(np.ones(60), np.ones(60), groups) == pytest.approx((exact.low, exact.high))


def test_between_them_it_is_the_bootstrap_over_groups() -> None:
    rng = np.random.default_rng(0)
    values, weights, groups = rng.random(80), rng.integers(0, 3, 80).astype(float), rng.integers(6, size=80)
    sums = [[(values * weights)[groups == g].sum()] for g in range(6)]
    found = mean_intervals(
        np.array(sums), np.array([weights[groups == g].sum() for g in range(6)]), np.zeros(6, int), 1, seed=3
    )
    assert share_interval(values, weights, groups, seed=3) == pytest.approx((found.low[0, 0], found.high[0, 0]))


def test_few_groups_with_weight_have_none() -> None:
    weights = np.where(np.arange(40) % 8 < 4, 1.0, 0.0)
    assert share_interval(np.full(40, 0.5), weights, np.arange(40) % 8) == (None, None)
    assert share_interval(np.zeros(0), np.zeros(0), np.zeros(0, int)) == (None, None)
