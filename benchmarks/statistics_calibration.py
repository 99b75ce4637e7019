"""Calibration on real votes, the estimators behind it, learning curves and fragile labels.

    python benchmarks/statistics_calibration.py [--quick] [--data FOLDER] [--out FILE]

Prints one JSON document. ``--data`` holds ``cremad_votes`` and ``ravdess6`` (where one is missing, its part is null);
everything else is simulated or comes from the demo corpus. Seeds are fixed; only the seconds differ between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.demo import build_demo
from emoanalytics.embed.heads import Scaling, fit
from emoanalytics.embed.heads.conformal import SetKind
from emoanalytics.embed.heads.reliability import reliability
from emoanalytics.embed.registry import load_encoder
from emoanalytics.listening.fragile import fragile
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views.calibrate.held_out import calibrated

ROOT = Path(__file__).resolve().parents[1]


def overconfident(votes: np.ndarray, speakers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scores of a head simulated from votes: log shares, blurred clip by clip and speaker by speaker, then sharpened.

    The blur (deviation 1 a clip, 0.3 a speaker) makes it wrong where listeners agree; the factor 2.5 makes it sure.
    """
    log_shares = np.log((votes + 0.5) / (votes + 0.5).sum(axis=1, keepdims=True))
    own = 0.3 * rng.normal(size=(int(speakers.max()) + 1, votes.shape[1]))[speakers]
    return softmax(2.5 * (log_shares + rng.normal(size=votes.shape) + own), axis=1)


def held_out_speakers(table: pd.DataFrame, splits: int, clips: int, speakers: int) -> dict[str, Any]:
    """Calibrate on some clips of some speakers, measure on all clips of the other speakers, split after split."""
    columns = [name for name in table.columns if name.startswith("vote_")]
    votes = table[columns].to_numpy(np.float64)
    targets = votes / votes.sum(axis=1, keepdims=True)
    who = pd.factorize(table["speaker"])[0]
    labels = [name.removeprefix("vote_") for name in columns]
    found: dict[str, list[float]] = {}
    methods: dict[str, int] = {}
    trusted = 0
    for split in range(splits):
        rng = np.random.default_rng(split)
        scores = overconfident(votes, who, rng)
        chosen = rng.permutation(who.max() + 1)[:speakers]
        own = rng.permutation(np.flatnonzero(np.isin(who, chosen)))[:clips]
        new = ~np.isin(who, chosen)
        result = calibrated(labels, scores[own], targets[own], who[own], wanted=(0.7,), seed=split, resamples=200)
        after = result.chosen.calibrator.scores(scores[new])
        before_new = reliability(scores[new], targets[new], who[new], resamples=10)
        after_new = reliability(after, targets[new], who[new], resamples=10)
        figures = {
            "error_before": before_new.error,
            "error_after": after_new.error,
            "ece_before": before_new.ece,
            "ece_after": after_new.ece,
            "error_after_foretold": result.after.error,
            "error_after_foretold_high": result.after.high or np.nan,
        }
        for sets in result.sets:
            members = sets.rule.members(after)
            figures[f"{sets.rule.kind}_coverage"] = float((targets[new] * members).sum(axis=1).mean())
            figures[f"{sets.rule.kind}_size"] = float(members.sum(axis=1).mean())
            figures[f"{sets.rule.kind}_coverage_foretold"] = sets.held_out
        line = result.lines[0]
        if line.score is not None:
            kept = after.max(axis=1) >= line.score
            right = targets[new][np.arange(len(after)), after.argmax(axis=1)]
            figures["line_kept"], figures["line_right"] = float(kept.mean()), float(right[kept].mean())
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
        method = str(result.chosen.calibrator.method)
        methods[method] = methods.get(method, 0) + 1
        trusted += result.trusted
    return {
        "splits": splits,
        "clips": clips,
        "speakers": speakers,
        "sets_hold_for": str(result.sets[0].rule.holds),
        "coverage_wanted": 0.9,
        "line_wanted": 0.7,
        "called_calibrated": trusted,
        "methods": methods,
        "mean": {name: round(float(np.nanmean(values)), 4) for name, values in found.items()},
        "5_to_95_percent": {
            f"{kind}_coverage": [round(float(q), 4) for q in np.quantile(found[f"{kind}_coverage"], (0.05, 0.95))]
            for kind in SetKind
        },
    }


