"""Scores over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """The scores of a clip over time. Arrays are read-only.

    Attributes:
        labels: names of the columns.
        start_s: (n,) start of each frame, seconds from the start of the clip.
        end_s: (n,) its end.
        scores: (n, labels) score of the time around each frame; each row sums to 1.
        smooth_s: how much of it, seconds.
    """

    labels: tuple[str, ...]
    start_s: np.ndarray
    end_s: np.ndarray
    scores: np.ndarray
    smooth_s: float

    def __post_init__(self) -> None:
        n = len(self.start_s)
        if self.end_s.shape != (n,) or self.scores.shape != (n, len(self.labels)):
            raise ValueError(f"shapes {self.start_s.shape}, {self.end_s.shape}, {self.scores.shape} do not agree")
        for value in (self.start_s, self.end_s, self.scores):
            value.flags.writeable = False

    @classmethod
    def around(
        cls, times_s: np.ndarray, scores: np.ndarray, labels: tuple[str, ...], duration_s: float, smooth_s: float
    ) -> Curve:
        """Smooth frame scores by the arithmetic of a whole clip.

        A clip's score is the softmax of its mean logit. The softmax of the mean logit of some frames is also the
        geometric mean of their scores, made to sum to 1: what a frame's softmax took away is the same for all labels.

        Args:
            times_s: (n,) middle of each frame.
            scores: (n, labels) of each frame, each row summing to 1.
            labels: names of the columns.
            duration_s: length of the clip.
            smooth_s: how much around a frame its score looks at; 0: the frame alone.

        >>> Curve.around(np.array([0.5, 1.5]), np.array([[0.8, 0.2], [0.2, 0.8]]), ("a", "b"), 2.0, 4.0).scores
        array([[0.5, 0.5],
               [0.5, 0.5]])
        """
        n = len(times_s)
        step = duration_s / max(n, 1)
        half = round(smooth_s / step / 2) if n else 0
        logs = np.log(np.maximum(scores.astype(np.float64), np.finfo(np.float64).tiny))
        sums = np.vstack([np.zeros(len(labels)), np.cumsum(logs, axis=0)])
        place = np.arange(n)
        low, high = np.maximum(place - half, 0), np.minimum(place + half + 1, n)
        means = (sums[high] - sums[low]) / (high - low)[:, None]
        powers = np.exp(means - means.max(axis=1, initial=-np.inf, keepdims=True))
        times = np.asarray(times_s, np.float64)
        smoothed = powers / powers.sum(axis=1, keepdims=True)
        return cls(labels, times - step / 2, times + step / 2, smoothed, smooth_s)
