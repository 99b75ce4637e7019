"""Audio to store: plan, decode and measure in worker processes, embed, write, resume.

    plan -> hearing (worker processes) -> embedding -> rows -> behind (the writer's thread)

``run`` holds the loop, ``outlook`` what is still to come, ``precision`` which arithmetic the encoder uses.
"""

from emoanalytics.build.result import BuildReport
from emoanalytics.build.run import build
from emoanalytics.build.settings import BuildSettings

__all__ = ["BuildReport", "BuildSettings", "build"]
