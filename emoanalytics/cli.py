"""The command line: thin commands over the library.

Standard output carries results (one JSON document with ``--json``); progress, warnings and errors
go to standard error. Exit status 2: a mistake, said in one line. 3: done, but some recordings failed.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import click

from emoanalytics import terminal
from emoanalytics.analyze import Granularity, analyze, write_result
from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.audio.tracks import Failure
from emoanalytics.build import BuildReport, BuildSettings, build
from emoanalytics.demo import DEMO_STORE, build_demo
from emoanalytics.embed import models
from emoanalytics.embed.encoder import Encoder
from emoanalytics.embed.heads import Head
from emoanalytics.embed.registry import DEFAULT_ENCODER, load_encoder
from emoanalytics.errors import CorpusError, EmoAnalyticsError, HeadError, MissingExtraError, ModelMissingError
from emoanalytics.scoring import head_of
from emoanalytics.settings import QualitySettings
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal import progress_bar, say
from emoanalytics.train import summary, train_head
from emoanalytics.views.overview import overview

_FOLDER = click.Path(path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
_channels = click.option(
    "--channels",
    type=click.Choice([c.value for c in ChannelPolicy]),
    default="mix",
    show_default=True,
    help="Which channels of a recording are heard.",
)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without emoji shows codes in their place
    try:
        status = cli(prog_name="emoanalytics", standalone_mode=False)
    except EmoAnalyticsError as error:
        _fail(str(error))
    except click.UsageError as error:
        context = error.ctx
        help_ = f" (see: {context.command_path} --help)" if context else ""
        _fail(f"{error.format_message().rstrip('.')}{help_}")
    except click.ClickException as error:
        _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):  # click makes an Abort of a KeyboardInterrupt inside a command
        _fail("stopped; what was written is whole, and the same command goes on from there", 130)
    except OSError as error:  # a name that is too long, a folder that may not be entered, a disk that is gone
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}; check the path and its permissions")
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int = 2) -> None:
    say(f"emoanalytics: {terminal.one_line(message)}")
    sys.exit(status)


def _help_alone(context: click.Context) -> None:
    """A group without a command shows its help, as a newcomer would wish."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


