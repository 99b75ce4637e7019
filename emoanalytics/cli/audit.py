"""``emoanalytics audit``: the clips of a store to look at twice."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.audit import audit
from emoanalytics.cli import options
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.audit import show_audit
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar


@click.command("audit")
@options.store
@click.option(
    "--target", default="emotion", show_default=True, help="The column with the labels; emotion is the given label."
)
@click.option("--listen/--no-listen", default=True, help="Compare the waveforms of near pairs.  [default: --listen]")
@click.option(
    "--fragile", is_flag=True, help="Also see whose winner flips by small changes of the sound; embeds all clips anew."
)
@options.seed("folds that judge labels, and of the noise")
@options.lang
@options.as_json
def command(store: Path, target: str, listen: bool, fragile: bool, seed: int, lang: str, as_json: bool) -> None:
    """The segments of STORE to look at twice: copies, outliers, suspicious labels, flags."""
    opened = EmotionStore.open(store)
    with progress_bar("step") as tell:
        found = audit(opened, target=target, listen=listen, fragile=fragile, seed=seed, progress=tell)
    for note in found.notes:
        say(f"note: {one_line(note)}")
    if as_json:
        print_json(found.as_json())
    else:
        show_audit(opened, found, lang)
