"""An index: the near rows of a point without comparing it with every one.

``kinds`` says which sort of FAISS index a store gets and why, ``engine`` is the only file that drives FAISS for it,
``tuning`` finds the least effort that reaches the recall that is asked for, ``index`` is what the rest uses.
"""

from emoanalytics.neighbours.index.index import Index
from emoanalytics.neighbours.index.kinds import IndexSettings, Kind

__all__ = ["Index", "IndexSettings", "Kind"]
