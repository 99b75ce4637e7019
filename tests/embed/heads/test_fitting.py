"""How heads are fitted and tested, against scikit-learn by hand and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emoanalytics.embed.heads import C_GRID, Scaling, fit
from emoanalytics.errors import HeadError


def corpus(
    n: int = 120, groups: int = 4, labels: tuple[str, ...] = ("calm", "angry", "sad"), seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six-dimensional embeddings with some signal, dimensions of unlike size, a speaker offset, and their labels."""
    rng = np.random.default_rng(seed)
    y, g = rng.integers(len(labels), size=n), np.arange(n) % groups
    x = rng.normal(size=(n, 6)) + rng.normal(size=(groups, 6))[g]
    x[:, : len(labels)] += 1.5 * np.eye(len(labels))[y]
    return x * np.array([1, 10, 0.1, 1, 5, 1]) + 3, np.array(labels)[y], np.array([f"s{i}" for i in g])


@pytest.mark.parametrize("labels", [("calm", "angry", "sad"), ("no", "yes")])
def test_each_scaling_is_a_scikit_learn_pipeline(labels: tuple[str, ...]) -> None:
    x, y, g = corpus(labels=labels)
    report = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.EACH])

    def pipeline() -> object:
        return make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", tol=1e-8, max_iter=9999)
        )

    expected = np.empty((len(x), len(labels)))
    for train, test in LeaveOneGroupOut().split(x, y, g):
        expected[test] = pipeline().fit(x[train], y[train]).predict_proba(x[test])
    assert report.classes == tuple(sorted(labels)) == report.head.labels
    np.testing.assert_allclose(report.out_of_fold, expected, atol=1e-5)
    np.testing.assert_allclose(report.head.scores(x), pipeline().fit(x, y).predict_proba(x), atol=1e-5)


def test_common_scaling_keeps_proportions() -> None:
    x, y, g = corpus()
    report = fit(x, y, g, c_grid=[0.01], scalings=[Scaling.COMMON])
    z = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0).mean())
    model = LogisticRegression(C=0.01, class_weight="balanced", tol=1e-8, max_iter=9999).fit(z, y)
    np.testing.assert_allclose(report.head.scores(x), model.predict_proba(z), atol=1e-5)


def test_the_figures_are_those_of_the_out_of_fold_scores() -> None:
    x, y, g = corpus()
    report = fit(x, y, g)
    predicted = np.array(report.classes)[report.out_of_fold.argmax(axis=1)]
    assert report.accuracy == pytest.approx(np.mean(predicted == y))
    assert report.uar == pytest.approx(np.mean([np.mean(predicted[y == label] == label) for label in report.classes]))
    assert report.uar_low <= report.uar <= report.uar_high and report.accuracy_low <= report.accuracy_high
    for fold in report.folds:
        mine = np.isin(g, fold.groups)
        assert fold.rows == mine.sum()
        assert fold.accuracy == pytest.approx(np.mean(predicted[mine] == y[mine]))
        recalls = [np.mean(predicted[mine & (y == label)] == label) for label in np.unique(y[mine])]
        assert fold.uar == pytest.approx(np.mean(recalls))
    for i, given in enumerate(report.classes):
        for j, found in enumerate(report.classes):
            assert report.confusion[i, j] == np.sum((y == given) & (predicted == found))


def test_a_group_decides_nothing_about_its_own_scores() -> None:
    """Neither the head nor the settings may change when the held-out group's labels do."""
    x, y, g = corpus()
    before = fit(x, y, g)
    turned = y.copy()
    mine = g == "s2"
    turned[mine] = np.roll(y[mine], 1)
    after = fit(x, turned, g)
    assert np.array_equal(before.out_of_fold[mine], after.out_of_fold[mine])
    assert not np.allclose(before.out_of_fold[~mine], after.out_of_fold[~mine])


