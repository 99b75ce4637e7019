"""The figure of a comparison: every dot and interval is the number of the result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.labels import EMOTION_IDS, EMOTIONS
from emoanalytics.views import figures
from emoanalytics.views.compare import Comparison, compare
from tests.made_store import make_store


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    rng = np.random.default_rng(0)
    rows = [{"speaker": f"s{i % 12}", "shift": ("<b>night", "day", "dawn")[i % 3 % 3]} for i in range(144)]
    for i, row in enumerate(rows):
        row["shift"] = ("<b>night", "day", "dawn")[(i // 12) % 3]
    scores = rng.dirichlet(np.ones(9), len(rows))
    scores[[r["shift"] == "day" for r in rows], 0] += 1.0
    store = make_store(tmp_path_factory.mktemp("f") / "s", rows, scores=scores / scores.sum(axis=1, keepdims=True))
    return compare(store, "shift")


def test_every_dot_is_a_mean_with_its_interval(found: Comparison) -> None:
    figure = figures.comparison_dots(found)
    dots = figure.data[::2]
    for g, (trace, group) in enumerate(zip(dots, found.groups, strict=True)):
        assert list(trace.x) == [group.mean[e] for e in EMOTION_IDS]
        assert list(trace.marker.color) == [e.colour for e in EMOTIONS]
        assert [x + up for x, up in zip(trace.x, trace.error_x.array, strict=True)] == pytest.approx(
            [group.high[e] for e in EMOTION_IDS]
        )
        assert [x - down for x, down in zip(trace.x, trace.error_x.arrayminus, strict=True)] == pytest.approx(
            [group.low[e] for e in EMOTION_IDS]
        )
        assert [round(y) for y in trace.y] == list(range(9)) and trace.y[0] == pytest.approx((-0.8, 0, 0.8)[g] / 3)
        assert f"{group.mean['sad']:.3f} ({group.low['sad']:.3f}–{group.high['sad']:.3f})<br>48 clips" in trace.text[6]
    assert len({t.marker.symbol for t in dots}) == 3


def test_names_are_escaped_and_the_legend_has_the_shapes(found: Comparison) -> None:
    figure = figures.comparison_dots(found)
    legend = [trace for trace in figure.data if trace.showlegend is None]
    assert {t.name for t in legend} == {"&lt;b&gt;night", "day", "dawn"}
    assert [t.marker.symbol for t in legend] == [t.marker.symbol for t in figure.data[::2]]


def test_emotions_that_differ_have_a_star(found: Comparison) -> None:
    texts = figures.comparison_dots(found, "zh").layout.yaxis.ticktext
    differing = {d.label for d in found.emotions if d.p_adjusted is not None and d.p_adjusted <= 0.05}
    assert "angry" in differing
    assert list(texts) == [f"{e.emoji} {e.zh}" + " *" * (e.id in differing) for e in EMOTIONS]
    none = replace(found, emotions=tuple(replace(d, p_adjusted=None) for d in found.emotions))
    assert "*" not in "".join(figures.comparison_dots(none).layout.yaxis.ticktext)


def test_without_intervals_none_are_drawn_and_it_is_said(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 3}", "shift": "ab"[i % 2]} for i in range(12)]
    scores = np.random.default_rng(0).dirichlet(np.ones(9), 12)
    figure = figures.comparison_dots(compare(make_store(tmp_path / "s", rows, scores=scores), "shift"))
    assert set(figure.data[0].error_x.array) == {None} and "too few for an interval" in figure.data[0].text[0]
    layout = json.loads(figure.to_json())["layout"]
    assert layout["paper_bgcolor"] == "rgba(0,0,0,0)" and "font" not in layout and "tickfont" not in layout["yaxis"]


def test_differences_to_a_baseline_have_a_zero_line(found: Comparison) -> None:
    assert figures.comparison_dots(found).layout.xaxis.rangemode == "tozero"
    figure = figures.comparison_dots(replace(found, normalised=True))
    assert figure.layout.xaxis.rangemode is None and "own baseline" in figure.layout.xaxis.title.text
