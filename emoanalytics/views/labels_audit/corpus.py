"""What the labels of a corpus look like, whatever a model says: balance, one-label speakers, leaks, contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

SPLIT_COLUMNS = ("split", "subset", "partition", "fold")


@dataclass(frozen=True)
class Balance:
    """How many clips have each label.

    Attributes:
        clips: of each label, most frequent first.
        ratio: clips of the most frequent over those of the rarest label; None where there are fewer than two.
        effective: number of equally frequent labels that would be as varied (exponential of Shannon's entropy;
            Hill, Ecology 54, 1973).
    """

    clips: Mapping[str, int]
    ratio: float | None
    effective: float

    @classmethod
    def of(cls, labels: pd.Series) -> Balance:
        """Of a column of labels; missing ones do not count."""
        counts = {str(k): int(v) for k, v in labels.dropna().value_counts().items()}
        if not counts:
            return cls({}, None, 0.0)
        sizes = np.array(list(counts.values()), dtype=np.float64)
        shares = sizes / sizes.sum()
        ratio = float(sizes.max() / sizes.min()) if len(sizes) > 1 else None
        return cls(counts, ratio, float(np.exp(-(shares * np.log(shares)).sum())))


@dataclass(frozen=True)
class OneLabel:
    """Speakers whose clips all have the same label: a model that knows the voice knows the label.

    Attributes:
        speakers: how many there are; only speakers with at least two labelled clips count.
        of: among how many.
        names: the first of them.
    """

    speakers: int
    of: int
    names: tuple[str, ...]

    @classmethod
    def among(cls, labels: pd.Series, groups: pd.Series, most: int = 20) -> OneLabel:
        """Among the speakers of these clips."""
        known = labels.notna() & groups.notna()
        found = labels[known].groupby(groups[known].to_numpy()).agg(["size", "nunique"])
        several = found[found["size"] >= 2]
        names = sorted(map(str, several.index[several["nunique"] == 1]))
        return cls(len(names), len(several), tuple(names[:most]))


@dataclass(frozen=True)
class Leaks:
    """What stands on both sides of a split, so that a test knows what it should not.

    Attributes:
        column: the split.
        audio: clips of identical audio in different parts, a group each.
        clips: how many clips those are.
        speakers: speakers in more than one part.
        of_speakers: among how many.
    """

    column: str
    audio: tuple[tuple[str, ...], ...]
    clips: int
    speakers: tuple[str, ...]
    of_speakers: int

    @classmethod
    def across(cls, table: pd.DataFrame, split: pd.Series, groups: pd.Series, column: str) -> Leaks:
        """Across the parts of a split; clips that are in none do not count."""
        inside = split.notna().to_numpy(bool)
        audio = _mixed(table["content_id"][inside], split[inside], table["segment_id"][inside])
        named = inside & groups.notna().to_numpy(bool)
        parts = split[named].groupby(groups[named].to_numpy()).nunique()
        speakers = tuple(sorted(map(str, parts.index[parts > 1])))
        return cls(column, audio, sum(map(len, audio)), speakers, len(parts))


def contradictions(table: pd.DataFrame, labels: pd.Series) -> tuple[tuple[str, ...], ...]:
    """Clips of identical audio that are given different labels: at least one of each group is wrong."""
    given = labels.notna().to_numpy(bool)
    return _mixed(table["content_id"][given], labels[given], table["segment_id"][given])


def _mixed(content: pd.Series, values: pd.Series, ids: pd.Series) -> tuple[tuple[str, ...], ...]:
    """Ids of rows with the same content but different values, a group each."""
    twice = content.duplicated(keep=False).to_numpy(bool)
    rows = pd.DataFrame({"content": content[twice], "value": values[twice], "id": ids[twice]})
    different = rows.groupby("content")["value"].transform("nunique") > 1
    return tuple(tuple(map(str, g)) for _, g in rows[different].groupby("content", sort=False)["id"])
