"""Clusters of an embedding space: found on the shared neighbour graph, tested by resampling, named by what is heard.

    geometry -> density | centroids | communities -> clustering (validity, stability)
    store -> heard (facets) -> departures -> portraits (medoids)

Three ways to divide: ``density`` (HDBSCAN), ``centroids`` (k-means), ``communities`` (Leiden). ``clustering`` runs one
and says how far to trust it: ``validity`` measures its shape, ``stability`` whether other clips would give the same.
``heard`` is how each clip sounds, ``departures`` in what a cluster differs, and ``portraits`` puts it into words.
"""

from emoanalytics.views.clusters.clustering import Clustering, Method, cluster
from emoanalytics.views.clusters.departures import Departure
from emoanalytics.views.clusters.facets import unheard_words
from emoanalytics.views.clusters.heard import Measured, measures_voice
from emoanalytics.views.clusters.portraits import Portrait, portraits, to_hear
from emoanalytics.views.clusters.stability import Stability, Verdict

__all__ = [
    "Clustering",
    "Departure",
    "Measured",
    "Method",
    "Portrait",
    "Stability",
    "Verdict",
    "cluster",
    "measures_voice",
    "portraits",
    "to_hear",
    "unheard_words",
]
