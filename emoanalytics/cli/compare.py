"""``emoanalytics compare``: whether groups of clips differ, by how much, and what else differs between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.labels import Language
from emoanalytics.statistics.multiplicity import Correction
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.compare import show_comparison
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.views import figures
from emoanalytics.views.compare import Comparison, compare
from emoanalytics.views.figures.page import write_page


def _names(context: click.Context, option: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    """Groups with commas between them."""
    if given is None:
        return None
    return tuple(name.strip() for name in given.split(",") if name.strip())


@click.command("compare")
@options.store
@click.option("--group", metavar="COLUMN", required=True, help="The column whose values are the groups.")
@click.option(
    "--groups",
    callback=_names,
    metavar="A,B",
    help="Only these values, the first minus the second.  [default: all, the largest first]",
)
@click.option(
    "--cluster",
    metavar="COLUMN",
    default="speaker",
    show_default=True,
    help="What counts once, however many clips it has; its values are what chance shuffles.",
)
@click.option("--normalise-speaker", is_flag=True, help="Compare scores against each speaker's own baseline.")
@options.weigh
@options.exclude_flags
@options.where
@options.role
@click.option(
    "--correction",
    type=options.choice(Correction),
    default=Correction.HOLM.value,
    show_default=True,
    help="For many emotions and groups: holm keeps any false finding rare, bh their share.",
)
@options.seed("permutations and intervals")
@options.lang
@options.out
@options.as_json
def command(store: Path, group: str, lang: str, out: Path | None, as_json: bool, **given: Any) -> None:
    """Whether groups of clips of STORE differ, by how much, how sure that is, and what else differs."""
    opened = EmotionStore.open(store)
    column = "emotion_given" if group == "emotion" and "emotion" not in opened.columns else group
    found = compare(opened, column, **given)
    if out is not None:
        _write(found, opened, out, Language(lang))
    if as_json:
        print_json(found.as_json())
    else:
        show_comparison(found, lang)


def _write(found: Comparison, store: EmotionStore, out: Path, language: Language) -> None:
    title = f"{store.path.resolve().name}: {found.column}"
    figure = figures.comparison_dots(found, language)
    write_page(figure, out, title=title, lines=found.said(language), language=language)
    say(f"written: {one_line(str(out))}")