def test_what_only_a_group_knows_does_not_leak() -> None:
    """Each group has a private dimension that gives its label away, with its own sign."""
    rng = np.random.default_rng(6)
    g, y = np.arange(240) % 8, rng.integers(2, size=240)
    x = 0.3 * rng.normal(size=(240, 9))
    x[np.arange(240), g] += np.where(rng.random(8) < 0.5, 3, -3)[g] * (2 * y - 1)
    honest = fit(x, np.array(["a", "b"])[y], g, c_grid=[0.1])
    leaking = fit(x, np.array(["a", "b"])[y], rng.permutation(240) % 8, c_grid=[0.1])
    assert leaking.uar > 0.95
    assert honest.uar < 0.65


def test_settings_are_chosen_by_loss_on_inner_groups() -> None:
    x, y, g = corpus(n=160, groups=4, seed=7)
    grid = (1e-3, 3e-2, 1.0)
    report = fit(x, y, g, c_grid=grid, scalings=[Scaling.EACH])
    for fold in report.folds:
        outer = ~np.isin(g, fold.groups)
        losses = []
        for c in grid:
            scores, truth = [], []
            for inner in np.unique(g[outer]):
                train, test = outer & (g != inner), outer & (g == inner)
                scale = StandardScaler().fit(x[train])
                model = LogisticRegression(C=c, class_weight="balanced", tol=1e-8, max_iter=9999)
                model.fit(scale.transform(x[train]), y[train])
                scores.append(model.predict_proba(scale.transform(x[test])))
                truth.append(y[test])
            truth_all = np.concatenate(truth)
            weight = np.array([1 / np.sum(truth_all == label) for label in truth_all])
            losses.append(log_loss(truth_all, np.concatenate(scores), sample_weight=weight))
        assert fold.c == grid[int(np.argmin(losses))]


def test_rows_without_a_label_are_left_out_counted_and_scored() -> None:
    x, y, g = corpus(n=130, groups=5)
    given = y.astype(object)
    given[[3, 4, 5]] = [None, float("nan"), "  "]
    given[g == "s4"] = None  # a speaker nobody labelled
    groups = g.astype(object)
    groups[10] = None
    report = fit(x, given, groups)
    missing = 3 + np.sum(g == "s4") - np.isin(g[[3, 4, 5]], "s4").sum()
    assert str(report.notes[0]) == f"{missing} of 130 rows have no label and were left out of the fit"
    assert str(report.notes[1]) == "1 of 130 rows have no group (speaker) and were left out altogether"
    assert report.groups == 4 and report.confusion.sum() == report.rows == 130 - missing - 1
    assert np.isnan(report.out_of_fold[10]).all()
    assert np.isfinite(np.delete(report.out_of_fold, 10, axis=0)).all()
    unheard = (g == "s4") & (np.arange(130) != 10)
    np.testing.assert_array_equal(report.out_of_fold[unheard], report.head.scores(x[unheard]))
    used = np.array([label in ("calm", "angry", "sad") for label in given]) & (np.arange(130) != 10)
    alone = fit(x[used], y[used], g[used])
    np.testing.assert_array_equal(report.head.weights, alone.head.weights)
    np.testing.assert_array_equal(report.out_of_fold[used], alone.out_of_fold)


def test_a_label_of_one_speaker_is_not_tested() -> None:
    x, y, g = corpus()
    y = y.astype(object)
    rows = np.flatnonzero(g == "s1")[:5]
    y[rows] = "bored"
    report = fit(x, y, g)
    assert any("only s1 has the label 'bored'" in note.en for note in report.notes)
    bored = report.classes.index("bored")
    assert report.confusion[bored].sum() == 0 and report.confusion.sum() == 115
    assert report.out_of_fold[rows, bored].max() < 1e-6  # the head of that fold never heard the label
    assert report.head.scores(x)[rows, bored].mean() > 0.1


