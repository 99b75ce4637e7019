"""What a clip is called, and its player."""

from __future__ import annotations

from typing import Any

from emoanalytics.report.findings import Findings
from emoanalytics.report.sounds import Sounds
from emoanalytics.report.speech import Speech, clean


class Clips:
    """The clips of a report by segment id.

    Args:
        findings: their rows.
        sounds: makes excerpts.
        speech: the language.
    """

    def __init__(self, findings: Findings, sounds: Sounds, speech: Speech) -> None:
        self._rows = findings.rows
        self._sounds = sounds
        self._speech = speech

    def name(self, segment_id: str) -> str:
        """The file, and where in it."""
        row = self._rows.loc[segment_id]
        start = "" if row["start_s"] == 0 else f" {row['start_s']:.2f} s"
        channel = "" if row["channel"] == "mix" else f" [{clean(row['channel'])}]"
        return f"{clean(row['file'])}{channel}{start}"

    def speaker(self, segment_id: str) -> str:
        """Who speaks; empty where nobody is named."""
        name = self._rows.at[segment_id, "speaker"]
        return clean(name) if isinstance(name, str) else ""

    def card(self, segment_id: str) -> dict[str, Any]:
        """``name``, ``speaker`` and ``player`` (empty without audio)."""
        name = self.name(segment_id)
        player = self._sounds.player(segment_id, self._speech("play", what=name))
        return {"name": name, "speaker": self.speaker(segment_id), "player": player}
