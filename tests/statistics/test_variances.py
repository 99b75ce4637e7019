"""The prior of variances finds what the variances were made with."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from emoanalytics.statistics.variances import (
    FEWEST,
    MOST_FREEDOM,
    clip_variance,
    prior,
    successive_freedom,
    successive_variance,
    sureness,
)


def test_successive_differences_against_a_loop() -> None:
    units = np.random.default_rng(0).normal(size=(2, 7, 3))
    found = successive_variance(units, np.ones(units.shape[:2]))
    for i in range(2):
        for j in range(3):
            total = sum((units[i, t + 1, j] - units[i, t, j]) ** 2 for t in range(6))
            assert found[i, j] == pytest.approx(total / 12)


def test_its_degrees_of_freedom_are_twice_over_its_squared_error() -> None:
    units = np.random.default_rng(1).normal(size=(200_000, 9, 1))
    variance = successive_variance(units, np.ones(units.shape[:2]))
    assert variance.mean() == pytest.approx(1, abs=0.01)
    assert 2 / variance.var() == pytest.approx(successive_freedom(9), rel=0.02)


def test_the_prior_is_recovered() -> None:
    rng = np.random.default_rng(2)
    n, freedom, firm = 20_000, 8.0, 12.0
    foretold = rng.uniform(0.5, 2, (n, 1))
    true = 3 * foretold * firm / rng.chisquare(firm, (n, 1))
    own = true * rng.chisquare(freedom, (n, 1)) / freedom
    values, firmness = prior(own, np.full(n, freedom), foretold)
    assert firmness[0, 0] == pytest.approx(firm, rel=0.15)
    np.testing.assert_allclose(values / foretold, np.full((n, 1), values[0, 0] / foretold[0, 0]))
    assert float(values[0, 0] / foretold[0, 0]) == pytest.approx(3, rel=0.05)


def test_equal_variances_are_a_firm_prior_and_few_sequences_are_none() -> None:
    rng = np.random.default_rng(3)
    n = 3000
    own = rng.chisquare(8, (n, 1)) / 8
    assert prior(own, np.full(n, 8.0), np.ones((n, 1)))[1][0, 0] > 60
    few = prior(own[: FEWEST - 1], np.full(FEWEST - 1, 8.0), np.ones((FEWEST - 1, 1)))
    assert not few[0].any()
    assert not few[1].any()
    gap = np.ones((n, 1))
    gap[5] = np.nan
    values, firmness = prior(own, np.full(n, 8.0), gap)
    assert values[5, 0] == firmness[5, 0] == 0 < firmness[4, 0] <= MOST_FREEDOM


def test_trigamma_is_turned_round() -> None:
    from emoanalytics.statistics.variances import _half_freedom

    for half in (0.6, 2.0, 40.0):
        assert _half_freedom(float(special.polygamma(1, half))) == pytest.approx(half, rel=1e-6)
    assert _half_freedom(-1.0) == MOST_FREEDOM / 2


@pytest.mark.parametrize("between", [0.0, 0.2, 2.0])
def test_sureness_is_one_over_the_variance(between: float) -> None:
    rng = np.random.default_rng(1)
    n, clips = 200, np.array([1, 2, 20, 20, 5, 20, 40, 1, 20, 20, 3, 10], float)
    true = between + 1 / clips
    means = (rng.normal(size=(n, 12, 3)) * np.sqrt(0.01 * true)[None, :, None]).reshape(-1, 3)
    weights, scale = sureness(means, np.full((n, 3), 0.01), np.tile(clips, n), np.full(n, 12))
    mine = weights.reshape(n, 12)
    np.testing.assert_allclose(mine.mean(axis=1), 1)
    expected = 1 / true / (1 / true).mean()
    np.testing.assert_allclose(mine.mean(axis=0), expected, rtol=0.15, atol=0.02)
    assert 0.01 * scale.mean() == pytest.approx((0.01 * true * expected).mean(), rel=0.15)


def test_clip_variance_against_a_loop() -> None:
    rng = np.random.default_rng(2)
    clips = [rng.normal(0, 2, size) for size in (1, 4, 7)] + [rng.normal(0, 1, 1)]
    errors = np.array([[c.var(ddof=1) / len(c) if len(c) > 1 else np.nan] for c in clips])
    found = clip_variance(errors, np.array([1.0, 4, 7, 1]), np.array([3, 1]))
    pooled = sum(((c - c.mean()) ** 2).sum() for c in clips[:3]) / (3 + 6)
    assert found[0, 0] == pytest.approx(pooled)
    assert np.isnan(found[1, 0])
    weights, scale = sureness(np.array([[0.1]]), found[1:], np.ones(1), np.ones(1, int))
    assert (weights.tolist(), scale.tolist()) == ([1.0], [1.0])
