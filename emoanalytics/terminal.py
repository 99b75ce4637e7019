"""What the command line shows: a progress bar, nine bars, a store at a glance."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from emoanalytics.analyze import ClipResult
from emoanalytics.audio.quality import reason
from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport
from emoanalytics.embed.heads import FitReport
from emoanalytics.labels import BY_ID, EMOTIONS
from emoanalytics.settings import QualitySettings
from emoanalytics.views.overview import MeanScore, Overview

_BAR = 30
_MOST_FAILURES = 10


def say(text: str = "") -> None:
    """A line for people: standard error, so that ``--json`` stays one document."""
    click.echo(text, err=True)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output; a number that is not finite, which JSON does not know, is null."""
    utf8 = "utf" in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(_finite(document), ensure_ascii=not utf8, indent=2, default=str, allow_nan=False)
    # A file name that is no text is a lone surrogate: written as the escape that JSON knows.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(v) for key, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list | tuple) else value


def counted(n: int, noun: str) -> str:
    """A number and what it counts.

    >>> counted(1, "clip"), counted(0, "clip")
    ('1 clip', '0 clips')
    """
    return f"{n} {noun}{'s' * (n != 1)}"


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error with time left; it shows nothing for work of under a second."""
    from tqdm import tqdm

    bar = tqdm(unit=unit, delay=1, dynamic_ncols=True, disable=None, mininterval=0.3)

    def tell(done: int, total: int, note: str) -> None:
        bar.total = total
        bar.set_postfix_str(one_line(note), refresh=False)
        bar.update(done - bar.n)

    try:
        yield tell
    finally:
        bar.close()


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


def one_line(text: str) -> str:
    """Text with its control characters made visible, so that a file name cannot write lines of its own."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


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
        f"     {one_line(label):<14}  {bar(score, width)} {score:6.1%}"
        for label, score in scores.items()
        if label not in BY_ID and score is not None
    ]
    return "\n".join(lines)


def show_clip(result: ClipResult, settings: QualitySettings, *, err: bool = False) -> None:
    """One clip's result, in a few lines."""
    lines = [f"{one_line(result.file)} ({result.channel}, {result.duration_s:.2f} s)"]
    if result.emotion is None:
        lines.append(
            f"  no emotion scores: the encoder {result.encoder.name} has no head of its own "
            "(--head STORE takes the one trained on a store's labels)"
        )
    else:
        known = BY_ID.get(result.emotion)
        label = f"{known.emoji} {known.id} / {known.zh}" if known else one_line(result.emotion)
        lines.append(f"  {label}, model score {result.score:.1%} (not calibrated)")
        lines.append(nine_bars(result.scores))
    lines += [
        f"  ! {reason(flag, result.quality, settings, 'en')} / {reason(flag, result.quality, settings, 'zh')}"
        for flag in result.flags
    ]
    click.echo("\n".join(lines), err=err)


def show_overview(view: Overview) -> None:
    """A store at a glance, on standard output."""
    e = view.encoder
    lines = [
        f"{counted(view.segments, 'segment')} of {counted(view.recordings, 'recording')}, {view.hours:.2f} h, "
        f"{counted(view.speakers, 'speaker') if view.speakers else 'no speakers named'}, "
        f"{counted(view.sessions, 'session') if view.sessions else 'no sessions named'}"
        + (f", {view.first[:10]} to {view.last[:10]}" if view.first and view.last else ""),
        f"encoder: {e['name']} (revision {e['revision']}, {e['dim']} numbers a segment, precision {e['precision']})",
        _head_line(view),
    ]
    if view.scored:
        few = "no intervals: these take at least 5 speakers or sessions"
        sure = f"95 % intervals over {view.clusters} {view.clustered_by}s" if view.clustered_by else few
        lines.append(f"mean model scores (n = {view.scored}; {sure}):")
        lines += [_score_line(score) for score in (*view.scores, *view.further)]
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
        lines.append(f"identical audio: {copies} segments in {counted(len(view.duplicates), 'group')}")
    if view.last_run:
        run = view.last_run
        lines.append(
            f"last build: {run['finished']}, {run['times_real_time']:.0f} times real time, "
            f"{counted(run['counts']['failed_files'], 'file')} with failures"
        )
    click.echo("\n".join(lines))


def _head_line(view: Overview) -> str:
    if view.head_missing:
        return f"head: {view.head_missing}"
    if view.head is None:
        return "head: none, so no emotion scores; train one on labels: emoanalytics head fit STORE --target emotion"
    if view.head_report is None:
        return "head: the encoder's own nine"
    if "uar" not in view.head_report:
        return f"head: {view.head}; how well it does is not recorded"
    low, high = view.head_report["uar_interval"]
    return (
        f"head: {view.head}, trained on this corpus's own labels ({view.head_report['target']}); unweighted average "
        f"recall on speakers it never heard {view.head_report['uar']:.2f} (95 % interval {low:.2f}-{high:.2f})"
    )


def _score_line(score: MeanScore) -> str:
    known = BY_ID.get(score.emotion)
    head = f"  {known.emoji} {known.id:<10}{known.zh}  " if known else f"     {one_line(score.emotion):<14}  "
    if score.mean is None:
        return f"{head}not known to this head"
    interval = "" if score.low is None or score.high is None else f" ({score.low:.3f}-{score.high:.3f})"
    return f"{head}{bar(score.mean)} {score.mean:.3f}{interval}, highest in {score.winners}"
