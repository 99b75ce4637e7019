"""``emoanalytics search``: the clips of a store that sound like others, or more of an emotion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from emoanalytics.cli import options
from emoanalytics.cli.outside import embedded
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.terminal.search import show_search
from emoanalytics.views.search import Clip, Contrast, Exclude, Query, search


def _amounts(context: click.Context, option: click.Parameter, given: Sequence[str]) -> dict[str, float]:
    """``EMOTION=NUMBER``, each."""
    amounts: dict[str, float] = {}
    for text in given:
        emotion, _, number = (part.strip() for part in text.rpartition("="))
        if not emotion or not _is_number(number):
            raise click.BadParameter(f"{text!r} is not an emotion and a number, e.g. angry=0.5")
        if emotion in amounts:
            raise click.BadParameter(f"{emotion} is named twice: give it one number")
        amounts[emotion] = float(number)
    return amounts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _excluded(context: click.Context, option: click.Parameter, given: str) -> tuple[str, ...]:
    """Exclusions with commas between them."""
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        if name not in tuple(Exclude):
            raise click.BadParameter(f"{name!r} is none of {', '.join(Exclude)}")
    return names


@click.command("search")
@options.store
@click.option("--clip", "clips", type=options.PATH, multiple=True, help="Like this audio file; may be repeated.")
@click.option("--id", "ids", metavar="SEGMENT", multiple=True, help="Like this segment of STORE; may be repeated.")
@click.option("--not-clip", "not_clips", type=options.PATH, multiple=True, help="Unlike this audio file.")
@click.option("--not-id", "not_ids", metavar="SEGMENT", multiple=True, help="Unlike this segment of STORE.")
@click.option(
    "--toward",
    callback=_amounts,
    metavar="EMOTION=AMOUNT",
    multiple=True,
    help="More of an emotion (1 counts as much as the clips do), or less of it below 0.",
)
@click.option(
    "--target",
    callback=_amounts,
    metavar="EMOTION=VALUE",
    multiple=True,
    help="Towards a profile of scores, e.g. --target sad=2 --target fearful=1.",
)
@click.option(
    "--contrast", type=options.choice(Contrast), help="Only clips whose given label, or whose sound, is another."
)
@click.option("-k", "k", type=int, default=10, show_default=True, help="Hits.")
@click.option("--offset", type=int, default=0, show_default=True, help="Hits to skip, for further pages.")
@options.where
@click.option(
    "--exclude",
    callback=_excluded,
    metavar="WHAT[,WHAT]",
    default="",
    help="Leave out what shares it with the clips asked for: same-speaker, same-file, same-session.",
)
@options.space
@click.option(
    "--diversify", type=float, metavar="WEIGHT", help="Vary the hits: 1 is likeness alone, 0 variety alone; try 0.5."
)
@click.option("--speaker", help="Who speaks in the audio files, as STORE names the speaker.")
@click.option(
    "--encoder", help="A FOLDER with the checkpoint STORE was built with.  [default: the encoder by its name]"
)
@options.device
@options.lang
@options.as_json
def command(store: Path, lang: str, as_json: bool, **given: Any) -> None:
    """The segments of STORE that sound most like audio files or segments, or have more of an emotion."""
    opened = EmotionStore.open(store)
    clips, not_clips = _embedded(opened, given)
    query = Query(
        positives=(*given["ids"], *clips),
        negatives=(*given["not_ids"], *not_clips),
        toward=given["toward"],
        target=given["target"] or None,
        contrast=given["contrast"],
    )
    with progress_bar("row") as tell:
        geometry = Geometry(opened, given["space"], progress=tell)
        result = search(
            geometry,
            query,
            k=given["k"],
            offset=given["offset"],
            where=given["where"],
            exclude=given["exclude"],
            diversify=given["diversify"],
        )
    for note in geometry.notes:
        say(f"note: {one_line(note)}")
    if as_json:
        print_json(result.as_json())
    else:
        show_search(result, lang)


def _embedded(store: EmotionStore, given: dict[str, Any]) -> tuple[list[Clip], list[Clip]]:
    """The audio files as clips."""
    files = [*given["clips"], *given["not_clips"]]
    for name in ("speaker", "encoder"):
        if given[name] is not None and not files:
            raise click.UsageError(f"--{name} is about audio files: name one with --clip or --not-clip")
    found = [
        Clip(result.embedding, Path(result.file).name, given["speaker"])
        for result in embedded(store, files, given["encoder"], given["device"])
    ]
    n = len(given["clips"])
    return found[:n], found[n:]
