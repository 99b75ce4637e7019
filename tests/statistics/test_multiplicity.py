"""Adjusted p-values against step-by-step rules, and the errors they promise to keep small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emoanalytics.errors import StoreError
from emoanalytics.statistics.multiplicity import Correction, adjusted

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def rejected_by_holm(p: list[float], alpha: float) -> list[bool]:
    """The procedure as Holm wrote it: smallest first, stop at the first that is too large."""
    rejected = [False] * len(p)
    for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[i] * (len(p) - step) > alpha:
            break
        rejected[i] = True
    return rejected


def rejected_by_bh(p: list[float], alpha: float) -> list[bool]:
    """The procedure as Benjamini and Hochberg wrote it: the largest k whose p is at most k alpha / m."""
    ordered = sorted(p)
    fits = [k for k in range(1, len(p) + 1) if ordered[k - 1] * len(p) / k <= alpha]
    return [bool(fits) and value <= ordered[max(fits) - 1] for value in p]


@given(P_VALUES)
def test_the_false_discovery_rate_is_scipys(p: list[float]) -> None:
    np.testing.assert_array_equal(adjusted(np.array(p), "bh"), stats.false_discovery_control(p, method="bh"))


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.2, 0.5]))
def test_rejections_are_those_of_the_written_procedures(p: list[float], alpha: float) -> None:
    assert (adjusted(np.array(p), "holm") <= alpha).tolist() == rejected_by_holm(p, alpha)
    got = adjusted(np.array(p), "bh")
    clear = ~np.isclose(got, alpha, rtol=1e-12)  # p m / k and k alpha / m round apart
    assert (got <= alpha)[clear].tolist() == np.array(rejected_by_bh(p, alpha))[clear].tolist()


def test_known_values() -> None:
    p = np.array([0.01, 0.02, 0.03, 0.04, 0.5])
    np.testing.assert_allclose(adjusted(p, Correction.HOLM), [0.05, 0.08, 0.09, 0.09, 0.5])
    np.testing.assert_allclose(adjusted(p, Correction.BH), [0.05, 0.05, 0.05, 0.05, 0.5])


def test_order_shape_and_missing_tests() -> None:
    p = np.array([[0.5, np.nan, 0.01], [0.04, 0.02, 0.03]])
    got = adjusted(p)
    assert np.isnan(got[0, 1])
    np.testing.assert_allclose(got[~np.isnan(p)], adjusted(p[~np.isnan(p)]))
    np.testing.assert_allclose(adjusted(np.array([0.03, 0.01, 0.02])), [0.04, 0.03, 0.04])
    assert adjusted(np.array([])).shape == (0,)
    assert np.isnan(adjusted(np.array([np.nan, np.nan]))).all()


def test_holm_keeps_the_chance_of_any_false_positive() -> None:
    rng = np.random.default_rng(5)
    p = rng.uniform(size=(2_000, 8))
    any_false = np.mean([(adjusted(row) <= 0.05).any() for row in p])
    assert 0.035 <= any_false <= 0.065
    assert np.mean((p <= 0.05).any(axis=1)) > 0.3  # without a correction


def test_wrong_values_are_said() -> None:
    with pytest.raises(StoreError, match=r"p-values lie in 0\.\.1"):
        adjusted(np.array([0.5, 1.5]))
    with pytest.raises(StoreError, match="the correction is one of holm, bh, not 'bonferroni'"):
        adjusted(np.array([0.5]), "bonferroni")
