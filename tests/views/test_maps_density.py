"""Density tiles: as numpy.histogram2d counts, the winner and mean of each tile by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.errors import StoreError
from emoanalytics.views.maps import tiles


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 60),
    columns=st.integers(1, 7),
    rows=st.integers(1, 7),
    seed=st.integers(0, 99),
    window=st.sampled_from([None, (0.0, 1.0, 0.0, 1.0), (-3.0, 0.5, -1.0, 4.0), (9.0, 10.0, 9.0, 10.0)]),
    whole=st.booleans(),
)
def test_tiles_equal_their_plain_twin(n, columns, rows, seed, window, whole) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    points = (rng.integers(-2, 3, (n, 2)) if whole else rng.normal(size=(n, 2))).astype(np.float32)
    categories, values = rng.integers(-1, 3, n), np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
    found = tiles(points, categories=categories, values=values, window=window, columns=columns, rows=rows)
    counts, x, y = np.histogram2d(points[:, 0], points[:, 1], bins=[found.x, found.y])
    assert np.array_equal(found.counts, counts.T) and np.array_equal(found.x, x) and np.array_equal(found.y, y)
    assert found.counts.shape == (rows, columns) and found.counts.sum() == (n if window is None else counts.sum())
    for row in range(rows):
        for column in range(columns):
            inside = [
                i
                for i, (px, py) in enumerate(points.astype(float))
                if (x[column] <= px < x[column + 1] or (column == columns - 1 and px == x[-1]))
                and (y[row] <= py < y[row + 1] or (row == rows - 1 and py == y[-1]))
            ]
            named = [categories[i] for i in inside if categories[i] >= 0]
            best = max(sorted(set(named)), key=named.count) if named else -1
            known = [values[i] for i in inside if not np.isnan(values[i])]
            assert found.winners[row, column] == best
            assert found.means[row, column] == pytest.approx(np.mean(known) if known else np.nan, nan_ok=True)


def test_a_window_is_counted_afresh() -> None:
    points = np.random.default_rng(0).random((5000, 2))
    near = tiles(points, window=(0.25, 0.5, 0.5, 0.75), columns=10, rows=10)
    inside = (points[:, 0] >= 0.25) & (points[:, 0] <= 0.5) & (points[:, 1] >= 0.5) & (points[:, 1] <= 0.75)
    assert near.counts.sum() == inside.sum() and near.winners is None and near.means is None
    assert (near.x[0], near.x[-1], near.y[0], near.y[-1]) == (0.25, 0.5, 0.5, 0.75)


def test_points_in_one_place_have_a_picture() -> None:
    assert tiles(np.ones((7, 2)), columns=3, rows=3).counts[1, 1] == 7
    assert tiles(np.zeros((0, 2)), categories=np.zeros(0, int), columns=3, rows=3).winners.max() == -1


@pytest.mark.parametrize(
    ("points", "choice", "line"),
    [
        (np.ones((4, 3)), {}, "density tiles are of maps with 2 dimensions: draw it with dims=2"),
        (np.ones((4, 2)), {"window": (1, 0, 0, 1)}, "a window is x0 < x1 and y0 < y1, not 1, 0, 0, 1"),
        (np.ones((4, 2)), {"window": (0, float("nan"), 0, 1)}, "a window is x0 < x1"),
        (np.ones((4, 2)), {"columns": 0}, "at least one column and one row, not 0 x 240"),
    ],
)
def test_what_cannot_be_counted_is_said(points: np.ndarray, choice: dict[str, object], line: str) -> None:
    with pytest.raises(StoreError, match=line):
        tiles(points, **choice)
