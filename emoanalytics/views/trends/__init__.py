"""How speakers change over their sessions, measured against themselves.

compute -> result (points, changes, drifts) -> words (zh, en)
"""

from emoanalytics.views.trends.compute import trends
from emoanalytics.views.trends.result import By, Change, Drift, Minimum, Shape, SpeakerTrend, Trends

__all__ = ["By", "Change", "Drift", "Minimum", "Shape", "SpeakerTrend", "Trends", "trends"]
