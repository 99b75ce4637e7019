"""Calibrate a store's scores on clips that people listened to, and keep the calibrated head.

``calibrating`` reads votes and scores and saves a head, ``held_out`` measures on speakers that had no part in it,
``result`` is what comes back, and ``words`` says it in sentences.
"""

from emoanalytics.views.calibrate.calibrating import AUTO, calibrate
from emoanalytics.views.calibrate.result import Calibration

__all__ = ["AUTO", "Calibration", "calibrate"]
