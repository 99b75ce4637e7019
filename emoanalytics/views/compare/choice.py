"""A choice: clips picked by hand, as a column that says of every clip whether it is one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from emoanalytics.errors import EmptySelectionError
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.views.compare.result import CHOICE, CHOSEN, REST


def divided(evidence: Evidence, chosen: Collection[str]) -> Evidence:
    """The evidence with the column ``CHOICE``.

    Args:
        evidence: with the column ``segment_id``.
        chosen: ids of segments.

    Raises:
        EmptySelectionError: none is chosen, or none or all of what is left are.
    """
    if not chosen:
        raise EmptySelectionError("no clip is chosen: choose some, and they are compared with the rest")
    among = evidence.table["segment_id"].isin(set(chosen)).to_numpy(bool)
    if not among.any():
        raise EmptySelectionError(
            f"no chosen clip ({len(set(chosen))} in all) is among the {len(evidence)} that can be compared: choose "
            "others, or another filter, role or flags to leave out"
        )
    if among.all():
        raise EmptySelectionError(
            f"every clip that can be compared ({len(evidence)} in all) is chosen: choose fewer, so that there is a rest"
        )
    return replace(evidence, table=evidence.table.assign(**{CHOICE: np.where(among, CHOSEN, REST)}))
