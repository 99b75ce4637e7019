"""What trends are made of: points over time, steps, slopes; as arrays, and as the plain values a command prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from emoanalytics.errors import StoreError
from emoanalytics.labels import Language
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.views.trends import words

SKETCHED = 40  # points of a line the size of a word


class By(StrEnum):
    """What a point of a trend holds together."""

    SESSION = "session"
    DAY = "day"
    WEEK = "week"
    ORDER = "order"


class Shape(StrEnum):
    """How a speaker went from one level to another."""

    STEP = "step"
    GRADUAL = "gradual"


@dataclass(frozen=True)
class Minimum:
    """The least evidence that changes of a speaker are looked for in.

    Attributes:
        sessions: at least this many, and never fewer than six: see ``statistics.changes.FEWEST_UNITS``.
        clips: at least this many equal clips (effective number under the weights).
        seconds: at least this much audio.
    """

    sessions: int = 6
    clips: int = 20
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.sessions < 6 or self.clips < 1 or not self.seconds >= 0:
            raise StoreError(
                f"the least evidence is at least 6 sessions, 1 clip and 0 s, "
                f"not {self.sessions}, {self.clips} and {self.seconds}"
            )


@dataclass(frozen=True)
class Change:
    """A step in one emotion of one speaker.

    Attributes:
        t: the first occasion after the step: ISO 8601, or its number where nothing is dated.
        session: the name of that session, None where it has none.
        emotion: the label.
        effect: mean after minus mean before, in score points (-1 to 1); sessions count as ``Steps.weights`` has it.
        low: lower end of its 95 % interval (Welch's t over sessions), given that the step is here; None: see ``high``.
        high: its upper end; None where one side does not vary.
        before: mean score of the sessions before.
        after: mean score from there on.
        p: how often chance does as well in any emotion of a speaker (see ``statistics.changes``).
        q: the speaker's best p among all speakers that were tested (Benjamini and Hochberg).
        shape: whether a step or a steady slope describes the sessions better (Schwarz 1978).
    """

    t: str | int
    session: str | None
    emotion: str
    effect: float
    low: float | None
    high: float | None
    before: float
    after: float
    p: float
    q: float
    shape: Shape


@dataclass(frozen=True)
class Drift:
    """The slope of one emotion of one speaker.

    Attributes:
        emotion: the label.
        slope: score points per ``per``.
        low: lower end of its 95 % interval (Sen 1968).
        high: its upper end.
        per: ``30 days``, or ``session`` where nothing is dated.
        p: of Kendall's tau.
        q: the same among all speakers and emotions (Benjamini and Hochberg).
    """

    emotion: str
    slope: float
    low: float
    high: float
    per: str
    p: float
    q: float


@dataclass(frozen=True)
class SpeakerTrend:
    """One speaker over time. Arrays are read-only and have one row a point.

    Attributes:
        speaker: the name; None where the store names nobody.
        labels: of the columns: the nine emotions, then further labels of the head.
        t: when each point is: an ISO 8601 date (day, week: its Monday) or time (session), or a number (order).
        session: the name of the session of each point, None where it has none or holds several.
        n: clips of each point.
        seconds: audio of each point, seconds.
        effective_n: equal clips each point is worth under the weights.
        sessions: sessions each point holds.
        over: what each point's interval holds for the unit of chance: ``sessions``, ``recordings`` or ``clips`` of its
            one session or recording; None where there are too few of them.
        mean: (points, labels) weighted mean score; NaN: the head does not know the label.
        low: (points, labels) lower end of the 95 % interval, NaN where there is not enough evidence.
        high: (points, labels) upper end.
        log_ratio: (points, labels) weighted mean of the clips' centred log-ratios (natural logarithm).
        overall: (labels,) the speaker's own baseline: the mean over all clips.
        overall_low: (labels,) lower end of its interval over sessions.
        overall_high: (labels,) upper end.
        changes: steps that stand against chance, over all speakers and emotions, in order of time.
        drifts: the slope of each label the head knows; empty without enough evidence or with one date only.
        enough: whether there is enough evidence to look for changes.
        total: (sessions, effective clips, seconds) there are.
        dated: whether points are placed by date.
        ordered: whether they have an order in time at all: by dates that differ, or by sessions that the
            corpus names.
        calibrated: whether the winner's score of the head in use may be called calibrated.
    """

    speaker: str | None
    labels: tuple[str, ...]
    t: tuple[str | int, ...]
    session: tuple[str | None, ...]
    n: np.ndarray
    seconds: np.ndarray
    effective_n: np.ndarray
    sessions: np.ndarray
    over: tuple[str | None, ...]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    log_ratio: np.ndarray
    overall: np.ndarray
    overall_low: np.ndarray
    overall_high: np.ndarray
    changes: tuple[Change, ...]
    drifts: tuple[Drift, ...]
    enough: bool
    total: tuple[int, float, float]
    dated: bool
    ordered: bool
    calibrated: bool = False

    def __post_init__(self) -> None:
        points = len(self.t)
        for name in ("mean", "low", "high", "log_ratio"):
            if getattr(self, name).shape != (points, len(self.labels)):
                raise ValueError(f"{name} of {points} points has shape {getattr(self, name).shape}")
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def minutes(self) -> float:
        """Audio there is, minutes."""
        return self.total[2] / 60

    def column(self, emotion: str) -> int:
        """The column of an emotion.

        Raises:
            StoreError: there is none.
        """
        if emotion not in self.labels:
            raise StoreError(f"there is no emotion {emotion!r}; there are {', '.join(self.labels)}")
        return self.labels.index(emotion)

    def sketch(self, emotion: str, points: int = SKETCHED) -> tuple[float, ...]:
        """The means of an emotion for a line the size of a word; empty where the head does not know it.

        Args:
            emotion: the label.
            points: at most this many; where there are more, neighbours are taken together by their clips.

        Raises:
            StoreError: there is no such emotion, or no point is asked for.
        """
        mean = self.mean[:, self.column(emotion)]
        if points < 1:
            raise StoreError(f"a line takes at least 1 point, not {points}")
        if np.isnan(mean).any():
            return ()
        size = min(points, len(mean))
        place = np.arange(len(mean)) * size // max(len(mean), 1)
        return tuple((np.bincount(place, mean * self.n, size) / np.bincount(place, self.n, size)).tolist())

    def as_json(self) -> dict[str, Any]:
        """Plain values, None for what is not known."""
        points = [
            {
                "t": self.t[i],
                "session": self.session[i],
                "n": int(self.n[i]),
                "seconds": float(self.seconds[i]),
                "effective_n": float(self.effective_n[i]),
                "sessions": int(self.sessions[i]),
                "over": self.over[i],
                "mean": self._named(self.mean[i]),
                "low": self._named(self.low[i]),
                "high": self._named(self.high[i]),
                "log_ratio": self._named(self.log_ratio[i]),
            }
            for i in range(len(self.t))
        ]
        return {
            "speaker": self.speaker,
            "points": points,
            "changes": [_plain(change) for change in self.changes],
            "drift": [_plain(drift) for drift in self.drifts],
            "enough": self.enough,
            "reason": self.reason(),
            "clips": int(self.n.sum()),
            "seconds": self.total[2],
            "sessions": self.total[0],
            "effective_n": self.total[1],
            "mean": self._named(self.overall),
            "low": self._named(self.overall_low),
            "high": self._named(self.overall_high),
        }

    def reason(self, language: Language | str = Language.EN, minimum: Minimum | None = None) -> str | None:
        """Why nothing is said of change, in words; None where there is enough evidence."""
        if self.enough:
            return None
        return (
            words.too_little(self.total, language, minimum)
            if self.ordered
            else words.unordered(language, dated=self.dated)
        )

    def _named(self, values: np.ndarray) -> dict[str, float | None]:
        return {
            label: float(v) if np.isfinite(v) else None for label, v in zip(self.labels, values.tolist(), strict=True)
        }


@dataclass(frozen=True)
class Trends:
    """Speakers over time.

    Attributes:
        speakers: one entry a speaker, by name.
        by: what a point holds together.
        evidence: which clips were used, and how many were left out and why.
        minimum: the least evidence changes were looked for in.
        unnamed: clips left out because they name no speaker where others do.
        undated: clips left out because they have no date where others of their speaker do.
        own_sessions: whether every clip names its session; else the recording stands for it.
        zone: time zone of days and weeks.
        rate: false discovery rate of the changes.
        tested: speakers with enough evidence.
        drawn: permuted sequences behind the p-values of the changes.
        seed: of bootstrap and permutations.
    """

    speakers: tuple[SpeakerTrend, ...]
    by: By
    evidence: Evidence
    minimum: Minimum
    unnamed: int
    undated: int
    own_sessions: bool
    zone: str
    rate: float
    tested: int
    drawn: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "speakers": [speaker.as_json() for speaker in self.speakers],
            "by": str(self.by),
            "zone": self.zone,
            "evidence": self.evidence.as_json() | {"unnamed": self.unnamed, "undated": self.undated},
            "minimum": vars(self.minimum),
            "false_discovery_rate": self.rate,
            "tested": self.tested,
            "permutations": self.drawn,
            "seed": self.seed,
            "notes": list(self.notes()),
        }

    def notes(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What was used, left out and assumed, in sentences."""
        return self.evidence.said(language) + words.notes(
            language,
            by=str(self.by),
            unnamed=self.unnamed,
            undated=self.undated,
            undated_speakers=sum(not s.dated for s in self.speakers),
            speakers=len(self.speakers),
            own_sessions=self.own_sessions,
            nobody=any(s.speaker is None for s in self.speakers),
            foreign=self._foreign(),
        )

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """One or more sentences a speaker: what changed, or that there is not enough evidence to say."""
        return tuple(line for speaker in self.speakers for line in self.said_of(speaker, language))

    def said_of(self, speaker: SpeakerTrend, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The sentences on one speaker."""
        reason = speaker.reason(language, self.minimum)
        if reason is not None:
            return (words.named(speaker.speaker, reason, language),)
        lines = self.changes_of(speaker, language)
        return tuple(words.named(speaker.speaker, line, language) for line in lines) or (
            words.named(speaker.speaker, words.steady(speaker.total[0], language), language),
        )

    def changes_of(self, speaker: SpeakerTrend, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What changed in one speaker, a sentence each, without the name; empty: nothing, or not enough evidence."""
        return tuple(_sentences(speaker, self.rate, language)) if speaker.enough else ()

    def _foreign(self) -> tuple[str, ...]:
        """The head's labels where it knows none of the nine."""
        known = self.evidence.known
        return () if known[:9].any() else tuple(np.array(self.evidence.labels)[known].tolist())


def _sentences(speaker: SpeakerTrend, rate: float, language: Language | str) -> Sequence[str]:
    """Slopes first where a slope describes an emotion best, then steps, the largest first."""
    steps = {c.emotion: c for c in speaker.changes}
    slopes = {d.emotion: d for d in speaker.drifts if d.q <= rate}
    gradual = [d for e, d in slopes.items() if e not in steps or steps[e].shape is Shape.GRADUAL]
    sudden = [c for c in steps.values() if c.emotion not in {d.emotion for d in gradual}]
    lines = [
        words.drifted(d.emotion, d.slope, d.low, d.high, d.per, language)
        for d in sorted(gradual, key=lambda d: -abs(d.slope))
    ]
    return lines + [
        words.stepped(c.emotion, c.effect, c.low, c.high, c.t, c.session, language)
        for c in sorted(sudden, key=lambda c: -abs(c.effect))
    ]


def _plain(thing: Change | Drift) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Shape) else value for name, value in vars(thing).items()}
