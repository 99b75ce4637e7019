"""How often a comparison finds a difference where there is none, how often its intervals hold, what it finds.

    python benchmarks/statistics_compare.py [--quick] [--out FILE]

Prints one JSON document. Eight speakers can only give p-values in steps of 1/35, so that a test at 0.05 is one
at 0.029. In every simulated corpus the speakers differ and the groups do not, so each p-value of at
most 0.05 is wrong. For contrast, the same test as if clips were independent.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.statistics.cells import Cells, Contrast
from emoanalytics.statistics.differences import difference_interval
from emoanalytics.statistics.multiplicity import adjusted, gated
from emoanalytics.statistics.permutation import permutation_test

ALPHA = 0.05
POWER_OF = ("between: 12", "within: 12 speakers, clips", "mixed")
SESSIONS = 6
# Most emotions are rare in speech: scores are skewed, as a model's are.
COMMON = np.array([0.0, -1.0, -1.0, 0.5, 1.5, -2.0, 0.3, -1.0, -3.0])
Corpus = tuple[np.ndarray, np.ndarray, np.ndarray]  # (n, 9) scores, (n,) speakers, (n,) groups
Assign = Callable[[np.random.Generator, int, int], np.ndarray]  # (random, speaker, clips) -> (clips,) groups


def split(first: int) -> Assign:
    """The first speakers are one group, the others the other."""
    return lambda rng, s, n: np.full(n, int(s >= first))


def by_session(rng: np.random.Generator, s: int, n: int) -> np.ndarray:
    """Whole sessions of a speaker are in a group; clips of a session are alike (see ``simulate``)."""
    return rng.permutation(np.arange(SESSIONS) % 2)[session_of(n)]


def one_in_seven(rng: np.random.Generator, s: int, n: int) -> np.ndarray:
    """Few clips of each speaker are in the second group."""
    return (rng.random(n) < 1 / 7).astype(int)


def mixed(rng: np.random.Generator, s: int, n: int) -> np.ndarray:
    """A third of the speakers are in both groups, a third in each one only."""
    return rng.integers(0, 2, n) if s % 3 == 2 else np.full(n, s % 3)


def session_of(n: int) -> np.ndarray:
    """The session of each clip of a speaker."""
    return np.arange(n) * SESSIONS // n


# name -> (speakers, clips of a speaker from .. to, who is in which group)
DESIGNS: dict[str, tuple[int, tuple[int, int], Assign]] = {
    "between: 12 and 12 speakers": (24, (5, 40), split(12)),
    "between: 4 and 4 speakers": (8, (5, 40), split(4)),
    "between: 8 speakers with few clips, 16 with many": (24, (0, 0), split(8)),
    "within: 12 speakers, clips mixed": (12, (8, 40), lambda rng, s, n: rng.integers(0, 2, n)),
    "within: 20 speakers, one clip in seven in a group": (
        20,
        (8, 40),
        lambda rng, s, n: (rng.random(n) < 1 / 7).astype(int),
    ),
    "within: 12 speakers, by whole sessions": (12, (12, 40), by_session),
    "mixed: 24 speakers, a third in both": (24, (5, 40), mixed),
    "three groups of 8 speakers": (24, (5, 40), lambda rng, s, n: np.full(n, s % 3)),
}


def simulate(rng: np.random.Generator, design: str, effect: float = 0.0) -> Corpus:
    """A corpus whose speakers and sessions differ; ``effect`` is added to the logit of angry in group 0."""
    n_speakers, (least, most), assign = DESIGNS[design]
    logits, speakers, groups = [], [], []
    for s in range(n_speakers):
        n = int(rng.integers(least, most + 1)) if most else int(rng.integers(2, 6) if s < 8 else rng.integers(20, 40))
        voice, moods = rng.normal(size=9), 0.7 * rng.normal(size=(SESSIONS, 9))
        logits.append(COMMON + voice + moods[session_of(n)] + 1.2 * rng.normal(size=(n, 9)))
        groups.append(assign(rng, s, n))
        speakers.append(np.full(n, s))
    z, group = np.concatenate(logits), np.concatenate(groups)
    z[:, 0] += effect * (group == 0)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True), np.concatenate(speakers), group


def of_design(design: str, corpora: int, *, effect: float = 0.0, naive: int = 0) -> dict[str, Any]:
    """Shares over simulated corpora."""
    overall, any_emotion, told, covered, by_clip, sizes = [], [], [], [], [], []
    for i in range(corpora):
        scores, speakers, groups = simulate(np.random.default_rng([20, i]), design, effect)
        cells = Cells.of(scores, speakers, groups)
        test = permutation_test(cells, permutations=999, seed=i)
        overall.append(test is not None and test.p <= ALPHA)
        any_emotion.append(test is not None and bool((adjusted(test.each) <= ALPHA).any()))
        told.append(test is not None and bool((gated(adjusted(test.each), test.p) <= ALPHA).any()))
        if i < naive:
            clips = permutation_test(Cells.of(scores, np.arange(len(scores)), groups), permutations=199, seed=i)
            by_clip.append(clips is not None and clips.p <= ALPHA)
        contrast = Contrast.of(cells)
        low, high = difference_interval(contrast, seed=i)
        covered.append((low <= 0) & (high >= 0) if not np.isnan(low).any() else np.full(9, np.nan))
        sizes.append(contrast.difference[0])
    coverage = np.array(covered, dtype=float)
    found = {"corpora": corpora, "groups_differ": share(overall), "any_emotion_after_holm": share(any_emotion)}
    found["any_emotion_told"] = share(told)  # behind the test of all emotions together, as a comparison tells it
    if effect:
        return {**found, "effect_on_the_score_of_angry": round(float(np.mean(sizes)), 3)}
    found["clips_taken_as_independent"] = share(by_clip)
    known = not np.isnan(coverage).any()
    return {
        **found,
        "interval_holds": round(float(coverage.mean()), 4) if known else "no interval: too few speakers",
    }


def share(hits: list[bool]) -> float:
    """Share of hits."""
    return round(float(np.mean(hits)), 4)


def measure(quick: bool = False) -> dict[str, Any]:
    """False positives of each design, and what one is found with."""
    start = time.perf_counter()
    corpora, naive = (100, 20) if quick else (2_000, 400)
    null = {design: of_design(design, corpora, naive=naive) for design in DESIGNS}
    some = corpora // 4
    power = {name: of_design(name, some, effect=1.0) for name in DESIGNS if name.startswith(POWER_OF)}
    return {
        "alpha": ALPHA,
        "no_difference": null,
        "angry_a_logit_higher": power,
        "permutations": 999,
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the corpora")
    parser.add_argument("--out", type=Path, help="write the document here too")
    options = parser.parse_args()
    text = json.dumps(measure(options.quick), indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
