"""A map of a store, in words."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.maps import Map


def show_map(drawn: Map, written: Path) -> None:
    """How a map was drawn, how far it can be believed, and where it is, on standard output."""
    settings = drawn.settings.as_json()
    chosen = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "method" and value is not None)
    lines = [
        f"map of {counted(len(drawn), 'clip')} by {settings['method']} ({chosen}, space: {drawn.space})",
        *drawn.words(),
    ]
    trust = drawn.trust
    if trust.overall_trustworthiness is not None and trust.overall_continuity is not None:
        ranked = "all clips" if trust.ranked == len(drawn) else f"{trust.ranked:,} clips drawn at random"
        lines.append(
            f"trustworthiness {trust.overall_trustworthiness:.3f}, continuity {trust.overall_continuity:.3f} "
            f"(of 1; {ranked} ranked against all)"
        )
    lines.append(f"written: {one_line(str(written))}")
    click.echo("\n".join(lines))
