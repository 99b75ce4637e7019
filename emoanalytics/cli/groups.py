"""The list of commands: each is imported when it is called, none to be listed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Commands(click.Group):
    """Commands that live in modules of their own, as ``command``.

    A reader that leaves (``| head``) ends a command in peace, which click would call an error.

    Args:
        modules: The package of the modules; a module has the name of its command.
        summaries: The commands' names, and what the list of commands says of each.
        settings: As for `click.Group`.
    """

    def __init__(self, *, modules: str, summaries: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self._modules = modules
        for name, summary in summaries.items():
            self.add_command(click.Command(name, help=summary))  # stands for it in the help and in "Did you mean"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called, from its module."""
        name, found, rest = super().resolve_command(ctx, args)
        if found is not None:
            found = import_module(f"{self._modules}.{name}").command
        return name, found, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is called."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            try:
                click.echo()  # is it standard output that broke?
            except BrokenPipeError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return 0
            raise


def show_help_alone(context: click.Context) -> None:
    """A group without a command shows its help, as a newcomer would wish."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
