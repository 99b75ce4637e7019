"""Fitting a head on the labels of a corpus, and testing it on speakers it never heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.embed.heads import folds as grouped
from emoanalytics.embed.heads.head import Head
from emoanalytics.embed.heads.labelled import Labelled
from emoanalytics.embed.heads.learning import REPEATS, SHARES, LearningCurve, learning_curve, measured
from emoanalytics.embed.heads.report import FitReport, Fold, Scaling, confusions, report
from emoanalytics.errors import HeadError
from emoanalytics.workers import one_blas_thread

C_GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
FOLDS = 6  # where there are more than ten groups
INNER_FOLDS = 5
LOG_FLOOR = -20.0  # one confident mistake must not decide a choice alone
MAX_ITERATIONS = 5_000  # ten times what the fits here have needed, so that scikit-learn has nothing to warn of


@dataclass(frozen=True)
class _Search:
    c_grid: tuple[float, ...]
    scalings: tuple[Scaling, ...]
    seed: int


def fit(
    embeddings: np.ndarray,
    labels: Sequence[Any] | np.ndarray,
    groups: Sequence[Any] | np.ndarray,
    *,
    folds: int | None = None,
    seed: int = 0,
    c_grid: Sequence[float] = C_GRID,
    scalings: Sequence[Scaling] = tuple(Scaling),
    centre: bool = False,
    learn: bool = True,
    resamples: int = 2_000,
    progress: Callable[[int, int, str], None] | None = None,
) -> FitReport:
    """Fit a head by regularised multinomial logistic regression, measured on groups it never heard.

    Classes weigh the same however many rows they have. Regularisation and scaling are chosen inside each fold's
    training groups by folds of their own (nested), so a held-out group decides nothing about its own score.

    Args:
        embeddings: (n, d) float, finite.
        labels: n labels; a missing one (None, NaN, empty) leaves its row out of the fit.
        groups: n speakers (or sessions): rows of one group are never on both sides of a fold.
        folds: how many, at least 2; by default one a group for up to ten groups, else six.
        seed: of the assignment to folds and of the bootstrap.
        c_grid: inverse regularisation strengths to choose from.
        scalings: input scalings to choose from.
        centre: subtract each group's mean first. The head then reads embeddings centred by speaker, which needs
            several clips of a speaker, but none of their labels.
        learn: also measure the learning curve, by heads fitted on parts of each fold's labels.
        resamples: bootstrap resamples of the groups.
        progress: called with ``(done, total, note)`` after each fold.

    Returns:
        The head and its report. The same input gives the same output.

    Raises:
        HeadError: shapes disagree, values are not finite, or there are too few rows, labels or groups.

    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> report = fit(x, np.where(x[:, 0] > 0, "up", "down"), np.arange(40) % 4)
    >>> report.classes, len(report.folds), report.uar > 0.8
    (('down', 'up'), 4, True)
    """
    if not len(c_grid) or min(c_grid) <= 0:
        raise HeadError(f"regularisation strengths are positive numbers, not {tuple(c_grid)}")
    if folds is not None and folds < 2:
        raise HeadError(f"a fit needs at least 2 folds, not {folds}")
    rows = Labelled.of(embeddings, labels, groups)
    if centre:
        rows = rows.centred()
    search = _Search(tuple(sorted(c_grid)), tuple(Scaling(s) for s in scalings), seed)
    known = rows.where(rows.used)
    plan = grouped.split(known.y, known.g, folds, default=FOLDS, seed=seed)
    if not any(np.isin(known.y[np.isin(known.g, held)], known.y[~np.isin(known.g, held)]).any() for held in plan):
        raise HeadError("every label comes from one group (speaker) only, so no head can be tested: label others alike")
    scores = np.full((len(rows.y), len(rows.classes)), np.nan, dtype=np.float32)
    tested = np.zeros(len(rows.y), dtype=bool)
    done: list[Fold] = []
    curve = _Curve(rows, np.random.default_rng(seed)) if learn else None
    for held in plan:
        training, mine = known.where(~np.isin(known.g, held)), np.isin(rows.g, held)
        name = ", ".join(rows.groups[i] for i in held)
        if len(np.unique(training.y)) < 2:
            raise HeadError(f"without {name} only one label is left to learn from: label at least two groups alike")
        c, scaling = _choose(training, search)
        scores[mine] = _fitted(training, c, scaling).scores(rows.x[mine])
        tests = mine & rows.used & np.isin(rows.y, training.y)
        tested |= tests
        if curve:
            curve.add(training, tests, scores, c, scaling)
        confusion = confusions(scores, rows, mine & tested).sum(axis=0)
        accuracy, uar = float(grouped.accuracy(confusion)), float(grouped.uar(confusion))
        done.append(Fold(tuple(rows.groups[i] for i in held), int(confusion.sum()), accuracy, uar, c, scaling))
        if progress:
            progress(len(done), len(plan) + 1, name)
    c, scaling = _choose(known, search)
    head = _fitted(known, c, scaling)
    unheard = (rows.g >= 0) & ~np.isin(rows.g, known.g)
    scores[unheard] = head.scores(rows.x[unheard])
    if progress:
        progress(len(plan) + 1, len(plan) + 1, "")
    learning = curve.drawn(int(known.used.sum()), seed, resamples) if curve else None
    return report(
        rows,
        scores,
        tested,
        head,
        tuple(done),
        c,
        scaling,
        centre=centre,
        seed=seed,
        resamples=resamples,
        learning=learning,
    )


class _Curve:
    """The learning curve, fold by fold."""

    def __init__(self, rows: Labelled, rng: np.random.Generator) -> None:
        self._rows, self._rng = rows, rng
        self._n = (len(rows.groups), len(rows.classes))
        self._sizes: list[np.ndarray] = []
        self._counts = np.zeros((len(SHARES), REPEATS, *self._n, self._n[1]), dtype=np.int64)

    def add(self, training: Labelled, tests: np.ndarray, scores: np.ndarray, c: float, scaling: Scaling) -> None:
        """Learn from parts of a fold's labels, at the fold's own setting: a prior does not know how many there are."""
        if not tests.any():
            return
        x, y, g = self._rows.x[tests], self._rows.y[tests], self._rows.g[tests]

        def score(part: np.ndarray) -> np.ndarray:
            some = training.where(part)
            return _fitted(some, c, scaling, tolerance=1e-3).scores(x)

        sizes, counts = measured(SHARES[:-1], training.y, score, (y, g), self._n, self._rng)
        self._sizes.append(np.append(sizes, len(training.y)))
        self._counts[:-1] += counts
        np.add.at(self._counts[-1, 0], (g, y, scores[tests].argmax(axis=1)), 1)

    def drawn(self, rows: int, seed: int, resamples: int) -> LearningCurve:
        """The whole curve, over the groups that were tested."""
        there = self._counts[-1, 0].sum(axis=(1, 2)) > 0
        sizes = np.mean(self._sizes, axis=0).tolist()
        return learning_curve(sizes, self._counts[:, :, there], rows, seed=seed, resamples=resamples)


def _scale(x: np.ndarray, scaling: Scaling) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale (d,) of the rows; a dimension that does not vary keeps scale 1 and so carries nothing."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    varies = deviation > 1e-9 * np.maximum(1.0, np.abs(mean))
    if scaling is Scaling.COMMON:
        common = float(np.sqrt((deviation**2).mean()))
        return mean, np.full(len(mean), common or 1.0)
    return mean, np.where(varies, deviation, 1.0)


def _choose(rows: Labelled, search: _Search) -> tuple[float, Scaling]:
    """The setting with the least loss on inner folds by group; of equals the more regularised.

    Less regularisation first helps and then hurts, so a grid is left where the loss has begun to rise: its far end
    takes most of the time.
    """
    inner = _inner(rows, search.seed)
    if not inner:  # one group, or each group needed for its label
        return search.c_grid[len(search.c_grid) // 2], search.scalings[0]
    best = (np.inf, search.c_grid[0], search.scalings[0])
    for scaling in search.scalings:
        models: list[Any] = [None] * len(inner)
        before = np.inf
        for c in search.c_grid:
            loss = _loss(rows, inner, models, c, scaling)
            best = min(best, (loss, c, scaling), key=lambda found: found[0])
            if loss > before:
                break
            before = loss
    return best[1], best[2]


def _inner(rows: Labelled, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training and test rows of each inner fold; a label that nobody else gave is not tested."""
    inner = []
    for held in grouped.split(rows.y, rows.g, INNER_FOLDS, default=INNER_FOLDS, seed=seed):
        outside = ~np.isin(rows.g, held)
        test = ~outside & np.isin(rows.y, rows.y[outside])
        if len(np.unique(rows.y[outside])) > 1 and test.any():
            inner.append((np.flatnonzero(outside), np.flatnonzero(test)))
    return inner


