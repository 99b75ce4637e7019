"""Calibrate a store's scores on clips that people listened to, and keep the calibrated head.

``calibrating`` reads votes and scores and saves a head, ``held_out`` measures on speakers that had no part in it,
``result`` is what comes back, ``words`` says it in sentences, and ``listening`` picks clips for people to hear and
turns their answers into votes.
"""

from emoanalytics.views.calibrate.calibrating import AUTO, calibrate
from emoanalytics.views.calibrate.listening import HEARD, Ballot, answer, answered, ballot, clips_to_hear
from emoanalytics.views.calibrate.result import Calibration

__all__ = ["AUTO", "HEARD", "Ballot", "Calibration", "answer", "answered", "ballot", "calibrate", "clips_to_hear"]
