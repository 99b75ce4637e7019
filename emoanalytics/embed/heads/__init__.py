"""Heads: from an embedding to scores, built in, fitted on the labels of a corpus, or calibrated on listeners.

    embeddings + labels + groups -> labelled -> folds -> fitting -> head, report, learning
    scores + votes + groups -> calibration -> reliability, conformal, abstain

``head`` is one linear layer. ``labelled`` checks and numbers the rows, ``folds`` keeps a speaker on one side,
``fitting`` fits, and ``report`` says how well heads fitted so do on speakers they never heard; ``learning`` says what
more labels would bring. ``votes`` reads what listeners said, ``policies`` decides about ``other`` and ``unknown``,
``calibration`` brings scores in line; ``reliability`` says how far they are off, ``conformal`` makes label sets, and
``abstain`` finds the score below which a winner is better not named.
"""

from emoanalytics.embed.heads.fitting import C_GRID, fit
from emoanalytics.embed.heads.head import Head
from emoanalytics.embed.heads.labelled import centred
from emoanalytics.embed.heads.learning import CurvePoint, Gain, LearningCurve
from emoanalytics.embed.heads.report import FitReport, Fold, GroupResult, Scaling

__all__ = [
    "C_GRID",
    "CurvePoint",
    "FitReport",
    "Fold",
    "Gain",
    "GroupResult",
    "Head",
    "LearningCurve",
    "Scaling",
    "centred",
    "fit",
]
