"""Folds, recall and its interval against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.embed.heads import folds


def test_few_groups_are_left_out_one_by_one() -> None:
    held = folds.split(np.zeros(9, int), np.array([4, 4, 4, 7, 7, 7, 9, 9, 9]), None, default=6, seed=0)
    assert [h.tolist() for h in held] == [[4], [7], [9]]


@pytest.mark.parametrize(
    ("n_groups", "wanted", "n_folds"), [(12, None, 6), (24, None, 6), (12, 3, 3), (5, 9, 5), (5, 2, 2)]
)
def test_every_group_is_held_out_once(n_groups: int, wanted: int | None, n_folds: int) -> None:
    rng = np.random.default_rng(2)
    groups = np.concatenate([np.arange(n_groups), rng.integers(n_groups, size=100)])
    labels = rng.integers(3, size=len(groups))
    held = folds.split(labels, groups, wanted, default=6, seed=1)
    assert len(held) == n_folds
    assert sorted(np.concatenate(held).tolist()) == list(range(n_groups))


def test_recall_and_accuracy_by_loop() -> None:
    rng = np.random.default_rng(3)
    y, p, g = rng.integers(4, size=60), rng.integers(4, size=60), rng.integers(3, size=60)
    y[y == 3] = 0  # a label that never occurs but is predicted
    counts = folds.count(p, y, g, 4)
    for i in range(3):
        for a in range(4):
            for b in range(4):
                assert counts[i, a, b] == sum(y[r] == a and p[r] == b and g[r] == i for r in range(60))
    recalls = [np.mean([p[r] == a for r in range(60) if y[r] == a]) for a in range(3)]
    assert folds.uar(counts.sum(axis=0)) == pytest.approx(np.mean(recalls))
    assert folds.accuracy(counts.sum(axis=0)) == pytest.approx(np.mean(y == p))
    assert np.isnan(folds.uar(np.zeros((4, 4)))) and np.isnan(folds.accuracy(np.zeros((4, 4))))


def test_the_interval_resamples_whole_groups() -> None:
    rng = np.random.default_rng(4)
    y, g = rng.integers(2, size=200), np.arange(200) % 8
    p = np.where(rng.random(200) < g / 8, y, 1 - y)  # groups differ a lot
    counts = folds.count(p, y, g, 2)
    low, high = folds.interval(counts, folds.uar, seed=5, resamples=4000)
    by_loop = []
    for _ in range(1500):
        drawn = rng.integers(8, size=8)
        rows = np.concatenate([np.flatnonzero(g == d) for d in drawn])
        by_loop.append(np.mean([(p[rows] == y[rows])[y[rows] == k].mean() for k in (0, 1)]))
    assert (low, high) == pytest.approx(tuple(np.percentile(by_loop, (2.5, 97.5))), abs=0.03)
    same = np.tile(counts[3:4], (8, 1, 1))  # groups all alike: nothing to vary
    assert folds.interval(same, folds.uar, seed=5, resamples=100) == pytest.approx((float(folds.uar(counts[3])),) * 2)
