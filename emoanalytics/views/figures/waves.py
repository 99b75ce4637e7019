"""A sound as the outline of its wave."""

from __future__ import annotations

from typing import Any

import numpy as np

from emoanalytics.labels import Language
from emoanalytics.views.figures.look import ACCENT, EDGE, finished, plotly
from emoanalytics.views.figures.words import said

COLUMNS = 800  # points along a waveform: about one a pixel
_WORDS = {"time": ("time (s)", "时间（秒）"), "amplitude": ("amplitude", "幅度")}


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
    times, low, high = envelope(samples, rate_hz, columns)
    line = {"color": ACCENT, "width": 1}
    hover = "%{x:.2f} s  %{y:.3f}<extra></extra>"
    figure = go.Figure(
        [
            go.Scatter(x=times, y=low, mode="lines", line=line, hovertemplate=hover),
            go.Scatter(x=times, y=high, mode="lines", line=line, fill="tonexty", fillcolor=ACCENT, hovertemplate=hover),
        ]
    )
    if segment is not None:
        figure.add_vrect(*segment, fillcolor=EDGE, opacity=0.18, line_width=0)
    peak = max(0.05, float(np.abs(samples).max(initial=0.0)))
    figure.update_xaxes(
        title=said(_WORDS, "time", language), range=[0, max(len(samples) / rate_hz, 0.01)], showgrid=False
    )
    figure.update_yaxes(title=said(_WORDS, "amplitude", language), range=[-peak, peak], zeroline=False, nticks=5)
    return finished(figure, 170)


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
