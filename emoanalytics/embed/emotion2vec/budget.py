"""How much padded audio goes through the forward at once: like lengths together, within a budget that can shrink."""

from __future__ import annotations

import logging
from collections.abc import Sequence

RATE_HZ = 16_000
# A GPU is busy from about this much padded audio a batch. A processor is not faster in batches, and
# one clip at a time makes a row the same to the last bit whatever else is in the call.
_GPU_BATCH_S = 240.0
# A clip joins a batch when it is at least this share of the longest one: less padding than this loses.
_SHORTEST_SHARE = 0.7

_log = logging.getLogger(__name__)


class Budget:
    """Samples, padding counted in, of one batch; 0 is one clip at a time.

    Args:
        device: a processor runs one clip at a time, a GPU 240 s.
        batch_s: another amount, in seconds.
    """

    def __init__(self, device: str, batch_s: float | None = None) -> None:
        default = 0.0 if device == "cpu" else _GPU_BATCH_S
        self.samples = round((default if batch_s is None else batch_s) * RATE_HZ)
        self._told = False

    def shrink(self, count: int, longest: int) -> None:
        """Half of what did not fit from now on; said once.

        Args:
            count: clips of the batch that did not fit.
            longest: samples of its longest clip.
        """
        self.samples = min(self.samples, count * longest) // 2
        if not self._told:
            self._told = True
            _log.warning(
                "memory is too small for batches of %.0f s of audio: going on with half of that, and less where needed",
                count * longest / RATE_HZ,
            )

    def groups(self, lengths: Sequence[int]) -> list[list[int]]:
        """Positions of clips grouped by length, longest first, each group within the budget.

        >>> Budget("cpu", batch_s=300 / 16_000).groups([100, 10, 95, 98])
        [[0, 3, 2], [1]]
        >>> Budget("cpu").groups([5, 7])
        [[1], [0]]
        """
        groups: list[list[int]] = []
        for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
            longest = lengths[groups[-1][0]] if groups else 0
            fits = longest * (len(groups[-1]) + 1 if groups else 1) <= self.samples
            if groups and fits and lengths[i] >= _SHORTEST_SHARE * longest:
                groups[-1].append(i)
            else:
                groups.append([i])
        return groups
