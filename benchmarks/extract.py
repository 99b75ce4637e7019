"""Measures our build against FunASR's AutoModel.generate: speed in alternating pairs, numbers, memory.

    python benchmarks/extract.py                                   # large, 72 clips, 5 pairs, processor
    python benchmarks/extract.py --device cuda --clips 2000 --pairs 5
    python benchmarks/extract.py --size tiny --clips 6 --pairs 1   # does it run

Prints one JSON document. The checkpoint has the published sizes and random weights (no download); the clips are
1.5 to 6 s of real speech where ../shared/data has some, else made. Each pair runs FunASR and every precision asked
for, every second pair in reverse, so that what else the machine does falls on all of them. ``build`` decodes, measures
and writes Parquet, FunASR gets arrays. Other work on the machine spoils the times: see ``load_average_before``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.exactness import processor, speechlike, worst  # noqa: E402
from benchmarks.peaks import own_peak_mb  # noqa: E402
from emoanalytics import build, open_corpus  # noqa: E402
from emoanalytics.embed.emotion2vec import RATE_HZ, Emotion2Vec  # noqa: E402
from emoanalytics.embed.emotion2vec.layers import frame_count  # noqa: E402
from emoanalytics.embed.emotion2vec.loading import undisturbed  # noqa: E402
from emoanalytics.embed.encoder import Precision  # noqa: E402
from emoanalytics.embed.heads import Head  # noqa: E402
from emoanalytics.embed.models.checkpoint import Checkpoint  # noqa: E402
from emoanalytics.embed.selfcheck import compare  # noqa: E402
from emoanalytics.runs import run_record  # noqa: E402
from emoanalytics.store.store import EmotionStore  # noqa: E402
from emoanalytics.workers import cores  # noqa: E402
from tests.embed.checkpoint import make_checkpoint  # noqa: E402

SPEECH = ROOT.parent / "shared" / "data"


def write_clips(folder: Path, count: int) -> tuple[list[np.ndarray], str]:
    """Writes the clips as WAV and returns them as they will be decoded, in the order of their names."""
    rng = np.random.default_rng(0)
    sources = sorted(SPEECH.glob("librispeech10/**/*.flac")) + sorted(SPEECH.glob("ravdess6/**/*.flac"))
    folder.mkdir()
    for i in range(count):
        samples = speechlike(rng.uniform(1.5, 6), i)
        if sources:
            speech, rate = soundfile.read(sources[int(rng.integers(len(sources)))], dtype="float32", always_2d=True)
            length, mono = round(rng.uniform(1.5, 6) * rate), speech.mean(axis=1)
            start = int(rng.integers(max(1, len(mono) - length)))
            samples = mono[start : start + length] if rate == RATE_HZ else samples
        soundfile.write(folder / f"{i:05d}.wav", samples, RATE_HZ)
    clips = [soundfile.read(path, dtype="float32")[0] for path in sorted(folder.glob("*.wav"))]
    return clips, "real speech" if sources else "made"


def funasr(folder: Path, device: str) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """FunASR's own (embedding, scores) of a clip."""
    from funasr import AutoModel

    quiet = {"disable_update": True, "disable_pbar": True, "log_level": "ERROR"}
    model = AutoModel(model=str(folder), device=device, ncpu=cores(), **quiet)

    def generate(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        said = model.generate(clip, granularity="utterance", extract_embedding=True)[0]
        return said["feats"], np.array(said["scores"])

    return generate


def products_of(folder: Path, clips: list[np.ndarray]) -> float:
    """Floating-point operations of the matrix products and convolutions over all clips."""
    opened = Checkpoint.open(folder)
    conf, audio = opened.model_conf, opened.model_conf["modalities"]["audio"]
    dim, blocks = conf["embed_dim"], conf["depth"] + audio["prenet_depth"]
    kernel = max(3, audio["conv_pos_width"] // audio["conv_pos_depth"])
    total = 0.0
    for clip in clips:
        inputs = 1
        for i, (outputs, width, _) in enumerate(opened.layers):
            total += 2 * frame_count(len(clip), opened.layers[: i + 1]) * inputs * width * outputs
            inputs = outputs
        n = frame_count(len(clip), opened.layers)
        tokens = n + audio["num_extra_tokens"]
        total += 2 * n * dim * (inputs + audio["conv_pos_depth"] * kernel * dim / audio["conv_pos_groups"])
        total += blocks * 2 * tokens * dim * (dim * (4 + 2 * conf["mlp_ratio"]) + 2 * tokens)
    return total


def peak_per_s(precision: str, device: str) -> float:
    """The best rate of one large matrix product, in operations a second: what the forward could reach at most."""
    import torch

    m, k, n = (8192, 4096, 4096) if device == "cuda" else (1024, 1024, 4096)
    a, b = torch.randn(m, k, device=device), torch.randn(k, n, device=device)
    if precision == Precision.INT8:
        a, b = a.to(torch.int8), b.to(torch.int8)
    elif precision == Precision.BF16:
        a, b = a.bfloat16(), b.bfloat16()
    product = torch._int_mm if precision == Precision.INT8 else torch.mm
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        product(a, b)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * m * k * n / best


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """A result and the seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def measure(options: argparse.Namespace, folder: Path, temporary: Path) -> dict[str, Any]:
    """The whole document but its heading."""
    clips, kind = write_clips(temporary / "corpus", options.clips)
    audio_s, operations = sum(map(len, clips)) / RATE_HZ, products_of(folder, clips)
    with undisturbed():
        generate = funasr(folder, options.device)
        generate(clips[0])
    exact = Emotion2Vec.load(folder, device=options.device)
    encoders = {p: exact if p == "exact" else exact.at(Precision(p)) for p in options.precisions}
    for encoder in encoders.values():
        encoder.encode(clips[:2])  # warm up
    corpus = open_corpus(temporary / "corpus")
    seconds: dict[str, list[float]] = {name: [] for name in ["funasr", *encoders]}
    alone: dict[str, list[float]] = {name: [] for name in encoders}
    said: list[tuple[np.ndarray, np.ndarray]] = []

    def run_funasr() -> None:
        with undisturbed():
            said[:], elapsed = timed(lambda: [generate(clip) for clip in clips])
        seconds["funasr"].append(elapsed)

    def run_ours(name: str) -> None:
        store = temporary / f"store-{name}"
        shutil.rmtree(store, ignore_errors=True)
        seconds[name].append(timed(lambda: build(corpus, store, encoders[name]))[1])
        alone[name].append(timed(lambda: encoders[name].encode(clips))[1])

    for pair in range(options.pairs):
        turn = [run_funasr, *(partial(run_ours, name) for name in encoders)]
        for run in reversed(turn) if pair % 2 else turn:
            run()
        print(f"pair {pair + 1} of {options.pairs}", {k: round(v[-1], 2) for k, v in seconds.items()}, file=sys.stderr)
    theirs_e, theirs_s = (np.stack(rows) for rows in zip(*said, strict=True))
    return {
        "clips": len(clips),
        "clips_are": kind,
        "audio_s": round(audio_s, 1),
        "matrix_product_gflop_per_audio_s": round(operations / audio_s / 1e9, 2),
        "funasr": {
            "times_real_time": round(audio_s / statistics.median(seconds["funasr"]), 2),
            "peak_memory": peak_memory("funasr", options, folder, temporary),
        },
        "ours": {
            name: {
                "build_times_real_time": round(audio_s / statistics.median(seconds[name]), 2),
                "embedding_alone_times_real_time": round(audio_s / statistics.median(alone[name]), 2),
                "build_against_funasr_median_of_pairs": ratio(seconds["funasr"], seconds[name]),
                "embedding_alone_against_funasr_median_of_pairs": ratio(seconds["funasr"], alone[name]),
                "build_against_embedding_alone_median_of_pairs": ratio(alone[name], seconds[name]),
                "share_of_matrix_product_peak": round(
                    operations / min(alone[name]) / peak_per_s(name, options.device), 3
                ),
                **numbers(temporary, name, theirs_e, theirs_s, exact.head),
                "self_check": None if name == "exact" else compare(exact, encoder, clips).as_json(),
                "peak_memory": peak_memory(name, options, folder, temporary),
            }
            for name, encoder in encoders.items()
        },
    }


def ratio(slow: list[float], fast: list[float]) -> float:
    """Median of the pairs' ratios."""
    return round(statistics.median(a / b for a, b in zip(slow, fast, strict=True)), 3)


def numbers(temporary: Path, name: str, embeddings: np.ndarray, scores: np.ndarray, head: Head) -> dict[str, Any]:
    """What the store holds against what FunASR said, clip by clip. The made labels stand in the order of ours."""
    store = EmotionStore.open(temporary / f"store-{name}")
    rows = store.segments(["segment_id", "file"]).sort_values("file")["segment_id"].tolist()
    found = store.embeddings(rows)
    ours = head.scores(found)
    cosine = (found * embeddings).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(embeddings, axis=1)
    return {
        "embedding_largest_difference": worst(found, embeddings),
        "score_largest_difference": worst(ours, scores),
        "cosine_smallest": round(float(cosine.min()), 7),
        "label_flips": int((ours.argmax(axis=1) != scores.argmax(axis=1)).sum()),
    }


def peak_memory(name: str, options: argparse.Namespace, folder: Path, temporary: Path) -> dict[str, float]:
    """Megabytes at most, of a process that does nothing else."""
    command = [sys.executable, __file__, "--one", name, str(folder), str(temporary), "--device", options.device]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_one(name: str, folder: Path, temporary: Path, device: str) -> None:
    """In a process of its own: run all clips, print what memory that took."""
    import torch

    clips = [soundfile.read(path, dtype="float32")[0] for path in sorted((temporary / "corpus").glob("*.wav"))]
    with undisturbed():
        if name == "funasr":
            generate = funasr(folder, device)
            for clip in clips:
                generate(clip)
        else:
            Emotion2Vec.load(folder, device=device, precision=name).encode(clips)
    found = {"process_mb": own_peak_mb()}
    if device == "cuda":
        found["gpu_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    print(json.dumps(found))


def main() -> None:
    """Measure, print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["tiny", "large"], default="large")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--clips", type=int, default=72)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--precisions", nargs="+", choices=["exact", "bf16", "int8"], help="default: all that are fast")
    parser.add_argument("--checkpoint", type=Path, help="a folder made before, instead of making one")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_one(options.one[0], Path(options.one[1]), Path(options.one[2]), options.device)
        return
    from emoanalytics.embed.emotion2vec.arithmetic import faster_on

    options.precisions = options.precisions or ["exact", *map(str, faster_on(options.device))]
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        folder = options.checkpoint or temporary / options.size
        if options.checkpoint is None:
            with undisturbed():
                make_checkpoint(folder, options.size)
        found = measure(options, folder, temporary)
    print(
        json.dumps(
            run_record(
                "extract",
                what=f"Emotion2Vec+ {options.size}, random weights: our build against FunASR's AutoModel.generate",
                device=device_name(options.device),
                cores=cores(),
                load_average_before=load,
                pairs=options.pairs,
                **found,
            ),
            indent=2,
        )
    )


def device_name(device: str) -> str:
    """What the numbers were measured on."""
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else processor()


if __name__ == "__main__":
    main()
