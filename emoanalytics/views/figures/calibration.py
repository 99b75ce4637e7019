"""Reliability: of the clips whose winner scores so much, how many listeners hear it, before and after calibration."""

from __future__ import annotations

import math
from typing import Any

from emoanalytics.embed.heads.reliability import Bin, Reliability
from emoanalytics.labels import Language
from emoanalytics.views.calibrate import Calibration
from emoanalytics.views.figures.look import ACCENT, EDGE, GRID, finished, plotly
from emoanalytics.views.figures.words import said

_HEIGHT_PX = 460
_SMALLEST_PX, _LARGEST_PX = 6.0, 15.0
_BEFORE = "#d98032"  # reads beside the accent on white and on black; differs from it in lightness too
_WORDS = {
    "before": ("before: off by {error}", "校准前：偏差 {error}"),
    "after": ("after: off by {error}", "校准后：偏差 {error}"),
    "same": ("before and after: off by {error}", "校准前后：偏差 {error}"),
    "ideal": ("as it should be", "理想情况"),
    "score": ("score of the winner; the numbers count clips", "胜出情绪的得分；数字为片段数"),
    "heard": ("share of listeners who hear it", "认同的听者比例"),
    "hover": (
        "{n} clips, score {score:.2f}<br>heard by {right:.2f}{sure}",
        "{n} 条，得分 {score:.2f}<br>认同 {right:.2f}{sure}",
    ),
}


def reliability_diagram(found: Calibration, language: Language | str = Language.EN) -> Any:
    """How often listeners hear the winner, against its score, with intervals and counts, before and after.

    Both lines are of speakers that had no part in the correction; calibrated scores lie on the dotted diagonal.

    Args:
        found: the calibration.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    diagonal = go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=said(_WORDS, "ideal", language),
        line={"color": EDGE, "dash": "dot", "width": 1},
        hoverinfo="skip",
    )
    before, after = found.found.before, found.found.after
    lines = [] if before == after else [_line("before", before, _BEFORE, "diamond", language)]
    lines.append(_line("same" if before == after else "after", after, ACCENT, "circle", language))
    figure = go.Figure([diagonal, *lines])
    figure.update_xaxes(title=said(_WORDS, "score", language), range=[0, 1], gridcolor=GRID, zerolinecolor=GRID)
    figure.update_yaxes(title=said(_WORDS, "heard", language), range=[0, 1], gridcolor=GRID, zerolinecolor=GRID)
    return finished(figure, _HEIGHT_PX).update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, margin_t=40
    )


def _line(name: str, found: Reliability, own: str, symbol: str, language: Language | str) -> Any:
    most = max(b.rows for b in found.bins)
    up = [None if b.right_high is None else b.right_high - b.right for b in found.bins]
    down = [None if b.right_low is None else b.right - b.right_low for b in found.bins]
    return plotly().Scatter(
        x=[b.score for b in found.bins],
        y=[b.right for b in found.bins],
        mode="lines+markers+text",
        name=said(_WORDS, name, language).format(error=_error(found)),
        cliponaxis=False,
        line={"color": own, "width": 1.5},
        marker={
            "color": own,
            "symbol": symbol,
            "size": [max(_SMALLEST_PX, _LARGEST_PX * math.sqrt(b.rows / most)) for b in found.bins],
            "line": {"color": EDGE, "width": 1},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": up,
            "arrayminus": down,
            "color": own,
            "thickness": 1.2,
            "width": 4,
        },
        text=[str(b.rows) for b in found.bins],
        textposition="bottom right" if name == "before" else "top left",
        textfont={"size": 11},
        customdata=[_hover(b, language) for b in found.bins],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(b: Bin, language: Language | str) -> str:
    sure = "" if b.right_low is None or b.right_high is None else f" ({b.right_low:.2f}–{b.right_high:.2f})"
    return said(_WORDS, "hover", language).format(n=b.rows, score=b.score, right=b.right, sure=sure)


def _error(found: Reliability) -> str:
    if found.low is None or found.high is None:
        return f"{found.error:.2f}"
    return f"{found.error:.2f} ({found.low:.2f}–{found.high:.2f})"
