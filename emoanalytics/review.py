"""What to listen to next: one queue over everything an audit finds, each clip with the reasons why it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.listening.fragile import Fragility
from emoanalytics.listening.same_audio import Checked
from emoanalytics.statistics.values import as_text
from emoanalytics.store.decisions import Decision
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit import Duplicates, Outliers
from emoanalytics.views.audit.duplicates import How
from emoanalytics.views.labels_audit import LabelAudit

LABEL = "label"  # the kind of a decision on a given label
UNSURE = "label-unsure"  # listened to, and left open


class Why(StrEnum):
    """Why a clip deserves to be heard."""

    LABEL = "label"  # another label is confidently there
    COPY = "copy"  # it is, or may be, the same as another clip
    OUTLIER = "outlier"  # unlike its neighbours
    FRAGILE = "fragile"  # its winner does not survive small changes of the sound
    QUALITY = "quality"  # flagged


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes:
        why: of which kind.
        rank: place among the clips with a reason of this kind, from 0, the most urgent.
        value: suspicion, similarity of the copy, outlier factor, or share of changes survived; None for a flag.
        label: the label suggested, or the winner that is fragile.
        other: the clip it is a copy of.
        details: quality flags, or the changes that flip the winner.
    """

    why: Why
    rank: int
    value: float | None = None
    label: str | None = None
    other: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToReview:
    """A clip of the queue.

    Attributes:
        segment_id: the clip.
        reasons: why, in the order of `Why`; a clip has one of a kind at most.
    """

    segment_id: str
    reasons: tuple[Reason, ...]

    @property
    def kinds(self) -> frozenset[Why]:
        """The kinds of its reasons."""
        return frozenset(reason.why for reason in self.reasons)


def review_queue(
    *,
    labels: LabelAudit | None = None,
    copies: Duplicates | None = None,
    checked: Iterable[Checked] = (),
    outliers: Outliers | None = None,
    fragile: Fragility | None = None,
    flags: Mapping[str, Sequence[str]] | None = None,
) -> tuple[ToReview, ...]:
    """One queue of all that was found.

    First come clips with more reasons, then those most urgent among their kind, then the kinds in the order of `Why`:
    so the kinds take turns, and none waits for another to end. Of a label audit only labels for which another one is
    confidently there are taken; of a pair of copies the one later in the store, which is what one would remove, once
    with its nearest; of pairs that were heard to be different sounds none.

    Args:
        labels: suspicious labels.
        copies: identical and near clips.
        checked: what listening says of near pairs.
        outliers: clips unlike their neighbours.
        fragile: winners that small changes flip.
        flags: segment ids with each quality flag.
    """
    found: dict[str, list[Reason]] = {}
    for reasons in (
        _labels(labels),
        _copies(copies, checked),
        _outliers(outliers),
        _fragile(fragile),
        _flagged(flags or {}),
    ):
        for key, reason in reasons.items():
            found.setdefault(key, []).append(reason)
    queue = [ToReview(key, tuple(reasons)) for key, reasons in found.items()]
    place = {why: number for number, why in enumerate(Why)}
    # The sort is stable, and what is equal so far stands in the order in which it was found.
    return tuple(sorted(queue, key=lambda c: (-len(c.reasons), *min((r.rank, place[r.why]) for r in c.reasons))))


def _labels(audit: LabelAudit | None) -> dict[str, Reason]:
    likely = [suspect for suspect in audit.labels if suspect.likely] if audit else []
    return {s.segment_id: Reason(Why.LABEL, rank, s.score, label=s.suggested) for rank, s in enumerate(likely)}


def _copies(found: Duplicates | None, checked: Iterable[Checked]) -> dict[str, Reason]:
    other_sound = {(c.pair.first, c.pair.second) for c in checked if c.agreement is not None and not c.agreement.same}
    reasons: dict[str, Reason] = {}
    for pair in found.pairs if found else ():
        heard_different = pair.how is How.NEAR and (pair.first, pair.second) in other_sound
        if pair.second not in reasons and not heard_different:
            reasons[pair.second] = Reason(
                Why.COPY, len(reasons), pair.similarity, other=pair.first, details=(str(pair.how),)
            )
    return reasons


def _outliers(found: Outliers | None) -> dict[str, Reason]:
    if found is None:
        return {}
    return {
        str(found.ids[row]): Reason(Why.OUTLIER, rank, float(found.factors[row])) for rank, row in enumerate(found.rows)
    }


def _fragile(found: Fragility | None) -> dict[str, Reason]:
    clips = found.fragile if found else ()
    return {
        c.segment_id: Reason(Why.FRAGILE, rank, c.survived, label=c.winner, details=tuple(c.flips))
        for rank, c in enumerate(clips)
    }


def _flagged(flags: Mapping[str, Sequence[str]]) -> dict[str, Reason]:
    of: dict[str, list[str]] = {}
    for flag, keys in flags.items():
        for key in keys:
            of.setdefault(key, []).append(flag)
    worst = sorted(of, key=lambda key: -len(of[key]))
    return {key: Reason(Why.QUALITY, rank, details=tuple(of[key])) for rank, key in enumerate(worst)}


def reviewed(store: EmotionStore, decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The clips somebody listened to and decided on, with the decision that holds.

    A decision on another label than the clip has now, or was given then, is on something else: it does not count.

    Args:
        store: the store.
        decisions: those that stand, oldest first; of any kind.
    """
    made = {d.segment_id: d for d in decisions if d.kind in (LABEL, UNSURE)}
    if not made:
        return {}
    rows = store.segments(["segment_id", "emotion_given"])
    now = dict(zip(rows["segment_id"], as_text(rows["emotion_given"]), strict=True))
    return {key: d for key, d in made.items() if key in now and now[key] in (d.given, d.decided)}
