"""What an audit of labels found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from emoanalytics.labels import Language
from emoanalytics.views.labels_audit.corpus import Balance, Leaks, OneLabel


@dataclass(frozen=True)
class SuspectLabel:
    """A clip whose given label may be wrong.

    Attributes:
        segment_id: the clip.
        given: its label.
        suggested: the other label that scores highest.
        score: 0..1, larger is more suspicious; not a probability of being wrong.
        likely: another label is confidently there (see ``suspicion.confident``).
        file: where it comes from.
        speaker: who speaks; None: not named.
    """

    segment_id: str
    given: str
    suggested: str
    score: float
    likely: bool
    file: str
    speaker: str | None


@dataclass(frozen=True)
class LabelAudit:
    """An audit of the given labels.

    Attributes:
        target: the column of labels.
        group: the column of speakers.
        clips: looked at.
        labelled: clips with a label.
        audited: labelled clips that a model which has not heard their speaker could judge.
        alone: labelled clips whose label nobody else gave, so that no such model knows it.
        unnamed: labelled clips that name no speaker.
        labels: the most suspicious first.
        likely: how many audited clips confidently have another label.
        decided: clips somebody decided on; they are not in ``labels``.
        why_not: one line on why no label could be audited, or None.
        uar: unweighted average recall of the models on speakers they have not heard; ``uar_low, uar_high`` its 95 %
            interval; None without a model. Where it is low, so is the worth of the order.
        uar_low: see ``uar``.
        uar_high: see ``uar``.
        chance: recall of guessing.
        centred: embeddings were centred by speaker.
        neighbours: neighbours voted.
        balance: how many clips have each label.
        one_label: speakers with one label only.
        contradictions: clips of identical audio with different labels.
        leaks: across the split; None: there is none.
        notes: what else to know.
        seed: of the folds.
    """

    target: str
    group: str
    clips: int
    labelled: int
    audited: int
    alone: int
    unnamed: int
    labels: tuple[SuspectLabel, ...]
    likely: int
    decided: int
    why_not: str | None
    uar: float | None
    uar_low: float | None
    uar_high: float | None
    chance: float | None
    centred: bool
    neighbours: bool
    balance: Balance
    one_label: OneLabel
    contradictions: tuple[tuple[str, ...], ...]
    leaks: Leaks | None
    notes: tuple[str, ...]
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``; ``labels`` are the rows of the audit."""
        return _plain({**asdict(self), "sentences": self.said()})

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What was found and how far it can be trusted, in sentences."""
        from emoanalytics.views.labels_audit.words import sentences

        return sentences(self, Language(language))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
