"""Is fast arithmetic good enough here? Asked of the machine and of a few clips of the corpus itself, before a build.

settle -> compare -> SelfCheck -> the encoder to use, and a line for the user
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Protocol, runtime_checkable

import numpy as np

from emoanalytics.embed.encoder import Encoder, Precision
from emoanalytics.errors import EncoderError

LEAST_COSINE = 0.9995
# What the check may cost: this many clips, this much of each. About a second in exact arithmetic on two cores.
CHECK_CLIPS, CHECK_CLIP_S = 8, 1.5
_TICK_S = 1e-9  # a clock may stand still over a short clip


@runtime_checkable
class HasPrecisions(Encoder, Protocol):
    """An encoder that has more than one arithmetic.

    Attributes:
        faster: the faster precisions its device has units for, the one to try first first; often none.
        fast_by_default: whether ``auto`` means ``fast`` on this device.
    """

    @property
    def faster(self) -> tuple[Precision, ...]: ...  # noqa: D102 - described above

    @property
    def fast_by_default(self) -> bool: ...  # noqa: D102

    def at(self, precision: Precision) -> Encoder:
        """The same weights on the same device in another arithmetic."""
        ...


@dataclass(frozen=True)
class SelfCheck:
    """Exact against fast on the same clips.

    Attributes:
        precision: the arithmetic that was compared with exact.
        n: clips compared; clips that no arithmetic can embed do not count.
        cosine_min: smallest cosine of a clip's two embeddings; None without a clip.
        score_diff_max: largest difference of a model score, 0 to 1; None without a clip or a head.
        flips: clips whose highest-scored emotion differs.
        passed: at least one clip, every cosine at least ``LEAST_COSINE``, no flip.
        times_as_fast: median over the clips of exact's seconds by the other's: told, and decides nothing, since what
            else the machine does shows in it; None without a clip.
    """

    precision: Precision
    n: int
    cosine_min: float | None
    score_diff_max: float | None
    flips: int
    passed: bool
    times_as_fast: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the run record."""
        return asdict(self) | {"precision": str(self.precision), "least_cosine": LEAST_COSINE}

    def __str__(self) -> str:
        """One line."""
        if self.cosine_min is None:
            return f"no clip to compare {self.precision} with exact on"
        scores = "" if self.score_diff_max is None else f", largest score difference {self.score_diff_max:.1e}"
        labels = {0: "no label changed", 1: "1 label changed"}.get(self.flips, f"{self.flips} labels changed")
        return (
            f"{self.precision} against exact on {self.n} clips: smallest cosine {self.cosine_min:.5f}{scores}, {labels}"
        )

    @property
    def speed(self) -> str:
        """What was gained, to be said after the line; empty where nothing was compared."""
        return "" if self.times_as_fast is None else f", {self.times_as_fast:.1f} times as fast on them"


