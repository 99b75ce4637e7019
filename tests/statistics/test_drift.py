"""Slopes and their test: against scipy, one label at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emoanalytics.statistics.drift import find_drifts, robust_line
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


def test_many_sequences_at_once_are_each_alone() -> None:
    """Of several lengths, with ties in time, in scores, in both and in neither, and of one date."""
    rng = np.random.default_rng(5)
    lengths = np.array([7, 9, 7, 4, 9, 7, 9, 7])
    times, means = rng.random(lengths.sum()), rng.normal(size=(lengths.sum(), 3))
    ends = np.cumsum(lengths)
    parts = [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    times[parts[1]] = times[parts[1]].round(1)
    times[parts[5]] = 0.5
    means[parts[2], 1] = means[parts[2], 1].round()
    means[parts[6]] = means[parts[6]].round()
    times[parts[6]] = times[parts[6]].round(1)
    found = find_drifts(means, times, lengths, fewest=6)
    for i, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        alone = find_drifts(means[part], times[part], np.array([length]), fewest=6)
        for name in ("slope", "low", "high", "p"):
            np.testing.assert_array_equal(getattr(found, name)[i], getattr(alone, name)[0])
        assert np.isnan(found.p[i]).all() == (i in (3, 5))


@pytest.mark.parametrize("rounded", [False, True])
def test_a_robust_line_is_scipys(rounded: bool) -> None:
    rng = np.random.default_rng(8)
    y, x = rng.random(11), np.sort(rng.random(11))
    if rounded:
        y, x = y.round(1), x.round(1)
    line = stats.theilslopes(y, x)
    assert robust_line(y, x) == (pytest.approx(line.slope), pytest.approx(line.intercept))


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
