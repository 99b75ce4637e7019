"""Figures: every number is the one given, nothing unknown becomes zero, texts of others stay texts."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from emoanalytics import EMOTIONS, Language, Overview
from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.errors import MissingExtraError
from emoanalytics.views import figures
from emoanalytics.views.overview import MeanScore

LANGUAGES = list(Language)
MEANS = {"angry": (0.3, 0.2, 0.45), "happy": (0.5, 0.4, 0.55), "sad": (0.2, 0.2, 0.2)}


def summary(scores: dict[str, tuple[float, float | None, float | None]], scored: int = 10) -> Overview:
    """An overview of which only the scores matter."""
    nine = tuple(MeanScore(e.id, *scores.get(e.id, (None, None, None)), winners=0) for e in EMOTIONS)
    values: dict[str, Any] = dict.fromkeys(Overview.__dataclass_fields__)
    return Overview(**{**values, "scores": nine, "scored": scored})


def notes(figure: Any) -> dict[str, str]:
    return {a.y: a.text for a in figure.layout.annotations}


def names(language: Language) -> list[str]:
    return [f"{e.emoji} {e.name(language)}" for e in EMOTIONS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_score_bars_show_means_intervals_and_what_is_not_known(language: Language) -> None:
    figure = figures.score_bars(summary(MEANS), language)
    bar = figure.data[0]
    assert list(bar.y) == names(language)
    assert list(bar.marker.color) == [e.colour for e in EMOTIONS]
    for emotion, value, up, down, label in zip(
        EMOTIONS, bar.x, bar.error_x.array, bar.error_x.arrayminus, bar.y, strict=True
    ):
        if emotion.id in MEANS:
            mean, low, high = MEANS[emotion.id]
            assert value == mean
            assert (value - down, value + up) == pytest.approx((low, high))
            assert notes(figure)[label] == f"{mean:.2f} ({low:.2f}–{high:.2f})"
        else:
            assert value is None and up is None and down is None
            assert {"en": "not known", "zh": "不认识"}[language] in notes(figure)[label]
    assert (
        figure.layout.xaxis.title.text
        == {
            "en": "mean model score, 95 % interval",
            "zh": "平均模型得分，95% 区间",
        }[language]
    )


def test_score_bars_without_intervals_or_scores_claim_none() -> None:
    figure = figures.score_bars(summary({"angry": (1.0, None, None)}))
    assert figure.data[0].error_x.array is None
    assert figure.layout.xaxis.title.text == "mean model score"
    assert figure.data[0].text[0] == "1.00"
    bare = figures.score_bars(summary({}, scored=0))
    assert all(x is None for x in bare.data[0].x) and set(notes(bare).values()) == {"<i>no score</i>"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_bars_hold_the_nine_in_order_then_other_labels(language: Language) -> None:
    scores = {e.id: None for e in EMOTIONS} | {"angry": 0.25, "sad": 0.7, "calm": 0.05}
    figure = figures.nine_bars(scores, language)
    bar = figure.data[0]
    assert list(bar.y) == [*names(language), "calm"]
    assert list(bar.x) == [0.25, None, None, None, None, None, 0.7, None, None, 0.05]
    assert [t for t in bar.text if t] == ["0.25", "0.70", "0.05"]
    assert len(notes(figure)) == 7
    assert list(figure.layout.xaxis.range) == [0, 1]
    assert figure.layout.xaxis.title.text == {"en": "model score", "zh": "模型得分"}[language]


def test_nine_bars_without_a_head_say_no_score() -> None:
    figure = figures.nine_bars({e.id: None for e in EMOTIONS})
    assert set(notes(figure).values()) == {"<i>no score</i>"} and len(notes(figure)) == 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_labels_are_counted_most_frequent_first(language: Language) -> None:
    figure = figures.given_labels({"sad": 2, "<b>x</b>": 1500, "angry": 2}, language)
    angry, sad = names(language)[0], names(language)[6]
    assert list(figure.data[0].y) == ["&lt;b&gt;x&lt;/b&gt;", angry, sad]
    assert list(figure.data[0].x) == [1500, 2, 2]
    assert list(figure.data[0].text) == ["1,500", "2", "2"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_quality_bars_name_the_flags(language: Language) -> None:
    figure = figures.quality_bars({"noisy": 3, "clipped": 1, "a <new> one": 1}, language)
    assert list(figure.data[0].y) == [
        flag_name(Flag.NOISY, language), flag_name(Flag.CLIPPED, language), "a &lt;new&gt; one"
    ]  # fmt: skip
    assert list(figure.data[0].x) == [3, 1, 1]


@pytest.mark.parametrize(("n", "columns"), [(0, 10), (1, 10), (7, 10), (10, 10), (1000, 7), (16_001, 800)])
def test_the_envelope_is_the_lowest_and_highest_of_each_stretch(n: int, columns: int) -> None:
    samples = np.random.default_rng(n).normal(size=n).astype(np.float32)
    times, low, high = figures.envelope(samples, 16_000, columns)
    assert len(times) == len(low) == len(high) == min(n, columns)
    edges = [int(i * n / len(times)) for i in range(len(times))] + [n]
    for i, (first, stop) in enumerate(pairwise(edges)):
        assert times[i] == first / 16_000
        assert low[i] == min(samples[first:stop]) and high[i] == max(samples[first:stop])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waveform_is_bounded_and_marks_its_segment(language: Language) -> None:
    hour = np.zeros(16_000 * 60, np.float32)
    hour[12_345] = -0.7
    figure = figures.waveform(hour, 16_000, language, segment=(0.2, 59.8))
    assert len(figure.data[0].x) == figures.COLUMNS and len(figure.to_json()) < 60_000
    assert min(figure.data[0].y) == pytest.approx(-0.7)
    assert list(figure.layout.xaxis.range) == [0, 60]
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (0.2, 59.8)
    assert figure.layout.xaxis.title.text == {"en": "time (s)", "zh": "时间（秒）"}[language]


def test_an_empty_waveform_is_an_empty_figure() -> None:
    assert len(figures.waveform(np.zeros(0, np.float32), 16_000).data[0].x) == 0


@pytest.mark.parametrize(
    "figure",
    [
        figures.nine_bars({"angry": 1.0}),
        figures.waveform(np.ones(10), 10),
        figures.quality_bars({"noisy": 1}),
        figures.given_labels({}),
    ],
    ids=["nine", "waveform", "quality", "given"],
)
def test_figures_bring_no_background_and_no_text_colour(figure: Any) -> None:
    layout = json.loads(figure.to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "font" not in layout and "font" not in layout["xaxis"] and "tickfont" not in layout["xaxis"]


def test_without_plotly_the_line_to_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[app\]'"):
        figures.quality_bars({"noisy": 1})
