"""How far a map can be believed: which neighbours it kept, which it invented, which it tore away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from emoanalytics.labels import Language
from emoanalytics.neighbours.exact import without_own
from emoanalytics.neighbours.graph import Graph
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.views.maps.ranks import EQUAL, SampleRanks, map_ranks, original_ranks, similarities, squares

NEIGHBOURS = 15
_EXACT = 5_000  # clips up to which every clip is ranked against every other
_COMPARISONS = 200_000_000  # pairs looked at above; at least 500 clips, at most 2,000
_BLOCK = 8_192
_HALF = 0.5
_ROUNDING = 1e-6
_FEWEST = 3  # clips of which one can be nearer than another


@dataclass(frozen=True)
class Trust:
    """What became of each clip's neighbours on a map.

    The values of each clip rest on the neighbour graph: they are as exact as the graph is (its ``recall``). For them
    a neighbour beyond the ``wide`` nearest counts as one just beyond. The two overall values have no such limit.

    Attributes:
        k: neighbours of a clip that are looked at.
        wide: how many of its nearest a clip's neighbours on the map are sought among.
        kept: (n,) float32 share of a clip's k neighbours that are among its k nearest on the map; a clip that ties
            with the last of them counts.
        trustworthiness: (n,) float32, 1: its neighbours on the map are neighbours; 0: none is among its ``wide``
            nearest.
        continuity: (n,) float32, 1: its neighbours are near on the map; 0: none is among its ``wide`` nearest there.
        doubtful: (n,) bool: fewer than half of its k neighbours on the map are among its ``wide`` nearest.
        share_kept: mean of ``kept``; None where it cannot be told: there are too few clips, or every clip is as near
            to every other. The values of each clip are 1 then, and mean nothing.
        chance: the share a map drawn at random keeps.
        overall_trustworthiness: after Venna and Kaski (2001, ICANN, eq. 1; 0..1), over ``ranked`` clips against all
            others; None where there are too few clips.
        overall_continuity: the same with the roles of space and map exchanged.
        ranked: how many clips the two overall values rest on: all, or a sample drawn by the seed of the map.
        errors: standard errors of the two from drawing a sample; 0 where all are ranked.
    """

    k: int
    wide: int
    kept: np.ndarray
    trustworthiness: np.ndarray
    continuity: np.ndarray
    doubtful: np.ndarray
    share_kept: float | None
    chance: float | None
    overall_trustworthiness: float | None
    overall_continuity: float | None
    ranked: int
    errors: tuple[float, float]

    def __post_init__(self) -> None:
        arrays = (self.kept, self.trustworthiness, self.continuity, self.doubtful)
        if len({x.shape for x in arrays}) != 1 or self.kept.ndim != 1:
            raise ValueError("trust has one value a clip")
        if self.doubtful.dtype != bool or any(x.dtype.kind != "f" for x in arrays[:3]):
            raise ValueError("trust is three numbers and one yes or no a clip")
        told = (self.share_kept, self.chance, self.overall_trustworthiness, self.overall_continuity)
        if any(x is not None and not -_ROUNDING <= x <= 1 + _ROUNDING for x in told) or len(self.errors) != 2:
            raise ValueError("a measure of trust lies in 0..1")
        for array in arrays:
            array.flags.writeable = False

    def words(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What the numbers mean for a reader of the map."""
        chinese = str(language) == Language.ZH
        if self.share_kept is None or self.chance is None:
            return (_untold(len(self.kept), chinese),)
        share, by_chance = percent(self.share_kept), percent(self.chance)
        doubtful = percent(float(self.doubtful.mean()))
        if chinese:
            return (
                f"每个片段的 {self.k} 个近邻中，平均 {share} 在此图上仍是近邻（随机为 {by_chance}）："
                "不要解读图上的距离",
                f"{doubtful} 的片段不可信：它们在图上的近邻大多不在其 {self.wide} 个最近片段之中",
            )
        return (
            (
                f"{share} of the clips keep their nearest neighbour on this map ({by_chance} by chance): "
                if self.k == 1
                else f"{share} of a clip's {self.k} neighbours are still its neighbours on this map "
                f"({by_chance} by chance): "
            )
            + "do not read distances",
            f"{doubtful} of the clips are not to be believed: most of their neighbours on the map are not among "
            f"their {self.wide} nearest",
        )

    def as_json(self) -> dict[str, Any]:
        """The overall values, as plain values."""
        return {
            "neighbours": self.k,
            "among": self.wide,
            "kept": self.share_kept,
            "kept_by_chance": self.chance,
            "doubtful": None if self.share_kept is None else float(self.doubtful.mean()),
            "trustworthiness": self.overall_trustworthiness,
            "continuity": self.overall_continuity,
            "ranked": self.ranked,
            "standard_errors": list(self.errors),
        }


