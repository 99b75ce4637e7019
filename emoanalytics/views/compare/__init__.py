"""Do groups of clips sound different, by how much, how sure is that, and what else differs between them?

clips -> comparing (speakers' means, differences, tests) -> confounds -> result -> words
"""

from emoanalytics.views.compare.comparing import compare
from emoanalytics.views.compare.result import ALPHA, Comparison, Confound, Design, Difference, Group, Kind, Pair

__all__ = ["ALPHA", "Comparison", "Confound", "Design", "Difference", "Group", "Kind", "Pair", "compare"]
