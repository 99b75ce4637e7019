"""How much effort an index needs: measured on the store's own rows against exact search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.exact import Nearest
from emoanalytics.neighbours.truth import Truth

DEPTHS = (10, 100)  # neighbours the effort is tuned for


@dataclass(frozen=True)
class Effort:
    """What a search must spend to find k neighbours.

    Attributes:
        k: neighbours.
        probes: cells looked into, or the width of the search in the graph.
        width: candidates compared in full.
        recall: share of the true k found, on rows it was not tuned by.
    """

    k: int
    probes: int
    width: int
    recall: float


Ask = Callable[[np.ndarray, int, int, int], Nearest]  # rows, k, probes, width -> their nearest other rows


def tuned(learn: Truth, tell: Truth, k: int, most_probes: int, rows: int, target: float, ask: Ask) -> Effort | None:
    """The least effort found that reaches the target; None: not even comparing a quarter of the rows does.

    What it reaches is told from rows that had no say in where the search for it ended: on those that had, the first
    effort to pass the target does so with luck. So the recall that is told may be a little below the target.

    Args:
        learn: rows and at least k true neighbours of each, by which the effort is found.
        tell: others, from which the recall is told.
        k: neighbours.
        most_probes: the largest effort.
        rows: of the store: the most candidates.
        target: recall to reach.
        ask: asks the index.
    """
    widest = min(max(64 * k, 2048), rows // 4)
    width, probes = min(max(4 * k, 100), widest), min(8, most_probes)
    if width <= k:
        return None

    def reached(probes: int, width: int, truth: Truth = learn) -> float:
        return truth.recall(ask(truth.rows, k, probes, width), k)

    now = reached(probes, width)
    while True:
        if now >= target:
            return Effort(k, probes, width, reached(probes, width, tell))
        if probes >= most_probes and width >= widest:
            return None
        deeper, wider = min(2 * probes, most_probes), min(2 * width, widest)
        deep = reached(deeper, width) if deeper > probes else -1.0
        # Where looking further closes little of the gap, what is met is not compared.
        wide = reached(probes, wider) if wider > width and deep - now < (target - now) / 4 else -1.0
        probes, width, now = (probes, wider, wide) if wide > deep or deeper == probes else (deeper, width, deep)
