"""What an export wrote, for people."""

from __future__ import annotations

import click

from emoanalytics.export import Exported
from emoanalytics.terminal.lines import counted, one_line, say

_MOST = 10


def show_exported(written: Exported) -> None:
    """Where it lies, what it holds, and what a reader of it must know."""
    also = ", with embeddings" * written.embeddings + ", without names" * written.redacted
    held = f"{counted(written.rows, 'clip')}, {counted(len(written.columns), 'column')}{also}"
    click.echo(f"{one_line(written.to)} ({written.format}): {held}")
    for note in written.words():
        click.echo(f"note: {one_line(note)}")
    for clip in written.left[:_MOST]:
        say(f"left out: {one_line(clip.segment_id)} ({one_line(clip.file)}): {one_line(clip.reason)}")
    if len(written.left) > _MOST:
        say(f"left out: {counted(len(written.left) - _MOST, 'more clip')}")
