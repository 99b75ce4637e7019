"""Builds that run in a process of their own, so that whoever started one stays responsive.

    preview (what would be read) -> order (what is to be built, as JSON) -> run (this side) <-> work (the other side)

The process reads its order and then a word to stop from standard input, and writes a line of JSON for each piece of
news to standard output. It ends by itself when the process that started it is gone.
"""

from emoanalytics.background.order import BuildOrder, mark_dropped, unfinished
from emoanalytics.background.preview import Preview, preview
from emoanalytics.background.run import BuildProgress, BuildResult, BuildRun, BuildRuns, Stage

__all__ = [
    "BuildOrder",
    "BuildProgress",
    "BuildResult",
    "BuildRun",
    "BuildRuns",
    "Preview",
    "Stage",
    "mark_dropped",
    "preview",
    "unfinished",
]
