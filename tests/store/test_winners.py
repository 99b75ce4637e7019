"""The label with the highest score, against a loop over labels."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emoanalytics.store.scores import winners

CELL = st.one_of(st.just(math.nan), st.sampled_from([-1.0, 0.0, 0.25, 0.25, 1.0]), st.floats(-5, 5))
COLUMNS = ("score_sad", "score_angry", "score_calm", "odd")


@given(st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=8))
def test_the_winner_is_what_a_loop_finds(rows: list[list[float]]) -> None:
    labels, best = winners(np.array(rows).reshape(-1, 4), COLUMNS)
    assert len(labels) == len(best) == len(rows)
    for row, label, score in zip(rows, labels, best, strict=True):
        slow: tuple[str | None, float] = (None, math.nan)
        for name, value in zip(("sad", "angry", "calm", "odd"), row, strict=True):
            if not math.isnan(value) and not value <= slow[1]:
                slow = (name, value)
        assert label == slow[0]
        assert score == slow[1] or (math.isnan(score) and math.isnan(slow[1]))


def test_whole_numbers_and_float32_are_scores_too() -> None:
    assert winners(np.array([[1, 2]]), COLUMNS[:2])[0].tolist() == ["angry"]
    assert winners(np.array([[0.5, 0.25]], np.float32), COLUMNS[:2])[1].tolist() == [0.5]
    assert winners(np.zeros((0, 2)), COLUMNS[:2])[0].tolist() == []
