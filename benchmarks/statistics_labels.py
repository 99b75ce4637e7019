"""How well wrong labels are found: labels of real speech flipped at random, and those planted in the demo corpus.

    python benchmarks/statistics_labels.py [--data FOLDER] [--quick] [--out FILE]

Prints one JSON document. ``--data`` holds ``ravdess6`` (by default EMOANALYTICS_SHARED_DATA); without it only the
demo corpus is audited. Embeddings are those of the acoustic encoder. The settings of the audit were chosen on flips
of other seeds than these.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import build
from emoanalytics.demo import build_demo
from emoanalytics.embed.registry import ACOUSTIC, load_encoder
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.labels_audit import audit_labels

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (1, 2, 3, 4, 5)
FLIPPED = 0.1
COLUMN = "e2v_class"  # of labels.csv: the nearest of the nine emotions


def flipped(labels: list[str], seed: int) -> list[str]:
    """A tenth of the labels, drawn at random, replaced by another one drawn at random."""
    rng = np.random.default_rng(seed)
    classes, wrong = sorted(set(labels)), list(labels)
    for i in rng.choice(len(labels), round(FLIPPED * len(labels)), replace=False):
        wrong[i] = str(rng.choice([c for c in classes if c != labels[i]]))
    return wrong


def store_with_flips(data: Path, folder: Path) -> EmotionStore:
    """The clips of ravdess6 with a column of flipped labels for each seed."""
    with (data / "ravdess6" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = "file" if "file" in rows[0] else next(iter(rows[0]))
    for row in rows:
        row[path] = str((data / "ravdess6" / row[path]).resolve())
    for seed in SEEDS:
        for row, label in zip(rows, flipped([r[COLUMN] for r in rows], seed), strict=True):
            row[f"flipped_{seed}"] = label
    manifest = folder / "labels.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    build(open_corpus(manifest), folder / "store", load_encoder(ACOUSTIC))
    return EmotionStore.open(folder / "store")


def found_flips(store: EmotionStore, seed: int) -> dict[str, float]:
    """Area under the curve of the suspicion score, and how many of the first 36 are flips."""
    graph = Geometry(store, Space.SPEAKER_CENTRED).graph
    start = time.perf_counter()
    audit = audit_labels(store, target=f"flipped_{seed}", graph=graph, most=None)
    seconds = time.perf_counter() - start
    table = store.segments(["segment_id", COLUMN, f"flipped_{seed}"]).set_index("segment_id")
    wrong = table[COLUMN] != table[f"flipped_{seed}"]
    hits = [bool(wrong[r.segment_id]) for r in audit.labels]
    return {
        "flips": sum(hits),
        "area_under_roc": round(float(roc_auc_score(hits, [r.score for r in audit.labels])), 3),
        "flips_among_as_many_first": sum(hits[: sum(hits)]),
        "likely": audit.likely,
        "recall_of_the_model": round(float(audit.uar or 0), 3),
        "seconds": round(seconds, 1),
    }


def planted(folder: Path) -> dict[str, Any]:
    """Where the six wrong labels of the demo corpus stand in the order."""
    build_demo(folder / "demo")
    store = EmotionStore.open(folder / "demo")
    files = [
        w["file"] for w in json.loads((ROOT / "data/demo/planted.json").read_text(encoding="utf-8"))["wrong_labels"]
    ]

    def ranks(**how: Any) -> list[int]:
        order = [r.file for r in audit_labels(store, most=None, **how).labels]
        return sorted(order.index(f) + 1 for f in files)

    graph = Geometry(store, Space.SPEAKER_CENTRED).graph
    return {
        "clips": len(store),
        "ranks": ranks(graph=graph),
        "ranks_by_stored_scores": ranks(refit=False),
        "ranks_by_stored_scores_and_neighbours": ranks(refit=False, graph=graph),
    }


def measure(quick: bool = False, data: Path | None = None) -> dict[str, Any]:
    """Flips of ravdess6 and the demo's wrong labels."""
    data = data or Path(os.environ.get("EMOANALYTICS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    seeds = SEEDS[:1] if quick else SEEDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = planted(folder)
        if not (data / "ravdess6" / "labels.csv").is_file():
            return {"demo": demo, "ravdess6": "not at hand"}
        store = store_with_flips(data, folder)
        each = {f"seed {seed}": found_flips(store, seed) for seed in seeds}
    areas = [found["area_under_roc"] for found in each.values()]
    summary = {"mean_area_under_roc": round(float(np.mean(areas)), 3), "least_area_under_roc": min(areas)}
    return {"demo": demo, "ravdess6": {**summary, "labels": COLUMN, "flipped": FLIPPED, **each}}


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder that holds ravdess6")
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--out", type=Path, help="write the document here too")
    options = parser.parse_args()
    text = json.dumps(measure(options.quick, options.data), indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
