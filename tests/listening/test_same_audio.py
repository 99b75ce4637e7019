"""Two waveforms laid over each other: shift, gain, cut and codec do not hide a copy; two takes are no copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.listening.same_audio import check, compare
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit.duplicates import Duplicate, How
from tests.conftest import TinyEncoder

RATE_HZ = 16_000


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n) * 0.1


def slow(x: np.ndarray, y: np.ndarray) -> tuple[float, int]:
    """Every lag by itself, of samples without their means."""
    x, y = x - sum(x) / len(x), y - sum(y) / len(y)
    best = (0.0, 0)
    for lag in range(1 - len(y), len(x)):
        a, b = x[max(lag, 0) : lag + len(y)], y[max(-lag, 0) : len(x) - lag]
        energy = np.sqrt((a @ a) * (b @ b))
        if 2 * len(a) >= min(len(x), len(y)) and energy >= 0.1 * np.sqrt((x @ x) * (y @ y)):
            best = max(best, (float(abs(a @ b) / energy), lag))
    return best


@pytest.mark.parametrize("sizes", [(60, 60), (90, 40), (40, 90), (20, 50)])
def test_every_lag_by_itself_gives_the_same(sizes: tuple[int, int]) -> None:
    x, y = noise(sizes[0], 1) + 0.05, noise(sizes[1], 2)
    found = compare(x, y, 1)
    assert (found.correlation, found.lag_s) == pytest.approx(slow(x, y))


@pytest.mark.parametrize("shift", [0, 320, -320])
@pytest.mark.parametrize("gain", [1.0, 0.25, -0.5])
def test_shift_gain_and_polarity_do_not_hide_a_copy(shift: int, gain: float) -> None:
    x = noise(8000)
    y = gain * (x[shift:] if shift >= 0 else np.concatenate([np.zeros(-shift), x]))
    found = compare(x, y, RATE_HZ)
    assert found.same
    assert found.correlation > 0.99
    assert found.lag_s == shift / RATE_HZ
    assert found.gain_db == pytest.approx(20 * np.log10(abs(gain)), abs=0.1)


def test_a_piece_of_a_clip_is_the_same_sound() -> None:
    x = noise(8000)
    assert compare(x, x[3000:5000], RATE_HZ).correlation > 0.99


def test_another_sound_is_not_the_same() -> None:
    assert compare(noise(8000, 1), noise(8000, 2), RATE_HZ).correlation < 0.1


def hum(n: int, hz: float, start: int = 0) -> np.ndarray:
    return 0.2 * np.sin(2 * np.pi * hz * (start + np.arange(n)) / RATE_HZ)


@pytest.mark.parametrize("hz", [50, 60])
def test_an_offset_or_a_hum_that_two_sounds_share_makes_them_no_copies(hz: float) -> None:
    x, y = 0.2 * noise(16_000, 1), 0.2 * noise(16_000, 2)
    assert compare(x + 0.05, y + 0.05, RATE_HZ).correlation < 0.1
    assert compare(x + 0.05 + hum(16_000, 50), y + 0.05 + hum(16_000, 50, 77), RATE_HZ).correlation < 0.2
    assert not compare(x + hum(16_000, hz), y + hum(16_000, hz), RATE_HZ).same


def test_an_offset_or_a_hum_on_one_of_them_hides_no_copy() -> None:
    x = 0.2 * noise(16_000)
    for shown in (x, x + 0.05, x + hum(16_000, 50)):
        found = compare(shown, -0.5 * x[800:], RATE_HZ)
        assert found.correlation > 0.9
        assert found.lag_s == 0.05


@pytest.mark.parametrize("rate_hz", [1, RATE_HZ])
def test_an_offset_alone_is_silence(rate_hz: int) -> None:
    found = compare(np.full(4000, 0.05), np.full(4000, 0.05), rate_hz)
    assert (found.correlation, found.gain_db) == (0.0, None)


def test_a_small_overlap_does_not_count() -> None:
    x, y = noise(1000, 1), noise(1000, 2)
    y[:300] = x[700:]
    assert compare(x, y, RATE_HZ).correlation < 0.5


@pytest.mark.parametrize("n", [0, 100])
def test_silence_is_nobodys_copy(n: int) -> None:
    found = compare(np.zeros(n), noise(100), RATE_HZ)
    assert (found.correlation, found.same, found.gain_db) == (0.0, False, None)


def test_two_quiet_ends_are_no_copy() -> None:
    x, y = np.concatenate([noise(500, 1), np.full(500, 1e-6)]), np.concatenate([np.full(500, 1e-6), noise(500, 2)])
    assert compare(x, y, RATE_HZ).correlation < 0.3


def pair(first: str, second: str) -> Duplicate:
    return Duplicate(first, second, 0.99, How.NEAR, speakers_differ=False, labels_differ=False)


def test_pairs_of_a_store_are_listened_to_and_missing_audio_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    sound = noise(16_000).astype(np.float32)
    for name, samples in {"a": sound, "b": np.append(np.zeros(320), sound) * 0.5, "c": noise(16_000, 9)}.items():
        sf.write(folder / f"{name}.wav", samples, RATE_HZ)
    build(open_corpus(folder), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0))
    store = EmotionStore.open(tmp_path / "store")
    a, b, c = store.segments(["file", "segment_id"]).sort_values("file")["segment_id"]
    (folder / "c.wav").rename(folder / "d.wav")
    told: list[tuple[int, int, str]] = []
    copy, gone = check(store, [pair(a, b), pair(b, c)], progress=lambda *state: told.append(state))
    assert copy.agreement is not None
    assert copy.agreement.same
    assert copy.agreement.lag_s == pytest.approx(-0.02)
    assert copy.agreement.gain_db == pytest.approx(-6, abs=0.1)
    assert (gone.agreement, gone.pair) == (None, pair(b, c))
    assert "c.wav is not there" in (gone.missing or "")
    assert told[-1] == (2, 2, "comparing waveforms")
    assert check(store, []) == []
