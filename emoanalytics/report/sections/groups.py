"""Groups compared: the sentences, and the means of each emotion by group."""

from __future__ import annotations

from typing import Any

from emoanalytics.report.findings import Findings
from emoanalytics.report.pictures import Dot, dots, mark
from emoanalytics.report.speech import Speech, clean
from emoanalytics.views.compare import Comparison
from emoanalytics.views.compare.result import ALPHA
from emoanalytics.views.figures.look import colour

_GROUPS = 6


def groups(findings: Findings, speech: Speech) -> dict[str, Any]:
    """One part a comparison."""
    if findings.spread is None:
        return {"said": speech("no_scores") if len(findings.rows) else speech("empty"), "parts": []}
    return {
        "said": "" if findings.comparisons else speech("groups_none"),
        "parts": [_part(found, speech) for found in findings.comparisons],
    }


def _part(found: Comparison, speech: Speech) -> dict[str, Any]:
    shown = found.groups[:_GROUPS]
    differing = {d.label for d in found.emotions if d.p_adjusted is not None and d.p_adjusted <= ALPHA}
    ends = [x for g in shown for values in (g.mean, g.high) for x in values.values() if x is not None]
    top = max(ends, default=1.0) or 1.0
    known = found.evidence.said(speech.language)  # stands under coverage
    rows = []
    for label in found.labels:
        points = [Dot(g.mean[label], g.low[label], g.high[label]) for g in shown]
        rows.append(
            {
                "name": speech.emotion(label),
                "differs": label in differing,
                "picture": dots(
                    points,
                    top=top,
                    own=colour(label),
                    words=speech("dots_alt", emotion=speech.plain_emotion(label)),
                ),
                "values": [f"{speech.score(p.value)} ({speech.ends(p.low, p.high)})" for p in points],
            }
        )
    return {
        "title": speech("by_column", column=speech.column(found.column)),
        "said": [clean(line) for line in found.said(speech.language) if line not in known],
        "groups": [{"mark": mark(i), "name": clean(g.name)} for i, g in enumerate(shown)],
        "more_groups": max(len(found.groups) - _GROUPS, 0),
        "rows": rows,
    }
