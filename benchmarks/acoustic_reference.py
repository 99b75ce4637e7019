"""Measure what the acoustic encoder calls neutral: mean and standard deviation of each descriptor over read speech.

    python benchmarks/acoustic_reference.py FOLDER > emoanalytics/embed/acoustic/reference.csv

The committed file was made from 30 clips of ten readers of LibriSpeech test-other (Panayotov et al. 2015, CC BY 4.0),
cut into pieces of 4 s, without a last piece under 2 s. Changing it changes every embedding: raise ``REVISION`` too.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from emoanalytics.embed.acoustic.contours import RATE_HZ, Contours, mel_bank
from emoanalytics.embed.acoustic.descriptors import describe

PIECE = 4 * RATE_HZ
SHORTEST = 2 * RATE_HZ
UNITS = {  # the longest prefix of a name rules
    "spectrum": "dB",
    "cepstrum": "dB",
    "motion": "dB/frame",
    "pitch": "st",
    "pitch.f0": "st re 100 Hz",
    "pitch.slope": "st/s",
    "pitch.rise": "st/s",
    "pitch.rise.share": "1",
    "pitch.fall": "st/s",
    "pitch.step": "st/s",
    "pitch.declination": "st/s",
    "pitch.jitter": "st/frame^2",
    "voice": "dB",
    "voice.together": "1",
    "shape": "dB",
    "shape.slope": "dB/kHz",
    "shape.rolloff": "kHz",
    "shape.centroid": "log2 kHz",
    "shape.spread": "log2 kHz",
    "shape.flux": "1",
    "energy": "dB",
    "energy.level_dbfs": "dBFS",
    "energy.loudness": "1",
    "energy.loudness_slope": "1/s",
    "energy.energy_slope": "dB/s",
    "energy.shimmer": "dB/frame",
    "rhythm": "s",
    "rhythm.log2_seconds": "log2 s",
    "rhythm.active_share": "1",
    "rhythm.voiced_share": "1",
    "rhythm.active.rate": "1/s",
    "rhythm.pause.rate": "1/s",
    "rhythm.voiced.rate": "1/s",
    "rhythm.unvoiced.rate": "1/s",
    "rhythm.peaks.rate": "1/s",
    "modulation": "dB",
}


def pieces(folder: Path) -> Iterator[np.ndarray]:
    """16 kHz mono pieces of every FLAC file below a folder."""
    for path in sorted(folder.rglob("*.flac")):
        samples, rate_hz = soundfile.read(path, dtype="float32")
        assert rate_hz == RATE_HZ and samples.ndim == 1, path
        yield from (samples[i : i + PIECE] for i in range(0, len(samples) - SHORTEST, PIECE))


def main(folder: Path) -> None:
    """Write the reference to standard output."""
    bank = mel_bank()
    rows = [describe(Contours.of(piece, bank)) for piece in pieces(folder)]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("name", "unit", "centre", "scale"))
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        unit = UNITS[max((prefix for prefix in UNITS if name.startswith(prefix)), key=len)]
        writer.writerow((name, unit, f"{np.nanmean(values):.6g}", f"{np.nanstd(values):.6g}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