def error_estimator(corpora: int) -> list[dict[str, Any]]:
    """The calibration error of simulated heads, against the truth, and how often its interval holds it."""

    def corpus(
        rng: np.random.Generator, speakers: int, clips: int, sharper: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        who = np.repeat(np.arange(speakers), clips)
        logits = 1.5 * rng.normal(size=(len(who), 4))
        truth = softmax(logits + 0.5 * rng.normal(size=(speakers, 4))[who], axis=1)
        label = (truth.cumsum(axis=1) > rng.random((len(who), 1))).argmax(axis=1)
        return softmax(sharper * logits, axis=1), np.eye(4)[label], who, truth

    found = []
    for sharper in (1.0, 2.0, 3.0):
        scores, _, who, truth = corpus(np.random.default_rng(0), 20_000, 10, sharper)
        top = scores.max(axis=1)
        right = truth[np.arange(len(top)), scores.argmax(axis=1)]
        bins = np.minimum((top * 200).astype(int), 199)
        rows = np.maximum(np.bincount(bins, minlength=200), 1)
        off = np.bincount(bins, top - right, minlength=200) / rows
        true = float(np.sqrt((rows * off**2).sum() / rows.sum()))
        for speakers, clips in ((10, 10), (20, 10), (40, 25)):
            results = []
            for seed in range(corpora):
                scores, targets, who, _ = corpus(np.random.default_rng([seed, speakers]), speakers, clips, sharper)
                results.append(reliability(scores, targets, who, seed=seed, resamples=400))
            holds = [r.low is not None and r.high is not None and r.low <= true <= r.high for r in results]
            found.append(
                {
                    "sharper": sharper,
                    "speakers": speakers,
                    "clips": speakers * clips,
                    "true_error": round(true, 4),
                    "mean_error": round(float(np.mean([r.error for r in results])), 4),
                    "mean_usual_ece": round(float(np.mean([r.ece for r in results])), 4),
                    "interval_holds": round(float(np.mean(holds)), 3),
                }
            )
    return found


def learning(corpora: int) -> dict[str, Any]:
    """Foretold gain of 100 more labels on simulated corpora of 8 speakers, against what 100 more labels brought."""
    more, foretold, came, holds, certain = 100, [], [], 0, 0
    settings: dict[str, Any] = {"c_grid": [0.03], "scalings": [Scaling.COMMON]}
    for seed in range(corpora):
        rng = np.random.default_rng(seed)
        means, voices = 0.55 * rng.normal(size=(4, 20)), 0.5 * rng.normal(size=(8, 20))

        def clips(
            n: int, own: np.ndarray, rng: np.random.Generator = rng, means: np.ndarray = means
        ) -> tuple[Any, ...]:
            who, label = rng.integers(len(own), size=n), rng.integers(4, size=n)
            return rng.normal(size=(n, 20)) + own[who] + means[label], label, who

        x, y, who = clips(160, voices)
        report = fit(x, y.astype(str), who.astype(str), seed=seed, resamples=400, **settings)
        x_new, y_new, _ = clips(6_000, 0.5 * rng.normal(size=(500, 20)))

        def recall(weights: Any, x_new: np.ndarray = x_new, y_new: np.ndarray = y_new) -> float:
            won = weights.scores(x_new).argmax(axis=1)
            return float(np.mean([(won[y_new == k] == k).mean() for k in range(4)]))

        after = []
        for _ in range(3):
            x_more, y_more, who_more = clips(more, voices)
            longer = fit(
                np.concatenate([x, x_more]),
                np.concatenate([y, y_more]).astype(str),
                np.concatenate([who, who_more]).astype(str),
                folds=2,
                learn=False,
                resamples=10,
                **settings,
            )
            after.append(recall(longer.head))
        gain = next(g for g in report.learning.gains if g.more == more) if report.learning else None
        brought = float(np.mean(after)) - recall(report.head)
        if gain is None or gain.gain is None or gain.low is None or gain.high is None:
            raise RuntimeError("eight speakers are enough for a curve")
        foretold.append(gain.gain)
        came.append(brought)
        holds += gain.low <= brought <= gain.high
        certain += gain.certain
    return {
        "corpora": corpora,
        "mean_gain_foretold": round(float(np.mean(foretold)), 4),
        "mean_gain_that_came": round(float(np.mean(came)), 4),
        "interval_holds": round(holds / corpora, 3),
        "said_to_help": round(certain / corpora, 3),
    }


def fragile_demo(clips: int | None) -> dict[str, Any]:
    """How many winners of the demo small changes flip, and how long it takes."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "demo"
        build_demo(store, workers=0)
        opened = EmotionStore.open(store)
        ids = opened.segments(["segment_id"])["segment_id"].to_list()[:clips]
        cpu = time.process_time()
        found = fragile(opened, ids)
        return {
            "clips": len(found.clips),
            "fragile": len(found.fragile),
            "failures": len(found.failures),
            "changes": {c.name: {"flipped": c.flipped, "low": c.low, "high": c.high} for c in found.changes},
            "seconds": round(found.seconds, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        }


def head_fit(data: Path) -> dict[str, Any] | None:
    """A fit on real speech with its learning curve: seconds of one core, and what the curve says."""
    if not (data / "ravdess6" / "labels.csv").is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "ravdess6"
        build(open_corpus(data / "ravdess6"), store, load_encoder("acoustic"), BuildSettings(workers=0))
        wall, cpu = time.perf_counter(), time.process_time()
        report = train_head(store, "e2v_class")
        curve = report.learning
        return {
            "rows": report.rows,
            "speakers": report.groups,
            "uar": round(report.uar, 4),
            "seconds": round(time.perf_counter() - wall, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            "curve": [[round(p.rows), round(p.uar, 4)] for p in curve.points] if curve else None,
            "gains": [[g.more, g.gain, g.low, g.high, g.certain] for g in curve.gains] if curve else None,
        }


def measure(quick: bool = False, data: Path | None = None) -> dict[str, Any]:
    """Everything.

    Args:
        quick: a few splits and clips, to see that it runs.
        data: folder with the real corpora; the environment names it, or it lies beside the checkout.
    """
    data = data or Path(os.environ.get("EMOANALYTICS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    path = data / "cremad_votes" / "votes.csv.gz"
    table = pd.read_csv(path) if path.is_file() else None
    splits = 3 if quick else 40
    return {
        "calibration_on_new_speakers": None
        if table is None
        else [
            held_out_speakers(table, splits, clips=200, speakers=45),
            held_out_speakers(table, splits, clips=100, speakers=20),
            held_out_speakers(table, splits, clips=100, speakers=6),
        ],
        "calibration_error_estimator": error_estimator(20 if quick else 200),
        "learning_curve": learning(2 if quick else 24),
        "head_fit": None if quick else head_fit(data),
        "fragile_demo": fragile_demo(5 if quick else None),
    }


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder that holds cremad_votes and ravdess6")
    parser.add_argument("--quick", action="store_true", help="a few splits, corpora and clips")
    parser.add_argument("--out", type=Path, help="write the document here too")
    options = parser.parse_args()
    text = json.dumps(measure(options.quick, options.data), indent=2, allow_nan=False)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
