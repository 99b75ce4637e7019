"""Calibration error and reliability bins against plain loops and simulated heads whose error is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from emoanalytics.embed.heads.reliability import reliability


def simulated(n: int, groups: int, sharper: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = 1.5 * rng.normal(size=(n, 4))
    label = (softmax(z, axis=1).cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return softmax(sharper * z, axis=1), np.eye(4)[label], np.arange(n) % groups


def test_bins_and_errors_are_those_of_a_plain_loop() -> None:
    scores, targets, groups = simulated(205, 8, 2.0, 0)
    found = reliability(scores, targets, groups)
    top = scores.max(axis=1)
    right = targets[np.arange(205), scores.argmax(axis=1)]
    edges = np.quantile(top, np.arange(11) / 10)
    ece = square = 0.0
    for i, b in enumerate(found.bins):
        mine = (top >= edges[i]) & ((top < edges[i + 1]) | (i == 9))
        assert b.rows == mine.sum()
        assert (b.low, b.high) == (top[mine].min(), top[mine].max())
        assert (b.score, b.right) == (pytest.approx(top[mine].mean()), pytest.approx(right[mine].mean()))
        assert b.right_low <= b.right <= b.right_high
        distance = top[mine] - right[mine]
        ece += mine.mean() * abs(distance.mean())
        square += mine.mean() * (distance.mean() ** 2 - distance.var(ddof=1) / mine.sum())
    assert found.ece == pytest.approx(ece)
    assert found.error == pytest.approx(np.sqrt(max(0, square)))
    assert (found.rows, found.groups) == (205, 8)


def test_the_interval_is_a_bootstrap_over_groups() -> None:
    scores, targets, groups = simulated(120, 6, 3.0, 1)
    found = reliability(scores, targets, groups, seed=5, resamples=50)
    draws = np.random.default_rng(5).multinomial(6, np.full(6, 1 / 6), size=50)
    top, right = scores.max(axis=1), targets[np.arange(120), scores.argmax(axis=1)]
    edges = np.quantile(top, np.arange(1, 10) / 10)
    squares = []
    for draw in draws:
        rows = np.concatenate([np.repeat(np.flatnonzero(groups == g), draw[g]) for g in range(6)])
        square = 0.0
        for b in range(10):
            distance = (top - right)[rows][np.searchsorted(edges, top[rows], side="right") == b]
            if len(distance):
                noise = distance.var() / max(1, len(distance) - 1)
                square += len(distance) / len(rows) * (distance.mean() ** 2 - noise)
        squares.append(square)
    low, high = np.percentile(squares - np.mean(squares) + found.error**2, (2.5, 97.5))
    assert found.low == pytest.approx(np.sqrt(max(low, 0)), abs=1e-9)
    assert found.high == pytest.approx(np.sqrt(high), abs=1e-9)


def test_a_perfect_head_has_no_error_but_the_usual_figure_says_it_has() -> None:
    found = [reliability(*simulated(100, 10, 1.0, seed), resamples=200) for seed in range(60)]
    assert np.mean([r.ece for r in found]) > 0.1
    assert np.median([r.error for r in found]) < 0.05
    assert np.mean([r.low <= 0.02 for r in found]) > 0.9


def test_a_head_too_sure_is_found_out() -> None:
    true = reliability(*simulated(200_000, 10, 3.0, 99), resamples=10).error
    found = [reliability(*simulated(200, 20, 3.0, seed), resamples=200) for seed in range(60)]
    assert np.mean([r.error for r in found]) == pytest.approx(true, abs=0.02)
    assert np.mean([r.low <= true <= r.high for r in found]) > 0.85


def test_few_groups_have_no_interval() -> None:
    found = reliability(*simulated(80, 4, 2.0, 0))
    assert found.low is None and found.high is None
    assert all(b.right_low is None for b in found.bins)


def test_equal_scores_share_a_bin() -> None:
    scores = np.tile([[1.0, 0.0]], (60, 1))
    found = reliability(scores, np.eye(2)[np.arange(60) % 3 // 2], np.arange(60) % 6)
    assert [b.rows for b in found.bins] == [60]
    assert found.ece == pytest.approx(1 / 3)
