"""Results as Plotly figures: the only file that knows Plotly, and the only place that says what a chart looks like.

Figures carry no background and no text colour of their own, so they read in light and dark pages. Texts that come
from a corpus (labels, names) are escaped: Plotly reads its texts as a kind of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.errors import MissingExtraError
from emoanalytics.labels import BY_ID, EMOTION_IDS, Language
from emoanalytics.views.overview import Overview

COLUMNS = 800  # points along a waveform: about one a pixel
_EDGE = "#7f8c96"  # an outline that keeps pale bars visible on white and dark ones on black
_PLAIN = "#8b6d4f"  # labels that are none of the nine
_ACCENT = "#3b8ea5"
_ROW_PX, _FRAME_PX = 34, 56
_WORDS = {
    "score": ("model score", "模型得分"),
    "mean_score": ("mean model score, 95 % interval", "平均模型得分，95% 区间"),
    "mean_score_only": ("mean model score", "平均模型得分"),
    "not_known": ("not known to this head", "此分类头不认识"),
    "no_score": ("no score", "没有得分"),
    "clips": ("clips", "片段数"),
    "time": ("time (s)", "时间（秒）"),
    "amplitude": ("amplitude", "幅度"),
}


def score_bars(overview: Overview, language: Language | str = Language.EN) -> Any:
    """The mean of the whole score distribution of a store, with its intervals, as nine horizontal bars.

    Args:
        overview: what is in the store; an emotion without a mean gets words in place of a bar, never a zero.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    sure = any(s.low is not None for s in overview.scores)
    missing = "not_known" if overview.scored else "no_score"
    texts = [
        _said(missing, language)
        if s.mean is None
        else f"{s.mean:.2f}" + (f" ({s.low:.2f}–{s.high:.2f})" if s.low is not None and s.high is not None else "")
        for s in overview.scores
    ]
    intervals = [(s.low, s.high) for s in overview.scores] if sure else None
    return _bars(
        [_label(s.emotion, language) for s in overview.scores],
        [s.mean for s in overview.scores],
        [_colour(s.emotion) for s in overview.scores],
        texts,
        axis=_said("mean_score" if sure else "mean_score_only", language),
        intervals=intervals,
        share=0.68 if sure else 0.84,
    )


def nine_bars(scores: Mapping[str, float | None], language: Language | str = Language.EN) -> Any:
    """Model scores of one clip: the nine emotions in order, then any further label of the head.

    Args:
        scores: emotion or label -> score in 0..1, or None where the head does not know it.
        language: of the texts.
    """
    known = any(value is not None for value in scores.values())
    labels = [*EMOTION_IDS, *(label for label in scores if label not in BY_ID)]
    missing = _said("not_known" if known else "no_score", language)
    values = [scores.get(label) for label in labels]
    return _bars(
        [_label(label, language) for label in labels],
        values,
        [_colour(label) for label in labels],
        [missing if value is None else f"{value:.2f}" for value in values],
        axis=_said("score", language),
        top=1.0,
        share=0.88,
    )


def given_labels(given: Mapping[str, int], language: Language | str = Language.EN) -> Any:
    """How many clips the corpus gives each label, most frequent first."""
    labels = sorted(given, key=lambda label: (-given[label], label))
    return _counted([_label(x, language) for x in labels], [given[x] for x in labels], map(_colour, labels), language)


def quality_bars(flags: Mapping[str, int], language: Language | str = Language.EN) -> Any:
    """How many clips raise each quality flag, in the order given."""
    names = [flag_name(Flag(flag), language) if flag in set(Flag) else _plain(flag) for flag in flags]
    return _counted(names, list(flags.values()), [_ACCENT] * len(flags), language)


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
    go = _plotly()
    times, low, high = envelope(samples, rate_hz, columns)
    line = {"color": _ACCENT, "width": 1}
    hover = "%{x:.2f} s  %{y:.3f}<extra></extra>"
    figure = go.Figure(
        [
            go.Scatter(x=times, y=low, mode="lines", line=line, hovertemplate=hover),
            go.Scatter(
                x=times, y=high, mode="lines", line=line, fill="tonexty", fillcolor=_ACCENT, hovertemplate=hover
            ),
        ]
    )
    if segment is not None:
        figure.add_vrect(*segment, fillcolor=_EDGE, opacity=0.18, line_width=0)
    peak = max(0.05, float(np.abs(samples).max(initial=0.0)))
    figure.update_xaxes(title=_said("time", language), range=[0, max(len(samples) / rate_hz, 0.01)], showgrid=False)
    figure.update_yaxes(title=_said("amplitude", language), range=[-peak, peak], zeroline=False, nticks=5)
    return _finished(figure, 170)


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


def _counted(labels: Sequence[str], counts: Sequence[int], colours: Any, language: Language | str) -> Any:
    texts = [f"{count:,}" for count in counts]
    figure = _bars(labels, counts, list(colours), texts, axis=_said("clips", language), share=0.86)
    return figure.update_xaxes(nticks=min(5, 1 + max(counts, default=1)))  # there is no half clip


def _bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    colours: Sequence[str],
    texts: Sequence[str],
    *,
    axis: str,
    top: float | None = None,
    intervals: Sequence[tuple[float | None, float | None]] | None = None,
    share: float = 1.0,
) -> Any:
    """Horizontal bars, the first on top, each with its text.

    It stands behind the bar, at the right edge where there are intervals, and in words where there is no bar.
    """
    go = _plotly()
    bar = go.Bar(
        y=labels,
        x=values,
        orientation="h",
        marker={"color": colours, "line": {"color": _EDGE, "width": 1}},
        customdata=texts,
        text=[
            "" if value is None or intervals is not None else text for value, text in zip(values, texts, strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    if intervals is not None:
        both = [(v, lo, hi) for v, (lo, hi) in zip(values, intervals, strict=True)]
        bar.error_x = {
            "type": "data",
            "symmetric": False,
            "array": [None if v is None or hi is None else max(0.0, hi - v) for v, _, hi in both],
            "arrayminus": [None if v is None or lo is None else max(0.0, v - lo) for v, lo, _ in both],
            "color": _EDGE,
            "thickness": 1.5,
            "width": 4,
        }
    figure = go.Figure(bar)
    for label, value, text in zip(labels, values, texts, strict=True):
        if value is None:
            figure.add_annotation(y=label, text=f"<i>{text}</i>", showarrow=False, x=0, xanchor="left")
        elif intervals is not None:
            figure.add_annotation(y=label, text=text, showarrow=False, x=1, xref="paper", xanchor="right")
    figure.update_xaxes(
        title=axis, domain=[0, share], rangemode="tozero", range=None if top is None else [0, top], nticks=5
    )
    figure.update_yaxes(autorange="reversed", automargin=True, type="category", ticklabelstandoff=6)
    return _finished(figure, _FRAME_PX + _ROW_PX * max(1, len(labels)))


def _finished(figure: Any, height: int) -> Any:
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        bargap=0.35,
    )


def _label(emotion: str, language: Language | str) -> str:
    known = BY_ID.get(emotion)
    return f"{known.emoji} {known.name(language)}" if known else _plain(emotion)


def _colour(emotion: str) -> str:
    return BY_ID[emotion].colour if emotion in BY_ID else _PLAIN


def _plain(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False)


def _said(key: str, language: Language | str) -> str:
    return _WORDS[key][str(language) == Language.ZH]


def _plotly() -> Any:
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingExtraError("figures need Plotly: pip install 'emoanalytics[app]'") from error
    return go
