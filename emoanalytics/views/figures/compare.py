"""Groups compared: a dot with its interval for each emotion and group."""

from __future__ import annotations

from typing import Any

from emoanalytics.embed.heads.head import mean_word
from emoanalytics.labels import Language
from emoanalytics.views.compare import Comparison, Group
from emoanalytics.views.compare.result import ALPHA
from emoanalytics.views.figures.look import EDGE, GRID, SYMBOLS, colour, finished, plotly
from emoanalytics.views.figures.words import label as named
from emoanalytics.views.figures.words import plain, said

_DOT_PX, _ROW_PX, _FRAME_PX = 15, 16, 96
_WORDS = {
    "mean": (
        "{score}, every {cluster} counts once; 95 % interval",
        "{score}，每个{cluster}只计一次；95% 区间",
    ),
    "baseline": ("{score} against the own baseline; 95 % interval", "{score}（相对自身基线）；95% 区间"),
    "star": ("* differs (corrected p ≤ 0.05)", "* 有差异（校正后 p ≤ 0.05）"),
    "no_interval": ("too few for an interval", "太少，无区间"),
    "size": ("{clips} clips of {speakers} {cluster}s", "{speakers} 个{cluster}的 {clips} 条片段"),
}
_CLUSTERS = {"speaker": "说话人", "session": "会话"}


def comparison_dots(found: Comparison, language: Language | str = Language.EN) -> Any:
    """The mean score of each emotion in each group, with its interval; emotions that differ have a star.

    Emotions keep their colours, groups are told apart by the shape of their dots.

    Args:
        found: the comparison.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    found = found.named(language)
    figure = go.Figure()
    cluster = _CLUSTERS.get(found.cluster, found.cluster) if language == Language.ZH else found.cluster
    for number, group in enumerate(found.groups):
        # Within a row the groups stand below each other, in the middle four fifths.
        offset = 0.8 * ((number + 0.5) / len(found.groups) - 0.5)
        figure.add_trace(_dots(found, group, number, offset, cluster, language))
        legend = {"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 10, "color": EDGE}
        name = plain(group.name)
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=name, legendgroup=name, marker=legend))
    differing = {d.label for d in found.emotions if d.p_adjusted is not None and d.p_adjusted <= ALPHA}
    texts = [named(label, language) + (" *" if label in differing else "") for label in found.labels]
    score = mean_word(found.evidence.calibrated, language)
    axis = said(_WORDS, "baseline" if found.normalised else "mean", language).format(score=score, cluster=cluster)
    if differing:
        axis += f"<br>{said(_WORDS, 'star', language)}"
    figure.update_xaxes(title=axis, title_font_size=12, gridcolor=GRID, zerolinecolor=EDGE)
    if not found.normalised:
        figure.update_xaxes(rangemode="tozero")
    rows = list(range(len(found.labels)))
    figure.update_yaxes(
        tickvals=rows, ticktext=texts, range=[len(rows) - 0.5, -0.5], automargin=True, showgrid=False, zeroline=False
    )
    for row in rows[1:]:
        figure.add_hline(y=row - 0.5, line={"color": GRID, "width": 1})
    height = _FRAME_PX + len(rows) * (_ROW_PX + _DOT_PX * len(found.groups))
    return finished(figure, height).update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0}, margin_t=40
    )


def _dots(found: Comparison, group: Group, number: int, offset: float, cluster: str, language: Language | str) -> Any:
    means = [group.mean[label] for label in found.labels]
    ends = [(group.low[label], group.high[label]) for label in found.labels]
    size = said(_WORDS, "size", language).format(clips=group.clips, speakers=group.speakers, cluster=cluster)
    texts = []
    for label, mean, (low, high) in zip(found.labels, means, ends, strict=True):
        sure = said(_WORDS, "no_interval", language) if low is None or high is None else f"{low:.3f}–{high:.3f}"
        value = "-" if mean is None else f"{mean:.3f} ({sure})"
        texts.append(f"{named(label, language)}, {plain(group.name)}<br>{value}<br>{size}")
    return plotly().Scatter(
        x=means,
        y=[row + offset for row in range(len(means))],
        mode="markers",
        name=plain(group.name),
        legendgroup=plain(group.name),
        showlegend=False,
        marker={
            "symbol": SYMBOLS[number % len(SYMBOLS)],
            "size": 10,
            "color": [colour(label) for label in found.labels],
            "line": {"color": EDGE, "width": 1},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [None if m is None or e[1] is None else e[1] - m for m, e in zip(means, ends, strict=True)],
            "arrayminus": [None if m is None or e[0] is None else m - e[0] for m, e in zip(means, ends, strict=True)],
            "color": EDGE,
            "thickness": 1.5,
            "width": 4,
        },
        text=texts,
        hovertemplate="%{text}<extra></extra>",
    )
