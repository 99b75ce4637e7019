"""Alarms: how many, how many by chance, and the clips behind each."""

from __future__ import annotations

from collections.abc import Mapping

import click

from emoanalytics.labels import Language
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.drawn import table
from emoanalytics.terminal.lines import one_line
from emoanalytics.views.alerts import Alarm, Alerts

_MOST_ALARMS = 20
_WORDS = {
    "none": ("no alarm", "没有告警"),
    "more": ("... and {n} more: --json gives all", "……另有 {n} 次：--json 给出全部"),
    "head": (("speaker", "when", "session", "mean score", "clips"), ("说话人", "时间", "会话", "平均得分", "片段")),
    "before": (" (before {value:.2f})", "（此前 {value:.2f}）"),
}


def show_alerts(store: EmotionStore, found: Alerts, language: Language | str = Language.EN) -> None:
    """A sentence a rule, then its alarms, twenty at most, on standard output."""
    zh = language == Language.ZH
    rows = store.segments(["segment_id", "file", "start_s"]).itertuples(index=False)
    names = {str(i): f"{one_line(file)} [{start:.2f} s]" for i, file, start in rows}
    lines = list(found.said(language))
    for report in found.reports:
        lines += ["", f"{report.rule.said(language)}{'：' if zh else ':'}"]
        lines += _alarms([alarm for alarm in found.alarms if alarm.rule == report.rule], names, zh)
    lines += ["", *found.notes(language)]
    click.echo("\n".join(map(one_line, lines)))


def _alarms(alarms: list[Alarm], names: Mapping[str, str], zh: bool) -> list[str]:
    if not alarms:
        return [f"  {_WORDS['none'][zh]}"]
    rows = [
        [
            one_line(alarm.speaker or ""),
            (alarm.t or "")[:16].replace("T", " "),
            one_line(alarm.session or ""),
            f"{alarm.value:.2f}"
            + ("" if alarm.baseline is None else str(_WORDS["before"][zh]).format(value=alarm.baseline)),
            ", ".join(names[i] for i in alarm.segment_ids[:2])
            + (f", ... ({len(alarm.segment_ids)})" if alarm.segment_ids[2:] else ""),
        ]
        for alarm in alarms[:_MOST_ALARMS]
    ]
    more = str(_WORDS["more"][zh]).format(n=len(alarms) - _MOST_ALARMS)
    return [*table([_WORDS["head"][zh], *rows]), *([more] if len(alarms) > _MOST_ALARMS else [])]
