"""``emoanalytics alerts``: where rules fire, and how often they would by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.alerts import show_alerts
from emoanalytics.terminal.lines import print_json
from emoanalytics.views.alerts import alerts


@click.command("alerts")
@options.store
@click.option(
    "--rule",
    "rules",
    metavar="RULE",
    multiple=True,
    required=True,
    help='"angry >= 0.6 for 2 clips in a row", "sad up by 0.15 against own baseline"; may be repeated.',
)
@options.exclude_flags
@options.where
@options.role
@options.seed("shuffles")
@options.lang
@options.as_json
def command(store: Path, rules: tuple[str, ...], lang: str, as_json: bool, **given: Any) -> None:
    """Where rules such as "angry >= 0.6 for 2 clips in a row" fire in STORE, and how often by chance."""
    opened = EmotionStore.open(store)
    found = alerts(opened, rules, **given)
    if as_json:
        print_json(found.as_json())
    else:
        show_alerts(opened, found, lang)
