"""``emoanalytics map``: the clips of a store in two or three dimensions, and how far to believe the picture."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.errors import StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.map import show_map
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views import figures
from emoanalytics.views.figures.page import write_page
from emoanalytics.views.maps import Map, MapMethod, draw_map, paint

_HOVER = ("segment_id", "file", "start_s", "speaker", "emotion_given")


@click.command("map")
@options.store
@click.option(
    "--method",
    type=options.choice(MapMethod),
    default=MapMethod.UMAP.value,
    show_default=True,
    help="pca keeps distances as far as a flat map can; umap and tsne keep neighbours.",
)
@options.space
@click.option("--dims", type=int, default=2, show_default=True, help="2 or 3.")
@options.seed("layout")
@click.option(
    "--colour", metavar="COLUMN", help="What --out is coloured by.  [default: emotion, where there are scores]"
)
@click.option(
    "--lang", type=options.choice(Language), default=Language.EN.value, show_default=True, help="Of the texts of --out."
)
@click.option(
    "--out", type=options.PATH, metavar="FILE.html", help="Write the picture, one file that needs no network."
)
@options.as_json
def command(
    store: Path,
    method: str,
    space: str,
    dims: int,
    seed: int,
    colour: str | None,
    lang: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """The segments of STORE on a map by who is near whom, with how far the map can be believed."""
    if colour is not None and out is None:
        raise click.UsageError("--colour is for the picture: name its file with --out")
    opened = EmotionStore.open(store)
    with progress_bar("step") as tell:
        geometry = Geometry(opened, space, progress=tell)
        drawn = draw_map(geometry, method=method, dims=dims, seed=seed, progress=tell)
    for note in geometry.notes:
        say(f"note: {one_line(note)}")
    if out is not None:
        _write(opened, drawn, colour, Language(lang), out)
    if as_json:
        print_json(drawn.as_json())
    else:
        show_map(drawn, out or opened.path / "derived" / "maps" / drawn.key)


def _write(store: EmotionStore, drawn: Map, colour: str | None, language: Language, out: Path) -> None:
    try:
        painted = paint(store, drawn, colour or "emotion")
    except StoreError:
        if colour is not None:
            raise
        painted = None  # nobody asked for the emotion of clips without scores
    hover = None
    if len(drawn) <= figures.MOST_POINTS:
        hover = store.segments(list(_HOVER)).set_index("segment_id")
    figure = figures.map_figure(drawn, painted, language, hover=hover)
    write_page(figure, out, title=store.path.resolve().name, lines=drawn.words(language), language=language)
