"""Limits on threads that are given back."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from emoanalytics.embed.heads import fitting
from emoanalytics.neighbours import graph as module
from emoanalytics.neighbours.graph import GraphSettings, neighbour_graph
from emoanalytics.neighbours.threads import faiss_library
from emoanalytics.workers import one_blas_thread
from tests.neighbours.made import spread, vectors_of


def blas_threads() -> set[int]:
    """Of the pools that all threads share."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {pool["num_threads"] for pool in pools if pool.get("threading_layer") != "openmp"}


def set_threads(number: int) -> None:
    """From a thread that ends: the one that set it last is the only one that may, while it lives."""
    thread = threading.Thread(target=threadpool_limits, kwargs={"limits": number, "user_api": "blas"})
    thread.start()
    thread.join()


@pytest.fixture(autouse=True)
def three_threads():
    faiss_library()  # it brings a BLAS of its own
    before = max(blas_threads())
    set_threads(3)
    if blas_threads() != {3}:  # pragma: no cover - a BLAS without threads
        pytest.skip("this BLAS has one thread")
    yield
    set_threads(before)


def test_who_overlaps_with_another_does_not_restore_what_the_other_had_set() -> None:
    wants, inside, let, seen = threading.Event(), threading.Event(), threading.Event(), []

    def second() -> None:
        wants.set()
        with one_blas_thread():
            inside.set()
            assert let.wait(60)
            seen.append(blas_threads())

    with one_blas_thread():
        thread = threading.Thread(target=second)
        thread.start()
        assert wants.wait(60) and not inside.wait(0.2)  # it waits for its turn
        assert blas_threads() == {1}
    assert inside.wait(60)
    let.set()
    thread.join()
    assert (seen, blas_threads()) == ([{1}], {3})
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


def test_a_head_that_is_fitted_while_a_graph_is_made_neither_waits_nor_lifts_its_limit() -> None:
    """Both limit BLAS for the process: one turn for both."""
    rng = np.random.default_rng(0)
    fitted: list[object] = []

    def fit() -> None:
        fitted.append(fitting._regression(rng.normal(size=(40, 3)), np.arange(40) % 2, 1.0))

    with one_blas_thread():
        thread = threading.Thread(target=fit)
        thread.start()
        thread.join(60)
        assert len(fitted) == 1
        assert blas_threads() == {1}
    assert blas_threads() == {3}


def test_a_graph_waits_for_the_head_that_is_being_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import LogisticRegression

    begun, let, done = threading.Event(), threading.Event(), threading.Event()
    fit, seen = LogisticRegression.fit, []

    def slow(self, x, y):
        begun.set()
        assert let.wait(60)
        seen.append(blas_threads())
        return fit(self, x, y)

    def graph() -> None:
        with one_blas_thread():
            seen.append(blas_threads())
        done.set()

    monkeypatch.setattr(LogisticRegression, "fit", slow)
    x = np.random.default_rng(0).normal(size=(40, 3))
    first = threading.Thread(target=fitting._regression, args=(x, np.arange(40) % 2, 1.0))
    first.start()
    assert begun.wait(60)
    second = threading.Thread(target=graph)
    second.start()
    assert not done.wait(0.2)
    let.set()
    first.join(60)
    second.join(60)
    assert seen == [{1}, {1}] and blas_threads() == {3}
