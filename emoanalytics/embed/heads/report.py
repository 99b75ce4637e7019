"""FitReport: how well heads do on speakers they never heard, and what to know before quoting it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emoanalytics.embed.heads import folds as grouped
from emoanalytics.embed.heads.head import Head
from emoanalytics.embed.heads.labelled import Labelled
from emoanalytics.embed.heads.learning import LearningCurve
from emoanalytics.notes import Note

FEW_GROUPS = 10  # an interval over fewer is rough, and the report says so


class Scaling(StrEnum):
    """How a head's inputs are scaled for the regularised fit; the fitted head absorbs it."""

    EACH = "each"  # every dimension to unit variance
    COMMON = "common"  # all by one number: dimensions keep the encoder's own proportions


@dataclass(frozen=True)
class Fold:
    """What a head scored on the groups it never heard.

    Attributes:
        groups: the groups held out.
        rows: rows held out that could be tested: their label occurs in the other groups.
        accuracy: share of them that are right; NaN when there are none.
        uar: unweighted average recall over the labels that occur in them; NaN when there are none.
        c: inverse regularisation strength, chosen on the other groups.
        scaling: input scaling, chosen on the other groups.
    """

    groups: tuple[str, ...]
    rows: int
    accuracy: float
    uar: float
    c: float
    scaling: Scaling


@dataclass(frozen=True)
class GroupResult:
    """How well heads that never heard a group (a speaker) do on it.

    Attributes:
        group: its name.
        rows: its rows that could be tested.
        accuracy: share of them that are right.
        uar: unweighted average recall over the labels that occur in them.
    """

    group: str
    rows: int
    accuracy: float
    uar: float


@dataclass(frozen=True)
class FitReport:
    """A fitted head, and how well heads fitted the same way do on groups (speakers) they never heard.

    Attributes:
        head: fitted on every labelled row.
        classes: the labels, sorted; the head's rows.
        out_of_fold: (n, labels) float32: each row's scores from a head that never heard its group. Rows without a
            label are scored too; a row without a group is NaN.
        folds: one entry a fold.
        accuracy: share of right rows over all folds; ``accuracy_low, accuracy_high`` its 95 % interval.
        accuracy_low: see ``accuracy``.
        accuracy_high: see ``accuracy``.
        uar: unweighted average recall over all folds' rows; ``uar_low, uar_high`` its 95 % interval.
        uar_low: see ``uar``; bootstrap over groups.
        uar_high: see ``uar``.
        confusion: (labels, labels) int64 over all folds; rows the given label, columns the predicted one.
        c: inverse regularisation strength of ``head``.
        scaling: input scaling of ``head``.
        rows: labelled rows used.
        groups: groups among them.
        centred: the head reads embeddings from which the group's mean was subtracted.
        notes: what a reader should know before quoting a figure.
        by_group: each tested group's figures, worst recall first.
        learning: how recall grew with the labels, and what more would bring; None when it was not measured.
    """

    head: Head
    classes: tuple[str, ...]
    out_of_fold: np.ndarray
    folds: tuple[Fold, ...]
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    uar: float
    uar_low: float
    uar_high: float
    confusion: np.ndarray
    c: float
    scaling: Scaling
    rows: int
    groups: int
    centred: bool
    notes: tuple[Note, ...]
    by_group: tuple[GroupResult, ...] = ()
    learning: LearningCurve | None = None


def confusions(scores: np.ndarray, rows: Labelled, mask: np.ndarray) -> np.ndarray:
    """(groups, labels, labels) int64: given by predicted label, over the rows of a mask, group by group."""
    if not mask.any():
        return np.zeros((1, len(rows.classes), len(rows.classes)), dtype=np.int64)
    return grouped.count(scores[mask].argmax(axis=1), rows.y[mask], rows.g[mask], len(rows.classes))


