"""``emoanalytics report``: a store as one page that anybody can read."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.report import report
from emoanalytics.report.result import check_place
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar


@click.command("report")
@options.store
@click.option("--out", type=options.PATH, metavar="FILE.html", required=True, help="The page to write.")
@options.lang
@click.option("--redact", is_flag=True, help="No audio, texts and paths; S1, C1, F1 for speakers, sessions and files.")
@click.option("--title", help="Of the page.  [default: made of the name of the corpus]")
@click.option(
    "--section",
    "sections",
    type=options.PATH,
    metavar="TEMPLATE.html",
    multiple=True,
    help="A section of your own, as a Jinja template; may be repeated.",
)
@options.role
@click.option(
    "--compare",
    metavar="COLUMN",
    multiple=True,
    help="Compare groups by this column; may be repeated.  [default: language]",
)
@options.space
@options.seed("map, clusters, intervals and tests")
@options.as_json
def command(
    store: Path,
    out: Path,
    lang: str,
    redact: bool,
    title: str | None,
    sections: tuple[Path, ...],
    role: str | None,
    compare: tuple[str, ...],
    space: str,
    seed: int,
    as_json: bool,
) -> None:
    """STORE as one page anybody can read: what was heard, found and left out, and what it cannot tell.

    The page is one file that loads nothing and runs nothing; the same STORE gives the same bytes.
    """
    opened = EmotionStore.open(store)
    check_place(opened.path, out)
    with progress_bar("step") as tell:
        made = report(
            opened,
            lang=lang,
            redact=redact,
            title=title,
            sections=sections,
            role=role,
            compare=compare or None,
            space=space,
            seed=seed,
            progress=tell,
        )
    made.write(out)
    for note in made.notes:
        say(f"note: {one_line(note)}")
    size = len(made.content)
    if as_json:
        print_json({"file": str(out), "bytes": size, "excerpts": made.sounds, "notes": list(made.notes)})
    else:
        click.echo(f"written: {one_line(str(out))} ({size / 1e6:.2f} MB, {made.sounds} excerpts to hear)")
