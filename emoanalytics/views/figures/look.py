"""What all figures share: colours, frame, and the one import of Plotly."""

from __future__ import annotations

from typing import Any

from emoanalytics.errors import MissingExtraError
from emoanalytics.labels import BY_ID, EMOTION_IDS

EDGE = "#7f8c96"  # an outline that keeps pale bars visible on white and dark ones on black
PLAIN = "#8b6d4f"  # labels that are none of the nine
ACCENT = "#3b8ea5"
GRID = "rgba(127,140,150,0.25)"  # lines behind a chart, on white and on black
SYMBOLS = (
    *("circle", "diamond", "square", "triangle-up", "cross", "star"),
    *("triangle-down", "x", "hexagon", "bowtie", "pentagon", "hourglass"),
)


def plotly() -> Any:
    """``plotly.graph_objects``, or the line to type."""
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingExtraError("figures need Plotly: pip install 'emoanalytics[app]'") from error
    return go


def finished(figure: Any, height: int) -> Any:
    """A figure of this height (pixels) without background, legend or dragging."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        bargap=0.35,
    )


def colour(emotion: str) -> str:
    """The fixed colour of an emotion; one colour for every other label."""
    return BY_ID[emotion].colour if emotion in BY_ID else PLAIN


def symbol(emotion: str) -> str:
    """The fixed shape of an emotion's points, for who cannot go by colour; one shape for every other label."""
    return SYMBOLS[EMOTION_IDS.index(emotion) if emotion in BY_ID else len(EMOTION_IDS)]


def see_through(hex_colour: str, share: float) -> str:
    """A colour ``#rrggbb`` of which a share is seen.

    >>> see_through("#ff8000", 0.5)
    'rgba(255,128,0,0.5)'
    """
    red, green, blue = (int(hex_colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
