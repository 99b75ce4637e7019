"""The test against plain loops over every arrangement, the contrast against textbook formulas, the errors it makes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from emoanalytics.errors import StoreError
from emoanalytics.statistics.cells import Cells, Contrast
from emoanalytics.statistics.permutation import permutation_test

NAN = float("nan")


def cells(rows: list[tuple[float, ...]]) -> Cells:
    """One outcome; a row is a speaker's means in each group."""
    return Cells(np.array(rows, dtype=float)[:, :, None])


def some(seen: list[tuple[int, ...]], outcomes: int = 3, seed: int = 0, shift: float = 0.0) -> Cells:
    """Random means where ``seen`` is 1; the first group is shifted."""
    rng = np.random.default_rng(seed)
    where = np.array(seen, dtype=bool)
    means = rng.normal(size=(*where.shape, outcomes)) + rng.normal(size=(len(where), 1, outcomes))
    means[:, 0] += shift
    return Cells(np.where(where[..., None], means, NAN))


def welch_square(one: np.ndarray, two: np.ndarray) -> float:
    return float(stats.ttest_ind(one, two, equal_var=False).statistic ** 2)


def anderson_f2(parts: list[np.ndarray]) -> float:
    """F2 as the paper writes it: between-group squares over sum (1 - n_i / N) V_i; parts are (n_i, outcomes)."""
    everything = np.concatenate(parts)
    centre, n = everything.mean(axis=0), len(everything)
    between = sum(len(p) * ((p.mean(axis=0) - centre) ** 2).sum() for p in parts)
    within = sum((1 - len(p) / n) * ((p - p.mean(axis=0)) ** 2).sum() / (len(p) - 1) for p in parts)
    return between / within


def test_means_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.random((50, 2)), rng.random(50)
    speakers, groups = rng.integers(0, 5, 50), rng.integers(0, 3, 50)
    speakers[-1], groups[-1] = 4, 2
    got = Cells.of(values, speakers, groups, weights)
    for s, g, outcome in itertools.product(range(5), range(3), range(2)):
        rows = (speakers == s) & (groups == g)
        expected = sum(weights[rows] * values[rows, outcome]) / sum(weights[rows]) if rows.any() else NAN
        np.testing.assert_allclose(got.means[s, g, outcome], expected)
    np.testing.assert_array_equal(
        got.seen, [[((speakers == s) & (groups == g)).any() for g in range(3)] for s in range(5)]
    )


def test_every_speaker_counts_once() -> None:
    values = np.array([[0.0], *[[1.0]] * 99, [0.0], [0.0]])
    speakers = np.array([0, *[1] * 99, 2, 3])
    groups = np.array([0, *[0] * 99, 1, 1])
    assert Contrast.of(Cells.of(values, speakers, groups)).difference.tolist() == [0.5]


def test_speakers_in_one_group_each_give_welchs_t() -> None:
    made = some([(1, 0)] * 5 + [(0, 1)] * 8)
    one, two = made.means[:5, 0], made.means[5:, 1]
    contrast = Contrast.of(made)
    np.testing.assert_allclose(contrast.difference, one.mean(axis=0) - two.mean(axis=0))
    for e in range(3):
        np.testing.assert_allclose(
            contrast.difference[e] ** 2 / contrast.variance[e], welch_square(one[:, e], two[:, e])
        )


def test_speakers_in_both_groups_give_the_paired_t() -> None:
    made = some([(1, 1)] * 7)
    contrast = Contrast.of(made)
    for e in range(3):
        t = stats.ttest_rel(made.means[:, 0, e], made.means[:, 1, e]).statistic
        np.testing.assert_allclose(contrast.difference[e] / np.sqrt(contrast.variance[e]), t)


def test_both_kinds_are_combined_by_their_precision() -> None:
    made = some([(1, 1)] * 6 + [(1, 0)] * 4 + [(0, 1)] * 3)
    contrast = Contrast.of(made)
    d, one, two = made.means[:6, 0] - made.means[:6, 1], made.means[6:10, 0], made.means[10:, 1]
    paired = sum(np.mean(d[:, e] ** 2) / 6 for e in range(3))
    unpaired = sum(np.var(np.r_[one[:, e], two[:, e]], ddof=1) * (1 / 4 + 1 / 3) for e in range(3))
    share = (1 / paired) / (1 / paired + 1 / unpaired)
    assert contrast.share == pytest.approx(share)
    np.testing.assert_allclose(
        contrast.difference, share * d.mean(axis=0) + (1 - share) * (one.mean(axis=0) - two.mean(axis=0))
    )
    error = one.var(axis=0, ddof=1) / 4 + two.var(axis=0, ddof=1) / 3
    np.testing.assert_allclose(contrast.variance, share**2 * d.var(axis=0, ddof=1) / 6 + (1 - share) ** 2 * error)


