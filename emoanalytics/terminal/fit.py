"""How well a head does."""

from __future__ import annotations

import click

from emoanalytics.embed.heads import FitReport
from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.train import said_learning

_MOST_GROUPS = 8


def show_fit(report: FitReport, *, group: str = "speaker", err: bool = False) -> None:
    """How well a head does on speakers (or other groups) it never heard."""
    lines = [
        f"head trained on {counted(report.rows, 'labelled segment')} of {counted(report.groups, group)}; "
        f"tested on {group}s that it was not trained on:",
        f"  unweighted average recall {report.uar:.3f} (95 % interval {report.uar_low:.3f}-{report.uar_high:.3f}, "
        f"chance {1 / len(report.classes):.3f})",
        f"  accuracy                  {report.accuracy:.3f} "
        f"(95 % interval {report.accuracy_low:.3f}-{report.accuracy_high:.3f})",
    ]
    for fold in report.folds:
        held = f"  tested on {one_line(', '.join(fold.groups))}: "
        figures = f"recall {fold.uar:.3f}, accuracy {fold.accuracy:.3f} (n = {fold.rows})"
        lines.append(held + (figures if fold.rows else "nothing to test"))
    if len(report.by_group) > len(report.folds):  # else the folds have said it
        lines += _groups(report, group)
    lines += [f"  {line}" for line in said_learning(report)]
    lines += [f"note: {one_line(str(note))}" for note in report.notes]
    click.echo("\n".join(lines), err=err)


def _groups(report: FitReport, group: str) -> list[str]:
    """The worst groups, and the best one to hold them against."""
    shown = report.by_group if len(report.by_group) <= _MOST_GROUPS else report.by_group[: _MOST_GROUPS - 1]
    lines = [f"  by {group}, lowest recall first:"]
    lines += [f"    {one_line(g.group)}: recall {g.uar:.3f}, accuracy {g.accuracy:.3f} (n = {g.rows})" for g in shown]
    if len(shown) < len(report.by_group):
        best = report.by_group[-1]
        lines.append(
            f"    ... and {len(report.by_group) - len(shown)} more, up to {one_line(best.group)}: recall {best.uar:.3f}"
        )
    return lines
