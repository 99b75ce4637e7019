"""Points over time: what holds clips together, and their means with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from emoanalytics.statistics.bootstrap import FEWEST_CLUSTERS, Intervals, mean_intervals, totals
from emoanalytics.statistics.occasions import Occasions
from emoanalytics.views.trends.result import By
from emoanalytics.views.trends.sessions import Clips


@dataclass(frozen=True)
class Points:
    """Of each point: whose, when (as a whole number), the session it is, sizes, unit of chance, and its means."""

    speaker: np.ndarray
    when: np.ndarray
    session: np.ndarray
    n: np.ndarray
    seconds: np.ndarray
    effective: np.ndarray
    sessions: np.ndarray
    over: np.ndarray
    means: Intervals
    ratios: np.ndarray


def points_of(clips: Clips, when: Occasions, by: By, zone: ZoneInfo, seed: int) -> Points:
    """Clips held together; a point of one session holds its recordings for the unit of chance, and so on down."""
    code = _when(when, by, zone)
    pair = np.stack([when.speaker, code])
    order = np.lexsort((code, when.speaker))
    changed = (np.diff(pair[:, order], axis=1) != 0).any(axis=0)
    point = np.empty(len(code), int)
    point[order] = np.concatenate([[0], np.cumsum(changed)])
    n = int(point.max()) + 1
    first = np.empty(n, int)
    first[point[::-1]] = np.arange(len(point))[::-1]
    sessions, recordings = _distinct(point, when.session, n), _distinct(point, when.recording, n)
    # 2: sessions, 1: recordings of the one session, 0: clips of the one recording
    level = np.where(sessions > 1, 2, np.where(recordings > 1, 1, 0))
    unit = np.where(level[point] == 2, when.session, np.where(level[point] == 1, when.recording, np.arange(len(point))))
    key = point.astype(np.int64) * (int(unit.max()) + 1) + unit
    distinct, cluster = np.unique(key, return_inverse=True)
    sums, weights = totals(clips.scores, clips.weights, cluster, len(distinct))
    cells = distinct // (int(unit.max()) + 1)
    ratios, whole = totals(clips.ratios, clips.weights, point, n)
    effective = np.square(whole) / np.bincount(point, np.square(clips.weights), n)
    means = mean_intervals(sums, weights, cells, n, seed=seed, clips=effective)
    over = np.array(["clips", "recordings", "sessions"], object)[level]
    over[means.clusters < FEWEST_CLUSTERS] = None
    return Points(
        speaker=when.speaker[first],
        when=code[first],
        session=np.where(sessions == 1, when.session[first], -1),
        n=np.bincount(point, minlength=n),
        seconds=np.bincount(point, clips.seconds, n),
        effective=effective,
        sessions=sessions,
        over=over,
        means=means,
        ratios=ratios / whole[:, None],
    )


def _distinct(point: np.ndarray, thing: np.ndarray, n: int) -> np.ndarray:
    """How many different things each point has."""
    many = int(thing.max()) + 1
    pairs = np.unique(point.astype(np.int64) * many + thing)
    return np.bincount(pairs // many, minlength=n)


def _when(when: Occasions, by: By, zone: ZoneInfo) -> np.ndarray:
    """When each clip was, as a whole number: days since 1970 (day, week) for the dated, else the session."""
    if by in (By.SESSION, By.ORDER):
        return when.session
    stamps = pd.DatetimeIndex(when.recorded_us.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    days = stamps.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    if by is By.WEEK:
        days -= (days + 3) % 7  # 1970-01-01 was a Thursday
    return np.where(when.dated[when.speaker], days, when.session)
