"""The comparison that decides whether a build may run in fast arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emoanalytics.embed.encoder import Encoded, Precision
from emoanalytics.embed.selfcheck import CHECK_CLIP_S, CHECK_CLIPS, LEAST_COSINE, compare, settle
from emoanalytics.errors import EncoderError
from tests.conftest import TinyEncoder, tone

CLIPS = [tone(0.5, seed=i, hz=120 + 40 * i) for i in range(5)]


class Changed(TinyEncoder):
    """The tiny encoder, its embeddings changed by a function, under another precision."""

    def __init__(self, precision: str, change) -> None:
        super().__init__()
        self.card = replace(TinyEncoder().card, precision=precision)
        self.change, self.heard = change, []

    def encode(self, clips, *, frames=False):
        self.heard += [len(clip) for clip in clips]
        found = TinyEncoder().encode(clips, frames=frames)
        return Encoded(np.stack([self.change(row) for row in found.embeddings]), found.n_frames, found.frame_logits)


class Exact(TinyEncoder):
    """Has bf16 and int8, as good as the changes given."""

    fast_by_default = False

    def __init__(self, **changes) -> None:
        super().__init__()
        self.changes, self.made = changes, []
        self.faster = tuple(Precision(name) for name in changes)

    def at(self, precision):
        self.made.append(str(precision))
        return Changed(precision, self.changes[precision])


def same(row):
    return row


def turned(row):
    """A row at a cosine of 0.999 to what it was, near enough to keep its label."""
    other = np.roll(row, 1)
    other -= row * (row @ other) / (row @ row)
    return (row + other / np.linalg.norm(other) * np.linalg.norm(row) * np.tan(np.arccos(0.999))).astype(np.float32)


def test_the_same_numbers_pass():
    check = compare(TinyEncoder(), Changed("bf16", same), CLIPS)
    assert (check.n, check.flips, check.passed, check.score_diff_max) == (5, 0, True, 0.0)
    assert check.cosine_min == pytest.approx(1.0)
    assert str(check) == (
        "bf16 against exact on 5 clips: smallest cosine 1.00000, largest score difference 0.0e+00, no label changed"
    )


def test_against_a_plain_loop():
    exact, fast = TinyEncoder(), Changed("int8", turned)
    check = compare(exact, fast, CLIPS)
    cosines, differences, flips = [], [], 0
    for clip in CLIPS:
        a, b = exact.encode([clip]).embeddings[0], fast.encode([clip]).embeddings[0]
        cosines.append(a @ b / np.sqrt((a @ a) * (b @ b)))
        one, other = exact.head.scores(a[None])[0], exact.head.scores(b[None])[0]
        differences.append(np.abs(one - other).max())
        flips += int(one.argmax() != other.argmax())
    assert check.cosine_min == pytest.approx(min(cosines), abs=1e-6)
    assert check.score_diff_max == pytest.approx(max(differences), abs=1e-6)
    assert check.flips == flips
    assert check.cosine_min == pytest.approx(0.999, abs=1e-5)
    assert check.cosine_min < LEAST_COSINE
    assert not check.passed


def test_the_gain_is_the_median_of_the_clips_own(monkeypatch):
    clock = iter(np.cumsum([0, 9, 0, 3, 0, 8, 0, 1, 0, 6, 0, 6]).tolist())  # 9 s against 3, 8 against 1, 6 against 6
    monkeypatch.setattr("emoanalytics.embed.selfcheck.time.perf_counter", lambda: next(clock))
    assert compare(TinyEncoder(), Changed("bf16", same), CLIPS[:3]).times_as_fast == 3


def test_a_label_that_changes_is_enough_to_fail():
    exact = TinyEncoder()
    winner = exact.head.logits(exact.encode(CLIPS[:1]).embeddings)[0]
    first, second = np.argsort(-winner)[:2]
    away = exact.head.weights[second] - exact.head.weights[first]
    step = (winner[first] - winner[second]) / (away @ away) * 1.001
    check = compare(exact, Changed("bf16", lambda row: (row + step * away).astype(np.float32)), CLIPS[:1])
    assert check.flips == 1
    assert not check.passed
    assert str(check).endswith("1 label changed")


def test_numbers_that_overflow_in_fast_arithmetic_fail():
    class Overflowing(Changed):
        def encode(self, clips, *, frames=False):
            raise EncoderError("clip 0 gave values that are not finite")

    check = compare(TinyEncoder(), Overflowing("bf16", same), CLIPS)
    assert (check.n, check.cosine_min, check.passed) == (5, -1.0, False)


def test_only_the_start_of_a_few_clips_is_heard_and_bad_clips_do_not_count():
    fast = Changed("bf16", same)
    check = compare(TinyEncoder(), fast, [tone(0.001), *(tone(9, seed=i) for i in range(20))])
    assert check.n == CHECK_CLIPS - 1
    assert fast.heard == [round(CHECK_CLIP_S * 16_000)] * check.n
    none = compare(TinyEncoder(), fast, [np.full(9000, np.nan, np.float32)])
    assert (none.n, none.passed, str(none)) == (0, False, "no clip to compare bf16 with exact on")


def test_fast_is_the_first_that_passes_else_exact():
    encoder = Exact(bf16=same, int8=same)
    settled = settle(encoder, "fast", CLIPS)
    assert settled.encoder.card.precision == "bf16"
    assert encoder.made == ["bf16"]
    speed = f"{settled.checks[0].times_as_fast:.1f}"
    assert settled.note.endswith(f"no label changed, {speed} times as fast on them: bf16 is used")
    settled = settle(Exact(bf16=turned, int8=same), "fast", CLIPS)
    assert settled.encoder.card.precision == "int8"
    assert [c["precision"] for c in settled.as_json()["checks"]] == ["bf16", "int8"]
    encoder = Exact(bf16=turned)
    settled = settle(encoder, Precision.FAST, CLIPS)
    assert settled.encoder is encoder
    assert settled.as_json() | {"checks": [], "note": ""} == {
        "asked": "fast",
        "used": "exact",
        "checks": [],
        "note": "",
    }
    assert "smallest cosine 0.99900" in settled.note
    assert settled.note.endswith(": exact is used")


def test_auto_follows_the_store_then_the_device():
    encoder = Exact(bf16=same)
    assert settle(encoder, "auto", CLIPS).encoder is encoder
    assert settle(encoder, "auto", CLIPS, stored="exact").encoder is encoder
    assert settle(encoder, "auto", CLIPS, stored="bf16").encoder.card.precision == "bf16"
    encoder.fast_by_default = True
    assert settle(encoder, "auto", CLIPS).encoder.card.precision == "bf16"
    assert settle(encoder, "auto", CLIPS, stored="exact").encoder is encoder
    assert settle(encoder, "exact", CLIPS).note == ""


def test_an_arithmetic_asked_for_by_name_is_used_and_told_of():
    settled = settle(Exact(int8=turned), "int8", CLIPS)
    assert settled.encoder.card.precision == "int8"
    assert not settled.checks[0].passed
    assert settled.note.endswith("use exact instead: cosines of at least 0.9995 were expected")


def test_an_encoder_with_one_arithmetic():
    encoder = TinyEncoder()
    assert settle(encoder, "auto", CLIPS).encoder is encoder
    with pytest.raises(EncoderError, match="has one precision, not fast: leave out --precision"):
        settle(encoder, "fast", CLIPS)