@dataclass(frozen=True)
class Settled:
    """What a build runs with.

    Attributes:
        encoder: the encoder to use; its card says its precision.
        asked: the precision that was asked for.
        checks: every comparison made, in order.
        note: one line for the user; empty where exact was asked for and used.
    """

    encoder: Encoder
    asked: Precision
    checks: tuple[SelfCheck, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the run record."""
        return {
            "asked": str(self.asked),
            "used": self.encoder.card.precision,
            "checks": [check.as_json() for check in self.checks],
            "note": self.note,
        }


def compare(exact: Encoder, fast: Encoder, clips: Sequence[np.ndarray]) -> SelfCheck:
    """Run both encoders over the first ``CHECK_CLIP_S`` seconds of up to ``CHECK_CLIPS`` clips.

    Args:
        exact: the encoder in float32.
        fast: the same in another arithmetic.
        clips: 1-D float32 arrays at the encoder's rate, taken from all over the corpus.
    """
    precision = Precision(fast.card.precision)
    most = round(CHECK_CLIP_S * exact.card.rate_hz)
    pairs, gains = [], []
    for clip in clips[:CHECK_CLIPS]:
        right, exact_s = _timed(exact, clip[:most])
        if right is not None:
            found, fast_s = _timed(fast, clip[:most])
            pairs.append((right, found))
            gains.append(exact_s / max(fast_s, _TICK_S))
    if not pairs:
        return SelfCheck(precision, 0, None, None, 0, False)
    if any(found is None for _, found in pairs):  # numbers that overflowed in fast arithmetic only
        return SelfCheck(precision, len(pairs), -1.0, None, 0, False)
    a, b = (np.stack(rows).astype(np.float64) for rows in zip(*pairs, strict=True))
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = float(np.min((a * b).sum(axis=1) / np.maximum(lengths, np.finfo(float).tiny)))
    if exact.head is None:
        return SelfCheck(precision, len(a), cosine, None, 0, cosine >= LEAST_COSINE, median(gains))
    one, other = exact.head.scores(a.astype(np.float32)), exact.head.scores(b.astype(np.float32))
    flips = int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    passed = cosine >= LEAST_COSINE and flips == 0
    return SelfCheck(precision, len(a), cosine, float(np.abs(one - other).max()), flips, passed, median(gains))


def settle(
    encoder: Encoder, asked: Precision | str, clips: Sequence[np.ndarray], *, stored: str | None = None
) -> Settled:
    """The encoder a build should use.

    ``auto`` follows the store where there is one, and is otherwise ``fast`` where the device is one
    that gains much from it, else ``exact``. ``fast`` is the fastest arithmetic the device has units
    for that passes the check, else ``exact``. An arithmetic asked for by name (``bf16``, ``int8``)
    is used whatever the check says, and the check is told.

    Args:
        encoder: as loaded, in exact arithmetic.
        asked: the user's choice.
        clips: a few clips of the corpus, 1-D float32 at the encoder's rate; read only when a check is due.
        stored: the precision of the store that rows are added to, from its encoder card.

    Raises:
        EncoderError: the encoder has no such arithmetic.
    """
    asked = Precision(asked)
    wanted = asked
    if wanted == Precision.AUTO:
        default = Precision.FAST if isinstance(encoder, HasPrecisions) and encoder.fast_by_default else Precision.EXACT
        wanted = Precision(stored) if stored else default
    if wanted == Precision.EXACT:
        return Settled(encoder, asked)
    if not isinstance(encoder, HasPrecisions):
        raise EncoderError(f"{encoder.card.name} has one precision, not {wanted}: leave out --precision")
    if wanted != Precision.FAST:
        named = encoder.at(wanted)
        check = compare(encoder, named, clips)
        verdict = "" if check.passed else f"; use exact instead: cosines of at least {LEAST_COSINE} were expected"
        return Settled(named, asked, (check,), f"{check}{check.speed}{verdict}")
    return _fastest(encoder, asked, clips)


def _fastest(encoder: HasPrecisions, asked: Precision, clips: Sequence[np.ndarray]) -> Settled:
    checks: list[SelfCheck] = []
    for precision in encoder.faster:
        candidate = encoder.at(precision)
        checks.append(compare(encoder, candidate, clips))
        if checks[-1].passed:
            return Settled(candidate, asked, tuple(checks), f"{checks[-1]}{checks[-1].speed}: {precision} is used")
    why = f"{checks[-1]}" if checks else "this device has nothing faster (no units for bf16 or int8)"
    return Settled(encoder, asked, tuple(checks), f"{why}: exact is used")


def _timed(encoder: Encoder, clip: np.ndarray) -> tuple[np.ndarray | None, float]:
    """A clip's embedding and the seconds it took; None where it has none: the build will list it with its reason."""
    started = time.perf_counter()
    try:
        return encoder.encode([clip]).embeddings[0], time.perf_counter() - started
    except EncoderError:
        return None, 0.0
