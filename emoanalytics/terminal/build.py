"""What a build did, and what failed in it."""

from __future__ import annotations

import click

from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport
from emoanalytics.terminal.lines import counted, one_line, say

_MOST_FAILURES = 10


def show_build(report: BuildReport, *, err: bool = False) -> None:
    """What a build did; failures always go to standard error."""
    lines = [
        f"{counted(report.embedded, 'segment')} embedded, {report.copied} copied from identical audio, "
        f"{counted(report.unchanged, 'recording')} unchanged, "
        f"{counted(report.relabelled, 'segment')} with new metadata"
    ]
    if report.audio_s:
        lines.append(
            f"{report.audio_s / 3600:.2f} h of audio in {report.elapsed_s:.1f} s: "
            f"{report.times_real_time:.0f} times real time"
        )
    lines += [f"note: {one_line(note)}" for note in report.notes]
    click.echo("\n".join(lines), err=err)
    show_failures(report.failures, str(report.store))


def show_failures(failures: tuple[Failure, ...] | list[Failure], store: str | None = None) -> None:
    """The first failures, one line each, and where the rest stands."""
    if not failures:
        return
    say(f"{counted(len({f.file for f in failures}), 'file')} with failures:")
    for failure in failures[:_MOST_FAILURES]:
        where = "" if failure.start_s is None else f" [{failure.start_s:.2f}-{failure.end_s:.2f} s]"
        file, reason_ = one_line(failure.file), one_line(failure.reason)
        say(f"  {file}{where}: {reason_.rpartition(f'{file}: ')[2]}")  # most reasons name the file themselves
    if len(failures) > _MOST_FAILURES:
        rest = "" if store is None else f" in {store}/failures.parquet"
        say(f"  ... and {len(failures) - _MOST_FAILURES} more{rest}")