class _Commands(click.Group):
    """The commands; a reader that leaves (``| head``) ends one in peace, which click would call an error."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            try:
                click.echo()  # is it standard output that broke?
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return 0
            raise


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    invoke_without_command=True,
)
@click.version_option(package_name="emoanalytics")
@click.pass_context
def cli(context: click.Context) -> None:
    """A workbench for speech emotion embeddings: build a store from a corpus of speech, look into it, listen to it.

    Nothing leaves this machine. Model scores are not a diagnosis.
    """
    _help_alone(context)


@cli.command()
@click.option("--store", type=_FOLDER, default=DEMO_STORE, show_default=True, help="Where the demo store goes.")
@click.option("--no-app", is_flag=True, help="Stop before the app opens.")
def demo(store: Path, no_app: bool) -> int:
    """Build the bundled demo (synthetic speech, no download) and open the app."""
    say("The demo is synthetic speech with acted emotions, embedded by acoustic measurements; its scores come from")
    say("a head trained on the demo's own labels. It shows what the workbench does, not how people feel.")
    with progress_bar("clip") as tell:
        made = build_demo(store, progress=tell)
    say(made.corpus.describe())
    terminal.show_build(made.build)
    if made.head is not None:
        terminal.show_fit(made.head)
    say()
    terminal.show_overview(overview(EmotionStore.open(store)))
    if no_app:
        say(f"Next: emoanalytics app {store}")
        return 0
    return _open_app(store)


@cli.command("build")
@click.argument("corpus", type=_FOLDER)
@click.option("--store", type=_FOLDER, required=True, help="The store's folder; made when it does not exist.")
@click.option(
    "--encoder",
    default=DEFAULT_ENCODER,
    show_default=True,
    help="A published name, acoustic, or a FOLDER.",
)
@click.option("--root", type=_FOLDER, help="The folder that paths in the manifest are relative to.  [default: its own]")
@click.option("--manifest", type=_FOLDER, help="The manifest to use, where CORPUS holds several.")
@click.option(
    "--template",
    help="How file names are read: {speaker}_{emotion}_{take}, or a known corpus: ravdess.",
)
@click.option(
    "--segment",
    type=click.Choice([m.value for m in CutMode]),
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
@_channels
@click.option("--roles", help="Roles of the channels with --channels each, left first: agent,client")
@_device
@click.option(
    "--precision",
    type=click.Choice(["exact", "fast"]),
    default="exact",
    show_default=True,
    help="Arithmetic of the encoder (fast comes later).",
)
@click.option("--threshold", multiple=True, help="A quality threshold, e.g. snr_db=8; may be repeated.")
@click.option("--frames", is_flag=True, help="Also store nine logits for every frame (50 a second).")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Decoding processes.  [default: by cores and encoder]",
)
@click.option("--verify", is_flag=True, help="Decode files again even when size and time are unchanged.")
@click.option("--offline", is_flag=True, help="Say how to go on without a network when the model is missing.")
@click.option("--dry-run", is_flag=True, help="Show how CORPUS is read, then stop.")
@_json
def build_command(corpus: Path, store: Path, encoder: str, **options: Any) -> int:
    """Embed CORPUS (a folder, a manifest or a file) into a store, or bring the store up to date with it.

    Stopped or killed, the same command goes on where it was. Exit status 3: some recordings failed; they are listed.
    """
    found = open_corpus(corpus, manifest=options["manifest"], template=options["template"], root=options["root"])
    settings = _build_settings(found, options)
    if options["dry_run"]:
        if options["as_json"]:
            terminal.print_json(_corpus_json(found))
        else:
            click.echo(found.describe())
        return 0
    say(found.describe())
    loaded = load_encoder(encoder, device=options["device"], precision=options["precision"], offline=options["offline"])
    with progress_bar("recording") as tell:
        report = build(found, store, loaded, settings, progress=tell)
    terminal.show_build(report, err=options["as_json"])
    if options["as_json"]:
        terminal.print_json(_build_json(report))
    else:
        say(f"Next: emoanalytics info {store}, or emoanalytics app {store}")
    return 3 if report.failed_files else 0


def _build_settings(corpus: Corpus, options: dict[str, Any]) -> BuildSettings:
    mode = options["segment"]
    if mode == CutMode.MANIFEST and not corpus.table["start_s"].notna().any():
        raise CorpusError("--segment manifest: the corpus gives no segments (columns start and end)")
    windows = (options["window_s"], options["hop_s"])
    if mode != CutMode.WINDOWS and windows != (None, None):
        raise CorpusError("--window and --hop say how windows are cut: add --segment windows")
    window_s = 4.0 if windows[0] is None else windows[0]
    hop_s = window_s if windows[1] is None else windows[1]
    if not (window_s > 0 and hop_s > 0):
        raise CorpusError(f"--window {window_s:g} --hop {hop_s:g}: both are seconds, above 0")
    roles = [role.strip() for role in options["roles"].split(",")] if options["roles"] else []
    if roles and options["channels"] != ChannelPolicy.EACH:
        raise CorpusError("--roles names the channels one by one: add --channels each")
    names = ["left", "right", *(f"ch{i}" for i in range(3, len(roles) + 1))]
    return BuildSettings(
        channels=ChannelPolicy(options["channels"]),
        roles=dict(zip(names, roles, strict=False)),
        cut=CutPolicy(CutMode(mode), window_s, hop_s) if mode else None,
        quality=_quality_settings(options["threshold"]),
        frames=options["frames"],
        workers=options["workers"],
        verify=options["verify"],
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


@cli.command()
@click.argument("store", type=_FOLDER)
@_json
def info(store: Path, as_json: bool) -> None:
    """What is in STORE: clips, speakers, hours, encoder, emotions, flags, failures."""
    view = overview(EmotionStore.open(store))
    if as_json:
        terminal.print_json(view.as_json())
    else:
        terminal.show_overview(view)


@cli.command("analyze")
@click.argument("clips", nargs=-1, required=True, type=_FOLDER)
@click.option(
    "--encoder",
    default=None,
    help=f"A published name, acoustic, or a FOLDER with a checkpoint.  [default: {DEFAULT_ENCODER}, or that of --head]",
)
@click.option(
    "--head", "head_store", type=_FOLDER, help="A STORE whose head gives the scores (for encoders without their own)."
)
@click.option(
    "--granularity",
    type=click.Choice([g.value for g in Granularity]),
    default="utterance",
    show_default=True,
    help="Scores for the clip, or also for each frame.",
)
@_channels
@_device
@click.option("--embedding", is_flag=True, help="Also write embedding.npy.")
@click.option("--out", type=_FOLDER, default=Path("outputs"), show_default=True, help="Folder for the result folders.")
@_json
def analyze_command(clips: tuple[Path, ...], encoder: str | None, head_store: Path | None, **options: Any) -> int:
    """Scores and quality of one or several CLIPS, and a folder with result.json for each."""
    loaded, head = _encoder_and_head(encoder, head_store, options["device"])
    settings = QualitySettings()
    results: list[dict[str, Any]] = []
    failures: list[Failure] = []
    found = analyze(
        clips,
        loaded,
        head=head,
        granularity=Granularity(options["granularity"]),
        channels=ChannelPolicy(options["channels"]),
        settings=settings,
    )
    for result in found:
        if isinstance(result, Failure):
            failures.append(result)
            continue
        folder = write_result(result, options["out"], embedding=options["embedding"], settings=settings)
        terminal.show_clip(result, settings, err=options["as_json"])
        click.echo(f"  written to {terminal.one_line(str(folder))}", err=options["as_json"])
        results.append({**result.as_json(settings), "folder": str(folder)})
    terminal.show_failures(failures)
    if options["as_json"]:
        terminal.print_json({"clips": results, "failures": [asdict(f) for f in failures]})
    return 3 if failures else 0


def _encoder_and_head(name: str | None, head_store: Path | None, device: str) -> tuple[Encoder, Head | None]:
    """The encoder to use, and the head of a store if one is named: the two must belong together."""
    if head_store is None:
        return load_encoder(name or DEFAULT_ENCODER, device=device), None
    store = EmotionStore.open(head_store)
    head = head_of(store)
    if head is None:
        train = f"{head_store} has no head: train one: emoanalytics head fit {head_store} --target emotion"
        raise HeadError(store.head_missing or train)
    made_by = str(store.info.encoder["name"])
    try:
        loaded = load_encoder(name or made_by, device=device)
    except ModelMissingError as error:
        if name is not None or models.published_name(made_by):
            raise
        raise ModelMissingError(
            f"{head_store} was built with {made_by}, a model from a folder: name it with --encoder FOLDER"
        ) from error
    if store.info.encoder_fingerprint != loaded.card.fingerprint:
        raise HeadError(
            f"the head of {head_store} reads embeddings of {made_by} (revision {store.info.encoder['revision']}), not "
            f"those of {loaded.card.name} (revision {loaded.card.revision}): name its encoder with --encoder"
        )
    return loaded, head


@cli.group(invoke_without_command=True)
@click.pass_context
def head(context: click.Context) -> None:
    """Heads: what turns an embedding into scores."""
    _help_alone(context)


@head.command("fit")
@click.argument("store", type=_FOLDER)
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
@click.option("--seed", type=int, default=0, show_default=True, help="Of the folds and the bootstrap.")
@_json
def head_fit(store: Path, target: str, group: str, as_json: bool, **options: Any) -> None:
    """Train a head on the labels in a column of STORE, measured on speakers it never heard."""
    with progress_bar("fold") as tell:
        report = train_head(store, target, group=group, progress=tell, **options)
    terminal.show_fit(report, group=group, err=as_json)
    active = EmotionStore.open(store).info.head
    click.echo(f"scores in use: {active}", err=as_json)
    if as_json:
        terminal.print_json({"store": str(store), "target": target, "active": active, **summary(report)})


@cli.group(invoke_without_command=True)
@click.pass_context
def model(context: click.Context) -> None:
    """Published Emotion2Vec+ models: list, fetch, verify."""
    _help_alone(context)


@model.command("list")
@_json
def model_list(as_json: bool) -> None:
    """Which models there are, and which are on this machine."""
    rows = models.list_models()
    if as_json:
        terminal.print_json({"models": rows})
        return
    for row in rows:
        where = row["folder"] if row["present"] else f"not here: emoanalytics model fetch {row['name']}"
        click.echo(f"{row['name']:<24}{row['dim']:>5} numbers  {where}")


@model.command("fetch")
@click.argument("name", default=DEFAULT_ENCODER)
@click.option(
    "--hub",
    type=click.Choice(["modelscope", "huggingface"]),
    default="modelscope",
    show_default=True,
    help="Where from.",
)
@click.option("--revision", help="Tag, branch or commit.  [default: the pinned one]")
@click.option("--folder", type=_FOLDER, help="Where to.  [default: the cache folder]")
def model_fetch(name: str, hub: str, revision: str | None, folder: Path | None) -> None:
    """Download a published model (NAME, by default the large one), once."""
    with progress_bar("B") as tell:
        place = models.fetch(name, hub, revision, folder, tell)
    record = models.Fetched.read(place)
    click.echo(str(place))
    if record is not None:
        say(f"{record.id} at revision {record.revision} from {record.hub}\n{record.licence}")
    say(f"Next: emoanalytics build CORPUS --store STORE --encoder {name}")


@model.command("verify")
@click.argument("name_or_folder", default=DEFAULT_ENCODER)
def model_verify(name_or_folder: str) -> int:
    """Check a model's files against what was fetched, and its labels against the nine."""
    with progress_bar("B") as tell:
        problems = models.verify(name_or_folder, progress=tell)
    for problem in problems:
        say(terminal.one_line(problem))
    click.echo(f"{name_or_folder}: " + (terminal.counted(len(problems), "problem") if problems else "all is well"))
    return 2 if problems else 0


