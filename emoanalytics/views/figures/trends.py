"""One speaker over time: means with their intervals, points as large as there are clips, changes marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from emoanalytics.embed.heads.head import mean_word
from emoanalytics.labels import BY_ID, Language
from emoanalytics.views.figures.look import EDGE, GRID, colour, finished, plotly, see_through, symbol
from emoanalytics.views.figures.words import label as named
from emoanalytics.views.figures.words import plain, said
from emoanalytics.views.trends import Shape, SpeakerTrend

_HEIGHT_PX, _PANEL_PX, _COLUMNS = 360, 170, 3
_MOST_TICKS = {1: 14, _COLUMNS: 8}
_SMALLEST_PX, _LARGEST_PX = 5.0, 14.0
_SURE = 0.05  # false discovery rate at which a slope is taken for a change
_WORDS = {
    "reading": (
        "band: 95 % interval; larger points: more clips;<br>dotted: a change",
        "色带：95% 区间；点越大片段越多；点线：变化",
    ),
    "clips": ("{n} clips", "{n} 条片段"),
    "one_clip": ("1 clip", "1 条片段"),
    "few": ("not enough evidence for an interval", "证据不足，无区间"),
    "not_known": ("not known to this head", "此分类头不认识"),
    "session": ("session {i}", "第 {i} 次会话"),
}


def trend_lines(
    speaker: SpeakerTrend,
    language: Language | str = Language.EN,
    *,
    emotions: Sequence[str] | None = None,
    height: int = _HEIGHT_PX,
    beside: Sequence[SpeakerTrend] = (),
) -> Any:
    """Some emotions of one speaker over time in one chart.

    A click on a point selects it; its ``customdata`` is the point's number.

    Args:
        speaker: the speaker.
        language: of the texts.
        emotions: which; None: those that changed, or else the one with the highest mean.
        height: in pixels.
        beside: speakers in charts beside this one: the scale of scores holds them all.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
        StoreError: there is no such emotion.
    """
    go = plotly()
    figure = go.Figure()
    shown = list(_changed(speaker) if emotions is None else emotions)
    for emotion in shown:
        for trace in _traces(speaker, emotion, language):
            figure.add_trace(trace)
    _mark(figure, speaker, shown, "", {})
    _time_axis(figure, speaker, language, columns=1)
    figure.update_xaxes(title=said(_WORDS, "reading", language), title_font_size=12)
    figure.update_yaxes(title=mean_word(speaker.calibrated, language))
    _score_axis(figure, [speaker, *beside], shown)
    return finished(figure, height).update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, margin_t=40
    )


def trend_multiples(speaker: SpeakerTrend, language: Language | str = Language.EN) -> Any:
    """All emotions of one speaker over time, one small chart each, all on the same scale.

    Args:
        speaker: the speaker.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``; an emotion that the head does not know has words in place of a line.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    plotly()
    from plotly.subplots import make_subplots

    labels = speaker.labels
    rows = math.ceil(len(labels) / _COLUMNS)
    figure = make_subplots(
        rows=rows,
        cols=_COLUMNS,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=[named(label, language) for label in labels],
        vertical_spacing=0.3 / max(rows, 1) ** 1.2,
        horizontal_spacing=0.03,
    )
    for i, label in enumerate(labels):
        place = {"row": i // _COLUMNS + 1, "col": i % _COLUMNS + 1}
        for trace in _traces(speaker, label, language):
            figure.add_trace(trace, **place)
        axis = str(i + 1) if i else ""
        _mark(figure, speaker, [label], axis, place)
        if np.isnan(speaker.overall[i]):
            words = f"<i>{said(_WORDS, 'not_known', language)}</i>"
            inside = {"xref": f"x{axis} domain", "yref": f"y{axis} domain"}
            figure.add_annotation(text=words, showarrow=False, x=0.5, y=0.5, **inside)
            figure.add_trace(_nothing(speaker), **place)
    _score_axis(figure, [speaker], labels)
    figure.update_yaxes(nticks=4)
    _time_axis(figure, speaker, language, columns=_COLUMNS)
    figure.update_annotations(font_size=13)
    comma = "；" if language == Language.ZH else "; "
    text = mean_word(speaker.calibrated, language) + comma + said(_WORDS, "reading", language)
    corner = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 26}
    figure.add_annotation(text=text, showarrow=False, font_size=12, **corner)
    return finished(figure, 70 + _PANEL_PX * rows).update_layout(margin_t=58)


def _changed(speaker: SpeakerTrend) -> list[str]:
    found = [c.emotion for c in speaker.changes] + [d.emotion for d in speaker.drifts if d.q <= _SURE]
    if found or np.isnan(speaker.overall).all():
        return [label for label in speaker.labels if label in found]
    return [speaker.labels[int(np.nanargmax(speaker.overall))]]


