"""Steps: against ruptures and plain loops, and against made speakers whose answer is known."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import ruptures
from scipy import stats

from emoanalytics.statistics.changes import FEWEST_UNITS, MARGIN, _level, find_steps
from emoanalytics.statistics.multiplicity import adjusted


def made(
    n: int, length: int, changed: int, *, step: float = 0.25, at: int = 6, seed: int = 0, k: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of ``n`` sequences; the first ``changed`` rise by ``step`` in the first label behind ``at``."""
    rng = np.random.default_rng(seed)
    units = rng.normal(0.3, 0.05, (n, length, k))
    units[:changed, at:, 0] += step
    errors = 0.05**2 * rng.chisquare(40, (n, length, k)) / 40
    return units.reshape(-1, k), errors.reshape(-1, k), np.full(n, length)


def test_the_split_is_the_one_of_ruptures() -> None:
    means, errors, lengths = made(30, 11, 15, at=4, step=0.1)
    found = find_steps(means, errors, lengths, permutations=20)
    for i in range(30):
        for j in range(3):
            own = means[i * 11 : (i + 1) * 11, j]
            split = ruptures.Dynp(model="l2", min_size=MARGIN, jump=1).fit(own).predict(n_bkps=1)[0]
            assert found.place[i, j] == split
            assert found.effect[i, j] == pytest.approx(own[split:].mean() - own[:split].mean())


def slow_surprise(own: np.ndarray) -> float:
    """One sequence and label without a prior: the largest t over splits, as a normal deviate, less the search."""
    n, best = len(own), 0.0
    for split in range(MARGIN, n - MARGIN + 1):
        one, two = own[:split], own[split:]
        within = (one.var() * len(one) + two.var() * len(two)) / (n - 2)
        best = max(best, abs(one.mean() - two.mean()) / np.sqrt(within * (1 / len(one) + 1 / len(two))))
    freedom = n - 2
    z = (8 * freedom + 1) / (8 * freedom + 3) * np.sqrt(freedom * np.log1p(best**2 / freedom))
    return -float(stats.norm.logsf(z)) - float(np.log(np.log((n - MARGIN) / MARGIN)))


def test_p_values_of_one_speaker_against_all_orders() -> None:
    means, errors, lengths = made(1, 6, 1, at=3, step=0.1, seed=2, k=2)
    found = find_steps(means, errors, lengths)
    observed = [slow_surprise(means[:, j]) for j in range(2)]
    chance = [max(slow_surprise(means[list(order), j]) for j in range(2)) for order in permutations(range(6))]
    assert found.drawn == 720
    for j in range(2):
        as_well = sum(c >= observed[j] - 1e-7 for c in chance)
        assert found.p[0, j] == pytest.approx((1 + as_well) / 721)
    assert found.q[0] == pytest.approx(found.p[0].min())


def test_chance_is_pooled_over_speakers_of_any_length() -> None:
    """The slow twin of the pool, where nothing is found: own permutations of all, in one heap."""
    rng = np.random.default_rng(4)
    lengths = np.array([6, 0, 7, 6, 4])
    means = rng.normal(size=(lengths.sum(), 1))
    errors = np.full_like(means, np.nan)
    found = find_steps(means, errors, lengths, permutations=5040)
    parts = [means[:6, 0], means[6:13, 0], means[13:19, 0]]
    heap = np.array([slow_surprise(p[list(order)]) for p in parts for order in permutations(range(len(p)))])
    expected = [(1 + (heap >= slow_surprise(p) - 1e-7).sum()) / (1 + len(heap)) for p in parts]
    assert not found.found.any()
    np.testing.assert_allclose(found.p[[0, 2, 3], 0], expected)
    np.testing.assert_allclose(found.q[[0, 2, 3]], adjusted(np.array(expected), "bh"))
    assert np.isnan(found.p[[1, 4]]).all()
    assert np.isnan(found.effect[[1, 4]]).all()
    assert (found.tested, found.drawn) == (3, len(heap))


