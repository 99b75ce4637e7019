"""One recording over its seconds: the scores of its pieces, and the stretches in which an emotion lasts."""

from __future__ import annotations

from typing import Any

import numpy as np

from emoanalytics.embed.heads.head import any_word
from emoanalytics.labels import Language
from emoanalytics.views.figures.look import GRID, colour, finished, plotly, see_through
from emoanalytics.views.figures.words import label as named
from emoanalytics.views.figures.words import said
from emoanalytics.views.timeline import Timeline

MOST_PIECES = 2_000  # drawn; of a longer recording every so many
_HEIGHT_PX = 320
_FEWEST_SHOWN, _MOST_SHOWN = 1, 3
_WORDS = {
    "seconds": ("seconds into the recording; shaded: an emotion lasts", "录音中的秒数；底色：某种情绪持续"),
}


def timeline_lines(found: Timeline, language: Language | str = Language.EN) -> Any:
    """The emotions that last, or else the one with the highest mean, over the seconds of a recording.

    Args:
        found: the timeline.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``; at most three emotions, those that last longest.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    go = plotly()
    figure = go.Figure()
    middle = (found.start_s + found.end_s) / 2
    rows = np.unique(np.linspace(0, len(middle) - 1, min(len(middle), MOST_PIECES)).round().astype(int))
    shown = _lasting(found)
    for emotion in shown:
        figure.add_trace(
            go.Scatter(
                x=middle[rows].round(2).tolist(),
                y=found.scores[rows, found.labels.index(emotion)].round(4).tolist(),
                mode="lines" if len(rows) > 60 else "lines+markers",
                name=named(emotion, language),
                line={"color": colour(emotion), "width": 1.5},
                hovertemplate="%{x:.1f} s: %{y:.2f}<extra>" + named(emotion, language) + "</extra>",
            )
        )
    for moment in found.moments:
        if moment.emotion in shown:
            shade = see_through(colour(moment.emotion), 0.18)
            figure.add_vrect(x0=moment.start_s, x1=moment.end_s, fillcolor=shade, line_width=0)
    figure.update_xaxes(title=said(_WORDS, "seconds", language), title_font_size=12, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title=any_word(found.calibrated, language), range=[0, 1], gridcolor=GRID, zerolinecolor=GRID)
    return finished(figure, _HEIGHT_PX).update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, margin_t=40
    )


def _lasting(found: Timeline) -> list[str]:
    """The emotions that last longest, in the order of the labels."""
    long = dict.fromkeys(found.labels, 0.0)
    for moment in found.moments:
        long[moment.emotion] += moment.end_s - moment.start_s
    order = sorted(found.labels, key=lambda label: (-long[label], -found.mean[found.labels.index(label)]))
    number = min(max(sum(seconds > 0 for seconds in long.values()), _FEWEST_SHOWN), _MOST_SHOWN)
    return [label for label in found.labels if label in order[:number]]
