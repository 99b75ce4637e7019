"""Points inside an outline: against the angle that the outline turns around a point, one point at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.views.maps.outlines import inside

STAR = ([0, 4, 1, 3, 2], [0, 3, 3, 0, 4])  # crosses itself: what it goes around twice is outside
NOTCHED = ([0, 4, 4, 2, 0], [0, 0, 4, 1, 4])


def slowly_inside(x: float, y: float, corners: list[tuple[float, float]]) -> bool:
    """How often the outline turns around the point, odd or even."""
    turned = 0.0
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        a, b = math.atan2(y0 - y, x0 - x), math.atan2(y1 - y, x1 - x)
        turned += math.remainder(b - a, 2 * math.pi)
    return round(turned / (2 * math.pi)) % 2 == 1


@pytest.mark.parametrize("outline", [STAR, NOTCHED, ([1, 3, 3, 1], [1, 1, 2, 2])])
@pytest.mark.parametrize("turned", [False, True])
def test_points_are_inside_where_the_outline_turns_around_them(
    outline: tuple[list[int], list[int]], turned: bool
) -> None:
    x, y = (axis[::-1] if turned else axis for axis in outline)
    points = np.random.default_rng(1).uniform(-1, 5, (400, 2))
    expected = [slowly_inside(*point, list(zip(x, y, strict=True))) for point in points.tolist()]
    assert inside(points, x, y).tolist() == expected
    assert 10 < sum(expected) < 300


def test_a_map_in_single_precision_and_no_points_at_all() -> None:
    points = np.array([[1.5, 1.5], [1.5, 3.0]], np.float32)
    assert inside(points, [1, 3, 3, 1], [1, 1, 2, 2]).tolist() == [True, False]
    assert inside(points[:0], [1, 3, 3, 1], [1, 1, 2, 2]).tolist() == []


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [([0, 1], [0, 1], "three corners"), ([0, 1, 2], [0, 1], "three corners"), ([0, 1, math.nan], [0, 1, 2], "finite")],
)
def test_what_is_no_outline_is_refused(x: list[float], y: list[float], said: str) -> None:
    with pytest.raises(StoreError, match=said):
        inside(np.zeros((1, 2)), x, y)
