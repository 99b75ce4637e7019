"""Figures of trends: every point, band and mark is the number of the result."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.labels import BY_ID, EMOTION_IDS, EMOTIONS, Language
from emoanalytics.views import figures
from emoanalytics.views.trends import SpeakerTrend, trends
from tests.made_store import make_store

ANGRY = EMOTION_IDS.index("angry")


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> SpeakerTrend:
    """Angry from the fifth session on; a session has one clip more than the one before."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    scores = []
    for session in range(9):
        for clip in range(5 + session):
            day = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=session, minutes=clip)
            rows.append({"speaker": "anna", "session": f"<i>{session}", "recorded_at": day, "file": f"{len(rows)}.wav"})
            angry = (0.7 if session >= 4 else 0.2) + rng.normal(0, 0.03)
            score = np.full(9, (1 - angry) / 8)
            score[ANGRY] = angry
            scores.append(score)
    store = make_store(tmp_path_factory.mktemp("figures") / "s", [r | {"end_s": 4.0} for r in rows], scores=scores)
    return trends(store).speakers[0]


def lines(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def bands(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.fill == "toself"]


@pytest.mark.parametrize("language", list(Language))
def test_nine_small_charts_hold_the_means_and_their_intervals(speaker: SpeakerTrend, language: Language) -> None:
    figure = figures.trend_multiples(speaker, language)
    assert [trace.name for trace in lines(figure)] == [f"{e.emoji} {e.name(language)}" for e in EMOTIONS]
    for i, (line, band) in enumerate(zip(lines(figure), bands(figure), strict=True)):
        assert list(line.x) == list(speaker.t) and line.y == pytest.approx(speaker.mean[:, i])
        assert list(band.y) == [*speaker.high[:, i].tolist(), *speaker.low[::-1, i].tolist()]
        assert list(band.x) == [*speaker.t, *speaker.t[::-1]]
        assert line.line.color == EMOTIONS[i].colour and line.xaxis == band.xaxis == f"x{i + 1 if i else ''}"
    assert {figure.layout[f"yaxis{i or ''}"].range for i in (0, 2, 9)} == {figure.layout.yaxis.range}
    assert figure.layout.yaxis.range[1] >= min(1, np.nanmax(speaker.high))


def test_points_are_as_large_as_there_are_clips(speaker: SpeakerTrend) -> None:
    sizes = np.array(lines(figures.trend_lines(speaker))[0].marker.size)
    assert np.square(sizes / sizes.max()) == pytest.approx(speaker.n / speaker.n.max())


def test_emotions_are_told_apart_without_colour(speaker: SpeakerTrend) -> None:
    shapes = [line.marker.symbol for line in lines(figures.trend_lines(speaker, emotions=EMOTION_IDS))]
    assert len(set(shapes)) == len(EMOTIONS)
    assert shapes == [line.marker.symbol for line in lines(figures.trend_multiples(speaker))]


def test_hovers_name_session_date_interval_and_clips(speaker: SpeakerTrend) -> None:
    line = lines(figures.trend_lines(speaker, emotions=["angry"]))[0]
    mean, low, high = (float(values[1, ANGRY]) for values in (speaker.mean, speaker.low, speaker.high))
    assert line.text[1] == f"&lt;i&gt;1 (2026-03-03)<br>{mean:.2f} ({low:.2f}–{high:.2f}), 6 clips"


def test_a_step_is_marked_where_it_begins_with_the_levels_around_it(speaker: SpeakerTrend) -> None:
    figure = figures.trend_lines(speaker, emotions=["angry"])
    (step,) = [c for c in speaker.changes if c.emotion == "angry"]
    dotted, before, after = figure.layout.shapes
    assert dotted.x0 == dotted.x1 == step.t == speaker.t[4]
    assert (before.x0, before.x1, before.y0, before.y1) == (speaker.t[0], step.t, step.before, step.before)
    assert (after.x0, after.x1, after.y0, after.y1) == (step.t, speaker.t[-1], step.after, step.after)
    assert figure.layout.annotations[0].text == f"{step.effect:+.2f}"
    assert {s.line.color for s in (dotted, before, after)} == {BY_ID["angry"].colour}
    gradual = replace(speaker, changes=tuple(replace(c, shape=type(c.shape)("gradual")) for c in speaker.changes))
    assert not figures.trend_lines(gradual).layout.shapes


def test_sessions_stand_on_the_axis_where_they_fit(speaker: SpeakerTrend) -> None:
    figure = figures.trend_lines(speaker)
    assert list(figure.layout.xaxis.ticktext) == [f"&lt;i&gt;{i}" for i in range(9)]
    assert list(figure.layout.xaxis.tickvals) == list(speaker.t) and figure.layout.xaxis.type == "date"
    assert figures.trend_multiples(speaker).layout.xaxis.ticktext is None  # nine do not fit below a small chart
    undated = replace(speaker, t=tuple(range(1, 10)), dated=False, session=(None,) * 9, changes=())
    figure = figures.trend_lines(undated, "zh")
    assert figure.layout.xaxis.ticktext[8] == "第 9 次会话" and figure.layout.xaxis.type is None


def test_where_nothing_is_known_nothing_is_drawn(speaker: SpeakerTrend) -> None:
    gaps = {name: getattr(speaker, name).copy() for name in ("mean", "low", "high", "overall")}
    for name in ("mean", "low", "high"):
        gaps[name][:, 5] = np.nan
    gaps["overall"][5] = np.nan
    gaps["low"][[0, 2]], gaps["high"][[0, 2]] = np.nan, np.nan  # point 1 stands alone
    figure = figures.trend_multiples(replace(speaker, **gaps))
    assert len(lines(figure)) == len(bands(figure)) == 8
    line, band = lines(figure)[0], bands(figure)[0]
    assert list(band.x) == [*speaker.t[3:], *speaker.t[:2:-1]]
    bars = [(i, up) for i, up in enumerate(line.error_y.array) if up is not None]
    assert bars == [(1, pytest.approx(speaker.high[1, 0] - speaker.mean[1, 0]))]
    assert line.error_y.arrayminus[1] == pytest.approx(speaker.mean[1, 0] - speaker.low[1, 0])
    words = [a for a in figure.layout.annotations if "not known" in a.text]
    assert [(a.xref, a.yref) for a in words] == [("x6 domain", "y6 domain")]
    assert "not enough evidence for an interval" in line.text[0]


def test_no_background_and_no_text_colour(speaker: SpeakerTrend) -> None:
    for figure in (figures.trend_lines(speaker), figures.trend_multiples(speaker)):
        layout = json.loads(figure.to_json())["layout"]
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
        assert "font" not in layout and "color" not in json.dumps(layout["annotations"])


def test_a_speaker_without_a_change_shows_the_highest_mean(speaker: SpeakerTrend) -> None:
    steady = replace(speaker, changes=(), drifts=())
    assert [line.name for line in lines(figures.trend_lines(steady))] == ["😠 angry"]


def test_a_sketch_takes_neighbours_together_by_their_clips(speaker: SpeakerTrend) -> None:
    values = speaker.mean[:, ANGRY]
    assert speaker.sketch("angry") == pytest.approx(values.tolist())  # nine points are few enough
    parts = [[0, 1, 2], [3, 4], [5, 6], [7, 8]]
    expected = [sum(values[i] * speaker.n[i] for i in part) / sum(speaker.n[i] for i in part) for part in parts]
    assert speaker.sketch("angry", 4) == pytest.approx(expected)
    unknown = replace(speaker, mean=np.full_like(speaker.mean, np.nan))
    assert unknown.sketch("angry") == ()
    with pytest.raises(StoreError, match="at least 1 point, not 0"):
        speaker.sketch("angry", 0)


def test_charts_side_by_side_share_a_scale_and_points_know_their_number(speaker: SpeakerTrend) -> None:
    quiet = replace(speaker, mean=speaker.mean / 4, low=speaker.low / 4, high=speaker.high / 4)
    alone = figures.trend_lines(quiet, emotions=["angry"]).layout.yaxis.range
    beside = figures.trend_lines(quiet, emotions=["angry"], beside=[speaker])
    assert alone[1] < beside.layout.yaxis.range[1]
    assert beside.layout.yaxis.range == figures.trend_lines(speaker, emotions=["angry"]).layout.yaxis.range
    assert list(lines(beside)[0].customdata) == list(range(9))
