"""Peak memory of a build: over ten times the clips, and over one very long recording beside one of 30 s.

Run: python benchmarks/memory.py [--clips 360] [--hours 1] [--encoder acoustic|FOLDER] > benchmarks/results/memory.json
Each build runs in a process of its own; the peak is the largest resident set of that process and,
apart, of the largest of its worker processes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peaks import children_watched, own_peak_mb  # noqa: E402
from emoanalytics.runs import run_record  # noqa: E402

RATE_HZ = 16_000


def make_clips(folder: Path, count: int) -> None:
    """Noisy tones of 1.5 to 4 s, each different."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for i in range(count):
        t = np.arange(round(rng.uniform(1.5, 4) * RATE_HZ)) / RATE_HZ
        wave = 0.1 * np.sin(2 * np.pi * rng.uniform(90, 300) * t) + 0.01 * rng.normal(size=t.size)
        soundfile.write(folder / f"{i:05d}.flac", wave, RATE_HZ)


def make_long(folder: Path, hours: float) -> None:
    """One recording of noise bursts, written in pieces."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    minute = (0.05 * rng.normal(size=60 * RATE_HZ)).astype(np.float32)
    with soundfile.SoundFile(folder / "long.flac", "w", RATE_HZ, 1) as file:
        left = round(hours * 3600 * RATE_HZ)
        while left > 0:
            file.write(np.roll(minute, int(rng.integers(minute.size)))[:left])
            left -= minute.size


def build_here(corpus: Path, store: Path, encoder: str) -> None:
    """Build and print what it took; runs in a process of its own."""
    from emoanalytics import build, load_encoder, open_corpus

    with children_watched() as workers:
        report = build(open_corpus(corpus), store, load_encoder(encoder))
    megabytes = {"main": own_peak_mb(), "largest_worker": max(workers.values(), default=0)}
    print(
        json.dumps(
            {
                "segments": report.embedded,
                "failures": len(report.failures),
                "audio_s": round(report.audio_s, 1),
                "times_real_time": round(report.times_real_time, 1),
                **{f"peak_mb_{name}": peak for name, peak in megabytes.items()},
            }
        )
    )


def measured(corpus: Path, store: Path, encoder: str) -> dict[str, float]:
    """What a build in a process of its own printed."""
    command = [sys.executable, __file__, "--one", str(corpus), str(store), "--encoder", encoder]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Make the corpora, build each, print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=360)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--encoder", default="acoustic")
    parser.add_argument("--one", nargs=2, type=Path)
    options = parser.parse_args()
    if options.one:
        build_here(*options.one, options.encoder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_clips(folder / "few", options.clips)
        make_clips(folder / "many", 10 * options.clips)
        make_long(folder / "long", options.hours)
        make_long(folder / "short", 0.5 / 60)
        kinds = ("few", "many", "short", "long")
        found = {kind: measured(folder / kind, folder / f"{kind}-store", options.encoder) for kind in kinds}
    total = {k: v["peak_mb_main"] + v["peak_mb_largest_worker"] for k, v in found.items()}
    print(
        json.dumps(
            run_record(
                "memory",
                **found,
                encoder=Path(options.encoder).name,
                long_hours=options.hours,
                long_less_short_mb=round(total["long"] - total["short"], 1),
                ratio_main_ten_times_the_clips=round(found["many"]["peak_mb_main"] / found["few"]["peak_mb_main"], 3),
                ratio_with_worker_ten_times_the_clips=round(total["many"] / total["few"], 3),
            ),
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
