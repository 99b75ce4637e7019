"""Limits on threads that are given back."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from emoanalytics.neighbours import graph as module
from emoanalytics.neighbours.graph import GraphSettings, neighbour_graph
from emoanalytics.neighbours.threads import faiss_library, one_blas_thread
from tests.neighbours.made import spread, vectors_of


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads():
    faiss_library()  # it brings a BLAS of its own
    before = threadpool_limits(limits=3, user_api="blas")  # not entered: only its thread could change them then
    if blas_threads() != {3}:  # pragma: no cover - a BLAS without threads
        pytest.skip("this BLAS has one thread")
    yield
    before.restore_original_limits()


def overlapping(first, second) -> list[set[int]]:
    """Threads of BLAS while the second is in, after the first has left, and after both."""
    inside, seen = threading.Event(), []
    let = threading.Event()

    def longer() -> None:
        with second:
            inside.set()
            assert let.wait(60)
            seen.append(blas_threads())

    with first:
        thread = threading.Thread(target=longer)
        thread.start()
        assert inside.wait(60)
        seen.append(blas_threads())
    let.set()
    thread.join()
    return [*seen, blas_threads()]


def test_the_last_to_leave_restores_what_was_before_the_first() -> None:
    assert overlapping(one_blas_thread(), one_blas_thread()) == [{1}, {1}, {3}]
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == {3}


def test_a_graph_that_ends_inside_another_leaves_the_limit_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find, seen = module.neighbours, []

    def watched(*given):
        seen.append(blas_threads())
        yield from find(*given)

    monkeypatch.setattr(module, "neighbours", watched)
    with one_blas_thread():
        neighbour_graph(vectors_of(spread(1500)), GraphSettings(neighbours=12, fewest=12, exact_products=0))
        assert blas_threads() == {1}
    assert seen and all(threads == {1} for threads in seen)
    assert blas_threads() == {3}
