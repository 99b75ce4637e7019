"""``emoanalytics head``: heads from a store's own labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.cli.groups import show_help_alone
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.fit import show_fit
from emoanalytics.terminal.lines import print_json
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.train import summary, train_head


@click.group("head", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Heads: what turns an embedding into scores."""
    show_help_alone(context)


@command.command("fit")
@options.store
@click.option("--target", required=True, help="The column with the labels; emotion is the given label.")
@click.option(
    "--group", default="speaker", show_default=True, help="The column whose values are never on both sides of a fold."
)
@click.option("--name", help="Name of the head.  [default: made from the target and the encoder]")
@click.option(
    "--centre", is_flag=True, help="Compare each clip with its speaker's mean; needs several clips a speaker."
)
@click.option(
    "--activate/--keep",
    default=None,
    help="Use its scores, or keep those in use.  [default: use them when the store has none]",
)
@options.seed("folds and the bootstrap")
@options.as_json
def head_fit(store: Path, target: str, group: str, as_json: bool, **given: Any) -> None:
    """Train a head on the labels in a column of STORE, measured on speakers it never heard."""
    with progress_bar("fold") as tell:
        report = train_head(store, target, group=group, progress=tell, **given)
    show_fit(report, group=group, err=as_json)
    active = EmotionStore.open(store).info.head
    click.echo(f"scores in use: {active}", err=as_json)
    if as_json:
        print_json({"store": str(store), "target": target, "active": active, **summary(report)})
