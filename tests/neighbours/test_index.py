"""The index against brute force: every sort of it, small, refreshed, kept and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.neighbours.exact import Nearest, nearest
from emoanalytics.neighbours.index import Index, IndexSettings, Kind
from emoanalytics.neighbours.index import index as module
from emoanalytics.neighbours.index.tuning import tuned
from emoanalytics.neighbours.truth import Truth
from tests.neighbours.made import spread, vectors_of

SORTS = [Kind.HNSW_SQ, Kind.IVF_SQ, Kind.IVF_PQ]
N = 3000
EVERY = spread(N + 200)  # the last are asked for and not in the store

LARGE = spread(12_000)


@pytest.fixture(autouse=True)
def ask_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores of the tests are so small that every row would be compared."""
    monkeypatch.setattr(module, "_EXACT_WITHIN", 0)


@pytest.fixture(scope="module", params=SORTS)
def index(request: pytest.FixtureRequest) -> Index:
    return Index.build(vectors_of(EVERY[:N]), IndexSettings(kind=request.param))


def recall(index: Index, vectors, points: np.ndarray, k: int, allowed: np.ndarray | None = None) -> float:
    mine = index.search(points, k, allowed=allowed)
    true = nearest(points, vectors, k, among=allowed)
    there = true.rows >= 0
    assert ((mine.rows >= 0) == there).all()  # k hits wherever there are k
    if allowed is not None:
        assert np.isin(mine.rows[there], allowed).all()
    # What is told of a row is exact.
    told = np.einsum(
        "ij,ikj->ik", points, vectors.points(np.maximum(mine.rows, 0).ravel()).reshape(*mine.rows.shape, -1)
    )
    np.testing.assert_allclose(mine.similarities[there], told[there], atol=1e-6)
    assert (np.diff(mine.similarities, axis=1)[there[:, 1:]] <= 1e-6).all()
    return float((mine.rows[:, :, None] == true.rows[:, None, :]).any(axis=2)[there].mean()) if there.any() else 1.0


def test_what_is_missing_is_little_and_what_is_told_is_exact(index: Index) -> None:
    vectors = vectors_of(EVERY[:N])
    queries = vectors.place(EVERY[N:])
    assert index.kind in SORTS
    assert index.record["recall_at_10"] >= 0.98
    assert index.record["recall_at_100"] >= 0.98
    assert recall(index, vectors, queries, 10) >= 0.97
    assert recall(index, vectors, queries, 100) >= 0.97
    assert recall(index, vectors, queries[:20], 300) >= 0.97
    assert recall(index, vectors, queries[:5], N + 7) == 1.0


@pytest.mark.parametrize("left", [0, 1, 5, 40, 400, 2400, N])
def test_a_filter_leaves_as_many_hits_and_misses_no_more_of_them_than_a_search_without_one(
    index: Index, left: int
) -> None:
    vectors = vectors_of(EVERY[:N])
    queries = vectors.place(EVERY[N : N + 60])
    allowed = np.sort(np.random.default_rng(left).choice(N, left, replace=False))
    bare, most = recall(index, vectors, queries, 10), 1 / len(queries)  # a tenth of the hits of six queries
    assert recall(index, vectors, queries, 10, allowed) >= min(bare, index.record["recall_at_10"]) - most


