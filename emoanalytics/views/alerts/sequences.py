"""Clips as sequences: speaker after speaker, session after session, clip after clip; and where a rule fires."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.views.alerts.rules import Kind, Rule

FEWEST_SESSIONS = 3  # earlier sessions that make a baseline
FEWEST_CLIPS = 10  # earlier clips that do
FEWEST_NOW = 3  # clips of the session that is compared with it


@dataclass(frozen=True)
class Sequences:
    """Clips in order.

    Attributes:
        speaker: (n,) numbers, ascending.
        session: (n,) numbers, ascending; no session is of two speakers.
    """

    speaker: np.ndarray
    session: np.ndarray

    def __post_init__(self) -> None:
        for name in ("speaker", "session"):
            if (np.diff(getattr(self, name)) < 0).any():
                raise ValueError(f"the clips are not in the order of their {name}")


def fires(rule: Rule, values: np.ndarray, sequences: Sequences) -> np.ndarray:
    """Where a rule fires.

    Args:
        rule: the rule.
        values: (n,) scores of its emotion in the order of the sequences.
        sequences: which clips follow each other.

    Returns:
        Positions, ascending: the clip that completes a run (once a run), or the last clip of a session whose mean
        differs from the baseline.
    """
    if rule.kind is Kind.RUN:
        return _runs(rule, values, sequences)
    ends, difference = differences(values, sequences)
    over = difference >= rule.amount if rule.rising else -difference >= rule.amount
    return ends[over]


def _runs(rule: Rule, values: np.ndarray, sequences: Sequences) -> np.ndarray:
    hit = values >= rule.amount if rule.rising else values <= rule.amount
    place = np.arange(len(values))
    starts = np.concatenate([[True], np.diff(sequences.session) != 0]) if len(values) else np.zeros(0, bool)
    # The place before which nothing counts: a session's start, or just behind the last clip that misses.
    since = np.maximum.accumulate(np.where(hit, np.where(starts, place, 0), place + 1))
    return np.flatnonzero(hit & (place - since + 1 == rule.clips))


def differences(values: np.ndarray, sequences: Sequences) -> tuple[np.ndarray, np.ndarray]:
    """Each session's mean minus that of the speaker's clips before it.

    Returns:
        The last clip of each session, and the difference; NaN where there are too few clips for a baseline or now.
    """
    if not len(values):
        return np.zeros(0, int), np.zeros(0)
    ends = np.flatnonzero(np.concatenate([np.diff(sequences.session) != 0, [True]]))
    first = np.concatenate([[0], ends[:-1] + 1])
    total = np.concatenate([[0.0], np.cumsum(values)])
    owner = sequences.speaker[first]
    fresh = np.concatenate([[True], np.diff(owner) != 0])
    number = np.arange(len(first))
    start_session = np.maximum.accumulate(np.where(fresh, number, 0))
    start = first[start_session]
    clips, now = first - start, ends + 1 - first
    enough = (number - start_session >= FEWEST_SESSIONS) & (clips >= FEWEST_CLIPS) & (now >= FEWEST_NOW)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (total[ends + 1] - total[first]) / now - (total[first] - total[start]) / clips
    return ends, np.where(enough, difference, np.nan)


def shuffled_clips(sequences: Sequences, rng: np.random.Generator) -> np.ndarray:
    """An order of the clips in which every speaker's are shuffled among all places of that speaker."""
    luck = rng.random(len(sequences.speaker))
    key = sequences.speaker + luck  # one sort of numbers is several times as fast as a sort by two keys
    order = np.argsort(key)
    if (np.diff(key[order]) > 0).all():
        return order
    return np.lexsort((luck, sequences.speaker))  # rounded together: the sum no longer tells them apart


def shuffled_sessions(sequences: Sequences, rng: np.random.Generator) -> tuple[np.ndarray, Sequences]:
    """An order in which every speaker's sessions are shuffled whole, and the sequences they then form."""
    n = len(sequences.session)
    first = np.flatnonzero(np.concatenate([[True], np.diff(sequences.session) != 0])) if n else np.zeros(0, int)
    sizes = np.diff(first, append=n)
    order = np.lexsort((rng.random(len(first)), sequences.speaker[first]))
    moved = sizes[order]
    number = np.repeat(np.arange(len(first)), moved)
    clips = np.arange(n) + (first[order] - (np.cumsum(moved) - moved))[number]
    return clips, Sequences(sequences.speaker[clips], number)
