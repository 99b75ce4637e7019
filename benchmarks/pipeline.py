"""A build from files to Parquet beside the encoder alone, on the same clips: how much of the encoder's time is lost.

    python benchmarks/pipeline.py CLIPS [--encoder FOLDER] [--seconds 600] > benchmarks/results/pipeline.json

CLIPS is a folder of audio. Without ``--encoder`` a stand-in is used that does nothing but matrix products, as many as
make it as slow as ``--times-real-time`` says on this machine. Builds and runs of the encoder alone alternate. Prints
one JSON document with the times of each pair, and the share of a build's time in which the encoder ran; the acoustic
encoder runs in the worker processes of a build, several at once, where it is not watched.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.decode import decode
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.batches import encode_segments
from emoanalytics.embed.encoder import Encoded, Encoder, EncoderCard
from emoanalytics.embed.registry import load_encoder
from emoanalytics.runs import run_record

RATE_HZ = 16_000


class Products:
    """Costs what a large model costs: a clip's samples, framed, through as many matrix products as were asked for."""

    head = None
    min_samples = 400
    in_workers = False

    def __init__(self, products: int) -> None:
        digest = hashlib.blake2b(str(products).encode(), digest_size=16).hexdigest()
        self.card = EncoderCard("products", "1", 1024, RATE_HZ, digest)
        self.products = products
        self._weights = (np.random.default_rng(0).normal(size=(1024, 1024)) / 32).astype(np.float32)

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        """Frames of 20 ms, mixed again and again."""
        rows = []
        for clip in clips:
            x = np.zeros((len(clip) // 320, 1024), np.float32)
            x[:, :320] = clip[: len(x) * 320].reshape(-1, 320)
            for _ in range(self.products):
                x = np.tanh(x @ self._weights)
            rows.append(x.mean(axis=0))
        return Encoded(np.stack(rows), np.array([len(c) // 320 for c in clips], np.int32))

    @classmethod
    def at(cls, times_real_time: float, clips: Sequence[np.ndarray]) -> Products:
        """As many products as make it this fast here."""
        probe = cls(20)
        probe.encode(clips[:1])
        start = time.perf_counter()
        probe.encode(clips)
        spent = (time.perf_counter() - start) / (sum(map(len, clips)) / RATE_HZ)
        return cls(max(1, round(20 / (spent * times_real_time))))


class Watched:
    """Another encoder, and how long it ran."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.spent_s = encoder, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        """Embed and add up the time."""
        start = time.perf_counter()
        try:
            return self._encoder.encode(clips, frames=frames)
        finally:
            self.spent_s += time.perf_counter() - start


def alone(encoder: Encoder, clips: Sequence[np.ndarray]) -> float:
    """Seconds for the encoder on decoded clips, in the batches a build makes."""
    start = time.perf_counter()
    made = dict(encode_segments(encoder, ((i, iter([clip])) for i, clip in enumerate(clips))))
    if len(made) != len(clips):
        raise SystemExit("a clip is missing")
    return time.perf_counter() - start


def whole(encoder: Encoder, folder: Path, store: Path) -> dict[str, float]:
    """A build from the files, and the part of it that the encoder ran."""
    shutil.rmtree(store, ignore_errors=True)
    watched = None if encoder.in_workers else Watched(encoder)
    start = time.perf_counter()
    report = build(open_corpus(folder), store, watched or encoder, BuildSettings())
    spent = time.perf_counter() - start
    if report.failures:
        raise SystemExit(f"a clip failed: {report.failures[0]}")
    found = {"build_s": spent, "audio_s": report.audio_s, "build_times_real_time": report.audio_s / spent}
    if watched:
        found |= {"encoder_in_build_s": watched.spent_s, "encoder_share_of_build": watched.spent_s / spent}
    return found


def chosen(folder: Path, target: Path, seconds: float) -> Iterator[np.ndarray]:
    """Different clips of up to 30 s, linked into a folder of their own, until there are enough seconds."""
    total, seen = 0.0, set()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac", ".mp3", ".ogg")):
        with decode(path)[0] as waveform:
            if waveform.digest in seen or not 0.5 < waveform.duration_s <= 30:
                continue
            seen.add(waveform.digest)
            total += waveform.duration_s
            (target / f"{len(seen):05d}{path.suffix}").symlink_to(path.resolve())
            yield np.array(waveform.read(0, waveform.n_samples))
        if total >= seconds:
            return


def main() -> None:
    """Alternate, then print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--encoder")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--times-real-time", type=float, default=13.0)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "clips")
        folder.mkdir()
        clips = list(chosen(options.clips, folder, options.seconds))
        encoder: Any = (
            load_encoder(options.encoder) if options.encoder else Products.at(options.times_real_time, clips[:8])
        )
        alone(encoder, clips[:2])
        pairs = []
        for _ in range(options.pairs):
            found = {"alone_s": alone(encoder, clips), **whole(encoder, folder, Path(name, "store"))}
            found["build_over_alone"] = found["build_s"] / found["alone_s"]
            pairs.append({key: round(value, 3) for key, value in found.items()})
    median = {key: statistics.median(pair[key] for pair in pairs) for key in pairs[0]}
    print(json.dumps(run_record("pipeline", encoder=asdict(encoder.card), pairs=pairs, median=median), indent=2))


if __name__ == "__main__":
    main()