def test_a_kind_with_one_speaker_is_left_out() -> None:
    contrast = Contrast.of(some([(1, 1)] * 4 + [(1, 0)] * 3 + [(0, 1)]))
    assert (len(contrast.pairs), len(contrast.first), len(contrast.second), contrast.share) == (4, 0, 0, 1.0)
    contrast = Contrast.of(some([(1, 1)] + [(1, 0)] * 3 + [(0, 1)] * 2))
    assert (len(contrast.pairs), len(contrast.first), len(contrast.second), contrast.share) == (0, 3, 2, 0.0)
    assert Contrast.of(some([(1, 1), (1, 0)])).empty


def test_differences_of_distributions_sum_to_zero() -> None:
    made = some([(1, 1)] * 6 + [(1, 0)] * 4 + [(0, 1)] * 3, outcomes=5)
    shares = np.exp(made.means) / np.exp(made.means).sum(axis=2, keepdims=True)
    assert Contrast.of(Cells(shares)).difference.sum() == pytest.approx(0, abs=1e-12)


def test_speakers_of_one_group_are_shuffled_between_groups() -> None:
    made = some([(1, 0)] * 4 + [(0, 1)] * 5, shift=1.0)
    values = np.concatenate([made.means[:4, 0], made.means[4:, 1]])

    def statistics(first: tuple[int, ...]) -> list[float]:
        rest = [i for i in range(9) if i not in first]
        one, two = values[list(first)], values[rest]
        plain = (one.mean(axis=0) - two.mean(axis=0)) ** 2
        return [anderson_f2([one, two]), *(welch_square(one[:, e], two[:, e]) for e in range(3)), *plain]

    everything = np.array([statistics(c) for c in itertools.combinations(range(9), 4)])
    seen = np.array(statistics((0, 1, 2, 3)))
    p = (everything >= seen * (1 - 1e-9)).mean(axis=0)
    got = permutation_test(made)
    assert got is not None
    assert got.exact
    assert got.permutations == len(everything) == 126
    assert got.statistic == pytest.approx(seen[0])
    assert got.p == pytest.approx(p[0])
    assert (p[1:4] != p[4:]).any()
    np.testing.assert_allclose(got.each, np.maximum(p[1:4], p[4:]))
    assert got.smallest_p == pytest.approx(1 / 126)


def test_differences_of_speakers_in_both_groups_change_sign() -> None:
    made = some([(1, 1)] * 7, shift=0.8)
    d = made.means[:, 0] - made.means[:, 1]

    def statistics(signs: tuple[int, ...]) -> list[float]:
        flipped = d * np.array(signs)[:, None]
        squares, errors = flipped.mean(axis=0) ** 2, flipped.var(axis=0, ddof=1) / 7
        return [squares.sum() / errors.sum(), *(squares / errors)]

    everything = np.array([statistics(s) for s in itertools.product((1, -1), repeat=7)])
    seen = np.array(statistics((1,) * 7))
    got = permutation_test(made)
    assert got is not None
    assert got.permutations == 128
    np.testing.assert_allclose([got.p, *got.each], (everything >= seen * (1 - 1e-9)).mean(axis=0))
    assert got.smallest_p == pytest.approx(2 / 128)


def test_nothing_moves_between_the_two_kinds_of_speakers() -> None:
    made = some([(1, 1)] * 4 + [(1, 0)] * 3 + [(0, 1)] * 2, outcomes=2, shift=1.0)
    everything = []
    alone = np.concatenate([made.means[4:7, 0], made.means[7:, 1]])
    for swap in itertools.product((False, True), repeat=4):
        for first in itertools.combinations(range(5), 3):
            means = np.full(made.means.shape, NAN)
            for s in range(4):
                means[s] = made.means[s, ::-1] if swap[s] else made.means[s]
            for row, i in enumerate([*first, *(i for i in range(5) if i not in first)]):
                means[4 + row, 0 if row < 3 else 1] = alone[i]
            c = Contrast.of(Cells(means))
            square = c.difference**2
            everything.append([square.sum() / c.variance.sum(), *(square / c.variance), *square])
    got = permutation_test(made)
    assert got is not None
    assert got.permutations == len(everything) == 16 * 10
    p = (np.array(everything) >= np.array(everything[0]) * (1 - 1e-9)).mean(axis=0)
    np.testing.assert_allclose([got.p, *got.each], [p[0], *np.maximum(p[1:3], p[3:])])


def test_three_groups_are_tested_with_andersons_f2() -> None:
    made = some([(1, 0, 0)] * 3 + [(0, 1, 0)] * 2 + [(0, 0, 1)] * 2, shift=1.0)
    values = np.array([made.means[s, g] for s, g in enumerate([0, 0, 0, 1, 1, 2, 2])])
    everything = [
        anderson_f2([values[[i for i in range(7) if labels[i] == g]] for g in range(3)])
        for labels in set(itertools.permutations([0, 0, 0, 1, 1, 2, 2]))
    ]
    got = permutation_test(made)
    assert got is not None
    assert got.permutations == len(everything) == 210
    seen = anderson_f2([values[:3], values[3:5], values[5:]])
    assert got.statistic == pytest.approx(seen)
    assert got.p == pytest.approx(np.mean(np.array(everything) >= seen * (1 - 1e-9)))
    assert got.smallest_p == pytest.approx(2 / 210)  # the two groups of two may change names


