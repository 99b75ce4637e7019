"""What is in a store, how sure the numbers are, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.statistics.bootstrap import mean_intervals, totals
from emoanalytics.statistics.evidence import AGENT, CLIENT, in_role
from emoanalytics.store.schema import BUILTIN_HEAD, RESERVED_PREFIX
from emoanalytics.store.scores import score_columns
from emoanalytics.store.store import EmotionStore

_FEWEST_CLUSTERS = 5  # fewer speakers (or sessions) say too little about speakers (sessions) in general


@dataclass(frozen=True)
class MeanScore:
    """Mean model score of one emotion over all scored segments.

    Attributes:
        emotion: one of the nine, or a further label of the head.
        mean: 0..1, or None when the head does not know the emotion or there is no head.
        low: lower end of the 95 % interval, or None when there is not enough evidence for one.
        high: its upper end.
        winners: segments whose highest score, over all labels of the head, is this one.
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
        hours: audio in segments, in hours; where segments of a channel overlap, once.
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
        scored: segments whose scores ``scores`` is the mean of.
        scores: the nine emotions in order.
        clusters: how many named groups with scores the intervals rest on.
        clustered_by: what they are: ``speaker``, ``session``, or None where there is no interval.
        flags: segments with each quality flag, most frequent first.
        flagged: segments with any flag.
        failures: failures of each stage.
        duplicates: groups of segments with identical audio (two or more ``segment_id``).
        last_run: the record of the last build, or None.
        further: labels of the head beyond the nine; empty for most heads.
        scores_role: the one role that ``scored``, ``scores`` and ``further`` are of; None: all of them.
        other_roles: scored segments of other roles, which count everywhere else.
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
    further: tuple[MeanScore, ...] = ()
    scores_role: str | None = None
    other_roles: int = 0

    @property
    def calibrated(self) -> bool:
        """Whether the winner's score of the head in use may be called calibrated."""
        return bool(((self.head_report or {}).get("calibration") or {}).get("calibrated"))

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class Glance:
    """A store in a few numbers: quick even for a large one.

    Attributes:
        segments: rows.
        hours: audio in segments, in hours; where segments of a channel overlap, once.
        speakers: distinct speakers (0: none named).
        labelled: segments with a given emotion label.
        encoder: the encoder's name.
        head: ``builtin``, a fitted head's id, or None.
        failed: files of which something could not be used.
        built: when the last build was finished, ISO 8601; None: none was.
    """

    segments: int
    hours: float
    speakers: int
    labelled: int
    encoder: str
    head: str | None
    failed: int
    built: str | None


def glance(store: EmotionStore) -> Glance:
    """What there is to say of a store among others."""
    table = store.table(["corpus", "file", "channel", "start_s", "end_s", "speaker", "emotion_given"])
    finished = [run.get("finished") for run in store.runs() if run.get("kind") == "build"]
    return Glance(
        segments=len(table),
        hours=_covered_s(table) / 3600,
        speakers=int(table["speaker"].nunique()),
        labelled=int(table["emotion_given"].notna().sum()),
        encoder=str(store.info.encoder.get("name")),
        head=store.info.head,
        failed=len(store.failures()[["corpus", "file"]].drop_duplicates()),
        built=str(finished[-1]) if finished and finished[-1] else None,
    )


