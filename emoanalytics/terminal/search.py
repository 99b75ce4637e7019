"""What a search found."""

from __future__ import annotations

import click

from emoanalytics.labels import BY_ID, Language
from emoanalytics.terminal.lines import bar, counted, one_line
from emoanalytics.views.search import Hit, SearchResult

_BAR = 16
_WORDS = {
    "head": (
        "{hits} of {clips} that could be ({all} in the store, space: {space})",
        "{n} 个结果，可选片段 {candidates} 个（库中共 {all} 个，空间：{space}）",
    ),
    "more": ("more: --offset {offset}", "更多：--offset {offset}"),
    "note": ("note: {note}", "注意：{note}"),
    "given": (", given {label}", "，标注为 {label}"),
    "none": ("no score", "没有得分"),
}


def show_search(result: SearchResult, language: Language | str = Language.EN) -> None:
    """One page of hits, a line for each and one for why it was found, on standard output."""
    hits, clips = counted(len(result.hits), "hit"), counted(result.candidates, "clip")
    counts = {"hits": hits, "clips": clips, "n": len(result.hits), "candidates": result.candidates}
    lines = [_said("head", language, **counts, all=result.clips, space=result.space)]
    for hit in result.hits:
        lines += [_hit(hit, language), f"       {hit.segment_id}  {one_line(hit.why(language))}"]
    if result.next_offset is not None:
        lines.append(_said("more", language, offset=result.next_offset))
    lines += [_said("note", language, note=one_line(note.text(language))) for note in result.notes]
    click.echo("\n".join(lines))


def _hit(hit: Hit, language: Language | str) -> str:
    where = f"{one_line(hit.file)} [{hit.start_s:.2f}-{hit.end_s:.2f} s]"
    who = "" if hit.speaker is None else f", {one_line(hit.speaker)}"
    return f"{hit.rank:>4}. {bar(hit.similarity, _BAR)} {hit.similarity:+.3f}  {_emotion(hit, language)}  {where}{who}"


def _emotion(hit: Hit, language: Language | str) -> str:
    if hit.emotion is None or hit.score is None:
        return _said("none", language)
    known = BY_ID.get(hit.emotion)
    name = f"{known.emoji} {known.name(language)}" if known else one_line(hit.emotion)
    label = None if hit.emotion_given == hit.emotion else hit.emotion_given
    if label in BY_ID:
        label = BY_ID[label].name(language)
    given = "" if label is None else _said("given", language, label=one_line(str(label)))
    return f"{name} {hit.score:.0%}{given}"


def _said(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][str(language) == Language.ZH].format(**values)
