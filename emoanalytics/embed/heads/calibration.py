"""Calibration: temperature and vector scaling of a head's scores, chosen on groups they were not fitted on.

A head is calibrated when, of the clips it gives 0.7, people hear that emotion in 70 %. Guo et al., "On calibration of
modern neural networks" (2017), divide the logits by one number (temperature) or scale and shift each label's logit
(vector scaling). Targets are shares of listeners, so that one label a clip is the special case of one listener.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import softmax

from emoanalytics.embed.heads import folds as grouped
from emoanalytics.embed.heads.head import Head
from emoanalytics.errors import HeadError

FOLDS = 6  # where there are more than ten groups
SCORE_FLOOR = 1e-30  # a score of 0 has no logarithm; float32 keeps scores down to here
TEMPERATURES = (0.05, 50.0)
PRIOR_DEVIATION = 1.0  # of each label's log scale and shift around the common temperature


class Method(StrEnum):
    """How scores are corrected, from the simplest on."""

    NONE = "none"  # as they are
    TEMPERATURE = "temperature"  # one number divides all logits
    VECTOR = "vector"  # a scale and a shift for each label


@dataclass(frozen=True)
class Calibrator:
    """A correction of scores: ``softmax(scale * z + shift)``, ``z`` the logits minus their mean over the labels.

    Attributes:
        labels: names of the labels.
        method: which correction it is.
        scale: (labels,) float64, positive.
        shift: (labels,) float64.

    Raises:
        HeadError: shapes disagree, or a scale is not positive.
    """

    labels: tuple[str, ...]
    method: Method
    scale: np.ndarray
    shift: np.ndarray

    def __post_init__(self) -> None:
        for name in ("scale", "shift"):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != (len(self.labels),) or not np.isfinite(array).all():
                raise HeadError(f"a calibration needs one finite {name} a label, got shape {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if (self.scale <= 0).any():
            raise HeadError("the scales of a calibration are positive")

    @property
    def temperature(self) -> float | None:
        """What divides all logits; None when labels have scales of their own."""
        return None if self.method == Method.VECTOR else float(1 / self.scale[0])

    def scores(self, scores: np.ndarray) -> np.ndarray:
        """(n, labels) scores of the head -> (n, labels) float32 corrected scores; rows with a NaN become NaN."""
        return softmax(self.scale * logits_of(scores) + self.shift, axis=1).astype(np.float32)

    def head(self, head: Head) -> Head:
        """The head that gives the corrected scores straight from embeddings: the correction is linear too.

        Raises:
            HeadError: the head has other labels.
        """
        if head.labels != self.labels:
            raise HeadError(f"this calibration is for {', '.join(self.labels)}, the head has {', '.join(head.labels)}")
        if self.method != Method.VECTOR:
            return Head(head.weights, head.bias, head.labels, head.temperature / self.scale[0], calibrated=True)
        weights, bias = (np.asarray(part, np.float64) / head.temperature for part in (head.weights, head.bias))
        weights, bias = weights - weights.mean(axis=0), bias - bias.mean()
        return Head(self.scale[:, None] * weights, self.scale * bias + self.shift, head.labels, calibrated=True)


@dataclass(frozen=True)
class Chosen:
    """The correction that did best on groups it was not fitted on.

    Attributes:
        calibrator: fitted on all rows.
        losses: mean cross-entropy (nats) of each method on the held-out groups.
        scores: (n, labels) float64: each row's corrected scores by the chosen method, fitted without its group.
    """

    calibrator: Calibrator
    losses: Mapping[Method, float]
    scores: np.ndarray


def logits_of(scores: np.ndarray) -> np.ndarray:
    """(n, labels) scores -> float64 logits whose mean over the labels is 0 (centred log-ratios, Aitchison 1982).

    The softmax loses the logits' mean; with one fixed, a head's logits and its stored scores say the same.

    >>> logits_of(np.array([[0.5, 0.5]])).tolist()
    [[0.0, 0.0]]
    """
    z = np.log(np.maximum(np.asarray(scores, dtype=np.float64), SCORE_FLOOR))
    return z - z.mean(axis=1, keepdims=True)


def cross_entropy(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(n,) cross-entropy in nats of (n, labels) scores against (n, labels) shares."""
    return -(targets * np.log(np.maximum(scores, SCORE_FLOOR))).sum(axis=1)


