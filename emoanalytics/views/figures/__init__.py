"""Results as Plotly figures: the only package that knows Plotly, and the only place that says what a chart looks like.

Figures carry no background and no text colour of their own, so they read in light and dark pages. Texts that come
from a corpus (labels, names) are escaped: Plotly reads its texts as a kind of HTML. ``look`` is what all figures
share, ``words`` how they speak; every other file is one kind of figure with its texts.
"""

from emoanalytics.views.figures.bars import given_labels, nine_bars, quality_bars, score_bars
from emoanalytics.views.figures.calibration import reliability_diagram
from emoanalytics.views.figures.clusters import cluster_departures, cluster_sizes
from emoanalytics.views.figures.compare import comparison_dots
from emoanalytics.views.figures.maps import MOST_POINTS, map_figure, map_pair
from emoanalytics.views.figures.marks import MOST_SVG
from emoanalytics.views.figures.recordings import timeline_lines
from emoanalytics.views.figures.timelines import score_timeline
from emoanalytics.views.figures.trends import trend_lines, trend_multiples
from emoanalytics.views.figures.waves import COLUMNS, envelope, waveform

__all__ = [
    "COLUMNS",
    "MOST_POINTS",
    "MOST_SVG",
    "cluster_departures",
    "cluster_sizes",
    "comparison_dots",
    "envelope",
    "given_labels",
    "map_figure",
    "map_pair",
    "nine_bars",
    "quality_bars",
    "reliability_diagram",
    "score_bars",
    "score_timeline",
    "timeline_lines",
    "trend_lines",
    "trend_multiples",
    "waveform",
]