def _traces(speaker: SpeakerTrend, emotion: str, language: Language | str) -> list[Any]:
    """The band of the intervals, and the means over it; a point alone between gaps has its interval as a bar."""
    go = plotly()
    column = speaker.column(emotion)
    if np.isnan(speaker.overall[column]):
        return []
    mean, low, high = speaker.mean[:, column], speaker.low[:, column], speaker.high[:, column]
    bands, alone = [], np.zeros(len(mean), bool)
    for sure, run in groupby(range(len(mean)), lambda i: bool(np.isfinite(low[i]) and np.isfinite(high[i]))):
        rows = list(run)
        if sure and len(rows) == 1:
            alone[rows] = True
        elif sure:
            bands.append(_band(speaker, emotion, rows, low, high))
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [float(h - m) if a else None for a, m, h in zip(alone, mean, high, strict=True)],
        "arrayminus": [float(m - lo) if a else None for a, m, lo in zip(alone, mean, low, strict=True)],
        "color": colour(emotion),
        "thickness": 1.5,
        "width": 4,
    }
    line = go.Scatter(
        x=list(speaker.t),
        y=mean.tolist(),
        mode="lines+markers",
        cliponaxis=False,
        name=named(emotion, language),
        legendgroup=emotion,
        line={"color": colour(emotion), "width": 1.5},
        marker={
            "size": _sizes(speaker),
            "color": colour(emotion),
            "symbol": symbol(emotion),
            "line": {"color": EDGE, "width": 1},
        },
        error_y=bars if alone.any() else None,
        text=_hovers(speaker, column, language),
        customdata=list(range(len(mean))),
        hovertemplate="%{text}<extra></extra>",
    )
    return [*bands, line]


def _nothing(speaker: SpeakerTrend) -> Any:
    """A chart without any trace has no axes that words could stand on."""
    return plotly().Scatter(x=list(speaker.t), y=[None] * len(speaker.t), mode="markers", hoverinfo="skip")


def _band(speaker: SpeakerTrend, emotion: str, rows: list[int], low: np.ndarray, high: np.ndarray) -> Any:
    go = plotly()
    return go.Scatter(
        x=[speaker.t[i] for i in [*rows, *rows[::-1]]],
        y=[*high[rows].tolist(), *low[rows][::-1].tolist()],
        mode="lines",
        fill="toself",
        fillcolor=see_through(colour(emotion), 0.22),
        line={"width": 0},
        legendgroup=emotion,
        showlegend=False,
        hoverinfo="skip",
    )


def _sizes(speaker: SpeakerTrend) -> list[float]:
    """Diameters whose areas grow with the clips."""
    most = float(speaker.n.max(initial=1))
    return np.maximum(_SMALLEST_PX, _LARGEST_PX * np.sqrt(speaker.n / most)).tolist()


def _hovers(speaker: SpeakerTrend, column: int, language: Language | str) -> list[str]:
    texts = []
    for i, (t, session, n) in enumerate(zip(speaker.t, speaker.session, speaker.n, strict=True)):
        mean, low, high = (float(v[i, column]) for v in (speaker.mean, speaker.low, speaker.high))
        sure = f"{low:.2f}–{high:.2f}" if math.isfinite(low) else said(_WORDS, "few", language)
        clips = said(_WORDS, "one_clip" if n == 1 else "clips", language).format(n=n)
        texts.append(f"{_point_name(t, session, language, dated=True)}<br>{mean:.2f} ({sure}), {clips}")
    return texts


def _point_name(t: str | int, session: str | None, language: Language | str, *, dated: bool = False) -> str:
    when = str(t)[:10] if isinstance(t, str) else said(_WORDS, "session", language).format(i=t)
    if session is None:
        return when
    return f"{plain(session)} ({when})" if dated else plain(session)


def _mark(figure: Any, speaker: SpeakerTrend, emotions: Sequence[str], axis: str, place: dict[str, int]) -> None:
    """A dotted line where a step begins, the levels before and after it, and how large it is; no slopes."""
    steps = [c for c in speaker.changes if c.emotion in emotions and c.shape is Shape.STEP]
    for number, step in enumerate(steps):
        own = colour(step.emotion)
        dotted, dashed = {"color": own, "dash": "dot"}, {"color": own, "dash": "dash", "width": 1}
        figure.add_shape(
            type="line", x0=step.t, x1=step.t, y0=0, y1=1, xref=f"x{axis}", yref=f"y{axis} domain", line=dotted
        )
        for x0, x1, level in ((speaker.t[0], step.t, step.before), (step.t, speaker.t[-1], step.after)):
            figure.add_shape(type="line", x0=x0, x1=x1, y0=level, y1=level, line=dashed, **place)
        text = f"{BY_ID[step.emotion].emoji} " if step.emotion in BY_ID and len(emotions) > 1 else ""
        top = {"y": 1, "yref": f"y{axis} domain", "yanchor": "top", "yshift": -16 * number}
        text += f"{step.effect:+.2f}"
        figure.add_annotation(text=text, x=step.t, xref=f"x{axis}", xanchor="left", showarrow=False, **top)


def _time_axis(figure: Any, speaker: SpeakerTrend, language: Language | str, *, columns: int) -> None:
    """Sessions by name where they fit; else dates or numbers."""
    settings: dict[str, Any] = {"gridcolor": GRID, "zeroline": False}
    if speaker.dated:
        settings["type"] = "date"
    if len(speaker.t) <= _MOST_TICKS[columns]:
        settings["tickvals"] = list(speaker.t)
        settings["ticktext"] = [_point_name(t, s, language) for t, s in zip(speaker.t, speaker.session, strict=True)]
        settings["tickangle"] = -45
    figure.update_xaxes(**settings)


def _score_axis(figure: Any, speakers: Sequence[SpeakerTrend], labels: Sequence[str]) -> None:
    """From 0 to the highest end of an interval, or the highest mean, of all speakers, with room above it."""
    highest = np.concatenate(
        [v[:, [s.column(label) for label in labels]].ravel() for s in speakers for v in (s.high, s.mean)]
    )
    highest = highest[np.isfinite(highest)]
    top = min(1.0, 1.08 * float(highest.max())) if len(highest) else 1.0
    figure.update_yaxes(range=[0, top], gridcolor=GRID, zerolinecolor=GRID)
