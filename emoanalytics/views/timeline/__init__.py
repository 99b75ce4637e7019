"""Inside one recording: which seconds are behind a score, which moments last, who takes the turn.

compute (frames or segments -> pieces) -> moments, turns -> result
"""

from emoanalytics.views.timeline.compute import timeline
from emoanalytics.views.timeline.moments import Moment, moments
from emoanalytics.views.timeline.result import Timeline
from emoanalytics.views.timeline.turns import Turn

__all__ = ["Moment", "Timeline", "Turn", "moments", "timeline"]
