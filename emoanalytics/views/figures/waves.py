"""A sound as the outline of its wave, and where in it one may click."""

from __future__ import annotations

from typing import Any

import numpy as np

from emoanalytics.labels import Language
from emoanalytics.views.figures.look import ACCENT, EDGE, finished, plotly
from emoanalytics.views.figures.words import said

COLUMNS = 800  # points along a waveform: about one a pixel
_PLACES = 400  # where one may click: finer than a finger or a mouse
_MARK_PX = 12
_WORDS = {
    "time": ("time (s)", "时间（秒）"),
    "amplitude": ("amplitude", "幅度"),
    "from": ("play from {t} s", "从 {t} 秒播放"),
}


def waveform(
    samples: np.ndarray,
    rate_hz: int,
    language: Language | str = Language.EN,
    *,
    segment: tuple[float, float] | None = None,
    columns: int = COLUMNS,
) -> Any:
    """The outline of a sound: lowest and highest sample of each of at most ``columns`` stretches.

    Args:
        samples: (n,) float.
        rate_hz: their rate.
        language: of the texts.
        segment: start and end in seconds of the part to stand out, if it is not all of it.
        columns: bounds the size of the figure, whatever the length of the sound.
    """
    go = plotly()
    length_s = len(samples) / rate_hz
    figure = go.Figure([*outline(samples, rate_hz, columns=columns), places(length_s, language)])
    if segment is not None:
        figure.add_vrect(*segment, fillcolor=EDGE, opacity=0.18, line_width=0)
    peak = max(0.05, float(np.abs(samples).max(initial=0.0)))
    figure.update_xaxes(title=said(_WORDS, "time", language), range=[0, max(length_s, 0.01)], showgrid=False)
    figure.update_yaxes(title=said(_WORDS, "amplitude", language), range=[-peak, peak], zeroline=False, nticks=5)
    return held(finished(figure, 170))


def outline(
    samples: np.ndarray, rate_hz: int, *, columns: int = COLUMNS, colour: str = ACCENT, axis: str = "y"
) -> list[Any]:
    """The two traces of a waveform, filled between; they take no part in hovering and clicking."""
    go = plotly()
    times, low, high = envelope(samples, rate_hz, columns)
    shared = {"mode": "lines", "line": {"color": colour, "width": 1}, "hoverinfo": "skip", "yaxis": axis}
    return [
        go.Scatter(x=times, y=low, **shared),
        go.Scatter(x=times, y=high, fill="tonexty", fillcolor=colour, **shared),
    ]


def places(length_s: float, language: Language | str, texts: list[str] | None = None, *, height: float = 0.0) -> Any:
    """The trace that answers a click: points that are not seen until one of them is clicked.

    Plotly selects points, not lines, so that a waveform alone cannot be clicked.

    Args:
        length_s: of the sound; a place every four-hundredth of it.
        language: of the hint.
        texts: one a place, above the hint.
        height: where on the y axis they lie.
    """
    go = plotly()
    times = place_times(length_s)
    hint = said(_WORDS, "from", language).format(t="%{x:.2f}")
    return go.Scatter(
        x=times,
        y=np.full(len(times), height),
        mode="markers",
        marker={"size": _MARK_PX, "symbol": "triangle-right", "color": EDGE, "opacity": 0},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=texts,
        hovertemplate=("%{customdata}<br>" if texts else "") + hint + "<extra></extra>",
    )


def held(figure: Any) -> Any:
    """A figure to click on: neither two quick clicks, which would autoscale it, nor a drag moves what is clicked."""
    return figure.update_layout(hovermode="x").update_xaxes(fixedrange=True).update_yaxes(fixedrange=True)


def place_times(length_s: float) -> np.ndarray:
    """(n,) the seconds at which one may click.

    >>> place_times(2.0)[:3]
    array([0.   , 0.005, 0.01 ])
    """
    return np.arange(_PLACES) * length_s / _PLACES if length_s > 0 else np.zeros(0)


def envelope(samples: np.ndarray, rate_hz: int, columns: int = COLUMNS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times in seconds, lowest and highest sample of each of at most ``columns`` equal stretches.

    >>> envelope(np.array([0.0, 1.0, -1.0, 0.5]), 2, 2)[1:]
    (array([ 0., -1.]), array([1. , 0.5]))
    """
    n = len(samples)
    if not n:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    starts = np.linspace(0, n, min(n, columns), endpoint=False).astype(np.intp)
    return starts / rate_hz, np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
