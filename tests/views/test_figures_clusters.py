"""Figures of clusters: sizes, names and effects as given, texts of a corpus made safe."""

from __future__ import annotations

import pytest

from emoanalytics.views.clusters import Departure, Portrait, Verdict
from emoanalytics.views.clusters.facets import Facet
from emoanalytics.views.figures import cluster_departures, cluster_sizes

LEVEL = Facet(
    "level_dbfs", "loudness", "dBFS", ("level", "音量"), ("loud", "音量高"), ("quiet", "音量低"), personal=True
)
PITCH = Facet("pitch_hz", "pitch", "Hz", ("pitch", "音高"), ("high", "音调高"), ("low", "音调低"), by_ratio=True)
SAD = Facet("score_sad", "emotion", "1", ("sad", "难过"), ("sad", "难过"))
BRAVE = Facet("score_<b>", "emotion", "1", ("<b>", "<b>"), ("<b>", "<b>"))


def portrait(cluster: int, size: int, verdict: Verdict, *departures: Departure) -> Portrait:
    jaccard = None if verdict is Verdict.UNKNOWN else 0.5
    return Portrait(cluster, size, 3, size, None, departures, (), (), (), jaccard, verdict)


FIRST = portrait(
    0,
    40,
    Verdict.STABLE,
    Departure(SAD, 0.9, 0.001, 0.8, 0.1, 0.7, own=False),
    Departure(LEVEL, -0.8, 0.001, -33.0, -25.0, -7.0, own=True),
    Departure(PITCH, 0.5, 0.001, 220.0, 110.0, 12.0, own=True),
    Departure(BRAVE, 0.4, 0.5, 0.2, 0.1, 0.1, own=False),  # by chance, perhaps: not shown
)
SECOND = portrait(1, 12, Verdict.UNSTABLE, Departure(BRAVE, 0.6, 0.001, 0.2, 0.1, 0.1, own=False))


@pytest.mark.parametrize(
    ("language", "texts", "axis"),
    [
        ("en", ["40  sad, quiet, high; 3 speakers", "12  &lt;b&gt;; 3 speakers"], "clips; paler is less stable"),
        ("zh", ["40  难过、音量低、音调高；3 位说话人", "12  &lt;b&gt;；3 位说话人"], "片段数；颜色越浅越不稳定"),
    ],
)
def test_sizes_with_names_and_stability(language: str, texts: list[str], axis: str) -> None:
    figure = cluster_sizes([FIRST, SECOND], language)
    bar = figure.data[0]
    assert list(bar.x) == [40, 12]
    assert list(bar.y) == ["0", "1"]
    assert list(bar.text) == texts
    assert figure.layout.xaxis.title.text == axis
    assert bar.marker.opacity[0] > bar.marker.opacity[1]
    if language == "en":
        assert bar.customdata[1] == "unstable: do not build on it (found again: Jaccard 0.50)"


def test_effects_to_both_sides_with_values() -> None:
    figure = cluster_departures(FIRST)
    bar = figure.data[0]
    assert list(bar.y) == ["sad", "level", "pitch"]
    assert list(bar.x) == [0.9, -0.8, 0.5]
    assert list(bar.customdata) == [
        "0.80; in the rest 0.10",
        "-33.00 dBFS; in the rest -25.00 dBFS<br>-7.00 dBFS, each voice compared with itself",
        "220.00 Hz; in the rest 110.00 Hz<br>+12.00 st, each voice compared with itself",
    ]
    assert bar.marker.color[0] == "#0072b2"
    assert list(figure.layout.xaxis.range) == [-1, 1]
    assert list(cluster_departures(FIRST, "zh").data[0].y) == ["难过", "音量", "音高"]
    assert list(cluster_departures(FIRST, most=1).data[0].y) == ["sad"]
    assert list(cluster_departures(SECOND).data[0].y) == ["&lt;b&gt;"]


def test_nothing_is_an_empty_figure() -> None:
    unknown = portrait(0, 5, Verdict.UNKNOWN)
    assert len(cluster_departures(unknown).data[0].x) == 0
    assert cluster_sizes([unknown]).data[0].customdata[0] == "not enough evidence to say how stable it is"
    assert len(cluster_sizes([]).data[0].x) == 0