def _loss(
    rows: Labelled, inner: list[tuple[np.ndarray, np.ndarray]], models: list[Any], c: float, scaling: Scaling
) -> float:
    """Mean negative log score of the right label, classes weighing the same.

    Smooth where recall on a few hundred rows jumps, and it asks for honest scores too. ``models`` holds each fold's
    fit for the last strength, to go on from, and is brought up to date.
    """
    losses, tested = [], []
    for i, (training, test) in enumerate(inner):
        mean, scale = _scale(rows.x[training], scaling)
        x = (rows.x[training] - mean) / scale
        models[i] = _regression(x, rows.y[training], c, start=models[i], tolerance=1e-3)
        right = np.searchsorted(models[i].classes_, rows.y[test])
        with np.errstate(divide="ignore"):  # a score of 0: the floor below takes care of its logarithm
            scores = models[i].predict_log_proba((rows.x[test] - mean) / scale)
        losses.append(-np.maximum(scores[np.arange(len(test)), right], LOG_FLOOR))
        tested.append(rows.y[test])
    y = np.concatenate(tested)
    return float(np.average(np.concatenate(losses), weights=1.0 / np.bincount(y)[y]))


def _regression(x: np.ndarray, y: np.ndarray, c: float, *, start: Any = None, tolerance: float = 1e-7) -> Any:
    """Multinomial logistic regression; ``start`` is a fit for a neighbouring strength to go on from."""
    from sklearn.linear_model import LogisticRegression

    model = start or LogisticRegression(
        class_weight="balanced", max_iter=MAX_ITERATIONS, tol=tolerance, warm_start=True
    )
    # These matrices are small: a second BLAS thread costs more waiting than it saves (measured: 10 times slower on
    # two busy cores). A neighbour graph that is being made for minutes has set the limit already: no need to wait.
    with one_blas_thread(wait=False):
        return model.set_params(C=c).fit(x, y)


def _fitted(rows: Labelled, c: float, scaling: Scaling, *, tolerance: float = 1e-7) -> Head:
    """A head over all classes; a class that is not among the rows gets (practically) no score."""
    mean, scale = _scale(rows.x, scaling)
    model = _regression((rows.x - mean) / scale, rows.y, c, tolerance=tolerance)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one logit, of the second class
        weights, bias = np.concatenate([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    weights = weights / scale
    bias = bias - weights @ mean
    all_weights, all_bias = np.zeros((len(rows.classes), len(mean))), np.full(len(rows.classes), -1e4)
    all_weights[model.classes_], all_bias[model.classes_] = weights, bias
    return Head(all_weights, all_bias, rows.classes)
