"""Still pictures of results, as SVG inside the page: they print, need no script, and follow the page's light or dark.

The colours and names of a map are those of ``views.figures``, so that one clip has one colour everywhere. Lines and
letters have no colour of their own; the style sheet of the page gives it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from emoanalytics.views.figures.colours import Legend
from emoanalytics.views.figures.look import ACCENT, colour
from emoanalytics.views.maps import Map
from emoanalytics.views.trends import Shape, SpeakerTrend

MOST_POINTS = 20_000  # of a map: more cannot be told apart on paper, and each takes ten bytes
_MAP_PX = 1_000
_BAR_WIDTH = 100.0
_DOT_PX = 20  # from one group to the next; the style sheet has the same line height
_PANEL_WIDTH, _PANEL_HEIGHT = 360.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 10.0, 12.0, 24.0  # of a panel: room for its numbers and dates


@dataclass(frozen=True)
class Dot:
    """A mean with its interval.

    Attributes:
        value: where it is; None: not known.
        low: lower end of its interval, or None.
        high: upper end.
    """

    value: float | None
    low: float | None
    high: float | None


def bar(value: float | None, low: float | None, high: float | None, *, top: float, own: str = ACCENT) -> Markup:
    """A bar from 0 towards ``top`` with its interval as a line.

    >>> str(bar(0.5, None, None, top=1.0, own="#112233"))
    '<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">...width="50" ...</svg>'
    """
    parts = ['<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">']
    if value is not None:
        parts.append(f'<rect x="0" y="1" width="{_at(value, top)}" height="10" fill="{own}"/>')
    if low is not None and high is not None:
        a, b = _at(low, top), _at(high, top)
        parts.append(f'<path class="whisker" d="M{a} 3v6M{a} 6H{b}M{b} 3v6"/>')
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - numbers and our own colours


def dots(points: Sequence[Dot], *, top: float, own: str, words: str) -> Markup:
    """Means of several groups below each other on one scale: circle, square, diamond, then circles again."""
    height = _DOT_PX * len(points)
    parts = [f'<svg class="dots" viewBox="0 0 300 {height}" role="img" aria-label="{html.escape(words)}">']
    for i, point in enumerate(points):
        y = _DOT_PX * i + _DOT_PX // 2
        parts.append(f'<path class="rail" d="M4 {y}H296"/>')
        if point.value is None:
            continue
        x = 4 + 2.92 * float(_at(point.value, top))
        if point.low is not None and point.high is not None:
            a, b = (_short(4 + 2.92 * float(_at(end, top))) for end in (point.low, point.high))
            parts.append(f'<path class="whisker" d="M{a} {y - 3}v6M{a} {y}H{b}M{b} {y - 3}v6"/>')
        parts.append(_mark(i, x, y, own))
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - numbers, our own colours, escaped words


def mark(number: int) -> Markup:
    """The mark of a group, for the legend of `dots`."""
    return Markup(f'<svg class="mark" viewBox="0 0 12 12" aria-hidden="true">{_mark(number, 6, 6, ACCENT)}</svg>')  # noqa: S704


def swatch(own: str) -> Markup:
    """A colour, for a legend."""
    circle = f'<circle cx="6" cy="6" r="5" fill="{own}"/>'
    return Markup(f'<svg class="mark" viewBox="0 0 12 12" aria-hidden="true">{circle}</svg>')  # noqa: S704


def map_picture(drawn: Map, legend: Legend, *, words: str, seed: int = 0) -> tuple[Markup, int]:
    """Every clip a point in its colour, faint where its place should not be believed.

    Args:
        drawn: the map, of two dimensions.
        legend: the colours of its clips.
        words: what it shows.
        seed: draws the points that are shown where there are more than 20,000.

    Returns:
        The picture, and how many points it has.
    """
    n = len(drawn)
    rows = np.arange(n)
    if n > MOST_POINTS:
        rows = np.sort(np.random.default_rng(seed).choice(n, MOST_POINTS, replace=False))
    size = 14 if n <= 1_000 else 11 if n <= 5_000 else 7
    places, height = _placed(drawn.coordinates[rows], size)
    parts = [f'<svg class="map" viewBox="0 0 {_MAP_PX} {height}" role="img" aria-label="{html.escape(words)}">']
    for code, own in enumerate(legend.colours):
        for faint in (True, False):
            some = places[(legend.codes[rows] == code) & (drawn.trust.doubtful[rows] == faint)]
            if len(some):
                path = "".join(f"M{x} {y}h0" for x, y in some.tolist())
                shown = ' class="faint"' if faint else ""
                parts.append(f'<path{shown} d="{path}" stroke="{own}" stroke-width="{size}"/>')
    return Markup("".join([*parts, "</svg>"])), len(rows)  # noqa: S704 - numbers, our own colours, escaped words


def _placed(coordinates: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Whole pixels, (n, 2), as many to the right as upwards, and how high the picture is; at most twice as high."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    spans = np.maximum((high - low).astype(np.float64), 1e-9)
    scale = min((_MAP_PX - 2 * size) / spans[0], (_MAP_PX - 2 * size) / spans[1])
    height = int(np.ceil(scale * spans[1])) + 2 * size
    margin = (_MAP_PX - scale * spans[0]) / 2
    x = margin + scale * (coordinates[:, 0] - low[0])
    y = height - size - scale * (coordinates[:, 1] - low[1])
    return np.stack([x, y], axis=1).round().astype(np.int64), height


def trend_panel(speaker: SpeakerTrend, emotion: str, *, first: str, last: str, words: str) -> Markup:
    """One emotion of one speaker over time: the means, the band of their intervals, the step where there is one.

    Args:
        speaker: the speaker.
        emotion: which.
        first: written below the first point.
        last: written below the last.
        words: what it shows.
    """
    column = speaker.column(emotion)
    mean, low, high = (a[:, column] for a in (speaker.mean, speaker.low, speaker.high))
    top = _nice(float(np.nanmax(np.concatenate([mean, high]), initial=0.0)))
    x = _across(speaker)
    own = colour(emotion)

    def y(value: float) -> str:
        return _short(_TOP + (_PANEL_HEIGHT - _TOP - _BOTTOM) * (1 - min(value / top, 1.0)))

    wide, floor = _short(_PANEL_WIDTH - _RIGHT), y(0.0)
    parts = [
        f'<svg class="panel" viewBox="0 0 {_PANEL_WIDTH:g} {_PANEL_HEIGHT:g}" role="img" '
        f'aria-label="{html.escape(words)}">',
        *(f'<path class="rail" d="M{_LEFT:g} {y(v)}H{wide}"/>' for v in (0.0, top / 2, top)),
        *(f'<text x="{_LEFT - 5:g}" y="{y(v)}" dy=".32em" text-anchor="end">{v:g}</text>' for v in (0.0, top / 2, top)),
        f'<text x="{_short(x[0])}" y="{_PANEL_HEIGHT - 7:g}" text-anchor="start">{html.escape(first)}</text>',
        f'<text x="{_short(x[-1])}" y="{_PANEL_HEIGHT - 7:g}" text-anchor="end">{html.escape(last)}</text>',
    ]
    parts += [f'<path d="{d}" fill="{own}" fill-opacity=".22"/>' for d in _bands(x, low, high, y)]
    for step in (c for c in speaker.changes if c.emotion == emotion and c.shape is Shape.STEP):
        at = _short(x[speaker.t.index(step.t)])
        parts.append(f'<path class="step" d="M{at} {_TOP:g}V{floor}"/>')
    line = " ".join(f"{_short(a)},{y(float(m))}" for a, m in zip(x, mean, strict=True) if np.isfinite(m))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{own}" stroke-width="2"/>')
    parts += [
        f'<circle cx="{_short(a)}" cy="{y(float(m))}" r="3.2" fill="{own}"/>'
        for a, m in zip(x, mean, strict=True)
        if np.isfinite(m)
    ]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - numbers, our own colours, escaped words


def _across(speaker: SpeakerTrend) -> np.ndarray:
    """(points,) how far to the right each point is: by its date, or by its number."""
    values = (
        np.array([np.datetime64(str(t)[:19]) for t in speaker.t]).astype("datetime64[s]").astype(np.float64)
        if speaker.dated
        else np.asarray(speaker.t, np.float64)
    )
    span = float(values[-1] - values[0]) or 1.0
    return np.asarray(_LEFT + 6 + (values - values[0]) / span * (_PANEL_WIDTH - _LEFT - _RIGHT - 12))


def _bands(x: np.ndarray, low: np.ndarray, high: np.ndarray, y: object) -> list[str]:
    """Closed outlines of the runs of points that have an interval; one alone is a narrow box."""
    assert callable(y)
    known = np.isfinite(low) & np.isfinite(high)
    found = []
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(int))) + 1):
        if not len(run) or not known[run[0]]:
            continue
        there = [x[run[0]] - 3, x[run[0]] + 3] if len(run) == 1 else list(x[run])
        ends = [run[0], run[0]] if len(run) == 1 else list(run)
        upper = [f"{_short(a)} {y(float(high[i]))}" for a, i in zip(there, ends, strict=True)]
        lower = [f"{_short(a)} {y(float(low[i]))}" for a, i in zip(there, ends, strict=True)]
        found.append("M" + "L".join([*upper, *lower[::-1]]) + "Z")
    return found


def _mark(number: int, x: float, y: float, own: str) -> str:
    if number % 3 == 1:
        return f'<rect x="{_short(x - 4)}" y="{_short(y - 4)}" width="8" height="8" fill="{own}"/>'
    if number % 3 == 2:
        return f'<path d="M{_short(x)} {_short(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" fill="{own}"/>'
    return f'<circle cx="{_short(x)}" cy="{_short(y)}" r="4.5" fill="{own}"/>'


def _nice(top: float) -> float:
    """The end of an axis: the next of 0.1, 0.2, 0.5, 1."""
    return next((end for end in (0.1, 0.2, 0.5) if top <= end), 1.0)


def _at(value: float, top: float) -> str:
    return _short(_BAR_WIDTH * min(max(value / top, 0.0), 1.0))


def _short(value: float) -> str:
    """One digit behind the point, and none where it is 0."""
    return f"{float(value):.1f}".removesuffix(".0")
