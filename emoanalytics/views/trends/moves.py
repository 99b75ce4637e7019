"""Steps and slopes of speakers: looked for among all of them at once, told one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from emoanalytics.statistics.bootstrap import totals
from emoanalytics.statistics.changes import FEWEST_UNITS, Steps, find_steps
from emoanalytics.statistics.drift import Drifts, find_drifts, robust_line
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.statistics.occasions import Occasions
from emoanalytics.views.trends.result import By, Change, Drift, Shape
from emoanalytics.views.trends.sessions import Clips, Sessions

_DAY_US = 86_400_000_000
_MOST_UNITS = 60  # sessions that changes are looked for among; more are taken together, neighbour with neighbour
_PER_DAYS = 30


@dataclass(frozen=True)
class Units:
    """What changes are looked for among.

    Means (u, k), how much each counts among its speaker's (u,), the first session of each, and how many each speaker
    has.
    """

    means: np.ndarray
    weights: np.ndarray
    first: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class Moves:
    """What moved: steps and slopes (speakers, labels) of the labels that the head knows.

    Attributes:
        steps: the best step of each.
        drifts: the slope of each.
        units: what they were looked for among.
        when: whose sessions these are, and when they were.
        labels: of the columns.
        by: what a point of the trend holds together: decides how a time is told.
    """

    steps: Steps
    drifts: Drifts
    units: Units
    when: Occasions
    labels: tuple[str, ...]
    by: By

    def changes(self, i: int) -> tuple[Change, ...]:
        """The steps of a speaker that stand, in order of time."""
        units, steps, when = self.units, self.steps, self.when
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
            if when.dated[i] and self.by is not By.ORDER:
                t = iso(when.session_start_us[session])
            changes.append(
                Change(
                    t=t,
                    session=when.session_name[session],
                    emotion=self.labels[j],
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

    def slopes(self, i: int) -> tuple[Drift, ...]:
        """The slope of each label of a speaker; none without enough evidence."""
        found, dated = self.drifts, bool(self.when.dated[i])
        scale, per = (_PER_DAYS, f"{_PER_DAYS} days") if dated else (1, "session")
        return tuple(
            Drift(
                emotion=label,
                slope=float(found.slope[i, j]) * scale,
                low=float(found.low[i, j]) * scale,
                high=float(found.high[i, j]) * scale,
                per=per,
                p=float(found.p[i, j]),
                q=float(found.q[i, j]),
            )
            for j, label in enumerate(self.labels)
            if np.isfinite(found.slope[i, j])
        )


def find_moves(
    evidence: Evidence,
    clips: Clips,
    sessions: Sessions,
    when: Occasions,
    by: By,
    enough: np.ndarray,
    rate: float,
    seed: int,
) -> Moves:
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
    labels = tuple(np.array(evidence.labels)[evidence.known].tolist())
    return Moves(steps, drifts, Units(means, counts, first, lengths), when, labels, by)


def _units(owner: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit of each session, first session of each unit, units of each speaker: few enough, of near equal size."""
    lengths = np.minimum(count, _MOST_UNITS)
    offset = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(owner)) - offset[owner]
    unit = place * lengths[owner] // np.maximum(count[owner], 1) + (np.cumsum(lengths) - lengths)[owner]
    return unit, np.searchsorted(unit, np.arange(int(lengths.sum()))), lengths


def _welch(
    before: np.ndarray, after: np.ndarray, weights_before: np.ndarray, weights_after: np.ndarray
) -> tuple[float | None, float | None]:
    """95 % interval of the difference of weighted means (Welch 1947, Biometrika 34); None where nothing varies."""
    if not (before.std() > 0 or after.std() > 0):
        return None, None
    sides = ((before, weights_before), (after, weights_after))
    means = [np.average(x, weights=w) for x, w in sides]
    free = np.array([len(x) - 1 for x, _ in sides])
    squares = np.array([(w * np.square(x - m)).sum() / w.sum() for (x, w), m in zip(sides, means, strict=True)]) / free
    freedom = squares.sum() ** 2 / (np.square(squares) / free).sum()
    middle, reach = float(means[1] - means[0]), float(special.stdtrit(freedom, 0.975) * np.sqrt(squares.sum()))
    return middle - reach, middle + reach


def _shape(units: np.ndarray, weights: np.ndarray, at: int) -> Shape:
    """Step or slope, by the Bayesian information criterion; a step has its place as one more parameter."""
    x, n = np.arange(len(units)), len(units)
    slope, intercept = robust_line(units, x)
    early = x < at
    level = np.where(early, np.average(units[:at], weights=weights[:at]), np.average(units[at:], weights=weights[at:]))
    sloped = (weights * np.square(units - intercept - slope * x)).sum()
    stepped = (weights * np.square(units - level)).sum()
    tiny = 1e-12
    gain = n * (np.log(max(sloped, tiny)) - np.log(max(stepped, tiny)))
    return Shape.STEP if gain > np.log(n) else Shape.GRADUAL


def iso(microseconds: int) -> str:
    """A moment since 1970 as ISO 8601."""
    return pd.Timestamp(int(microseconds), unit="us", tz="UTC").isoformat()
