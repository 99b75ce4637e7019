"""What the views say of a store, gathered for one page: each result, or None where the store has nothing for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audit import Audit, audit
from emoanalytics.errors import EmptySelectionError, MissingExtraError
from emoanalytics.listening.hearing import hear
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.report.spread import Spread, spread
from emoanalytics.statistics.evidence import ALL_ROLES, Evidence, gather
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.scores import score_columns
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import Clustering, Portrait, cluster, measures_voice, portraits, to_hear
from emoanalytics.views.compare import Comparison, compare
from emoanalytics.views.compare.clips import MOST_GROUPS
from emoanalytics.views.maps import Map, MapMethod, draw_map
from emoanalytics.views.overview import Overview, overview
from emoanalytics.views.trends import Trends, trends

Progress = Callable[[int, int, str], None]
ROWS = (
    *("segment_id", "content_id", "corpus", "file", "channel", "start_s", "end_s", "speaker", "session", "recorded_at"),
    *("role", "language", "emotion_given", "flags"),
)


@dataclass(frozen=True)
class Made:
    """How a store was made.

    Attributes:
        info: what ``store.json`` says.
        head_digest: of the numbers of the active head; None: there is no head.
        calibrated: whether the winner's score may be called calibrated.
        runs: records of the runs that wrote to it, oldest first: ``kind``, ``finished`` and ``versions`` are used.
    """

    info: StoreInfo
    head_digest: str | None
    calibrated: bool
    runs: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, store: EmotionStore) -> Made:
        """Read it from a store."""
        head = None if store.head_missing else store.head()
        digest = None
        if head is not None:
            hasher = hashlib.blake2b("\n".join(head["labels"]).encode(), digest_size=16)
            for part in (head["weights"], head["bias"], float(head["temperature"])):
                hasher.update(np.ascontiguousarray(part, np.float64).tobytes())
            digest = hasher.hexdigest()
        return cls(store.info, digest, bool((head or {}).get("calibrated")), tuple(store.runs()))


@dataclass(frozen=True)
class Findings:
    """Everything a report says, before it is put into words.

    Attributes:
        made: how the store was made.
        rows: the clips, indexed by segment id: where from, who, when, which label, which flags, and their scores.
        overview: what is in the store.
        failures: what could not be read: ``file, start_s, end_s, stage, reason``.
        spread: the scores; None: no clip of the chosen role has any.
        trends: the speakers over time; None: no scores.
        comparisons: groups that were compared.
        map: two dimensions; None: no clips.
        clustering: its clusters; None: no clips.
        portraits: the clusters in words.
        unheard: clips of the sample behind the portraits that could not be listened to.
        audit: what to look at twice; None: no clips.
        notes: keys of the texts that say what was made another way.
    """

    made: Made
    rows: pd.DataFrame
    overview: Overview
    failures: pd.DataFrame
    spread: Spread | None
    trends: Trends | None
    comparisons: tuple[Comparison, ...]
    map: Map | None
    clustering: Clustering | None
    portraits: tuple[Portrait, ...]
    unheard: int
    audit: Audit | None
    notes: tuple[str, ...] = field(default=())


def find(
    store: EmotionStore,
    *,
    role: str | None,
    groups: Sequence[str] | None,
    space: Space,
    seed: int,
    progress: Progress,
) -> Findings:
    """Ask every view its question; results kept under ``derived/`` are used, new ones are kept there.

    Args:
        store: the store.
        role: whose scores means, trends and comparisons are of; None: the rule of ``statistics.evidence.gather``.
        groups: columns whose groups are compared; None: ``language``, and ``role`` where all roles are asked for.
        space: of map and clusters.
        seed: of everything drawn at random.
        progress: called while it works.

    Raises:
        StoreError: a column to compare is not there, or has no groups.
    """
    view = overview(store, seed=seed)
    rows = store.table([*ROWS, *score_columns(store.info.labels)]).set_index("segment_id")
    evidence = _evidence(store, role)
    found = None if evidence is None else spread(evidence, seed=seed)
    notes: list[str] = []
    drawn, clustering, named, unheard = _geometry(store, space, seed, progress, notes) if len(rows) else _NOTHING
    progress(0, 1, "audit")
    return Findings(
        made=Made.of(store),
        rows=rows,
        overview=view,
        failures=store.failures(),
        spread=found,
        trends=None if found is None else trends(store, role=role, seed=seed),
        comparisons=() if found is None else tuple(_compared(store, found.evidence, role, groups, seed)),
        map=drawn,
        clustering=clustering,
        portraits=named,
        unheard=unheard,
        audit=audit(store, seed=seed, progress=progress) if len(rows) else None,
        notes=tuple(notes),
    )


_NOTHING: tuple[None, None, tuple[Portrait, ...], int] = (None, None, (), 0)


def _evidence(store: EmotionStore, role: str | None) -> Evidence | None:
    try:
        return gather(store, ["speaker", "session", "language", "role"], role=role)
    except EmptySelectionError:
        return None


def _geometry(
    store: EmotionStore, space: Space, seed: int, progress: Progress, notes: list[str]
) -> tuple[Map, Clustering, tuple[Portrait, ...], int]:
    geometry = Geometry(store, space, progress=progress)
    try:
        drawn = draw_map(geometry, seed=seed, progress=progress)
    except MissingExtraError:
        drawn = draw_map(geometry, method=MapMethod.PCA, seed=seed, progress=progress)
        notes.append("no_umap")
    clustering = cluster(geometry, seed=seed, progress=progress)
    ids = to_hear(clustering) if clustering.sizes and not measures_voice(store) else ()
    measured = hear(store, ids, progress=progress) if ids else None
    unheard = 0 if measured is None else measured.asked - len(measured.ids)
    return drawn, clustering, portraits(clustering, geometry, measured=measured), unheard


def _compared(
    store: EmotionStore, evidence: Evidence, role: str | None, groups: Sequence[str] | None, seed: int
) -> list[Comparison]:
    if groups is not None:
        return [compare(store, column, role=role, seed=seed) for column in groups]
    table = evidence.table
    columns = [
        column
        for column in ("language", *(["role"] if role == ALL_ROLES else []))
        if 2 <= table.loc[table["speaker"].notna(), column].nunique() <= MOST_GROUPS
    ]
    return [compare(store, column, role=role, seed=seed) for column in columns]
