"""The index and the neighbour graph of large stores: time, what is found, memory; and the maps on that graph.

    python benchmarks/geometry.py [--rows 100000,1000000] [--parts index,growth,graph,maps] [--work DIR] [--resume FILE]
        > benchmarks/results/geometry.json

Prints one JSON document. Each store is made of embeddings with the structure that real ones have (``Made``) and goes
the way of any store: Parquet, memory-mapped copy, index, graph. Every step runs in a process of its own. What is
queried are embeddings of the same speakers and emotions that are not in the store; and clips of the store, with all
others of their speaker left out. ``growth`` adds clips to a store of its own. ``--work`` keeps the stores for the next
run; ``--resume`` keeps the parts an earlier document holds and measures only the others.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from emoanalytics.neighbours.exact import Nearest, nearest
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.index import Index
from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.truth import Truth
from emoanalytics.runs import run_record
from emoanalytics.store.schema import SCORE_COLUMNS, SEGMENTS_SCHEMA, embedding_schema
from emoanalytics.store.store import EmotionStore

PARTS = ("index", "growth", "graph", "maps")
QUERIES = 1000
ADDED = 100  # clips that a store grows by
GROWS_UP_TO = 200_000  # rows
COMMIT = 100_000
TARGETS = {"p50_ms": 10.0, "recall_at_10": 0.98, "serving_mb": 3072, "build_s": 600}  # at one million rows


class Made:
    """Embeddings with speakers, emotions and a spectrum like those of real speech.

    An embedding is ``0.4 mean + 0.6 (0.35 speaker + 0.15 emotion + 0.5 clip)``, where the numbers are shares of its
    squared length. Speaker, emotion and clip are normal with variances that fall as ``i^-1.4`` along randomly turned
    axes: 64 axes keep 90 % of the variance about the mean and the participation ratio is 9, as against 90-91 % and
    13-15 for acoustic embeddings of 360 and 407 clips of speech. Every speaker has about 200 clips.

    Args:
        rows: of the store.
        dim: numbers an embedding.
        seed: of everything.
    """

    def __init__(self, rows: int, dim: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        spectrum = np.arange(1, dim + 1) ** -0.7
        turned = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
        self._axes = ((spectrum / np.linalg.norm(spectrum))[:, None] * turned).astype(np.float32)
        self._mean = np.sqrt(0.4 / dim) * rng.normal(size=dim)
        self._speakers = np.sqrt(0.6 * 0.35) * self._drawn(rng, max(rows // 200, 2))
        self._emotions = np.sqrt(0.6 * 0.15) * self._drawn(rng, 9)

    def block(self, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Embeddings (rows, dim) float32, speaker numbers, emotion numbers."""
        rng = np.random.default_rng(seed)
        speakers, emotions = rng.integers(len(self._speakers), size=rows), rng.integers(9, size=rows)
        made = np.sqrt(0.6 * 0.5) * self._drawn(rng, rows)
        made += self._mean + self._speakers[speakers] + self._emotions[emotions]
        return made.astype(np.float32), speakers, emotions

    def _drawn(self, rng: np.random.Generator, rows: int) -> np.ndarray:
        return rng.standard_normal((rows, len(self._axes)), np.float32) @ self._axes


def make_store(path: Path, rows: int, dim: int, seed: int) -> None:
    """A store of made embeddings, in commits of 100,000."""
    card = {"name": "made", "revision": "1", "dim": dim, "rate_hz": 16_000, "digest": "0", "precision": "exact"}
    store = EmotionStore.create(path, encoder=card, fingerprint="0" * 32, cut={"mode": "whole"})
    made = Made(rows, dim, seed)
    for start in range(0, rows, COMMIT):
        add_rows(store, made, start, min(COMMIT, rows - start), seed)


def add_rows(store: EmotionStore, made: Made, start: int, n: int, seed: int) -> None:
    """Add n rows; the first gets the number ``start``."""
    vectors, speakers, emotions = made.block(n, seed + 1 + start)
    ids = [f"{i:032x}" for i in range(start, start + n)]
    given: dict[str, Any] = {
        "segment_id": ids,
        "content_id": ids,
        "corpus": ["/corpus"] * n,
        "file": [f"{i}.wav" for i in range(start, start + n)],
        "start_s": [0.0] * n,
        "end_s": [3.0] * n,
        "channel": ["mix"] * n,
        "flags": [[]] * n,
        "speaker": [f"s{s}" for s in speakers],
        "emotion_given": [f"e{e}" for e in emotions],
    }
    segments = {f.name: pa.array(given.get(f.name, [None] * n), f.type) for f in SEGMENTS_SCHEMA}
    dim = vectors.shape[1]
    embeddings = {
        "segment_id": ids,
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim),
        **{name: pa.nulls(n, pa.float32()) for name in SCORE_COLUMNS},
        "n_frames": pa.array([150] * n, pa.int32()),
    }
    with store.writer() as writer:
        writer.commit(
            segments=pa.table(segments), embeddings=pa.table(embeddings, schema=embedding_schema(dim)), failures=None
        )


