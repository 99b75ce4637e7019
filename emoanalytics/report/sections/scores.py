"""The scores and the given labels, each as a table that is its own picture."""

from __future__ import annotations

import math
from typing import Any

from emoanalytics.report.findings import Findings
from emoanalytics.report.pictures import bar
from emoanalytics.report.speech import Speech
from emoanalytics.report.spread import Spread
from emoanalytics.views.figures.look import colour

_LISTED = 30


def scores(findings: Findings, speech: Speech) -> dict[str, Any]:
    """The nine emotions, and what else the head knows."""
    found = findings.spread
    if found is None:
        if findings.overview.head_missing is not None:
            why = speech("head_gone")
        else:
            why = speech("no_scores" if findings.overview.head is None else "no_scores_role")
        return {"said": why if len(findings.rows) else speech("empty"), "rows": []}
    clips = speech.counted(found.clips, "clips")
    said = speech("scores_read_few", word=speech.word, clips=clips)
    if found.unit is not None:
        unit = speech(f"unit_{found.unit}", n=speech.number(found.units))
        said = speech("scores_read", word=speech.word, clips=clips, unit=unit)
    ends = [x for x in (*found.mean, *found.high) if math.isfinite(x)]
    top = max(ends, default=1.0)
    return {"said": said, "rows": [_row(found, i, top, speech) for i in range(len(found.labels))]}


def _row(found: Spread, i: int, top: float, speech: Speech) -> dict[str, Any]:
    label, mean = found.labels[i], float(found.mean[i])
    if math.isnan(mean):
        return {"name": speech.emotion(label), "unknown": speech("not_known")}
    low, high = float(found.low[i]), float(found.high[i])
    sure = math.isfinite(low) and math.isfinite(high)
    return {
        "name": speech.emotion(label),
        "unknown": "",
        "mean": speech.score(mean),
        "interval": speech.ends(low, high) if sure else "–",
        "middle": speech.ends(float(found.quantiles[i, 1]), float(found.quantiles[i, 3])),
        "winners": speech.number(int(found.winners[i])),
        "bar": bar(mean, low if sure else None, high if sure else None, top=top, own=colour(label)),
    }


def given(findings: Findings, speech: Speech) -> dict[str, Any]:
    """How often the corpus gives each label."""
    counts = dict(sorted(findings.overview.given.items(), key=lambda pair: (-pair[1], pair[0])))
    if not counts:
        return {"said": speech("given_none"), "rows": [], "more": 0}
    total = len(findings.rows)
    rows = [
        {
            "name": speech.emotion(label),
            "n": speech.number(n),
            "share": speech.share(n, total),
            "bar": bar(n, None, None, top=max(counts.values()), own=colour(label)),
        }
        for label, n in list(counts.items())[:_LISTED]
    ]
    without = total - sum(counts.values())
    return {"said": speech("given_read", n=speech.number(without)), "rows": rows, "more": max(len(counts) - _LISTED, 0)}
