"""Log-ratios of distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emoanalytics.statistics.composition import FLOOR, log_ratios, without_zeros


def test_against_the_definition() -> None:
    parts = np.random.default_rng(0).dirichlet(np.ones(9), 20)
    for row, found in zip(parts, log_ratios(parts), strict=True):
        geometric = np.prod(row) ** (1 / 9)
        np.testing.assert_allclose(found, [np.log(p / geometric) for p in row], rtol=1e-9)


def test_of_a_softmax_it_is_the_centred_logits() -> None:
    logits = np.random.default_rng(1).normal(0, 2, (5, 9))
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(log_ratios(scores), logits - logits.mean(axis=1, keepdims=True), atol=1e-9)


def test_zeros_give_way_in_proportion() -> None:
    found = without_zeros(np.array([[0.0, 0.25, 0.75], [2.0, 2.0, 0.0]]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0, 0] == found[1, 2] == FLOOR
    assert found[0, 2] / found[0, 1] == pytest.approx(3)
    assert found[1, 0] == pytest.approx(found[1, 1])


def test_a_label_that_is_not_known_is_no_part() -> None:
    parts = np.array([[0.2, np.nan, 0.8], [0.5, np.nan, 0.5]])
    found = log_ratios(parts)
    assert np.isnan(found[:, 1]).all()
    np.testing.assert_allclose(found[:, [0, 2]], log_ratios(parts[:, [0, 2]]))
    assert np.isnan(log_ratios(np.full((2, 3), np.nan))).all()


@given(arrays(np.float64, (4, 9), elements=st.floats(0, 1)).filter(lambda a: (a.sum(axis=1) > 0.01).all()))
def test_rows_sum_to_zero_and_are_finite(parts: np.ndarray) -> None:
    found = log_ratios(parts)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-9)
