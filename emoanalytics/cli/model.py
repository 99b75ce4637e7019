"""``emoanalytics model``: the published models on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.cli.groups import show_help_alone
from emoanalytics.embed import models
from emoanalytics.embed.registry import DEFAULT_ENCODER
from emoanalytics.terminal.lines import counted, one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar


@click.group("model", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Published Emotion2Vec+ models: list, fetch, verify."""
    show_help_alone(context)


@command.command("list")
@options.as_json
def model_list(as_json: bool) -> None:
    """Which models there are, and which are on this machine."""
    rows = models.list_models()
    if as_json:
        print_json({"models": rows})
        return
    for row in rows:
        where = row["folder"] if row["present"] else f"not here: emoanalytics model fetch {row['name']}"
        click.echo(f"{row['name']:<24}{row['dim']:>5} numbers  {where}")


@command.command("fetch")
@click.argument("name", default=DEFAULT_ENCODER)
@click.option(
    "--hub",
    type=click.Choice(["modelscope", "huggingface"]),
    default="modelscope",
    show_default=True,
    help="Where from.",
)
@click.option("--revision", help="Tag, branch or commit.  [default: the pinned one]")
@click.option("--folder", type=options.PATH, help="Where to.  [default: the cache folder]")
def model_fetch(name: str, hub: str, revision: str | None, folder: Path | None) -> None:
    """Download a published model (NAME, by default the large one), once."""
    with progress_bar("B") as tell:
        place = models.fetch(name, hub, revision, folder, tell)
    record = models.Fetched.read(place)
    click.echo(str(place))
    if record is not None:
        say(f"{record.id} at revision {record.revision} from {record.hub}\n{record.licence}")
    say(f"Next: emoanalytics build CORPUS --store STORE --encoder {name}")


@command.command("verify")
@click.argument("name_or_folder", default=DEFAULT_ENCODER)
def model_verify(name_or_folder: str) -> int:
    """Check a model's files against what was fetched, and its labels against the nine."""
    with progress_bar("B") as tell:
        problems = models.verify(name_or_folder, progress=tell)
    for problem in problems:
        say(one_line(problem))
    click.echo(f"{name_or_folder}: " + (counted(len(problems), "problem") if problems else "all is well"))
    return 2 if problems else 0
