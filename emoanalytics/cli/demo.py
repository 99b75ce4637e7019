"""``emoanalytics demo``: a first look, without data, weights or network."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.cli.app import open_app
from emoanalytics.demo import DEMO_STORE, build_demo
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.build import show_build
from emoanalytics.terminal.fit import show_fit
from emoanalytics.terminal.lines import say
from emoanalytics.terminal.overview import show_overview
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views.overview import overview


@click.command("demo")
@click.option("--store", type=options.PATH, default=DEMO_STORE, show_default=True, help="Where the demo store goes.")
@click.option("--no-app", is_flag=True, help="Stop before the app opens.")
def command(store: Path, no_app: bool) -> int:
    """Build the bundled demo (synthetic speech, no download) and open the app."""
    say("The demo is synthetic speech with acted emotions, embedded by acoustic measurements; its scores come from")
    say("a head trained on the demo's own labels. It shows what the workbench does, not how people feel.")
    with progress_bar("clip") as tell:
        made = build_demo(store, progress=tell)
    say(made.corpus.describe())
    show_build(made.build)
    if made.head is not None:
        show_fit(made.head)
    say()
    show_overview(overview(EmotionStore.open(store)))
    if no_app:
        say(f"Next: emoanalytics app {store}")
        return 0
    return open_app(store)
