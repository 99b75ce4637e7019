"""Arguments and options that several commands take, in one wording."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.labels import Language
from emoanalytics.neighbours.space import Space
from emoanalytics.seeds import MOST
from emoanalytics.statistics.evidence import Weighing

PATH = click.Path(path_type=Path)
_Command = TypeVar("_Command", bound=Callable[..., Any])


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
where = click.option("--where", metavar="SQL", help="Only segments for which this holds, e.g. \"speaker = 'anna'\".")
space = click.option(
    "--space",
    type=choice(Space),
    default=Space.RAW.value,
    show_default=True,
    help="Where clips are compared: as they are, or each less its speaker's mean.",
)
weigh = click.option(
    "--weigh",
    type=choice(Weighing),
    default=Weighing.CLIPS.value,
    show_default=True,
    help="How much a clip counts: each the same, by how long it lasts, or less the more quality flags it has.",
)
exclude_flags = click.option(
    "--exclude-flag", "exclude_flags", metavar="FLAG", multiple=True, help="Leave out clips with this quality flag."
)
role = click.option("--role", help="Only this role, or all.  [default: client where there are agents, otherwise all]")
lang = click.option("--lang", type=choice(Language), default=Language.EN.value, show_default=True, help="Of the words.")
out = click.option(
    "--out", type=PATH, metavar="FILE.html", help="Also write the picture, one file that needs no network."
)


def seed(of: str) -> Callable[[_Command], _Command]:
    """``--seed``, said of what it decides."""
    return click.option("--seed", type=click.IntRange(0, MOST), default=0, help=f"Of the {of}.  [default: 0]")
