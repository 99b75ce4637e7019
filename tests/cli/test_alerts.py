"""`emoanalytics alerts`: sentences, alarms with their clips, JSON, mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.alerts import alerts
from tests.cli.conftest import Said
from tests.made_store import make_store

RUN, RISE = "angry >= 0.6 for 2 clips in a row", "angry up by 0.15 against own baseline"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna is angry in the first two clips of her last session, bob never."""
    rows, scores = [], []
    for who in ("anna", "bob"):
        for session in range(5):
            for clip in range(4):
                day = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=session, minutes=clip)
                rows.append({"speaker": who, "session": f"call{session}", "recorded_at": day})
                rows[-1]["file"] = f"{who}-{session}-{clip}.wav"
                angry = 0.8 if (who, session) == ("anna", 4) and clip < 2 else 0.1
                score = np.full(9, (1 - angry) / 8)
                score[EMOTION_IDS.index("angry")] = angry
                scores.append(score)
    return make_store(tmp_path_factory.mktemp("alerts") / "calls", rows, scores=np.array(scores)).path


def test_json_is_what_the_library_says(run: Callable[..., Said], store: Path) -> None:
    options = ("--where", "file <> 'bob-0-0.wav'", "--exclude-flag", "noisy", "--role", "all", "--seed", "2")
    said = run("alerts", store, "--rule", RUN, "--rule", RISE, *options, "--json")
    kept = {"where": "file <> 'bob-0-0.wav'", "exclude_flags": ["noisy"], "role": "all", "seed": 2}
    expected = alerts(EmotionStore.open(store), [RUN, RISE], **kept)
    assert said.status == 0 and said.json == json.loads(json.dumps(expected.as_json()))
    assert [a["rule"] for a in said.json["alarms"]] == [RUN, RISE]


def test_each_alarm_names_speaker_session_and_clips(run: Callable[..., Said], store: Path) -> None:
    lines = run("alerts", store, "--rule", RUN, "--rule", RISE, "--rule", "sad >= 0.9").out.splitlines()
    expected = alerts(EmotionStore.open(store), [RUN, RISE, "sad >= 0.9"])
    assert tuple(lines[:4]) == expected.said()
    row = lines[lines.index(f"{RUN}:") + 2].split()
    assert row[:5] == ["anna", "2026-03-06", "09:01", "call4", "0.80"]
    assert " ".join(row[5:]) == "anna-4-0.wav [0.00 s], anna-4-1.wav [0.00 s]"
    assert "0.45 (before 0.10)" in lines[lines.index(f"{RISE}:") + 2]
    assert lines[lines.index(f"{RISE}:") + 2].endswith("anna-4-0.wav [0.00 s], anna-4-1.wav [0.00 s], ... (4)")
    assert "  no alarm" in lines and "40 clips used, none left out." in lines


def test_many_alarms_are_cut_and_chinese_is_spoken(run: Callable[..., Said], tmp_path: Path) -> None:
    many = make_store(tmp_path / "s", [{"speaker": f"s{i}"} for i in range(38)], scores=np.full((38, 9), 1 / 9))
    said = run("alerts", many.path, "--rule", "生气 <= 0.5", "--lang", "zh").out
    assert "……另有 18 次：--json 给出全部" in said and "s37" not in said and "生气 <= 0.5 连续 1 条：" in said


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--rule", "angry over 9000"], "the rule 'angry over 9000' is not understood"),
        (["--rule", "calm >= 0.5"], "the head gives no score of 'calm'"),
        ([], "Missing option '--rule'"),
    ],
)
def test_mistakes_are_one_line(run: Callable[..., Said], store: Path, options: list[str], line: str) -> None:
    said = run("alerts", store, *options)
    assert said.status == 2 and line in said.line