def report(
    rows: Labelled,
    scores: np.ndarray,
    tested: np.ndarray,
    head: Head,
    done: tuple[Fold, ...],
    c: float,
    scaling: Scaling,
    *,
    centre: bool,
    seed: int,
    resamples: int,
    learning: LearningCurve | None = None,
) -> FitReport:
    """Put a report together.

    Args:
        rows: all rows, with and without a label.
        scores: (n, labels) float32, each row's from a head that never heard its group; made read-only.
        tested: (n,) bool: rows whose label the head that scored them could know.
        head: fitted on every labelled row.
        done: the folds.
        c: inverse regularisation strength of ``head``.
        scaling: input scaling of ``head``.
        centre: each group's mean was subtracted.
        seed: of the bootstrap.
        resamples: bootstrap resamples of the groups.
        learning: how recall grew with the labels.
    """
    counts = confusions(scores, rows, tested)
    total = counts.sum(axis=0)
    accuracy_low, accuracy_high = grouped.interval(counts, grouped.accuracy, seed=seed, resamples=resamples)
    uar_low, uar_high = grouped.interval(counts, grouped.uar, seed=seed, resamples=resamples)
    for array in (scores, total):
        array.flags.writeable = False
    return FitReport(
        head=head,
        classes=rows.classes,
        out_of_fold=scores,
        folds=done,
        accuracy=float(grouped.accuracy(total)),
        accuracy_low=accuracy_low,
        accuracy_high=accuracy_high,
        uar=float(grouped.uar(total)),
        uar_low=uar_low,
        uar_high=uar_high,
        confusion=total,
        c=c,
        scaling=scaling,
        rows=int(rows.used.sum()),
        groups=len(np.unique(rows.g[rows.used])),
        centred=centre,
        notes=_notes(rows, tested, centre=centre),
        by_group=_by_group(rows, tested, counts),
        learning=learning,
    )


def _by_group(rows: Labelled, tested: np.ndarray, counts: np.ndarray) -> tuple[GroupResult, ...]:
    found = [
        GroupResult(rows.groups[g], int(c.sum()), float(grouped.accuracy(c)), float(grouped.uar(c)))
        for g, c in zip(np.unique(rows.g[tested]), counts, strict=False)  # nothing tested: one empty confusion
    ]
    return tuple(sorted(found, key=lambda result: (result.uar, result.group)))


def _notes(rows: Labelled, tested: np.ndarray, *, centre: bool) -> tuple[Note, ...]:
    notes = []
    n_groups = len(np.unique(rows.g[rows.used]))
    unlabelled, ungrouped = int((rows.y < 0).sum()), int((rows.g < 0).sum())
    if unlabelled:
        notes.append(
            Note(
                f"{unlabelled} of {len(rows.y)} rows have no label and were left out of the fit",
                f"{len(rows.y)} 行中有 {unlabelled} 行没有标签，未参与训练",
            )
        )
    if ungrouped:
        notes.append(
            Note(
                f"{ungrouped} of {len(rows.y)} rows have no group (speaker) and were left out altogether",
                f"{len(rows.y)} 行中有 {ungrouped} 行没有分组（说话人），完全未计入",
            )
        )
    for i, label in enumerate(rows.classes):
        heard = np.unique(rows.g[rows.used & (rows.y == i)])
        if len(heard) == 1:
            notes.append(
                Note(
                    f"only {rows.groups[heard[0]]} has the label {label!r}: no head could learn it from others, "
                    "so its rows are not in the accuracy and recall",
                    f"只有 {rows.groups[heard[0]]} 有标签 {label!r}：无法从他人学到它，因此准确率和召回率不含这些行",
                )
            )
    rest = int((rows.used & ~tested).sum())
    if rest:
        notes.append(
            Note(
                f"{rest} rows could not be tested: their label is not among the other folds' rows",
                f"{rest} 行无法检验：其他折中没有它们的标签",
            )
        )
    if n_groups < FEW_GROUPS:
        notes.append(
            Note(
                f"{n_groups} groups (speakers) are few: the intervals, which resample them, are rough",
                f"只有 {n_groups} 个分组（说话人）：区间由对其重抽样得出，较为粗略",
            )
        )
    if centre:
        notes.append(
            Note(
                "embeddings are centred by group: figures hold for speakers with several clips",
                "嵌入已按分组去中心：数字适用于有多个片段的说话人",
            )
        )
    return tuple(notes)
