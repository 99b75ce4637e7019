"""Heads: scores by loop, and their files."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.embed.heads import Head
from emoanalytics.errors import HeadError


def test_scores_are_a_softmax_by_loop() -> None:
    rng = np.random.default_rng(1)
    head = Head(rng.normal(size=(3, 4)), rng.normal(size=3), ("a", "b", "c"), temperature=2.0)
    x = rng.normal(size=(5, 4)).astype(np.float32)
    for row, scores in zip(x, head.scores(x), strict=True):
        raw = [
            np.exp((sum(w * e for w, e in zip(head.weights[k], row, strict=True)) + head.bias[k]) / 2) for k in range(3)
        ]
        np.testing.assert_allclose(scores, np.array(raw) / sum(raw), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"weights": np.ones((2, 3)) * np.nan}, "weights are not finite"),
        ({"bias": np.zeros(3)}, "one row and one bias a label"),
        ({"labels": ("a", "a")}, "one row and one bias a label"),
        ({"temperature": 0.0}, "temperature is a positive number, not 0"),
    ],
)
def test_a_head_that_does_not_fit_itself_is_refused(change: dict[str, object], text: str) -> None:
    whole = {"weights": np.ones((2, 3)), "bias": np.zeros(2), "labels": ("a", "b"), "temperature": 1.0}
    Head(**whole)
    with pytest.raises(HeadError, match=text):
        Head(**{**whole, **change})


def test_a_head_reads_only_embeddings_of_its_length() -> None:
    head = Head(np.ones((2, 3)), np.zeros(2), ("a", "b"))
    with pytest.raises(HeadError, match="length 3, got shape"):
        head.scores(np.zeros((1, 4)))
    assert not head.weights.flags.writeable
