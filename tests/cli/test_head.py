"""`emoanalytics head`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said


def test_head_fit_in_words_and_in_numbers(run: Callable[..., Said], built: Path) -> None:
    said = run("head", "fit", built, "--target", "emotion", "--name", "second", "--json")
    assert said.status == 0
    document = said.json
    assert (document["target"], document["active"], document["rows"]) == ("emotion", "emotion_given-acoustic", 24)
    assert len(document["folds"]) == document["groups"] == 3
    assert document["uar_interval"][0] <= document["uar"] <= document["uar_interval"][1]
    assert "unweighted average recall" in said.err
    refused = run("head", "fit", built, "--target", "mood")
    assert refused.status == 2
    assert "has no column 'mood'" in refused.line
