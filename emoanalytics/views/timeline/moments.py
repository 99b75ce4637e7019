"""Stretches of a curve in which one emotion lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_TOUCH_S = 1e-6  # pieces that begin this near to the last end follow without a gap


@dataclass(frozen=True)
class Moment:
    """A stretch in which one emotion lasts.

    Attributes:
        emotion: the label.
        start_s: from the start of the file, seconds.
        end_s: half open.
        peak: highest score inside.
        peak_s: where that is.
    """

    emotion: str
    start_s: float
    end_s: float
    peak: float
    peak_s: float


def moments(
    scores: np.ndarray,
    labels: Sequence[str],
    start_s: np.ndarray,
    end_s: np.ndarray,
    *,
    enter: float = 0.6,
    leave: float = 0.4,
    shortest_s: float = 0.5,
) -> tuple[Moment, ...]:
    """Stretches in which a score reaches ``enter`` and does not fall below ``leave`` (a Schmitt trigger).

    Args:
        scores: (n, labels) of pieces in order of time.
        labels: names of the columns.
        start_s: (n,) start of each piece.
        end_s: (n,) its end; a gap before the next piece ends a moment.
        enter: where a moment begins.
        leave: below this it ends.
        shortest_s: shorter ones are left out.

    >>> curve = np.array([[0.1], [0.7], [0.5], [0.3]])
    >>> moments(curve, ["sad"], np.arange(4.0), np.arange(4.0) + 1)
    (Moment(emotion='sad', start_s=1.0, end_s=3.0, peak=0.7, peak_s=1.5),)
    """
    found = []
    for j, label in enumerate(labels):
        for first, last in _runs(scores[:, j], start_s, end_s, enter, leave):
            if end_s[last] - start_s[first] >= shortest_s - _TOUCH_S:
                peak = first + int(scores[first : last + 1, j].argmax())
                middle = float(start_s[peak] + end_s[peak]) / 2
                found.append(Moment(label, float(start_s[first]), float(end_s[last]), float(scores[peak, j]), middle))
    return tuple(sorted(found, key=lambda m: (m.start_s, m.emotion)))


def _runs(
    curve: np.ndarray, start_s: np.ndarray, end_s: np.ndarray, enter: float, leave: float
) -> Iterator[tuple[int, int]]:
    """First and last piece of each run."""
    first = -1
    for i, value in enumerate(curve.tolist()):
        if first >= 0 and (not value >= leave or start_s[i] > end_s[i - 1] + _TOUCH_S):
            yield first, i - 1
            first = -1
        if first < 0 and value >= enter:
            first = i
    if first >= 0:
        yield first, len(curve) - 1
