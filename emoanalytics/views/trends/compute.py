"""From the stored table to trends: all speakers at once, no embedding loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.bootstrap import FEWEST_CLUSTERS, Intervals, mean_intervals, totals
from emoanalytics.statistics.changes import FEWEST_UNITS, Steps, find_steps
from emoanalytics.statistics.composition import log_ratios
from emoanalytics.statistics.drift import Drifts, find_drifts
from emoanalytics.statistics.evidence import Evidence, Weighing, gather
from emoanalytics.statistics.occasions import OCCASION_COLUMNS, Occasions, occasions
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.trends.result import By, Change, Drift, Minimum, Shape, SpeakerTrend, Trends

_DAY_US = 86_400_000_000
_MOST_UNITS = 60  # sessions that changes are looked for among; more are taken together, neighbour with neighbour
_PER_DAYS = 30


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
    clips = _clips(evidence, when)
    sessions = _sessions(clips, when)
    ordered = _ordered(when)
    enough = _enough(sessions, minimum) & ordered
    tell(1, 4, "looking for changes")
    steps, drifts, units = _changes(clips, sessions, when, enough, rate, seed)
    tell(2, 4, "intervals of the points")
    points = _points(clips, when, by, place, seed)
    tell(3, 4, "baselines")
    overall = mean_intervals(
        sessions.sums,
        sessions.weights,
        when.session_speaker,
        len(when.speakers),
        seed=seed,
        clips=sessions.effective,
    )
    context = _Context(evidence, when, sessions, points, overall, steps, drifts, units, enough, ordered, by)
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
        tested=steps.tested,
        drawn=steps.drawn,
        seed=seed,
    )


@dataclass(frozen=True)
class _Clips:
    """Clips that have their place in time: scores and log-ratios (n, k), weights and seconds (n,)."""

    scores: np.ndarray
    ratios: np.ndarray
    weights: np.ndarray
    seconds: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class _Sessions:
    """Of each session: weighted sums (s, k), weights (s,); of each speaker: count, effective clips, seconds."""

    sums: np.ndarray
    weights: np.ndarray
    count: np.ndarray
    effective: np.ndarray
    seconds: np.ndarray


@dataclass(frozen=True)
class _Points:
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


@dataclass(frozen=True)
class _Units:
    """What changes are looked for among.

    Means (u, k), how much each counts among its speaker's (u,), the first session of each, and how many each speaker
    has.
    """

    means: np.ndarray
    weights: np.ndarray
    first: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class _Context:
    evidence: Evidence
    when: Occasions
    sessions: _Sessions
    points: _Points
    overall: Intervals
    steps: Steps
    drifts: Drifts
    units: _Units
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


def _clips(evidence: Evidence, when: Occasions) -> _Clips:
    scores = evidence.scores[when.rows]
    table = evidence.table
    return _Clips(
        scores=scores,
        ratios=log_ratios(scores),
        weights=evidence.weights[when.rows],
        seconds=(table["end_s"] - table["start_s"]).to_numpy(np.float64)[when.rows],
        known=evidence.known,
    )


def _sessions(clips: _Clips, when: Occasions) -> _Sessions:
    sums, weights = totals(clips.scores, clips.weights, when.session, len(when.session_speaker))
    n = len(when.speakers)
    whole = np.bincount(when.speaker, clips.weights, n)
    squares = np.bincount(when.speaker, np.square(clips.weights), n)
    return _Sessions(
        sums=sums,
        weights=weights,
        count=np.bincount(when.session_speaker, minlength=n),
        effective=np.divide(np.square(whole), squares, out=np.zeros(n), where=squares > 0),
        seconds=np.bincount(when.speaker, clips.seconds, n),
    )


def _enough(sessions: _Sessions, minimum: Minimum) -> np.ndarray:
    """(speakers,) bool. A hair is forgiven to sums of floats."""
    enough = (sessions.count >= minimum.sessions) & (sessions.effective >= minimum.clips - 1e-9)
    return enough & (sessions.seconds >= minimum.seconds - 1e-9)


def _ordered(when: Occasions) -> np.ndarray:
    """(speakers,) bool: sessions stand in time by names of their own or by dates that differ; names of files are none.

    Dates without a time of day are equal within a day: some may be, if as many differ as a change is looked for among.
    """
    nameless = np.array([name is None for name in when.session_name])
    n = len(when.speakers)
    apart = np.unique(np.stack([when.session_speaker, when.session_start_us]), axis=1)[0]
    differ = np.bincount(apart, minlength=n) >= np.minimum(np.bincount(when.session_speaker, minlength=n), FEWEST_UNITS)
    return (when.dated & differ) | (np.bincount(when.session_speaker, nameless, n) == 0)


def _changes(
    clips: _Clips, sessions: _Sessions, when: Occasions, enough: np.ndarray, rate: float, seed: int
) -> tuple[Steps, Drifts, _Units]:
    """Steps and slopes of the known labels among the sessions of speakers with enough evidence."""
    unit, first, lengths = _units(when.session_speaker, sessions.count)
    size = len(first)
    own = unit[when.session]
    values = clips.scores[:, clips.known]
    sums, weights = totals(values, clips.weights, own, size)
    means = sums / weights[:, None]
    squares, heavy = totals(np.square(values), clips.weights, own, size)[0], np.bincount(own, clips.weights**2, size)
    share = heavy / np.square(weights)  # one over the effective number of clips
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.maximum(squares / weights[:, None] - np.square(means), 0) * (share / (1 - share))[:, None]
    errors[share > 1 - 1e-9] = np.nan
    looked = np.where(enough, lengths, 0)
    rows = np.repeat(enough, lengths)
    steps = find_steps(means[rows], errors[rows], looked, sizes=1 / share[rows], rate=rate, seed=seed)
    starts = when.session_start_us[first] / _DAY_US
    order = np.arange(size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    times = np.where(np.repeat(when.dated, lengths), starts, order)
    drifts = find_drifts(means[rows], times[rows], looked, fewest=FEWEST_UNITS)
    counts = np.ones(size)
    counts[rows] = steps.weights
    return steps, drifts, _Units(means, counts, first, lengths)


def _units(owner: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit of each session, first session of each unit, units of each speaker: few enough, of near equal size."""
    lengths = np.minimum(count, _MOST_UNITS)
    offset = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(owner)) - offset[owner]
    unit = place * lengths[owner] // np.maximum(count[owner], 1) + (np.cumsum(lengths) - lengths)[owner]
    return unit, np.searchsorted(unit, np.arange(int(lengths.sum()))), lengths


