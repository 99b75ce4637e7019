"""Alarms, and what is known about how many of them chance would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emoanalytics.labels import Language
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.views.alerts.rules import Rule


@dataclass(frozen=True)
class Alarm:
    """One time a rule fired.

    Attributes:
        rule: which.
        speaker: whose clips; None where nobody is named.
        session: the session's name, None where it has none.
        t: when the clip that completed it was recorded, ISO 8601, or None.
        segment_ids: the clips behind it, in order.
        value: mean score of those clips.
        baseline: the speaker's mean before, for a baseline rule.
        new: whether the clip that completed it is one of the new clips.
    """

    rule: Rule
    speaker: str | None
    session: str | None
    t: str | None
    segment_ids: tuple[str, ...]
    value: float
    baseline: float | None
    new: bool


@dataclass(frozen=True)
class RuleReport:
    """A rule on the clips of the store.

    Attributes:
        rule: the rule.
        alarms: how often it fired, new clips included.
        per_1000: alarms per 1,000 clips of the store (without new clips).
        expected: the same in the same clips with their order shuffled: what it would give if order meant nothing.
        low: lower end of the 95 % interval of ``expected`` for other speakers of this kind; None: too few speakers
            or clips to tell.
        high: its upper end.
        clips: clips of the store it was evaluated on.
        speakers: their speakers.
        shuffles: how often the clips were shuffled.
    """

    rule: Rule
    alarms: int
    per_1000: float
    expected: float
    low: float | None
    high: float | None
    clips: int
    speakers: int
    shuffles: int

    def said(self, language: Language | str = Language.EN) -> str:
        """How often, and how often by chance."""
        zh = language == Language.ZH
        if self.low is None or self.high is None:
            sure = "（片段或说话人太少，说不准）" if zh else " (too few clips or speakers to tell how sure that is)"
        else:
            sure = (
                f"（95% 区间 {self.low:.1f} 至 {self.high:.1f}）"
                if zh
                else f" (95 % interval {self.low:.1f} to {self.high:.1f})"
            )
        if zh:
            return (
                f"{self.rule.said(language)}：每千条 {self.per_1000:.1f} 次；若先后顺序毫无意义，同样这些片段每千条"
                f"仍会有 {self.expected:.1f} 次{sure}。"
            )
        return (
            f"{self.rule.said(language)}: {self.per_1000:.1f} per 1,000 clips; if their order meant nothing, the same "
            f"clips would still give {self.expected:.1f} per 1,000{sure}."
        )


@dataclass(frozen=True)
class Alerts:
    """What the rules found.

    Attributes:
        alarms: of the new clips where there are new clips, else of the store; rule after rule, by speaker and time.
        reports: one a rule.
        evidence: which clips of the store were used.
        unnamed: clips that name no speaker where others do, and were left out.
        undated: clips without a date where others of their speaker have one, left out too.
        seed: of the shuffles.
    """

    alarms: tuple[Alarm, ...]
    reports: tuple[RuleReport, ...]
    evidence: Evidence
    unnamed: int
    undated: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "alarms": [vars(a) | {"rule": a.rule.said(), "segment_ids": list(a.segment_ids)} for a in self.alarms],
            "rules": [vars(r) | {"rule": r.rule.said()} for r in self.reports],
            "evidence": self.evidence.as_json() | {"unnamed": self.unnamed, "undated": self.undated},
            "seed": self.seed,
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """One sentence a rule, and what chance means here."""
        zh = language == Language.ZH
        caveat = (
            "“偶然”指把每位说话人的片段（基线规则：会话）打乱顺序；分数本身的对错不在其内。"
            if zh
            else "Chance means: each speaker's clips (for baseline rules: sessions) in a shuffled order. Whether the "
            "scores are right is another question."
        )
        return (*(r.said(language) for r in self.reports), caveat)

    def notes(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """Which clips of the store were used, and which, new ones included, have no place."""
        return (
            *self.evidence.said(language),
            *_left_out(self.unnamed, self.undated, language == Language.ZH),
        )


def _left_out(unnamed: int, undated: int, zh: bool) -> list[str]:
    lines = []
    if unnamed:
        one = "1 clip names no speaker and was left out."
        many = one if unnamed == 1 else f"{unnamed} clips name no speaker and were left out."
        lines.append(f"{unnamed} 条未注明说话人，未使用。" if zh else many)
    if undated:
        one = "1 clip has no date where others of its speaker do, and was left out."
        many = (
            one
            if undated == 1
            else f"{undated} clips have no date where others of their speaker do, and were left out."
        )
        lines.append(f"{undated} 条没有日期，而同一说话人的其他片段有，未使用。" if zh else many)
    return lines
