"""A calibration's figures: measured on speakers that had no part in them."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.embed.heads.abstain import abstain_line
from emoanalytics.embed.heads.calibration import choose, logits_of
from emoanalytics.embed.heads.conformal import Holds, SetKind, set_rule
from emoanalytics.embed.heads.reliability import reliability
from emoanalytics.errors import HeadError
from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.views.calibrate.held_out import calibrated
from tests.embed.heads.test_calibration import LABELS, listened


def test_each_figure_is_made_without_its_speaker() -> None:
    scores, targets, groups = listened(n=160, groups=8)
    found = calibrated(LABELS, scores, targets, groups, wanted=(0.7,), resamples=200)
    after = np.zeros_like(scores)
    inside = np.zeros(scores.shape, dtype=bool)
    kept = np.zeros(160, dtype=bool)
    for g in range(8):
        mine = groups == g
        chosen = choose(LABELS, logits_of(scores[~mine]), targets[~mine], groups[~mine])
        after[mine] = chosen.calibrator.scores(scores[mine])
        inside[mine] = set_rule(chosen.scores, targets[~mine], groups[~mine]).members(after[mine])
        kept[mine] = after[mine].max(axis=1) >= abstain_line(chosen.scores, targets[~mine], 0.7)
    np.testing.assert_allclose(found.scores, after, atol=1e-6)
    right = (after.argmax(axis=1) == targets.argmax(axis=1)).astype(float)
    lac = found.sets[0]
    assert lac.held_out == pytest.approx((inside & (targets == 1)).any(axis=1).mean())
    assert lac.size == pytest.approx(inside.sum(axis=1).mean())
    assert lac.single == pytest.approx((inside.sum(axis=1) == 1).mean())
    assert lac.low < lac.held_out < lac.high
    held = (inside & (targets == 1)).any(axis=1).astype(float)
    sums = np.array([[held[groups == g].sum()] for g in range(8)])
    ends = mean_intervals(sums, np.full(8, 20.0), np.zeros(8, int), 1)
    assert (lac.low, lac.high) == (ends.low[0, 0], ends.high[0, 0])
    (line,) = found.lines
    assert line.kept == pytest.approx(kept.mean())
    assert line.right == pytest.approx(right[kept].mean())
    assert line.low <= line.right <= line.high
    assert found.after == reliability(found.scores, targets, groups, resamples=200)
    assert found.before == reliability(scores, targets, groups, resamples=200)


def test_where_nothing_is_corrected_the_figures_are_of_the_scores_as_they_came() -> None:
    """Without some speakers a correction may look better; but what is used is what all of them choose."""
    scores, targets, groups = listened(n=60, groups=6, sharper=1.8, seed=2)
    parts = [
        choose(LABELS, logits_of(scores[groups != g]), targets[groups != g], groups[groups != g]) for g in range(6)
    ]
    assert any(part.calibrator.method != "none" for part in parts)
    found = calibrated(LABELS, scores, targets, groups, resamples=200)
    assert found.chosen.calibrator.method == "none"
    np.testing.assert_allclose(found.scores, scores, atol=1e-6)
    assert found.before == found.after == reliability(scores, targets, groups, resamples=200)
    inside = np.zeros(scores.shape, dtype=bool)
    for g in range(6):
        mine = groups == g
        inside[mine] = set_rule(scores[~mine], targets[~mine], groups[~mine]).members(scores[mine])
    assert found.sets[0].held_out == pytest.approx((inside & (targets == 1)).any(axis=1).mean())


def test_a_head_too_sure_is_put_right() -> None:
    scores, targets, groups = listened(n=600, groups=20)
    told: list[tuple[int, int, str]] = []
    found = calibrated(LABELS, scores, targets, groups, progress=lambda *step: told.append(step))
    assert found.before.low > 0.1 and found.after.low == 0.0 and found.after.high < 0.1
    assert found.trusted
    assert found.chosen.calibrator.temperature == pytest.approx(3, abs=0.4)
    assert [s.rule.kind for s in found.sets] == list(SetKind)
    assert all(s.rule.holds is Holds.NEW_SPEAKERS and 0.87 < s.held_out < 0.96 for s in found.sets)
    assert [step[:2] for step in told] == [(i, 7) for i in range(1, 8)]
    again = calibrated(LABELS, scores, targets, groups)
    assert again.after == found.after and again.sets == found.sets and again.lines == found.lines


def test_few_speakers_or_much_error_left_is_not_called_calibrated() -> None:
    few = calibrated(LABELS, *listened(n=200, groups=4))
    assert few.after.low is None and not few.trusted
    rng = np.random.default_rng(0)
    sure = np.tile([[0.96, 0.02, 0.02]], (100, 1))  # always the same answer, right in a third: no scaling helps
    unlike = np.eye(3)[rng.integers(3, size=100)]
    wide = calibrated(LABELS, sure, unlike, np.arange(100) % 10, methods=["none"])
    assert wide.after.error > 0.5 and not wide.trusted
    assert wide.lines[0].score is None and wide.lines[0].right is None


def test_an_error_that_may_be_a_tenth_is_not_called_calibrated() -> None:
    scores, targets, groups = listened(n=60, groups=12)
    found = calibrated(LABELS, scores, targets, groups)
    assert found.after.low <= 0.05 and 0.1 < found.after.high < 0.25 and not found.trusted


def test_listeners_who_always_say_the_same_prove_nothing() -> None:
    always = np.tile(np.eye(3)[1], (200, 1))
    sure = np.tile([[0.005, 0.99, 0.005]], (200, 1))
    found = calibrated(LABELS, sure, always, np.arange(200) % 20)
    assert found.heard == 1 and found.after.high < 0.1 and not found.trusted


def test_a_line_that_fails_on_speakers_left_out_is_none() -> None:
    rng = np.random.default_rng(3)
    scores = rng.dirichlet([0.3] * 3, size=120)
    groups = np.arange(120) % 6
    right = rng.random(120) < np.array([0.35, 0.9, 0.4, 0.85, 0.3, 0.95])[groups]
    targets = np.eye(3)[np.where(right, scores.argmax(axis=1), (scores.argmax(axis=1) + 1) % 3)]
    shown = 0
    for wanted in np.arange(0.3, 1.0, 0.02):
        (line,) = calibrated(LABELS, scores, targets, groups, wanted=(wanted,), resamples=20).lines
        shown += line.score is not None
        assert line.score is None or line.right >= wanted
    assert shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 49}, "at least 50 labelled clips, got 49: listen to 1 more"),
        ({"groups": 2}, "labelled clips of at least 3 speakers, got 2: with fewer nothing can be said"),
        ({"groups": 1}, "at least 3 speakers, got 1"),
    ],
)
def test_too_little_is_said(change: dict, message: str) -> None:
    with pytest.raises(HeadError, match=message):
        calibrated(LABELS, *listened(**({"n": 60} | change)))


def test_what_are_no_scores_or_votes_is_said() -> None:
    scores, targets, groups = listened(n=60)
    broken = targets.copy()
    broken[7] = [0.5, 0.2, 0.2]
    with pytest.raises(HeadError, match="row 7: shares of listeners are numbers from 0 to 1 that sum to 1"):
        calibrated(LABELS, scores, broken, groups)
    broken = scores.copy()
    broken[3, 1] = np.nan
    with pytest.raises(HeadError, match="row 3: scores are numbers from 0 to 1"):
        calibrated(LABELS, broken, targets, groups)
    with pytest.raises(HeadError, match=r"needs scores and shares of shape \(60, 2\), got \(60, 3\), \(60, 3\)"):
        calibrated(LABELS[:2], scores, targets, groups)
