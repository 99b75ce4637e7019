"""Maps of an embedding space: where the clips lie in two or three dimensions, and how far that can be believed.

``draw_map`` makes one or finds it again; ``umap`` and ``tsne`` say where the points go, ``trust`` what was lost on
the way, ``saved`` keeps it all under ``derived/maps``. ``place`` puts further clips on a map without moving it and
``surroundings`` says among whom they are; ``align`` lays one map over another, e.g. over the ``former_map``; ``paint``
colours one, ``tiles`` counts the points of one too large to draw.
"""

from emoanalytics.views.maps.aligning import Alignment, align
from emoanalytics.views.maps.density import Tiles, tiles
from emoanalytics.views.maps.drawing import draw_map
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.painting import Paint, PaintKind, paint, painted
from emoanalytics.views.maps.placing import Placed, place, place_added
from emoanalytics.views.maps.saved import former_map, open_map, saved_maps
from emoanalytics.views.maps.settings import MapMethod, MapSettings
from emoanalytics.views.maps.surroundings import Neighbour, Surroundings, surroundings
from emoanalytics.views.maps.trust import Trust

__all__ = [
    "Alignment",
    "Map",
    "MapMethod",
    "MapSettings",
    "Neighbour",
    "Paint",
    "PaintKind",
    "Placed",
    "Surroundings",
    "Tiles",
    "Trust",
    "align",
    "draw_map",
    "former_map",
    "open_map",
    "paint",
    "painted",
    "place",
    "place_added",
    "saved_maps",
    "surroundings",
    "tiles",
]
