"""``emoanalytics index``: fast search in a large store."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.index import show_index
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar


@click.command("index")
@options.store
@options.space
@options.lang
@options.as_json
def command(store: Path, space: str, lang: str, as_json: bool) -> None:
    """Make the index that answers searches of a large STORE in milliseconds.

    Without one every search compares all clips, which is exact; small stores need none. After a build, run it
    again: only the new clips are added.
    """
    with progress_bar("step") as tell:
        geometry = Geometry(EmotionStore.open(store), space, progress=tell)
        index = geometry.make_index(progress=tell)
    for note in geometry.notes:
        say(f"note: {one_line(note)}")
    record = dict(index.record)
    if as_json:
        print_json({"store": str(store), "index": record})
    else:
        show_index(index.kind, record, len(geometry.vectors), space, lang)
