"""``emoanalytics head``: heads from a store's own labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.cli.groups import show_help_alone
from emoanalytics.embed.heads.calibration import Method
from emoanalytics.embed.heads.conformal import SetKind
from emoanalytics.embed.heads.policies import OtherPolicy
from emoanalytics.labels import Language
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.calibration import show_calibration
from emoanalytics.terminal.fit import show_fit
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.train import summary, train_head
from emoanalytics.views import figures
from emoanalytics.views.calibrate import AUTO, Calibration, calibrate
from emoanalytics.views.figures.page import write_page


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


@command.command("calibrate")
@options.store
@click.option(
    "--labels",
    type=options.PATH,
    metavar="FILE.csv",
    required=True,
    help="What listeners said: segment_id or file, and label (a row a listener) or a column of votes an emotion.",
)
@click.option(
    "--group", default="speaker", show_default=True, help="The column whose values are never on both sides of a fold."
)
@click.option(
    "--other",
    type=options.choice(OtherPolicy),
    default=OtherPolicy.KEEP.value,
    show_default=True,
    help="What becomes of other and unknown: answers like all others, left out, or shown beside the rest.",
)
@click.option(
    "--coverage", type=float, default=0.9, show_default=True, help="Share of listeners' answers label sets are to hold."
)
@click.option(
    "--sets",
    type=options.choice(SetKind),
    default=SetKind.LAC.value,
    show_default=True,
    help="How label sets are made: lac makes the smallest, aps adapts them to each clip.",
)
@click.option(
    "--method",
    type=click.Choice([AUTO, *(method.value for method in Method)]),
    default=AUTO,
    show_default=True,
    help="The correction: one temperature for all labels, a scale and a shift for each (vector), none, or the one that "
    "does best on speakers left out.",
)
@click.option("--name", help="Name of the calibrated head.  [default: that of the head in use, with -calibrated]")
@click.option("--save/--no-save", default=True, help="Keep the calibrated head, or only measure.  [default: --save]")
@click.option(
    "--activate/--keep",
    default=None,
    help="Use its scores, or keep those in use.  [default: use them when they may be called calibrated, and a --method "
    "that was asked for does better than none]",
)
@options.seed("folds and the bootstrap")
@options.lang
@options.out
@options.as_json
def head_calibrate(store: Path, labels: Path, lang: str, out: Path | None, as_json: bool, **given: Any) -> None:
    """Bring the scores of STORE in line with what people heard in 50 to 200 clips; no audio is touched."""
    if given["activate"] and not given["save"]:
        raise click.UsageError("--activate uses a head that --no-save does not keep: leave one of them out")
    with progress_bar("fold") as tell:
        found = calibrate(store, labels, progress=tell, **given)
    show_calibration(found, lang, err=as_json)
    active = EmotionStore.open(store).info.head
    click.echo(f"scores in use: {active}", err=as_json)
    if out is not None:
        _write(found, store, out, Language(lang))
    if as_json:
        print_json({"store": str(store), "scores_in_use": active, **found.as_json()})


def _write(found: Calibration, store: Path, out: Path, language: Language) -> None:
    figure = figures.reliability_diagram(found, language)
    lines = [*found.said(language), *(note.text(language) for note in found.notes)]
    write_page(figure, out, title=f"{store.resolve().name}: {found.base}", lines=lines, language=language)
    say(f"written: {one_line(str(out))}")
