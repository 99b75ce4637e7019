"""Heads: from an embedding to scores, built in or fitted on the labels of a corpus.

    embeddings + labels + groups -> labelled -> folds -> fitting -> head, report

``head`` is one linear layer. ``labelled`` checks and numbers the rows, ``folds`` keeps a speaker on one side,
``fitting`` fits, and ``report`` says how well heads fitted so do on speakers they never heard.
"""

from emoanalytics.embed.heads.fitting import C_GRID, fit
from emoanalytics.embed.heads.head import Head
from emoanalytics.embed.heads.labelled import centred
from emoanalytics.embed.heads.report import FitReport, Fold, Scaling

__all__ = ["C_GRID", "FitReport", "Fold", "Head", "Scaling", "centred", "fit"]
