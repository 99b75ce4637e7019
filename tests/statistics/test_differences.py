"""Intervals of differences: put together by hand, and holding as often as they say."""

from __future__ import annotations

import numpy as np

from emoanalytics.statistics.bootstrap import FEWEST_CLUSTERS, mean_intervals
from emoanalytics.statistics.cells import Contrast
from emoanalytics.statistics.differences import difference_interval, mean_interval

NONE = np.zeros((0, 2))


def test_means_of_scores_are_the_bootstraps() -> None:
    means = np.random.default_rng(0).random((8, 2))
    expected = mean_intervals(means, np.ones(8), np.zeros(8, int), 1, seed=3)
    for got, want in zip(mean_interval(means, seed=3), (expected.mean, expected.low, expected.high), strict=True):
        np.testing.assert_allclose(got, want[0])


def test_differences_are_moved_to_where_scores_lie_and_back() -> None:
    pairs = np.random.default_rng(1).uniform(-0.5, 0.5, (9, 2))
    expected = mean_intervals((pairs + 1) / 2, np.ones(9), np.zeros(9, int), 1)
    mean, low, high = mean_interval(pairs)
    np.testing.assert_allclose(mean, pairs.mean(axis=0))
    np.testing.assert_allclose(low, 2 * expected.low[0] - 1)
    np.testing.assert_allclose(high, 2 * expected.high[0] - 1)
    turned = mean_interval(-pairs)
    np.testing.assert_allclose(turned[1], -high, rtol=1e-4)
    np.testing.assert_allclose(turned[2], -low, rtol=1e-4)


def test_parts_are_put_together_as_standard_errors_are() -> None:
    rng = np.random.default_rng(2)
    pairs, first, second = rng.normal(0.1, 0.2, (7, 2)), rng.random((6, 2)), rng.random((5, 2))
    contrast = Contrast(pairs, first, second)
    (p, p_low, p_high), (f, f_low, f_high), (s, s_low, s_high) = map(mean_interval, (pairs, first, second))
    a = contrast.share
    below = (a * (p - p_low)) ** 2 + ((1 - a) * (f - f_low)) ** 2 + ((1 - a) * (s_high - s)) ** 2
    above = (a * (p_high - p)) ** 2 + ((1 - a) * (f_high - f)) ** 2 + ((1 - a) * (s - s_low)) ** 2
    low, high = difference_interval(contrast)
    np.testing.assert_allclose(low, contrast.difference - np.sqrt(below))
    np.testing.assert_allclose(high, contrast.difference + np.sqrt(above))


def test_too_few_speakers_have_no_interval() -> None:
    few = np.random.default_rng(3).random((FEWEST_CLUSTERS - 1, 2))
    for contrast in (Contrast(NONE, NONE, NONE), Contrast(few, NONE, NONE), Contrast(NONE, few, np.tile(few, (2, 1)))):
        assert np.isnan(difference_interval(contrast)).all()


def test_the_interval_holds_as_often_as_it_says() -> None:
    held = []
    for i in range(300):
        rng = np.random.default_rng([4, i])
        first, second = rng.beta(2, 6, (10, 2)), rng.beta(2, 6, (14, 2))
        low, high = difference_interval(Contrast(NONE, first, second))
        held.append((low <= 0) & (high >= 0))
    assert 0.92 <= np.mean(held) <= 0.98
