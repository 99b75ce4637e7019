"""Permutation tests for clips that come in speakers: what is shuffled is speakers, never clips.

    clips -> Cells (one mean a speaker and group) -> permutation_test

Shuffling clips finds differences where there are none, since clips of one speaker resemble each other. Here a speaker
in several groups is its own block, inside which its means change places (with two groups: the sign of the difference
flips); speakers in one group only are one block, inside which they change groups. Nothing moves between blocks
(Winkler et al., "Permutation inference for the general linear model", NeuroImage 92, 2014).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emoanalytics.errors import StoreError
from emoanalytics.statistics.cells import FEWEST, Cells, Sums, combined

_CHUNK = 2_000_000  # numbers shuffled at a time, 16 MB

_Moves = tuple[np.ndarray, np.ndarray]  # where each cell of a speaker comes from; the group of each single speaker


@dataclass(frozen=True)
class PermutationTest:
    """Whether groups differ at all, and in which outcome.

    Attributes:
        statistic: the overall statistic.
        p: its p-value.
        each: (outcomes,) p-values, not corrected for their number; see ``permutation_test``.
        exact: every arrangement was looked at; else ``permutations`` random ones.
        permutations: arrangements looked at.
        smallest_p: the smallest p-value these speakers could have given.
        seed: of the random ones.
    """

    statistic: float
    p: float
    each: np.ndarray
    exact: bool
    permutations: int
    smallest_p: float
    seed: int


def permutation_test(cells: Cells, *, permutations: int = 9_999, seed: int = 0) -> PermutationTest | None:
    """Test whether speakers' means differ between groups.

    The statistic is F2 of Anderson, Walsh, Clarke, Gorley and Guerra-Castro ("Some solutions to the multivariate
    Behrens-Fisher problem for dissimilarity-based analyses", Aust. N. Z. J. Stat. 59, 2017), written as a sum over
    pairs of groups so that it also takes speakers who are in several: differences squared over their variances, which
    need not be equal. For a single outcome and two groups that is the square of Welch's (or the paired) t, whose
    permutation also holds for unequal variances when speakers are many (Janssen, Stat. Probab. Lett. 36, 1997). With
    few speakers and skewed scores it finds too much, so an outcome's p-value is the larger of that and the one of the
    plain squared difference: either is right where the groups are alike, and one of them nearly so where they are not
    (measured by ``benchmarks/statistics_compare.py``).
    A p-value counts the arrangement that was seen (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010).

    Args:
        cells: means of speakers in two or more groups.
        permutations: random arrangements; where there are not more in all, each is looked at once.
        seed: of the random arrangements.

    Returns:
        The test, or None where no two groups have enough speakers for one.

    Raises:
        StoreError: no permutation is asked for.

    >>> means = np.random.default_rng(0).normal(size=(8, 2, 1)) + [[[1.5], [0.0]]]
    >>> test = permutation_test(Cells(means))
    >>> test.exact, test.permutations, round(test.smallest_p, 4), test.p < 0.05
    (True, 256, 0.0078, True)
    """
    if permutations < 1:
        raise StoreError(f"a test takes at least 1 permutation, not {permutations}")
    design = _Design.of(cells)
    if design is None:
        return None
    seen = [x[0] for x in design.statistics(*design.as_seen())]
    exact = design.log_arrangements <= math.log(permutations) + 1e-9
    hits, looked_at = [np.zeros(x.shape) for x in seen], 0
    source = design.every() if exact else design.random(permutations, np.random.default_rng(seed))
    for moved in source:
        found = design.statistics(*moved)
        for count, values, of_seen in zip(hits, found, seen, strict=True):
            # Arrangements that tie with the one seen must count as such, however their sums are rounded.
            count += (values >= of_seen * (1 - 1e-9)).sum(axis=0)
        looked_at += len(found[0])
    seen_too = 0 if exact else 1
    n = looked_at + seen_too
    smallest = design.ties / n if exact else max(design.ties * math.exp(-design.log_arrangements), 1 / n)
    p, studentised, plain = ((count + seen_too) / n for count in hits)
    return PermutationTest(float(seen[0]), float(p), np.maximum(studentised, plain), exact, looked_at, smallest, seed)


@dataclass(frozen=True)
class _Design:
    """Who can change places with whom.

    Attributes:
        several: (s, groups, outcomes) means of speakers in several groups, 0 where missing.
        seen: (s, groups) bool.
        single: (u, outcomes) means of speakers in one group.
        labels: (u,) their groups.
        pairs: pairs of groups that have speakers enough.
    """

    several: np.ndarray
    seen: np.ndarray
    single: np.ndarray
    labels: np.ndarray
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, cells: Cells) -> _Design | None:
        """The speakers that some pair of groups can use; None where there is no such pair."""
        seen = cells.seen
        used, pairs = np.zeros(len(seen), dtype=bool), []
        for i, j in itertools.combinations(range(seen.shape[1]), 2):
            both, one, two = seen[:, i] & seen[:, j], seen[:, i] & ~seen[:, j], seen[:, j] & ~seen[:, i]
            usable = (both.sum() >= FEWEST) * both | (min(one.sum(), two.sum()) >= FEWEST) * (one | two)
            used |= usable
            if usable.any():
                pairs.append((i, j))
        if not pairs:
            return None
        means, seen = cells.means[used], seen[used]
        means = np.where(seen[..., None], means - np.nanmean(means, axis=(0, 1)), 0.0)  # sums of squares stay exact
        alone = seen.sum(axis=1) == 1
        labels = seen[alone].argmax(axis=1)
        return cls(means[~alone], seen[~alone], means[alone, labels], labels, tuple(pairs))

    @property
    def log_arrangements(self) -> float:
        """Logarithm of the number of different arrangements."""
        blocks = sum(math.lgamma(n + 1) for n in self.seen.sum(axis=1))
        return blocks + math.lgamma(len(self.labels) + 1) - sum(math.lgamma(n + 1) for n in self._counts)

    @property
    def ties(self) -> int:
        """Arrangements that any arrangement ties with, itself included: those that only rename groups."""
        kinds = Counter((tuple(self.seen[:, g]), int(self._counts[g])) for g in range(self.seen.shape[1]))
        return math.prod(math.factorial(n) for n in kinds.values())

    @property
    def _counts(self) -> np.ndarray:
        return np.bincount(self.labels, minlength=self.seen.shape[1])

    @property
    def _at_a_time(self) -> int:
        return max(1, _CHUNK // max(1, self.several.size + self.single.size))

    def as_seen(self) -> _Moves:
        """The arrangement that was seen."""
        return np.broadcast_to(np.arange(self.seen.shape[1]), (1, *self.seen.shape)), self.labels[None]

    def every(self) -> Iterator[_Moves]:
        """Each arrangement once."""
        options = [list(_reorderings(row)) for row in self.seen]
        arrangements = itertools.product(itertools.product(*options), _labelings(self._counts))
        while some := list(itertools.islice(arrangements, self._at_a_time)):
            source = np.array([s for s, _ in some], dtype=np.intp).reshape(len(some), *self.seen.shape)
            yield source, np.array([labels for _, labels in some], dtype=np.intp).reshape(len(some), -1)

    def random(self, n: int, rng: np.random.Generator) -> Iterator[_Moves]:
        """``n`` arrangements drawn with equal chances."""
        places = np.argsort(~self.seen, axis=1, kind="stable")
        for start in range(0, n, self._at_a_time):
            some = min(self._at_a_time, n - start)
            keys = np.where(self.seen, rng.random((some, *self.seen.shape)), np.inf)
            source = np.empty(keys.shape, dtype=np.intp)
            np.put_along_axis(
                source, np.broadcast_to(places, keys.shape), np.argsort(keys, axis=2, kind="stable"), axis=2
            )
            yield source, rng.permuted(np.tile(self.labels, (some, 1)), axis=1)

    def statistics(self, source: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Overall (b,), and for each outcome (b, outcomes) studentised and plain, of b arrangements."""
        moved = np.take_along_axis(self.several[None], source[..., None], axis=2)
        alone = [(labels == g).astype(np.float64) for g in range(self.seen.shape[1])]
        sums = [(a @ self.single, a @ self.single**2) for a in alone]
        above = below = np.zeros((len(labels), self.single.shape[1]))
        for i, j in self.pairs:
            s, size = self._sums(moved, sums, i, j)
            difference, variance = combined(s)
            above = above + size * difference**2
            below = below + size * variance
        return _ratio(above.sum(axis=1), below.sum(axis=1)), _ratio(above, below), above

    def _sums(
        self, moved: np.ndarray, alone: list[tuple[np.ndarray, np.ndarray]], i: int, j: int
    ) -> tuple[Sums, float]:
        """What the contrast of two groups is made of, and how much it counts: the paper's n n' (its N cancels)."""
        here, there = self.seen[:, i], self.seen[:, j]
        pairs = moved[:, here & there, i] - moved[:, here & there, j]
        sides = []
        for g, only in ((i, here & ~there), (j, there & ~here)):
            means = moved[:, only, g]
            n = means.shape[1] + int(self._counts[g])
            sides.append((n, means.sum(axis=1) + alone[g][0], (means**2).sum(axis=1) + alone[g][1]))
        n_pairs = pairs.shape[1] if pairs.shape[1] >= FEWEST else 0
        if min(sides[0][0], sides[1][0]) < FEWEST:
            sides = [(0, *side[1:]) for side in sides]
        first, second = n_pairs + sides[0][0], n_pairs + sides[1][0]
        sums = Sums(n_pairs, pairs.sum(axis=1), (pairs**2).sum(axis=1), *sides[0], *sides[1])
        return sums, float(first * second)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Differences over variances: 0 where neither is there, infinite where only the variance is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above > 0, above / below, 0.0)


def _reorderings(seen: np.ndarray) -> Iterator[np.ndarray]:
    """Every order of the groups a speaker is seen in; the others stay in place."""
    places = np.flatnonzero(seen)
    for order in itertools.permutations(places):
        row = np.arange(len(seen))
        row[places] = order
        yield row


def _labelings(counts: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Every different way to give out the labels 0, 1, ... as often as counted."""
    if not counts.sum():
        yield ()
        return
    for g in np.flatnonzero(counts):
        rest = counts.copy()
        rest[g] -= 1
        for labels in _labelings(rest):
            yield (int(g), *labels)
