"""The audit of a store: copies that were listened to, outliers, hubs, suspicious labels, quality flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import EmptySelectionError
from emoanalytics.listening.fragile import Fragility
from emoanalytics.listening.fragile import fragile as survival
from emoanalytics.listening.same_audio import Checked, check
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.values import as_text
from emoanalytics.store.decisions import Decisions
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit import Duplicates, Hubs, Outliers, duplicates, flagged, hubs, outliers
from emoanalytics.views.audit.duplicates import How
from emoanalytics.views.labels_audit import LabelAudit, audit_labels
from emoanalytics.views.labels_audit.auditing import TARGETS

LABEL = "label"  # the kind of a decision on a given label


@dataclass(frozen=True)
class Audit:
    """The clips of a store to look at twice.

    Attributes:
        duplicates: identical and near clips.
        checked: what listening says of the near ones; empty where nobody listened.
        outliers: clips unlike their neighbours.
        hubs: clips that are near far more others than usual.
        labels: which given labels may be wrong; None where there is nothing to audit.
        unlabelled: why there is not, one line.
        quality: segment ids with each quality flag.
        notes: what was damaged and made again, or could not be kept.
        fragile: which winners survive small changes of the sound; None where that was not asked for.
    """

    duplicates: Duplicates
    checked: tuple[Checked, ...]
    outliers: Outliers
    hubs: Hubs
    labels: LabelAudit | None
    unlabelled: str | None
    quality: Mapping[str, list[str]]
    notes: tuple[str, ...]
    fragile: Fragility | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values: ``duplicates``, ``outliers``, ``labels`` and ``quality``, and how they were found.

        ``duplicates`` leaves out near pairs that were heard to be different sounds; ``pairs`` has them all.
        """
        far = self.outliers.as_json()
        labels = {"why_not": self.unlabelled, "labels": []} if self.labels is None else self.labels.as_json()
        return {
            **self._copies(),
            "outliers": far.pop("outliers"),
            "outlier_limits": far,
            "labels": labels.pop("labels"),
            "label_audit": labels,
            "hubs": self.hubs.as_json(),
            "quality": dict(self.quality),
            "fragile": None if self.fragile is None else self.fragile.as_json(),
        }

    def _copies(self) -> dict[str, Any]:
        heard = {(c.pair.first, c.pair.second): c.agreement for c in self.checked}
        document = self.duplicates.as_json()
        pairs = []
        for pair in document["pairs"]:
            agreement = heard.get((pair["first"], pair["second"]))
            same = True if pair["how"] == How.IDENTICAL else None if agreement is None else agreement.same
            pairs.append(pair | {"same": same, "correlation": None if agreement is None else agreement.correlation})
        kept = [d for d, pair in zip(document["duplicates"], pairs, strict=True) if pair["same"] is not False]
        return {
            "duplicates": kept,
            "pairs": pairs,
            "near_from": document["limit"],
            "more_pairs": document["more"],
            "more_identical": document["more_identical"],
        }


def audit(
    store: EmotionStore,
    *,
    target: str = "emotion_given",
    listen: bool = True,
    fragile: bool = False,
    encoder: Encoder | None = None,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Audit:
    """Look for copies, outliers, hubs, suspicious labels and quality flags, and for fragile winners where asked.

    Labels that somebody listened to and decided on (``Decisions``) are suspicious no more.

    Copies and outliers are told in the raw space, where two copies are one point whoever is said to speak; the
    neighbours that vote on labels in the speaker-centred one.

    Args:
        store: the store.
        target: the column of labels.
        listen: compare the waveforms of near pairs; audio that is away is said.
        fragile: change every clip a little, embed it again and see whose winner flips: as slow as building the store
            seven times.
        encoder: the one the store was built with, for ``fragile``; None loads it by its name.
        seed: of the folds that judge labels, and of the noise.
        progress: called while it works.

    Raises:
        StoreError: an unknown column, a seed that is none, or a log of decisions that cannot be read.
        HeadError: fragile winners are asked for where no head names one.
    """
    seed = as_seed(seed)
    decided, passed_over = _decided(store, target)
    geometry, centred = (Geometry(store, space, progress=progress) for space in (Space.RAW, Space.SPEAKER_CENTRED))
    pairs = duplicates(geometry)
    near = [pair for pair in pairs.pairs if pair.how is How.NEAR]
    labels, unlabelled = None, None
    try:
        labels = audit_labels(store, target=target, graph=centred.graph, decided=decided, seed=seed, progress=progress)
    except EmptySelectionError as error:
        unlabelled = str(error)
    return Audit(
        duplicates=pairs,
        checked=tuple(check(store, near, progress=progress)) if listen else (),
        outliers=outliers(geometry),
        hubs=hubs(geometry),
        labels=labels,
        unlabelled=unlabelled,
        quality=flagged(store),
        notes=(*geometry.notes, *centred.notes, *passed_over),
        fragile=survival(store, encoder=encoder, seed=seed, progress=progress) if fragile else None,
    )


def _decided(store: EmotionStore, target: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Clips whose label somebody decided on after listening, and what to know about the log.

    A decision on another label than the clip has now, or was given then, is on something else: it does not count.
    """
    log = Decisions(store.path).read()
    target = TARGETS.get(target, target)
    made = {segment_id: d for (segment_id, _), d in log.latest(LABEL).items()}
    if not made or target not in store.columns:
        return frozenset(), log.notes
    table = store.segments(["segment_id", target])
    now = zip(table["segment_id"], as_text(table[target]), strict=True)
    return frozenset(i for i, label in now if i in made and label in (made[i].given, made[i].decided)), log.notes
