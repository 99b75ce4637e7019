"""The sections of the page: each makes plain values (texts, numbers, pictures) of the findings for the template."""

from emoanalytics.report.sections.checks import checks
from emoanalytics.report.sections.clips import Clips
from emoanalytics.report.sections.corpus import analysed, coverage
from emoanalytics.report.sections.geometry import clusters, map_section
from emoanalytics.report.sections.groups import groups
from emoanalytics.report.sections.method import method
from emoanalytics.report.sections.people import people
from emoanalytics.report.sections.scores import given, scores
from emoanalytics.report.sections.short import short

__all__ = [
    "Clips",
    "analysed",
    "checks",
    "clusters",
    "coverage",
    "given",
    "groups",
    "map_section",
    "method",
    "people",
    "scores",
    "short",
]
