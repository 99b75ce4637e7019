"""What to look at twice: clips that are there twice, clips unlike all others, clips that are near everyone.

``duplicates``, ``outliers`` and ``hubs`` read the shared neighbour graph, ``flagged`` the quality flags. No audio is
read: whether near clips are the same sound, `emoanalytics.listening.same_audio` finds by listening.
"""

from emoanalytics.views.audit.duplicates import Duplicate, Duplicates, duplicates
from emoanalytics.views.audit.flagged import flagged
from emoanalytics.views.audit.hubs import Hubs, hubs
from emoanalytics.views.audit.outliers import Outliers, outliers

__all__ = ["Duplicate", "Duplicates", "Hubs", "Outliers", "duplicates", "flagged", "hubs", "outliers"]
