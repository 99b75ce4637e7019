"""Settings: plain frozen dataclasses with defaults, written into every run record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class QualitySettings:
    """Thresholds of the quality flags. A flag never drops a row.

    Attributes:
        too_short_s: shorter segments are flagged (seconds).
        too_long_s: longer segments are flagged: too long for one label (seconds).
        silence_share: largest share of silent 20 ms frames, 0 to 1.
        clipped_share: largest share of samples at full scale, 0 to 1.
        level_dbfs: lowest active speech level (dB relative to full scale).
        snr_db: lowest estimated signal-to-noise ratio (dB).
        bandwidth_hz: narrowest band (Hz) before a segment counts as telephone band.
        music_likeness: largest music-likeness, 0 to 1.
        voices_likeness: largest likeness of several voices, 0 to 1.
    """

    too_short_s: float = 1.0
    too_long_s: float = 30.0
    silence_share: float = 0.75
    clipped_share: float = 0.001
    level_dbfs: float = -45.0
    snr_db: float = 10.0
    bandwidth_hz: float = 4800.0
    music_likeness: float = 0.5
    voices_likeness: float = 0.5


def cache_folder() -> Path:
    """Where fetched models live: ``$EMOANALYTICS_HOME``, else ``~/.cache/emoanalytics``."""
    return Path(os.environ.get("EMOANALYTICS_HOME") or Path.home() / ".cache" / "emoanalytics")
