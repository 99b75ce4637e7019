"""The command line: thin commands over the library, one file a command or group of commands.

Standard output carries results (one JSON document with ``--json``); progress, warnings and errors
go to standard error. Exit status 2: a mistake, said in one line. 3: done, but some recordings failed.

To add a command (``info.py`` is the shortest example):

1. Write ``cli/<name>.py`` with a function ``command`` below ``@click.command("<name>")``, or a group (``head.py``):
   it is looked up by that name. Its docstring is the help; the first sentence stands in the list of commands.
2. Put the name and that sentence into `COMMANDS`. The file is imported when its command is called, so
   ``emoanalytics --help`` imports none.
3. Take shared options from `options`: ``@options.store`` gives ``store: Path`` (open it with ``EmotionStore.open``),
   ``@options.as_json`` gives ``as_json: bool``; `options.choice` makes choices of a ``StrEnum``. An option that a
   second command takes moves there: one name, one wording. ``--seed`` is as in ``head.py``. A condition of the
   user (``--where``) goes to ``EmotionStore.segments(where=...)`` as it is; a wrong one is refused there.
4. Show progress with ``progress_bar(unit)``. Print results with ``terminal.print_json`` or a function
   ``show_...`` of `emoanalytics.terminal`; anything else goes through ``terminal.say``.
5. Raise errors of `emoanalytics.errors`: `main` makes one line and exit status 2 of each. Return 3 when some
   recordings failed.
6. Write ``tests/cli/test_<name>.py`` and run ``python docs/make_cli.py``.
"""

from __future__ import annotations

import io
import sys

import click

from emoanalytics.cli.groups import Commands, show_help_alone
from emoanalytics.errors import EmoAnalyticsError
from emoanalytics.terminal.lines import one_line, say

COMMANDS = {
    "alerts": 'Where rules such as "angry >= 0.6 for 2 clips in a row" fire in STORE, and how often by chance.',
    "analyze": "Scores and quality of one or several CLIPS, and a folder with result.json for each.",
    "app": "Open the app on STORE in the browser; it serves this machine only.",
    "audit": "The segments of STORE to look at twice: copies, outliers, suspicious labels, flags.",
    "build": "Embed CORPUS (a folder, a manifest or a file) into a store, or bring the store up to date with it.",
    "cluster": "The groups that the segments of STORE fall into: what is heard in each, how stable it is.",
    "compare": "Whether groups of clips of STORE differ, by how much, how sure that is, and what else differs.",
    "demo": "Build the bundled demo (synthetic speech, no download) and open the app.",
    "export": "The segments of STORE for other tools: spreadsheets, databases, audformat, Hugging Face, Spotlight.",
    "head": "Heads: what turns an embedding into scores.",
    "index": "Make the index that answers searches of a large STORE in milliseconds.",
    "info": "What is in STORE: clips, speakers, hours, encoder, emotions, flags, failures.",
    "map": "The segments of STORE on a map by who is near whom, with how far the map can be believed.",
    "model": "Published Emotion2Vec+ models: list, fetch, verify.",
    "report": "STORE as one page anybody can read: what was heard, found and left out, and what it cannot tell.",
    "search": "The segments of STORE that sound most like audio files or segments, or have more of an emotion.",
    "trends": "How the speakers of STORE change over their sessions, each against the own baseline.",
}


@click.group(
    cls=Commands,
    modules=__name__,
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    invoke_without_command=True,
)
@click.version_option(package_name="emoanalytics")
@click.pass_context
def cli(context: click.Context) -> None:
    """A workbench for speech emotion embeddings: build a store from a corpus of speech, look into it, listen to it.

    Nothing leaves this machine. Model scores are not a diagnosis.
    """
    show_help_alone(context)


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
    say(f"emoanalytics: {one_line(message)}")
    sys.exit(status)
