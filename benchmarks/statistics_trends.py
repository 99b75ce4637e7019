"""Trends: coverage of intervals, change points with a known answer, speed.

Run: python benchmarks/statistics_trends.py [--quick] > benchmarks/results/statistics_trends.json
Every number is simulated with fixed seeds, except the seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import special, stats
from scipy.optimize import brentq

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.runs import run_record
from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.statistics.changes import find_steps
from emoanalytics.store.schema import SCORE_COLUMNS, SEGMENTS_SCHEMA, embedding_schema
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.trends import trends

K = len(EMOTION_IDS)
BASE = np.log([0.08, 0.02, 0.03, 0.15, 0.50, 0.02, 0.15, 0.04, 0.01])
# Spread of logits between sessions and between clips, fewest and most clips a session.
CORPORA = {
    "even sessions": (0.3, 1.0, 20, 20),
    "uneven sessions": (0.5, 1.0, 5, 35),
    "uneven, sessions differ much": (1.0, 1.5, 5, 35),
    "few clips, peaked scores": (0.3, 2.0, 2, 6),
}


def scores(rng: np.random.Generator, base: np.ndarray, session: np.ndarray, clip: float) -> np.ndarray:
    """Softmax scores of clips: ``session`` (n, 9) are their session's logits."""
    return special.softmax(base + session + rng.normal(0, clip, session.shape), axis=1)


