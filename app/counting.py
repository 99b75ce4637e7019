"""Which clips count in a statistic, and how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counted:
    """What the library is asked to count.

    Attributes:
        weigh: how much a clip counts: ``clips``, ``duration`` or ``quality``.
        without: quality flags whose clips do not count.
        role: whose clips count; None: the library's rule (clients, where there are agents), ``all``: everybody's.
    """

    weigh: str = "clips"
    without: tuple[str, ...] = ()
    role: str | None = None