def build_index(path: Path, rows: int, dim: int, seed: int) -> dict[str, Any]:
    """Copy the embeddings and make the index."""
    geometry = Geometry(EmotionStore.open(path))
    copy = _timed(lambda: geometry.vectors)
    index, build = None, {}

    def make() -> None:
        nonlocal index
        index = geometry.make_index()

    build = _timed(make)
    assert index is not None
    size = sum(p.stat().st_size for p in (path / "derived/index").rglob("*") if p.is_file())
    return {"copy": copy, "build": build, "disk_mb": size >> 20, "record": dict(index.record), "notes": geometry.notes}


def serve(path: Path, rows: int, dim: int, seed: int) -> dict[str, Any]:
    """Ask a fresh process one question after another."""
    geometry = Geometry(EmotionStore.open(path))
    opening = _timed(lambda: geometry.index)
    assert geometry.index is not None
    points = geometry.vectors.place(Made(rows, dim, seed).block(QUERIES, seed + 999_983)[0])
    rng = np.random.default_rng(seed)
    tenth = np.sort(rng.choice(len(geometry.vectors), len(geometry.vectors) // 10, replace=False))
    return {
        "opening": opening,
        "resident_mb_before": _resident(),
        "k_10": _latencies(lambda p: geometry.nearest(p, 10), points),
        "k_100": _latencies(lambda p: geometry.nearest(p, 100), points[:200]),
        "k_10_among_a_tenth_of_the_rows": _latencies(lambda p: geometry.nearest(p, 10, among=tenth), points[:100]),
        "resident_mb": _resident(),
        "without_the_own_speaker": other_speakers(geometry, rng),
    }


def other_speakers(geometry: Geometry, rng: np.random.Generator) -> dict[str, Any]:
    """Clips of the store ask for their nearest among all other speakers: nearest to most are those left out."""
    vectors = geometry.vectors
    asked = np.sort(rng.choice(len(vectors), 100, replace=False))
    points = vectors.points(asked)

    def among(i: int) -> np.ndarray:
        return np.flatnonzero(vectors.speakers != vectors.speakers[asked[i]])

    took: dict[str, list[float]] = {"unfiltered": [], "filtered": []}
    found, true = [], []
    for i in range(len(asked)):
        others = among(i)
        for name, rows in (("unfiltered", None), ("filtered", others)):
            start = time.perf_counter()
            answer = geometry.nearest(points[i : i + 1], 10, among=rows)
            took[name].append(1000 * (time.perf_counter() - start))
        if i < 20:
            found.append(answer.similarities)
            true.append(nearest(points[i : i + 1], vectors, 10, among=others))
    truth = Truth(
        asked[:20], Nearest(*(np.vstack([getattr(t, name) for t in true]) for name in ("rows", "similarities")))
    )
    hits = Nearest(truth.found.rows.copy(), np.vstack(found))
    return {**{name: _quantiles(each) for name, each in took.items()}, "recall_at_10": truth.recall(hits, 10)}


def recall(path: Path, rows: int, dim: int, seed: int) -> dict[str, Any]:
    """What the index finds of the true neighbours of embeddings that are not in the store."""
    geometry = Geometry(EmotionStore.open(path))
    points = geometry.vectors.place(Made(rows, dim, seed).block(500, seed + 999_983)[0])
    true: Any = None

    def compare() -> None:
        nonlocal true
        true = nearest(points, geometry.vectors, 100)

    took = _timed(compare)
    truth = Truth(np.arange(len(points)), true)
    one = _latencies(lambda p: nearest(p, geometry.vectors, 10), points[:5])
    return {
        **{f"recall_at_{k}": round(truth.recall(geometry.nearest(points, k), k), 4) for k in (1, 10, 100)},
        "queries": len(points),
        "exact_search_s": took["seconds"],
        "exact_search_one_ms": one["p50_ms"],
    }


def grow(path: Path, rows: int, dim: int, seed: int) -> dict[str, Any]:
    """Add clips to a store with a speaker-centred index: every clip that is added moves all of its speaker."""
    store, made = EmotionStore.open(path), Made(rows, dim, seed)
    first = Geometry(store, Space.SPEAKER_CENTRED)
    before = len(first.make_index())
    add_rows(store, made, rows, ADDED, seed)
    geometry = Geometry(EmotionStore.open(path), Space.SPEAKER_CENTRED)
    copy = _timed(lambda: geometry.vectors.scales)
    refresh = _timed(geometry.make_index)
    assert geometry.index is not None
    anew: Any = None

    def build() -> None:
        nonlocal anew
        anew = Index.build(geometry.vectors, geometry.settings)

    building = _timed(build)
    embeddings, speakers, _ = made.block(500, seed + 999_983)
    points = geometry.vectors.place(embeddings, [f"s{s}" for s in speakers])
    truth = Truth(np.arange(len(points)), nearest(points, geometry.vectors, 100))
    indexes = {"refreshed": geometry.index, "built_anew": anew}
    return {
        "added": len(geometry.vectors) - before,
        "placed_again": int(geometry.index.record["slots"]) - len(geometry.vectors),
        "copy": copy,
        "refresh": refresh,
        "build_anew": building,
        "recall": {
            name: {f"at_{k}": round(truth.recall(index.search(points, k), k), 4) for k in (10, 100)}
            for name, index in indexes.items()
        },
        "told": {name: index.record["recall_at_10"] for name, index in indexes.items()},
        "notes": geometry.notes,
    }


def build_graph(path: Path, rows: int, dim: int, seed: int) -> dict[str, Any]:
    """Find the neighbours of every row."""
    geometry = Geometry(EmotionStore.open(path))
    copy = _timed(lambda: geometry.vectors)
    took = _timed(lambda: geometry.graph)
    return {"copy": copy, **took, "record": dict(geometry.graph.record), "notes": geometry.notes}


STEPS = {
    "store": make_store,
    "build": build_index,
    "serve": serve,
    "recall": recall,
    "grow": grow,
    "graph": build_graph,
}


def measured(rows: int, dim: int, seed: int, parts: list[str], work: Path, known: dict[str, Any]) -> dict[str, Any]:
    """The parts for one size; those that are known are taken over."""
    found = dict(known)
    path = work / f"store-{rows}-{dim}-{seed}"

    def step(name: str, path: Path = path) -> dict[str, Any]:
        load = round(os.getloadavg()[0], 1)
        command = [sys.executable, "-W", "ignore", __file__, "--step", name, str(path), str(rows), str(dim), str(seed)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return {"load_at_start": load, **json.loads(done.stdout)}

    if any(part not in found for part in parts if part != "growth") and not (path / "store.json").exists():
        found["store"] = step("store")
    if "index" in parts and "index" not in found:
        index = {name: step(name) for name in ("build", "serve", "recall")}
        if rows >= 1_000_000:
            reached = {
                "p50_ms": index["serve"]["k_10"]["p50_ms"],
                "recall_at_10": index["recall"]["recall_at_10"],
                "serving_mb": index["serve"]["resident_mb"]["whole"],
                "build_s": index["build"]["build"]["seconds"],
            }
            index["reached"] = {
                name: {"is": reached[name], "target": target, "met": _met(name, reached[name], target)}
                for name, target in TARGETS.items()
            }
        found["index"] = index
    if "growth" in parts and "growth" not in found and rows <= GROWS_UP_TO:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            growing = Path(folder) / "store"
            step("store", growing)
            found["growth"] = step("grow", growing)
    if "graph" in parts and "graph" not in found:
        found["graph"] = step("graph")
    if "maps" in parts and "maps" not in found:
        from geometry_maps import measure

        if "graph" not in found or not list((path / "derived/graph").glob("*/rows.npy")):
            found["graph"] = step("graph")
        matrix = next((path / "derived/vectors").glob("*/embeddings.npy"))
        graph = next((path / "derived/graph").glob("*/rows.npy")).parent
        spent = {"graph_s": found["graph"]["seconds"], "graph_cpu_s": found["graph"]["cpu_s"]}
        # At a million rows the plain libraries, and t-SNE, take hours and more memory than most machines have.
        how = {} if rows <= 200_000 else {"plain": False, "methods": ("umap",)}
        found["maps"] = measure(matrix, seed=seed, graph=graph, **how, **spent)
    return found


def _met(name: str, value: float, target: float) -> bool:
    return value >= target if name.startswith("recall") else value < target


def _timed(work: Any) -> dict[str, Any]:
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def _latencies(ask: Any, points: np.ndarray) -> dict[str, Any]:
    ask(points[:1])
    took = []
    for i in range(len(points)):
        start = time.perf_counter()
        ask(points[i : i + 1])
        took.append(1000 * (time.perf_counter() - start))
    return _quantiles(took)


def _quantiles(took_ms: list[float]) -> dict[str, Any]:
    p50, p99 = np.quantile(took_ms, [0.5, 0.99])
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2), "queries": len(took_ms)}


def _resident() -> dict[str, int]:
    """MB in memory: the whole, its own, and the pages of mapped files, which the system takes back when it needs."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    kilobytes = {name: int(lines[key].split()[0]) for name, key in _MEMORY.items()}
    return {name: kb >> 10 for name, kb in kilobytes.items()}


_MEMORY = {"whole": "VmRSS", "own": "RssAnon", "mapped_files": "RssFile"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="keep the stores here")
    parser.add_argument("--resume", type=Path, help="a document printed before")
    parser.add_argument("--step", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, path, *numbers = options.step
        print(json.dumps(STEPS[name](Path(path), *map(int, numbers)) or {}))
        return
    parts = options.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    sizes: dict[str, Any] = {}
    if options.resume is not None and options.resume.exists():
        sizes = json.loads(options.resume.read_text())["sizes"]
    with tempfile.TemporaryDirectory() as folder:
        for rows in map(int, options.rows.split(",")):
            known = sizes.get(str(rows), {})
            work = options.work or Path(folder)
            sizes[str(rows)] = measured(rows, options.dim, options.seed, parts, work, known)
    print(json.dumps(run_record("geometry", dim=options.dim, seed=options.seed, sizes=sizes), indent=2))


if __name__ == "__main__":
    main()
