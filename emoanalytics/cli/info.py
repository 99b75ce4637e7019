"""``emoanalytics info``: a store at a glance."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics import terminal
from emoanalytics.cli import options
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.overview import overview


@click.command("info")
@options.store
@options.as_json
def command(store: Path, as_json: bool) -> None:
    """What is in STORE: clips, speakers, hours, encoder, emotions, flags, failures."""
    view = overview(EmotionStore.open(store))
    if as_json:
        terminal.print_json(view.as_json())
    else:
        terminal.show_overview(view)
