"""One or several clips: scores, quality and a folder of results, as users of the one-clip web page know it.

analysing (sound -> result), stored (segment of a store -> result) -> result -> curve, folder
"""

from emoanalytics.analyze.analysing import analyze
from emoanalytics.analyze.curve import Curve
from emoanalytics.analyze.folder import write_result
from emoanalytics.analyze.result import ClipResult, Granularity
from emoanalytics.analyze.stored import own_scores, stored_clip

__all__ = ["ClipResult", "Curve", "Granularity", "analyze", "own_scores", "stored_clip", "write_result"]