def trust_of(
    coordinates: np.ndarray,
    graph: Graph,
    vectors: Vectors,
    *,
    seed: int = 0,
    k: int = NEIGHBOURS,
    progress: Progress | None = None,
) -> Trust:
    """Measure a map against the graph it was drawn from.

    Args:
        coordinates: (n, dims), as the map has them.
        graph: of the points.
        vectors: the points.
        seed: draws the sample the overall values rest on where there are more than 5,000 clips.
        k: neighbours to look at; fewer where there are not more than twice as many clips, as the formula asks.
        progress: called after each block of clips.
    """
    n = len(vectors)
    k = min(k, (n - 1) // 2)
    if k < 1 or _no_neighbours(graph, vectors):
        nothing = np.ones(n, np.float32)
        return Trust(0, 0, nothing, nothing, nothing, np.zeros(n, bool), None, None, None, None, 0, (0.0, 0.0))
    wide = min(graph.k, 6 * k, max(k, (n - 1) // 5))
    tree = cKDTree(coordinates)
    kept, invented, torn = (np.zeros(n, np.float32) for _ in range(3))
    doubtful = np.zeros(n, bool)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        original, mapped = ranks_of(rows, coordinates, graph, vectors, tree, k, wide)
        kept[rows] = (original <= k).mean(axis=1)
        invented[rows] = 1 - (np.maximum(original - k, 0)).sum(axis=1) / (k * (wide + 1 - k))
        torn[rows] = 1 - (np.maximum(mapped - k, 0)).sum(axis=1) / (k * (wide + 1 - k))
        doubtful[rows] = (original <= wide).mean(axis=1) < _HALF
        if progress is not None:
            progress(int(rows[-1]) + 1, n, "trust of the map")
    chosen = _chosen(n, seed)
    ranks = SampleRanks(chosen, coordinates, graph.rows[chosen, :k].astype(np.int64), tree, k)
    values = [_scaled(x, n, k) for x in (original_ranks(ranks, vectors), map_ranks(ranks))]
    errors = [_error(x, n) for x in values]
    return Trust(
        k,
        wide,
        kept,
        invented,
        torn,
        doubtful,
        float(kept.mean()),
        k / (n - 1),
        float(values[0].mean()),
        float(values[1].mean()),
        len(chosen),
        (errors[0], errors[1]),
    )


def ranks_of(
    rows: np.ndarray, coordinates: np.ndarray, graph: Graph, vectors: Vectors, tree: cKDTree, k: int, wide: int
) -> tuple[np.ndarray, np.ndarray]:
    """The rank in the space of each of a clip's k nearest on the map, and on the map of its k nearest in the space.

    A rank is one more than the clips that are nearer; of those beyond ``wide``, it is ``wide`` + 1. Both (m, k).
    """
    distances, found = tree.query(coordinates[rows], wide + 1)
    mapped, apart = without_own(rows, found, distances)
    original, near = graph.rows[rows, :wide], graph.similarities[rows, :wide].astype(np.float64)
    in_space = _ranks(-near, EQUAL)
    on_map = _ranks(apart, 0.0)
    invented, torn = _rank(mapped[:, :k], original, in_space), _rank(original[:, :k], mapped, on_map)
    # Of many clips in one place the lists hold some only: those they leave out are no farther than the last they hold.
    many = np.flatnonzero(in_space[:, -1] <= k)
    others = similarities(vectors, rows[many], mapped[many, :k])
    _level(invented, many, others >= near[many, -1:] - EQUAL, in_space)
    many = np.flatnonzero(on_map[:, -1] <= k)
    others = squares(coordinates, rows[many], original[many, :k])
    _level(torn, many, others <= squares(coordinates, rows[many], mapped[many, -1:]), on_map)
    return invented, torn


def _level(ranks: np.ndarray, rows: np.ndarray, equal: np.ndarray, listed: np.ndarray) -> None:
    """Those equal to the last of a list have at most its rank."""
    last = listed[rows, -1:]
    ranks[rows] = np.where(equal, np.minimum(ranks[rows], last), ranks[rows])


def _ranks(ascending: np.ndarray, equal: float) -> np.ndarray:
    """Ranks within rows of ascending values: 1 + how many are smaller, by more than what counts as equal."""
    m, width = ascending.shape
    span = float(ascending.max(initial=0.0) - ascending.min(initial=0.0)) + 1
    line = (ascending + span * np.arange(m)[:, None]).ravel()  # the rows one after the other, so that one search does
    smaller = np.searchsorted(np.maximum.accumulate(line), line - equal, side="left").reshape(m, width)
    return np.maximum(smaller - width * np.arange(m)[:, None], 0) + 1


def _rank(wanted: np.ndarray, among: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """The rank of each wanted row number, (m, k), in lists (m, wide); one more than their length where it is not."""
    match = wanted[:, :, None] == among[:, None, :]
    place = match.argmax(axis=2)
    return np.where(match.any(axis=2), np.take_along_axis(ranks, place, axis=1), among.shape[1] + 1)


def _no_neighbours(graph: Graph, vectors: Vectors) -> bool:
    """Whether every clip is as near to every other: then none is a neighbour, and there is nothing to keep."""
    near = graph.similarities
    if not near.size or float(near.max() - near.min()) > EQUAL:
        return False
    if graph.k == len(graph) - 1:
        return True
    first = vectors.points(slice(0, 1))
    return all(bool((np.abs(block - first) <= EQUAL).all()) for _, block in vectors.blocks())


def _chosen(n: int, seed: int) -> np.ndarray:
    if n <= _EXACT:
        return np.arange(n)
    size = min(max(_COMPARISONS // n, 500), 2_000)
    return np.sort(np.random.default_rng(seed).choice(n, size, replace=False))


def _scaled(ranks: np.ndarray, n: int, k: int) -> np.ndarray:
    """Venna and Kaski's measure for each clip from the ranks of its k neighbours on the other side."""
    return 1 - 2 / (k * (2 * n - 3 * k - 1)) * np.maximum(ranks - k, 0).sum(axis=1)


def _error(values: np.ndarray, n: int) -> float:
    m = len(values)
    return 0.0 if m == n else float(values.std(ddof=1) / np.sqrt(m) * np.sqrt(1 - m / n))


def _untold(n: int, chinese: bool) -> str:
    if n < _FEWEST:
        return "片段太少，无法判断此图的可信度" if chinese else "too few clips to say how far to believe this map"
    return (
        "片段彼此同样相似，没有远近之分：无法判断此图的可信度"
        if chinese
        else "every clip is as near to every other: there are no neighbours to keep, so how far to believe this map "
        "cannot be told"
    )


def percent(share: float) -> str:
    """Two digits that matter: 38 %, 0.015 %."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 1 or value == 0 else f"{value:.2g} %"
