"""`emoanalytics head`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.embed.heads import fit
from emoanalytics.terminal.fit import show_fit
from emoanalytics.train import said_learning
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


def test_each_speaker_and_what_more_labels_would_bring_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    labels = [("sad", "angry")[i % 2] for i in range(120)]
    x = rng.normal(size=(120, 4)) + 2 * np.array([[label == "sad"] for label in labels])
    report = fit(x.astype(np.float32), labels, [f"s{i // 10}" for i in range(120)])
    show_fit(report)
    lines = capsys.readouterr().out.splitlines()
    assert len(report.by_group) == 12 > len(report.folds)
    start = lines.index("  by speaker, lowest recall first:")
    for line, found in zip(lines[start + 1 : start + 8], report.by_group, strict=False):
        assert line == f"    {found.group}: recall {found.uar:.3f}, accuracy {found.accuracy:.3f} (n = 10)"
    best = report.by_group[-1]
    assert lines[start + 8] == f"    ... and 5 more, up to {best.group}: recall {best.uar:.3f}"
    learned = said_learning(report)
    assert learned and lines[start + 9 : start + 9 + len(learned)] == [f"  {line}" for line in learned]
    few = replace(report, by_group=report.by_group[: len(report.folds)], learning=None)
    show_fit(few)
    shown = capsys.readouterr().out
    assert "by speaker" not in shown and "more labels" not in shown
