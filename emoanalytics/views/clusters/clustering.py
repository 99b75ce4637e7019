"""Divide a space into clusters and say how far to trust them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import DamagedStoreError, EmptySelectionError, StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.vectors import Progress
from emoanalytics.seeds import as_seed
from emoanalytics.store.derived import Derivation, Derived
from emoanalytics.views.clusters.centroids import centroids
from emoanalytics.views.clusters.communities import communities
from emoanalytics.views.clusters.density import NOISE, Partition, density
from emoanalytics.views.clusters.stability import Stability, stability
from emoanalytics.views.clusters.validity import density_validity, filled_up, silhouette

KIND = "clusters"
_FORMAT = 3  # counts up when the same settings give other clusters
_JUDGED = 4_000  # rows that silhouette and density validity are measured on: they compare all pairs
_OF_EACH = 10  # rows of each cluster, at least, that density validity is measured on
_MANY = 20_000  # rows above which fewer draws test the stability


class Method(StrEnum):
    """How a space is divided."""

    HDBSCAN = "hdbscan"
    KMEANS = "kmeans"
    LEIDEN = "leiden"


@dataclass(frozen=True)
class Clustering:
    """Clusters of a store in one space, largest first.

    Attributes:
        ids: (n,) segment ids, in the order of the store.
        labels: (n,) int32 number of each row's cluster; -1 is noise: in no cluster, and left so.
        space: the space that was divided, in all its dimensions or its leading components.
        method: how.
        settings: the method's settings, and what it chose where none were given.
        seed: of everything drawn at random.
        silhouette: mean cosine silhouette of the clustered rows, -1..1; None with fewer than two clusters.
        density_validity: DBCV, -1..1; None with fewer than two clusters of two rows.
        judged: rows these two were measured on; fewer than all are a random sample. For the density validity a
            cluster with fewer than ten rows among them gets up to ten, and counts by its share of all rows.
        stability: how much is found again among fewer clips.
    """

    ids: pd.Index
    labels: np.ndarray
    space: Space
    method: Method
    settings: Mapping[str, Any]
    seed: int
    silhouette: float | None
    density_validity: float | None
    judged: int
    stability: Stability

    def __post_init__(self) -> None:
        if self.labels.shape != (len(self.ids),):
            raise ValueError("one label a row")
        if self.labels.dtype.kind != "i" or self.labels.min(initial=NOISE) < NOISE:
            raise ValueError("a label is a whole number from 0, or -1 for noise")
        if len(self.stability.jaccard) != len(self.sizes):
            raise ValueError("one Jaccard similarity a cluster")
        self.labels.flags.writeable = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows of each cluster."""
        return tuple(np.bincount(self.labels[self.labels >= 0]).tolist())

    @property
    def noise(self) -> int:
        """Rows in no cluster."""
        return int((self.labels == NOISE).sum())

    def rows(self, cluster: int) -> np.ndarray:
        """Row numbers of a cluster, ascending.

        Raises:
            EmptySelectionError: there is no such cluster.
        """
        if not 0 <= cluster < len(self.sizes):
            raise EmptySelectionError(f"there is no cluster {cluster}: there are {len(self.sizes)}, counted from 0")
        return np.flatnonzero(self.labels == cluster)

    def notes(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What else a user should know, one line each."""
        chinese, said = language == Language.ZH, []
        if not self.sizes:
            smallest = self.settings.get("min_size")
            said.append(
                f"没有聚类：没有两组（每组至少 {smallest} 段）比它们之间更密集"
                if chinese
                else f"no clusters: no two groups of {smallest} clips or more are denser than what lies between them"
            )
        if len(self.sizes) == 1 and not self.noise:
            said.append(
                "所有片段都在同一个聚类中：任何一次重抽都会重现它，因此稳定性无从判断"
                if chinese
                else "one cluster of all clips is found again in any draw: how stable it is cannot be told"
            )
        if self.judged < len(self.ids):
            said.append(
                f"轮廓系数与密度有效性由随机抽取的 {self.judged} 段算出，密度有效性另外保证每个聚类至少 {_OF_EACH} 段"
                if chinese
                else f"silhouette and density validity are of {self.judged} clips drawn at random, "
                f"the latter of at least {_OF_EACH} of each cluster"
            )
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """Plain values; ``labels`` is an object of segment id to cluster, noise left out."""
        clustered = np.flatnonzero(self.labels >= 0)
        return {
            "space": str(self.space),
            **self._record(),
            "sizes": list(self.sizes),
            "noise": self.noise,
            "notes": list(self.notes()),
            "labels": dict(zip(self.ids[clustered], self.labels[clustered].tolist(), strict=True)),
        }

    def _record(self) -> dict[str, Any]:
        return {
            "method": str(self.method),
            "settings": dict(self.settings),
            "seed": self.seed,
            "silhouette": self.silhouette,
            "density_validity": self.density_validity,
            "judged": self.judged,
            "stability": self.stability.as_json(),
        }


def cluster(
    geometry: Geometry,
    *,
    method: Method | str = Method.HDBSCAN,
    min_size: int | None = None,
    min_samples: int = 3,
    clusters: int | None = None,
    resolution: float = 1.0,
    draws: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Clustering:
    """Divide a store's clips into clusters of like sound; what is found is kept under ``derived/`` and found again.

    HDBSCAN on the whole space finds how many there are and leaves out what belongs nowhere: the default. In the
    raw space clusters are mostly voices; the speaker-centred space shows what voices do.

    Args:
        geometry: the store's points in a space.
        method: how.
        min_size: fewest rows of a cluster (HDBSCAN, Leiden); None: ``max(5, sqrt(n) / 2)``.
        min_samples: HDBSCAN: the row, itself counted, whose distance is a row's density. Large ones turn small
            clusters into noise.
        clusters: k-means: how many; None: chosen by silhouette.
        resolution: Leiden: larger means more clusters.
        draws: times the stability is tested; None: 20, or 10 above 20,000 rows.
        seed: of everything drawn at random.
        progress: called while it works.

    Raises:
        EmptySelectionError: the store has no rows.
        StoreError: a setting that cannot be.
        MissingExtraError: Leiden without scikit-network.
    """
    n = len(geometry.vectors)
    if not n:
        raise EmptySelectionError(f"{geometry.store.path} has no segments: there is nothing to cluster")
    method = _method(method)
    seed = as_seed(seed)
    size = max(5, round(np.sqrt(n) / 2)) if min_size is None else min_size
    times = (10 if n > _MANY else 20) if draws is None else draws
    _check(size, min_samples, clusters, resolution, times)
    asked = {
        Method.HDBSCAN: {"min_size": size, "min_samples": min_samples},
        Method.KMEANS: {"clusters": clusters},
        Method.LEIDEN: {"min_size": size, "resolution": resolution},
    }[method]
    key = _key(geometry, method, asked, times, seed)
    kept = _found(geometry, key)
    if kept is not None:
        return kept
    settings: dict[str, Any] = dict(asked)
    if method is Method.HDBSCAN:
        partition = density(geometry, size, min_samples)
    elif method is Method.LEIDEN:
        partition = communities(geometry, size, resolution)
    else:
        partition, chosen = centroids(geometry, clusters, seed)
        settings |= chosen
    made = _judged(geometry, method, settings, partition, times, seed, progress)
    _keep(geometry, key, made)
    return made


def _method(method: Method | str) -> Method:
    if method not in tuple(Method):
        raise StoreError(f"the method is one of {', '.join(Method)}, not {method!r}")
    return Method(method)


def _check(min_size: int, min_samples: int, clusters: int | None, resolution: float, draws: int) -> None:
    if min_size < 2:
        raise StoreError(f"a cluster has at least 2 clips, not {min_size}")
    if min_samples < 1:
        raise StoreError(f"min_samples counts the clip itself, so it is at least 1, not {min_samples}")
    if clusters is not None and clusters < 1:
        raise StoreError(f"there is at least 1 cluster, not {clusters}")
    if not (np.isfinite(resolution) and resolution > 0):
        raise StoreError(f"the resolution is a positive number, not {resolution}")
    if draws < 0:
        raise StoreError(f"the stability is tested 0 times or more, not {draws}")


def _judged(
    geometry: Geometry,
    method: Method,
    settings: Mapping[str, Any],
    partition: Partition,
    draws: int,
    seed: int,
    progress: Progress | None,
) -> Clustering:
    vectors = geometry.vectors
    n = len(vectors)
    if progress is not None:
        progress(0, max(draws, 1), "clustering")
    labels = _by_size(partition(np.arange(n), seed))
    tested = stability(partition, labels, vectors.speakers, draws=draws, seed=seed, progress=progress)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(n, min(n, _JUDGED), replace=False))
    more = filled_up(rows, labels, _OF_EACH, rng)
    return Clustering(
        ids=vectors.ids,
        labels=labels,
        space=geometry.space,
        method=method,
        settings=settings,
        seed=seed,
        silhouette=silhouette(vectors.points(rows).astype(np.float64), labels[rows]),
        density_validity=density_validity(vectors.points(more).astype(np.float64), labels[more], labels),
        judged=len(rows),
        stability=tested,
    )


def _by_size(labels: np.ndarray) -> np.ndarray:
    """Clusters numbered by size, the largest 0; of equal ones the one whose first row comes first."""
    names, first, sizes = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    numbers = np.full(int(labels.max(initial=NOISE)) + 2, NOISE, np.int32)  # the last place is noise's own
    numbers[names[np.lexsort((first, -sizes))]] = np.arange(len(names))
    return numbers[labels]


def _key(geometry: Geometry, method: Method, asked: Mapping[str, Any], draws: int, seed: int) -> str:
    settings = json.dumps([_FORMAT, str(method), dict(asked), draws, seed], sort_keys=True)
    return f"{_prefix(geometry)}-{hashlib.blake2b(settings.encode(), digest_size=8).hexdigest()}"


def _prefix(geometry: Geometry) -> str:
    """Names the points and whose they are: in the raw space a new speaker moves no point, but the stability is new."""
    hasher = hashlib.blake2b(geometry.vectors.key.encode(), digest_size=16)
    hasher.update(np.ascontiguousarray(geometry.vectors.speakers).tobytes())
    return f"{geometry.space}-{hasher.hexdigest()}"


def _found(geometry: Geometry, key: str) -> Clustering | None:
    derived = Derived(geometry.store.path)
    try:
        kept = derived.find(KIND, key)
        if kept is None:
            return None
        return _read(geometry, kept)
    except DamagedStoreError as error:
        geometry.notes.append(f"{error}: made again")
        derived.forget(KIND, key)
        return None


def _read(geometry: Geometry, kept: Derivation) -> Clustering:
    record = kept.record
    try:
        return Clustering(
            ids=geometry.vectors.ids,
            labels=np.array(kept.array("labels")),
            space=geometry.space,
            method=Method(record["method"]),
            settings=dict(record["settings"]),
            seed=int(record["seed"]),
            silhouette=_number(record["silhouette"]),
            density_validity=_number(record["density_validity"]),
            judged=int(record["judged"]),
            stability=Stability.from_json(record["stability"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else error
        raise DamagedStoreError(f"{kept.folder} is damaged ({why})") from error


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _keep(geometry: Geometry, key: str, made: Clustering) -> None:
    def fill(folder: Path) -> None:
        np.save(folder / "labels.npy", made.labels)

    derived = Derived(geometry.store.path)
    try:
        derived.keep(KIND, key, made._record(), fill)
    except StoreError as error:
        geometry.notes.append(f"{error}; the clusters are not kept")
    for other in derived.keys(KIND):  # of the store as it was
        if other.startswith(f"{geometry.space}-") and not other.startswith(_prefix(geometry)):
            derived.forget(KIND, other)
