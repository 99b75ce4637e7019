"""Other ways to run the same model, beside our forward: torch.compile, OpenVINO, ONNX Runtime, on clips of one length.

    python benchmarks/engines.py > benchmarks/results/engines.json
    python benchmarks/engines.py --size tiny --rounds 2            # does it run

Needs openvino, onnx and onnxscript beside the project's packages, and a C++ compiler for torch.compile; what is not
there is said in the document and left out. Every engine is given FunASR's own module with one clip length fixed, which
suits it best: ours takes any. Rounds alternate over all engines. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.exactness import processor, speechlike  # noqa: E402
from emoanalytics.embed.emotion2vec import RATE_HZ, Emotion2Vec  # noqa: E402
from emoanalytics.embed.emotion2vec.arithmetic import faster_on  # noqa: E402
from emoanalytics.embed.emotion2vec.loading import load_model, undisturbed  # noqa: E402
from emoanalytics.embed.models.checkpoint import Checkpoint  # noqa: E402
from emoanalytics.runs import run_record  # noqa: E402
from emoanalytics.workers import cores  # noqa: E402
from tests.embed.checkpoint import make_checkpoint  # noqa: E402

LENGTHS_S = (2.0, 5.0)
Run = Callable[[np.ndarray], np.ndarray]


class Utterance(torch.nn.Module):
    """FunASR's module from samples to the mean of its frames: (1, samples) -> (1, d)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """As FunASR's ``inference`` does it."""
        samples = torch.nn.functional.layer_norm(samples, samples.shape[-1:])
        return self.model.extract_features(samples, padding_mask=None)["x"].mean(dim=1)


def in_torch(module: Any) -> Run:
    """A module of torch as a function of a clip."""

    def run(clip: np.ndarray) -> np.ndarray:
        with torch.no_grad():  # what FunASR keeps from a run goes into the exports
            return module(torch.from_numpy(clip)[None])[0].numpy()

    return run


def compiled(module: Any, clip: np.ndarray, folder: Path) -> Run:
    """torch.compile with its default back end, which writes C++."""
    return in_torch(torch.compile(module))


def in_openvino(module: Any, clip: np.ndarray, folder: Path) -> Run:
    """OpenVINO in float32, asked for short waiting."""
    import openvino

    converted = openvino.convert_model(torch.export.export(module, (torch.from_numpy(clip)[None],)))
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": cores()}
    ready = openvino.Core().compile_model(converted, "CPU", settings)
    return lambda clip: ready(clip[None])[0][0]


def in_onnxruntime(path: Path) -> Run:
    """ONNX Runtime's processor provider with all its graph rewriting."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda clip: session.run(None, {given.name: clip[None]})[0][0]


def onnx_float(module: Any, clip: np.ndarray, folder: Path) -> Run:
    """Exported by torch, run in float32."""
    torch.onnx.export(module, (torch.from_numpy(clip)[None],), folder / "float.onnx", dynamo=True, verbose=False)
    return in_onnxruntime(folder / "float.onnx")


def onnx_int8(module: Any, clip: np.ndarray, folder: Path) -> Run:
    """The same file with eight-bit weights, inputs scaled once a product."""
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(folder / "float.onnx", folder / "int8.onnx", op_types_to_quantize=["MatMul", "Gemm"])
    return in_onnxruntime(folder / "int8.onnx")


def measure(folder: Path, seconds: float, rounds: int, ours: dict[str, Run], module: Any) -> dict[str, Any]:
    """Every engine on one clip length, in rounds that alternate."""
    clip = speechlike(seconds, 1)
    runs: dict[str, Run] = {"funasr_module": in_torch(module), **ours}
    refused: dict[str, str] = {}
    ready_s: dict[str, float] = {}
    makers = {"torch_compile": compiled, "openvino": in_openvino, "onnxruntime": onnx_float,
              "onnxruntime_int8": onnx_int8}  # fmt: skip
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for engine, make in makers.items():
            start = time.perf_counter()
            try:
                run = make(module, clip, Path(name))
                run(clip)
            except Exception as error:  # noqa: BLE001 - an engine that cannot is a finding, and is said
                lines = str(error).strip().splitlines()
                refused[engine] = f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
                continue
            runs[engine], ready_s[engine] = run, round(time.perf_counter() - start, 1)
            print(engine, ready_s[engine], file=sys.stderr)
        expected = runs["funasr_module"](clip)
        difference = {engine: float(np.abs(run(clip) - expected).max()) for engine, run in runs.items()}
        spent: dict[str, list[float]] = {engine: [] for engine in runs}
        for turn in range(rounds):
            for engine in list(runs)[:: -1 if turn % 2 else 1]:
                start = time.perf_counter()
                runs[engine](clip)
                spent[engine].append(time.perf_counter() - start)
    against = {engine: statistics.median(a / b for a, b in zip(spent["funasr_module"], own, strict=True))
               for engine, own in spent.items()}  # fmt: skip
    return {
        "clip_s": seconds,
        "times_real_time": {engine: round(seconds / statistics.median(own), 2) for engine, own in spent.items()},
        "against_funasr_module_median_of_rounds": {engine: round(gain, 3) for engine, gain in against.items()},
        "largest_difference": {engine: float(f"{value:.1e}") for engine, value in difference.items()},
        "ready_after_s": ready_s,
        "refused": refused,
    }


def main() -> None:
    """Measure, print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["tiny", "large"], default="large")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--checkpoint", type=Path, help="a folder made before, instead of making one")
    options = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as name:
        folder = options.checkpoint or Path(name, options.size)
        if options.checkpoint is None:
            with undisturbed():
                make_checkpoint(folder, options.size)
        torch.set_num_threads(cores())
        module = Utterance(load_model(Checkpoint.open(folder), "cpu")).eval()
        exact = Emotion2Vec.load(folder, device="cpu")
        encoders = {"ours_exact": exact} | {f"ours_{p}": exact.at(p) for p in faster_on("cpu")}
        ours = {name: (lambda clip, own=own: own.encode([clip]).embeddings[0]) for name, own in encoders.items()}
        rows = [measure(Path(name), seconds, options.rounds, ours, module) for seconds in LENGTHS_S]
    print(
        json.dumps(
            run_record(
                "engines",
                what=f"Emotion2Vec+ {options.size}, random weights, one clip at a time at {RATE_HZ} Hz",
                device=processor(),
                cores=cores(),
                load_average_before=load,
                rounds=options.rounds,
                lengths=rows,
            ),
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
