"""In what a cluster differs from the rest: effect sizes of everything that is heard, tested together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emoanalytics.labels import Language
from emoanalytics.statistics.multiplicity import adjusted
from emoanalytics.views.clusters.facets import Facet
from emoanalytics.views.clusters.heard import Heard

LEAST_EFFECT = 0.33  # Cliff's delta; from here "medium" (Romano et al. 2006)
LEVEL = 0.05
_FEWEST = 5  # clips with a value, on either side
_P_NOTE = (
    "of clips, as if independent, corrected by Holm over all clusters and facets; the clusters were drawn from the "
    "same clips before: it keeps chance out of names and is no evidence of a difference between speakers"
)


@dataclass(frozen=True)
class Departure:
    """How a cluster differs from the rest in one thing.

    Attributes:
        facet: what.
        effect: Cliff's delta, -1..1: the chance that a clip of the cluster has more of it than one of the rest, less
            the chance that it has less. For a yes or no (a flag, a language) the difference of the shares.
        p: of a Mann-Whitney test, corrected by Holm over all clusters and facets. Clips of one voice are not
            independent, and a cluster was drawn from such measurements: it keeps chance out of names, no more.
        inside: median in the cluster (a share for a yes or no), in the facet's unit.
        outside: median of the rest.
        apart: inside less outside as it was compared: in semitones for pitch, and of what is left after each speaker's
            own mean is taken away where voices were compared with themselves.
        own: whether they were.
    """

    facet: Facet
    effect: float
    p: float
    inside: float
    outside: float
    apart: float
    own: bool

    @property
    def clear(self) -> bool:
        """Consistent enough, large enough to notice, and not by chance: to be said."""
        return abs(self.effect) >= LEAST_EFFECT and abs(self.apart) >= self.facet.least and self.p <= LEVEL

    def word(self, language: Language | str = Language.EN) -> str | None:
        """The word for it; None where there is none."""
        return self.facet.word(self.effect > 0, language)

    def as_json(self) -> dict[str, Any]:
        """Plain values; ``p_note`` says what ``p`` is not."""
        values = asdict(self)
        del values["facet"]
        return {
            "what": self.facet.id,
            "unit": self.facet.unit,
            **values,
            "p_note": _P_NOTE,
            "clear": self.clear,
            "word": self.word(),
        }


def departures(heard: Heard, labels: np.ndarray, speakers: np.ndarray | None) -> tuple[tuple[Departure, ...], ...]:
    """For each cluster its differences from all other rows (noise among them), the largest first.

    Args:
        heard: what is heard in each row.
        labels: (n,) cluster numbers, -1 noise.
        speakers: (n,) number of each row's speaker, -1: none named. Given, what voices differ in is compared after
            taking each speaker's own mean away (for rows that name none, the mean of all).

    Returns:
        One tuple a cluster. Facets known of fewer than five clips on either side are not in it.
    """
    clusters = int(labels.max(initial=-1)) + 1
    compared = [_compared(facet, heard.values[:, j], speakers) for j, facet in enumerate(heard.facets)]
    tests = [cliffs_delta(values, labels, clusters) for values in compared]
    corrected = adjusted(np.stack([p for _, p in tests], axis=1))

    def departure(c: int, j: int) -> Departure:
        inside, facet, values = labels == c, heard.facets[j], heard.values[:, j]
        return Departure(
            facet,
            float(tests[j][0][c]),
            float(corrected[c, j]),
            _middle(values[inside]),
            _middle(values[~inside]),
            _middle(compared[j][inside]) - _middle(compared[j][~inside]),
            own=speakers is not None and facet.personal,
        )

    found = []
    for c in range(clusters):
        known = [j for j, (effects, _) in enumerate(tests) if not np.isnan(effects[c])]
        known.sort(key=lambda j: -abs(tests[j][0][c]))
        found.append(tuple(departure(c, j) for j in known))
    return tuple(found)


def _compared(facet: Facet, values: np.ndarray, speakers: np.ndarray | None) -> np.ndarray:
    scaled = facet.comparable(values)
    return less_own_mean(scaled, speakers) if speakers is not None and facet.personal else scaled


def _middle(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    yes_or_no = np.isin(known, (0.0, 1.0)).all()
    return float(known.mean() if yes_or_no else np.median(known))


def less_own_mean(values: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Values less the mean of their speaker's known ones; less the mean of all where no speaker is named."""
    known = ~np.isnan(values)
    if not known.any():
        return values
    named = known & (speakers >= 0)
    counts = np.bincount(speakers[named], minlength=int(speakers.max(initial=-1)) + 1)
    sums = np.bincount(speakers[named], values[named], minlength=len(counts))
    means = np.append(np.divide(sums, counts, out=np.zeros(len(counts)), where=counts > 0), values[known].mean())
    return np.asarray(values - means[speakers])  # -1 is the last: the mean of all


def cliffs_delta(values: np.ndarray, labels: np.ndarray, clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Cliff's delta of each cluster against all other rows, and the p-value of a Mann-Whitney test, both (clusters,).

    The delta is ``2 U / (a b) - 1`` (Cliff 1993); the test is two-sided, by the normal approximation with ties
    and continuity corrected. NaN where fewer than five values are known on either side.
    """
    from scipy import stats

    known = ~np.isnan(values)
    ranks, own = stats.rankdata(values[known]), labels[known]
    n = len(ranks)
    a = np.bincount(own[own >= 0], minlength=clusters).astype(np.float64)
    b = n - a
    above = np.bincount(own[own >= 0], ranks[own >= 0], minlength=clusters) - a * (a + 1) / 2
    _, ties = np.unique(values[known], return_counts=True)
    enough = (a >= _FEWEST) & (b >= _FEWEST)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = 2 * above / (a * b) - 1
        variance = a * b / 12 * (n + 1 - (ties.astype(np.float64) ** 3 - ties).sum() / (n * (n - 1)))
        z = np.maximum(np.abs(above - a * b / 2) - 0.5, 0) / np.sqrt(variance)
    p = np.where(variance > 0, np.minimum(2 * stats.norm.sf(z), 1), 1.0)  # all values equal: nothing to see
    return np.where(enough, delta, np.nan), np.where(enough, p, np.nan)