def clip_bootstrap(values: np.ndarray, rng: np.random.Generator, resamples: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """What dashboards do at best: a percentile bootstrap that takes clips for independent."""
    n = len(values)
    draws = rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n
    return tuple(np.percentile(draws @ values, [2.5, 97.5], axis=0))  # type: ignore[return-value]


def percentile(sums: np.ndarray, sizes: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The plain percentile bootstrap over sessions."""
    return tuple(np.percentile((draws @ sums) / (draws @ sizes)[:, None], [2.5, 97.5], axis=0))  # type: ignore[return-value]


def coverage(corpora: int) -> list[dict[str, Any]]:
    """How often 95 % intervals hold the true mean, over simulated corpora; mean, worst and best of nine emotions."""
    found = []
    for name, (spread, clip, fewest, most) in CORPORA.items():
        rng = np.random.default_rng(0)
        many = np.repeat(rng.normal(0, spread, (4000, K)), 100, axis=0)
        truth = scores(rng, BASE, many, clip).mean(axis=0)
        for sessions in (4, 5, 6, 8, 12, 30):
            sums, sizes = np.empty((corpora, sessions, K)), np.empty((corpora, sessions))
            plain, naive, asked = np.zeros(K), np.zeros(K), min(corpora, 400)
            draws = rng.multinomial(sessions, np.full(sessions, 1 / sessions), size=1000)
            for i in range(corpora):
                clips = rng.integers(fewest, most + 1, sessions)
                code = np.repeat(np.arange(sessions), clips)
                values = scores(rng, BASE, rng.normal(0, spread, (sessions, K))[code], clip)
                sums[i], sizes[i] = np.add.reduceat(values, np.cumsum(clips) - clips, axis=0), clips
                low, high = percentile(sums[i], sizes[i], draws)
                plain += (low <= truth) & (truth <= high)
                if i < asked:
                    low, high = clip_bootstrap(values, rng)
                    naive += (low <= truth) & (truth <= high)
            cells = np.repeat(np.arange(corpora), sessions)
            got = mean_intervals(sums.reshape(-1, K), sizes.ravel(), cells, corpora)
            inside = ((got.low <= truth) & (truth <= got.high)).mean(axis=0)
            found.append(
                {
                    "corpora": name,
                    "sessions": sessions,
                    "simulated": corpora,
                    "covered": round(float(inside.mean()), 4),
                    "worst_emotion": round(float(inside.min()), 4),
                    "best_emotion": round(float(inside.max()), 4),
                    "mean_width": round(float((got.high - got.low).mean()), 4),
                    "percentile_over_sessions": round(float(plain.mean() / corpora), 4),
                    "naive_clip_bootstrap": round(float(naive.mean() / asked), 4),
                    "naive_on_the_first": asked,
                }
            )
    return found


def level_of(mean: float, spread: np.ndarray) -> float:
    """The logit at which scores so spread have this mean."""
    return float(brentq(lambda level: special.expit(level + spread).mean() - mean, -60, 60))


def rare_and_lopsided(corpora: int) -> dict[str, Any]:
    """Coverage where scores are rare or one session holds most clips: all intervals, and those that are given.

    Mean score, sessions, clips a session and spread of logits are crossed. ``missed`` is how often an interval is
    given and does not hold the truth.
    """
    means = np.array([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
    normal = np.random.default_rng(0).normal(size=200_000)
    rng, cases = np.random.default_rng(1), []
    for spread, clip in ((0.3, 1.0), (0.3, 2.0), (1.0, 2.0), (1.5, 1.5), (0.5, 5.0)):
        total = np.hypot(spread, clip)
        base = np.array([level_of(m, total * normal) for m in means.tolist()])
        for sessions in (4, 6, 8, 12, 30):
            for clips in (1, 2, 5, 20, "uneven", "one of 200"):
                sizes = (
                    np.full(sessions, clips) if isinstance(clips, int) else np.resize([1, 2, 5, 20, 3, 10], sessions)
                )
                if clips == "one of 200":
                    sizes = np.array([200] + [5] * (sessions - 1))
                code, n = np.repeat(np.arange(sessions), sizes), int(sizes.sum())
                logits = base + rng.normal(0, spread, (corpora, sessions, 7))[:, code]
                values = special.expit(logits + rng.normal(0, clip, (corpora, n, 7)))
                sums = np.add.reduceat(values, np.cumsum(sizes) - sizes, axis=1).reshape(-1, 7)
                cells = np.repeat(np.arange(corpora), sessions)
                rule = np.full(corpora, float(n))
                got = mean_intervals(sums, np.tile(sizes.astype(float), corpora), cells, corpora)
                kept = mean_intervals(sums, np.tile(sizes.astype(float), corpora), cells, corpora, clips=rule)
                wrong = (got.high < means) | (means < got.low)
                given = np.isfinite(kept.low)
                for j, mean in enumerate(means.tolist()):
                    cases.append((mean, clips == "one of 200", wrong[:, j].mean(), given[:, j].mean(),
                                  (wrong & given)[:, j].mean()))  # fmt: skip
    table = np.array(cases, float)

    def told(rows: np.ndarray) -> dict[str, Any]:
        mean = rows.mean(axis=0)
        return {
            "covered_if_always_given": round(float(1 - mean[2]), 4),
            "worst_design_if_always_given": round(float(1 - rows[:, 2].max()), 4),
            "share_given": round(float(mean[3]), 4),
            "covered_where_given": round(float(1 - mean[4] / mean[3]), 4) if mean[3] else None,
            "most_missed_in_a_design": round(float(rows[:, 4].max()), 4),
        }

    even = table[table[:, 1] == 0]
    return {
        "corpora_of_each_design": corpora,
        "designs": len(table),
        "all": told(table),
        "one_session_of_200_clips": told(table[table[:, 1] == 1]),
        "by_mean_score": {str(m): told(even[even[:, 0] == m]) for m in means.tolist()},
    }


def speakers_with_steps(
    rng: np.random.Generator, speakers: int, share: float, spread: float, clip: float,
    *, sessions: int = 12, clips: int = 20, step: float = 0.15, at: int = 6,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Session means (n, t, 9), their squared errors, and who has a step in ``angry`` after session ``at``.

    A step takes part of every clip's other scores and gives it to angry, so that its mean rises by ``step``.
    """
    base = BASE + rng.normal(0, 0.5, (speakers, 1, 1, K))
    z = base + rng.normal(0, spread, (speakers, sessions, 1, K)) + rng.normal(0, clip, (speakers, sessions, clips, K))
    p = special.softmax(z, axis=3)
    changed = np.arange(speakers) < round(speakers * share)
    late = p[changed, at:]
    part = step / (1 - late[..., 0].mean(axis=(1, 2)))
    late *= (1 - part)[:, None, None, None]
    late[..., 0] += part[:, None, None]
    p[changed, at:] = late
    return p.mean(axis=2), p.var(axis=2, ddof=1) / clips, changed


def student(values: np.ndarray) -> list[float] | None:
    """95 % interval of a mean over seeds; None of one."""
    if len(values) < 2:
        return None
    reach = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return [round(float(values.mean() - reach), 4), round(float(values.mean() + reach), 4)]


def change_points(speakers: int, repeats: int) -> list[dict[str, Any]]:
    """False discovery rate, power and place of steps, for several spreads and shares of speakers that change.

    The false discovery rate is a mean over corpora: the share of wrong findings in one corpus is sometimes more. Each
    seed is one corpus; ``false_discovery_interval`` is Student's over seeds, 95 %.
    """
    found = []
    cases = [(0.2, 1.0, 0.5), (0.3, 1.0, 0.5), (0.3, 1.5, 0.5), (0.5, 1.5, 0.5), (0.3, 1.0, 0.1), (0.3, 1.5, 0.02)]
    for spread, clip, share in cases:
        told = []
        for seed in range(repeats):
            rng = np.random.default_rng(seed)
            means, errors, changed = speakers_with_steps(rng, speakers, share, spread, clip)
            lengths = np.full(speakers, 12)
            steps = find_steps(
                means.reshape(-1, K), errors.reshape(-1, K), lengths, sizes=np.full(len(lengths) * 12, 20.0), seed=seed
            )
            flagged = steps.found.any(axis=1)
            hits = flagged & changed
            near = np.abs(steps.place[hits, 0] - 6) <= 1
            told.append(
                (
                    flagged.sum(),
                    (flagged & ~changed).sum() / max(flagged.sum(), 1),
                    hits.sum() / max(changed.sum(), 1),
                    near.mean() if hits.any() else np.nan,
                )
            )
        flagged, wrong, power, near = np.array(told, float).T
        found.append(
            {
                "session_spread_logit": spread,
                "clip_spread_logit": clip,
                "sd_of_a_session_mean_of_angry": round(float(means[~changed, :, 0].std(axis=1, ddof=1).mean()), 4),
                "speakers": speakers,
                "share_changed": share,
                "repeats": repeats,
                "flagged": round(float(flagged.mean()), 1),
                "false_discovery_rate": round(float(wrong.mean()), 4),
                "false_discovery_interval": student(wrong),
                "false_discovery_of_each_seed": [round(float(x), 4) for x in wrong],
                "power": round(float(power.mean()), 4),
                "power_interval": student(power),
                "within_one_session": round(float(np.nanmean(near)), 4),
            }
        )
    return found


# No speaker changes; clips of each of twelve sessions.
UNEVEN = {
    "the first two sessions have one clip, the others 20": [1] * 2 + [20] * 10,
    "the first two sessions have one clip, the others 40": [1] * 2 + [40] * 10,
    "the last two sessions have two clips, the others 20": [20] * 10 + [2] * 2,
    "the last two sessions have 40 clips, the others two": [2] * 10 + [40] * 2,
    "rising from 1 clip to 40": np.linspace(1, 40, 12).astype(int).tolist(),
    "half with one clip, then 40": [1] * 6 + [40] * 6,
    "20 throughout": [20] * 12,
}


def no_change_in_uneven_sessions(speakers: int, repeats: int) -> list[dict[str, Any]]:
    """How many speakers are said to have changed where none has, when sessions differ much in how many clips they hold.

    Stores of few speakers, seven labels: a false alarm anywhere in a store makes its false discovery rate 1.
    """
    found = []
    for name, clips in UNEVEN.items():
        for spread in (0.1, 0.3, 1.0):
            flagged, any_ = [], []
            for seed in range(repeats):
                rng = np.random.default_rng(seed)
                logits = rng.normal(0, 1, (speakers, 1, 7)) + rng.normal(0, spread, (speakers, len(clips), 7))
                means, errors = np.empty((2, speakers, len(clips), 7))
                for session, n in enumerate(clips):
                    p = special.softmax(logits[:, session, None] + rng.normal(0, 1, (speakers, n, 7)), axis=2)
                    means[:, session] = p.mean(axis=1)
                    errors[:, session] = p.var(axis=1, ddof=1) / n if n > 1 else np.nan
                told = {}
                for weighted in (True, False):
                    steps = find_steps(
                        means.reshape(-1, 7),
                        errors.reshape(-1, 7),
                        np.full(speakers, len(clips)),
                        sizes=np.tile(clips, speakers) if weighted else None,
                        permutations=300,
                        seed=seed,
                    )
                    told[weighted] = steps.found.any(axis=1)
                flagged.append([told[True].mean(), told[False].mean()])
                any_.append(told[True].any())
            by_weight, alike = np.mean(flagged, axis=0)
            found.append(
                {
                    "clips": name,
                    "session_spread_logit": spread,
                    "speakers": speakers,
                    "repeats": repeats,
                    "stores_with_a_false_alarm": round(float(np.mean(any_)), 4),
                    "speakers_flagged": round(float(by_weight), 4),
                    "speakers_flagged_if_sessions_counted_alike": round(float(alike), 4),
                }
            )
    return found


def large_store(folder: Path, speakers: int, sessions: int, clips: int) -> EmotionStore:
    """A store of ``speakers * sessions * clips`` clips, in a few commits."""
    store = EmotionStore.create(
        folder,
        encoder={"name": "made", "revision": "1", "dim": 2, "rate_hz": 16_000, "digest": "0", "precision": "exact"},
        fingerprint="0" * 32,
        cut={"mode": "whole"},
        head="builtin",
        labels=EMOTION_IDS,
        head_arrays={"weights": np.zeros((9, 2)), "bias": np.zeros(9)},
    )
    rng = np.random.default_rng(0)
    n, parts = speakers * sessions * clips, 4
    with store.writer() as writer:
        for part in range(parts):
            i = np.arange(n * part // parts, n * (part + 1) // parts)
            who, session = i // (sessions * clips), i // clips % sessions
            values = special.softmax(rng.normal(0, 1.5, (len(i), K)) + BASE, axis=1)
            ids = pa.array([f"{x:032x}" for x in i])
            start = (
                np.datetime64("2026-01-05T09:00", "us")
                + session * np.timedelta64(3, "D")
                + i % clips * np.timedelta64(1, "m")
            )
            columns: dict[str, Any] = {
                "segment_id": ids,
                "content_id": ids,
                "corpus": pa.array(["/corpus"] * len(i)),
                "file": pa.array([f"{x}.wav" for x in i]),
                "start_s": pa.array(np.zeros(len(i))),
                "end_s": pa.array(rng.uniform(1, 8, len(i))),
                "channel": pa.array(["mix"] * len(i)),
                "speaker": pa.array([f"speaker{x:04d}" for x in who]),
                "session": pa.array([f"call{x}" for x in session]),
                "recorded_at": pa.array(start, pa.timestamp("us", tz="UTC")),
                "flags": pa.array([["noisy"] if x % 50 == 0 else [] for x in i], pa.list_(pa.string())),
            }
            rows = pa.table({f.name: columns.get(f.name, pa.nulls(len(i), f.type)) for f in SEGMENTS_SCHEMA})
            table = {
                "segment_id": ids,
                "embedding": pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(2 * len(i), np.float32)), 2),
                **{c: pa.array(values[:, j].astype(np.float32)) for j, c in enumerate(SCORE_COLUMNS)},
                "n_frames": pa.array(np.full(len(i), 50, np.int32)),
            }
            writer.commit(segments=rows, embeddings=pa.table(table, schema=embedding_schema(2)))
    return store


def speed(speakers: int, sessions: int, clips: int) -> list[dict[str, Any]]:
    """Seconds of trends over a store, from Parquet to the result and to plain values."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        store = large_store(Path(folder) / "store", speakers, sessions, clips)
        for by, weigh in (("session", "clips"), ("week", "quality")):
            before = time.perf_counter()
            result = trends(store, by=by, weigh=weigh)
            took = time.perf_counter() - before
            found.append(
                {
                    "by": by,
                    "weigh": weigh,
                    "speakers": len(result.speakers),
                    "clips": len(store),
                    "points": sum(len(s.t) for s in result.speakers),
                    "flagged_though_nothing_changes": sum(bool(s.changes) for s in result.speakers),
                    "seconds": round(took, 1),
                }
            )
    return found


def measure(quick: bool = False) -> dict[str, Any]:
    """All of it as one document.

    Args:
        quick: a hundredth of the work, to see that it runs.
    """
    return {
        "coverage_of_95_percent_intervals": coverage(40 if quick else 2000),
        "rare_and_lopsided": rare_and_lopsided(10 if quick else 400),
        "change_points": change_points(100 if quick else 2000, 2 if quick else 8),
        "no_change_in_uneven_sessions": no_change_in_uneven_sessions(5 if quick else 20, 1 if quick else 40),
        "speed": speed(20, 10, 10) if quick else speed(1000, 50, 20),
    }


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print(json.dumps(run_record("benchmark", quick=quick, **measure(quick)), indent=1))


if __name__ == "__main__":
    main()
