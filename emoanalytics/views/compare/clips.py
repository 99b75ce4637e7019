"""Clips: the rows a comparison rests on, with their group and their speaker as numbers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.statistics.cells import Cells
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.statistics.values import as_text
from emoanalytics.store.naming import offered
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.compare.result import CHOSEN

MOST_GROUPS = 12  # 66 pairs of groups; with more, the correction leaves little to find


@dataclass(frozen=True)
class Clips:
    """Clips that have a group and a speaker.

    Attributes:
        rows: (n,) their rows in the evidence.
        names: the groups.
        group: (n,) numbers into them.
        cluster: (n,) numbers of what counts once.
        speaker: (n,) numbers of whose baseline is whose; -1: no speaker is named.
        scores: (n, labels) of the labels that have scores.
        weights: (n,).
        labels: their names.
        left_out: clips that lack a column (its name) or a ``baseline``, are in other ``groups``, or ``chosen`` but not
            compared.
    """

    rows: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray
    cluster: np.ndarray
    speaker: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    labels: tuple[str, ...]
    left_out: Mapping[str, int]

    @classmethod
    def of(cls, evidence: Evidence, group: str, groups: Sequence[str] | None, cluster: str) -> Clips:
        """The clips of the groups asked for.

        Raises:
            StoreError: the column has no such groups, or too many.
            EmptySelectionError: no clip names a group, or none a speaker.
        """
        table = evidence.table
        for column in (group, cluster):
            if any(isinstance(value, list | tuple | np.ndarray) for value in table[column].head(1)):
                raise StoreError(f"the column {column!r} holds a list a clip, not one value: compare by another column")
        asked, unit = as_text(table[group]), as_text(table[cluster])
        speaker = as_text(table["speaker"])
        if cluster == "session":  # two speakers may both have a "week1"
            unit = unit.where(speaker.isna(), speaker + "\0" + unit)
        if asked.isna().all():
            raise EmptySelectionError(f"no clip that is left names a {group}: fill that column, or group by another")
        if unit.isna().all():
            raise EmptySelectionError(
                f"no clip that is left names a {cluster}: clips of one {cluster} are not independent, so nothing can "
                f"be said without it; name the {cluster} in the corpus, or count another column once (--cluster)"
            )
        names = _names(asked, group, groups)
        chosen = asked.isin(names)
        rows = np.flatnonzero((chosen & unit.notna()).to_numpy(bool))
        left_out = {
            group: int(asked.isna().sum()),
            "groups": int((asked.notna() & ~chosen).sum()),
            cluster: int((chosen & unit.isna()).sum()),
        }
        number = {name: i for i, name in enumerate(names)}
        known = evidence.known
        return cls(
            rows=rows,
            names=names,
            group=asked.iloc[rows].map(number).to_numpy(np.intp),
            cluster=pd.factorize(unit.iloc[rows])[0],
            speaker=pd.factorize(speaker)[0][rows],
            scores=evidence.scores[rows][:, known],
            weights=evidence.weights[rows],
            labels=tuple(label for label, has in zip(evidence.labels, known, strict=True) if has),
            left_out={k: v for k, v in left_out.items() if v},
        )

    def without_mention_of(self, n: int) -> Clips:
        """The same, with how many chosen clips are not among those compared."""
        return replace(self, left_out={**self.left_out, CHOSEN: n}) if n else self

    def cells(self) -> Cells:
        """The mean of each speaker in each group."""
        made = Cells.of(self.scores, self.cluster, self.group, self.weights).means
        missing = len(self.names) - made.shape[1]  # the last groups may have no clip of a named speaker
        return Cells(np.pad(made, ((0, 0), (0, missing), (0, 0)), constant_values=np.nan))

    def restrict(self, evidence: Evidence) -> Evidence:
        """The evidence without the clips that are not compared."""
        table = evidence.table.iloc[self.rows].reset_index(drop=True)
        return replace(evidence, table=table, scores=evidence.scores[self.rows], weights=self.weights.copy())

    def against_baseline(self, others: np.ndarray, weights: np.ndarray, speaker: np.ndarray) -> Clips:
        """Scores less the baseline of their speaker.

        Args:
            others: (m, labels) scores of clips that are not compared.
            weights: (m,).
            speaker: (m,) their speakers, numbered as here; -1: none is named.

        Raises:
            StoreError: nobody is left to compare.
        """
        n = max(int(self.speaker.max()), int(speaker.max(initial=-1))) + 1
        baseline = np.full((n + 1, self.scores.shape[1]), np.nan)  # the last row is for clips without a speaker
        mine = self.speaker >= 0
        if mine.any():
            cells = Cells.of(self.scores[mine], self.speaker[mine], self.group[mine], self.weights[mine])
            several = np.flatnonzero(cells.seen.sum(axis=1) > 1)
            baseline[several] = np.nanmean(cells.means[several], axis=1)
        named = speaker >= 0
        if named.any():
            means = Cells.of(others[named], speaker[named], np.zeros(named.sum(), np.intp), weights[named])
            given = np.flatnonzero(means.seen[:, 0])
            baseline[given] = means.means[given, 0]
        own = baseline[self.speaker]
        keep = ~np.isnan(own).any(axis=1)
        if not keep.any():
            raise StoreError(
                "each speaker is in one group only and has no other clips, so that nothing is left once a speaker is "
                "compared with its own baseline: compare without normalising by speaker"
            )
        left_out = dict(self.left_out) | ({"baseline": int((~keep).sum())} if not keep.all() else {})
        return replace(
            self,
            rows=self.rows[keep],
            group=self.group[keep],
            cluster=np.unique(self.cluster[keep], return_inverse=True)[1],
            speaker=self.speaker[keep],
            scores=self.scores[keep] - own[keep],
            weights=self.weights[keep],
            left_out=left_out,
        )


def check_columns(store: EmotionStore, **named: str) -> None:
    """See that the store has these columns.

    Raises:
        StoreError: it has not; the message says what it may have been meant to be.
    """
    for what, column in named.items():
        if column not in store.columns:
            hint = offered(column, store.columns)
            raise StoreError(f"{store.path} has no column {column!r} to take as the {what} ({hint})")


def _names(column: pd.Series, name: str, asked: Sequence[str] | None) -> tuple[str, ...]:
    counts = column.dropna().value_counts()
    counts = counts.sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    if asked is not None:
        given = tuple(dict.fromkeys(str(a) for a in asked))
        for one in given:
            if one not in counts.index:
                close = difflib.get_close_matches(one, map(str, counts.index), n=1)
                hint = (
                    f"did you mean {close[0]}?"
                    if close
                    else f"it has {', '.join(map(str, counts.index[:MOST_GROUPS]))}"
                )
                raise EmptySelectionError(f"no clip that is left has {name} = {one!r} ({hint})")
        if len(given) < 2:
            raise StoreError(f"a comparison takes at least two groups, not {len(given)}: name another with --groups")
        return given
    if len(counts) < 2:
        raise StoreError(
            f"every clip that is left has {name} = {counts.index[0]!r}: there is nothing to compare it with"
        )
    if len(counts) > MOST_GROUPS:
        raise StoreError(
            f"the column {name!r} has {len(counts)} different values in {int(counts.sum())} clips: a comparison takes "
            f"up to {MOST_GROUPS}; name the ones you mean (--groups), or put the values into ranges first"
        )
    return tuple(map(str, counts.index))
