"""Intervals over clusters: against a loop over draws, and whether they cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from emoanalytics.statistics.bootstrap import FEWEST_CLUSTERS, mean_intervals, totals


def clusters(sizes: list[int], seed: int = 0, k: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(len(sizes)), sizes)
    logits = rng.normal(0, 0.5, (len(sizes), k))[code] + rng.normal(0, 1, (len(code), k))
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return values, rng.uniform(0.5, 2, len(code)), code


def slow_ends(values: np.ndarray, weights: np.ndarray, code: np.ndarray, seed: int, b: int) -> tuple[float, float]:
    """One emotion, clip by clip: the studentised bootstrap over clusters on the logit scale."""
    n = int(code.max()) + 1

    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    def mean_of(counts: list[int]) -> tuple[float, float]:
        total = size = 0.0
        for c in range(n):
            total += counts[c] * float((weights * values)[code == c].sum())
            size += counts[c] * float(weights[code == c].sum())
        mean, squares = total / size, 0.0
        for c in range(n):
            squares += counts[c] * float((weights * (values - mean))[code == c].sum()) ** 2
        return mean, float(np.sqrt(squares * n / (n - 1)) / size)

    mean = mean_of([1] * n)[0]
    left = [logit(mean_of([int(c != out) for c in range(n)])[0]) for out in range(n)]
    error = np.sqrt((n - 1) / n * sum((x - np.mean(left)) ** 2 for x in left))
    draws = np.random.default_rng([seed, n]).multinomial(n, [1 / n] * n, size=b)
    distances = []
    for counts in draws.tolist():
        again, spread = mean_of(counts)
        far = abs(logit(again) - logit(mean))
        distances.append(far * again * (1 - again) / spread if spread > 1e-12 else np.inf)
    critical = sorted(distances)[int(np.ceil(0.95 * b)) - 1]
    whole = [float(weights[code == c].sum()) for c in range(n)]
    freedom = sum(whole) ** 2 / sum(w * w for w in whole) - 1
    reach = min(critical, 1.2 * stats.t.ppf(0.975, freedom)) * error
    ends = [logit(mean) - reach, logit(mean) + reach]
    return 1 / (1 + np.exp(-ends[0])), 1 / (1 + np.exp(-ends[1]))


@pytest.mark.parametrize("sizes", [[4, 9, 2, 6], [5] * 8, [3, 7, 5, 4, 9, 2, 6, 5, 8, 4, 3, 6, 7, 2, 9, 5, 4, 6]])
def test_against_the_slow_twin(sizes: list[int]) -> None:
    values, weights, code = clusters(sizes)
    sums, sizes_w = totals(values, weights, code, len(sizes))
    found = mean_intervals(sums, sizes_w, np.zeros(len(sizes), int), 1, seed=3, resamples=300)
    for j in range(3):
        low, high = slow_ends(values[:, j], weights, code, 3, 300)
        assert found.mean[0, j] == pytest.approx(np.average(values[:, j], weights=weights))
        assert found.low[0, j] == pytest.approx(low, rel=2e-4)
        assert found.high[0, j] == pytest.approx(high, rel=2e-4)


def test_cells_do_not_know_of_each_other() -> None:
    values, weights, code = clusters([3] * 30)
    sums, sizes = totals(values, weights, code, 30)
    cells = np.array([0, 2] * 10 + [2] * 10)
    together = mean_intervals(sums, sizes, cells, 4, seed=1)
    assert together.clusters.tolist() == [10, 0, 20, 0]
    for cell in (0, 2):
        own = cells == cell
        alone = mean_intervals(sums[own], sizes[own], np.zeros(own.sum(), int), 1, seed=1)
        np.testing.assert_allclose(together.low[cell], alone.low[0], rtol=1e-6)
        np.testing.assert_allclose(together.high[cell], alone.high[0], rtol=1e-6)
    assert np.isnan(together.mean[[1, 3]]).all()
    assert np.isnan(together.low[[1, 3]]).all()


def test_too_few_clusters_have_a_mean_and_no_interval() -> None:
    for n in range(1, FEWEST_CLUSTERS):
        found = mean_intervals(np.full((n, 1), 0.3), np.ones(n), np.zeros(n, int), 1)
        assert found.mean[0, 0] == pytest.approx(0.3)
        assert np.isnan(found.low).all()
        assert np.isnan(found.high).all()


@pytest.mark.filterwarnings("error")
def test_sure_things_and_edges() -> None:
    same = mean_intervals(np.full((6, 2), 0.25), np.ones(6), np.zeros(6, int), 1)
    np.testing.assert_allclose([same.low[0], same.high[0]], 0.25)
    edge = mean_intervals(np.repeat([[0.0, 1.0]], 6, axis=0), np.ones(6), np.zeros(6, int), 1)
    np.testing.assert_allclose(edge.low[0], [0, 1], atol=2e-6)
    np.testing.assert_allclose(edge.high[0], [0, 1], atol=2e-6)
    one = np.array([[0.0], [0.0], [0.0], [0.0], [0.9]])
    found = mean_intervals(one, np.ones(5), np.zeros(5, int), 1)
    assert 0 <= found.low[0, 0] < 0.18 < found.high[0, 0] <= 1
    assert mean_intervals(np.zeros((0, 2)), np.zeros(0), np.zeros(0, int), 0).mean.shape == (0, 2)


def test_very_many_clusters_take_students_quantile() -> None:
    values = np.random.default_rng(0).uniform(0.2, 0.6, (10_001, 1))
    found = mean_intervals(values, np.ones(10_001), np.zeros(10_001, int), 1)
    error = values.std(ddof=1) / np.sqrt(10_001)
    assert found.low[0, 0] == pytest.approx(values.mean() - 1.96 * error, abs=error / 100)
    assert found.high[0, 0] == pytest.approx(values.mean() + 1.96 * error, abs=error / 100)


def test_the_seed_decides() -> None:
    values, weights, code = clusters([4] * 25)
    sums, sizes = totals(values, weights, code, 25)
    one, same, other = (mean_intervals(sums, sizes, np.zeros(25, int), 1, seed=s) for s in (0, 0, 1))
    assert (one.low == same.low).all()
    assert (one.low != other.low).any()


@pytest.mark.parametrize("sessions", [5, 12])
def test_it_covers_where_clips_of_a_session_are_alike(sessions: int) -> None:
    rng = np.random.default_rng(5)
    corpora, clips = 600, 12

    def drawn(n: int) -> np.ndarray:
        logits = (
            np.log([0.1, 0.6, 0.3])
            + rng.normal(0, 0.5, (n, sessions, 1, 3))
            + rng.normal(0, 1, (n, sessions, clips, 3))
        )
        return (np.exp(logits) / np.exp(logits).sum(axis=3, keepdims=True)).sum(axis=2)

    truth = drawn(4000).mean(axis=(0, 1)) / clips
    sums = drawn(corpora).reshape(-1, 3)
    cells = np.repeat(np.arange(corpora), sessions)
    found = mean_intervals(sums, np.full(len(sums), float(clips)), cells, corpora)
    covered = ((found.low <= truth) & (truth <= found.high)).mean()
    assert 0.93 < covered < 0.975


@pytest.mark.filterwarnings("error")
def test_scores_of_nearly_nothing_do_not_overflow() -> None:
    sums = np.array([[1e-12], [0.0], [0.0], [0.9]])
    found = mean_intervals(sums, np.array([1000.0, 1, 1, 1]), np.zeros(4, int), 1)
    assert np.isfinite(found.low).all()
    assert found.low[0, 0] <= found.mean[0, 0] <= found.high[0, 0]


def test_too_little_of_a_score_or_one_cluster_above_all_gets_no_interval() -> None:
    # Means of 20 clips in five clusters: scores, or what they lack of 1, add up to 0.3 or not.
    means = np.array([0.01, 0.02, 0.5, 0.9, 0.99])
    sums = 4 * means * np.linspace(0.99, 1.01, 5)[:, None]
    even, cells = np.full(5, 4.0), np.zeros(5, int)
    found = mean_intervals(sums, even, cells, 1, clips=np.array([20.0]))
    assert np.isfinite(found.low[0]).tolist() == np.isfinite(found.high[0]).tolist() == [False, True, True, True, False]
    bare = mean_intervals(sums, even, cells, 1)
    assert np.isfinite(bare.low).all() and np.array_equal(bare.mean, found.mean)
    assert np.array_equal(bare.low[0, 1:4], found.low[0, 1:4])
    for largest, given in ((16.0, True), (16.1, False)):  # half of the weight, and a little more
        uneven = np.array([largest, 4, 4, 4, 4])
        found = mean_intervals(uneven[:, None] * sums / 4, uneven, cells, 1, clips=np.array([30.0]))
        assert np.isfinite(found.low[0, 2]) == given


def test_intervals_that_are_given_of_rare_scores_hold_the_truth() -> None:
    rng, corpora, sessions, clips = np.random.default_rng(2), 500, 6, 2
    logits = -8 + rng.normal(0, 3, (corpora, sessions, clips, 1))
    truth = special.expit(-8 + np.random.default_rng(3).normal(0, 3, 1_000_000)).mean()
    sums = special.expit(logits).sum(axis=2).reshape(-1, 1)
    cells, even = np.repeat(np.arange(corpora), sessions), np.full(corpora * sessions, float(clips))
    bare = mean_intervals(sums, even, cells, corpora)
    missed = (bare.high < truth) | (truth < bare.low)
    given = np.isfinite(mean_intervals(sums, even, cells, corpora, clips=np.full(corpora, 12.0)).low)
    assert missed.mean() > 0.2 > 0.05 > (missed & given).mean()
