"""A calibration and what it is worth, each figure measured on groups that had no part in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emoanalytics.embed.heads import folds as grouped
from emoanalytics.embed.heads.abstain import FEWEST_KEPT, abstain_line
from emoanalytics.embed.heads.calibration import FOLDS, Chosen, Method, choose, logits_of
from emoanalytics.embed.heads.conformal import SetKind, SetRule, set_rule
from emoanalytics.embed.heads.reliability import RESAMPLES, Reliability, reliability
from emoanalytics.errors import HeadError
from emoanalytics.statistics.shares import share_interval

FEWEST_CLIPS = 50
EVIDENT = 0.05  # an error that is surely larger than this is evident
TOLERATED = 0.10  # an error that might be larger than this is too much for a probability
FEWEST_SPEAKERS = 10  # fewer say too little about others, and their intervals are too short
FEWEST_HEARD = 2  # where listeners always say the same, nothing tells a good score from a bad one


@dataclass(frozen=True)
class LabelSets:
    """Label sets by one rule, measured on speakers that had no part in the rule.

    Attributes:
        rule: the rule fitted on all clips.
        held_out: share of listeners' answers that sets held, each clip's set by a rule that never saw its group.
        low: lower end of its 95 % interval over groups; None where there are fewer than five groups.
        high: its upper end.
        size: mean number of labels in a set.
        single: share of sets with one label.
    """

    rule: SetRule
    held_out: float
    low: float | None
    high: float | None
    size: float
    single: float


@dataclass(frozen=True)
class AbstainLine:
    """Above which score a winner is right as often as wanted.

    Attributes:
        wanted: mean share of listeners who hear the winner.
        score: the line, fitted on all clips; None where no line does, or where on speakers left out of it the winners
            were right less often than wanted: not enough evidence.
        kept: share of clips at or above the line, each by a line that never saw its group; None without a line.
        right: their mean share of listeners who hear the winner.
        low: lower end of its 95 % interval over groups; None where there are fewer than five groups.
        high: its upper end.
    """

    wanted: float
    score: float | None
    kept: float | None
    right: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Calibrated:
    """A correction of scores, and how well corrections made the same way do on groups they never saw.

    Attributes:
        chosen: the correction fitted on all clips, and how each method did.
        scores: (n, labels) float32: each clip's corrected scores, method and numbers chosen without its group.
        before: reliability of the scores as they came.
        after: reliability of ``scores``; that of the scores as they came where nothing is corrected.
        sets: label sets, by the kind that was asked for first.
        lines: abstain lines.
        heard: labels that listeners of some clip chose most.
        seed: of folds and bootstrap.
        in_vain: scores are corrected, since that was asked for, and the choice between this correction and none would
            have fallen on none: it does better on unseen groups, or about as well.
    """

    chosen: Chosen
    scores: np.ndarray
    before: Reliability
    after: Reliability
    sets: tuple[LabelSets, ...]
    lines: tuple[AbstainLine, ...]
    heard: int
    seed: int
    in_vain: bool = False

    @property
    def trusted(self) -> bool:
        """Whether the winner's corrected score may be called calibrated.

        It may when the error left on unseen groups is not surely above 0.05 and not possibly above 0.10, measured on
        ten groups or more, whose listeners heard two labels or more. Of the other labels' scores nothing is known.
        """
        low, high = self.after.low, self.after.high
        enough = self.after.groups >= FEWEST_SPEAKERS and self.heard >= FEWEST_HEARD
        return enough and low is not None and high is not None and low <= EVIDENT and high <= TOLERATED


def calibrated(
    labels: Sequence[str],
    scores: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    *,
    coverage: float = 0.9,
    kinds: Sequence[SetKind] = tuple(SetKind),
    wanted: Sequence[float] = (0.8, 0.9),
    methods: Sequence[Method] = tuple(Method),
    seed: int = 0,
    resamples: int = RESAMPLES,
    progress: Callable[[int, int, str], None] | None = None,
) -> Calibrated:
    """Calibrate scores, nested: method, correction, sets and lines never see the group they are measured on.

    Where all clips together choose to correct nothing, it is the scores as they came that are measured, with sets and
    lines that never see the group: those are the scores that will be used.

    Args:
        labels: names of the labels.
        scores: (n, labels) scores in 0..1, rows sum to 1, from a head that never heard the clip's speaker.
        targets: (n, labels) shares of listeners, rows sum to 1.
        groups: (n,) group (speaker) numbers.
        coverage: share of listeners' answers that label sets are to hold.
        kinds: kinds of label sets.
        wanted: shares of right winners to find abstain lines for.
        methods: corrections to choose from. Without ``none`` among them, how it does is measured all the same.
        seed: of folds and bootstrap.
        resamples: draws of the groups for the calibration errors.
        progress: called with ``(done, total, note)`` after each fold.

    Raises:
        HeadError: fewer than fifty clips, fewer than three groups, or shares and scores that are none.
    """
    _check(labels, scores, targets, groups)
    for share in wanted:
        if not 0 < share <= 1:
            raise HeadError(f"the wanted share of right winners lies between 0 and 1, such as 0.8, not {share}")
    logits = logits_of(scores)
    chosen = choose(labels, logits, targets, groups, methods=methods, seed=seed)
    unchanged = chosen.calibrator.method == Method.NONE
    used = (Method.NONE,) if unchanged else methods
    after = np.zeros(targets.shape, dtype=np.float32)
    inside = {kind: np.zeros(targets.shape, dtype=bool) for kind in kinds}
    kept = {share: np.zeros(len(targets), dtype=bool) for share in wanted}
    plan = grouped.split(targets.argmax(axis=1), groups, None, default=FOLDS, seed=seed)
    for number, held in enumerate(plan):
        mine = np.isin(groups, held)
        known, truth, who = logits[~mine], targets[~mine], groups[~mine]
        without = choose(labels, known, truth, who, methods=used, seed=seed)
        after[mine] = without.calibrator.scores(scores[mine])
        for kind, members in inside.items():
            members[mine] = set_rule(without.scores, truth, who, coverage=coverage, kind=kind).members(after[mine])
        for share, above in kept.items():
            line = abstain_line(without.scores, truth, share)
            above[mine] = after[mine].max(axis=1) >= (np.inf if line is None else line)
        if progress:
            progress(number + 1, len(plan) + 1, "")
    in_vain = False
    if Method.NONE not in methods:
        freely = choose(labels, logits, targets, groups, methods=(Method.NONE, chosen.calibrator.method), seed=seed)
        chosen, in_vain = replace(chosen, losses=freely.losses), freely.calibrator.method == Method.NONE
    sets = []
    for kind, members in inside.items():
        rule = set_rule(chosen.scores, targets, groups, coverage=coverage, kind=kind)
        sets.append(_sets(rule, members, targets, groups, seed))
    right = targets[np.arange(len(targets)), after.argmax(axis=1)]
    lines = [_line(share, chosen.scores, targets, right, kept[share], groups, seed) for share in wanted]
    before = reliability(scores, targets, groups, seed=seed, resamples=resamples)
    after.flags.writeable = False
    if progress:
        progress(len(plan) + 1, len(plan) + 1, "")
    return Calibrated(
        chosen=chosen,
        scores=after,
        before=before,
        after=before if unchanged else reliability(after, targets, groups, seed=seed, resamples=resamples),
        sets=tuple(sets),
        lines=tuple(lines),
        heard=len(np.unique(targets.argmax(axis=1))),
        seed=seed,
        in_vain=in_vain,
    )


def _check(labels: Sequence[str], scores: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
    shape = (len(groups), len(labels))
    if scores.shape != shape or targets.shape != shape:
        raise HeadError(f"a calibration needs scores and shares of shape {shape}, got {scores.shape}, {targets.shape}")
    for name, values in (("scores", scores), ("shares of listeners", targets)):
        bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 0.01)
        if bad.any():
            raise HeadError(f"row {int(np.flatnonzero(bad)[0])}: {name} are numbers from 0 to 1 that sum to 1")
    if len(groups) < FEWEST_CLIPS:
        raise HeadError(
            f"a calibration needs at least {FEWEST_CLIPS} labelled clips, got {len(groups)}: listen to "
            f"{FEWEST_CLIPS - len(groups)} more"
        )
    n_groups = len(np.unique(groups))
    if n_groups < 3:
        raise HeadError(
            f"a calibration needs labelled clips of at least 3 speakers, got {n_groups}: with fewer nothing can be "
            "said about a voice it was not fitted on"
        )


def _sets(rule: SetRule, members: np.ndarray, targets: np.ndarray, groups: np.ndarray, seed: int) -> LabelSets:
    held, sizes = (targets * members).sum(axis=1), members.sum(axis=1)
    low, high = share_interval(held, np.ones(len(held)), groups, seed=seed)
    return LabelSets(rule, float(held.mean()), low, high, float(sizes.mean()), float((sizes == 1).mean()))


def _line(
    wanted: float,
    scores: np.ndarray,
    targets: np.ndarray,
    right: np.ndarray,
    kept: np.ndarray,
    groups: np.ndarray,
    seed: int,
) -> AbstainLine:
    line = abstain_line(scores, targets, wanted)
    if line is None or kept.sum() < FEWEST_KEPT:
        return AbstainLine(wanted, None, None, None, None, None)
    measured = float(right[kept].mean())
    if measured < wanted:
        return AbstainLine(wanted, None, None, None, None, None)
    low, high = share_interval(right, kept.astype(np.float64), groups, seed=seed)
    return AbstainLine(wanted, line, float(kept.mean()), measured, low, high)
