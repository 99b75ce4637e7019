"""Stability: groups that are there come back, groups that are not do not; Jaccard by sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emoanalytics.views.clusters.density import density
from emoanalytics.views.clusters.stability import Stability, Verdict, _best, _drawn, stability
from tests.views.clusters.made import geometry, grouped

NOBODY = np.full(200, -1)


def test_jaccard_equals_that_of_sets() -> None:
    rng = np.random.default_rng(0)
    before, again = rng.integers(-1, 4, 60), rng.integers(-1, 6, 60)
    expected = {}
    for c in range(4):
        own = set(np.flatnonzero(before == c))
        others = [set(np.flatnonzero(again == d)) for d in range(6)]
        expected[c] = max(len(own & other) / len(own | other) for other in others)
    assert _best(before, again, 4) == pytest.approx(expected)


def test_nothing_found_again_is_no_similarity() -> None:
    assert _best(np.array([0, 0, 1, -1]), np.full(4, -1), 2) == {0: 0.0}  # one row of a cluster says nothing


def test_groups_that_are_there_come_back(tmp_path: Path) -> None:
    embeddings, _ = grouped((60, 40, 30), stray=10)
    partition = density(geometry(tmp_path / "store", embeddings), 8, 3)
    found = stability(partition, partition(np.arange(140), 0), NOBODY[:140], draws=6, seed=0)
    assert min(found.jaccard) > 0.9
    assert found.rand > 0.9
    assert found.by == "segment"
    assert found.verdict is Verdict.STABLE


def test_cutting_noise_in_halves_at_random_does_not_come_back() -> None:
    def at_random(rows: np.ndarray, seed: int) -> np.ndarray:
        return np.random.default_rng([seed, len(rows)]).integers(0, 2, len(rows))

    found = stability(at_random, at_random(np.arange(200), 99), NOBODY, draws=8, seed=0)
    assert max(found.jaccard) < 0.5
    assert abs(found.rand) < 0.05
    assert found.verdicts == (Verdict.UNSTABLE, Verdict.UNSTABLE)
    assert found.verdict.words() == "unstable: do not build on it"


def test_whole_voices_are_left_out_where_there_are_ten() -> None:
    speakers = np.repeat(np.arange(10), 5)
    rows = _drawn(50, speakers, np.random.default_rng(0))
    assert np.array_equal(np.unique(speakers[rows], return_counts=True)[1], [5] * 8)
    seen = []

    def whole(rows: np.ndarray, seed: int) -> np.ndarray:
        seen.append(rows)
        return rows % 2

    assert stability(whole, np.arange(50) % 2, speakers, draws=3, seed=0).by == "speaker"
    assert {len(rows) for rows in seen} == {40}
    assert stability(whole, np.arange(45) % 2, speakers[:45], draws=1, seed=0).by == "segment"


def test_one_cluster_of_all_rows_says_nothing_of_its_stability() -> None:
    def never(rows: np.ndarray, seed: int) -> np.ndarray:
        raise AssertionError("nothing is drawn")

    found = stability(never, np.zeros(200, int), NOBODY, draws=3, seed=0)
    assert (found.rand, found.jaccard, found.draws, found.verdict) == (None, (None,), 0, Verdict.UNKNOWN)
    some = np.where(np.arange(200) < 60, -1, 0)  # beside noise it can be lost
    assert stability(lambda rows, seed: some[rows], some, NOBODY, draws=3, seed=0).verdict is Verdict.STABLE


def test_the_last_seed_has_no_next_one_but_the_first() -> None:
    seen = []

    def halves(rows: np.ndarray, seed: int) -> np.ndarray:
        seen.append(seed)
        return rows % 2

    stability(halves, np.arange(200) % 2, NOBODY, draws=3, seed=2**32 - 2)
    assert seen == [2**32 - 2, 2**32 - 1, 0]


def test_rows_without_a_speaker_are_drawn_one_by_one() -> None:
    speakers = np.concatenate([np.repeat(np.arange(10), 2), np.full(500, -1)])
    rows = _drawn(520, speakers, np.random.default_rng(0))
    assert 350 < (speakers[rows] < 0).sum() < 450


def test_a_fifth_is_left_out_and_rows_ascend() -> None:
    rows = _drawn(100, None, np.random.default_rng(0))
    assert len(rows) == 80
    assert (np.diff(rows) > 0).all()


def test_no_clusters_and_no_draws_are_unknown() -> None:
    assert stability(lambda rows, seed: rows * 0 - 1, NOBODY, NOBODY, draws=3, seed=0).verdict is Verdict.UNKNOWN
    none = stability(lambda rows, seed: rows * 0, np.zeros(200, int), NOBODY, draws=0, seed=0)
    assert (none.rand, none.jaccard) == (None, (None,))
    assert none.verdict.words() == "not enough evidence to say how stable it is"


@pytest.mark.parametrize(
    ("jaccard", "verdict"),
    [(0.75, "stable"), (0.7499, "doubtful"), (0.6, "doubtful"), (0.5999, "unstable"), (None, "unknown")],
)
def test_verdicts(jaccard: float | None, verdict: str) -> None:
    assert Verdict.of(jaccard) == verdict


def test_the_whole_is_no_better_than_its_rand_index() -> None:
    assert Stability(0.65, (0.9, 0.95), 5, "segment").verdict is Verdict.DOUBTFUL
    assert Stability(0.95, (0.2, 0.5, 0.9), 5, "segment").verdict is Verdict.UNSTABLE


def test_json_and_back() -> None:
    made = Stability(0.5, (0.25, None), 4, "speaker")
    assert Stability.from_json(made.as_json()) == made
    assert made.as_json()["verdicts"] == ["unstable", "unknown"]
