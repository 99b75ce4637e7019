"""How well a head does."""

from __future__ import annotations

import click

from emoanalytics.embed.heads import FitReport
from emoanalytics.terminal.lines import counted, one_line


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
    lines += [f"note: {one_line(note)}" for note in report.notes]
    click.echo("\n".join(lines), err=err)
