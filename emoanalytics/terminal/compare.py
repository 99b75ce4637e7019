"""Groups compared: what was found in sentences, then the means and differences behind them."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from emoanalytics.embed.heads.head import mean_word
from emoanalytics.labels import BY_ID, Language
from emoanalytics.terminal.drawn import emotion_cell, table, whisker
from emoanalytics.terminal.lines import one_line
from emoanalytics.views.compare import ALPHA, Comparison, Confound, Difference, Group, Kind, Pair

_MOST_PAIRS = 20
_WIDE = 17  # characters of a drawing
_SPAN = 0.5  # differences beyond half the scale are drawn at its end
_WORDS = {
    "emotion": ("emotion", "情绪"),
    "group": ("group", "组"),
    "clips": ("clips", "片段"),
    "difference": ("{first} minus {second}", "{first} 减 {second}"),
    "span": ("-{span} to +{span}", "-{span} 至 +{span}"),
    "effect": ("delta", "delta"),
    "reading": (
        "| is 0; delta is Cliff's, from -1 to 1: how often speakers of the first are above those of the second",
        "| 为 0；delta 为 Cliff's delta（-1 至 1）：前一组高于后一组的频度",
    ),
    "corrected": ("p ({correction})", "p（{correction}）"),
    "means": ("{score}, every {cluster} counts once:", "{score}，每个{cluster}只计一次："),
    "baseline": (
        "{score} against each speaker's own baseline, every {cluster} counts once:",
        "{score}（相对说话人自身基线），每个{cluster}只计一次：",
    ),
    "pairs": ("the pairs that differ in an emotion:", "在某种情绪上有差异的组："),
    "more": ("... and {n} more: --json gives all", "……另有 {n} 个：--json 给出全部"),
    "tied": ("also tied to the groups:", "同样与分组相关的："),
    "flag": ("flag {name}", "标记 {name}"),
    "strength": ("strength", "强度"),
}
_CLUSTERS = {"speaker": "说话人", "session": "会话"}


def show_comparison(found: Comparison, language: Language | str = Language.EN) -> None:
    """The sentences, then the tables, on standard output."""
    lines = [*found.said(language), "", *_heading(found, language)]
    if len(found.pairs) == 1:
        lines += _two(found, found.pairs[0], language)
    else:
        lines += [*_many(found, language), *_differing(found, language)]
    lines += _confounds(found, language)
    click.echo("\n".join(map(one_line, lines)))


def _heading(found: Comparison, language: Language | str) -> list[str]:
    cluster = _CLUSTERS.get(found.cluster, found.cluster) if language == Language.ZH else found.cluster
    score = mean_word(found.evidence.calibrated, language)
    return [_text("baseline" if found.normalised else "means", language, score=score, cluster=cluster)]


def _told(found: Comparison) -> bool:
    """Whether the p-values of single emotions are told: only behind a finding, and where one could be small enough."""
    return found.p is not None and found.p <= ALPHA and found.singles_within_reach


def _two(found: Comparison, pair: Pair, language: Language | str) -> list[str]:
    """A line an emotion: both means, their difference as a number and drawn, how large and how sure it is."""
    first, second = ({g.name: g for g in found.groups}[name] for name in (pair.first, pair.second))
    told = _told(found)
    rows = [
        [
            _text("emotion", language),
            *(one_line(g.name) for g in (first, second)),
            _text("difference", language, first=one_line(first.name), second=one_line(second.name)),
            _text("span", language, span=_SPAN),
            _text("effect", language),
            *([_text("corrected", language, correction=found.correction)] if told else []),
        ]
    ]
    rows += [
        [
            emotion_cell(d.label, language),
            *(_mean(g, d.label, signed=found.normalised) for g in (first, second)),
            _interval(d.difference, d.low, d.high, signed=True),
            _drawn(d),
            _number(d.dominance, "+.2f"),
            *([_p(d)] if told else []),
        ]
        for d in pair.differences
    ]
    return [*table(rows), f"  {_text('reading', language)}"]


def _mean(group: Group, label: str, *, signed: bool) -> str:
    return _interval(group.mean[label], group.low[label], group.high[label], signed=signed)


def _drawn(d: Difference) -> str:
    if d.difference is None:
        return ""

    def place(value: float) -> float:
        return (value + _SPAN) / (2 * _SPAN)

    low = None if d.low is None else place(d.low)
    high = None if d.high is None else place(d.high)
    return whisker(place(d.difference), low, high, _WIDE, mark=0.5)


def _many(found: Comparison, language: Language | str) -> list[str]:
    """A line a group, a column an emotion; below it whether the groups differ in it."""
    head = [_text("group", language), _text("clips", language), *(_short(e, language) for e in found.labels)]
    rows = [head, *(_group(g, found.labels) for g in found.groups)]
    if _told(found):
        rows.append([_text("corrected", language, correction=found.correction), "", *map(_p, found.emotions)])
    return table(rows, right=range(1, len(head)))


def _group(group: Group, labels: tuple[str, ...]) -> list[str]:
    return [one_line(group.name), str(group.clips), *(_number(group.mean[label], ".2f") for label in labels)]


def _short(label: str, language: Language | str) -> str:
    return BY_ID[label].name(language) if label in BY_ID else one_line(label)


def _differing(found: Comparison, language: Language | str) -> list[str]:
    rows = [
        [
            f"{one_line(pair.first)} - {one_line(pair.second)}",
            emotion_cell(d.label, language),
            _interval(d.difference, d.low, d.high, signed=True),
            _drawn(d),
            f"p {_p(d)}",
        ]
        for pair in found.pairs
        for d in pair.differing()
    ]
    if not rows:
        return []
    more = [_text("more", language, n=len(rows) - _MOST_PAIRS)] if len(rows) > _MOST_PAIRS else []
    return ["", _text("pairs", language), *table(rows[:_MOST_PAIRS]), *more]


def _confounds(found: Comparison, language: Language | str) -> list[str]:
    if not found.confounds:
        return []
    rows = [
        [_confound_name(c, language), f"{_text('strength', language)} {c.strength:.2f}", _by_group(c)]
        for c in found.confounds
    ]
    return ["", _text("tied", language), *table(rows)]


def _confound_name(c: Confound, language: Language | str) -> str:
    return _text("flag", language, name=c.column) if c.kind is Kind.FLAG else one_line(c.column)


def _by_group(c: Confound) -> str:
    """The median, share or most frequent value of each group, as many as fit."""
    parts = [f"{one_line(name)} {_value(c, name, value)}" for name, value in list(c.by_group.items())[:4]]
    return ", ".join(parts) + (", ..." if len(c.by_group) > 4 else "")


def _value(c: Confound, name: str, value: float) -> str:
    if c.kind is Kind.VALUES:
        return f"{one_line(c.values[name]) or '-'} ({value:.0%})"
    if c.kind is Kind.FLAG:
        return f"{value:.0%}"
    if c.column == "recorded_at":
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _interval(value: float | None, low: float | None, high: float | None, *, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    if value is None:
        return "-"
    between = " to " if signed else "-"
    return f"{value:{form}}" + ("" if low is None or high is None else f" ({low:{form}}{between}{high:{form}})")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def _p(d: Difference) -> str:
    if d.p_adjusted is None:
        return "-"
    return "< 0.001" if d.p_adjusted < 0.001 else f"{d.p_adjusted:.3f}"


def _text(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][language == Language.ZH].format(**values)
