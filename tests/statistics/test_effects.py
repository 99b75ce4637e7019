"""Effect sizes against loops over pairs of speakers and textbook formulas."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emoanalytics.statistics.cells import Cells, Contrast
from emoanalytics.statistics.effects import (
    Magnitude,
    cliffs_delta,
    cramers_v,
    dominance,
    magnitude,
    standardised,
)

FEW = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=8)


@given(FEW, FEW)
def test_cliffs_delta_counts_pairs(one: list[float], two: list[float]) -> None:
    wins = sum((a > b) - (a < b) for a, b in itertools.product(one, two))
    assert cliffs_delta(np.array(one), np.array(two)) == pytest.approx(wins / (len(one) * len(two)))


def test_dominance_of_each_kind_and_of_both() -> None:
    rng = np.random.default_rng(2)
    pairs, one, two = rng.normal(0.3, 1, (9, 2)), rng.normal(0.5, 1, (4, 2)), rng.normal(0, 1, (5, 2))
    none = np.zeros((0, 2))
    paired = [np.mean([np.sign(p[e]) for p in pairs]) for e in range(2)]
    between = [np.mean([np.sign(a[e] - b[e]) for a in one for b in two]) for e in range(2)]
    np.testing.assert_allclose(dominance(Contrast(pairs, none, none)), paired)
    np.testing.assert_allclose(dominance(Contrast(none, one, two)), between)
    both = Contrast(pairs, one, two)
    assert 0 < both.share < 1
    expected = [both.share * p + (1 - both.share) * b for p, b in zip(paired, between, strict=True)]
    np.testing.assert_allclose(dominance(both), expected)
    assert np.isnan(dominance(Contrast(none, none, none))).all()


def test_the_standardised_difference_is_hedges_g() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(1, 1, 6), rng.normal(0, 2, 6)
    means = np.full((12, 2, 1), np.nan)
    means[:6, 0, 0], means[6:, 1, 0] = one, two
    pooled = np.sqrt(((6 - 1) * one.var(ddof=1) + (6 - 1) * two.var(ddof=1)) / (12 - 2))
    expected = (one.mean() - two.mean()) / pooled * (1 - 3 / (4 * 10 - 1))
    assert standardised(Cells(means))[0] == pytest.approx(expected)
    paired = Cells(np.stack([one, two], axis=1)[:, :, None])
    assert standardised(paired)[0] == pytest.approx(expected)  # whoever is in both: the spread is that between speakers


def test_no_spread_and_too_few_speakers_have_no_standardised_difference() -> None:
    assert np.isnan(standardised(Cells(np.full((4, 2, 1), 0.5)))).all()
    assert np.isnan(standardised(Cells(np.array([[[0.1], [0.2]]])))).all()


@pytest.mark.parametrize(
    ("delta", "word"),
    [
        (0.0, "negligible"),
        (-0.146, "negligible"),
        (0.147, "small"),
        (-0.33, "medium"),
        (0.474, "large"),
        (-1.0, "large"),
    ],
)
def test_words(delta: float, word: str) -> None:
    assert magnitude(delta) is Magnitude(word)


def test_cramers_v_is_scipys_without_the_bias() -> None:
    rng = np.random.default_rng(4)
    one = rng.integers(0, 3, 400)
    two = np.where(rng.random(400) < 0.5, one, rng.integers(0, 4, 400))
    table = np.array([[((one == i) & (two == j)).sum() for j in range(4)] for i in range(3)])
    raw = stats.contingency.association(table, method="cramer")
    assert cramers_v(one, two) == pytest.approx(raw, abs=0.01)
    phi = stats.chi2_contingency(table, correction=False).statistic / 400
    less, r, c = phi - 2 * 3 / 399, 3 - 2**2 / 399, 4 - 3**2 / 399
    assert cramers_v(one, two) == pytest.approx(np.sqrt(less / (min(r, c) - 1)))


def test_columns_that_have_nothing_in_common_agree_little_however_many_values_they_have() -> None:
    rng = np.random.default_rng(5)
    found = [cramers_v(rng.integers(0, 2, 60), rng.integers(0, 20, 60)) for _ in range(200)]
    assert np.mean(found) < 0.2
    assert cramers_v(np.array([0, 0, 0]), np.array([0, 1, 2])) == 0.0
    assert cramers_v(np.array([5, 5, 9, 9] * 10), np.array([7, 7, 2, 2] * 10)) == pytest.approx(1.0)