def calibrator(labels: Sequence[str], logits: np.ndarray, targets: np.ndarray, method: Method) -> Calibrator:
    """Fit one correction by least cross-entropy.

    Vector scaling has two numbers a label, too many for a hundred clips: each label's log scale and shift are held
    near the common temperature by a normal prior of deviation 1.

    Args:
        labels: names of the labels.
        logits: (n, labels) of `logits_of`.
        targets: (n, labels) shares, rows sum to 1.
        method: which correction.

    >>> z = logits_of(np.array([[0.99, 0.01], [0.01, 0.99], [0.99, 0.01], [0.99, 0.01]]))
    >>> hard = np.eye(2)[[0, 1, 1, 0]]  # three of four are right
    >>> round(calibrator(["a", "b"], z, hard, Method.TEMPERATURE).temperature, 2)  # log(99) / log(3)
    4.18
    """
    from scipy.optimize import minimize

    n = len(labels)
    if method == Method.NONE:
        return Calibrator(tuple(labels), method, np.ones(n), np.zeros(n))
    common = _common_scale(logits, targets)
    if method == Method.TEMPERATURE:
        return Calibrator(tuple(labels), method, np.full(n, common), np.zeros(n))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, shift = common * np.exp(parameters[:n]), parameters[n:]
        log_scores = _log_softmax(scale * logits + shift)
        off = np.exp(log_scores) - targets
        gradient = np.concatenate([scale * (off * logits).sum(axis=0), off.sum(axis=0)])
        penalty = 0.5 * float(parameters @ parameters) / PRIOR_DEVIATION**2
        value = float(-(targets * log_scores).sum()) + penalty
        return value, gradient + parameters / PRIOR_DEVIATION**2

    found = minimize(loss, np.zeros(2 * n), jac=True, method="L-BFGS-B").x
    return Calibrator(tuple(labels), method, common * np.exp(found[:n]), found[n:])


def _common_scale(logits: np.ndarray, targets: np.ndarray) -> float:
    """1 / temperature with the least cross-entropy."""
    from scipy.optimize import minimize_scalar

    def loss(log_scale: float) -> float:
        return float(-(targets * _log_softmax(np.exp(log_scale) * logits)).sum())

    bounds = (-np.log(TEMPERATURES[1]), -np.log(TEMPERATURES[0]))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-5}).x))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    """By rows. SciPy's is made for any shape and takes three times as long on a hundred rows, thousands of times."""
    z = logits - logits.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def choose(
    labels: Sequence[str],
    logits: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    *,
    methods: Sequence[Method] = tuple(Method),
    seed: int = 0,
) -> Chosen:
    """Choose a correction by grouped cross-validation, and fit it on all rows.

    The simplest method is taken whose loss is within one standard error (over groups, of the paired difference) of
    the best one's: Breiman et al., "Classification and regression trees" (1984), 3.4.3.

    Args:
        labels: names of the labels.
        logits: (n, labels) of `logits_of`.
        targets: (n, labels) shares.
        groups: (n,) group numbers, at least two different ones.
        methods: which to choose from.
        seed: of the assignment of groups to folds.
    """
    order = [m for m in Method if m in methods]
    held_out = {m: np.zeros(targets.shape) for m in order}
    for held in grouped.split(targets.argmax(axis=1), groups, None, default=FOLDS, seed=seed):
        mine = np.isin(groups, held)
        for method, scores in held_out.items():
            fitted = calibrator(labels, logits[~mine], targets[~mine], method)
            scores[mine] = softmax(fitted.scale * logits[mine] + fitted.shift, axis=1)
    losses = {m: cross_entropy(scores, targets) for m, scores in held_out.items()}
    means = {m: float(loss.mean()) for m, loss in losses.items()}
    best = min(order, key=lambda m: means[m])
    method = next(m for m in order if means[m] - means[best] <= _standard_error(losses[m] - losses[best], groups))
    return Chosen(calibrator(labels, logits, targets, method), means, held_out[method])


def _standard_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Of the mean of (n,) values whose groups are independent (Liang and Zeger 1986)."""
    _, number = np.unique(groups, return_inverse=True)
    sums = np.bincount(number, weights=values - values.mean())
    n_groups = len(sums)
    return float(np.sqrt((sums**2).sum() * n_groups / max(1, n_groups - 1))) / len(values)
