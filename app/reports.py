"""What is asked of a report, and the command that makes the same."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoanalytics import Language, Space


@dataclass(frozen=True)
class Order:
    """What is asked of a report; the same order on the same store gives the same bytes.

    Attributes:
        fingerprint: of the store.
        language: of the page.
        redacted: without names, texts and audio.
        title: of the page; empty: the usual one.
        own: name and source of each section of the user's own.
        role: whose clips count; None: the library's rule.
        compare: columns whose groups are compared; (): the usual ones.
        space: of map and clusters.
        seed: of map, clusters, intervals and tests.
    """

    fingerprint: str
    language: Language
    redacted: bool
    title: str
    own: tuple[tuple[str, bytes], ...] = ()
    role: str | None = None
    compare: tuple[str, ...] = ()
    space: Space = Space.RAW
    seed: int = 0

    @property
    def options(self) -> dict[str, Any]:
        """What the library is asked, but for the sections."""
        return {
            "lang": self.language, "redact": self.redacted, "title": self.title or None, "role": self.role,
            "compare": self.compare or None, "space": self.space, "seed": self.seed,
        }  # fmt: skip

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
        words += [f"--role={self.role}"] if self.role else []
        words += [f"--compare={column}" for column in self.compare]
        words += ["--space", str(self.space)] if self.space is not Space.RAW else []
        words += ["--seed", str(self.seed)] if self.seed else []
        return shlex.join(words)
