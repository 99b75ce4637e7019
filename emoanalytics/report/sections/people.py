"""Speakers against their own baselines: who changed, with pictures and examples, then everyone in a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.report.findings import Findings
from emoanalytics.report.pictures import trend_panel
from emoanalytics.report.sections.clips import Clips
from emoanalytics.report.speech import Speech, clean
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.views.trends import SpeakerTrend, Trends
from emoanalytics.views.trends.result import Change

_PICTURED, _PANELS, _HEARD, _LISTED = 12, 4, 3, 60


def changed_speakers(found: Trends) -> list[SpeakerTrend]:
    """Those with a change or a slope that stands against chance, the largest change first."""
    changed = [s for s in found.speakers if emotions_of(s, found.rate)]
    return sorted(changed, key=lambda s: -_largest(s, found.rate))


def emotions_of(speaker: SpeakerTrend, rate: float) -> list[str]:
    """The emotions in which a speaker changed, in the order of the labels."""
    found = {c.emotion for c in speaker.changes} | {d.emotion for d in speaker.drifts if d.q <= rate}
    return [label for label in speaker.labels if label in found]


def _size(speaker: SpeakerTrend, emotion: str) -> float:
    """How far apart the emotion's points lie."""
    column = speaker.mean[:, speaker.column(emotion)]
    return float(np.nanmax(column) - np.nanmin(column))


def _largest(speaker: SpeakerTrend, rate: float) -> float:
    return max(_size(speaker, emotion) for emotion in emotions_of(speaker, rate))


def people(findings: Findings, clips: Clips, speech: Speech) -> dict[str, Any]:
    """The sentences and pictures of those who changed, and a line for everyone."""
    found = findings.trends
    if found is None:
        return {
            "said": speech("no_scores") if len(findings.rows) else speech("empty"),
            "nobody": "",
            "changed": [],
            "rows": [],
        }
    changed = changed_speakers(found)
    minimum = found.minimum
    said = speech(
        "people_read",
        rate=speech.share(found.rate),
        sessions=minimum.sessions,
        clips=minimum.clips,
        seconds=f"{minimum.seconds:g}",
    )
    nobody = ""
    if not changed:
        nobody = speech("changed_none", n=found.tested) if found.tested else speech("changed_unknown")
    known = found.evidence.said(speech.language)  # stands under coverage
    shown = {s.speaker for s in changed[:_PICTURED]}
    return {
        "said": said,
        "reading": speech("trend_read", word=speech.word),
        "nobody": nobody,
        "changed": [
            _changed(findings, found, s, clips, speech, heard=i < _HEARD) for i, s in enumerate(changed[:_PICTURED])
        ],
        "more_changed": max(len(changed) - _PICTURED, 0),
        "rows": [_row(found, s, s.speaker in shown, speech) for s in found.speakers[:_LISTED]],
        "more": max(len(found.speakers) - _LISTED, 0),
        "notes": [clean(note) for note in found.notes(speech.language) if note not in known],
    }


def _changed(
    findings: Findings, found: Trends, speaker: SpeakerTrend, clips: Clips, speech: Speech, *, heard: bool
) -> dict[str, Any]:
    emotions = sorted(emotions_of(speaker, found.rate), key=lambda e: -_size(speaker, e))[:_PANELS]
    first, last = (_when(speaker, i, speech) for i in (0, -1))
    name = _name(speaker, speech)
    panels = [
        {
            "title": speech.emotion(emotion),
            "picture": trend_panel(
                speaker,
                emotion,
                first=first,
                last=last,
                words=speech("trend_alt", emotion=speech.plain_emotion(emotion), speaker=name, n=len(speaker.t)),
            ),
        }
        for emotion in emotions
    ]
    return {
        "name": name,
        "said": [clean(line) for line in found.said_of(replace(speaker, speaker=None), speech.language)],
        "panels": panels,
        "examples": _examples(findings, speaker, clips, speech) if heard else [],
    }


def _examples(findings: Findings, speaker: SpeakerTrend, clips: Clips, speech: Speech) -> list[dict[str, Any]]:
    """One clip from before the largest step and one from after it: those nearest to the two levels."""
    if not speaker.changes or speaker.speaker is None:
        return []
    step = max(speaker.changes, key=lambda c: abs(c.effect))
    rows = findings.rows
    own = rows[(rows["speaker"] == speaker.speaker) & rows[RESERVED_PREFIX + step.emotion].notna()]
    later = _after(own, speaker, step)
    examples = []
    for key, part, level in (("before", own[~later], step.before), ("after", own[later], step.after)):
        if len(part):
            apart = (part[RESERVED_PREFIX + step.emotion].astype(float) - level).abs()
            card = clips.card(str(apart.index[int(apart.to_numpy().argmin())]))
            if card["player"]:
                examples.append({"when": speech(key), "emotion": speech.emotion(step.emotion), **card})
    return examples


def _after(own: pd.DataFrame, speaker: SpeakerTrend, step: Change) -> np.ndarray:
    """(n,) which clips are of the sessions from the step on."""
    if isinstance(step.t, str):
        return np.asarray(pd.to_datetime(own["recorded_at"], utc=True) >= pd.Timestamp(step.t).tz_convert("UTC"))
    at = speaker.t.index(step.t)
    return np.asarray(own["session"].isin([s for s in speaker.session[at:] if s is not None]))


def _row(found: Trends, speaker: SpeakerTrend, shown: bool, speech: Speech) -> dict[str, str]:
    best = "–"
    if np.isfinite(speaker.overall).any():
        i = int(np.nanargmax(speaker.overall))
        low, high = float(speaker.overall_low[i]), float(speaker.overall_high[i])
        best = f"{speech.emotion(speaker.labels[i])} {speech.score(float(speaker.overall[i]))}"
        best += f" ({speech.ends(low, high)})"
    if not speaker.enough:
        change = speech("found_unknown")
    elif not emotions_of(speaker, found.rate):
        change = speech("found_none")
    else:
        comma = "、" if speech.zh else ", "
        change = comma.join(speech.emotion(e) for e in emotions_of(speaker, found.rate))
        change += f" ({speech('found_change')})" if shown else ""
    return {
        "name": _name(speaker, speech),
        "sessions": speech.number(speaker.total[0]),
        "clips": speech.number(int(speaker.n.sum())),
        "minutes": f"{speaker.total[2] / 60:.1f}",
        "highest": best,
        "change": change,
    }


def _name(speaker: SpeakerTrend, speech: Speech) -> str:
    return speech("one_speaker") if speaker.speaker is None else clean(speaker.speaker)


def _when(speaker: SpeakerTrend, i: int, speech: Speech) -> str:
    t = speaker.t[i]
    return t[:10] if isinstance(t, str) else speech("session_i", i=t)
