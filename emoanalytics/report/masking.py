"""Findings with short names in place of names: done to the results, so that no sentence made of them knows a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from emoanalytics.audit import Audit
from emoanalytics.embed.models.published import MODELS
from emoanalytics.embed.registry import ACOUSTIC
from emoanalytics.report.findings import Findings
from emoanalytics.report.short_names import ShortNames
from emoanalytics.report.spread import Spread
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.store.schema import BUILTIN_HEAD, RESERVED_PREFIX, SEGMENTS_SCHEMA
from emoanalytics.views.clusters import Departure, Portrait
from emoanalytics.views.compare import Comparison
from emoanalytics.views.overview import Overview
from emoanalytics.views.trends import SpeakerTrend, Trends

_FIXED = {*SEGMENTS_SCHEMA.names, "duration_s"}


def masked(findings: Findings, names: ShortNames) -> Findings:
    """The same findings with stand-ins for names: of people, sessions, files, further labels, roles, columns."""
    files = dict(zip(findings.rows.index, _files(findings.rows, names), strict=True))
    return replace(
        findings,
        made=replace(findings.made, info=replace(findings.made.info, labels=())),
        rows=_rows(findings.rows, names),
        overview=_overview(findings.overview, names),
        failures=findings.failures.assign(
            file=[
                names.file(c, f) for c, f in zip(findings.failures["corpus"], findings.failures["file"], strict=True)
            ],
            corpus="",
            reason="",
        ),
        spread=None if findings.spread is None else _spread(findings.spread, names),
        trends=None if findings.trends is None else _trends(findings.trends, names),
        comparisons=tuple(_comparison(c, names) for c in findings.comparisons),
        portraits=tuple(_portrait(p, findings, names) for p in findings.portraits),
        audit=None if findings.audit is None else _audit(findings.audit, files, names),
    )


def _files(rows: pd.DataFrame, names: ShortNames) -> list[str]:
    return [names.file(corpus, file) for corpus, file in zip(rows["corpus"], rows["file"], strict=True)]


def _rows(rows: pd.DataFrame, names: ShortNames) -> pd.DataFrame:
    labels = {c: _score(c, names) for c in rows.columns if c.startswith(RESERVED_PREFIX)}
    sessions = [names.session(name, who) for name, who in zip(rows["session"], rows["speaker"], strict=True)]
    changed = rows.assign(
        file=_files(rows, names),
        speaker=_each(rows["speaker"], names.speaker),
        session=pd.Series(sessions, index=rows.index, dtype=object),
        role=_each(rows["role"], names.role),
        language=_each(rows["language"], names.language),
        emotion_given=_each(rows["emotion_given"], names.label),
        corpus=_each(rows["corpus"], names.corpus),
    )
    return changed.rename(columns=labels)


def _score(column: str, names: ShortNames) -> str:
    return RESERVED_PREFIX + names.label(column.removeprefix(RESERVED_PREFIX))


def _each(column: pd.Series, name: Callable[[str], str | None]) -> pd.Series:
    return pd.Series([None if pd.isna(x) else name(x) for x in column], index=column.index, dtype=object)


def _counts(counts: Mapping[str, int], name: Callable[[str], str]) -> dict[str, int]:
    merged: dict[str, int] = {}
    for key, value in counts.items():
        merged[name(key)] = merged.get(name(key), 0) + value
    return merged


def _overview(view: Overview, names: ShortNames) -> Overview:
    encoder = dict(view.encoder)
    if encoder["name"] not in (ACOUSTIC, *MODELS):  # of a folder: it may be called anything
        encoder |= {"name": "", "licence": "", "revision": ""}
    report = None if view.head_report is None else {**view.head_report, "target": "", "group": ""}
    return replace(
        view,
        languages=_counts(view.languages, names.language),
        roles=_counts(view.roles, names.role),
        given=_counts(view.given, names.label),
        encoder=encoder,
        head=view.head if view.head in (None, BUILTIN_HEAD) else "",
        head_report=report,
        head_missing=None if view.head_missing is None else "",
        duplicates=(),
        further=tuple(replace(s, emotion=names.label(s.emotion)) for s in view.further),
    )


def _evidence(evidence: Evidence, names: ShortNames) -> Evidence:
    role = None if evidence.role is None else names.role(evidence.role)
    return replace(evidence, labels=tuple(map(names.label, evidence.labels)), role=role)


def _spread(found: Spread, names: ShortNames) -> Spread:
    evidence = _evidence(found.evidence, names)
    return replace(found, labels=evidence.labels, evidence=evidence)


def _trends(found: Trends, names: ShortNames) -> Trends:
    speakers = tuple(_speaker(s, names) for s in found.speakers)
    order = sorted(speakers, key=lambda s: (s.speaker is None, len(s.speaker or ""), s.speaker or ""))
    return replace(found, speakers=tuple(order), evidence=_evidence(found.evidence, names))


def _speaker(trend: SpeakerTrend, names: ShortNames) -> SpeakerTrend:
    return replace(
        trend,
        speaker=names.speaker(trend.speaker),
        labels=tuple(map(names.label, trend.labels)),
        session=tuple(names.session(name, trend.speaker) for name in trend.session),
        changes=tuple(
            replace(c, session=names.session(c.session, trend.speaker), emotion=names.label(c.emotion))
            for c in trend.changes
        ),
        drifts=tuple(replace(d, emotion=names.label(d.emotion)) for d in trend.drifts),
    )


def _comparison(found: Comparison, names: ShortNames) -> Comparison:
    def group(name: str) -> str:
        return names.value(found.column, name)

    def labelled(values: Mapping[str, Any]) -> dict[str, Any]:
        return {names.label(k): v for k, v in values.items()}

    def differences(given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(d, label=names.label(d.label)) for d in given)

    return replace(
        found,
        column=names.column(found.column, _FIXED),
        labels=tuple(map(names.label, found.labels)),
        groups=tuple(
            replace(g, name=group(g.name), mean=labelled(g.mean), low=labelled(g.low), high=labelled(g.high))
            for g in found.groups
        ),
        emotions=differences(found.emotions),
        pairs=tuple(
            replace(p, first=group(p.first), second=group(p.second), differences=differences(p.differences))
            for p in found.pairs
        ),
        confounds=tuple(
            replace(  # a confound's ``values`` are a mapping, no frame
                c,
                column=c.column if c.kind == "flag" else names.column(c.column, _FIXED),
                by_group={group(k): v for k, v in c.by_group.items()},
                values={group(k): names.value(c.column, v) for k, v in c.values.items()},  # noqa: PD011
            )
            for c in found.confounds
        ),
        evidence=_evidence(found.evidence, names),
        left_out={k if k in ("groups", "baseline") else names.column(k, _FIXED): v for k, v in found.left_out.items()},
    )


def _portrait(portrait: Portrait, findings: Findings, names: ShortNames) -> Portrait:
    corpora = dict(zip(findings.rows["file"], findings.rows["corpus"], strict=True))  # ``Most`` knows no corpus
    mostly = tuple(
        replace(m, name=str(names.speaker(m.name)) if m.what == "speaker" else names.file(corpora[m.name], m.name))
        for m in portrait.mostly
    )
    return replace(portrait, mostly=mostly, departures=tuple(_departure(d, names) for d in portrait.departures))


def _departure(departure: Departure, names: ShortNames) -> Departure:
    """Facets of labels and languages carry names of the corpus in their words."""
    facet = departure.facet
    if facet.family == "emotion":
        label = facet.id.removeprefix(RESERVED_PREFIX)
        stand_in = names.label(label)
    elif facet.family == "language":
        label = facet.id.removeprefix("language_")
        stand_in = names.language(label)
    else:
        return departure
    if stand_in == label:
        return departure
    words = (stand_in, stand_in)
    return replace(departure, facet=replace(facet, id=stand_in, title=words, high=facet.high and words, low=None))


def _audit(found: Audit, files: Mapping[str, str], names: ShortNames) -> Audit:
    audited = found.labels
    if audited is not None:
        audited = replace(
            audited,
            labels=tuple(
                replace(
                    s,
                    given=names.label(s.given),
                    suggested=names.label(s.suggested),
                    file=files[s.segment_id],
                    speaker=names.speaker(s.speaker),
                )
                for s in audited.labels
            ),
            balance=replace(audited.balance, clips=_counts(audited.balance.clips, names.label)),
            why_not=None if audited.why_not is None else "",
            notes=(),
        )
    checked = tuple(replace(c, missing=None) for c in found.checked)
    return replace(found, labels=audited, checked=checked, unlabelled=None, notes=())
