"""A speaker-centred index of a store that grows: what moved is placed again, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.index import IndexSettings, Kind
from emoanalytics.neighbours.index import index as module
from emoanalytics.neighbours.index.slots import FURTHEST, Slots
from emoanalytics.neighbours.space import Centres, Space
from emoanalytics.neighbours.vectors import Vectors
from tests.neighbours.made import spread, store_of, vectors_of

N, SPEAKERS, DIM = 1200, 4, 31
ROWS = spread(N + 100)
WHO: list[str | None] = [f"s{i % SPEAKERS}" for i in range(N)]


@pytest.fixture(autouse=True)
def ask_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EXACT_WITHIN", 0)


class Growing:
    """A store that becomes another one, as by a build."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path, self.states = path, 0
        self.settings = IndexSettings(exact_below=100, kind=kind)

    def state(self, rows: np.ndarray, speakers: list[str | None]) -> Geometry:
        path, before = self.path / str(self.states), self.path / str(self.states - 1) / "derived"
        geometry = Geometry(store_of(path, rows, speakers), Space.SPEAKER_CENTRED, settings=self.settings)
        if before.exists():
            before.rename(path / "derived")
        self.states += 1
        geometry.make_index()
        return geometry


@pytest.fixture(params=[Kind.HNSW_SQ, Kind.IVF_SQ])
def growing(request: pytest.FixtureRequest, tmp_path: Path) -> Growing:
    return Growing(tmp_path, request.param)


def slow_moved(before: Vectors, after: Vectors, rows: np.ndarray) -> int:
    """How many of the rows there were have moved by more than may be left as it is."""
    moved = 0
    for i in range(len(before)):
        was, now = before.centres.means[before.speakers[i]], after.centres.means[after.speakers[i]]
        moved += bool(np.linalg.norm(was - now) / np.linalg.norm(rows[i] - now) > FURTHEST)
    return moved


def found_is_brute_force(geometry: Geometry) -> None:
    vectors = geometry.vectors
    every = vectors.points(slice(0, len(vectors)))
    assert geometry.index is not None and geometry.index.kind is not Kind.EXACT
    some = np.r_[0:60, len(vectors) - 60 : len(vectors)]
    mine, true = geometry.nearest(every[some], 10), nearest(every[some], vectors, 10)
    assert all(len(set(row)) == 10 for row in mine.rows)  # no row twice, though it may have had two slots
    np.testing.assert_allclose(mine.similarities, np.einsum("id,ikd->ik", every[some], every[mine.rows]), atol=1e-6)
    assert (mine.rows[:, :, None] == true.rows[:, None]).any(2).mean() >= 0.97
    assert (mine.rows[:, 0] == some).all()


def test_few_clips_more_are_added_and_all_others_stay(growing: Growing) -> None:
    growing.state(ROWS[:N], WHO)
    new = growing.state(ROWS[: N + 10], WHO + WHO[:10])
    assert new.notes == []
    assert (new.index.record["slots"], new.index.record["rows"]) == (N + 10, N + 10)
    found_is_brute_force(new)


def test_the_clips_of_a_speaker_whose_centre_moved_are_placed_again(growing: Growing) -> None:
    voices = 2 * np.eye(SPEAKERS, DIM, dtype=np.float32)[np.arange(N) % SPEAKERS]
    old = growing.state(ROWS[:N] + voices, WHO)
    far = ROWS[N : N + 20] + 2 * np.random.default_rng(1).normal(size=DIM).astype(np.float32)
    rows = np.vstack([ROWS[:N] + voices, far])
    new = growing.state(rows, WHO + ["s1"] * 20)
    moved = slow_moved(old.vectors, new.vectors, rows)
    assert 100 < moved < N // 2
    assert new.notes == []
    assert new.index.record["slots"] == N + 20 + moved
    found_is_brute_force(new)
    again = Geometry(new.store, Space.SPEAKER_CENTRED, settings=growing.settings)
    found_is_brute_force(again)  # from the file


def test_clips_that_are_given_another_speaker_are_placed_again(growing: Growing) -> None:
    who = ["s0" if s == "s3" and i % 2 else s for i, s in enumerate(WHO)]
    old = growing.state(ROWS[:N] + 4 * np.eye(SPEAKERS, DIM, dtype=np.float32)[np.arange(N) % SPEAKERS], WHO)
    rows = np.asarray(old.vectors.embeddings)
    new = growing.state(rows, who)
    assert new.notes == [] or "are new or moved" in new.notes[0]
    found_is_brute_force(new)


def test_an_index_that_is_mostly_left_slots_is_built_anew(tmp_path: Path) -> None:
    growing = Growing(tmp_path, Kind.HNSW_SQ)
    growing.state(ROWS[:N], WHO)
    who = [f"t{i % 7}" for i in range(N)]
    moved = ROWS[:N] + 5 * np.eye(7, DIM, dtype=np.float32)[np.arange(N) % 7]
    assert growing.state(moved, who).notes[0].startswith("the index is built anew: 1200 rows are new or moved and 1200")


