"""Maps on the shared graph against umap-learn and openTSNE alone, on the same matrix in one run.

    python benchmarks/geometry_maps.py [--rows 100000] [--dim 1024] [--methods umap,tsne] [--no-plain]

Prints one JSON document. Every map is drawn in a process of its own, which first draws one of 2,000 rows, so that no
time is the compiler's. Peak memory is the resident memory of that process, pages of the memory-mapped matrix with it.
Neighbours kept are the share of a row's exact 15 nearest (cosine) that are among its 15 nearest on the map, over 2,000
rows drawn at random: the same rows and the same truth for every map. Processor time (all threads) is given beside the
clock, which other work on the machine moves more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from emoanalytics.neighbours import principal
from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.graph import Graph, GraphSettings, neighbour_graph
from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.views.maps import tsne, umap
from emoanalytics.views.maps.settings import MapMethod, MapSettings
from emoanalytics.views.maps.trust import trust_of

K = 15
ASKED = 2_000
WARM = 2_000
PLAIN = {"umap": ("plain-umap", "plain-umap-seeded"), "tsne": ("plain-tsne",)}


def make_matrix(path: Path, rows: int, dim: int, seed: int = 0) -> None:
    """Embeddings with speakers, emotions, a smooth variation of 30 dimensions and noise, as ``.npy``."""
    rng = np.random.default_rng(seed)
    speakers, emotions = rng.normal(size=(200, dim)), 0.8 * rng.normal(size=(9, dim))
    directions = 0.8 * rng.normal(size=(30, dim)) / np.sqrt(1 + np.arange(30))[:, None]
    middle = 2 * rng.normal(size=dim)
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, dim))
    for start in range(0, rows, 10_000):
        n = min(10_000, rows - start)
        block = middle + speakers[rng.integers(0, 200, n)] + emotions[rng.integers(0, 9, n)]
        block += rng.normal(size=(n, 30)) @ directions + 0.5 * rng.normal(size=(n, dim))
        matrix[start : start + n] = block
    matrix.flush()


def vectors_of(matrix: np.ndarray) -> Vectors:
    """The rows of a matrix as the points of a store of one speaker."""
    n = len(matrix)
    return Vectors(pd.RangeIndex(n), matrix, Space.RAW, np.full(n, -1, np.int32), (), None, "")


def measure(
    matrix: Path | None = None,
    *,
    rows: int = 100_000,
    dim: int = 1024,
    seed: int = 0,
    methods: tuple[str, ...] = ("umap", "tsne"),
    plain: bool = True,
    graph: Path | None = None,
    graph_s: float | None = None,
    graph_cpu_s: float | None = None,
) -> dict[str, Any]:
    """Draw every map and compare them.

    Args:
        matrix: an ``.npy`` file, (n, d) float32; None: one is made of ``rows`` and ``dim``.
        rows: of the matrix that is made.
        dim: of the matrix that is made.
        seed: of everything.
        methods: of ``umap``, ``tsne``.
        plain: with the libraries alone.
        graph: a folder with ``rows.npy`` and ``similarities.npy`` of the neighbour graph, made before.
        graph_s: how long that took; counted into the time of our maps.
        graph_cpu_s: the same in processor time.
    """
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        if matrix is None:
            matrix = here / "matrix.npy"
            make_matrix(matrix, rows, dim, seed)
        mapped = np.load(matrix, mmap_mode="r")
        found: dict[str, Any] = {"rows": len(mapped), "dim": mapped.shape[1], "seed": seed, **_machine()}
        if graph is None:
            graph = here / "graph"
            graph.mkdir()
            found["graph"] = _child(["graph", str(matrix), str(graph), str(seed)])
            graph_s, graph_cpu_s = found["graph"]["seconds"], found["graph"]["cpu_s"]
        asked, truth = _truth(vectors_of(mapped), seed)
        for method in methods:
            for name in (method, *(PLAIN[method] if plain else ())):
                out = here / f"{name}.npy"
                result = _child([name, str(matrix), str(graph), str(seed), str(out)])
                result["kept"] = round(_kept(np.load(out), asked, truth), 4)
                if name == method:
                    result["end_to_end_s"] = round(result["seconds"] + (graph_s or 0), 1)
                    result["end_to_end_cpu_s"] = round(result["cpu_s"] + (graph_cpu_s or 0), 1)
                    result["trust"] = _trust(vectors_of(mapped), graph, np.load(out), seed)
                found[name] = result
            for name in PLAIN[method] if plain else ():
                found[name]["times_slower"] = round(found[name]["seconds"] / found[method]["end_to_end_s"], 2)
                found[name]["times_slower_cpu"] = round(found[name]["cpu_s"] / found[method]["end_to_end_cpu_s"], 2)
    return found


def _child(arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--draw", *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def draw(name: str, matrix: Path, graph: Path, seed: int, out: Path | None = None) -> dict[str, Any]:
    """One job in this process: the graph, or a map of ours or of a library alone."""
    mapped = np.load(matrix, mmap_mode="r")
    steps: dict[str, float] = {}
    if name == "graph":
        return _graph(mapped, graph, seed)
    for rows in (mapped[:WARM], mapped):
        steps.clear()
        start, start_cpu = time.perf_counter(), time.process_time()
        coordinates = _plain(name, rows, seed) if name.startswith("plain") else _ours(name, rows, graph, seed, steps)
        seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    np.save(out or Path(os.devnull), coordinates)
    return {
        "seconds": round(seconds, 1),
        "cpu_s": round(cpu, 1),
        **{k: round(v, 1) for k, v in steps.items()},
        **_memory(),
    }


def _graph(matrix: np.ndarray, folder: Path, seed: int) -> dict[str, Any]:
    start, start_cpu = time.perf_counter(), time.process_time()
    made = neighbour_graph(vectors_of(matrix), GraphSettings(seed=seed))
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    np.save(folder / "rows.npy", made.rows)
    np.save(folder / "similarities.npy", made.similarities)
    return {"seconds": round(seconds, 1), "cpu_s": round(cpu, 1), "record": dict(made.record), **_memory()}


def _ours(method: str, matrix: np.ndarray, folder: Path, seed: int, steps: dict[str, float]) -> np.ndarray:
    n = len(matrix)
    vectors, graph = vectors_of(matrix), _read(folder)
    if n < len(graph):  # the warm-up: any graph of these rows will do
        graph = Graph(graph.rows[:n] % n, graph.similarities[:n], {})
    settings = MapSettings(MapMethod(method), seed=seed)
    at = time.perf_counter()
    start = principal.projected(vectors, principal.principal_axes(vectors, 2, sample=True))
    steps["start_s"] = time.perf_counter() - at
    at = time.perf_counter()
    made = (umap if method == "umap" else tsne).layout(graph, start, settings)
    steps["layout_s"] = time.perf_counter() - at
    return made


def _plain(name: str, matrix: np.ndarray, seed: int) -> np.ndarray:
    if name == "plain-tsne":
        from openTSNE import TSNE

        return np.asarray(TSNE(metric="cosine", n_jobs=-1, random_state=seed).fit(matrix))
    from umap import UMAP

    return UMAP(metric="cosine", random_state=seed if name.endswith("seeded") else None).fit_transform(matrix)


def _read(folder: Path) -> Graph:
    return Graph(np.load(folder / "rows.npy", mmap_mode="r"), np.load(folder / "similarities.npy", mmap_mode="r"), {})


def _truth(vectors: Vectors, seed: int) -> tuple[np.ndarray, np.ndarray]:
    n = len(vectors)
    asked = np.sort(np.random.default_rng(seed).choice(n, min(n, ASKED), replace=False))
    found = nearest(vectors.points(asked), vectors, K + 1).rows
    return asked, np.array([[x for x in row if x != own][:K] for row, own in zip(found, asked, strict=True)])


def _kept(coordinates: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> float:
    found = cKDTree(coordinates).query(coordinates[asked], K + 1)[1]
    pairs = zip(found, asked, truth, strict=True)
    return float(np.mean([len({x for x in row if x != own} & set(true)) / K for row, own, true in pairs]))


def _trust(vectors: Vectors, folder: Path, coordinates: np.ndarray, seed: int) -> dict[str, Any]:
    at = time.perf_counter()
    trust = trust_of(coordinates.astype(np.float32), _read(folder), vectors, seed=seed)
    return {"seconds": round(time.perf_counter() - at, 1), **trust.as_json()}


def _memory() -> dict[str, float]:
    return {"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def _machine() -> dict[str, Any]:
    packages = ("numpy", "numba", "umap-learn", "openTSNE", "faiss-cpu")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "python": platform.python_version(),
        "cores": cores,
        "load_at_start": round(os.getloadavg()[0], 1),
        "versions": {name: metadata.version(name) for name in packages},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", default="umap,tsne")
    parser.add_argument("--no-plain", dest="plain", action="store_false")
    parser.add_argument("--draw", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.draw:
        name, matrix, graph, seed, *out = given.draw
        result = draw(name, Path(matrix), Path(graph), int(seed), Path(out[0]) if out else None)
    else:
        chosen = tuple(given.methods.split(","))
        result = measure(rows=given.rows, dim=given.dim, seed=given.seed, methods=chosen, plain=given.plain)
    print(json.dumps(result, indent=None if given.draw else 1))