def test_planted_steps_are_found_at_their_place_and_others_are_not() -> None:
    wrong = []
    for seed in range(8):
        means, errors, lengths = made(200, 12, 60, seed=seed)
        found = find_steps(means, errors, lengths, permutations=200)
        flagged = found.found.any(axis=1)
        wrong.append(flagged[60:].sum() / flagged.sum())
        assert flagged[:60].mean() > 0.95
    assert np.mean(wrong) <= 0.06  # 5 %, and what eight stores leave to chance
    assert found.found[:60, 0].mean() > 0.95
    assert found.found[:60, 1:].mean() < 0.05
    assert (np.abs(found.place[:60, 0] - 6) <= 1).mean() > 0.95
    assert found.effect[:60, 0].mean() == pytest.approx(0.25, abs=0.02)


def test_where_nothing_changes_little_is_flagged() -> None:
    wrong = []
    for seed in range(60):
        means, errors, lengths = made(20, 8, 0, seed=seed)
        wrong.append(bool(find_steps(means, errors, lengths, permutations=200, seed=seed).found.any()))
    assert np.mean(wrong) <= 0.12  # 5 % of 60 is three; twelve times out of a thousand there are eight or more


def test_eight_sessions_among_many_speakers_can_be_enough() -> None:
    """Own permutations alone stop at 1/35 for a clean step in the middle: no correction over 12 survives that."""
    means, errors, lengths = made(12, 8, 1, at=4, step=0.4)
    found = find_steps(means, errors, lengths)
    assert found.q[0] < 0.05
    assert found.found[0, 0]
    assert not found.found[1:].any()
    assert found.p[0, 0] < 1 / 35 / 4


@pytest.mark.filterwarnings("error")
def test_constant_short_and_missing() -> None:
    flat = np.full((12, 2), 0.4)
    found = find_steps(flat, np.zeros_like(flat), np.array([12]))
    assert found.p.tolist() == [[1.0, 1.0]]
    np.testing.assert_allclose(found.effect, 0, atol=1e-12)
    assert not found.found.any()
    short = find_steps(flat[:5], np.zeros((5, 2)), np.array([5]))
    assert FEWEST_UNITS == 6
    assert (short.tested, short.drawn) == (0, 0)
    assert np.isnan(short.p).all()
    assert find_steps(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, int)).found.shape == (0, 3)
    assert find_steps(np.zeros((6, 0)), np.zeros((6, 0)), np.array([6])).found.shape == (1, 0)


def test_the_order_of_speakers_and_the_seed() -> None:
    means, errors, lengths = made(30, 9, 5, at=4)
    one = find_steps(means, errors, lengths, permutations=100, seed=1)
    same = find_steps(means, errors, lengths, permutations=100, seed=1)
    np.testing.assert_array_equal(one.p, same.p)
    back = find_steps(
        means.reshape(30, 9, 3)[::-1].reshape(-1, 3), errors.reshape(30, 9, 3)[::-1].reshape(-1, 3), lengths,
        permutations=100, seed=1,
    )  # fmt: skip
    np.testing.assert_allclose(back.p[::-1], one.p)
    np.testing.assert_array_equal(back.place[::-1], one.place)


# Clips of each of twelve sessions; nothing changes.
UNEVEN = [[1] * 2 + [20] * 10, [40] * 10 + [2] * 2, [1] * 6 + [40] * 6, [2] * 10 + [40] * 2, list(range(1, 37, 3))]


def uneven(clips: list[int], n: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Units of ``n`` sequences whose sessions hold ``clips`` softmax scores of 5 labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (n, 1, 5)) + rng.normal(0, spread, (n, len(clips), 5))
    means, errors = np.empty(logits.shape), np.full(logits.shape, np.nan)
    for t, size in enumerate(clips):
        scores = np.exp(logits[:, t, None] + rng.normal(0, 1, (n, size, 5)))
        scores /= scores.sum(axis=2, keepdims=True)
        means[:, t] = scores.mean(axis=1)
        if size > 1:
            errors[:, t] = scores.var(axis=1, ddof=1) / size
    return means.reshape(-1, 5), errors.reshape(-1, 5), np.full(n, len(clips)), np.tile(np.array(clips, float), n)


