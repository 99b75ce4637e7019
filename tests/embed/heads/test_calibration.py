"""Temperature and vector scaling against grids and plain loops, and the choice between them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax

from emoanalytics.embed.heads import Head
from emoanalytics.embed.heads.calibration import (
    Calibrator,
    Method,
    calibrator,
    choose,
    cross_entropy,
    logits_of,
)
from emoanalytics.errors import HeadError

LABELS = ("angry", "happy", "sad")


def listened(
    n: int = 300, groups: int = 10, *, sharper: float = 3.0, shift: tuple[float, ...] = (0, 0, 0), seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of a head that is ``sharper`` times too sure, labels drawn from the truth, speakers."""
    rng = np.random.default_rng(seed)
    z = 1.5 * rng.normal(size=(n, 3))
    truth = softmax(z + np.array(shift), axis=1)
    label = (truth.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return softmax(sharper * z, axis=1), np.eye(3)[label], np.arange(n) % groups


def test_the_temperature_is_the_best_of_a_grid() -> None:
    scores, targets, _ = listened()
    found = calibrator(LABELS, logits_of(scores), targets, Method.TEMPERATURE)
    grid = np.linspace(0.5, 8, 751)
    losses = []
    for t in grid:
        sharpened = scores ** (1 / t)
        right = (sharpened / sharpened.sum(axis=1, keepdims=True))[targets == 1]
        losses.append(-np.log(right).mean())
    assert found.temperature == pytest.approx(grid[int(np.argmin(losses))], abs=0.01)
    assert found.temperature == pytest.approx(3, abs=0.5)
    assert (found.shift == 0).all()


def test_votes_weigh_as_listeners_do() -> None:
    """Ten listeners of one clip are ten rows of one listener."""
    scores, _, _ = listened(n=60)
    counts = np.random.default_rng(1).multinomial(10, [0.5, 0.3, 0.2], size=60)
    shares = calibrator(LABELS, logits_of(scores), counts / 10, Method.TEMPERATURE)
    at = np.repeat(np.arange(60), 10)
    labels = np.concatenate([np.repeat(np.arange(3), row) for row in counts])
    single = calibrator(LABELS, logits_of(scores)[at], np.eye(3)[labels], Method.TEMPERATURE)
    assert shares.temperature == pytest.approx(single.temperature, rel=1e-4)


def test_vector_scaling_is_the_penalised_optimum() -> None:
    scores, targets, _ = listened(n=150, shift=(1.0, 0, -1.0))
    z = logits_of(scores)
    found = calibrator(LABELS, z, targets, Method.VECTOR)
    common = 1 / calibrator(LABELS, z, targets, Method.TEMPERATURE).temperature

    def loss(p: np.ndarray) -> float:
        total = 0.0
        for row, target in zip(z, targets, strict=True):
            e = np.exp(common * np.exp(p[:3]) * row + p[3:])
            total -= np.log(e[target.argmax()] / e.sum())
        return total + 0.5 * float(p @ p)

    slow = minimize(loss, np.zeros(6), method="Powell", options={"xtol": 1e-6, "ftol": 1e-10}).x
    np.testing.assert_allclose(found.scale, common * np.exp(slow[:3]), rtol=1e-2)
    np.testing.assert_allclose(found.shift, slow[3:], atol=1e-2)
    assert found.shift[0] - found.shift[2] > 0.8 and found.temperature is None


@pytest.mark.parametrize("method", list(Method))
def test_the_folded_head_gives_the_corrected_scores(method: Method) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(50, 6))
    head = Head(rng.normal(size=(3, 6)), rng.normal(size=3), LABELS, temperature=0.7)
    _, targets, _ = listened(n=50)
    found = calibrator(LABELS, logits_of(head.scores(x)), targets, method)
    folded = found.head(head)
    np.testing.assert_allclose(folded.scores(x), found.scores(head.scores(x)), atol=1e-5)
    assert folded.calibrated and not head.calibrated
    if method is Method.NONE:
        np.testing.assert_allclose(folded.scores(x), head.scores(x), atol=1e-6)
    else:
        assert not np.allclose(folded.scores(x), head.scores(x), atol=1e-2)


def test_rows_without_scores_stay_without() -> None:
    found = Calibrator(LABELS, Method.VECTOR, np.array([1, 2, 3]), np.array([0, 1, 0]))
    scores = found.scores(np.array([[0.2, 0.3, 0.5], [np.nan] * 3, [1.0, 0.0, 0.0]]))
    assert np.isnan(scores[1]).all() and np.isfinite(scores[[0, 2]]).all()
    assert scores[0].sum() == pytest.approx(1)


def test_the_choice_is_the_simplest_within_a_standard_error() -> None:
    for sharper, shift, expected in (
        (1.0, (0, 0, 0), Method.NONE),
        (3.0, (0, 0, 0), Method.TEMPERATURE),
        (3.0, (2.0, 0, -2.0), Method.VECTOR),
    ):
        scores, targets, groups = listened(n=400, sharper=sharper, shift=shift, seed=3)
        z = logits_of(scores)
        found = choose(LABELS, z, targets, groups)
        assert found.calibrator.method is expected
        held_out = {}
        for method in Method:
            total = 0.0
            for group in range(10):
                mine = groups == group
                fitted = calibrator(LABELS, z[~mine], targets[~mine], method)
                total += -np.log(fitted.scores(scores[mine])[targets[mine] == 1]).sum()
            held_out[method] = total / 400
        assert found.losses == pytest.approx(held_out, abs=1e-4)
        assert cross_entropy(found.scores, targets).mean() == pytest.approx(found.losses[expected])


def test_a_speaker_decides_nothing_about_its_own_scores() -> None:
    scores, targets, groups = listened()
    before = choose(LABELS, logits_of(scores), targets, groups, methods=[Method.VECTOR])
    turned = targets.copy()
    turned[groups == 4] = np.roll(targets[groups == 4], 1, axis=1)
    after = choose(LABELS, logits_of(scores), turned, groups, methods=[Method.VECTOR])
    np.testing.assert_array_equal(before.scores[groups == 4], after.scores[groups == 4])
    assert not np.allclose(before.scores[groups != 4], after.scores[groups != 4])


def test_what_is_no_calibration_is_refused() -> None:
    with pytest.raises(HeadError, match="one finite scale a label, got shape"):
        Calibrator(LABELS, Method.VECTOR, np.ones(2), np.zeros(3))
    with pytest.raises(HeadError, match="scales of a calibration are positive"):
        Calibrator(LABELS, Method.VECTOR, np.array([1, 0, 1]), np.zeros(3))
    fine = Calibrator(LABELS, Method.NONE, np.ones(3), np.zeros(3))
    with pytest.raises(HeadError, match="this calibration is for angry, happy, sad, the head has a, b"):
        fine.head(Head(np.eye(2), np.zeros(2), ("a", "b")))
