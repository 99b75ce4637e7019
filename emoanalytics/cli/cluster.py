"""``emoanalytics cluster``: what groups a store's clips fall into, in words, and how far to trust them."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.audio.decode import write_wav
from emoanalytics.cli import options
from emoanalytics.errors import AudioError
from emoanalytics.listening.hearing import hear
from emoanalytics.listening.montage import montage
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.clusters import show_clusters
from emoanalytics.terminal.lines import counted, one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views.clusters import Method, Portrait, cluster, measures_voice, portraits, to_hear


@click.command("cluster")
@options.store
@click.option(
    "--method",
    type=options.choice(Method),
    default=Method.HDBSCAN.value,
    show_default=True,
    help="hdbscan finds how many there are and leaves out what belongs nowhere.",
)
@click.option(
    "--space",
    type=options.choice(Space),
    default=Space.SPEAKER_CENTRED.value,
    show_default=True,
    help="Where clips are compared: as they are, or each less its speaker's mean, so that clusters are no voices.",
)
@click.option("--min-size", type=int, help="Fewest clips of a cluster.  [default: half the root of all, at least 5]")
@click.option("--clusters", type=int, help="How many (kmeans).  [default: chosen by silhouette]")
@click.option(
    "--resolution", type=float, default=1.0, show_default=True, help="More makes more and smaller ones (leiden)."
)
@options.seed("clustering and the test of its stability")
@click.option(
    "--listen/--no-listen",
    default=True,
    help="Measure pitch, rate and voice of a sample where STORE's encoder does not.  [default: --listen]",
)
@click.option(
    "--montage", "folder", type=options.PATH, metavar="DIR", help="Write 12 seconds of each cluster into DIR."
)
@options.lang
@options.as_json
def command(
    store: Path,
    method: str,
    space: str,
    min_size: int | None,
    clusters: int | None,
    resolution: float,
    seed: int,
    listen: bool,
    folder: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """The groups that the segments of STORE fall into: what is heard in each, how stable it is."""
    opened = EmotionStore.open(store)
    with progress_bar("step") as tell:
        geometry = Geometry(opened, space, progress=tell)
        found = cluster(
            geometry,
            method=method,
            min_size=min_size,
            clusters=clusters,
            resolution=resolution,
            seed=seed,
            progress=tell,
        )
        ids = to_hear(found) if listen and found.sizes and not measures_voice(opened) else ()
        measured = hear(opened, ids, progress=tell) if ids else None
    named = portraits(found, geometry, measured=measured)
    if measured is not None and len(measured.ids) < measured.asked:
        unheard = measured.asked - len(measured.ids)
        say(f"note: {unheard} of {counted(measured.asked, 'clip')} could not be listened to")
    for note in geometry.notes:
        say(f"note: {one_line(note)}")
    sounds = {} if folder is None else _montages(opened, named, folder)
    if as_json:
        listed = [p.as_json() | ({"montage": str(sounds[p.cluster])} if p.cluster in sounds else {}) for p in named]
        print_json({**found.as_json(), "clusters": listed})
    else:
        show_clusters(found, named, sounds, lang)


def _montages(store: EmotionStore, named: tuple[Portrait, ...], folder: Path) -> dict[int, Path]:
    """One WAV file a cluster; what cannot be read is said."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for portrait in named:
        try:
            made = montage(store, portrait.medoids)
        except AudioError as error:
            say(f"cluster {portrait.cluster} cannot be played: {one_line(str(error))}")
            continue
        for line in made.missing:
            say(f"cluster {portrait.cluster}: {one_line(line)}")
        written[portrait.cluster] = folder / f"cluster-{portrait.cluster:02d}.wav"
        write_wav(written[portrait.cluster], made.samples, made.rate_hz)
    return written
