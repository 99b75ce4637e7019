"""``emoanalytics map``: the clips of a store in two or three dimensions, and how far to believe the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from emoanalytics.cli import options
from emoanalytics.cli.outside import embedded
from emoanalytics.errors import StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.map import show_alignment, show_map, show_placed
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views import figures
from emoanalytics.views.figures.page import write_page
from emoanalytics.views.maps import (
    Map,
    MapMethod,
    Paint,
    Placed,
    align,
    draw_map,
    former_map,
    paint,
    place,
    place_added,
    surroundings,
)
from emoanalytics.views.search.words import Note

_FORMER = "former"
_SAME = "--against {against} is the same map: name another space, method or store, or former for the one before"
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
    "--place",
    "files",
    type=options.PATH,
    metavar="FILE",
    multiple=True,
    help="Put this audio file on the map kept of these settings, which stays as it is; may be repeated.",
)
@click.option("--place-added", "added", is_flag=True, help="Put the clips on it that came since it was drawn.")
@click.option("--speaker", help="Who speaks in the files of --place, as STORE names the speaker.")
@click.option(
    "--encoder",
    help="For --place, a FOLDER with the checkpoint STORE was built with.  [default: the encoder by its name]",
)
@options.device
@click.option(
    "--against",
    metavar="SPACE|METHOD|STORE|former",
    help="Compare with the map of another space, by another method, of another store of the same clips (an older copy "
    "too), or the former one: the map drawn of STORE before clips came or went.",
)
@click.option(
    "--colour", metavar="COLUMN", help="What --out is coloured by.  [default: emotion, where there are scores]"
)
@options.lang
@options.out
@options.as_json
def command(store: Path, as_json: bool, **given: Any) -> None:
    """The segments of STORE on a map by who is near whom, with how far the map can be believed."""
    _check(given)
    opened, language = EmotionStore.open(store), Language(given["lang"])
    if given["against"] is not None:
        _compare(opened, given, language, as_json)
    elif given["files"] or given["added"]:
        _place(opened, given, language, as_json)
    else:
        geometry, drawn = _drawn(opened, given, given["space"], given["method"])
        _say(geometry)
        kept = opened.path / "derived" / "maps" / drawn.key
        written = given["out"] or (kept if kept.is_dir() else None)
        if given["out"] is not None:
            _write(opened, drawn, given, language)
        if as_json:
            print_json(drawn.as_json())
        else:
            show_map(drawn, written, language)


def _check(given: dict[str, Any]) -> None:
    if given["colour"] is not None and given["out"] is None:
        raise click.UsageError("--colour is for the picture: name its file with --out")
    for name in ("speaker", "encoder"):
        if given[name] is not None and not given["files"]:
            raise click.UsageError(f"--{name} is about audio files: name one with --place")
    if given["against"] is None:
        return
    if given["files"] or given["added"]:
        raise click.UsageError("--place puts clips on one map, --against compares two: give one of them")
    if given["out"] is not None and given["dims"] == 3:
        raise click.UsageError("two maps are drawn beside each other where they are flat: leave out --out or --dims 3")


def _drawn(
    store: EmotionStore, given: dict[str, Any], space: str, method: str, *, stay: bool = False
) -> tuple[Geometry, Map]:
    with progress_bar("step") as tell:
        geometry = Geometry(store, space, progress=tell)
        drawn = draw_map(geometry, method=method, dims=given["dims"], seed=given["seed"], stay=stay, progress=tell)
    return geometry, drawn


def _say(geometry: Geometry) -> None:
    for note in geometry.notes:
        say(f"note: {one_line(note)}")


def _place(store: EmotionStore, given: dict[str, Any], language: Language, as_json: bool) -> None:
    files = list(given["files"])
    clips = embedded(store, files, given["encoder"], given["device"])
    geometry, drawn = _drawn(store, given, given["space"], given["method"], stay=True)
    points = np.stack([c.embedding for c in clips]) if clips else np.zeros((0, geometry.vectors.dim), np.float32)
    placed, names = place(drawn, geometry, points, [given["speaker"]] * len(clips)), [str(file) for file in files]
    if given["added"]:
        with progress_bar("clip") as tell:
            later = place_added(drawn, geometry, progress=tell)
        known = store.segments(["segment_id", "file"]).set_index("segment_id")["file"]
        names += known.reindex(pd.Index(later.segments)).tolist()
        placed = Placed.joined([placed, later])
    among = surroundings(placed, store)
    _say(geometry)
    unknown = _unknown_speaker(store, given, geometry) if files else []
    for note in unknown:
        say(f"note: {one_line(note.text(language))}")
    if given["out"] is not None:
        _write(store, drawn, given, language, placed)
    if as_json:
        plain = zip(names, placed.as_json(), among, strict=True)
        listed = [{"file": name, **one, "nearest": own.as_json()} for name, one, own in plain]
        notes = [note.text(Language.EN) for note in unknown]
        print_json({**drawn.as_json(points=False), "placed": listed, "notes": notes})
    else:
        show_placed(drawn, names, placed, among, given["out"], language)


def _unknown_speaker(store: EmotionStore, given: dict[str, Any], geometry: Geometry) -> list[Note]:
    """What to know where a clip's speaker is not one whose mean could be taken from it."""
    if geometry.space is not Space.SPEAKER_CENTRED:
        return []
    known = set(store.segments(["speaker"])["speaker"].dropna())
    return [] if given["speaker"] in known else [Note.unknown_speaker(", ".join(map(str, given["files"])))]


