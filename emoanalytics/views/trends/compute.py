"""From the stored table to trends: all speakers at once, no embedding loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from emoanalytics.audio.quality import Flag
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.bootstrap import Intervals, mean_intervals
from emoanalytics.statistics.evidence import Evidence, Weighing, gather
from emoanalytics.statistics.occasions import OCCASION_COLUMNS, Occasions, occasions
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.trends.moves import Moves, find_moves, iso
from emoanalytics.views.trends.points import Points, points_of
from emoanalytics.views.trends.result import By, Minimum, SpeakerTrend, Trends
from emoanalytics.views.trends.sessions import Sessions, clips_of, enough_of, ordered_of, sessions_of


def trends(
    store: EmotionStore,
    *,
    speaker: str | None = None,
    by: By | str = By.SESSION,
    weigh: Weighing | str = Weighing.CLIPS,
    exclude_flags: Iterable[Flag | str] = (),
    where: str | None = None,
    role: str | None = None,
    zone: str = "UTC",
    minimum: Minimum | None = None,
    rate: float = 0.05,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Trends:
    """Follow speakers over their sessions and say what changed against their own baseline.

    Means are over the whole distribution of scores. Intervals hold sessions for the unit of chance, since the clips
    of one session are not independent (``statistics.bootstrap``); the interval of a single session holds its
    recordings, that of a single recording its clips, and speaks of that session or recording only. Steps
    (``statistics.changes``) and slopes (``statistics.drift``) are looked for among sessions, whatever ``by`` is.

    Args:
        store: the store.
        speaker: give only this one. Changes are judged among all speakers all the same, so that looking at one after
            the other finds no more than looking at all at once.
        by: what a point holds together. Where a speaker's clips have no date, sessions in the order of their names.
        weigh: how much a clip counts.
        exclude_flags: quality flags whose clips are left out.
        where: one SQL condition over segment and score columns.
        role: see ``statistics.evidence.gather``: agents are left out unless asked for.
        zone: time zone of days and weeks, e.g. ``Asia/Shanghai``.
        minimum: the least evidence changes are looked for in.
        rate: false discovery rate of changes and slopes.
        seed: of bootstrap and permutations.
        progress: called with steps done, steps in all and the next one.

    Raises:
        StoreError: an unknown choice, zone, flag or column, or a filter that is not understood.
        EmptySelectionError: nothing with scores is left, or there is no such speaker.
    """
    by, minimum, seed = _by(by), minimum or Minimum(), as_seed(seed)
    _check_speaker(store, speaker)
    if not 0 < rate < 1:
        raise StoreError(f"the false discovery rate lies between 0 and 1, not {rate}")
    place = _zone(zone)
    tell = progress or (lambda done, total, note: None)
    tell(0, 4, "reading scores")
    evidence = gather(
        store,
        [*OCCASION_COLUMNS, "start_s", "end_s"],
        where=where,
        weigh=weigh,
        exclude_flags=exclude_flags,
        role=role,
    )
    when = occasions(evidence.table)
    if not len(when.rows):
        raise EmptySelectionError(f"no clip of {store.path} names a speaker: fill the speaker column")
    clips = clips_of(evidence, when)
    sessions = sessions_of(clips, when)
    ordered = ordered_of(when)
    enough = enough_of(sessions, minimum) & ordered
    tell(1, 4, "looking for changes")
    moves = find_moves(evidence, clips, sessions, when, by, enough, rate, seed)
    tell(2, 4, "intervals of the points")
    points = points_of(clips, when, by, place, seed)
    tell(3, 4, "baselines")
    overall = mean_intervals(
        sessions.sums,
        sessions.weights,
        when.session_speaker,
        len(when.speakers),
        seed=seed,
        clips=sessions.effective,
    )
    context = _Context(evidence, when, sessions, points, overall, moves, enough, ordered, by)
    shown = [i for i in range(len(when.speakers)) if sessions.count[i] and speaker in (None, when.speakers[i])]
    if not shown:
        raise EmptySelectionError(f"no clip of {speaker!r} is left: take another filter, role or flags to leave out")
    speakers = tuple(_speaker(context, i) for i in shown)
    tell(4, 4, "done")
    return Trends(
        speakers=speakers,
        by=by,
        evidence=evidence,
        minimum=minimum,
        unnamed=when.unnamed,
        undated=when.undated,
        own_sessions=when.own_sessions,
        zone=zone,
        rate=rate,
        tested=moves.steps.tested,
        drawn=moves.steps.drawn,
        seed=seed,
    )


@dataclass(frozen=True)
class _Context:
    evidence: Evidence
    when: Occasions
    sessions: Sessions
    points: Points
    overall: Intervals
    moves: Moves
    enough: np.ndarray
    ordered: np.ndarray
    by: By


def _by(by: By | str) -> By:
    try:
        return By(by)
    except ValueError:
        raise StoreError(f"points are made by {', '.join(By)}, not by {str(by)!r}") from None


def _zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise StoreError(f"there is no time zone {zone!r}: give one such as UTC or Asia/Shanghai") from None


def _check_speaker(store: EmotionStore, speaker: str | None) -> None:
    """See that there is such a speaker.

    Raises:
        EmptySelectionError: there is none.
    """
    if speaker is None:
        return
    names = store.segments(["speaker"])["speaker"].dropna().unique().tolist()
    if speaker not in names:
        some = ", ".join(sorted(map(str, names))[:8]) + (", ..." if len(names) > 8 else "")
        listed = f"; there are {some}" if names else ": no clip names one"
        raise EmptySelectionError(f"{store.path} has no speaker {speaker!r}{listed}")


def _speaker(context: _Context, i: int) -> SpeakerTrend:
    when, points = context.when, context.points
    rows = slice(*np.searchsorted(points.speaker, [i, i + 1]))
    dated = bool(when.dated[i])
    return SpeakerTrend(
        speaker=when.speakers[i],
        labels=context.evidence.labels,
        t=_times(context, points.when[rows], dated, i),
        session=tuple(when.session_name[s] if s >= 0 else None for s in points.session[rows]),
        n=points.n[rows],
        seconds=points.seconds[rows],
        effective_n=points.effective[rows],
        sessions=points.sessions[rows],
        over=tuple(points.over[rows]),
        mean=points.means.mean[rows],
        low=points.means.low[rows],
        high=points.means.high[rows],
        log_ratio=points.ratios[rows],
        overall=context.overall.mean[i],
        overall_low=context.overall.low[i],
        overall_high=context.overall.high[i],
        changes=context.moves.changes(i),
        drifts=context.moves.slopes(i),
        enough=bool(context.enough[i]),
        total=(
            int(context.sessions.count[i]),
            float(context.sessions.effective[i]),
            float(context.sessions.seconds[i]),
        ),
        dated=dated,
        ordered=bool(context.ordered[i]),
        calibrated=context.evidence.calibrated,
    )


def _times(context: _Context, codes: np.ndarray, dated: bool, i: int) -> tuple[str | int, ...]:
    by = context.by
    if by is By.ORDER or not dated:
        return tuple(range(1, len(codes) + 1))
    if by is By.SESSION:
        return tuple(iso(context.when.session_start_us[s]) for s in codes)
    return tuple(str(day) for day in codes.astype("datetime64[D]"))