def overview(store: EmotionStore, *, seed: int = 0) -> Overview:
    """Summarise a store without loading its embeddings.

    Means are over the whole distribution of scores, not over winners. Their 95 % intervals come from
    a studentised bootstrap over speakers (``statistics.bootstrap``), since clips of one speaker are
    not independent; over sessions where there are fewer than five speakers; with fewer than five
    sessions there is none. Clips that name no speaker (session) count as one group more.

    Where a segment is an agent's, means are over the client's only, as everywhere (``statistics.evidence.gather``);
    all else describes the whole corpus.

    Args:
        store: the store.
        seed: of the bootstrap.
    """
    columns = [
        "segment_id",
        "content_id",
        "corpus",
        "file",
        "channel",
        "start_s",
        "end_s",
        "speaker",
        "session",
        "recorded_at",
    ]
    columns += ["role", "language", "emotion_given", "flags"]
    names = score_columns(store.info.labels)
    table = store.table([*columns, *names])
    scores = table[list(names)].to_numpy(np.float64)
    scored = ~np.isnan(scores).all(axis=1)
    role = CLIENT if in_role(table["role"], AGENT).any() else None
    others = int(scored.sum())
    scored &= in_role(table["role"], role) if role else True
    others -= int(scored.sum())
    groups, clusters, by = _clusters(table[scored])
    labels = tuple(name.removeprefix(RESERVED_PREFIX) for name in names)
    means = _mean_scores(labels, scores[scored], groups, seed)
    flags = table["flags"].explode().dropna()
    head = store.head()
    builds = [run for run in store.runs() if run.get("kind") == "build"]
    dates = table["recorded_at"].dropna()
    repeated = table[table["content_id"].duplicated(keep=False)]  # few: a tuple of each content would take seconds
    alike = repeated.groupby("content_id", sort=False)["segment_id"].agg(tuple)
    return Overview(
        segments=len(table),
        recordings=len(table[["corpus", "file"]].drop_duplicates()),
        hours=_covered_s(table) / 3600,
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
        scored=int(scored.sum()),
        scores=means[: len(EMOTION_IDS)],
        clusters=clusters,
        clustered_by=by,
        flags=_counts(flags),
        flagged=int(table["flags"].map(len).gt(0).sum()),
        failures=_counts(store.failures()["stage"]),
        duplicates=tuple(alike),
        last_run=builds[-1] if builds else None,
        further=means[len(EMOTION_IDS) :],
        scores_role=role,
        other_roles=others,
    )


def _covered_s(table: pd.DataFrame) -> float:
    """Seconds that lie in a segment, each channel of each file by itself."""
    if table.empty:
        return 0.0
    code = table.groupby(["corpus", "file", "channel"], sort=False).ngroup().to_numpy()
    # Channels one after the other on one long line, so that a running maximum does not cross from one to the next.
    line = code * (float(table["end_s"].max()) + 1)
    start, end = table["start_s"].to_numpy(float) + line, table["end_s"].to_numpy(float) + line
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    reached = np.concatenate([[0.0], np.maximum.accumulate(end)[:-1]])
    return float(np.maximum(end - np.maximum(start, reached), 0).sum())


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(k): int(v) for k, v in column.dropna().value_counts(sort=True).items()}


def _clusters(table: pd.DataFrame) -> tuple[np.ndarray | None, int, str | None]:
    """Group number of each row, how many groups are named, and what they are; None where they are too few.

    Rows that name no group are one more group: they are in the mean, so they are in its interval.
    """
    pairs = table["speaker"].where(table["session"].notna()).astype("object").fillna("") + "\0" + table["session"]
    for name, column in (("speaker", table["speaker"]), ("session", pairs)):
        codes, values = pd.factorize(column)
        if len(values) >= _FEWEST_CLUSTERS:
            return np.where(codes < 0, len(values), codes), len(values), name
    return None, 0, None


def _mean_scores(
    labels: tuple[str, ...], scores: np.ndarray, groups: np.ndarray | None, seed: int
) -> tuple[MeanScore, ...]:
    """One entry a label; ``scores`` (n, labels) holds scored rows only, NaN where a label has no score."""
    known = ~np.isnan(scores).all(axis=0)
    winners = np.bincount(np.nanargmax(scores, axis=1), minlength=len(labels)) if len(scores) else [0] * len(labels)
    means, lows, highs = (np.full(len(labels), np.nan) for _ in range(3))
    if known.any():
        means[known] = np.nanmean(scores[:, known], axis=0)
        if groups is not None:
            lows[known], highs[known] = _interval(scores[:, known], groups, seed)
    rows = zip(labels, means, lows, highs, winners, strict=True)
    return tuple(MeanScore(label, _known(m), _known(low), _known(high), int(n)) for label, m, low, high, n in rows)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _interval(scores: np.ndarray, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of the mean when whole groups are drawn; a score that is not a number has no say in its label."""
    known = ~np.isnan(scores)
    ends = np.full((2, scores.shape[1]), np.nan)
    for label in range(scores.shape[1]):
        own, code = (
            scores[known[:, label], label : label + 1],
            np.unique(groups[known[:, label]], return_inverse=True)[1],
        )
        sums, sizes = totals(own, np.ones(len(own)), code, int(code.max()) + 1)
        found = mean_intervals(
            sums, sizes, np.zeros(len(sizes), int), 1, seed=seed, clips=np.array([len(own)], np.float64)
        )
        ends[:, label] = found.low[0, 0], found.high[0, 0]
    return ends[0], ends[1]
