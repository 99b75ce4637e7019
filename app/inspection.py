"""What deserves a second look in a store, shared by all sessions: who asks first computes, the others find it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from app.geometry import Progress, Shared
from emoanalytics import (
    Checked,
    Duplicate,
    Duplicates,
    EmotionStore,
    Fragility,
    Geometry,
    Hubs,
    LabelAudit,
    Outliers,
    ToReview,
    audit_labels,
    check_copies,
    duplicates,
    flagged,
    hubs,
    keep_fragility,
    kept_fragility,
    outliers,
    review_queue,
)

MOST_SHAKEN = 500  # clips changed a little and embedded anew: minutes
MOST_HEARD = 50  # near pairs whose waveforms are compared before the queue stands; more are when they are shown
MOST_FITTED = 20_000  # clips on whose labels heads are fitted unasked; of more it takes minutes
MOST_LABELS = 1_000  # in the queue; nobody listens to more in one go


class Inspection:
    """The audits of a store, each made when it is asked for.

    Args:
        store: the store.
        raw: its raw space, where two copies are one point whoever is said to speak.
        centred: its speaker-centred space, whose neighbours vote on labels.
    """

    def __init__(self, store: EmotionStore, raw: Shared, centred: Shared) -> None:
        self._store, self._raw, self._centred = store, raw, centred
        self._lock = Lock()
        self._duplicates: Duplicates | None = None
        self._outliers: Outliers | None = None
        self._hubs: Hubs | None = None
        self._quick: LabelAudit | None = None
        self._thorough: LabelAudit | None = None
        self._heard: dict[tuple[str, str], Checked] = {}
        self._fragility = kept_fragility(store)
        self._queue: tuple[LabelAudit | None, Fragility | None, tuple[ToReview, ...]] | None = None

    def duplicates(self, progress: Progress | None = None) -> Duplicates:
        """Pairs of clips that are, or may be, the same."""
        with self._lock:
            if self._duplicates is None:
                self._duplicates = self._raw.ask(duplicates, progress)
            return self._duplicates

    def heard(self, pairs: Sequence[Duplicate], progress: Progress | None = None) -> list[Checked]:
        """What listening says of some pairs, one each."""
        with self._lock:
            new = [pair for pair in pairs if (pair.first, pair.second) not in self._heard]
            for checked in check_copies(self._store, new, progress=progress):
                self._heard[checked.pair.first, checked.pair.second] = checked
            return [self._heard[pair.first, pair.second] for pair in pairs]

    def outliers(self, progress: Progress | None = None) -> Outliers:
        """How far each clip stands out."""
        with self._lock:
            if self._outliers is None:
                self._outliers = self._raw.ask(outliers, progress)
            return self._outliers

    def hubs(self, progress: Progress | None = None) -> Hubs:
        """How often each clip is among another's nearest."""
        with self._lock:
            if self._hubs is None:
                self._hubs = self._raw.ask(hubs, progress)
            return self._hubs

    @property
    def thorough(self) -> bool:
        """Whether the labels were judged anew, neighbours and all."""
        return self._thorough is not None

    @property
    def labels_at_once(self) -> bool:
        """Whether labels can be judged unasked: by stored scores of heads that never heard the speaker, or quickly."""
        head = self._store.head()
        return len(self._store) <= MOST_FITTED or (head is not None and head["report"].get("target") == "emotion_given")

    def labels(self, *, thorough: bool, progress: Progress | None = None) -> LabelAudit:
        """Which given labels may be wrong.

        Args:
            thorough: fit heads on the labels as they are and let the neighbours vote; else take the stored scores
                where they come from heads that never heard the speaker.
            progress: called while it works.

        Raises:
            EmptySelectionError: no clip has a label.
        """
        with self._lock:
            if self._thorough is not None:
                return self._thorough
            if thorough:
                graph = self._centred.ask(lambda geometry: geometry.graph, progress)
                self._thorough = audit_labels(self._store, graph=graph, most=MOST_LABELS, progress=progress)
                return self._thorough
            if self._quick is None:
                self._quick = audit_labels(self._store, refit=False, most=MOST_LABELS, progress=progress)
            return self._quick

    @property
    def fragility(self) -> Fragility | None:
        """Which winners survive small changes; None: nobody asked yet."""
        return self._fragility

    def shake(self, progress: Progress | None = None) -> Fragility:
        """See which winners survive small changes of the sound; it is kept beside the store.

        Raises:
            EmoAnalyticsError: the store has no head, its audio is away, or its encoder cannot be loaded.
        """
        with self._lock:
            if self._fragility is None:
                self._fragility = keep_fragility(self._store, most=MOST_SHAKEN, progress=progress)
            return self._fragility

    def queue(self, labels: LabelAudit | None, progress: Progress | None = None) -> tuple[ToReview, ...]:
        """What to listen to next.

        Args:
            labels: the audit of the labels, where there are any.
            progress: called while what it needs is made for the first time.
        """
        copies, far = self.duplicates(progress), self.outliers(progress)
        near = [pair for pair in copies.pairs if pair.how == "near"]
        heard = self.heard(near, progress) if len(near) <= MOST_HEARD else []
        with self._lock:
            if self._queue is None or self._queue[0] is not labels or self._queue[1] is not self._fragility:
                found = review_queue(
                    labels=labels, copies=copies, checked=heard, outliers=far, fragile=self._fragility,
                    flags=flagged(self._store),
                )  # fmt: skip
                self._queue = (labels, self._fragility, found)
            return self._queue[2]

    @property
    def unheard(self) -> int:
        """Near pairs that stand in the queue though nobody compared their waveforms: they are too many for that."""
        near = sum(pair.how == "near" for pair in self.duplicates().pairs)
        return near if near > MOST_HEARD else 0

    def nearest(self, segment_id: str, most: int) -> list[str]:
        """The clips nearest to one, nearest first."""

        def near(geometry: Geometry) -> list[str]:
            ids = geometry.vectors.ids
            rows = geometry.graph.rows[ids.get_loc(segment_id)][:most]
            return [str(ids[row]) for row in rows if row >= 0]

        return self._raw.ask(near)