@pytest.mark.parametrize(
    ("seen", "arrangements"),
    [
        ([(1, 1, 1)] * 3, 6**3),
        ([(1, 1, 0)] * 2 + [(0, 1, 1)] * 2 + [(1, 0, 1)] * 2, 2**6),
        ([(1, 1, 1)] * 2 + [(1, 1, 0)] * 2 + [(0, 0, 1)] * 2 + [(1, 0, 0)] * 3, 6**2 * 2**2 * 10),
        ([(1, 0)] * 4 + [(0, 1)] * 4, 70),
    ],
)
def test_the_smallest_p_is_the_one_a_clear_difference_gets(seen: list[tuple[int, ...]], arrangements: int) -> None:
    made = some(seen, seed=4)
    far = Cells(made.means * 0.01 + 10.0 * np.arange(made.means.shape[1])[None, :, None] ** 2)
    got = permutation_test(far)
    assert got is not None
    assert got.permutations == arrangements
    assert got.p == pytest.approx(got.smallest_p)


def test_random_arrangements_agree_with_all_of_them() -> None:
    made = some([(1, 1, 0)] * 3 + [(1, 1, 1)] * 2 + [(0, 0, 1)] * 3 + [(1, 0, 0)] * 3, shift=0.7, seed=6)
    exact, drawn = permutation_test(made, permutations=50_000), permutation_test(made, permutations=4_999, seed=1)
    assert exact is not None
    assert drawn is not None
    assert exact.exact
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=0.025)
    np.testing.assert_allclose(drawn.each, exact.each, atol=0.025)
    assert drawn.smallest_p == 1 / 5_000
    again = permutation_test(made, permutations=4_999, seed=1)
    assert again is not None
    assert (again.p, again.each.tolist()) == (drawn.p, drawn.each.tolist())


def test_a_difference_no_arrangement_reaches_counts_itself() -> None:
    got = permutation_test(some([(1, 1)] * 40, shift=9.0), permutations=99)
    assert got is not None
    assert got.p == 0.01


def test_many_speakers_are_shuffled_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    made = some([(1, 1)] * 12 + [(1, 0)] * 6 + [(0, 1)] * 6, shift=0.3)
    whole = permutation_test(made, permutations=500)
    monkeypatch.setattr("emoanalytics.statistics.permutation._CHUNK", 1_000)
    pieces = permutation_test(made, permutations=500)
    assert whole is not None
    assert pieces is not None
    assert whole.permutations == pieces.permutations == 500
    assert pieces.p == pytest.approx(whole.p, abs=0.08)


def test_equal_means_are_no_difference() -> None:
    got = permutation_test(cells([(0.5, 0.5)] * 6))
    assert got is not None
    assert (got.statistic, got.p) == (0.0, 1.0)
    got = permutation_test(cells([(1.0, 0.0)] * 6))  # no variance at all
    assert got is not None
    assert got.p == got.smallest_p == 2 / 64


@pytest.mark.parametrize("rows", [[(0.1, 0.2)], [(0.1, NAN), (NAN, 0.3)], [(0.1, NAN), (0.2, NAN), (NAN, 0.3)]])
def test_too_few_speakers_are_no_test(rows: list[tuple[float, ...]]) -> None:
    assert permutation_test(cells(rows)) is None


def test_a_cell_is_whole_or_missing() -> None:
    with pytest.raises(StoreError, match="each whole or missing"):
        Cells(np.array([[[0.1, NAN], [0.2, 0.3]]]))


def test_alike_groups_of_speakers_are_told_apart_no_more_often_than_promised() -> None:
    """Speakers differ, groups do not: one test in twenty is wrong; a test of clips is wrong most of the time."""
    wrong, naive = 0, 0
    for i in range(300):
        rng = np.random.default_rng([3, i])
        speakers = np.repeat(np.arange(12), 20)
        values = rng.normal(size=(12, 3))[speakers] + rng.normal(size=(240, 3))
        of_speakers = permutation_test(Cells.of(values, speakers, speakers % 2), permutations=199, seed=i)
        of_clips = permutation_test(Cells.of(values, np.arange(240), speakers % 2), permutations=99, seed=i)
        assert of_speakers is not None
        assert of_clips is not None
        wrong, naive = wrong + (of_speakers.p <= 0.05), naive + (of_clips.p <= 0.05)
    assert 0.02 <= wrong / 300 <= 0.08
    assert naive / 300 > 0.5
