"""How speakers change, in words first, then as tables of small lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import click
import numpy as np

from emoanalytics.labels import Language
from emoanalytics.terminal.drawn import emotion_cell, sparkline, table, whisker
from emoanalytics.terminal.lines import one_line
from emoanalytics.views.trends import By, SpeakerTrend, Trends

_MOST_SPEAKERS, _MOST_NAMES, _MOST_POINTS, _MOST_CHARACTERS = 30, 12, 40, 48
_WORDS = {
    "steady": ("no change beyond chance was found: {names}", "未发现超出偶然的变化：{names}"),
    "more": (
        "... and {n} more: name one with --speaker, or take --json",
        "……另有 {n} 位：用 --speaker 指定，或用 --json",
    ),
    "names_more": ("{n} more", "另有 {n} 位"),
    "speaker": ("speaker", "说话人"),
    "sessions": ("sessions", "会话"),
    "clips": ("clips", "片段"),
    "emotion": ("emotion", "情绪"),
    "mean": ("mean (95 % interval)", "均值（95% 区间）"),
    "points": ("by {by}, ▁ = 0 to █ = {top:.2f}", "按{by}，▁ = 0 至 █ = {top:.2f}"),
    "merged": (
        "long lines: neighbouring points share a character.",
        "点数过多时，相邻的点合为一个字符。",
    ),
    "when": ("when", "时间"),
    "session": ("session", "会话"),
    "scale": ("0 to 1", "0 至 1"),
    "highest": (
        "Speakers without a change: the emotion with the highest mean.",
        "无变化的说话人：列出均值最高的情绪。",
    ),
    "unordered": ("no order in time", "没有先后顺序"),
    "one": (
        "Changes are judged among all {n} speakers with enough evidence, so looking at them one by one finds no more.",
        "变化是在证据充足的全部 {n} 位说话人之间判断的，逐个查看并不会多出发现。",
    ),
    "few": ("not enough evidence for an interval", "证据不足，无区间"),
    "points_more": ("... and {n} earlier ones: --json gives all", "……更早的 {n} 个：--json 给出全部"),
}
_BY = {By.SESSION: "会话", By.DAY: "日", By.WEEK: "周", By.ORDER: "次序"}


def show_trends(found: Trends, language: Language | str = Language.EN, *, one_of_many: bool = False) -> None:
    """Who changed, who did not, of whom there is too little evidence; then the means behind it, on standard output.

    Args:
        found: the trends.
        language: of the words.
        one_of_many: only one speaker was asked for.
    """
    alone = len(found.speakers) == 1
    order = sorted(found.speakers, key=lambda s: -_size(s, found.rate))
    lines = [*(said for s in found.speakers for said in found.said_of(s, language))] if alone else []
    if not alone:
        changed = [s for s in order if changed_emotions(s, found.rate)]
        lines += [line for s in changed[:_MOST_SPEAKERS] for line in found.said_of(s, language)]
        lines += _more(len(changed) - _MOST_SPEAKERS, language)
        lines += _steady(found, language)
        lines += _too_little(found, language)
    lines += ["", *_means(found, order, language)]
    if alone and order[0].ordered:
        lines += ["", *_points(found, order[0], language)]
    lines += [
        "",
        *found.notes(language),
        *([_text("one", language, n=found.tested)] if one_of_many and found.tested > 1 else []),
    ]
    click.echo("\n".join(map(one_line, lines)))


def changed_emotions(speaker: SpeakerTrend, rate: float) -> tuple[str, ...]:
    """The emotions in which something is said to have changed, the largest change first."""
    found = {c.emotion: abs(c.effect) for c in speaker.changes}
    for drift in speaker.drifts:
        if drift.q <= rate:
            found[drift.emotion] = max(found.get(drift.emotion, 0.0), abs(drift.slope))
    return tuple(sorted(found, key=lambda e: (-found[e], e)))


def _size(speaker: SpeakerTrend, rate: float) -> float:
    steps = [abs(c.effect) for c in speaker.changes]
    return max([*steps, *(abs(d.slope) for d in speaker.drifts if d.q <= rate)], default=0.0)


def _steady(found: Trends, language: Language | str) -> list[str]:
    names = [s.speaker or "" for s in found.speakers if s.enough and not changed_emotions(s, found.rate)]
    return [_text("steady", language, names=_names(names, language))] if names else []


def _too_little(found: Trends, language: Language | str) -> list[str]:
    """One line a reason: many speakers share it."""
    whose: dict[str, list[str]] = {}
    for speaker in found.speakers:
        reason = speaker.reason(language, found.minimum)
        if reason is not None:
            whose.setdefault(reason, []).append(speaker.speaker or "")
    colon = "：" if language == Language.ZH else ": "
    lines = [f"{_names(names, language)}{colon}{reason}" for reason, names in whose.items()]
    return lines[:_MOST_SPEAKERS] + _more(sum(map(len, list(whose.values())[_MOST_SPEAKERS:])), language)


def _names(names: Sequence[str], language: Language | str) -> str:
    comma = "、" if language == Language.ZH else ", "
    more = [_text("names_more", language, n=len(names) - _MOST_NAMES)] if len(names) > _MOST_NAMES else []
    return comma.join([*names[:_MOST_NAMES], *more])


def _more(n: int, language: Language | str) -> list[str]:
    return [_text("more", language, n=n)] if n > 0 else []


def _means(found: Trends, order: Sequence[SpeakerTrend], language: Language | str) -> list[str]:
    """A line for each emotion that changed, for all of a speaker who stands alone, else for the highest mean."""
    shown, alone = order[:_MOST_SPEAKERS], len(order) == 1
    rows, merged = [], False
    top = max((_highest(s, _emotions(s, found.rate, alone)) for s in shown), default=0.0)
    for speaker in shown:
        who = [speaker.speaker or "", str(speaker.total[0]), str(int(speaker.n.sum()))]
        for emotion in _emotions(speaker, found.rate, alone):
            column = speaker.column(emotion)
            line, several = _line(speaker, column)
            merged = merged or (several and speaker.ordered)
            drawing = sparkline(line.tolist(), top) if speaker.ordered else _text("unordered", language)
            rows.append([*who, emotion_cell(emotion, language), _mean(speaker, column), drawing])
            who = ["", "", ""]
    by = _BY[found.by] if language == Language.ZH else str(found.by)
    head = [_text(word, language) for word in ("speaker", "sessions", "clips", "emotion", "mean")]
    head.append(_text("points", language, by=by, top=top))
    listed = table([head, *([one_line(cell) for cell in row] for row in rows)], right=(1, 2))
    notes = {"highest": not alone, "merged": merged}
    listed += _more(len(order) - len(shown), language)
    return listed + [_text(note, language) for note, holds in notes.items() if holds]


def _emotions(speaker: SpeakerTrend, rate: float, alone: bool) -> tuple[str, ...]:
    known = ~np.isnan(speaker.overall)
    if alone:
        return tuple(label for label, is_known in zip(speaker.labels, known, strict=True) if is_known)
    return changed_emotions(speaker, rate) or (speaker.labels[int(np.nanargmax(speaker.overall))],)


def _highest(speaker: SpeakerTrend, emotions: Sequence[str]) -> float:
    return max((float(max(_line(speaker, speaker.column(e))[0])) for e in emotions), default=0.0)


def _line(speaker: SpeakerTrend, column: int) -> tuple[np.ndarray, bool]:
    """The means of the points; of very many, of runs of neighbours (each clip's weight as it was)."""
    values, weights = speaker.mean[:, column], speaker.n.astype(float)
    if len(values) <= _MOST_CHARACTERS:
        return values, False
    run = np.arange(len(values)) * _MOST_CHARACTERS // len(values)
    return np.bincount(run, values * weights) / np.bincount(run, weights), True


def _mean(speaker: SpeakerTrend, column: int) -> str:
    low, high = float(speaker.overall_low[column]), float(speaker.overall_high[column])
    interval = f" ({low:.2f}-{high:.2f})" if math.isfinite(low) else ""
    return f"{speaker.overall[column]:.2f}{interval}"


def _points(found: Trends, speaker: SpeakerTrend, language: Language | str) -> list[str]:
    """The latest points of one speaker: the emotion that changed most, or that is highest, with its interval."""
    emotion = _emotions(speaker, found.rate, alone=False)[0]
    column = speaker.column(emotion)
    first = max(0, len(speaker.t) - _MOST_POINTS)
    head = [_text("when", language), _text("session", language), _text("clips", language)]
    rows = [[*head, emotion_cell(emotion, language), _text("scale", language)]]
    for i in range(first, len(speaker.t)):
        mean, low, high = (float(v[i, column]) for v in (speaker.mean, speaker.low, speaker.high))
        sure = math.isfinite(low) and math.isfinite(high)
        ends = f"{mean:.2f} ({low:.2f}-{high:.2f})" if sure else f"{mean:.2f} ({_text('few', language)})"
        drawing = whisker(mean, low if sure else None, high if sure else None)
        session = speaker.session[i] or ""
        rows.append([str(speaker.t[i])[:10], one_line(session), str(speaker.n[i]), ends, drawing])
    if not any(row[1] for row in rows[1:]):
        rows = [[row[0], *row[2:]] for row in rows]
    lines = table(rows, right=(len(rows[0]) - 3,))
    return [*([_text("points_more", language, n=first)] if first else []), *lines]


def _text(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][language == Language.ZH].format(**values)
