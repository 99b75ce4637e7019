"""``emoanalytics info``: a store at a glance."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import print_json
from emoanalytics.terminal.overview import show_overview
from emoanalytics.views.overview import overview


@click.command("info")
@options.store
@options.as_json
def command(store: Path, as_json: bool) -> None:
    """What is in STORE: clips, speakers, hours, encoder, emotions, flags, failures."""
    view = overview(EmotionStore.open(store))
    if as_json:
        print_json(view.as_json())
    else:
        show_overview(view)
