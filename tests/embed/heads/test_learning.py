"""Learning curves against plain loops; whether what they foretell comes is measured by the benchmark."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.embed.heads import Scaling, fit
from emoanalytics.embed.heads.learning import SHARES, learning_curve, subset
from emoanalytics.train import said_learning, summary
from tests.embed.heads.test_fitting import corpus


def confusions(sizes: list[int], errors: list[float], groups: int = 8, repeats: int = 3, seed: int = 0) -> np.ndarray:
    """(sizes, repeats, groups, 2, 2) confusions of heads that err so often, 400 rows a group; the last size once."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((len(sizes), repeats, groups, 2, 2), dtype=np.int64)
    for i, error in enumerate(errors):
        for r in range(repeats if i < len(sizes) - 1 else 1):
            for g in range(groups):
                wrong = rng.binomial(200, error, size=2)
                counts[i, r, g] = [[200 - wrong[0], wrong[0]], [wrong[1], 200 - wrong[1]]]
    return counts


def test_a_subset_keeps_the_share_of_each_label() -> None:
    labels = np.array([0] * 40 + [1] * 12 + [2])
    rows = subset(labels, 0.25, np.random.default_rng(0))
    assert np.bincount(labels[rows]).tolist() == [10, 3, 1]
    assert (np.diff(rows) > 0).all()
    assert not np.array_equal(rows, subset(labels, 0.25, np.random.default_rng(1)))


def test_the_gain_is_the_end_of_the_curve_continued() -> None:
    sizes, rows = [50, 100, 200, 400], 420
    errors = [0.9, 0.2 + 20 / 100, 0.2 + 20 / 200, 0.2 + 20 / 400]  # the first size is off the curve, and not asked
    counts = np.zeros((4, 3, 6, 2, 2), dtype=np.int64)
    for i, error in enumerate(errors):
        wrong = round(1000 * error)
        counts[i, :] = [[1000 - wrong, wrong], [wrong, 1000 - wrong]]
    curve = learning_curve(sizes, counts, rows, more=[40, 400, 421], seed=0, resamples=50)
    assert [p.uar for p in curve.points] == pytest.approx([1 - e for e in errors])
    assert [g.more for g in curve.gains] == [40, 400]  # further than twice the labels nobody looks
    for gain in curve.gains:
        assert gain.gain == pytest.approx(20 / rows - 20 / (rows + gain.more))
        assert gain.low == pytest.approx(gain.gain) == gain.high  # groups and repeats are all alike
        assert gain.certain


def test_the_gain_is_a_least_squares_line_over_one_by_rows() -> None:
    sizes = [40, 80, 160, 320]
    counts = confusions(sizes, [0.4, 0.35, 0.3, 0.29])
    curve = learning_curve(sizes, counts, 330, more=[100], seed=1, resamples=200)
    line = np.polyfit(1 / np.array(sizes[1:]), [p.uar for p in curve.points[1:]], 1)
    assert curve.gains[0].gain == pytest.approx(np.polyval(line, 1 / 430) - np.polyval(line, 1 / 330))
    draws = np.random.default_rng(1).multinomial(8, np.full(8, 1 / 8), size=200)
    again = []
    for draw in draws:
        uars = []
        for size in counts.sum(axis=1):
            total = sum(n * c for n, c in zip(draw, size, strict=True))
            uars.append(np.mean(np.diag(total) / total.sum(axis=1)))
        line = np.polyfit(1 / np.array(sizes[1:]), uars[1:], 1)
        again.append(np.polyval(line, 1 / 430) - np.polyval(line, 1 / 330))
    halves = [np.mean(np.diag(c.sum(axis=0)) / c.sum(axis=0).sum(axis=1)) for c in counts[2]]
    wider = 2 * np.std(halves, ddof=1) * 100 / 430
    gain = curve.gains[0].gain
    low, high = np.percentile(again, (2.5, 97.5))
    assert curve.gains[0].low == pytest.approx(gain - np.hypot(gain - low, wider))
    assert curve.gains[0].high == pytest.approx(gain + np.hypot(high - gain, wider))


def test_a_flat_curve_promises_nothing() -> None:
    curve = learning_curve([40, 80, 160, 320], confusions([0] * 4, [0.3] * 4), 330, seed=0, resamples=100)
    assert not any(gain.certain for gain in curve.gains)
    assert all(gain.low < 0 < gain.high for gain in curve.gains)


def test_few_groups_are_not_enough_evidence() -> None:
    curve = learning_curve([40, 80, 160, 320], confusions([0] * 4, [0.4, 0.3, 0.25, 0.2], 4), 330, seed=0, resamples=9)
    assert all(gain.gain is None and not gain.certain for gain in curve.gains)
    assert curve.points[-1].low is None and curve.points[-1].uar == pytest.approx(0.8, abs=0.03)


def test_a_fit_measures_its_curve_on_unheard_speakers() -> None:
    x, y, g = corpus(n=120, groups=5, seed=3)
    report = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON], resamples=100)
    curve = report.learning
    assert [round(p.rows / curve.points[-1].rows, 1) for p in curve.points] == pytest.approx(SHARES, abs=0.08)
    assert curve.points[-1].rows == 96 and curve.points[-1].uar == pytest.approx(report.uar)
    assert curve.points[0].uar < curve.points[-1].uar + 0.02
    assert fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON], resamples=100).learning == curve
    none = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON], learn=False)
    assert none.learning is None and np.array_equal(none.out_of_fold, report.out_of_fold)
    told = summary(report)["learning"]
    assert [p["uar"] for p in told["points"]] == [p.uar for p in curve.points]
    assert set(told["gains"][0]) == {"more", "gain", "low", "high", "certain"}
    assert summary(none)["learning"] is None and said_learning(none) == ()


def test_each_speaker_has_its_figures() -> None:
    x, y, g = corpus(n=150, groups=5)
    report = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON], learn=False)
    predicted = np.array(report.classes)[report.out_of_fold.argmax(axis=1)]
    assert [r.uar for r in report.by_group] == sorted(r.uar for r in report.by_group)
    assert {r.group for r in report.by_group} == set(g)
    for result in report.by_group:
        mine = g == result.group
        assert result.rows == mine.sum()
        assert result.accuracy == pytest.approx(np.mean(predicted[mine] == y[mine]))
        recalls = [np.mean(predicted[mine & (y == label)] == label) for label in np.unique(y[mine])]
        assert result.uar == pytest.approx(np.mean(recalls))
    assert summary(report)["by_group"][0]["group"] == report.by_group[0].group


def test_words_about_more_labels() -> None:
    x, y, g = corpus(n=120, groups=4)
    few = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON])
    assert said_learning(few)[0] == "20 more labels: not enough evidence (fewer than five speakers)"
    assert said_learning(few, "zh")[0] == "再加 20 个标签：证据不足（说话人少于五位）"
    x, y, g = corpus(n=120, groups=6)
    report = fit(x, y, g, c_grid=[0.1], scalings=[Scaling.COMMON])
    gain = report.learning.gains[1]
    assert said_learning(report)[1].startswith(f"40 more labels: about {gain.gain:+.3f} average recall (95 % interval")
    for line, each in zip(said_learning(report), report.learning.gains, strict=True):
        assert line.endswith("; not enough evidence that they help") != each.certain
    assert "40 个标签：平均召回率约" in said_learning(report, "zh")[1]
