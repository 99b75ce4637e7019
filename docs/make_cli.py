"""Writes docs/cli.md from the commands' own help: ``python docs/make_cli.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from emoanalytics.cli import cli

PAGE = Path(__file__).with_name("cli.md")
_WIDTH = 100
_HEAD = """# The command line

Made from the commands' own help by `python docs/make_cli.py`; a test holds it to what they say.

Results go to standard output, with `--json` as exactly one JSON document; progress, warnings and errors go to
standard error.

| exit status | meaning |
|---|---|
| 0 | done |
| 2 | a mistake, said in one line; for `model verify`, a problem with the model |
| 3 | done, but some recordings failed; they are listed |
| 130 | stopped by Ctrl-C; what was written is whole |
"""


def contexts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A command and all below it, as click calls them."""
    context = click.Context(command, parent, name, **(command.context_settings | {"terminal_width": _WIDTH}))
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            _, child, _ = command.resolve_command(context, [name])  # as a call finds it
            if child is not None:
                yield from contexts(child, name, context)


def render() -> str:
    """The page."""
    sections = [
        f"## `{context.command_path}`\n\n```text\n{context.get_help().rstrip()}\n```\n"
        for context in contexts(cli, "emoanalytics")
    ]
    return "\n".join([_HEAD, *sections])


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
