"""What is in a store, how sure the numbers are, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import BUILTIN_HEAD, SCORE_COLUMNS
from emoanalytics.store.store import EmotionStore

_RESAMPLES = 2000
_FEWEST_CLUSTERS = 5  # fewer speakers (or sessions) say too little about speakers (sessions) in general


@dataclass(frozen=True)
class MeanScore:
    """Mean model score of one emotion over all scored segments.

    Attributes:
        emotion: one of the nine.
        mean: 0..1, or None when the head does not know the emotion or there is no head.
        low: lower end of the 95 % interval, or None when there is not enough evidence for one.
        high: its upper end.
        winners: segments whose highest score is this emotion.
    """

    emotion: str
    mean: float | None
    low: float | None
    high: float | None
    winners: int


@dataclass(frozen=True)
class Overview:
    """What is in a store.

    Attributes:
        segments: rows.
        recordings: files they come from.
        hours: audio in all segments, in hours.
        speakers: distinct speakers (0: none named).
        sessions: distinct pairs of speaker and session.
        first: earliest ``recorded_at``, ISO 8601, or None.
        last: latest ``recorded_at``.
        languages: segments of each language.
        roles: segments of each role.
        given: segments of each given emotion label.
        encoder: the encoder's card.
        head: ``builtin``, a fitted head's id, or None.
        head_report: how well a fitted head did on speakers it never heard; None otherwise.
        head_missing: what to do about an active head that is gone; None when all is well.
        scored: segments that have scores.
        scores: the nine emotions in order.
        clusters: how many groups the intervals rest on.
        clustered_by: what they are: ``speaker``, ``session``, or None where there is no interval.
        flags: segments with each quality flag, most frequent first.
        flagged: segments with any flag.
        failures: failures of each stage.
        duplicates: groups of segments with identical audio (two or more ``segment_id``).
        last_run: the record of the last build, or None.
    """

    segments: int
    recordings: int
    hours: float
    speakers: int
    sessions: int
    first: str | None
    last: str | None
    languages: Mapping[str, int]
    roles: Mapping[str, int]
    given: Mapping[str, int]
    encoder: Mapping[str, Any]
    head: str | None
    head_report: Mapping[str, Any] | None
    head_missing: str | None
    scored: int
    scores: tuple[MeanScore, ...]
    clusters: int
    clustered_by: str | None
    flags: Mapping[str, int]
    flagged: int
    failures: Mapping[str, int]
    duplicates: tuple[tuple[str, ...], ...]
    last_run: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return asdict(self)


def overview(store: EmotionStore, *, seed: int = 0) -> Overview:
    """Summarise a store without loading its embeddings.

    Means are over the whole nine-part distribution, not over winners. Their 95 % intervals come from
    a percentile bootstrap over speakers (Efron and Tibshirani 1993, ch. 13), since clips of one
    speaker are not independent; over sessions where there are fewer than five speakers; with fewer
    than five sessions there is none.

    Args:
        store: the store.
        seed: of the bootstrap.
    """
    columns = ["segment_id", "content_id", "corpus", "file", "start_s", "end_s", "speaker", "session", "recorded_at"]
    columns += ["role", "language", "emotion_given", "flags"]
    table = store.table([*columns, *SCORE_COLUMNS])
    scores = table[list(SCORE_COLUMNS)].to_numpy(np.float64)
    groups, by = _clusters(table)
    flags = table["flags"].explode().dropna()
    head = store.head()
    builds = [run for run in store.runs() if run.get("kind") == "build"]
    dates = table["recorded_at"].dropna()
    alike = table.groupby("content_id", sort=False)["segment_id"].agg(tuple)
    return Overview(
        segments=len(table),
        recordings=len(table[["corpus", "file"]].drop_duplicates()),
        hours=float((table["end_s"] - table["start_s"]).sum() / 3600),
        speakers=int(table["speaker"].nunique()),
        sessions=len(table.loc[table["session"].notna(), ["speaker", "session"]].drop_duplicates()),
        first=None if dates.empty else dates.min().isoformat(),
        last=None if dates.empty else dates.max().isoformat(),
        languages=_counts(table["language"]),
        roles=_counts(table["role"]),
        given=_counts(table["emotion_given"]),
        encoder=dict(store.info.encoder),
        head=store.info.head,
        head_report=None if head is None or store.info.head == BUILTIN_HEAD else head["report"],
        head_missing=store.head_missing,
        scored=int((~np.isnan(scores)).any(axis=1).sum()),
        scores=_mean_scores(scores, groups, seed),
        clusters=0 if groups is None else int(groups.max()) + 1,
        clustered_by=by,
        flags=_counts(flags),
        flagged=int(table["flags"].map(len).gt(0).sum()),
        failures=_counts(store.failures()["stage"]),
        duplicates=tuple(ids for ids in alike if len(ids) > 1),
        last_run=builds[-1] if builds else None,
    )


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(k): int(v) for k, v in column.dropna().value_counts(sort=True).items()}


def _clusters(table: pd.DataFrame) -> tuple[np.ndarray | None, str | None]:
    """Group number of each row (-1: none), and what the groups are; None where they are too few."""
    pairs = table["speaker"].where(table["session"].notna()).astype("object").fillna("") + "\0" + table["session"]
    for name, column in (("speaker", table["speaker"]), ("session", pairs)):
        codes, values = pd.factorize(column)
        if len(values) >= _FEWEST_CLUSTERS:
            return codes, name
    return None, None


def _mean_scores(scores: np.ndarray, groups: np.ndarray | None, seed: int) -> tuple[MeanScore, ...]:
    scored = ~np.isnan(scores).all(axis=1)
    known = scored[:, None] & ~np.isnan(scores)
    winners = np.zeros(len(EMOTION_IDS), int)
    if scored.any():
        best = np.nanargmax(scores[scored], axis=1)
        winners = np.bincount(best, minlength=len(EMOTION_IDS))
    low = high = None
    if groups is not None:
        low, high = _interval(np.where(known, scores, 0.0), known, groups, seed)
    found = []
    for i, emotion in enumerate(EMOTION_IDS):
        n = int(known[:, i].sum())
        mean = float(scores[known[:, i], i].mean()) if n else None
        sure = mean is not None and low is not None and high is not None
        found.append(
            MeanScore(
                emotion,
                mean,
                float(low[i]) if sure and low is not None else None,
                float(high[i]) if sure and high is not None else None,
                int(winners[i]),
            )
        )
    return tuple(found)


def _interval(values: np.ndarray, known: np.ndarray, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % percentile interval of the mean when whole groups are drawn with replacement."""
    inside = groups >= 0
    n_groups = int(groups.max()) + 1
    sums = np.zeros((n_groups, values.shape[1]))
    sizes = np.zeros_like(sums)
    np.add.at(sums, groups[inside], values[inside])
    np.add.at(sizes, groups[inside], known[inside])
    draws = np.random.default_rng(seed).multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=_RESAMPLES)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (draws @ sums) / (draws @ sizes)
    return np.nanpercentile(means, 2.5, axis=0), np.nanpercentile(means, 97.5, axis=0)