def _compare(store: EmotionStore, given: dict[str, Any], language: Language, as_json: bool) -> None:
    geometry, drawn = _drawn(store, given, given["space"], given["method"])
    try:
        other, name = _other(store, given, geometry, drawn)
    finally:
        _say(geometry)
    if other.ids.equals(drawn.ids) and np.array_equal(other.coordinates, drawn.coordinates):
        raise click.UsageError(_SAME.format(against=given["against"]))
    aligned = align(drawn, other)
    if given["out"] is not None:
        painted = _painted(store, drawn, given)
        titles = (f"{store.path.resolve().name} · {drawn.space}", name)
        figure = figures.map_pair(
            drawn, aligned.map, painted, language, names=titles, stacked=False, hover=_hover(store, drawn)
        )
        write_page(
            figure, given["out"], title=store.path.resolve().name, lines=aligned.words(language), language=language
        )
    if as_json:
        print_json(aligned.as_json())
    else:
        clips = store.segments(list(_HOVER)).set_index("segment_id")
        show_alignment(aligned, clips, given["out"], language)


def _other(store: EmotionStore, given: dict[str, Any], geometry: Geometry, drawn: Map) -> tuple[Map, str]:
    """The second map, and what to call it: alike but for its space, its method, its store or its date."""
    against, space, method = given["against"], given["space"], given["method"]
    if against in (space, method):
        raise click.UsageError(_SAME.format(against=against))
    if against == _FORMER:
        other = former_map(store, drawn, geometry.notes)
        return other, f"{store.path.resolve().name} · {other.record['drawn_at'][:10]}"
    if against in tuple(Space):
        space = against
    elif against in tuple(MapMethod):
        method = against
    else:
        if not Path(against).is_dir():
            raise click.UsageError(
                f"--against is a space ({', '.join(Space)}), a method ({', '.join(MapMethod)}), {_FORMER} or another "
                f"store: there is no folder {against}"
            )
        store = EmotionStore.open(Path(against))
    another, other = _drawn(store, given, space, method)
    _say(another)
    return other, f"{store.path.resolve().name} · {space}"


def _painted(store: EmotionStore, drawn: Map, given: dict[str, Any]) -> Paint | None:
    try:
        return paint(store, drawn, given["colour"] or "emotion")
    except StoreError:
        if given["colour"] is not None:
            raise
        return None  # nobody asked for the emotion of clips without scores


def _hover(store: EmotionStore, drawn: Map) -> pd.DataFrame | None:
    if len(drawn) > figures.MOST_POINTS:
        return None
    return store.segments(list(_HOVER)).set_index("segment_id")


def _write(
    store: EmotionStore, drawn: Map, given: dict[str, Any], language: Language, placed: Placed | None = None
) -> None:
    figure = figures.map_figure(
        drawn, _painted(store, drawn, given), language, hover=_hover(store, drawn), placed=placed
    )
    title = store.path.resolve().name
    write_page(figure, given["out"], title=title, lines=drawn.words(language), language=language)
