"""Measures how far our padded batches are from FunASR's single runs, and how fast both are.

    python benchmarks/exactness.py                    # tiny and large, writes results/exactness.json
    python benchmarks/exactness.py --sizes tiny --long 600 --out -

The checkpoints have random weights (no download). The large one has the published sizes (313 M
parameters); it takes 1.25 GB of a temporary folder while it is measured, and about 4 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from emoanalytics.audio.segments import chunks  # noqa: E402
from emoanalytics.embed.emotion2vec import RATE_HZ, Emotion2Vec  # noqa: E402
from emoanalytics.embed.emotion2vec.loading import undisturbed  # noqa: E402
from emoanalytics.workers import cores  # noqa: E402
from tests.embed.checkpoint import make_checkpoint  # noqa: E402

LENGTHS_S = (2.2, 0.3, 30.0, 0.9, 6.1, 14.2, 3.1, 1.5, 4.4, 9.3, 0.1, 2.9)
CHUNK_S = 30.0
BATCHES_S = (0.0, 10.0, 60.0)  # 0 is one clip at a time; the more fits, the more mixed the padding


def speechlike(seconds: float, seed: int) -> np.ndarray:
    """Noise and a gliding tone whose colour and loudness wander: (n,) float32 at 16 kHz."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    loud = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.0, 0.3, 12))
    colour = np.interp(np.arange(n), np.linspace(0, n, 7), rng.uniform(0.02, 0.9, 7))
    return (loud * (rng.normal(size=n) * colour + np.sin(np.cumsum(colour)))).astype(np.float32)


def measure(size: str, long_s: float) -> dict[str, Any]:
    """One row of the table."""
    clips = [speechlike(seconds, seed) for seed, seconds in enumerate(LENGTHS_S)]
    long = speechlike(long_s, 99)
    pieces = [long[a:b] for a, b in chunks(len(long), RATE_HZ, CHUNK_S)]
    every = [*clips, *pieces]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / size
        with undisturbed():
            make_checkpoint(folder, size)
        theirs, funasr_s = run_funasr(folder, every)
        encoders = {batch_s: Emotion2Vec.load(folder, device="cpu", batch_s=batch_s) for batch_s in BATCHES_S}
    embeddings = np.stack([embedding for embedding, _ in theirs])
    scores = np.stack([s for _, s in theirs])
    audio_s = sum(map(len, every)) / RATE_HZ
    return {
        "size": size,
        "dim": encoders[0.0].card.dim,
        "clips": len(clips),
        "clip_lengths_s": [min(LENGTHS_S), max(LENGTHS_S)],
        "long_s": long_s,
        "chunk_s": CHUNK_S,
        "smallest_difference_between_two_clips": apart(embeddings[: len(clips)]),
        "funasr_times_real_time": round(audio_s / funasr_s, 2),
        "batches": [
            {"batch_s": batch_s, **differences(encoder, every, embeddings, scores, len(clips))}
            for batch_s, encoder in encoders.items()
        ],
    }


def differences(
    encoder: Emotion2Vec, every: list[np.ndarray], embeddings: np.ndarray, scores: np.ndarray, n: int
) -> dict[str, Any]:
    """How far one batch size is from FunASR; the clips from ``n`` on are the pieces of the long recording."""
    encoder.encode(every[:1])  # warm up
    found, elapsed_s = timed(lambda: encoder.encode(every, frames=True))
    weights = found.n_frames[n:]
    frame_means = np.stack([logits.mean(axis=0, dtype=np.float64) for logits in found.frame_logits or ()])
    return {
        "embedding_largest_difference": worst(found.embeddings, embeddings),
        "score_largest_difference": worst(encoder.head.scores(found.embeddings), scores),
        "frame_logit_mean_largest_difference": worst(frame_means, encoder.head.logits(found.embeddings)),
        "long_recording_largest_difference": worst(
            np.average(found.embeddings[n:], axis=0, weights=weights),
            np.average(embeddings[n:], axis=0, weights=weights),
        ),
        "times_real_time": round(sum(map(len, every)) / RATE_HZ / elapsed_s, 2),
    }


def run_funasr(folder: Path, clips: list[np.ndarray]) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
    """FunASR's own (embedding, scores) of each clip, and the seconds it took."""
    with undisturbed():
        from funasr import AutoModel

        model = AutoModel(
            model=str(folder), disable_update=True, disable_pbar=True, device="cpu", ncpu=cores(), log_level="ERROR"
        )

        def generate(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            said = model.generate(clip, granularity="utterance", extract_embedding=True)[0]
            return said["feats"], np.array(said["scores"])

        generate(clips[0])  # warm up
        return timed(lambda: [generate(clip) for clip in clips])


def timed(work: Any) -> tuple[Any, float]:
    """A result and the seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def worst(a: np.ndarray, b: np.ndarray) -> float:
    """The largest absolute difference, two digits."""
    return float(f"{np.abs(np.asarray(a, np.float64) - b).max():.1e}")


def apart(embeddings: np.ndarray) -> float:
    """How far the two clips that are most alike are: the scale to read the differences on."""
    between = np.abs(embeddings[:, None] - embeddings[None]).max(axis=2)
    return float(f"{between[~np.eye(len(embeddings), dtype=bool)].min():.1e}")


def processor() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    """Runs, prints the table, writes it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=["tiny", "large"], default=["tiny", "large"])
    parser.add_argument("--long", type=float, default=600.0, help="seconds of the long recording, cut into chunks")
    parser.add_argument("--out", default=str(ROOT / "benchmarks" / "results" / "exactness.json"), help="- for none")
    arguments = parser.parse_args()
    table = {
        "what": "Emotion2Vec+ on random weights, float32 on the processor: ours against FunASR's AutoModel.generate",
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": cores(),
        "load_average_before": round(os.getloadavg()[0], 1),
        "speed_note": "above the number of cores, other work ran too: compare the speeds, do not quote them",
        "versions": {name: version(name) for name in ("torch", "funasr", "numpy")}
        | {"python": platform.python_version()},
        "allowed": {"embedding": 1e-4, "score": 1e-5},
        "rows": [measure(size, arguments.long) for size in arguments.sizes],
    }
    text = json.dumps(table, indent=2)
    print(text)
    if arguments.out != "-":
        Path(arguments.out).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
