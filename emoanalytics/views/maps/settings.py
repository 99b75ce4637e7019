"""How a map is drawn: the choices, checked, and the ones that matter to each method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import NEIGHBOURS
from emoanalytics.seeds import as_seed


class MapMethod(StrEnum):
    """How points of many dimensions are laid out in few."""

    UMAP = "umap"
    TSNE = "tsne"
    PCA = "pca"

    @classmethod
    def _missing_(cls, value: object) -> MapMethod:
        raise StoreError(f"a map is drawn by {', '.join(cls)}, not by {value!r}")


@dataclass(frozen=True)
class MapSettings:
    """How a map is drawn.

    Attributes:
        method: which layout.
        dims: 2 or 3.
        seed: of the layout, 0 to 2,147,483,646, and of the sample of clips its trust rests on.
        neighbours: of UMAP: how many points around a clip, itself among them, make up its neighbourhood, 2 to 90.
        min_dist: of UMAP: how closely points may be packed, 0 to 1 (a share of the map's unit of distance).
        epochs: of UMAP: passes of the layout; None: 500 up to 10,000 clips, 200 up to 50,000, 75 above.
        repulsions: of UMAP: points drawn at random that push a clip away each time a neighbour pulls it, 1 to 100.
            umap-learn takes 5; more keep more of the neighbours and take longer.
        perplexity: of t-SNE: how many neighbours a clip has, smoothly counted, 1 to 30. It needs three times as many
            in the graph: of a store so large that the graph holds fewer, it is a third of those.
        iterations: of t-SNE: steps after the 250 of early exaggeration.
    """

    method: MapMethod = MapMethod.UMAP
    dims: int = 2
    seed: int = 0
    neighbours: int = 15
    min_dist: float = 0.1
    epochs: int | None = None
    repulsions: int = 10
    perplexity: float = 30.0
    iterations: int = 500

    def __post_init__(self) -> None:
        if self.dims not in (2, 3):
            raise StoreError(f"a map has 2 or 3 dimensions, not {self.dims}")
        as_seed(self.seed)
        _within("neighbours", self.neighbours, 2, NEIGHBOURS)
        _within("min_dist", self.min_dist, 0, 1)
        _within("perplexity", self.perplexity, 1, NEIGHBOURS / 3)
        _within("repulsions", self.repulsions, 1, 100)
        _within("iterations", self.iterations, 1, 100_000)
        _within("epochs", 1 if self.epochs is None else self.epochs, 1, 100_000)

    def as_json(self) -> dict[str, Any]:
        """The choices that matter to the method, as plain values."""
        own: dict[MapMethod, tuple[str, ...]] = {
            MapMethod.UMAP: ("neighbours", "min_dist", "epochs", "repulsions"),
            MapMethod.TSNE: ("perplexity", "iterations"),
            MapMethod.PCA: (),
        }
        chosen = {name: getattr(self, name) for name in own[self.method]}
        return {"method": str(self.method), "dims": self.dims, "seed": self.seed, **chosen}


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise StoreError(f"{name} of a map is {low:g} to {high:g}, not {value:g}")
