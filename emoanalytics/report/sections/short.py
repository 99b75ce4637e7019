"""The page in a few lines, for who reads nothing else."""

from __future__ import annotations

import numpy as np

from emoanalytics.report.findings import Findings
from emoanalytics.report.sections.checks import same_sound
from emoanalytics.report.sections.people import changed_speakers
from emoanalytics.report.speech import Speech, clean
from emoanalytics.views.compare.result import ALPHA

_NAMED = 6


def short(findings: Findings, speech: Speech) -> list[str]:
    """What was heard, who changed, what differs, what to look at, how far the scores can be trusted."""
    if not len(findings.rows):
        return [speech("empty")]
    return [
        *_heard(findings, speech),
        *_changes(findings, speech),
        *_groups(findings, speech),
        *_looks(findings, speech),
    ]


def _heard(findings: Findings, speech: Speech) -> list[str]:
    found = findings.spread
    if found is None:
        return [speech("no_scores" if findings.overview.head is None else "no_scores_role")]
    order = [i for i in np.argsort(-np.nan_to_num(found.mean, nan=-1), kind="stable") if np.isfinite(found.mean[i])]
    comma = "，" if speech.zh else ", "
    parts = [
        f"{speech.plain_emotion(found.labels[i])} {speech.score(float(found.mean[i]))}"
        + (f" ({speech.ends(float(found.low[i]), float(found.high[i]))})" if np.isfinite(found.low[i]) else "")
        for i in order[:3]
    ]
    lines = [speech("short_heard", word=speech.word, parts=comma.join(parts))]
    report = findings.overview.head_report or {}
    if "uar" in report:
        low, high = report["uar_interval"]
        values = {"uar": report["uar"], "low": low, "high": high, "chance": report["chance"]}
        lines.append(speech("head_quality", **{k: speech.score(v) for k, v in values.items()}))
    else:
        lines.append(speech("head_quality_unknown"))
    return lines


def _changes(findings: Findings, speech: Speech) -> list[str]:
    found = findings.trends
    if found is None:
        return []
    changed = changed_speakers(found)
    if not changed:
        return [speech("changed_none", n=found.tested) if found.tested else speech("changed_unknown")]
    comma = "、" if speech.zh else ", "
    names = comma.join(clean(s.speaker or speech("one_speaker")) for s in changed[:_NAMED])
    if len(changed) > _NAMED:
        names += f" ({speech('more', n=len(changed) - _NAMED)})"
    return [speech("short_changed", n=len(changed), of=found.tested, names=names)]


def _groups(findings: Findings, speech: Speech) -> list[str]:
    lines = []
    for found in findings.comparisons:
        column = speech.column(found.column)
        if not found.enough or found.p is None:
            lines.append(speech("short_group_few", column=column))
        else:
            lines.append(speech("short_group_yes" if found.p <= ALPHA else "short_group_no", column=column))
    return lines


def _looks(findings: Findings, speech: Speech) -> list[str]:
    view, audit = findings.overview, findings.audit
    parts = []
    if view.flagged:
        parts.append(speech("short_flags", n=speech.counted(view.flagged, "clips")))
    if audit is not None:
        identical, heard, _ = same_sound(audit)
        if identical or heard:
            parts.append(
                speech(
                    "short_copies",
                    n=speech.counted(len(identical) + len(heard) + audit.duplicates.more_identical, "pairs"),
                )
            )
        if len(audit.outliers.rows):
            parts.append(speech("short_outliers", n=speech.counted(len(audit.outliers.rows), "clips")))
        if audit.labels is not None and audit.labels.likely:
            parts.append(speech("short_labels", n=speech.counted(audit.labels.likely, "labels")))
    if len(findings.failures):
        parts.append(
            speech(
                "short_failures",
                n=speech.counted(len(findings.failures[["corpus", "file"]].drop_duplicates()), "files"),
            )
        )
    if not parts:
        return []
    return [speech("short_look", parts=("；" if speech.zh else "; ").join(parts))]
