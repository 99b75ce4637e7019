"""Auditing: judge each given label by models that have not heard the speaker, and look at the corpus itself."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from emoanalytics.embed.heads import fit
from emoanalytics.errors import EmptySelectionError, HeadError, StoreError
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.values import as_text
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.labels_audit.corpus import SPLIT_COLUMNS, Balance, Leaks, OneLabel, contradictions
from emoanalytics.views.labels_audit.result import LabelAudit, SuspectLabel
from emoanalytics.views.labels_audit.suspicion import confident, suspicion, votes, with_votes

MOST_LABELS = 50
_FEW_CLIPS = 5  # of a speaker: their mean is mostly the clips themselves
_ONE_LABEL_SHARE = 0.2  # with more one-label speakers, centring by speaker would take the labels away
TARGETS = {"emotion": "emotion_given"}


class NeighbourGraph(Protocol):
    """The nearest rows of every row of a store."""

    @property
    def rows(self) -> np.ndarray:
        """(n, k) int32 row numbers, nearest first."""

    @property
    def similarities(self) -> np.ndarray:
        """(n, k) cosines."""


@dataclass(frozen=True)
class _Judged:
    """Scores (n, labels) of models that have not heard the row's speaker (NaN: none), and how good they are."""

    classes: tuple[str, ...]
    scores: np.ndarray
    known: Mapping[str, frozenset[str]]  # of each speaker the labels that the model which judged it could learn
    uar: tuple[float, float, float]
    centred: bool