@pytest.mark.parametrize("kind", [Kind.HNSW_SQ, Kind.IVF_SQ])
def test_what_lies_among_slots_that_rows_have_left_is_found(kind: Kind) -> None:
    vectors = vectors_of(spread(3000))
    index = module.Index.build(vectors, IndexSettings(kind=kind))
    point = vectors.points(np.array([5]))
    order = (vectors.points(slice(0, 3000)) @ point[0]).argsort()[::-1]
    around = np.sort(order[:40])
    slots = index._slots
    for _ in range(25):  # they moved as often, and came back
        index._engine.add(index._components.of_rows(vectors.points(around)))
        left = np.where(np.isin(slots.rows, around), -1, slots.rows)
        slots = Slots(left, slots.centre, slots.centres).and_then(vectors, around)
    assert slots.gone == 1000
    worn = module.Index(vectors, index._components, index._engine, slots, index.record)
    assert worn.search(point, 10).rows[0].tolist() == order[:10].tolist()


def points_of(rows: np.ndarray, means: np.ndarray, speakers: np.ndarray, names: list[str]) -> Vectors:
    """Points with the centres that a test says."""
    who = tuple(f"s{i}" for i in range(len(means) - 1))
    return Vectors(
        pd.Index(names), rows, Space.SPEAKER_CENTRED, speakers.astype(np.int32), who, Centres(means, 1.0), "key"
    )


def test_slots_keep_the_centres_their_rows_were_placed_by() -> None:
    rows = np.array([[1, 0], [0, 1], [2, 2], [3, 1]], np.float32)
    names = list("abcd")
    before = np.array([[0.1, 0.0], [0.0, 0.1], [0.0, 0.0]], np.float32)
    old = points_of(rows, before.copy(), np.array([0, 1, -1, 0]), names)
    slots = Slots.of(old, np.arange(4))
    assert slots.centres[slots.centre].tolist() == before[[0, 1, 2, 0]].tolist()
    after = before + np.array([[0.04, 0], [0.2, 0], [0, 0]], np.float32)
    # One more in front, b gone; a and d lose another centre: a, that is short, has moved, and d, that is long, not.
    grown = np.vstack([rows[2:3], rows[[0, 2, 3]]])
    new = points_of(grown, after, np.array([1, 0, -1, 0]), ["z", "a", "c", "d"])
    reach = [0.04 / np.linalg.norm(e - after[0]) for e in (rows[0], rows[3])]
    now = slots.now(pd.Index(names), new)
    assert [r > FURTHEST for r in reach] == [False, False] and now.rows.tolist() == [1, -1, 2, 3]
    after = before + np.array([[0.06, 0], [0.2, 0], [0, 0]], np.float32)
    new = points_of(grown, after, np.array([1, 0, -1, 0]), ["z", "a", "c", "d"])
    now = slots.now(pd.Index(names), new)
    assert now.rows.tolist() == [-1, -1, 2, 3] and now.gone == 2
    more = now.and_then(new, np.array([0, 1]))
    assert more.rows.tolist() == [-1, -1, 2, 3, 0, 1]
    alive = more.rows >= 0
    np.testing.assert_array_equal(more.centres[more.centre[alive]], [before[2], before[0], after[1], after[0]])
    assert len(more.centres) == 4
    with pytest.raises(ValueError, match="its slots have no ids"):
        slots.now(pd.Index(names[:3]), new)


def test_small_moves_add_up_until_a_row_is_placed_again() -> None:
    """What counts is where a row was placed, not where it was when the index was last brought up to date."""
    rows, ids = np.array([[1, 0], [0, 1]], np.float32), ["a", "b"]

    def state(moved: float) -> Vectors:
        return points_of(rows, np.array([[0, 0], [0, moved], [0, 0]], np.float32), np.array([0, 1]), ids)

    slots = Slots.of(state(0), np.arange(2))
    for step, gone in ((0.02, 0), (0.04, 0), (0.06, 1)):
        now = slots.now(pd.Index(ids), state(step))
        assert now.gone == gone
        slots = now.and_then(state(step), np.setdiff1d(np.arange(2), now.rows))
    assert slots.rows.tolist() == [0, -1, 1]
    assert slots.now(pd.Index(ids), state(0.08)).gone == 1  # counted from the new place on


def test_in_the_raw_space_nothing_moves() -> None:
    rows = spread(9, 3)
    raw = Vectors(pd.Index(list("abcdefghi")), rows, Space.RAW, np.full(9, -1, np.int32), (), None, "key")
    slots = Slots.of(raw, np.arange(9))
    assert slots.centres.tolist() == [[0, 0, 0]]
    less = Vectors(raw.ids[2:], rows[2:], Space.RAW, raw.speakers[2:], (), None, "key")
    assert slots.now(raw.ids, less).rows.tolist() == [-1, -1, 0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("rows", "centre", "centres"),
    [
        ([0, 1], [0], np.zeros((1, 2))),
        ([0], [1], np.zeros((1, 2))),
        ([-2], [0], np.zeros((1, 2))),
        ([0], [0], np.zeros(2)),
    ],
)
def test_slots_that_do_not_belong_together(rows: list[int], centre: list[int], centres: np.ndarray) -> None:
    with pytest.raises(ValueError, match="its slots"):
        Slots(np.array(rows), np.array(centre), centres)
