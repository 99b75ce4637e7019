"""Scores over time above the outline of the sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emoanalytics.embed.heads.head import any_word
from emoanalytics.labels import Language
from emoanalytics.views.figures.look import EDGE, colour, finished, plotly, see_through
from emoanalytics.views.figures.waves import held, outline, place_times, places
from emoanalytics.views.figures.words import label as named
from emoanalytics.views.figures.words import said

COLUMNS = 600  # points along a curve
_LEAST = 0.15  # a label whose score never reaches this is not drawn; the table behind the chart has it
_TOLD = 3  # scores in a hint
_WORDS = {"time": ("time (s)", "时间（秒）")}


def score_timeline(
    samples: np.ndarray,
    rate_hz: int,
    curve: tuple[np.ndarray, np.ndarray],
    labels: Sequence[str],
    language: Language | str = Language.EN,
    *,
    moments: Sequence[tuple[float, float, str]] = (),
) -> Any:
    """The scores of a sound over time, its waveform pale behind them.

    They are of the encoder's own head, whatever head is in use, and were never held against listeners.

    Args:
        samples: (n,) float.
        rate_hz: their rate.
        curve: (t,) seconds in rising order, and (t, labels) scores there.
        labels: one a column.
        language: of the texts.
        moments: start, end (seconds) and label of stretches to be shaded.

    Returns:
        A ``plotly.graph_objects.Figure``; a click on it selects a point whose ``x`` is the second.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    length_s = len(samples) / rate_hz
    peak = max(0.05, float(np.abs(samples).max(initial=0.0)))
    figure = go.Figure(outline(samples, rate_hz, colour=see_through(EDGE, 0.3), axis="y2"))
    times, scores = thinned(*curve)
    for j, label in enumerate(labels):
        if len(times) and scores[:, j].max() >= _LEAST:
            line = {"color": colour(label), "width": 2.5}
            name = named(label, language)
            figure.add_trace(go.Scatter(x=times, y=scores[:, j], mode="lines", name=name, line=line, hoverinfo="skip"))
    figure.add_trace(places(length_s, language, _hints(place_times(length_s), times, scores, labels, language)))
    for trace in figure.data:
        trace.showlegend = trace.name is not None
    for start, end, label in moments:
        figure.add_vrect(start, end, fillcolor=colour(label), opacity=0.2, line_width=0, layer="below")
    figure.update_xaxes(title=said(_WORDS, "time", language), range=[0, max(length_s, 0.01)], showgrid=False)
    figure.update_layout(
        yaxis={"title": any_word(False, language), "range": [-0.02, 1.02], "nticks": 6},
        yaxis2={"overlaying": "y", "range": [-peak, peak], "visible": False, "side": "right"},
    )
    return held(finished(figure, 300)).update_layout(
        showlegend=True, margin_t=40,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip


def thinned(times: np.ndarray, scores: np.ndarray, columns: int = COLUMNS) -> tuple[np.ndarray, np.ndarray]:
    """At most ``columns`` points of a curve: the means of equal stretches of it.

    >>> thinned(np.arange(4.0), np.array([[0.0], [1.0], [1.0], [0.0]]), 2)[1].tolist()
    [[0.5], [0.5]]
    """
    n = len(times)
    if n <= columns:
        return times, scores
    starts = np.linspace(0, n, columns, endpoint=False).astype(np.intp)
    counts = np.diff(np.append(starts, n))
    return np.add.reduceat(times, starts) / counts, np.add.reduceat(scores, starts) / counts[:, None]


def _hints(
    places_s: np.ndarray, times: np.ndarray, scores: np.ndarray, labels: Sequence[str], language: Language | str
) -> list[str]:
    """The highest scores at each place."""
    if not len(times):
        return [""] * len(places_s)
    middles = (times[1:] + times[:-1]) / 2
    rows = scores[np.searchsorted(middles, places_s)]
    return [
        "<br>".join(f"{named(labels[j], language)} {row[j]:.2f}" for j in np.argsort(-row, kind="stable")[:_TOLD])
        for row in rows
    ]
