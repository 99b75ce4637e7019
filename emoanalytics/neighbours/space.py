"""The spaces neighbours are looked for in: where a clip's point lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import sparse

from emoanalytics.errors import StoreError

# A point this much shorter than its embedding is what rounding left of nothing: it has no direction.
_NOTHING = 1e-6


class Space(StrEnum):
    """Where a clip's point lies.

    Raises:
        StoreError: there is no space of that name.
    """

    RAW = "raw"
    SPEAKER_CENTRED = "speaker-centred"

    @classmethod
    def _missing_(cls, value: object) -> Space:
        raise StoreError(f"a space is one of {', '.join(cls)}, not {value!r}")


@dataclass(frozen=True)
class Centres:
    """What is subtracted from an embedding: the mean of its speaker, shrunk towards the mean of all clips.

    A speaker's mean is moved by ``prior / (n + prior)`` of the way to the mean of all, where ``prior`` is the
    variance within speakers over the variance between them (clips that a speaker's own mean is worth): the
    empirical-Bayes estimate of Efron and Morris (1975, JASA 70:311), with the variances by analysis of variance
    (Searle, Casella and McCulloch 1992, ch. 3), pooled over dimensions. So a speaker of one clip keeps nearly all of
    it, a speaker of a hundred loses the voice. What a speaker is *always* (angry in every clip) is lost with it.

    Attributes:
        means: (speakers + 1, d) float32; the last row is for clips that name no speaker.
        prior: clips; infinite where speakers do not differ, or cannot be compared.
    """

    means: np.ndarray
    prior: float

    @classmethod
    def of(cls, blocks: Iterable[np.ndarray], speakers: np.ndarray) -> Centres:
        """Estimate them.

        Args:
            blocks: the embeddings in order, (m, d) each.
            speakers: (n,) number of each row's speaker, -1: none named.
        """
        n_speakers = int(speakers.max(initial=-1)) + 1
        sums: np.ndarray | None = None
        squares, start = 0.0, 0
        for block in blocks:
            codes = speakers[start : start + len(block)]
            start += len(block)
            exact = block.astype(np.float64)
            place = np.where(codes < 0, n_speakers, codes)
            ones = sparse.csr_matrix(
                (np.ones(len(block)), (place, np.arange(len(block)))), shape=(n_speakers + 1, len(block))
            )
            sums = ones @ exact if sums is None else sums + ones @ exact
            named = exact[codes >= 0]
            squares += float(np.einsum("ij,ij->", named, named))
        if sums is None:
            return cls(np.zeros((1, 0), np.float32), np.inf)
        counts = np.bincount(speakers[speakers >= 0], minlength=n_speakers).astype(np.float64)
        overall = sums.sum(axis=0) / max(len(speakers), 1)
        own = sums[:-1] / np.maximum(counts, 1)[:, None]
        prior = _prior(own, counts, squares)
        kept = counts / (counts + prior) if np.isfinite(prior) else np.zeros(n_speakers)
        means = np.vstack([overall + kept[:, None] * (own - overall), overall])
        return cls(means.astype(np.float32), prior)

    def __post_init__(self) -> None:
        self.means.flags.writeable = False


def _prior(own: np.ndarray, counts: np.ndarray, squares: float) -> float:
    """Variance within speakers over variance between them, both summed over the dimensions."""
    n, speakers = counts.sum(), len(counts)
    if speakers < 2 or n <= speakers:
        return np.inf
    within = max(squares - float(counts @ np.einsum("ij,ij->i", own, own)), 0.0) / (n - speakers)
    middle = counts @ own / n
    spread = float(counts @ np.einsum("ij,ij->i", own - middle, own - middle)) / (speakers - 1)
    between = (spread - within) / ((n - counts @ counts / n) / (speakers - 1))
    return within / between if between > 0 else np.inf


def scales(own: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(n,) float32 that make points of lengths ``own`` as long as 1; 0 for what is nothing beside its embedding.

    >>> scales(np.array([0.5, 0.0, 1e-9]), np.array([1.0, 0.0, 1.0])).tolist()
    [2.0, 0.0, 0.0]
    """
    found = own > _NOTHING * lengths
    return np.divide(1.0, own, out=np.zeros_like(own), where=found).astype(np.float32)
