"""The band against a plain loop and steep filters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality.spectrum import Spectrum, bandwidth_hz
from tests.audio.quality.make_sounds import quality_of, raised, talk, with_noise


@pytest.mark.parametrize("cutoff_hz", [2000, 3400, 5000, 7000])
def test_bandwidth_follows_a_steep_filter(cutoff_hz: int) -> None:
    noise = np.random.default_rng(0).normal(size=32_000) * 0.1
    low = sosfilt(butter(20, cutoff_hz, fs=RATE_HZ, output="sos"), noise)
    assert quality_of(low).bandwidth_hz == pytest.approx(cutoff_hz, rel=0.2)


def test_bandwidth_equals_a_plain_loop() -> None:
    noise = np.random.default_rng(3).normal(size=RATE_HZ)
    sound = sosfilt(butter(4, [400, 4500], "bandpass", fs=RATE_HZ, output="sos"), noise).astype(np.float32)
    spectra = []
    for first in range(0, len(sound) - 1023, 256):
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
        power = np.abs(np.fft.rfft(sound[first : first + 1024] * window)) ** 2
        power[:3] = 0
        spectra.append(power)
    mean = np.mean(spectra, axis=0)  # steady noise: every frame is active
    smooth = [np.mean(mean[max(0, i - 3) : i + 4]) for i in range(513)]
    reference = np.mean(smooth[32:218])  # 500 to 3400 Hz in steps of 15.625 Hz
    expected = max(i for i in range(500) if smooth[i] >= reference / 1000) * 15.625
    assert quality_of(sound).bandwidth_hz == pytest.approx(expected, abs=0.1)
    assert 4500 < expected < 7800


def test_a_telephone_is_flagged_whatever_rate_its_file_has() -> None:
    speech = with_noise(talk(3), 30)
    line = sosfilt(butter(6, [300, 3400], "bandpass", fs=RATE_HZ, output="sos"), speech)
    assert Flag.NARROW_BAND in raised(line)
    assert Flag.NARROW_BAND not in raised(speech)


def test_the_source_rate_bounds_the_band() -> None:
    noise = np.random.default_rng(0).normal(size=8000) * 0.1
    assert quality_of(noise, rate_hz=8000).bandwidth_hz <= 4000
    spectrum = Spectrum.of([np.random.default_rng(0).normal(size=RATE_HZ).astype(np.float32)])
    assert bandwidth_hz(spectrum, 48_000) == 8000
    assert bandwidth_hz(spectrum, 11_025) == 5512.5
