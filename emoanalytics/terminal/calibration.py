"""A calibration: what it brought, in sentences, and the reliability before and after in characters."""

from __future__ import annotations

import click

from emoanalytics.embed.heads.calibration import Method
from emoanalytics.embed.heads.reliability import Reliability
from emoanalytics.labels import Language
from emoanalytics.terminal.drawn import table, whisker
from emoanalytics.terminal.lines import one_line
from emoanalytics.views.calibrate import Calibration

_WORDS = {
    "reading": (
        "● share of listeners who hear the winner, with its 95 % interval; | mean score. Far apart: off. From 0 to 1.",
        "● 认同胜出情绪的听者比例及其 95% 区间；| 平均得分。相距越远偏差越大。范围 0 至 1。",
    ),
    "before": ("before:", "校准前："),
    "same": ("before and after, on speakers left out:", "校准前后相同（在未参与的说话人上）："),
    "after": ("after, on speakers left out:", "校准后（在未参与的说话人上）："),
    "clips": ("clips", "片段"),
    "score": ("score", "得分"),
    "heard": ("heard", "听者认同"),
    "scale": ("0 to 1", "0 至 1"),
    "losses": (
        "correction: {method}; cross-entropy on speakers left out: {losses}",
        "校正方法：{method}；在未参与的说话人上的交叉熵：{losses}",
    ),
    "note": ("note: {note}", "注意：{note}"),
    "saved": ("saved as head {head}", "已保存为分类头 {head}"),
    "not_saved": ("nothing was saved", "未保存"),
}
_METHODS = {
    Method.NONE: ("none, the scores as they are", "不校正"),
    Method.TEMPERATURE: ("temperature {temperature:.2f}", "温度 {temperature:.2f}"),
    Method.VECTOR: ("a scale and a shift for each label", "每个标签各一个缩放和平移"),
}


def show_calibration(found: Calibration, language: Language | str = Language.EN, *, err: bool = False) -> None:
    """What a calibration brought, and how far it can be relied on."""
    zh = language == Language.ZH
    lines = [*found.said(language), *(_text("note", language, note=note.text(language)) for note in found.notes)]
    correction = found.found.chosen.calibrator
    method = _METHODS[correction.method][zh].format(temperature=correction.temperature)
    losses = ", ".join(f"{m} {loss:.3f}" for m, loss in found.found.chosen.losses.items())
    lines += [_text("losses", language, method=method, losses=losses), ""]
    before, after = found.found.before, found.found.after
    for name, part in (("same", after),) if before == after else (("before", before), ("after", after)):
        lines += [_text(name, language), *reliability_lines(part, language)]
    saved = _text("saved", language, head=found.head_id) if found.head_id else _text("not_saved", language)
    lines += [_text("reading", language), "", saved]
    click.echo("\n".join(map(one_line, lines)), err=err)


def reliability_lines(found: Reliability, language: Language | str = Language.EN) -> list[str]:
    """A line for each bin of scores: how many clips, their mean score, how often listeners heard the winner."""
    rows = [[_text(word, language) for word in ("score", "clips", "heard", "scale")]]
    for b in found.bins:
        sure = b.right_low is not None and b.right_high is not None
        rows.append(
            [
                f"{b.score:.2f} ({b.low:.2f}-{b.high:.2f})",
                str(b.rows),
                f"{b.right:.2f}" + (f" ({b.right_low:.2f}-{b.right_high:.2f})" if sure else ""),
                whisker(b.right, b.right_low, b.right_high, 41, mark=b.score),
            ]
        )
    return table(rows, right=(1,))


def _text(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][language == Language.ZH].format(**values)
