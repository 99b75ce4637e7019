"""What was analysed, what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from emoanalytics.report.findings import Findings
from emoanalytics.report.pictures import bar
from emoanalytics.report.speech import Speech, clean

_LISTED = 20


def corpus_names(findings: Findings, *, redacted: bool) -> list[str]:
    """What the corpora are called: the last part of their paths."""
    names = [str(name) for name in findings.rows["corpus"].unique()]
    if not redacted:
        names = [PurePosixPath(name.replace("\\", "/")).name or name for name in names]
    return sorted({clean(name) for name in names})


def analysed(findings: Findings, speech: Speech, *, redacted: bool) -> dict[str, Any]:
    """Names, counts and dates."""
    view = findings.overview
    figures = [(speech.number(view.segments), speech("clips")), (speech.hours(view.hours), speech("duration"))]
    if view.speakers:
        figures.append((speech.number(view.speakers), speech("speakers")))
    if view.sessions:
        figures.append((speech.number(view.sessions), speech("sessions")))
    dates = speech("no_dates")
    if view.first and view.last:
        dates = speech("from_to", first=view.first[:10], last=view.last[:10])
    builds = [str(run["finished"])[:10] for run in findings.made.runs if run.get("kind") == "build"]
    lines = [
        (speech("corpus"), ", ".join(corpus_names(findings, redacted=redacted)) or speech("none")),
        (speech("dates"), dates),
        (speech("languages"), _counts(view.languages, speech) or speech("no_languages")),
        (speech("roles"), _counts(view.roles, speech) or speech("no_roles")),
        (speech("recordings").capitalize(), speech.number(view.recordings)),
        (speech("built"), builds[-1] if builds else speech("unknown")),
    ]
    warnings = [] if view.segments else [speech("empty")]
    if view.segments and not view.speakers:
        warnings.append(speech("no_speakers"))
    return {"figures": figures, "lines": lines, "warnings": warnings}


def _counts(counts: Mapping[str, int], speech: Speech) -> str:
    parts = [f"{clean(name)} {speech.number(n)}" for name, n in list(counts.items())[:_LISTED]]
    more = [speech("more", n=len(counts) - _LISTED)] if len(counts) > _LISTED else []
    return ", ".join([*parts, *more])


def coverage(findings: Findings, speech: Speech, *, redacted: bool) -> dict[str, Any]:
    """Whose scores are shown, what failed, which clips carry a flag."""
    view = findings.overview
    flags = [
        {
            "name": speech.flag(flag),
            "n": speech.number(n),
            "share": speech.share(n, view.segments),
            "bar": bar(n, None, None, top=max(view.flags.values())),
        }
        for flag, n in view.flags.items()
    ]
    failed = findings.failures
    rows = [
        {"file": clean(row.file), "stage": clean(row.stage), "reason": "" if redacted else clean(row.reason)}
        for row in failed.head(_LISTED).itertuples(index=False)
    ]
    files = failed[["corpus", "file"]].drop_duplicates()
    said = speech("failed_none")
    if len(failed):
        said = speech("failed_n", files=speech.counted(len(files), "files"))
    flagged = speech("flags_none")
    if view.flagged:
        share = speech.share(view.flagged, view.segments)
        flagged = speech("flags_n", n=speech.number(view.flagged), all=speech.number(view.segments), share=share)
    return {
        "lines": _used(findings, speech),
        "failed": said,
        "failures": rows,
        "more_failures": max(len(failed) - _LISTED, 0),
        "flagged": flagged if view.segments else "",
        "flags": flags,
    }


def _used(findings: Findings, speech: Speech) -> list[str]:
    if findings.spread is None:
        return []
    evidence, total = findings.spread.evidence, len(findings.rows)
    left = {str(reason): n for reason, n in evidence.left_out.items()}
    lines = [
        speech("used", used=speech.number(len(evidence)), all=speech.number(total))
        + ("" if len(evidence) == total else (" " * (not speech.zh) + speech("all_else")))
    ]
    away = speech.number(left.get("role", 0))
    if evidence.role_by_default:
        lines.append(speech("role_default", n=away))
    elif evidence.role is not None:
        lines.append(speech("role_asked", role=clean(evidence.role), n=away))
    elif len(findings.overview.roles) > 1:
        lines.append(speech("role_all"))
    if left.get("no_scores"):
        lines.append(speech("no_scores_n", n=speech.number(left["no_scores"])))
    return lines
