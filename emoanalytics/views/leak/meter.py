"""The leak meter: how much of "sounds alike" is the same voice, recording, channel or length, and how much emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import NEIGHBOURS, Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.seeds import as_seed
from emoanalytics.views.leak.apart import Apart, nearest_apart
from emoanalytics.views.leak.factors import FEWEST_CLUSTERS, GIVEN, WINNER, Clusters, Factor, factors
from emoanalytics.views.leak.purity import Purity, Shares, draws, group_sums, interval, purity, shares
from emoanalytics.views.leak.words import precision_line, purity_line


@dataclass(frozen=True)
class Precision:
    """How many of the k nearest clips of other speakers have the emotion of the clip that is asked.

    Attributes:
        label: where the emotion comes from: ``emotion_given``, ``emotion`` (highest model score) or a column.
        overall: over all clips that were asked.
        by_value: over the clips of each emotion, by its name.
        asked: clips that were asked.
        eligible: clips with a speaker and an emotion; more than ``asked`` where a random part was asked.
    """

    label: str
    overall: Purity
    by_value: Mapping[str, Purity]
    asked: int
    eligible: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "label": self.label,
            "overall": self.overall.as_json(),
            "by_value": {name: found.as_json() for name, found in self.by_value.items()},
            "asked": self.asked,
            "eligible": self.eligible,
        }


@dataclass(frozen=True)
class Leak:
    """What the neighbours of a space have in common.

    Attributes:
        space: the space.
        k: neighbours a clip.
        clips: clips in the store.
        factors: one entry for each of speaker, session, recording, channel, duration, given emotion, emotion by
            model score, and the columns that were asked for.
        precision: emotion among the nearest clips of other speakers; None without emotions or without speakers.
        clustered_by: what the intervals rest on: ``speaker``, ``session``, or None where there are none.
        clusters: how many of those there are.
        seed: of the bootstrap.
    """

    space: Space
    k: int
    clips: int
    factors: tuple[Purity, ...]
    precision: Precision | None
    clustered_by: str | None
    clusters: int
    seed: int

    def lines(self, language: Language | str = Language.EN) -> list[str]:
        """One line a factor, then the precision."""
        found = [purity_line(each, self.k, language) for each in self.factors]
        if self.precision is not None:
            found.append(precision_line(self.precision.overall, self.precision.label, self.k, language))
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "space": str(self.space),
            "k": self.k,
            "clips": self.clips,
            "factors": [each.as_json() for each in self.factors],
            "precision": None if self.precision is None else self.precision.as_json(),
            "clustered_by": self.clustered_by,
            "clusters": self.clusters,
            "seed": self.seed,
            "lines": {str(language): self.lines(language) for language in Language},
        }


def leak_meter(
    geometry: Geometry, *, k: int = 10, label: str | None = None, also: Sequence[str] = (), seed: int = 0
) -> Leak:
    """Measure what the k nearest neighbours of a clip have in common with it, against neighbours drawn at random.

    Purity is the share of a clip's neighbours with its value, averaged over clips; clips and neighbours without a
    value do not count. By chance it is the share of the other clips with that value. The emotion's purity among
    neighbours of other speakers is its precision at k.

    Args:
        geometry: the store, in one space; its neighbour graph is used.
        k: neighbours a clip, 1 to 90.
        label: the column for the precision; None: the given emotion if there are two, else that with the highest
            model score.
        also: further columns to measure.
        seed: of the bootstrap, and of the draw where not all clips can be asked.

    Raises:
        EmptySelectionError: the store holds no clip.
        StoreError: k or the seed makes no sense, or there is no such column.
    """
    seed = as_seed(seed)
    found, clusters, chosen = _read(geometry, k, label, also)
    neighbours = np.asarray(geometry.graph.rows[:, :k], np.int64)
    measured = tuple(purity(factor, shares(neighbours, factor.codes), clusters, seed=seed) for factor in found.values())
    precision = None
    if chosen is not None and len(found["speaker"].values) > 1:
        counted, apart = _counted_apart(geometry, found, chosen, k, seed)
        precision = _precision(found[chosen], counted, apart, clusters, seed)
    return Leak(geometry.space, k, len(geometry.vectors), measured, precision, clusters.by, clusters.count, seed)


@dataclass(frozen=True)
class Gain:
    """Precision in two spaces.

    Attributes:
        before: in the first.
        after: in the second.
        difference: ``after - before``.
        low: lower end of its 95 % interval over speakers; None: not enough evidence.
        high: its upper end.
        groups: named speakers (or sessions) among the clips that were asked; None: the store has too few of both.
    """

    before: float
    after: float
    difference: float
    low: float | None
    high: float | None
    groups: int | None


def precision_gain(
    before: Geometry, after: Geometry, *, k: int = 10, label: str | None = None, seed: int = 0
) -> Gain | None:
    """How much more emotion there is among the nearest clips of other speakers in another space of the same store.

    The same clips are asked in both, and whole speakers drawn for the interval, so that it is that of the difference.

    Returns:
        The gain; None where the store has no emotions or fewer than two speakers.

    Raises:
        StoreError: the two are not of one store, or the seed is no whole number from 0 up.
    """
    seed = as_seed(seed)
    if not before.vectors.ids.equals(after.vectors.ids):
        raise StoreError(f"{before.store.path} and {after.store.path} hold other clips: compare spaces of one store")
    found, clusters, chosen = _read(before, k, label, ())
    if chosen is None or len(found["speaker"].values) < 2:
        return None
    one, other = (_counted_apart(g, found, chosen, k, seed)[0].found for g in (before, after))
    asked = ~np.isnan(one) & ~np.isnan(other)
    if not asked.any():
        return None
    low = high = None
    groups = clusters.named(asked)
    if groups is not None and groups >= FEWEST_CLUSTERS:
        sums, sizes = group_sums((other - one)[asked], clusters.codes[asked])
        drawn = draws(len(sums), seed)
        low, high = interval((drawn @ sums) / (drawn @ sizes))
    first, second = float(one[asked].mean()), float(other[asked].mean())
    return Gain(first, second, second - first, low, high, groups)


def _read(
    geometry: Geometry, k: int, label: str | None, also: Sequence[str]
) -> tuple[dict[str, Factor], Clusters, str | None]:
    if not len(geometry.vectors):
        path = geometry.store.path
        raise EmptySelectionError(f"{path} holds no clip to measure: emoanalytics build CORPUS --store {path}")
    if not 1 <= k <= NEIGHBOURS:
        raise StoreError(f"k, the neighbours of a clip, is 1 to {NEIGHBOURS}, not {k}")
    found, clusters = factors(geometry, (*also, *([] if label is None else [label])))
    if label is None:
        label = next((name for name in (GIVEN, WINNER) if len(found[name].values) > 1), None)
    return found, clusters, label


def _counted_apart(geometry: Geometry, found: dict[str, Factor], label: str, k: int, seed: int) -> tuple[Shares, Apart]:
    speakers, emotions = found["speaker"].codes, found[label].codes
    apart = nearest_apart(geometry, speakers, emotions >= 0, k, seed=seed)
    return shares(apart.neighbours, emotions, speakers), apart


def _precision(emotion: Factor, counted: Shares, apart: Apart, clusters: Clusters, seed: int) -> Precision:
    return Precision(
        label=emotion.name,
        overall=purity(emotion, counted, clusters, seed=seed),
        by_value={
            value: purity(emotion, counted.only(emotion.codes == code), clusters, seed=seed)
            for code, value in enumerate(emotion.values)
        },
        asked=apart.asked,
        eligible=apart.eligible,
    )
