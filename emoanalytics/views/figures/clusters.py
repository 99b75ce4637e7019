"""Clusters: how large and how stable they are, and in what one differs from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emoanalytics.labels import BY_ID, Language
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.views.clusters import Departure, Portrait, Verdict
from emoanalytics.views.figures.look import ACCENT, EDGE, PLAIN, finished, plotly
from emoanalytics.views.figures.words import plain, said

_ROW_PX, _FRAME_PX = 34, 56
_MOST = 10
_SURE = {Verdict.STABLE: 1.0, Verdict.DOUBTFUL: 0.6, Verdict.UNSTABLE: 0.25, Verdict.UNKNOWN: 0.25}
_WORDS = {
    "clips": ("clips; paler is less stable", "片段数；颜色越浅越不稳定"),
    "effect": (
        "less ← Cliff's delta → more",
        "少于其他 ← Cliff's delta → 多于其他",
    ),
    "again": ("found again: Jaccard", "重现（Jaccard）"),
    "rest": ("in the rest", "其他片段"),
    "own": ("each voice compared with itself", "与同一声音的其他片段相比"),
}


def cluster_sizes(portraits: Sequence[Portrait], language: Language | str = Language.EN, *, names: bool = True) -> Any:
    """How many clips each cluster has, with its name; clusters that are not found again are pale.

    Args:
        portraits: the clusters in words.
        language: of the texts.
        names: write them along the bars, where there is room for it; they are always in the hover.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    again = said(_WORDS, "again", language)
    bar = go.Bar(
        y=[f"{p.cluster}" for p in portraits],
        x=[p.size for p in portraits],
        orientation="h",
        marker={
            "color": ACCENT,
            "opacity": [_SURE[p.verdict] for p in portraits],
            "line": {"color": EDGE, "width": 1},
        },
        text=[f"{p.size:,}  {plain(p.name(language))}" if names else f"{p.size:,}" for p in portraits],
        textposition="auto",
        textangle=0,  # a narrow page would turn it
        cliponaxis=False,
        hovertext=[f"{p.size:,}  {plain(p.name(language))}" for p in portraits],
        customdata=[
            f"{p.verdict.words(language)}" + ("" if p.jaccard is None else f" ({again} {p.jaccard:.2f})")
            for p in portraits
        ],
        hovertemplate="%{hovertext}<br>%{customdata}<extra></extra>",
    )
    figure = go.Figure(bar).update_xaxes(
        title=said(_WORDS, "clips", language),
        rangemode="tozero",
        nticks=min(5, 1 + max((p.size for p in portraits), default=1)),
    )
    return _rows(figure, len(portraits))


def cluster_departures(portrait: Portrait, language: Language | str = Language.EN, *, most: int = _MOST) -> Any:
    """In what a cluster differs clearly from the rest: effect sizes as bars to both sides, the largest on top.

    Args:
        portrait: the cluster in words.
        language: of the texts.
        most: bars, at most.

    Returns:
        A ``plotly.graph_objects.Figure``; without bars where nothing sets the cluster apart.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    shown = [d for d in portrait.departures if d.clear][:most]
    bar = go.Bar(
        y=[plain(d.facet.name(language)) for d in shown],
        x=[d.effect for d in shown],
        orientation="h",
        marker={"color": [_colour(d) for d in shown], "line": {"color": EDGE, "width": 1}},
        text=[f"{d.effect:+.2f}" for d in shown],
        textposition="auto",
        textangle=0,  # a narrow page would turn it
        customdata=[_values(d, language) for d in shown],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    figure = go.Figure(bar).update_xaxes(title=said(_WORDS, "effect", language), range=[-1, 1], nticks=5)
    return _rows(figure, len(shown))


def _rows(figure: Any, rows: int) -> Any:
    figure.update_yaxes(autorange="reversed", automargin=True, type="category", ticklabelstandoff=6)
    return finished(figure, _FRAME_PX + _ROW_PX * max(1, rows))


def _colour(departure: Departure) -> str:
    emotion = BY_ID.get(departure.facet.id.removeprefix(RESERVED_PREFIX))
    if departure.facet.family == "emotion":
        return emotion.colour if emotion is not None else PLAIN
    return ACCENT


def _values(departure: Departure, language: Language | str) -> str:
    """The medians, and the difference as it was compared, in units."""
    unit = "" if departure.facet.unit == "1" else f" {departure.facet.unit}"
    rest = said(_WORDS, "rest", language)
    text = f"{departure.inside:.2f}{unit}; {rest} {departure.outside:.2f}{unit}"
    if not departure.own:
        return text
    apart = " st" if departure.facet.by_ratio else unit
    return f"{text}<br>{departure.apart:+.2f}{apart}, {said(_WORDS, 'own', language)}"
