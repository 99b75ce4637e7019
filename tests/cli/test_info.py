"""`emoanalytics info`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said


def test_info_in_words_and_in_numbers(run: Callable[..., Said], built: Path) -> None:
    said = run("info", built)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("24 segments of 24 recordings, 0.01 h, 3 speakers")
    assert "trained on this corpus's own labels (emotion_given)" in said.out
    assert "failures: decode 1" in said.out
    document = run("info", built, "--json").json
    assert (document["head"], document["failures"]) == ("emotion_given-acoustic", {"decode": 1})
    means = {s["emotion"]: s["mean"] for s in document["scores"]}
    assert means["happy"] is None
    assert means["sad"] + means["angry"] == pytest.approx(1, abs=1e-5)
