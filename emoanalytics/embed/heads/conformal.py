"""Label sets that hold what listeners say with a stated probability: conformal prediction, speaker by speaker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emoanalytics.errors import HeadError

FEWEST_SPEAKERS = 10  # to say something about new ones


class SetKind(StrEnum):
    """How labels are ranked into a set."""

    LAC = "lac"  # every label above one score: the smallest sets on average (Sadinle, Lei and Wasserman 2019)
    APS = "aps"  # the best labels until their sum is enough: sizes follow difficulty (Romano, Sesia and Candes 2020)


class Holds(StrEnum):
    """For whom the stated coverage holds."""

    NEW_SPEAKERS = "new_speakers"
    SAME_SPEAKERS = "same_speakers"


@dataclass(frozen=True)
class SetRule:
    """Which labels belong to a clip's set.

    Attributes:
        kind: how labels are ranked.
        coverage: the share of listeners' answers that sets are to hold.
        threshold: labels up to this nonconformity are in; infinite where the evidence allows nothing less than all.
        holds: for whom: speakers never heard, on average, or only further clips of speakers like these.
    """

    kind: SetKind
    coverage: float
    threshold: float
    holds: Holds

    def members(self, scores: np.ndarray) -> np.ndarray:
        """(n, labels) scores -> (n, labels) bool; the winner is always in.

        >>> SetRule(SetKind.LAC, 0.9, 0.7, Holds.NEW_SPEAKERS).members(np.array([[0.6, 0.3, 0.1]])).tolist()
        [[True, True, False]]
        """
        inside = nonconformity(scores, self.kind) <= self.threshold + 1e-9
        inside[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return inside


def nonconformity(scores: np.ndarray, kind: SetKind) -> np.ndarray:
    """(n, labels) how little each label fits: 1 - score (LAC), or the sum of scores down to and with it (APS).

    >>> nonconformity(np.array([[0.5, 0.125, 0.375]]), SetKind.APS).tolist()
    [[0.5, 1.0, 0.875]]
    """
    p = np.asarray(scores, dtype=np.float64)
    if kind == SetKind.LAC:
        return 1 - p
    order = np.argsort(-p, axis=1, kind="stable")
    found = np.empty_like(p)
    np.put_along_axis(found, order, np.cumsum(np.take_along_axis(p, order, axis=1), axis=1), axis=1)
    return found


def set_rule(
    scores: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    *,
    coverage: float = 0.9,
    kind: SetKind = SetKind.LAC,
) -> SetRule:
    """The threshold that holds the wanted share of listeners' answers.

    Clips of one speaker are alike, so what matters for a new speaker is how speakers differ. With ten speakers or more
    every speaker weighs the same (pooled distribution functions: Dunn, Wasserman and Ramdas, "Distribution-free
    prediction sets for two-layer hierarchical models", 2023), and the share holds on average over new speakers: a
    statement for many speakers, on simulated ones within 0.89-0.91 from ten on, and for no single one of them. With
    fewer, clips weigh the same and the share holds for further clips of speakers like these (split conformal, Vovk et
    al. 2005). One more clip counts as missed. A clip with several listeners counts each label by its share of them
    (Stutz et al., "Conformal prediction under ambiguous ground truth", 2023): the set holds a random listener's answer.

    Args:
        scores: (n, labels) scores of clips that the correction was not fitted on (cross-conformal, Vovk 2015: exact up
            to how little one fold changes the correction).
        targets: (n, labels) shares of listeners.
        groups: (n,) group numbers.
        coverage: wanted share in 0..1.
        kind: how labels are ranked.

    Raises:
        HeadError: the coverage is not between 0 and 1.
    """
    if not 0 < coverage < 1:
        raise HeadError(f"coverage is a share between 0 and 1, such as 0.9, not {coverage}")
    _, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    n = len(groups)
    if len(sizes) >= FEWEST_SPEAKERS:
        holds, weight = Holds.NEW_SPEAKERS, n / (n + 1) / (len(sizes) * sizes[number])
    else:
        holds, weight = Holds.SAME_SPEAKERS, np.full(n, 1 / (n + 1))
    found = nonconformity(scores, kind).ravel()
    order = np.argsort(found, kind="stable")
    reached = np.cumsum((targets * weight[:, None]).ravel()[order])
    at = int(np.searchsorted(reached, coverage - 1e-12))
    threshold = float(found[order[at]]) if at < len(found) else np.inf
    return SetRule(SetKind(kind), coverage, threshold, holds)