def _points(clips: _Clips, when: Occasions, by: By, zone: ZoneInfo, seed: int) -> _Points:
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
    return _Points(
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
        changes=_changes_of(context, i),
        drifts=_drifts_of(context, i),
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
        return tuple(_iso(context.when.session_start_us[s]) for s in codes)
    return tuple(str(day) for day in codes.astype("datetime64[D]"))


def _iso(microseconds: int) -> str:
    return pd.Timestamp(int(microseconds), unit="us", tz="UTC").isoformat()


def _changes_of(context: _Context, i: int) -> tuple[Change, ...]:
    units, steps, when = context.units, context.steps, context.when
    labels = np.flatnonzero(context.evidence.known)
    start = int(units.lengths[:i].sum())
    mine = slice(start, start + int(units.lengths[i]))
    own, weights = units.means[mine], units.weights[mine]
    changes = []
    for j in np.flatnonzero(steps.found[i]):
        at = int(steps.place[i, j])
        session = int(units.first[start + at])
        sides = own[:at, j], own[at:, j]
        low, high = _welch(*sides, weights[:at], weights[at:])
        t: str | int = at + 1
        if when.dated[i] and context.by is not By.ORDER:
            t = _iso(when.session_start_us[session])
        changes.append(
            Change(
                t=t,
                session=when.session_name[session],
                emotion=context.evidence.labels[labels[j]],
                effect=float(steps.effect[i, j]),
                low=low,
                high=high,
                before=float(np.average(sides[0], weights=weights[:at])),
                after=float(np.average(sides[1], weights=weights[at:])),
                p=float(steps.p[i, j]),
                q=float(steps.q[i]),
                shape=_shape(own[:, j], weights, at),
            )
        )
    return tuple(sorted(changes, key=lambda c: c.t if isinstance(c.t, int) else pd.Timestamp(c.t).value))


def _welch(
    before: np.ndarray, after: np.ndarray, weights_before: np.ndarray, weights_after: np.ndarray
) -> tuple[float | None, float | None]:
    """95 % interval of the difference of weighted means (Welch 1947, Biometrika 34); None where nothing varies."""
    from scipy import stats

    if not (before.std() > 0 or after.std() > 0):
        return None, None
    sides = ((before, weights_before), (after, weights_after))
    means = [np.average(x, weights=w) for x, w in sides]
    free = np.array([len(x) - 1 for x, _ in sides])
    squares = np.array([(w * np.square(x - m)).sum() / w.sum() for (x, w), m in zip(sides, means, strict=True)]) / free
    freedom = squares.sum() ** 2 / (np.square(squares) / free).sum()
    middle, reach = float(means[1] - means[0]), float(stats.t.ppf(0.975, freedom) * np.sqrt(squares.sum()))
    return middle - reach, middle + reach


def _shape(units: np.ndarray, weights: np.ndarray, at: int) -> Shape:
    """Step or slope, by the Bayesian information criterion; a step has its place as one more parameter."""
    from scipy import stats

    x, n = np.arange(len(units)), len(units)
    line = stats.theilslopes(units, x)
    early = x < at
    level = np.where(early, np.average(units[:at], weights=weights[:at]), np.average(units[at:], weights=weights[at:]))
    sloped = (weights * np.square(units - line.intercept - line.slope * x)).sum()
    stepped = (weights * np.square(units - level)).sum()
    tiny = 1e-12
    gain = n * (np.log(max(sloped, tiny)) - np.log(max(stepped, tiny)))
    return Shape.STEP if gain > np.log(n) else Shape.GRADUAL


def _drifts_of(context: _Context, i: int) -> tuple[Drift, ...]:
    found, labels = context.drifts, np.flatnonzero(context.evidence.known)
    dated = bool(context.when.dated[i])
    scale, per = (_PER_DAYS, f"{_PER_DAYS} days") if dated else (1, "session")
    return tuple(
        Drift(
            emotion=context.evidence.labels[label],
            slope=float(found.slope[i, j]) * scale,
            low=float(found.low[i, j]) * scale,
            high=float(found.high[i, j]) * scale,
            per=per,
            p=float(found.p[i, j]),
            q=float(found.q[i, j]),
        )
        for j, label in enumerate(labels)
        if np.isfinite(found.slope[i, j])
    )
