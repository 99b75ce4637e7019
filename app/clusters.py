"""The clusters of a space, shared by all sessions: who asks first computes, the others find them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import pandas as pd
import streamlit as st

from app.geometry import Progress, Shared
from app.state import Key
from emoanalytics import (
    Clustering,
    ClusterMethod,
    EmotionStore,
    Geometry,
    Montage,
    Portrait,
    Space,
    cluster,
    cluster_sample,
    hear,
    measures_voice,
    montage,
    portraits,
)

FEWEST, MOST = 2, 50  # clusters that k-means may be asked for


@dataclass(frozen=True)
class Division:
    """How a space is to be divided.

    Attributes:
        method: how.
        clusters: how many; None: the method finds it.
    """

    method: ClusterMethod = ClusterMethod.HDBSCAN
    clusters: int | None = None


@dataclass(frozen=True)
class Divided:
    """A space divided, and its clusters in words.

    Attributes:
        clustering: the clusters.
        portraits: one a cluster.
        unheard: clips of the sample that could not be listened to.
        notes: what was damaged and made again, or could not be kept.
    """

    clustering: Clustering
    portraits: tuple[Portrait, ...]
    unheard: int = 0
    notes: tuple[str, ...] = ()

    def of_clips(self, language: str) -> pd.Series:
        """The cluster of each clip as ``number: name``, by segment id; None: in none."""
        names = {p.cluster: f"{p.cluster}: {p.name(language)}" for p in self.portraits}
        values = [names.get(label) for label in self.clustering.labels.tolist()]
        return pd.Series(values, index=self.clustering.ids, dtype="object")


class Clusters:
    """The clusters of a store in one space.

    Args:
        store: the store.
        shared: its geometry in that space.
    """

    def __init__(self, store: EmotionStore, shared: Shared) -> None:
        self._store, self._shared = store, shared
        self._lock = Lock()
        self._found: dict[Division, Divided] = {}
        self._montages: dict[tuple[str, ...], Montage] = {}

    def knows(self, division: Division) -> bool:
        """Whether these clusters were found."""
        return division in self._found

    def found(self, division: Division, progress: Progress | None = None) -> Divided:
        """These clusters.

        Args:
            division: how.
            progress: called while they are found for the first time.

        Raises:
            EmoAnalyticsError: the clips cannot be divided so.
        """
        with self._lock:
            if division not in self._found:
                self._found[division] = self._shared.ask(lambda geometry: self._divide(geometry, division, progress))
            return self._found[division]

    def listen(self, division: Division, progress: Progress | None = None) -> Divided:
        """These clusters, named by pitch, rate and voice too, from the audio of a sample.

        Args:
            division: how.
            progress: called while the sample is listened to.
        """
        before = self.found(division, progress)
        ids = cluster_sample(before.clustering)
        measured = hear(self._store, ids, progress=progress)
        named = self._shared.ask(lambda geometry: portraits(before.clustering, geometry, measured=measured))
        with self._lock:
            self._found[division] = Divided(before.clustering, named, len(ids) - len(measured.ids), before.notes)
            return self._found[division]

    @property
    def deaf(self) -> bool:
        """Whether the store's encoder does not measure pitch, rate and voice."""
        return not measures_voice(self._store)

    def montage(self, portrait: Portrait) -> Montage:
        """Twelve seconds that let one hear a cluster.

        Raises:
            AudioError: none of its clips can be read.
        """
        with self._lock:
            if portrait.medoids not in self._montages:
                self._montages[portrait.medoids] = montage(self._store, portrait.medoids)
            return self._montages[portrait.medoids]

    def _divide(self, geometry: Geometry, division: Division, progress: Progress | None) -> Divided:
        made = cluster(geometry, method=division.method, clusters=division.clusters, progress=progress)
        return Divided(made, portraits(made, geometry), notes=tuple(dict.fromkeys(geometry.notes)))


def division() -> Division:
    """How the space is to be divided, as it is chosen."""
    chosen = st.session_state.get(Key.DIVISION)
    method = ClusterMethod(chosen) if chosen in set(ClusterMethod) else ClusterMethod.HDBSCAN
    wanted = int(st.session_state.get(Key.PIECES) or 0)
    asked = wanted if method is ClusterMethod.KMEANS and FEWEST <= wanted <= MOST else None
    return Division(method, asked)


def space() -> Space:
    """The space that is divided: its own setting, since in the raw space clusters are mostly voices."""
    chosen = st.session_state.get(Key.AMONG)
    return Space(chosen) if chosen in set(Space) else Space.SPEAKER_CENTRED


# Where a mean silhouette begins to say something (Kaufman and Rousseeuw 1990, table 4).
_APART = ((0.7, "apart_strong"), (0.5, "apart_fair"), (0.25, "apart_weak"), (-1.0, "apart_none"))


def apart(silhouette: float) -> str:
    """Key of the words for a mean silhouette."""
    return next(text for least, text in _APART if silhouette > least or least == -1.0)


def dense(validity: float) -> str:
    """Key of the words for a density validity: above 0, clusters are denser than what lies between them."""
    return "dense_yes" if validity > 0 else "dense_no"
