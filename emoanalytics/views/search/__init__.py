"""Search by sound: clips like these and unlike those, more of one emotion and less of another.

    Query -> aim (one point of a space) -> filters -> ranking -> diversify -> SearchResult

``query`` says what is asked, ``aim`` where that points and what it is made of, ``filters`` which rows may be hits,
``ranking`` orders them, ``diversify`` reorders the first for variety, ``searching`` ties them together.
"""

from emoanalytics.views.search.catalogue import Catalogue
from emoanalytics.views.search.filters import Exclude
from emoanalytics.views.search.query import Clip, Contrast, Query, Weights
from emoanalytics.views.search.result import Hit, Match, SearchResult
from emoanalytics.views.search.searching import search

__all__ = ["Catalogue", "Clip", "Contrast", "Exclude", "Hit", "Match", "Query", "SearchResult", "Weights", "search"]
