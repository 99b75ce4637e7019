"""Slopes and their test: against scipy, one label at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emoanalytics.statistics.drift import find_drifts
from emoanalytics.statistics.multiplicity import adjusted


@pytest.mark.parametrize("length", [6, 8, 13, 40])
@pytest.mark.parametrize("ties", ["none", "scores", "both"])
def test_against_scipy(length: int, ties: str) -> None:
    rng = np.random.default_rng(length)
    y, x = rng.normal(size=(length, 3)) + np.linspace(0, 1, length)[:, None], np.sort(rng.random(length))
    if ties != "none":
        y[:, :2] = y[:, :2].round()
    if ties == "both":
        x = x.round(1)
    found = find_drifts(y, x, np.array([length]), fewest=6)
    for j in range(3):
        line = stats.theilslopes(y[:, j], x, alpha=0.95)
        tied = len(set(x)) < length or len(set(y[:, j])) < length
        tau = stats.kendalltau(x, y[:, j], method="asymptotic" if tied else "exact")
        assert found.slope[0, j] == pytest.approx(line.slope)
        assert (found.low[0, j], found.high[0, j]) == (pytest.approx(line.low_slope), pytest.approx(line.high_slope))
        assert found.p[0, j] == pytest.approx(tau.pvalue, rel=1e-6)


def test_sequences_stand_for_themselves_and_are_corrected_together() -> None:
    rng = np.random.default_rng(0)
    lengths = np.array([8, 3, 7])
    means, times = rng.normal(size=(18, 2)), np.concatenate([np.arange(8.0), np.arange(3.0), np.arange(7.0) * 10])
    found = find_drifts(means, times, lengths, fewest=6)
    alone = find_drifts(means[11:], times[11:], np.array([7]), fewest=6)
    np.testing.assert_allclose(found.slope[2], alone.slope[0])
    np.testing.assert_allclose(found.p[2], alone.p[0])
    assert np.isnan(found.slope[1]).all()
    np.testing.assert_allclose(found.q, adjusted(found.p, "bh"))


@pytest.mark.filterwarnings("error")
def test_one_date_or_a_constant_is_no_drift() -> None:
    found = find_drifts(np.arange(6.0)[:, None], np.zeros(6), np.array([6]), fewest=6)
    assert np.isnan(found.slope).all()
    assert np.isnan(found.p).all()
    flat = find_drifts(np.full((6, 1), 0.2), np.arange(6.0), np.array([6]), fewest=6)
    assert (flat.slope.item(), flat.p.item()) == (0.0, 1.0)


def test_the_interval_covers_a_slope() -> None:
    rng = np.random.default_rng(1)
    x = np.arange(10.0)
    y = 0.02 * x[:, None] + rng.normal(0, 0.05, (10, 2000))
    found = find_drifts(y, x, np.array([10]), fewest=6)
    assert 0.93 < ((found.low <= 0.02) & (found.high >= 0.02)).mean() < 0.975
