"""``emoanalytics analyze``: scores and quality of single clips."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from emoanalytics.analyze import Granularity, analyze, write_result
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.tracks import Failure
from emoanalytics.cli import options
from emoanalytics.embed.encoder import Encoder, Precision
from emoanalytics.embed.heads import Head
from emoanalytics.embed.registry import DEFAULT_ENCODER, load_encoder
from emoanalytics.errors import HeadError
from emoanalytics.scoring import encoder_of, head_of
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.build import show_failures
from emoanalytics.terminal.clip import show_clip
from emoanalytics.terminal.lines import one_line, print_json


@click.command("analyze")
@click.argument("clips", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--encoder",
    default=None,
    help=f"A published name, acoustic, or a FOLDER with a checkpoint.  [default: {DEFAULT_ENCODER}, or that of --head]",
)
@click.option(
    "--head",
    "head_store",
    type=options.PATH,
    help="A STORE whose head gives the scores (for encoders without their own).",
)
@click.option(
    "--granularity",
    type=options.choice(Granularity),
    default="utterance",
    show_default=True,
    help="Scores for the clip, or also for each frame.",
)
@options.channels
@options.device
@click.option(
    "--precision",
    type=options.choice(Precision),
    default=Precision.AUTO.value,
    show_default=True,
    help="Arithmetic of the encoder: auto is that of --head's store, else exact (float32).",
)
@click.option("--embedding", is_flag=True, help="Also write embedding.npy.")
@click.option(
    "--out", type=options.PATH, default=Path("outputs"), show_default=True, help="Folder for the result folders."
)
@options.as_json
def command(clips: tuple[Path, ...], encoder: str | None, head_store: Path | None, **given: Any) -> int:
    """Scores and quality of one or several CLIPS, and a folder with result.json for each."""
    loaded, head = _encoder_and_head(encoder, head_store, given["device"], Precision(given["precision"]))
    settings = QualitySettings()
    results: list[dict[str, Any]] = []
    failures: list[Failure] = []
    found = analyze(
        clips,
        loaded,
        head=head,
        granularity=Granularity(given["granularity"]),
        channels=ChannelPolicy(given["channels"]),
        settings=settings,
    )
    for result in found:
        if isinstance(result, Failure):
            failures.append(result)
            continue
        folder = write_result(result, given["out"], embedding=given["embedding"], settings=settings)
        show_clip(result, settings, err=given["as_json"])
        click.echo(f"  written to {one_line(str(folder))}", err=given["as_json"])
        results.append({**result.as_json(settings), "folder": str(folder)})
    show_failures(failures)
    if given["as_json"]:
        print_json({"clips": results, "failures": [asdict(f) for f in failures]})
    return 3 if failures else 0


def _encoder_and_head(
    name: str | None, head_store: Path | None, device: str, precision: Precision
) -> tuple[Encoder, Head | None]:
    """The encoder to use, and the head of a store if one is named: the two must belong together."""
    if head_store is None:
        return load_encoder(name or DEFAULT_ENCODER, device=device, precision=precision), None
    store = EmotionStore.open(head_store)
    head = head_of(store)
    if head is None:
        train = f"{head_store} has no head: train one: emoanalytics head fit {head_store} --target emotion"
        raise HeadError(store.head_missing or train)
    return encoder_of(store, name, device=device, precision=precision), head
