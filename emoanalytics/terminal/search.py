"""What a search found."""

from __future__ import annotations

import click

from emoanalytics.labels import BY_ID
from emoanalytics.terminal.lines import bar, counted, one_line
from emoanalytics.views.search import Hit, SearchResult

_BAR = 16


def show_search(result: SearchResult) -> None:
    """One page of hits, a line for each and one for why it was found, on standard output."""
    lines = [
        f"{counted(len(result.hits), 'hit')} of {counted(result.candidates, 'clip')} that could be "
        f"({result.clips} in the store, space: {result.space})"
    ]
    for hit in result.hits:
        lines += [_hit(hit), f"       {hit.segment_id}  {one_line(hit.why())}"]
    if result.next_offset is not None:
        lines.append(f"more: --offset {result.next_offset}")
    lines += [f"note: {one_line(note.en)}" for note in result.notes]
    click.echo("\n".join(lines))


def _hit(hit: Hit) -> str:
    where = f"{one_line(hit.file)} [{hit.start_s:.2f}-{hit.end_s:.2f} s]"
    who = "" if hit.speaker is None else f", {one_line(hit.speaker)}"
    return f"{hit.rank:>4}. {bar(hit.similarity, _BAR)} {hit.similarity:+.3f}  {_emotion(hit)}  {where}{who}"


def _emotion(hit: Hit) -> str:
    if hit.emotion is None or hit.score is None:
        return "no score"
    known = BY_ID.get(hit.emotion)
    name = f"{known.emoji} {known.id}" if known else one_line(hit.emotion)
    given = "" if hit.emotion_given in (None, hit.emotion) else f", given {one_line(str(hit.emotion_given))}"
    return f"{name} {hit.score:.0%}{given}"
