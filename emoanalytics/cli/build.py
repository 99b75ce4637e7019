"""``emoanalytics build``: a corpus becomes a store."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import click

from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.build import BuildReport, BuildSettings, build
from emoanalytics.cli import options
from emoanalytics.embed.encoder import Precision
from emoanalytics.embed.registry import DEFAULT_ENCODER, load_encoder
from emoanalytics.errors import CorpusError
from emoanalytics.pipeline.precision import settled
from emoanalytics.rows import FRAME_RATES_HZ
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.build import show_build
from emoanalytics.terminal.lines import print_json, say
from emoanalytics.terminal.progress import progress_bar


@click.command("build")
@click.argument("corpus", type=options.PATH)
@click.option("--store", type=options.PATH, required=True, help="The store's folder; made when it does not exist.")
@click.option(
    "--encoder",
    default=DEFAULT_ENCODER,
    show_default=True,
    help="A published name, acoustic, or a FOLDER.",
)
@click.option(
    "--root", type=options.PATH, help="The folder that paths in the manifest are relative to.  [default: its own]"
)
@click.option("--manifest", type=options.PATH, help="The manifest to use, where CORPUS holds several.")
@click.option(
    "--template",
    help="How file names are read: {speaker}_{emotion}_{take}, or a known corpus: ravdess.",
)
@click.option(
    "--segment",
    type=options.choice(CutMode),
    help="How recordings are cut.  [default: as given, else whole]",
)
@click.option(
    "--window",
    "window_s",
    type=float,
    help="Length of a window in seconds, with --segment windows.  [default: 4]",
)
@click.option(
    "--hop",
    "hop_s",
    type=float,
    help="Seconds from one window to the next, with --segment windows.  [default: the window's length]",
)
@options.channels
@click.option("--roles", help="Roles of the channels with --channels each, left first: agent,client")
@options.device
@click.option(
    "--precision",
    type=options.choice(Precision),
    default=Precision.AUTO.value,
    show_default=True,
    help="Arithmetic of the encoder: exact is float32; fast is checked against it on clips of CORPUS first.",
)
@click.option("--threshold", multiple=True, help="A quality threshold, e.g. snr_db=8; may be repeated.")
@click.option("--frames", is_flag=True, help="Also store nine logits for every frame (50 a second).")
@click.option(
    "--frame-rate",
    "frame_rate_hz",
    type=click.Choice([str(rate) for rate in FRAME_RATES_HZ]),
    help="Rows of frame logits a second, means over neighbouring frames, with --frames.  [default: 50]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Decoding processes.  [default: by cores and encoder]",
)
@click.option("--verify", is_flag=True, help="Decode files again even when size and time are unchanged.")
@click.option("--offline", is_flag=True, help="Say how to go on without a network when the model is missing.")
@click.option("--dry-run", is_flag=True, help="Show how CORPUS is read, then stop.")
@options.as_json
def command(corpus: Path, store: Path, encoder: str, **given: Any) -> int:
    """Embed CORPUS (a folder, a manifest or a file) into a store, or bring the store up to date with it.

    Stopped or killed, the same command goes on where it was. Exit status 3: some recordings failed; they are listed.
    """
    found = open_corpus(corpus, manifest=given["manifest"], template=given["template"], root=given["root"])
    settings = _build_settings(found, given)
    if given["dry_run"]:
        if given["as_json"]:
            print_json(_corpus_json(found))
        else:
            click.echo(found.describe())
        return 0
    say(found.describe())
    loaded = load_encoder(encoder, device=given["device"], offline=given["offline"])
    chosen = settled(loaded, given["precision"], found, store)
    if chosen.note:
        say(f"precision: {chosen.note}")
    with progress_bar("recording", own_estimate=True) as tell:
        report = build(found, store, chosen.encoder, settings, precision=chosen.as_json(), progress=tell)
    show_build(report, err=given["as_json"])
    if given["as_json"]:
        print_json(_build_json(report) | {"precision": chosen.as_json()})
    else:
        say(f"Next: emoanalytics info {store}, or emoanalytics app {store}")
    return 3 if report.failed_files else 0


def _build_settings(corpus: Corpus, given: dict[str, Any]) -> BuildSettings:
    mode = given["segment"]
    if mode == CutMode.MANIFEST and not corpus.table["start_s"].notna().any():
        raise CorpusError("--segment manifest: the corpus gives no segments (columns start and end)")
    windows = (given["window_s"], given["hop_s"])
    if mode != CutMode.WINDOWS and windows != (None, None):
        raise CorpusError("--window and --hop say how windows are cut: add --segment windows")
    window_s = 4.0 if windows[0] is None else windows[0]
    hop_s = window_s if windows[1] is None else windows[1]
    if not (window_s > 0 and hop_s > 0):
        raise CorpusError(f"--window {window_s:g} --hop {hop_s:g}: both are seconds, above 0")
    roles = [role.strip() for role in given["roles"].split(",")] if given["roles"] else []
    if roles and given["channels"] != ChannelPolicy.EACH:
        raise CorpusError("--roles names the channels one by one: add --channels each")
    if given["frame_rate_hz"] and not given["frames"]:
        raise CorpusError("--frame-rate says how frame scores are kept: add --frames")
    names = ["left", "right", *(f"ch{i}" for i in range(3, len(roles) + 1))]
    return BuildSettings(
        channels=ChannelPolicy(given["channels"]),
        roles=dict(zip(names, roles, strict=False)),
        cut=CutPolicy(CutMode(mode), window_s, hop_s) if mode else None,
        quality=_quality_settings(given["threshold"]),
        frames=given["frames"],
        frame_rate_hz=int(given["frame_rate_hz"] or FRAME_RATES_HZ[0]),
        workers=given["workers"],
        verify=given["verify"],
    )


def _quality_settings(thresholds: tuple[str, ...]) -> QualitySettings:
    """The thresholds with those of the command line in their place."""
    known = [field.name for field in fields(QualitySettings)]
    changed = {}
    for text in thresholds:
        name, _, value = text.partition("=")
        try:
            changed[name.strip()] = float(value)
        except ValueError:
            raise CorpusError(f"--threshold {text}: write it as NAME=NUMBER, e.g. snr_db=8") from None
        if name.strip() not in known:
            raise CorpusError(f"--threshold {text}: there is no threshold of that name; there are {', '.join(known)}")
    return replace(QualitySettings(), **changed)


def _corpus_json(corpus: Corpus) -> dict[str, Any]:
    return {
        "corpus": str(corpus.root),
        "files": int(corpus.table["file"].nunique()),
        "rows": len(corpus.table),
        "described": corpus.describe(),
        "problems": [asdict(p) for p in corpus.problems],
    }


def _build_json(report: BuildReport) -> dict[str, Any]:
    return {
        "store": str(report.store),
        "segments": len(EmotionStore.open(report.store)),
        "embedded": report.embedded,
        "copied": report.copied,
        "unchanged": report.unchanged,
        "relabelled": report.relabelled,
        "audio_s": round(report.audio_s, 3),
        "elapsed_s": round(report.elapsed_s, 3),
        "times_real_time": round(report.times_real_time, 2),
        "failures": [asdict(f) for f in report.failures],
        "notes": list(report.notes),
    }
