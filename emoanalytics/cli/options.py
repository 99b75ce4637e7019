"""Arguments and options that several commands take, in one wording."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import click

from emoanalytics.audio.decode import ChannelPolicy

PATH = click.Path(path_type=Path)


def choice(of: type[StrEnum]) -> click.Choice[str]:
    """The values of an enumeration, as an option's type."""
    return click.Choice([member.value for member in of])


store = click.argument("store", type=PATH)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
channels = click.option(
    "--channels",
    type=choice(ChannelPolicy),
    default="mix",
    show_default=True,
    help="Which channels of a recording are heard.",
)
