"""The map with its trust, and the clusters with their names, warnings and an example to hear."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.report.findings import Findings
from emoanalytics.report.pictures import map_picture, swatch
from emoanalytics.report.sections.clips import Clips
from emoanalytics.report.speech import Speech, clean
from emoanalytics.statistics.evidence import in_role
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.scores import winners
from emoanalytics.views.clusters import Departure, Portrait, unheard_words
from emoanalytics.views.figures.colours import legend_of
from emoanalytics.views.maps.painting import Paint, painted

_LISTED = 12


def map_section(findings: Findings, speech: Speech, *, seed: int) -> dict[str, Any]:
    """The picture, its legend, and how far to believe it."""
    drawn = findings.map
    if drawn is None:
        return {"said": [speech("map_none")], "picture": "", "legend": []}
    paint, by = _paint(findings)
    legend = legend_of(paint, drawn.ids, speech.language)
    picture, points = map_picture(drawn, legend, words=speech("map_alt", n=speech.number(len(drawn))), seed=seed)
    said = [speech("map_read")]
    if by:
        said[0] += " " * (not speech.zh) + speech("map_coloured", by=speech(by))
    if drawn.trust.doubtful.any():
        said[0] += " " * (not speech.zh) + speech("map_faint")
    if points < len(drawn):
        said.append(speech("map_drawn", drawn=speech.number(points), all=speech.number(len(drawn))))
    said += [speech(note) for note in findings.notes]
    marks = [
        {"mark": swatch(own), "name": clean(html.unescape(name))}  # the figures escape for Plotly, the page by itself
        for name, own in zip(legend.names, legend.colours, strict=True)
        if name
    ]
    return {"said": said, "trust": list(drawn.words(speech.language)), "picture": picture, "legend": marks}


def _paint(findings: Findings) -> tuple[Paint | None, str]:
    """The winner of the clips whose scores are shown, else the given label, else nothing."""
    rows = findings.rows
    if findings.spread is not None:
        columns = [c for c in rows.columns if c.startswith(RESERVED_PREFIX)]
        names, _ = winners(rows[columns].to_numpy(np.float64), columns)
        values = pd.Series(names, index=rows.index, dtype=object)
        role = findings.spread.evidence.role
        if role is not None:
            values = values.where(in_role(rows["role"], role), None)
        return painted("emotion", values), "by_emotion"
    if rows["emotion_given"].notna().any():
        return painted("emotion_given", rows["emotion_given"].astype(object)), "by_label"
    return None, ""


def clusters(findings: Findings, clips: Clips, speech: Speech) -> dict[str, Any]:
    """Each cluster with what sets it apart, how stable it is, and the clip that stands for it."""
    found = findings.clustering
    if found is None:
        return {"said": [speech("clusters_none")], "cards": [], "more": 0}
    noise = speech.number(found.noise)
    said = [speech(f"space_{found.space}")]
    if found.sizes:
        rand = speech.score(found.stability.rand)
        unit = speech(f"by_unit_{'speaker' if found.stability.by == 'speaker' else 'clip'}")
        verdict = found.stability.verdict.words(speech.language)
        values = {"method": found.method, "noise": noise}
        said.append(
            speech("clusters_1", **values)
            if len(found.sizes) == 1
            else speech("clusters_read", n=len(found.sizes), unit=unit, verdict=verdict, rand=rand, **values)
        )
    said += found.notes(speech.language)
    if findings.portraits and findings.portraits[0].unheard:
        said.append(unheard_words(findings.portraits[0].unheard, speech.language))
    if findings.unheard:
        said.append(speech("unheard_n", n=speech.number(findings.unheard)))
    cards = [_card(portrait, clips, speech) for portrait in findings.portraits[:_LISTED]]
    return {"said": said, "cards": cards, "more": max(len(findings.portraits) - _LISTED, 0)}


def _card(portrait: Portrait, clips: Clips, speech: Speech) -> dict[str, Any]:
    again = "" if portrait.jaccard is None else speech("again", value=speech.score(portrait.jaccard))
    return {
        "name": clean(portrait.name(speech.language)),
        "size": speech.counted(portrait.size, "clips"),
        "verdict": portrait.verdict.words(speech.language),
        "steady": str(portrait.verdict),
        "again": again,
        "warnings": [clean(most.words(speech.language)) for most in portrait.mostly],
        "traits": [_trait(d, speech) for d in portrait.evidence],
        "example": clips.card(portrait.medoids[0]) if portrait.medoids else None,
    }


def _trait(departure: Departure, speech: Speech) -> dict[str, str]:
    unit = departure.facet.unit
    return {
        "name": clean(departure.facet.name(speech.language)),
        "inside": _value(departure.inside, unit),
        "outside": _value(departure.outside, unit),
    }


def _value(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "1" else f"{value:.1f} {unit}"