@pytest.mark.parametrize("left", [0, 1, 10, 900, 1500])
def test_a_filter_that_leaves_few_never_costs_a_hit(index: Index, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EXACT_WITHIN", 1500)
    vectors = vectors_of(EVERY[:N])
    queries = vectors.place(EVERY[N:])
    allowed = np.sort(np.random.default_rng(left).choice(N, left, replace=False))
    assert recall(index, vectors, queries, 10, allowed) == 1.0


COARSE = IndexSettings(kind=Kind.IVF_SQ, target_recall=0.6)
EVEN = np.random.default_rng(0).normal(size=(6000, 16)).astype(np.float32)  # the worst an index can meet


def test_the_recall_that_is_told_is_that_of_brute_force_where_much_is_missed() -> None:
    vectors = vectors_of(EVEN)
    index = Index.build(vectors, COARSE)
    every = vectors.points(slice(0, len(EVEN)))
    mine = np.sort(np.random.default_rng(COARSE.seed + 1).choice(len(EVEN), 800, replace=False))[1::2]
    for k in (10, 100):
        likeness = every[mine] @ every.T
        likeness[np.arange(len(mine)), mine] = -np.inf
        true = np.argsort(-likeness, axis=1)[:, :k]
        effort = index.effort(k)
        found = index._among_others(mine, k, effort.probes, effort.width).rows
        hits = [len({*map(int, f)} & {*map(int, t)}) for f, t in zip(found, true, strict=True)]
        told = index.record[f"recall_at_{k}"]
        assert 0.5 < told < 0.8
        assert told == pytest.approx(np.mean(hits) / k, abs=1e-3)


def test_the_recall_is_told_from_rows_that_had_no_say_in_the_tuning() -> None:
    vectors = vectors_of(EVERY[:N])
    learn, tell = Truth.of(vectors, 10, seed=0, sample=40).parts(2)
    asked: list[tuple[int, ...]] = []

    def ask(rows: np.ndarray, k: int, probes: int, width: int) -> Nearest:
        asked.append(tuple(rows))
        whole = learn if asked[-1] == tuple(learn.rows) else tell
        found = whole.found
        if whole is learn and probes < 32:
            return _without_first(found)
        return found if whole is learn else _without_first(found)

    effort = tuned(learn, tell, 10, 64, N, 0.95, ask)
    assert effort is not None and effort.recall == pytest.approx(0.9)  # below the target, and told all the same
    assert len(asked) > 2 and not set(asked[-1]) & {row for rows in asked[:-1] for row in rows}


def test_the_parts_of_a_truth_have_no_row_in_common() -> None:
    truth = Truth.of(vectors_of(EVERY[:50]), 3, seed=0, sample=11)
    parts = truth.parts(3)
    assert sorted(row for part in parts for row in part.rows) == list(truth.rows)
    assert [len(part.rows) for part in parts] == [4, 4, 3]
    for part in parts:
        at = np.searchsorted(truth.rows, part.rows)
        np.testing.assert_array_equal(part.found.rows, truth.found.rows[at])
        np.testing.assert_array_equal(part.found.similarities, truth.found.similarities[at])
    assert [len(part.rows) for part in Truth.of(vectors_of(EVERY[:2]), 1, seed=0, sample=9).parts(3)] == [2, 2, 2]


@pytest.fixture(scope="module", params=[Kind.HNSW_SQ, Kind.IVF_SQ])
def large(request: pytest.FixtureRequest) -> Index:
    return Index.build(vectors_of(LARGE), IndexSettings(kind=request.param))


@pytest.mark.parametrize("gone", [45, 200, 900])
def test_what_lies_behind_those_filtered_out_is_found_as_often_as_the_nearest(large: Index, gone: int) -> None:
    """The nearest are not allowed: an effort that finds ten does not do for what comes behind them."""
    vectors = vectors_of(LARGE)
    points = vectors.points(np.arange(0, len(LARGE), 250))
    order = (points @ vectors.points(slice(0, len(LARGE))).T).argsort(axis=1)[:, ::-1]
    each = [recall(large, vectors, p[None], 10, np.sort(o[gone:])) for p, o in zip(points, order, strict=True)]
    assert np.mean(each) >= 0.98 and min(each) >= 0.8


def test_what_lies_behind_those_filtered_out_is_looked_for_no_further_than_it_lies(
    large: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = vectors_of(LARGE)
    point = vectors.points(np.array([17]))
    order = (vectors.points(slice(0, len(LARGE))) @ point[0]).argsort()[::-1]
    asked, ask = [], Index._candidates
    monkeypatch.setattr(
        Index, "_candidates", lambda self, p, effort, mask: asked.append(effort.k) or ask(self, p, effort, mask)
    )
    exact: list[int] = []
    monkeypatch.setattr(module, "nearest", lambda *given, **named: exact.append(1) or nearest(*given, **named))
    for gone, passes in ((0, 1), (60, 1), (300, 2)):
        asked.clear()
        large.search(point, 10, allowed=np.sort(order[gone:]))
        assert len(asked) == passes and asked[-1] >= gone + 10, gone
    assert not exact
    asked.clear()
    large.search(point, 10, allowed=np.sort(order[3000:]))
    assert exact and max(asked) <= 1000


def test_a_filter_that_leaves_only_what_is_far(index: Index) -> None:
    vectors = vectors_of(EVERY[:N])
    point = vectors.points(slice(5, 6))
    every = (vectors.points(slice(0, N)) @ point[0]).argsort()
    assert recall(index, vectors, point, 10, np.sort(every[: N // 2])) >= 0.9


def test_the_copies_of_a_row_and_rows_without_direction_are_found() -> None:
    rows = np.vstack([spread(1500), np.tile(spread(1, seed=9), (30, 1)), np.zeros((40, 31), np.float32)])
    vectors = vectors_of(rows)
    for kind in SORTS:
        index = Index.build(vectors, IndexSettings(kind=kind))
        copies = index.search(vectors.points(slice(1500, 1501)), 30)
        assert copies.similarities.min() > 0.99999, kind
        assert sorted(copies.rows[0]) == list(range(1500, 1530)), kind
        assert (index.search(vectors.points(slice(1540, 1541)), 5).similarities == 0).all()


@settings(max_examples=15, deadline=None)
@given(
    n=st.sampled_from([0, 1, 2, 30, 511, 512, 600]),
    dim=st.integers(1, 4),
    k=st.integers(1, 35),
    kind=st.sampled_from(SORTS),
    seed=st.integers(0, 99),
)
def test_very_small_stores(n: int, dim: int, k: int, kind: Kind, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-1, 2, size=(n, dim)).astype(np.float32)
    vectors = vectors_of(rows)
    index = Index.build(vectors, IndexSettings(kind=kind))
    points = vectors.points(slice(0, n))
    mine, true = index.search(points, k), nearest(points, vectors, k)
    assert mine.rows.shape == (n, k)
    assert ((mine.rows >= 0) == (true.rows >= 0)).all()
    if index.record["recall_at_10"] == 1.0 and n:
        np.testing.assert_allclose(mine.similarities[:, 0], true.similarities[:, 0], atol=1e-6)


def test_where_no_effort_finds_enough_every_row_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = vectors_of(EVERY[:700])
    # An index that never meets the nearest row.
    ask = Index._among_others
    monkeypatch.setattr(Index, "_among_others", lambda *given: _without_first(ask(*given)))
    index = Index.build(vectors, IndexSettings(kind=Kind.IVF_SQ, target_recall=0.95))
    assert index.kind is Kind.EXACT
    assert index.record["reason"] == "ivf-sq8 does not find 95% of the 10 nearest rows here"
    assert index.record["recall_at_10"] == 1.0
    assert recall(index, vectors, vectors.points(slice(0, 50)), 10) == 1.0


def _without_first(found: Nearest) -> Nearest:
    rows, similarities = found.rows.copy(), found.similarities.copy()
    rows[:, 0], similarities[:, 0] = -1, np.nan
    return Nearest(rows, similarities)


@pytest.mark.parametrize(("probes", "width"), [(8, 100), (32, 100), (8, 300), (64, 600)])
def test_the_effort_is_the_least_that_finds_enough(probes: int, width: int) -> None:
    vectors = vectors_of(EVERY[:N])
    truth = Truth.of(vectors, 10, seed=0, sample=40)
    learn, tell = truth.parts(2)

    def ask(rows: np.ndarray, k: int, now_probes: int, now_width: int) -> Nearest:
        mine = np.isin(truth.rows, rows)
        found = Nearest(truth.found.rows[mine], truth.found.similarities[mine])
        return found if now_probes >= probes and now_width >= width else _without_first(found)

    effort = tuned(learn, tell, 10, 64, N, 0.95, ask)
    assert effort is not None and effort.recall == 1.0
    assert probes <= effort.probes < 2 * max(probes, 8) or width > 100
    assert width <= effort.width < 4 * width
    assert tuned(learn, tell, 10, 64, N, 0.95, lambda *given: _without_first(ask(*given))) is None


def test_below_a_size_there_is_no_index() -> None:
    index = Index.build(vectors_of(spread(100)))
    assert index.kind is Kind.EXACT
    assert index.record["reason"] == "100 rows are compared one by one below 20000"
    assert index.record["recall_at_10"] == 1.0


def test_the_caller_s_threads_and_random_state_are_left_alone() -> None:
    import faiss

    before, drawn = faiss.omp_get_max_threads(), np.random.get_state()[1].tolist()  # noqa: NPY002
    Index.build(vectors_of(spread(600)), IndexSettings(kind=Kind.IVF_SQ))
    assert faiss.omp_get_max_threads() == before
    assert np.random.get_state()[1].tolist() == drawn  # noqa: NPY002


def test_on_a_mac_faiss_has_one_thread_and_gets_its_own_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import platform

    import faiss

    from emoanalytics.neighbours.threads import faiss_threads

    before = faiss.omp_get_max_threads()
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(KeyError), faiss_threads():
        assert faiss.omp_get_max_threads() == 1
        raise KeyError
    assert faiss.omp_get_max_threads() == before


def test_progress_can_end_the_work() -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int, note: str) -> None:
        if note == "adding rows":
            raise Enough

    with pytest.raises(Enough):
        Index.build(vectors_of(spread(600)), IndexSettings(kind=Kind.HNSW_SQ), progress=stop)


def test_files_are_written(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} >= {"index.faiss", "slots.npy", "ids.npy", "components.npy"}
