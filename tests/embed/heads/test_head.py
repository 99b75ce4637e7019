"""Heads: scores by loop, and their files."""

from __future__ import annotations

from pathlib import Path

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


def test_a_head_survives_its_file(tmp_path: Path) -> None:
    head = Head(np.arange(6).reshape(2, 3) / 7, np.array([0.1, -4]), ("生气", "sad"), temperature=1.7)
    head.save(tmp_path / "头.npz")
    again = Head.load(tmp_path / "头.npz")
    assert again.labels == head.labels and again.temperature == head.temperature
    assert np.array_equal(again.weights, head.weights) and np.array_equal(again.bias, head.bias)


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "pickle", "other", "truncated"])
def test_a_damaged_head_is_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "head.npz"
    if kind == "text":
        path.write_text("not a head")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        np.savez(path, weights=np.array([{}], dtype=object), bias=np.zeros(1), labels=["a"], temperature=1.0)
    elif kind == "other":
        np.savez(path, vectors=np.zeros(3))
    elif kind == "truncated":
        Head(np.eye(2), np.zeros(2), ("a", "b")).save(path)
        path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(HeadError, match=r"head\.npz: not a readable head") as caught:
        Head.load(path)
    assert "\n" not in str(caught.value)
