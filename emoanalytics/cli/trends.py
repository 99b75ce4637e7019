"""``emoanalytics trends``: how speakers change over their sessions."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.errors import EmptySelectionError
from emoanalytics.labels import Language
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.trends import show_trends
from emoanalytics.views import figures
from emoanalytics.views.figures.page import write_page
from emoanalytics.views.trends import By, Trends, trends


@click.command("trends")
@options.store
@click.option(
    "--speaker", metavar="ID", help="Only this speaker, in detail; changes are judged among all speakers all the same."
)
@click.option(
    "--by",
    type=options.choice(By),
    default=By.SESSION.value,
    show_default=True,
    help="What a point holds together; changes are looked for among sessions, whatever it is.",
)
@options.weigh
@options.exclude_flags
@options.where
@options.role
@click.option("--zone", default="UTC", show_default=True, help="Time zone of days and weeks, e.g. Asia/Shanghai.")
@options.seed("bootstrap and the permutations")
@options.lang
@options.out
@options.as_json
def command(store: Path, speaker: str | None, lang: str, out: Path | None, as_json: bool, **given: Any) -> None:
    """How the speakers of STORE change over their sessions, each against the own baseline."""
    opened = EmotionStore.open(store)
    if speaker is not None:
        _check_speaker(opened, speaker)
    found = trends(opened, speaker=speaker, **given)
    if out is not None:
        _write(found, opened, out, Language(lang))
    if as_json:
        print_json(found.as_json())
    else:
        show_trends(found, lang, one_of_many=speaker is not None)


def _check_speaker(store: EmotionStore, speaker: str) -> None:
    """Names like the one that is not there; where none is like it, ``trends`` lists some."""
    names = sorted(map(str, store.segments(["speaker"])["speaker"].dropna().unique()))
    plain = {name.casefold(): name for name in names}
    near = [plain[name] for name in difflib.get_close_matches(speaker.casefold(), plain, n=3)]
    if speaker not in names and near:
        raise EmptySelectionError(f"{store.path} has no speaker {speaker!r}; did you mean {' or '.join(near)}?")


def _write(found: Trends, store: EmotionStore, out: Path, language: Language) -> None:
    if len(found.speakers) > 1:
        raise click.UsageError("--out draws one speaker: name it with --speaker")
    (one,) = found.speakers
    title = store.path.resolve().name + (f": {one.speaker}" if one.speaker else "")
    figure = figures.trend_multiples(one, language)
    write_page(figure, out, title=title, lines=[*found.said(language), *found.notes(language)], language=language)
    say(f"written: {one_line(str(out))}")
