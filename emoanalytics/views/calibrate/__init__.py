"""Calibrate a store's scores on clips that people listened to, and keep the calibrated head.

``calibrating`` reads votes and scores, measures and saves; ``result`` is what comes back, ``words`` says it in
sentences.
"""

from emoanalytics.views.calibrate.calibrating import calibrate
from emoanalytics.views.calibrate.result import Calibration

__all__ = ["Calibration", "calibrate"]
