"""Clips and sessions that have their place in time, and whether there are enough of them to speak of change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.statistics.bootstrap import totals
from emoanalytics.statistics.changes import FEWEST_UNITS
from emoanalytics.statistics.composition import log_ratios
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.statistics.occasions import Occasions
from emoanalytics.views.trends.result import Minimum


@dataclass(frozen=True)
class Clips:
    """Clips that have their place in time: scores and log-ratios (n, k), weights and seconds (n,)."""

    scores: np.ndarray
    ratios: np.ndarray
    weights: np.ndarray
    seconds: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class Sessions:
    """Of each session: weighted sums (s, k), weights (s,); of each speaker: count, effective clips, seconds."""

    sums: np.ndarray
    weights: np.ndarray
    count: np.ndarray
    effective: np.ndarray
    seconds: np.ndarray


def clips_of(evidence: Evidence, when: Occasions) -> Clips:
    """The clips of the evidence that have a place in time."""
    scores = evidence.scores[when.rows]
    table = evidence.table
    return Clips(
        scores=scores,
        ratios=log_ratios(scores),
        weights=evidence.weights[when.rows],
        seconds=(table["end_s"] - table["start_s"]).to_numpy(np.float64)[when.rows],
        known=evidence.known,
    )


def sessions_of(clips: Clips, when: Occasions) -> Sessions:
    """What each session and each speaker has."""
    sums, weights = totals(clips.scores, clips.weights, when.session, len(when.session_speaker))
    n = len(when.speakers)
    whole = np.bincount(when.speaker, clips.weights, n)
    squares = np.bincount(when.speaker, np.square(clips.weights), n)
    return Sessions(
        sums=sums,
        weights=weights,
        count=np.bincount(when.session_speaker, minlength=n),
        effective=np.divide(np.square(whole), squares, out=np.zeros(n), where=squares > 0),
        seconds=np.bincount(when.speaker, clips.seconds, n),
    )


def enough_of(sessions: Sessions, minimum: Minimum) -> np.ndarray:
    """(speakers,) bool. A hair is forgiven to sums of floats."""
    enough = (sessions.count >= minimum.sessions) & (sessions.effective >= minimum.clips - 1e-9)
    return enough & (sessions.seconds >= minimum.seconds - 1e-9)


def ordered_of(when: Occasions) -> np.ndarray:
    """(speakers,) bool: sessions stand in time by names of their own or by dates that differ; names of files are none.

    Dates without a time of day are equal within a day: some may be, if as many differ as a change is looked for among.
    """
    nameless = np.array([name is None for name in when.session_name])
    n = len(when.speakers)
    apart = np.unique(np.stack([when.session_speaker, when.session_start_us]), axis=1)[0]
    differ = np.bincount(apart, minlength=n) >= np.minimum(np.bincount(when.session_speaker, minlength=n), FEWEST_UNITS)
    return (when.dated & differ) | (np.bincount(when.session_speaker, nameless, n) == 0)
