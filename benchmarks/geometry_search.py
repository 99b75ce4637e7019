"""How much of the neighbour structure of a store is voice and how much emotion, in both spaces.

python benchmarks/geometry_search.py STORE [--label COLUMN]...   prints one JSON document
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emoanalytics import EmotionStore
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.views.leak import Leak, leak_meter, precision_gain


def measure(store_folder: Path | str, labels: Sequence[str] = (), *, k: int = 10, seed: int = 0) -> dict[str, Any]:
    """Leak meter of both spaces, precision at k of each label in both, and the gain by centring.

    Args:
        store_folder: a store.
        labels: columns to take the emotion from; none: the given emotion (and ``e2v_class``, where there is one).
        k: neighbours a clip.
        seed: of the bootstrap.
    """
    store = EmotionStore.open(store_folder)
    spaces = {space: Geometry(store, space) for space in Space}
    asked = tuple(labels) or tuple(name for name in ("emotion_given", "e2v_class") if name in store.columns)
    reports = {label: {space: leak_meter(geometry, k=k, label=label, seed=seed) for space, geometry in spaces.items()}
               for label in asked}  # fmt: skip
    found: dict[str, Any] = {"store": Path(store_folder).name, "clips": len(store), "k": k, "seed": seed}
    found["encoder"] = store.info.encoder["name"]
    first = next(iter(reports.values()))
    found["leak"] = {str(space): _factors(report) for space, report in first.items()}
    found["precision"] = {}
    for label, by_space in reports.items():
        gain = precision_gain(spaces[Space.RAW], spaces[Space.SPEAKER_CENTRED], k=k, label=label, seed=seed)
        found["precision"][label] = {str(space): _precision(report) for space, report in by_space.items()} | {
            "gain_by_centring": None if gain is None else _rounded(asdict(gain))
        }
    return found


def _factors(report: Leak) -> dict[str, Any]:
    return {
        each.factor: _rounded({key: value for key, value in each.as_json().items() if key != "factor"})
        for each in report.factors
    }


def _precision(report: Leak) -> dict[str, Any] | None:
    if report.precision is None:
        return None
    overall = report.precision.overall
    kept = ("clips", "purity", "low", "high", "expected")
    return _rounded({("chance" if key == "expected" else key): getattr(overall, key) for key in kept}) | {
        "by_emotion": {
            value: _rounded({"precision": part.purity, "chance": part.expected, "clips": part.clips})
            for value, part in report.precision.by_value.items()
        }
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--label", action="append", default=[])
    given = parser.parse_args()
    print(json.dumps(measure(given.store, given.label), indent=1, ensure_ascii=False))
