"""How much of sounding alike is voice and how much emotion, in both spaces; what the parts of a query do.

python benchmarks/geometry_search.py STORE [--label COLUMN]...   prints one JSON document
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics import EmotionStore, head_of
from emoanalytics.errors import HeadError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.views.leak import Leak, leak_meter, precision_gain
from emoanalytics.views.search import Catalogue, Query, SearchResult, Weights, search

GAMMAS = (0.0, 0.15, 0.25, 0.5, 0.75, 1.0)
AMOUNTS = (0.0, 0.5, 1.0, 2.0)
ASKED = 150  # queries a figure


def measure(store_folder: Path | str, labels: Sequence[str] = (), *, k: int = 10, seed: int = 0) -> dict[str, Any]:
    """Leak meter of both spaces, precision at k of each label in both, and what the parts of a query do.

    Args:
        store_folder: a store.
        labels: columns to take the emotion from; none: the given emotion (and ``e2v_class``, where there is one).
        k: neighbours a clip, and hits a query.
        seed: of the bootstrap and of the queries.
    """
    store = EmotionStore.open(store_folder)
    spaces = {space: Geometry(store, space) for space in Space}
    asked = tuple(labels) or tuple(name for name in ("emotion_given", "e2v_class") if name in store.columns)
    found: dict[str, Any] = {"store": Path(store_folder).name, "clips": len(store), "k": k, "seed": seed}
    found["encoder"] = store.info.encoder["name"]
    found["leak"], found["precision"], found["queries"] = {}, {}, {}
    for label in asked:
        found["precision"][label] = {}
        for space, geometry in spaces.items():
            report = leak_meter(geometry, k=k, label=label, seed=seed)
            found["leak"].setdefault(str(space), {}).update(_factors(report))
            found["precision"][label][str(space)] = _precision(report)
        gain = precision_gain(spaces[Space.RAW], spaces[Space.SPEAKER_CENTRED], k=k, label=label, seed=seed)
        found["precision"][label]["gain_by_centring"] = None if gain is None else _rounded(asdict(gain))
    for space, geometry in spaces.items():
        found["queries"][str(space)] = {
            "negative": {label: negatives(geometry, label, k=k, seed=seed) for label in asked},
            **said(geometry, k=k, seed=seed),
        }
    return found


def negatives(geometry: Geometry, label: str, *, k: int, seed: int) -> dict[str, float]:
    """Precision at k, same speaker excluded, when the first hit of another emotion is named as a negative.

    By the weight gamma of negatives; at 0 they count nothing.
    """
    catalogue = Catalogue.of(geometry)
    emotions = dict(zip(catalogue.texts["segment_id"], geometry.store.segments([label])[label], strict=True))
    labelled = [i for i, e in emotions.items() if isinstance(e, str)]
    rng = np.random.default_rng(seed)
    asked = [labelled[i] for i in rng.choice(len(labelled), min(ASKED, len(labelled)), replace=False)]
    sums = dict.fromkeys(GAMMAS, 0.0)
    for clip in asked:

        def hits(query: Query) -> list[Any]:
            found = search(geometry, query, k=k, exclude=["same-speaker"], catalogue=catalogue).hits
            return [emotions[hit.segment_id] for hit in found]

        first = search(geometry, Query([clip]), k=100, catalogue=catalogue).hits
        wrong = next((h.segment_id for h in first if emotions[h.segment_id] != emotions[clip]), first[-1].segment_id)
        for gamma in GAMMAS:
            same = [e == emotions[clip] for e in hits(Query([clip], [wrong], weights=Weights(gamma=gamma)))]
            sums[gamma] += float(np.mean(same))
    return {f"gamma {gamma}": round(total / len(asked), 4) for gamma, total in sums.items()}


def said(geometry: Geometry, *, k: int, seed: int) -> dict[str, Any]:
    """What words do: mean score of an emotion when going towards it, and distance of the hits' scores from a profile.

    The distance is the Jensen-Shannon divergence in bits (0: the same, 1: nothing in common), beside that of clips
    drawn at random and of the k clips whose scores are closest of all.
    """
    try:
        head = head_of(geometry.store)
    except HeadError as error:
        return {"said": str(error)}
    if head is None:
        return {"said": "the store has no head"}
    rng = np.random.default_rng(seed)
    catalogue = Catalogue.of(geometry)
    table = geometry.store.scores().set_index("segment_id")[[f"score_{label}" for label in head.labels]]
    table = table[table.notna().all(axis=1)]
    scores, ids = table.to_numpy(np.float64), table.index.to_numpy()

    def of(result: SearchResult) -> np.ndarray:
        return table.reindex([hit.segment_id for hit in result.hits]).dropna().to_numpy(np.float64)

    clips = ids[rng.choice(len(ids), min(ASKED // 3, len(ids)), replace=False)]
    toward: dict[str, dict[str, float]] = {}
    for place, emotion in enumerate(head.labels):
        found = {
            amount: [
                of(search(geometry, Query([c], toward={emotion: amount}), k=k, catalogue=catalogue)) for c in clips
            ]
            for amount in AMOUNTS
        }
        toward[emotion] = {f"amount {a}": round(float(np.concatenate(f)[:, place].mean()), 4) for a, f in found.items()}
    distances: dict[str, list[float]] = {"search": [], "random": [], "closest": []}
    for _ in range(ASKED):
        profile = rng.dirichlet(np.full(len(head.labels), 0.4))
        every = _divergence(profile, scores)
        target = dict(zip(head.labels, map(float, profile), strict=True))
        near = of(search(geometry, Query(target=target), k=k, catalogue=catalogue))
        distances["search"].append(float(_divergence(profile, near).mean()))
        distances["random"].append(float(every.mean()))
        distances["closest"].append(float(np.sort(every)[:k].mean()))
    return {
        "mean_score_going_toward": toward,
        "divergence_from_target": {name: round(float(np.mean(values)), 4) for name, values in distances.items()},
    }


def _divergence(profile: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of each row from a profile, in bits."""
    middle = (profile + scores) / 2

    def relative(a: np.ndarray) -> np.ndarray:
        return np.where(a > 0, a * np.log2(np.maximum(a, 1e-300) / np.maximum(middle, 1e-300)), 0.0).sum(axis=1)

    return (relative(np.broadcast_to(profile, scores.shape)) + relative(scores)) / 2


def _factors(report: Leak) -> dict[str, Any]:
    return {
        each.factor: _rounded({key: value for key, value in each.as_json().items() if key != "factor"})
        for each in report.factors
    }


def _precision(report: Leak) -> dict[str, Any] | None:
    if report.precision is None:
        return None
    overall = report.precision.overall
    return _rounded(
        {
            "precision": overall.purity,
            "low": overall.low,
            "high": overall.high,
            "chance": overall.expected,
            "clips": overall.clips,
        }
    ) | {
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
