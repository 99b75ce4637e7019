"""Make a report: find, mask, say, render."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from emoanalytics.labels import Language
from emoanalytics.neighbours.space import Space
from emoanalytics.report import sections as parts
from emoanalytics.report.findings import Findings, find
from emoanalytics.report.masking import masked
from emoanalytics.report.page import rendered
from emoanalytics.report.result import Report
from emoanalytics.report.sections.corpus import corpus_names
from emoanalytics.report.short_names import ShortNames
from emoanalytics.report.sounds import SECONDS, Sounds
from emoanalytics.report.speech import Speech, clean
from emoanalytics.store.info import package_version
from emoanalytics.store.store import EmotionStore


def report(
    store: EmotionStore,
    *,
    lang: Language | str = Language.EN,
    redact: bool = False,
    title: str | None = None,
    sections: Sequence[str | Path] = (),
    role: str | None = None,
    compare: Sequence[str] | None = None,
    space: Space | str = Space.RAW,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """One self-contained page on a store: what was analysed, heard, found and left out, and what it cannot tell.

    The same store, options and package versions give the same bytes. What the views keep under ``derived/`` is used,
    and kept there. The page loads nothing and runs nothing: pictures are drawn into it, excerpts lie inside it.

    Args:
        store: the store; also an empty one, or one without scores, speakers or dates.
        lang: ``en`` or ``zh``.
        redact: no audio, no texts and no paths; pseudonyms for speakers, sessions, files, and for labels, roles,
            columns and groups that could be anything. Dates and numbers stay.
        title: of the page; None: made of the name of the corpus. It is shown as it is, also where ``redact`` is asked.
        sections: Jinja template files, shown as further sections; ``docs/report.md`` says what they can use.
        role: whose scores means, trends and comparisons rest on; None: clients where there are agents, otherwise all;
            ``all``: everyone.
        compare: columns whose groups are compared; None: the languages, and the roles where all are asked for.
        space: of map and clusters.
        seed: of everything drawn at random.
        progress: called while it works.

    Returns:
        The page, to be written with ``write``.

    Raises:
        StoreError: a column or a section's template is wrong, or the store is damaged.
        MissingExtraError: Jinja is not installed.
    """
    tell = progress or _silent
    findings = find(store, role=role, groups=compare, space=Space(space), seed=seed, progress=tell)
    speech = Speech(lang, calibrated=findings.made.calibrated)
    if redact:
        findings = masked(findings, ShortNames(findings.rows, findings.failures, speech.language))
    sounds = Sounds(None if redact else store)
    tell(0, 1, "writing")
    facts = _facts(findings, sounds, speech, redact=redact, title=title, seed=seed)
    html = rendered(facts, speech, [Path(p) for p in sections])
    notes = tuple(speech(note) for note in findings.notes) + tuple(facts["excerpts"]["missing"])
    return Report(html, facts, notes, store.path)


def _silent(done: int, total: int, note: str) -> None:
    """Nobody asked."""


def _facts(
    findings: Findings, sounds: Sounds, speech: Speech, *, redact: bool, title: str | None, seed: int
) -> dict[str, Any]:
    """The sections by name."""
    clips = parts.Clips(findings, sounds, speech)
    facts: dict[str, Any] = {
        "title": clean(title) if title else _title(findings, speech, redact=redact),
        "redacted": redact,
        "version": package_version(),
        "short": parts.short(findings, speech),
        "analysed": parts.analysed(findings, speech, redacted=redact),
        "coverage": parts.coverage(findings, speech, redacted=redact),
        "scores": parts.scores(findings, speech),
        "given": parts.given(findings, speech),
        "map": parts.map_section(findings, speech, seed=seed),
        "clusters": parts.clusters(findings, clips, speech),
        "people": parts.people(findings, clips, speech),
        "groups": parts.groups(findings, speech),
        "checks": parts.checks(findings, clips, speech),
        "method": parts.method(findings, speech, seed=seed),
        "limits": list(speech.limits()),
    }
    missing = [speech("no_audio", n=speech.number(sounds.missing))] if sounds.missing else []
    cut = speech("excerpts_cut", seconds=f"{SECONDS:g}") if sounds.spent else ""
    return {**facts, "excerpts": {"cut": cut, "missing": missing}}


def _title(findings: Findings, speech: Speech, *, redact: bool) -> str:
    names = corpus_names(findings, redacted=redact)
    if redact or not names:
        return speech("title_plain")
    return speech("title", corpus=", ".join(names[:3]))
