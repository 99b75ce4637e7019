"""Label sets and abstain lines: thresholds against plain loops, coverage on simulated speakers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from emoanalytics.embed.heads.abstain import abstain_line
from emoanalytics.embed.heads.conformal import Holds, SetKind, SetRule, nonconformity, set_rule
from emoanalytics.errors import HeadError


def voices(speakers: int, clips: int, seed: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores and labels of speakers who each differ from what the head expects."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(speakers), clips)
    z = 1.5 * rng.normal(size=(len(who), 5))
    truth = softmax(z + spread * rng.normal(size=(speakers, 5))[who], axis=1)
    label = (truth.cumsum(axis=1) > rng.random((len(who), 1))).argmax(axis=1)
    return softmax(z, axis=1), np.eye(5)[label], who


def test_aps_adds_up_from_the_best_label() -> None:
    scores = np.random.default_rng(0).dirichlet(np.ones(4), size=30)
    found = nonconformity(scores, SetKind.APS)
    for row, sums in zip(scores, found, strict=True):
        for i, total in enumerate(sums):
            assert total == pytest.approx(sum(s for s in row if s >= row[i]))
    np.testing.assert_allclose(nonconformity(scores, SetKind.LAC), 1 - scores)


def test_few_speakers_count_clips_alike() -> None:
    """With one label a clip this is split conformal: the ceil((n + 1) coverage)-th smallest."""
    scores, targets, who = voices(8, 20, 1)
    for kind in SetKind:
        rule = set_rule(scores, targets, who, kind=kind)
        own = np.sort(nonconformity(scores, kind)[targets == 1])
        assert rule.holds is Holds.SAME_SPEAKERS
        assert rule.threshold == own[int(np.ceil(161 * 0.9)) - 1]


def test_many_speakers_count_alike() -> None:
    scores, targets, who = voices(25, 6, 2)
    keep = np.random.default_rng(3).random(len(who)) < np.where(who < 5, 1.0, 0.4)
    scores, targets, who = scores[keep], targets[keep], who[keep]
    rule = set_rule(scores, targets, who)
    assert rule.holds is Holds.NEW_SPEAKERS

    def reached(threshold: float) -> float:
        shares = [np.mean((1 - scores[who == s])[targets[who == s] == 1] <= threshold) for s in np.unique(who)]
        return np.mean(shares) * len(who) / (len(who) + 1)

    below = np.sort((1 - scores)[(targets == 1) & (1 - scores < rule.threshold)])[-1]
    assert reached(rule.threshold) >= 0.9 - 1e-9 > reached(below)


def test_a_speaker_with_many_clips_counts_as_one() -> None:
    who = np.array([0] * 90 + [*range(1, 10)] * 2)
    scores = np.where((who == 0)[:, None], [[0.9, 0.1]], [[0.4, 0.6]])
    targets = np.tile([[1.0, 0.0]], (108, 1))
    assert set_rule(scores, targets, who, coverage=0.5).threshold == pytest.approx(0.6)
    assert set_rule(scores, targets, np.minimum(who, 8), coverage=0.5).threshold == pytest.approx(0.1)


def test_ten_speakers_say_something_about_new_ones() -> None:
    assert [set_rule(*voices(n, 10, 4)).holds for n in (9, 10)] == [Holds.SAME_SPEAKERS, Holds.NEW_SPEAKERS]


@pytest.mark.parametrize("kind", list(SetKind))
def test_new_speakers_are_covered(kind: SetKind) -> None:
    covered = []
    for seed in range(200):
        scores, targets, who = voices(15, 12, seed)
        known = who < 12
        rule = set_rule(scores[known], targets[known], who[known], kind=kind)
        covered.append((rule.members(scores[~known]) & (targets[~known] == 1)).any(axis=1).mean())
    assert 0.885 < np.mean(covered) < 0.915


def test_listeners_count_by_their_share() -> None:
    """A clip that ten people heard is worth what ten clips of a tenth each would be."""
    scores, _, who = voices(6, 20, 5)
    counts = np.random.default_rng(6).multinomial(10, np.full(5, 0.2), size=len(who))
    rule = set_rule(scores, counts / 10, who)
    values = np.repeat((1 - scores).ravel(), counts.ravel())
    share = [np.sum(values <= v) / 10 / 121 for v in (rule.threshold, values[values < rule.threshold].max())]
    assert share[0] >= 0.9 > share[1]


def test_no_evidence_means_every_label() -> None:
    scores, targets, who = voices(3, 2, 7)
    rule = set_rule(scores, targets, who, coverage=0.9)
    assert rule.threshold == np.inf
    assert rule.members(scores).all()


def test_a_set_is_never_empty() -> None:
    rule = SetRule(SetKind.LAC, 0.9, 0.1, Holds.NEW_SPEAKERS)
    assert rule.members(np.array([[0.4, 0.6], [0.05, 0.95]])).tolist() == [[False, True], [False, True]]
    with pytest.raises(HeadError, match=r"coverage is a share between 0 and 1, such as 0\.9, not 90"):
        set_rule(*voices(3, 20, 0), coverage=90)


def test_the_abstain_line_is_the_lowest_that_does() -> None:
    scores, targets, _ = voices(10, 30, 8, spread=0.0)
    top, right = scores.max(axis=1), targets[np.arange(300), scores.argmax(axis=1)]
    for wanted in (0.5, 0.7, 0.8):
        good = [t for t in np.unique(top) if (top >= t).sum() >= 20 and right[top >= t].mean() >= wanted]
        assert abstain_line(scores, targets, wanted) == min(good)
    assert abstain_line(scores, targets, 1.01) is None
    assert abstain_line(scores[:19], targets[:19], 0.0) is None
