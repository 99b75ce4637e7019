"""Who speaks on which occasion: sessions as units of chance, in the order they took place."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

OCCASION_COLUMNS = ("speaker", "session", "recorded_at", "corpus", "file")
_NO_DATE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Occasions:
    """Sessions of speakers. A clip that names no session belongs to its recording's.

    Sessions are numbered speaker after speaker (by name), those of one speaker by date, where there are dates, then
    by name, with numbers in names compared as numbers (week2 before week10).

    Attributes:
        rows: (n,) which rows of the table these are: not those without a date among a speaker's dated ones.
        speakers: names of the speakers; one None where no clip names any.
        speaker: (n,) speaker number of each row.
        session: (n,) session number of each row.
        recording: (n,) recording number of each row.
        recorded_us: (n,) when each row was recorded, microseconds since 1970 UTC; only of dated speakers, else 0.
        session_speaker: (sessions,) whose session it is.
        session_name: (sessions,) its name; None where the recording stands for it.
        session_start_us: (sessions,) earliest time of a dated speaker's session, else 0.
        dated: (speakers,) bool: the speaker's sessions have dates.
        unnamed: clips that name no speaker where others do.
        undated: clips of dated speakers without a date.
        own_sessions: whether the sessions are named by the corpus; otherwise some recordings stand for them.
    """

    rows: np.ndarray
    speakers: tuple[str | None, ...]
    speaker: np.ndarray
    session: np.ndarray
    recording: np.ndarray
    recorded_us: np.ndarray
    session_speaker: np.ndarray
    session_name: tuple[str | None, ...]
    session_start_us: np.ndarray
    dated: np.ndarray
    unnamed: int
    undated: int
    own_sessions: bool


def occasions(table: pd.DataFrame) -> Occasions:
    """Sort clips into speakers and sessions.

    Args:
        table: one row a clip, with ``OCCASION_COLUMNS``; ``recorded_at`` in UTC.
    """
    who, names = pd.factorize(table["speaker"], sort=True)
    speakers: tuple[str | None, ...] = tuple(str(x) for x in names) or (None,)
    who = np.where(who < 0, 0, who) if not len(names) else who
    at = _microseconds(table["recorded_at"])
    file = pd.factorize(_joined(table))[0]
    named, session_names = pd.factorize(table["session"])
    key = np.where(named >= 0, named, len(session_names) + file)
    # All clips of a session share its fate: it is dated by its earliest dated clip.
    pair, first, session = np.unique(
        who.astype(np.int64) * (int(key.max(initial=0)) + 1) + key, return_index=True, return_inverse=True
    )
    start = np.full(len(pair), _NO_DATE)
    np.minimum.at(start, session, at)
    owner = who[first]
    dated = np.zeros(len(speakers), bool)
    dated[owner[(start < _NO_DATE) & (owner >= 0)]] = True
    kept = (owner >= 0) & ((start < _NO_DATE) | ~dated[owner])
    order = np.flatnonzero(kept)
    labels = _labels(table, first, named, session_names)
    order = order[np.lexsort((_natural_ranks(labels)[order], start[order], owner[order]))]
    number = np.full(len(pair), -1)
    number[order] = np.arange(len(order))
    rows = np.flatnonzero(number[session] >= 0)
    start = np.where(start == _NO_DATE, 0, start)
    when = np.where(at == _NO_DATE, start[session], at)
    return Occasions(
        rows=rows,
        speakers=speakers,
        speaker=who[rows],
        session=number[session][rows],
        recording=file[rows],
        recorded_us=np.where(dated[np.maximum(who, 0)], when, 0)[rows],
        session_speaker=owner[order],
        session_name=tuple(labels[i] if named[first[i]] >= 0 else None for i in order),
        session_start_us=start[order],
        dated=dated,
        unnamed=int((who < 0).sum()),
        undated=int(((who >= 0) & (number[session] < 0)).sum()),
        own_sessions=bool((named[rows] >= 0).all()),
    )


def _microseconds(times: pd.Series) -> np.ndarray:
    """Microseconds since 1970 UTC; the largest number where there is no date."""
    stamps = pd.to_datetime(times, utc=True).dt.tz_localize(None).astype("datetime64[us]")
    return np.where(stamps.isna(), _NO_DATE, stamps.to_numpy().view(np.int64))


def _joined(table: pd.DataFrame) -> np.ndarray:
    """One number a recording: its corpus and file."""
    corpus = pd.factorize(table["corpus"])[0].astype(np.int64)
    file = pd.factorize(table["file"])[0].astype(np.int64)
    return corpus * (int(file.max(initial=0)) + 1) + file


def _labels(table: pd.DataFrame, first: np.ndarray, named: np.ndarray, names: pd.Index) -> list[str]:
    files = table["file"].to_numpy()[first]
    return [str(names[named[i]]) if named[i] >= 0 else str(file) for i, file in zip(first, files, strict=True)]


def _natural_ranks(names: list[str]) -> np.ndarray:
    """Rank of each name with its numbers compared as numbers."""
    distinct = sorted(set(names), key=lambda x: [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in _parts(x)])
    rank = {name: i for i, name in enumerate(distinct)}
    return np.array([rank[name] for name in names], int)


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"(\d+)", name) if part]
