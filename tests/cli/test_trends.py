"""`emoanalytics trends`: words, tables of small lines, JSON, pictures, mistakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.drawn import sparkline, table, whisker
from emoanalytics.views.trends import trends
from tests.cli.conftest import Said
from tests.made_store import make_store

ANGRY = EMOTION_IDS.index("angry")


def made(path: Path, *, dated: bool = True, sessions: dict[str, int] | None = None) -> EmotionStore:
    """Anna is angry from her fifth session on, bob and carl never change, dora comes twice."""
    rows: list[dict[str, Any]] = []
    scores = []
    rng = np.random.default_rng(0)
    for who, n in (sessions or {"anna": 10, "bob": 10, "carl": 10, "dora": 2}).items():
        for session in range(n):
            for clip in range(5):
                day = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=session, minutes=clip)
                rows.append({"speaker": who, "file": f"{who}-{session}-{clip}.wav", "end_s": 4.0})
                rows[-1] |= {"session": f"call{session:02d}", "recorded_at": day} if dated else {}
                angry = 0.7 if who == "anna" and session >= 4 else 0.2
                score = np.full(9, (1 - angry) / 8) * rng.uniform(0.9, 1.1, 9)
                score[ANGRY] = angry + rng.normal(0, 0.03)
                scores.append(score / score.sum())
    return make_store(path, rows, scores=np.array(scores))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("trends") / "calls").path


def test_json_is_what_the_library_says_in_the_form_that_was_promised(run: Callable[..., Said], store: Path) -> None:
    options = ("--by", "day", "--weigh", "duration", "--exclude-flag", "noisy", "--where", "speaker <> 'bob'")
    said = run("trends", store, *options, "--role", "all", "--zone", "Asia/Shanghai", "--seed", "3", "--json")
    kept = {"exclude_flags": ["noisy"], "where": "speaker <> 'bob'", "role": "all", "zone": "Asia/Shanghai", "seed": 3}
    expected = trends(EmotionStore.open(store), by="day", weigh="duration", **kept)
    assert said.status == 0 and said.err == "" and said.json == expected.as_json()
    anna = said.json["speakers"][0]
    assert {"speaker", "points", "changes", "enough"} <= set(anna) and anna["enough"] is True
    assert {"t", "n", "mean", "low", "high"} <= set(anna["points"][0])
    assert list(anna["points"][0]["mean"]) == list(EMOTION_IDS)
    change = next(c for c in anna["changes"] if c["emotion"] == "angry")
    assert {"t", "emotion", "effect", "p"} <= set(change) and change["t"].startswith("2026-03-06")
    assert [s["speaker"] for s in said.json["speakers"]] == ["anna", "carl", "dora"]


def test_who_changed_comes_first_then_who_did_not_then_of_whom_too_little_is_known(
    run: Callable[..., Said], store: Path
) -> None:
    lines = run("trends", store).out.splitlines()
    found = trends(EmotionStore.open(store))
    changed = found.said_of(found.speakers[0])
    assert tuple(lines[: len(changed)]) == changed and "angry rose by" in lines[0]
    assert lines[len(changed)] == "no change beyond chance was found: bob, carl"
    assert lines[len(changed) + 1].startswith("dora: 2 sessions, worth 10 clips, 40 s: not enough evidence")
    assert lines[-len(found.notes()) :] == list(found.notes())


def test_the_table_draws_the_means(run: Callable[..., Said], store: Path) -> None:
    lines = run("trends", store).out.splitlines()
    found = trends(EmotionStore.open(store))
    means = found.speakers[0].mean[:, ANGRY]
    row = next(line for line in lines if line.startswith("  anna"))
    assert row.endswith(sparkline(means.tolist(), float(means.max()))) and row.split()[1:3] == ["10", "50"]
    assert f"{found.speakers[0].overall[ANGRY]:.2f} (" in row
    assert next(line for line in lines if line.startswith("  dora")).split()[1:3] == ["2", "10"]


def test_one_speaker_in_detail(run: Callable[..., Said], store: Path) -> None:
    lines = run("trends", store, "--speaker", "anna").out.splitlines()
    assert sum("  😠 angry" in line for line in lines) == 2  # a row of emotions, the head of the points
    (one,) = trends(EmotionStore.open(store), speaker="anna").speakers
    points = [line for line in lines if line.startswith("  2026-03-")]
    assert len(points) == 10
    for i, line in enumerate(points):
        mean, low, high = (float(x[i, ANGRY]) for x in (one.mean, one.low, one.high))
        assert line.split()[:3] == [one.t[i][:10], f"call{i:02d}", "5"]  # type: ignore[index]
        assert f"{mean:.2f} ({low:.2f}-{high:.2f})" in line and line.endswith(whisker(mean, low, high))
    assert lines[-1].startswith("Changes are judged among all 3 speakers with enough evidence")


def test_in_chinese(run: Callable[..., Said], store: Path) -> None:
    said = run("trends", store, "--lang", "zh").out
    found = trends(EmotionStore.open(store))
    assert said.splitlines()[0] == found.said_of(found.speakers[0], "zh")[0]
    assert "未发现超出偶然的变化：bob、carl" in said and "证据不足" in said and "😠 生气" in said


def test_without_any_order_no_line_over_time_is_drawn(run: Callable[..., Said], tmp_path: Path) -> None:
    path = made(tmp_path / "s", dated=False).path
    said = run("trends", path).out
    assert said.startswith("anna, bob, carl, dora: neither dates nor sessions are given")
    assert "no order in time" in said and not set("▂▃▄▅▆▇") & set(said)
    assert "|" not in run("trends", path, "--speaker", "anna").out and "●" not in said


def test_many_speakers_and_many_points_are_cut_and_it_is_said(run: Callable[..., Said], tmp_path: Path) -> None:
    path = made(tmp_path / "s", sessions={"long": 60} | {f"p{i:02d}": 1 for i in range(40)}).path
    lines = run("trends", path).out.splitlines()
    assert any("p11, 28 more: 1 session, worth 5 clips" in line for line in lines)
    assert "... and 11 more: name one with --speaker, or take --json" in lines
    assert "long lines: neighbouring points share a character." in lines
    alone = run("trends", path, "--speaker", "long").out.splitlines()
    assert "... and 20 earlier ones: --json gives all" in alone
    assert sum(line.startswith("  2026-") for line in alone) == 40


def test_the_picture_of_one_speaker(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    out = tmp_path / "trend.html"
    said = run("trends", store, "--speaker", "anna", "--lang", "zh", "--out", out, "--json")
    assert said.json["speakers"][0]["speaker"] == "anna" and said.err == f"written: {out}\n"
    page = out.read_text(encoding="utf-8")
    assert '<html lang="zh">' in page and "calls: anna" in page and "<script src=" not in page
    many = run("trends", store, "--out", out)
    assert many.status == 2 and "--out draws one speaker: name it with --speaker" in many.line


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--speaker", "Ana"], "has no speaker 'Ana'; did you mean anna?"),
        (["--speaker", "zzz"], "has no speaker 'zzz'; there are anna, bob, carl, dora"),
        (["--by", "year"], "'year' is not one of 'session', 'day', 'week', 'order'"),
        (["--zone", "Mars"], "there is no time zone 'Mars'"),
        (["--exclude-flag", "noise"], "there is no quality flag 'noise' (did you mean noisy?)"),
        (["--where", "speaker = 'nobody'"], "no clip of"),
    ],
)
def test_mistakes_are_one_line(run: Callable[..., Said], store: Path, options: list[str], line: str) -> None:
    said = run("trends", store, *options)
    assert said.status == 2 and line in said.line


def test_a_store_without_scores_says_what_to_do(run: Callable[..., Said], tmp_path: Path) -> None:
    said = run("trends", make_store(tmp_path / "s", [{"speaker": "a"}] * 3).path)
    assert said.status == 2 and "emoanalytics head fit" in said.line


def test_a_table_keeps_its_columns_under_wide_characters() -> None:
    lines = table([["a", "难过", "1"], ["bb", "😢 sad", "10"]], right=[2])
    assert lines == ["  a   难过     1", "  bb  😢 sad  10"]