def test_centring_removes_what_is_constant_in_a_group() -> None:
    x, y, g = corpus(groups=6)
    rng = np.random.default_rng(8)
    offset = 100 * rng.normal(size=(6, 6))[np.array([int(name[1]) for name in g])]
    grid = [0.01, 0.1]
    plain, moved = fit(x, y, g, centre=True, c_grid=grid), fit(x + offset, y, g, centre=True, c_grid=grid)
    np.testing.assert_allclose(plain.out_of_fold, moved.out_of_fold, atol=1e-4)
    assert moved.centred and any("centred by group" in note.en for note in moved.notes)
    centred = x - np.stack([x[g == name].mean(axis=0) for name in g])
    np.testing.assert_allclose(plain.out_of_fold, fit(centred, y, g, c_grid=grid).out_of_fold, atol=1e-6)


def test_it_repeats_itself_and_reports_progress() -> None:
    x, y, g = corpus(n=150, groups=12)
    told: list[tuple[int, int, str]] = []
    first = fit(x, y, g, seed=3, c_grid=[0.1, 1], progress=lambda *step: told.append(step))
    again = fit(x, y, g, seed=3, c_grid=[0.1, 1])
    assert np.array_equal(first.out_of_fold, again.out_of_fold) and first.uar_low == again.uar_low
    assert np.array_equal(first.head.weights, again.head.weights) and first.folds == again.folds
    assert [step[:2] for step in told] == [(i, 7) for i in range(1, 8)]
    assert sorted(name for fold in first.folds for name in fold.groups) == sorted(set(g))


def test_two_speakers_are_enough_and_said_to_be_few() -> None:
    x, y, g = corpus(n=60, groups=2)
    report = fit(x, y, g)
    assert [fold.groups for fold in report.folds] == [("s0",), ("s1",)]
    assert str(report.notes[-1]) == "2 groups (speakers) are few: the intervals, which resample them, are rough"


def test_a_dimension_that_never_varies_carries_nothing() -> None:
    x, y, g = corpus()
    flat = np.concatenate([x, np.full((len(x), 1), 7.0)], axis=1)
    report = fit(flat, y, g, c_grid=[0.1], scalings=[Scaling.EACH])
    assert np.abs(report.head.weights[:, -1]).max() < 1e-6
    np.testing.assert_allclose(report.out_of_fold, fit(x, y, g, c_grid=[0.1], scalings=["each"]).out_of_fold, atol=1e-5)


def test_no_warning_from_the_solver(recwarn: pytest.WarningsRecorder) -> None:
    x, y, g = corpus()
    fit(x, y, g, c_grid=C_GRID)
    fit(x * 1e-3, y, g, folds=2)
    assert [str(w.message) for w in recwarn] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a"] * 40}, "at least 2 different labels, got only 'a'"),
        ({"labels": [None] * 40}, "at least 10 rows with a label and a group, got 0 of 40"),
        ({"groups": ["s"] * 40}, "at least 2 groups (speakers), got only 's'"),
        ({"labels": ["a"] * 39}, "one label and one group a row; got embeddings (40, 3), 39 labels and 40 groups"),
        ({"embeddings": np.zeros(40)}, "one label and one group a row"),
        ({"embeddings": np.full((40, 3), np.nan)}, "row 0: the embedding is not finite"),
        ({"labels": list("abcd") * 10, "groups": list("stuv") * 10}, "every label comes from one group"),
        ({"c_grid": []}, "regularisation strengths are positive"),
        ({"c_grid": [0.0]}, "regularisation strengths are positive"),
        ({"folds": 1}, "at least 2 folds, not 1"),
    ],
)
def test_what_cannot_be_fitted_is_one_line(change: dict, message: str) -> None:
    rng = np.random.default_rng(9)
    given = {"embeddings": rng.normal(size=(40, 3)), "labels": list("ab") * 20, "groups": list("sstt") * 10} | change
    with pytest.raises(HeadError) as caught:
        fit(given.pop("embeddings"), given.pop("labels"), given.pop("groups"), **given)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_fold_that_leaves_one_label_is_named() -> None:
    labels, groups = ["a"] * 30 + ["b"] * 10 + ["a"] * 5, ["s"] * 20 + ["t"] * 10 + ["u"] * 15
    with pytest.raises(HeadError, match="without u only one label is left to learn from"):
        fit(np.random.default_rng(0).normal(size=(45, 2)), labels, groups)