@cli.command("app")
@click.argument("store", type=_FOLDER, required=False)
@click.option("--port", type=int, default=8501, show_default=True, help="Port on this machine.")
@click.option("--headless", is_flag=True, help="Do not open a browser.")
def app_command(store: Path | None, port: int, headless: bool) -> int:
    """Open the app on STORE in the browser; it serves this machine only."""
    if store is not None:
        EmotionStore.open(store)
    return _open_app(store, port, headless=headless)


def _open_app(store: Path | None, port: int = 8501, *, headless: bool = False) -> int:
    script = _app_script()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--browser.gatherUsageStats", "false"]
    command += ["--server.headless", str(headless).lower()]
    if store is not None:
        command += ["--", "--store", str(store.resolve())]
    say(f"The app is at http://127.0.0.1:{port} (Ctrl-C stops it)")
    try:
        with subprocess.Popen(command) as server:
            # Whoever ends this command means the server too.
            signal.signal(signal.SIGTERM, lambda *_: server.terminate())
            return server.wait()
    except KeyboardInterrupt:
        return 0


def _app_script() -> Path:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        raise MissingExtraError("the app needs Streamlit: pip install 'emoanalytics[app]'")
    package = Path(__file__).resolve().parent
    for folder in (package / "_app", package.parent / "app"):
        if (folder / "main.py").is_file():
            return folder / "main.py"
    raise MissingExtraError("the app is not part of this installation: install emoanalytics from a wheel or a clone")


if __name__ == "__main__":
    main()
