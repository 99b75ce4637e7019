"""What deserves a second look: copies, outliers, suspicious labels."""

from __future__ import annotations

from typing import Any

from emoanalytics.audit import Audit
from emoanalytics.report.findings import Findings
from emoanalytics.report.sections.clips import Clips
from emoanalytics.report.speech import Speech, clean
from emoanalytics.views.audit import Duplicate
from emoanalytics.views.audit.duplicates import How
from emoanalytics.views.labels_audit import LabelAudit

_LISTED, _HEARD = 10, 3


def checks(findings: Findings, clips: Clips, speech: Speech) -> dict[str, Any]:
    """The three lists, at most ten of each; flags stand under coverage."""
    found = findings.audit
    if found is None:
        return {"said": speech("empty"), "copies": {}, "outliers": {}, "labels": {}}
    return {
        "said": "",
        "copies": _copies(found, clips, speech),
        "outliers": _outliers(found, clips, speech),
        "labels": _labels(found.labels, clips, speech),
    }


def same_sound(found: Audit) -> tuple[list[Duplicate], list[Duplicate], int]:
    """Identical pairs, near ones that were heard to be one sound, and how many could not be heard."""
    identical = [p for p in found.duplicates.pairs if p.how is How.IDENTICAL]
    heard = [c.pair for c in found.checked if c.agreement is not None and c.agreement.same]
    return identical, heard, sum(c.agreement is None for c in found.checked)


def _copies(found: Audit, clips: Clips, speech: Speech) -> dict[str, Any]:
    identical, heard, away = same_sound(found)
    more = found.duplicates.more_identical
    said = [speech("identical_none")]
    if identical or heard:
        said = [
            speech(
                "identical_n",
                identical=speech.counted(len(identical) + more, "pairs"),
                same=speech.counted(len(heard), "pairs"),
            )
        ]
    if away:
        said.append(speech("not_heard", n=speech.number(away)))
    pairs = [*identical, *heard]
    rows = [
        {
            "names": f" {speech('and')} ".join((clips.name(p.first), clips.name(p.second))),
            "differ": [
                speech(key)
                for key, so in (("differ_speakers", p.speakers_differ), ("differ_labels", p.labels_differ))
                if so
            ],
        }
        for p in pairs[:_LISTED]
    ]
    return {"said": said, "rows": rows, "more": max(len(pairs) + more - _LISTED, 0)}


def _outliers(found: Audit, clips: Clips, speech: Speech) -> dict[str, Any]:
    far = found.outliers
    rows = [
        {
            "name": clips.name(str(far.ids[r])),
            "speaker": clips.speaker(str(far.ids[r])),
            "factor": f"{far.factors[r]:.2f}",
        }
        for r in far.rows[:_LISTED]
    ]
    said = speech("outliers_none")
    if rows:
        said = speech("outliers_n", n=speech.number(len(far.rows)), limit=f"{far.limit:.2f}")
    return {"said": said, "rows": rows, "more": max(len(far.rows) - _LISTED, 0)}


def _labels(found: LabelAudit | None, clips: Clips, speech: Speech) -> dict[str, Any]:
    if found is None:
        return {"said": [speech("suspects_none")], "rows": [], "more": 0}
    if found.why_not is not None:
        return {"said": [speech("suspects_few")], "rows": [], "more": 0}
    likely = [s for s in found.labels if s.likely]
    rows = [
        {
            **(clips.card(s.segment_id) if i < _HEARD else {"name": clips.name(s.segment_id), "player": ""}),
            "given": speech.emotion(s.given),
            "suggested": speech.emotion(s.suggested),
            "score": speech.score(s.score),
        }
        for i, s in enumerate(likely[:_LISTED])
    ]
    said = [clean(line) for line in found.said(speech.language)]
    return {"said": said, "rows": rows, "more": max(len(likely) - _LISTED, 0)}