@pytest.mark.parametrize("clips", UNEVEN)
def test_short_sessions_at_one_end_are_no_change(clips: list[int]) -> None:
    """Counted alike, one clip among sessions of 20 is called a change in half of the speakers."""
    told = []
    for seed, spread in enumerate([0.1, 0.1, 0.3, 0.3, 1.0, 1.0]):
        means, errors, lengths, sizes = uneven(clips, 20, spread, seed)
        told.append(find_steps(means, errors, lengths, sizes=sizes, permutations=100).found.any(axis=1).mean())
    assert np.mean(told) <= 0.025  # of 120 speakers three


def test_a_step_among_uneven_sessions_is_found() -> None:
    clips = [1, 20, 3, 20, 20, 8, 20, 1, 20, 20, 2, 20]
    means, errors, lengths, sizes = uneven(clips, 30, 0.2, 5)
    means = means.reshape(30, 12, 5)
    means[:10, 6:] *= 0.65
    means[:10, 6:, 0] += 0.35
    found = find_steps(means.reshape(-1, 5), errors, lengths, sizes=sizes, permutations=300)
    assert found.found[:10, 0].mean() >= 0.8
    assert not found.found[10:].any()
    assert (np.abs(found.place[:10, 0] - 6) <= 1).mean() >= 0.8
    for i in range(10):
        at, own = found.place[i, 0], found.weights[12 * i : 12 * i + 12]
        before, after = (np.average(means[i, side, 0], weights=own[side]) for side in (slice(at), slice(at, None)))
        assert found.effect[i, 0] == pytest.approx(after - before)


def test_the_split_by_weights_against_a_loop() -> None:
    """Weighted least squares, each side at least as heavy as two middling sessions."""
    means, errors, lengths, sizes = uneven([1, 1, 9, 9, 2, 9, 30, 9, 1, 1], 9, 0.3, 3)
    found = find_steps(means, errors, lengths, sizes=sizes, permutations=20)
    for i in range(9):
        x, w = means[10 * i : 10 * i + 10], found.weights[10 * i : 10 * i + 10]
        assert w.mean() == pytest.approx(1)
        splits = [s for s in range(2, 9) if min(w[:s].sum(), w[s:].sum()) >= 2 * np.median(w)]
        for j in range(5):
            left = [
                sum((w[side] * (x[side, j] - np.average(x[side, j], weights=w[side])) ** 2).sum() for side in sides)
                for sides in ((slice(s), slice(s, None)) for s in splits)
            ]
            assert found.place[i, j] == splits[int(np.argmin(left))]


def test_equal_sizes_are_no_sizes() -> None:
    means, errors, lengths = made(12, 9, 3, at=4)
    one = find_steps(means, errors, lengths, permutations=100)
    same = find_steps(means, errors, lengths, sizes=np.full(108, 7.0), permutations=100)
    np.testing.assert_allclose(one.weights, 1)
    np.testing.assert_allclose(same.weights, 1)
    np.testing.assert_allclose(same.p, one.p)


def test_a_step_taken_out_leaves_as_much_spread_as_there_was_without_it() -> None:
    rng, length = np.random.default_rng(4), 9
    units = rng.normal(0, 0.1, (4000, length, 1))
    at = np.full((4000, 1), 4)
    stepped = units + 0.5 * (np.arange(length) >= 4)[None, :, None]
    left = _level(stepped, np.ones((4000, length)), at)
    assert np.allclose(left, _level(units, np.ones((4000, length)), at))  # whatever the size of the step
    assert left.var(axis=1, ddof=1).mean() == pytest.approx(units.var(axis=1, ddof=1).mean(), rel=0.03)
