"""The scores of a clip over time, and the line that is drawn of them, each beside a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emoanalytics.analyze import Curve
from emoanalytics.views.figures.timelines import thinned

LABELS = ("angry", "happy", "sad")


def frames(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Middles of n frames of 20 ms, and a score of each label in each."""
    return (np.arange(n) + 0.5) * 0.02, np.random.default_rng(seed).dirichlet(np.ones(len(LABELS)), n)


def smoothed_slowly(scores: np.ndarray, half: int) -> list[list[float]]:
    """Around each frame the geometric mean of each label's scores, made to sum to 1."""
    found = []
    for i in range(len(scores)):
        near = [scores[j] for j in range(len(scores)) if abs(j - i) <= half]
        means = [math.prod(float(row[k]) for row in near) ** (1 / len(near)) for k in range(len(LABELS))]
        found.append([value / sum(means) for value in means])
    return found


@pytest.mark.parametrize(("n", "smooth_s", "half"), [(37, 0.2, 5), (37, 0.0, 0), (5, 9.0, 225), (1, 0.5, 12)])
def test_a_window_is_the_geometric_mean_of_its_frames(n: int, smooth_s: float, half: int) -> None:
    times, scores = frames(n)
    curve = Curve.around(times, scores, LABELS, n * 0.02, smooth_s)
    assert curve.scores == pytest.approx(np.array(smoothed_slowly(scores, half)), abs=1e-9)
    for i in range(n):
        assert (curve.start_s[i], curve.end_s[i]) == pytest.approx((i * 0.02, (i + 1) * 0.02))
    assert (curve.labels, curve.smooth_s) == (LABELS, smooth_s)


def test_a_window_over_all_is_the_score_of_the_mean_logit() -> None:
    """What a clip's score is: the softmax of the mean of its frames' logits, whatever was added to a frame's."""
    times, scores = frames(40, seed=3)
    logits = np.log(scores) + np.random.default_rng(4).normal(size=(40, 1))
    mean = [sum(float(row[k]) for row in logits) / 40 for k in range(len(LABELS))]
    total = sum(math.exp(value) for value in mean)
    curve = Curve.around(times, scores, LABELS, 0.8, 10.0)
    for row in curve.scores:
        assert row == pytest.approx([math.exp(value) / total for value in mean], abs=1e-9)


def test_a_score_of_nothing_and_no_frame() -> None:
    scores = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    curve = Curve.around(np.array([0.01, 0.03]), scores, LABELS, 0.04, 0.0)
    assert curve.scores == pytest.approx(scores, abs=1e-12)
    none = Curve.around(np.zeros(0), np.zeros((0, 3)), LABELS, 0.0, 0.5)
    assert none.scores.shape == (0, 3) and none.start_s.shape == (0,)


@pytest.mark.parametrize(("n", "columns"), [(1700, 600), (601, 600), (600, 600), (7, 3)])
def test_the_drawn_line_is_the_mean_of_equal_stretches(n: int, columns: int) -> None:
    times, scores = frames(n)
    drawn_times, drawn = thinned(times, scores, columns)
    stretches: list[list[int]] = [[] for _ in range(columns)]
    for i in range(n):
        # The stretch j begins at the whole part of j * n / columns.
        stretches[max(j for j in range(columns) if j * n // columns <= i)].append(i)
    assert len(drawn) == columns and all(stretches) and max(map(len, stretches)) - min(map(len, stretches)) <= 1
    for j, own in enumerate(stretches):
        assert drawn_times[j] == pytest.approx(sum(times[i] for i in own) / len(own))
        for k in range(len(LABELS)):
            assert drawn[j, k] == pytest.approx(sum(scores[i, k] for i in own) / len(own))
