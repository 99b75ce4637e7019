"""``emoanalytics export``: a store as what other tools read."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.export import Format, export
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.export import show_exported
from emoanalytics.terminal.lines import print_json
from emoanalytics.terminal.progress import progress_bar


@click.command("export")
@options.store
@click.option("--to", required=True, metavar="FILE|FOLDER|URL", help="Where; a URL names a database: sqlite:///x.db")
@click.option("--format", "format_", type=options.choice(Format), help="As what.  [default: by the ending of --to]")
@options.where
@click.option(
    "--embeddings/--no-embeddings",
    default=None,
    help="With the embeddings.  [default: with them in parquet, npy and spotlight]",
)
@click.option(
    "--redact",
    is_flag=True,
    help="Pseudonyms in place of speakers, sessions, files and segments; no text, audio, embeddings or own columns.",
)
@click.option("--table", default="segments", show_default=True, help="In a database: the table.")
@click.option("--replace", is_flag=True, help="Put it in place of an earlier export, or of the table.")
@options.as_json
def command(
    store: Path,
    to: str,
    format_: str | None,
    where: str | None,
    embeddings: bool | None,
    redact: bool,
    table: str,
    replace: bool,
    as_json: bool,
) -> int:
    """The segments of STORE for other tools: spreadsheets, databases, audformat, Hugging Face, Spotlight."""
    opened = EmotionStore.open(store)
    with progress_bar("row") as tell:
        written = export(
            opened,
            to,
            format=format_,
            where=where,
            embeddings=embeddings,
            redact=redact,
            replace=replace,
            table=table,
            progress=tell,
        )
    if as_json:
        print_json(written.as_json())
    else:
        show_exported(written)
    return 3 if written.left else 0
