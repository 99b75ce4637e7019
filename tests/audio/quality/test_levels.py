"""Level, silence and noise against slow twins and planted noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma, erf, gamma
from scipy.stats import poisson

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import Flag, flags, levels
from tests.audio.quality.make_sounds import SETTINGS, quality_of, raised, talk, with_noise

# Level and silence: slow twins -------------------------------------------------------------------------------


def frames_by_hand(samples: np.ndarray) -> list[float]:
    powers = []
    for first in range(0, len(samples), 320):
        frame = samples[first : first + 320].astype(np.float64)
        mean = sum(frame) / len(frame)
        powers.append(sum((x - mean) ** 2 for x in frame) / len(frame))
    return powers


def level_by_hand(powers: list[float]) -> float:
    """The highest level that is the mean of the frames no more than 15.9 dB below it, by trying every cut."""
    for cut in sorted(set(powers)):
        above = [p for p in powers if p >= cut]
        mean = sum(above) / len(above)
        if all(p < mean / 10**1.59 for p in powers if p < cut) and cut >= mean / 10**1.59:
            return mean
    raise AssertionError("no such level")


@pytest.mark.parametrize("seed", range(4))
def test_level_and_silence_equal_plain_loops(seed: int) -> None:
    samples = talk(2.3, seed=seed)[: 36_000 + 17 * seed]
    quality = quality_of(samples)
    powers = frames_by_hand(samples)
    level = level_by_hand(powers)
    silent = sum(1 for p in powers if p < level / 1000 or p < 10**-6.5)
    assert quality.level_dbfs == pytest.approx(10 * math.log10(level), abs=1e-4)
    assert quality.silence_share == pytest.approx(silent / len(powers))
    assert 0.05 < quality.silence_share < 0.95


def test_a_full_scale_sine_is_at_minus_three() -> None:
    sine = np.sin(2 * np.pi * 400 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    assert quality_of(sine).level_dbfs == pytest.approx(-3.01, abs=0.01)


def test_an_offset_is_no_sound() -> None:
    speech = with_noise(talk(3), 15)
    clean, offset = vars(quality_of(speech)), vars(quality_of(speech + np.float32(0.25)))
    for column, value in clean.items():
        assert offset[column] == pytest.approx(value, rel=1e-3, abs=1e-3), column
    assert flags(quality_of(np.full(2 * RATE_HZ, 0.3, np.float32)), SETTINGS) == (Flag.SILENT,)


def test_pauses_do_not_lower_the_level() -> None:
    speech = talk(3)
    padded = np.concatenate([np.zeros(RATE_HZ * 4, np.float32), speech])
    assert quality_of(padded).level_dbfs == pytest.approx(quality_of(speech).level_dbfs, abs=0.05)


# Noise ---------------------------------------------------------------------------------------------------------


def test_the_amplitude_table_is_the_integral_it_stands_for() -> None:
    shape = 0.4

    def mean_log(x: float) -> float:  # E ln|x + n|, n standard normal: (x + n)^2 is noncentral chi-square
        j = np.arange(2000)
        return (math.log(2) + float(poisson.pmf(j, x * x / 2) @ digamma(j + 0.5))) / 2 if x < 40 else math.log(x)

    def mean_size(x: float) -> float:
        return math.sqrt(2 / math.pi) * math.exp(-x * x / 2) + x * erf(x / math.sqrt(2))

    for snr in (-10.0, 0.0, 10.0, 20.0):
        rate = math.sqrt(shape * (shape + 1) / 10 ** (snr / 10))

        def mean(function, rate=rate):  # over a gamma density; w = u ** shape takes its pole away
            return quad(
                lambda w: function(w ** (1 / shape) / rate) * math.exp(-(w ** (1 / shape))) / gamma(shape + 1),
                0,
                50**shape,
                epsabs=1e-6,
                limit=200,
            )[0]

        gap = math.log(mean(mean_size)) - mean(mean_log)
        assert levels.wada_db(gap) == pytest.approx(snr, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_snr_follows_planted_noise(seed: int) -> None:
    speech = talk(5, seed=seed)
    estimates = [quality_of(with_noise(speech, snr, seed)).snr_db for snr in (0, 5, 10, 15, 20, 25)]
    assert estimates == sorted(estimates)
    for estimate, snr in zip(estimates, (0, 5, 10, 15, 20, 25), strict=True):
        assert abs(estimate - snr) < 6


def test_noise_is_flagged_and_clean_speech_is_not() -> None:
    speech = talk(4)
    assert Flag.NOISY not in raised(speech)
    assert Flag.NOISY in raised(with_noise(speech, 5))
    assert Flag.NOISY in raised(0.1 * np.random.default_rng(0).normal(size=32_000))


def test_digital_silence_between_words_tells_nothing_about_the_room() -> None:
    noisy = with_noise(talk(3), 3)
    joined = np.concatenate([noisy, np.zeros(RATE_HZ * 2, np.float32), noisy])
    assert quality_of(joined).snr_db == pytest.approx(quality_of(noisy).snr_db, abs=1)


def test_gain_changes_the_level_alone() -> None:
    speech = with_noise(talk(3), 20)
    loud, soft = quality_of(speech), quality_of(speech / 8)
    assert soft.level_dbfs == pytest.approx(loud.level_dbfs - 18.06, abs=0.01)
    for column in ("snr_db", "bandwidth_hz", "music_likeness", "voices_likeness"):
        assert getattr(soft, column) == pytest.approx(getattr(loud, column), abs=0.05), column