def audit_labels(
    store: EmotionStore,
    *,
    target: str = "emotion_given",
    group: str = "speaker",
    where: str | None = None,
    split: str | None = None,
    graph: NeighbourGraph | None = None,
    centre: bool | None = None,
    refit: bool = True,
    decided: Collection[str] = (),
    most: int | None = 100,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> LabelAudit:
    """Rank given labels by how suspicious they are, and say what else is wrong with the labels of the corpus.

    A label is judged by a head fitted on the other speakers' labels (``embed.heads.fit``), wrong ones among them, so
    neither the clip nor its speaker's other labels vouch for it. See ``suspicion`` for the score.

    Args:
        store: the store.
        target: the column of labels.
        group: the column of speakers.
        where: one SQL condition over segment and score columns.
        split: the column that says which part of a split a clip is in; None: ``split``, ``subset``, ``partition`` or
            ``fold`` where the store has one.
        graph: neighbours of all rows of the store, best in the speaker-centred space; those of other speakers vote.
        centre: subtract each speaker's mean embedding first; None: where speakers have clips and labels enough.
        refit: fit heads on the labels as they are now; False: take the stored scores of the active head where it was
            fitted on this column (they come from heads that had not heard the speaker either).
        decided: segment ids that somebody has decided on; they are left out of the ranking.
        most: how many labels to list; None: all that could be judged.
        seed: of the folds.
        progress: called with ``(done, total, note)`` after each fold.

    Raises:
        StoreError: an unknown column, a filter that is not understood, or a column of free text.
        EmptySelectionError: no clip is left, or none has a label.
    """
    seed = as_seed(seed)
    target = TARGETS.get(target, target)
    split = _checked(store, target, group, split)
    columns = ["segment_id", "content_id", "file", target, group, *([split] if split else [])]
    table = store.segments(list(dict.fromkeys(columns)), where)
    labels, groups = as_text(table[target]), as_text(table[group])
    _check_labels(store, target, labels)
    one_label = OneLabel.among(labels, groups)
    centre = _worth_centring(labels, groups, one_label) if centre is None else centre
    why_not, judged = None, None
    try:
        judged = _stored(store, target, group, table["segment_id"]) if not refit else None
        judged = judged or _fitted(store, table["segment_id"], labels, groups, centre, seed, progress)
    except HeadError as error:
        why_not = str(error)
    given = labels.notna().to_numpy(bool)
    ranking = _Ranking.of(judged, labels, groups, _inside(store, table["segment_id"], where, graph))
    listed = ranking.order[~table["segment_id"].iloc[ranking.order].isin(set(decided)).to_numpy(bool)]
    uar, low, high = judged.uar if judged else (None, None, None)
    return LabelAudit(
        target=target,
        group=group,
        clips=len(table),
        labelled=int(given.sum()),
        audited=len(ranking.order),
        alone=ranking.alone,
        unnamed=int((given & groups.isna().to_numpy(bool)).sum()),
        labels=tuple(ranking.suspect(i, table, labels, groups) for i in listed[:most]),
        likely=int((ranking.other[listed] >= 0).sum()),
        decided=int(table["segment_id"].isin(set(decided)).sum()),
        why_not=why_not,
        uar=uar,
        uar_low=low,
        uar_high=high,
        chance=1 / len(judged.classes) if judged else None,
        centred=judged.centred if judged else False,
        neighbours=graph is not None,
        balance=Balance.of(labels),
        one_label=one_label,
        contradictions=contradictions(table, labels),
        leaks=None if split is None else Leaks.across(table, as_text(table[split]), groups, split),
        notes=(),
        seed=seed,
    )


@dataclass(frozen=True)
class _Ranking:
    """Rows in order of suspicion.

    Attributes:
        order: rows that could be judged, the most suspicious first.
        score: (n,) suspicion.
        best: (n,) the best other label.
        other: (n,) the label that is confidently there instead, or -1.
        classes: names of the labels.
        alone: labelled rows whose label no other speaker gave.
    """

    order: np.ndarray
    score: np.ndarray
    best: np.ndarray
    other: np.ndarray
    classes: tuple[str, ...]
    alone: int

    @classmethod
    def of(
        cls,
        judged: _Judged | None,
        labels: pd.Series,
        groups: pd.Series,
        graph: tuple[np.ndarray, np.ndarray] | None,
    ) -> _Ranking:
        n = len(labels)
        if judged is None:
            nothing = np.full(n, -1)
            return cls(nothing[:0], np.full(n, np.nan), nothing, nothing, (), 0)
        given = pd.Index(judged.classes).get_indexer(pd.Index(labels))
        numbers, _ = pd.factorize(groups)
        pairs = zip(labels, groups, strict=True)
        alone = np.array(
            [one is not None and who in judged.known and one not in judged.known[who] for one, who in pairs]
        )
        scores = judged.scores.astype(np.float64)
        if graph is not None:
            scores = with_votes(scores, votes(*graph, given, numbers, len(judged.classes)))
        tested = np.where(alone | np.isnan(scores).any(axis=1) | (numbers < 0), -1, given)
        score = suspicion(scores, tested)
        others = np.nan_to_num(scores, nan=-1.0)
        others[np.flatnonzero(given >= 0), given[given >= 0]] = -1.0
        rows = np.flatnonzero(tested >= 0)
        order = rows[np.argsort(-score[rows], kind="stable")]
        return cls(order, score, others.argmax(axis=1), confident(scores, tested), judged.classes, int(alone.sum()))

    def suspect(self, row: int, table: pd.DataFrame, labels: pd.Series, groups: pd.Series) -> SuspectLabel:
        speaker = groups.iloc[row]
        suggested = self.other[row] if self.other[row] >= 0 else self.best[row]
        return SuspectLabel(
            segment_id=str(table["segment_id"].iloc[row]),
            given=str(labels.iloc[row]),
            suggested=self.classes[int(suggested)],
            score=float(self.score[row]),
            likely=bool(self.other[row] >= 0),
            file=str(table["file"].iloc[row]),
            speaker=None if speaker is None else str(speaker),
        )


def _known(labels: pd.Series, groups: pd.Series, folds: Iterable[Sequence[str]]) -> dict[str, frozenset[str]]:
    """Of each speaker the labels given outside its fold."""
    named = labels.notna() & groups.notna()
    pairs = {(str(who), str(one)) for who, one in zip(groups[named], labels[named], strict=True)}
    return {
        who: frozenset(one for other, one in pairs if other not in held)
        for held in map(frozenset, folds)
        for who in held
    }


def _fitted(
    store: EmotionStore,
    ids: pd.Series,
    labels: pd.Series,
    groups: pd.Series,
    centre: bool,
    seed: int,
    progress: Callable[[int, int, str], None] | None,
) -> _Judged:
    report = fit(store.embeddings(list(ids)), list(labels), list(groups), centre=centre, seed=seed, progress=progress)
    recall = (report.uar, report.uar_low, report.uar_high)
    known = _known(labels, groups, [fold.groups for fold in report.folds])
    return _Judged(report.classes, report.out_of_fold, known, recall, centre)


def _stored(store: EmotionStore, target: str, group: str, ids: pd.Series) -> _Judged | None:
    """The active head's stored scores, or None where it was not fitted on this column."""
    head = store.head()
    report: dict[str, Any] = {} if head is None else head["report"]
    if head is None or report.get("target") != target or report.get("group") != group:
        return None
    names = [RESERVED_PREFIX + label for label in head["labels"]]
    scores = store.scores().set_index("segment_id").loc[list(ids), names].to_numpy(np.float64)
    everybody = store.segments([target, group])
    folds = [fold["groups"] for fold in report["folds"]]
    known = _known(as_text(everybody[target]), as_text(everybody[group]), folds)
    low, high = report["uar_interval"]
    return _Judged(tuple(head["labels"]), scores, known, (report["uar"], low, high), bool(report.get("centred")))


def _inside(
    store: EmotionStore, ids: pd.Series, where: str | None, graph: NeighbourGraph | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """The graph of these rows, its row numbers among them; -1 for neighbours that are not."""
    if graph is None:
        return None
    if len(graph.rows) != len(store):
        raise StoreError(
            f"the neighbour graph has {len(graph.rows)} rows and {store.path} has {len(store)}: make it anew"
        )
    if where is None:
        return graph.rows, graph.similarities
    places = pd.Index(store.segments(["segment_id"])["segment_id"]).get_indexer(ids)
    number = np.full(len(store) + 1, -1)
    number[places] = np.arange(len(places))
    return number[graph.rows[places]], graph.similarities[places]


def _worth_centring(labels: pd.Series, groups: pd.Series, one_label: OneLabel) -> bool:
    clips = groups.dropna().value_counts()
    if not len(clips) or one_label.speakers > _ONE_LABEL_SHARE * max(one_label.of, 1):
        return False
    return bool(clips.median() >= _FEW_CLIPS)


def _checked(store: EmotionStore, target: str, group: str, split: str | None) -> str | None:
    for column in (target, group, *([split] if split else [])):
        if column not in store.columns:
            close = difflib.get_close_matches(column, store.columns, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(store.columns)}"
            raise StoreError(f"{store.path} has no column {column!r} ({hint})")
    return split or next((c for c in store.columns if c.lower() in SPLIT_COLUMNS), None)


def _check_labels(store: EmotionStore, target: str, labels: pd.Series) -> None:
    if labels.isna().all():
        which = "no clip is left" if not len(labels) else f"no clip that is left has a label in {target!r}"
        raise EmptySelectionError(f"{store.path}: {which}: there is nothing to audit")
    different = labels.nunique()
    if different > MOST_LABELS and different > 0.1 * labels.notna().sum():
        raise StoreError(
            f"the column {target!r} has {different} different values in {int(labels.notna().sum())} clips: an audit "
            "takes labels that many clips share, not free text or measurements"
        )
