"""What the command line shows: a progress bar, nine bars, a store at a glance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from emoanalytics.analyze import ClipResult
from emoanalytics.audio.quality import name, reason
from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport
from emoanalytics.embed.heads import FitReport
from emoanalytics.labels import BY_ID, EMOTIONS
from emoanalytics.settings import QualitySettings
from emoanalytics.views.overview import Overview

_BAR = 30
_MOST_FAILURES = 10


def say(text: str = "") -> None:
    """A line for people: standard error, so that ``--json`` stays one document."""
    click.echo(text, err=True)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error with time left; it shows nothing for work of under a second."""
    from tqdm import tqdm

    bar = tqdm(unit=unit, delay=1, dynamic_ncols=True, disable=None, mininterval=0.3)

    def tell(done: int, total: int, note: str) -> None:
        bar.total = total
        bar.set_postfix_str(note, refresh=False)
        bar.update(done - bar.n)

    try:
        yield tell
    finally:
        bar.close()


def show_failures(failures: tuple[Failure, ...] | list[Failure], store: str | None = None) -> None:
    """The first failures, one line each, and where the rest stands."""
    if not failures:
        return
    files = len({f.file for f in failures})
    say(f"{files} file{'s' * (files != 1)} with failures:")
    for failure in failures[:_MOST_FAILURES]:
        where = "" if failure.start_s is None else f" [{failure.start_s:.2f}-{failure.end_s:.2f} s]"
        say(f"  {one_line(failure.file)}{where}: {one_line(failure.reason)}")
    if len(failures) > _MOST_FAILURES:
        rest = "" if store is None else f" in {store}/failures.parquet"
        say(f"  ... and {len(failures) - _MOST_FAILURES} more{rest}")


def one_line(text: str) -> str:
    """Text with its control characters made visible, so that a file name cannot write lines of its own."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def show_build(report: BuildReport) -> None:
    """What a build did."""
    say(
        f"{report.embedded} segments embedded, {report.copied} copied from identical audio, "
        f"{report.unchanged} recordings unchanged, {report.relabelled} segments with new metadata"
    )
    if report.audio_s:
        say(
            f"{report.audio_s / 3600:.2f} h of audio in {report.elapsed_s:.1f} s: "
            f"{report.times_real_time:.0f} times real time"
        )
    for note in report.notes:
        say(f"note: {note}")
    show_failures(report.failures, str(report.store))


def show_fit(report: FitReport) -> None:
    """How well a head does on speakers it never heard."""
    say(
        f"head on {report.rows} labelled segments of {report.groups} groups, scored on groups it never heard:\n"
        f"  unweighted average recall {report.uar:.3f} (95 % interval {report.uar_low:.3f}-{report.uar_high:.3f}, "
        f"chance {1 / len(report.classes):.3f})\n"
        f"  accuracy                  {report.accuracy:.3f} "
        f"(95 % interval {report.accuracy_low:.3f}-{report.accuracy_high:.3f})"
    )
    for fold in report.folds:
        say(
            f"  without {', '.join(fold.groups)}: recall {fold.uar:.3f}, accuracy {fold.accuracy:.3f} (n = {fold.rows})"
        )
    for note in report.notes:
        say(f"note: {note}")


def bar(share: float, width: int = _BAR) -> str:
    """A share in 0..1 as a bar of characters.

    >>> bar(0.5, 4)
    '██··'
    """
    full = round(max(0.0, min(1.0, share)) * width)
    return "█" * full + "·" * (width - full)


def nine_bars(scores: Mapping[str, float | None]) -> str:
    """The nine scores as bars with emoji and both names; further labels of the head below them."""
    width = max(10, min(_BAR, shutil.get_terminal_size().columns - 45))
    lines = []
    for emotion in EMOTIONS:
        score = scores.get(emotion.id)
        shown = "not known to this head" if score is None else f"{bar(score, width)} {score:6.1%}"
        lines.append(f"  {emotion.emoji} {emotion.id:<10}{emotion.zh}  {shown}")
    lines += [
        f"     {label:<14}  {bar(score, width)} {score:6.1%}"
        for label, score in scores.items()
        if label not in BY_ID and score is not None
    ]
    return "\n".join(lines)


def show_clip(result: ClipResult, settings: QualitySettings) -> None:
    """One clip's result, in a few lines."""
    say(f"{one_line(result.file)} ({result.channel}, {result.duration_s:.2f} s)")
    if result.emotion is None:
        say(f"  {result.encoder.name} only measures sound: no head, so no emotion scores (--head STORE brings one)")
    else:
        known = BY_ID.get(result.emotion)
        label = f"{known.emoji} {known.id} / {known.zh}" if known else result.emotion
        say(f"  {label}, model score {result.score:.1%} (not calibrated)")
        say(nine_bars(result.scores))
    for flag in result.flags:
        say(
            f"  ! {name(flag, 'en')} / {name(flag, 'zh')}: {reason(flag, result.quality, settings, 'en')} / "
            f"{reason(flag, result.quality, settings, 'zh')}"
        )


def show_overview(view: Overview) -> None:
    """A store at a glance, on standard output."""
    e = view.encoder
    lines = [
        f"{view.segments} segments of {view.recordings} recordings, {view.hours:.2f} h, "
        f"{view.speakers} speakers, {view.sessions} sessions"
        + (f", {view.first[:10]} to {view.last[:10]}" if view.first and view.last else ""),
        f"encoder: {e['name']} (revision {e['revision']}, {e['dim']} numbers a segment, precision {e['precision']})",
        _head_line(view),
    ]
    if view.scored:
        sure = f"95 % intervals over {view.clusters} {view.clustered_by}s" if view.clustered_by else "no intervals"
        lines.append(f"mean model scores (n = {view.scored}; {sure}):")
        lines += [_score_line(s.emotion, s.mean, s.low, s.high, s.winners) for s in view.scores]
    for title, counts in (
        ("given labels", view.given),
        ("languages", view.languages),
        ("roles", view.roles),
        ("quality flags", view.flags),
        ("failures", view.failures),
    ):
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{one_line(k)} {v}" for k, v in counts.items()))
    if view.duplicates:
        copies = sum(map(len, view.duplicates))
        lines.append(f"identical audio: {copies} segments in {len(view.duplicates)} groups")
    if view.last_run:
        run = view.last_run
        lines.append(
            f"last build: {run['finished']}, {run['times_real_time']:.0f} times real time, "
            f"{run['counts']['failed_files']} files with failures"
        )
    click.echo("\n".join(lines))


def _head_line(view: Overview) -> str:
    if view.head_missing:
        return f"head: {view.head_missing}"
    if view.head is None:
        return "head: none, so no emotion scores; train one on labels: emoanalytics head fit STORE --target emotion"
    if view.head_report is None:
        return "head: the encoder's own nine"
    low, high = view.head_report["uar_interval"]
    return (
        f"head: {view.head}, trained on this corpus's own labels ({view.head_report['target']}); unweighted average "
        f"recall on speakers it never heard {view.head_report['uar']:.2f} (95 % interval {low:.2f}-{high:.2f})"
    )


def _score_line(emotion: str, mean: float | None, low: float | None, high: float | None, winners: int) -> str:
    known = BY_ID[emotion]
    head = f"  {known.emoji} {known.id:<10}{known.zh}  "
    if mean is None:
        return f"{head}not known to this head"
    interval = "not enough evidence for an interval" if low is None or high is None else f"{low:.3f}-{high:.3f}"
    return f"{head}{bar(mean)} {mean:.3f} ({interval}), highest in {winners}"
