"""What is asked of a report, and the command that makes the same."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from emoanalytics import Language


@dataclass(frozen=True)
class Order:
    """What is asked of a report; the same order on the same store gives the same bytes.

    Attributes:
        fingerprint: of the store.
        language: of the page.
        redacted: without names, texts and audio.
        title: of the page; empty: the usual one.
        own: name and source of each section of the user's own.
    """

    fingerprint: str
    language: Language
    redacted: bool
    title: str
    own: tuple[tuple[str, bytes], ...]

    @property
    def name(self) -> str:
        """Of the file."""
        return "report.html" if self.language is Language.EN else f"report.{self.language}.html"

    def command(self, store: Path) -> str:
        """What makes the same file from a terminal."""
        words = ["emoanalytics", "report", str(store), "--out", self.name]
        words += ["--lang", str(self.language)] if self.language is not Language.EN else []
        words += ["--redact"] if self.redacted else []
        words += [f"--title={self.title}"] if self.title else []
        words += [f"--section={name}" for name, _ in self.own]
        return shlex.join(words)
