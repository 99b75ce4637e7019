"""What to do with ``other`` and ``unknown``: they are answers of their own, never a kind of neutral."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emoanalytics.errors import HeadError

NOT_NAMED = ("other", "unknown")


class OtherPolicy(StrEnum):
    """What becomes of the scores (or votes) of ``other`` and ``unknown``."""

    KEEP = "keep"  # labels like all others
    DROP = "drop"  # left out; the rest sums to 1 again
    APART = "apart"  # left out of the distribution, and their share shown beside it


@dataclass(frozen=True)
class Named:
    """Distributions after a policy.

    Attributes:
        labels: the labels that are left.
        shares: (n, labels) rows that sum to 1; NaN where everything was ``other`` or ``unknown``, or nothing known.
        apart_labels: what is shown beside; empty unless the policy is ``apart``.
        apart: (n, apart_labels) their shares of the whole.
    """

    labels: tuple[str, ...]
    shares: np.ndarray
    apart_labels: tuple[str, ...]
    apart: np.ndarray


def apply_policy(shares: np.ndarray, labels: Sequence[str], policy: OtherPolicy) -> Named:
    """Apply a policy to scores or votes.

    Args:
        shares: (n, labels) rows that sum to 1.
        labels: their names.
        policy: what becomes of ``other`` and ``unknown``.

    Raises:
        HeadError: no label would be left.

    >>> named = apply_policy(np.array([[0.3, 0.3, 0.4]]), ["angry", "neutral", "other"], OtherPolicy.APART)
    >>> named.labels, named.shares.tolist(), named.apart.tolist()
    (('angry', 'neutral'), [[0.5, 0.5]], [[0.4]])
    """
    values = np.asarray(shares, dtype=np.float64)
    left = np.array([label not in NOT_NAMED for label in labels], dtype=bool)
    if policy == OtherPolicy.KEEP or left.all():
        return Named(tuple(labels), values, (), np.empty((len(values), 0)))
    if not left.any():
        raise HeadError("without other and unknown no label is left: keep them")
    total = values[:, left].sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):  # all of it was other or unknown: NaN says so
        named = np.where(total > 0, values[:, left] / total, np.nan)
    beside = ~left if policy == OtherPolicy.APART else np.zeros(len(labels), dtype=bool)
    names = np.array(labels, dtype=object)
    return Named(tuple(names[left]), named, tuple(names[beside]), values[:, beside])
