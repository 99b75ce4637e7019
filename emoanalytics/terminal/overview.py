"""A store at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from emoanalytics.embed.heads.head import mean_word
from emoanalytics.labels import BY_ID
from emoanalytics.terminal.lines import bar, counted, one_line
from emoanalytics.views.overview import MeanScore, Overview


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
        whose = f" of {view.scores_role}s, without {view.other_roles} of other roles" if view.scores_role else ""
        lines.append(f"{mean_word(view.calibrated)}{whose} (n = {view.scored}; {sure}):")
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
            f"last build: {run['finished']}, {_speed(run)}, "
            f"{counted(run['counts']['failed_files'], 'file')} with failures"
        )
    click.echo("\n".join(lines))


def _speed(run: Mapping[str, Any]) -> str:
    return f"{run['times_real_time']:.0f} times real time" if run["times_real_time"] else "nothing new to hear"


def _head_line(view: Overview) -> str:
    if view.head_missing:
        return f"head: {view.head_missing}"
    if view.head is None:
        return "head: none, so no emotion scores; train one on labels: emoanalytics head fit STORE --target emotion"
    if view.head_report is None:
        return "head: the encoder's own nine"
    calibration = view.head_report.get("calibration")
    after = f"; {_calibration(calibration)}" if calibration else ""
    if "uar" not in view.head_report:
        return f"head: {view.head}{after or '; how well it does is not recorded'}"
    low, high = view.head_report["uar_interval"]
    return (
        f"head: {view.head}, trained on this corpus's own labels ({view.head_report['target']}); unweighted average "
        f"recall on speakers it never heard {view.head_report['uar']:.2f} (95 % interval {low:.2f}-{high:.2f})"
        f"{after}"
    )


def _calibration(report: Mapping[str, Any]) -> str:
    """On what it was calibrated, and how far it is off on speakers that had no part in it."""
    if not report["calibrated"]:
        return f"calibration tried on {report['clips']} clips, not enough evidence to call the scores calibrated"
    after = report["after"]
    return (
        f"calibrated on {report['clips']} clips of {report['speakers']} speakers, the winner's score off by "
        f"{after['error']:.2f} "
        f"(95 % interval {after['low']:.2f}-{after['high']:.2f}) on speakers left out"
    )


def _score_line(score: MeanScore) -> str:
    known = BY_ID.get(score.emotion)
    head = f"  {known.emoji} {known.id:<10}{known.zh}  " if known else f"     {one_line(score.emotion):<14}  "
    if score.mean is None:
        return f"{head}not known to this head"
    interval = "" if score.low is None or score.high is None else f" ({score.low:.3f}-{score.high:.3f})"
    return f"{head}{bar(score.mean)} {score.mean:.3f}{interval}, highest in {score.winners}"
