"""Calibration: what was corrected, how far it can be relied on, and whether scores may be called calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emoanalytics.embed.heads.calibration import Method
from emoanalytics.embed.heads.conformal import Holds
from emoanalytics.embed.heads.policies import OtherPolicy
from emoanalytics.labels import Language
from emoanalytics.notes import Note
from emoanalytics.views.calibrate import words
from emoanalytics.views.calibrate.held_out import Calibrated, LabelSets


@dataclass(frozen=True)
class Calibration:
    """A store's scores brought in line with what listeners hear, and how far that can be relied on.

    Attributes:
        found: the correction and its figures, all measured on speakers that had no part in it.
        base: the head whose scores were calibrated.
        head_id: the head that was saved; None when it was not.
        active: whether the store now gives its scores.
        labels: the labels it scores.
        group: the column whose values were kept apart: ``speaker``.
        clips: labelled clips used.
        speakers: speakers (or other groups) among them.
        policy: what became of ``other`` and ``unknown``.
        apart: for each label left out by the policy, its mean share of the ``scores`` and of the ``votes``.
        notes: what a reader should know.
        speakers_apart: whether no speaker's clips were on both sides of a fold: so it is where they are grouped by
            speaker, or by a column in whose values every speaker is named and stands once.
    """

    found: Calibrated
    base: str
    head_id: str | None
    active: bool
    labels: tuple[str, ...]
    group: str
    clips: int
    speakers: int
    policy: OtherPolicy
    apart: Mapping[str, Mapping[str, float]]
    notes: tuple[Note, ...]
    speakers_apart: bool = True

    @property
    def calibrated(self) -> bool:
        """Whether the winner's score may be called calibrated; else it stays a model score."""
        return self.found.trusted and self.speakers_apart

    @property
    def idle(self) -> bool:
        """Whether using it would change nothing: no score, no label, and not what the scores may be called."""
        nothing = self.found.chosen.calibrator.method == Method.NONE and self.policy == OtherPolicy.KEEP
        return nothing and not self.calibrated

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json`` and for ``report.json`` of the saved head."""
        correction = self.found.chosen.calibrator
        return {
            "base": self.base,
            "head": self.head_id,
            "active": self.active,
            "calibrated": self.calibrated,
            "labels": list(self.labels),
            "group": self.group,
            "speakers_apart": self.speakers_apart,
            "clips": self.clips,
            "speakers": self.speakers,
            "method": str(correction.method),
            "temperature": correction.temperature,
            "scale": dict(zip(self.labels, correction.scale.tolist(), strict=True)),
            "shift": dict(zip(self.labels, correction.shift.tolist(), strict=True)),
            "in_vain": self.found.in_vain,
            "held_out_loss": {str(m): loss for m, loss in self.found.chosen.losses.items()},
            "before": asdict(self.found.before),
            "after": asdict(self.found.after),
            "sets": [_sets_json(sets, self.group) for sets in self.found.sets],
            "abstain": [asdict(line) for line in self.found.lines],
            "other": str(self.policy),
            "apart": {label: dict(shares) for label, shares in self.apart.items()},
            "seed": self.found.seed,
            "notes": [str(note) for note in self.notes],
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The result in sentences."""
        zh = language == Language.ZH
        return (
            words.error(self.found, self.clips, self.speakers, self.group, zh),
            words.standing(self.calibrated, self.speakers_apart or not self.found.trusted, zh),
            *([words.in_vain(self.found.chosen, self.active, zh)] if self.found.in_vain else ()),
            *(words.sets(sets, self.group, zh) for sets in self.found.sets[:1]),
            *(words.line(line, zh) for line in self.found.lines),
            *(words.apart(label, shares, zh) for label, shares in self.apart.items()),
        )


def _sets_json(sets: LabelSets, group: str) -> dict[str, Any]:
    rule = sets.rule
    return {
        "kind": str(rule.kind),
        "coverage": rule.coverage,
        "threshold": rule.threshold if np.isfinite(rule.threshold) else None,
        "holds": str(rule.holds if group == "speaker" else Holds.SAME_SPEAKERS),
        "held_out": sets.held_out,
        "low": sets.low,
        "high": sets.high,
        "size": sets.size,
        "single": sets.single,
    }
