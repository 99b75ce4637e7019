"""Changes of samples: their size is what their name says, and nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.errors import AudioError
from emoanalytics.listening.fragile import CHANGES, Change, ChangeKind
from tests.conftest import tone

RATE = 16_000


def test_gain_trim_and_noise_are_as_large_as_they_say() -> None:
    clip = tone(1.0)
    quiet = Change(ChangeKind.GAIN, -6).apply(clip, RATE, 0)
    np.testing.assert_allclose(quiet, clip * 10 ** (-6 / 20), rtol=1e-6)
    loud = Change(ChangeKind.GAIN, 40).apply(clip, RATE, 0)
    assert np.abs(loud).max() == 1.0  # as in a file, where there is nothing beyond full scale
    np.testing.assert_array_equal(Change(ChangeKind.TRIM, 0.1).apply(clip, RATE, 0), clip[1600:-1600])
    noise = Change(ChangeKind.NOISE, 20).apply(clip, RATE, 0) - clip
    assert 10 * np.log10(np.mean(clip**2) / np.mean(noise**2)) == pytest.approx(20, abs=0.2)
    np.testing.assert_array_equal(Change(ChangeKind.NOISE, 20).apply(clip, RATE, 0) - clip, noise)
    assert not np.array_equal(Change(ChangeKind.NOISE, 20).apply(clip, RATE, 1) - clip, noise)


@pytest.mark.parametrize("change", [Change(ChangeKind.MP3, 32), Change(ChangeKind.OPUS, 24)])
@pytest.mark.parametrize("seconds", [0.3, 1.237])
def test_codecs_keep_length_and_place(change: Change, seconds: float) -> None:
    clip = tone(seconds) * np.hanning(round(seconds * RATE)).astype(np.float32)
    coded = change.apply(clip, RATE, 0)
    assert coded.shape == clip.shape and coded.dtype == np.float32
    lags = [float(np.dot(clip[100:-100], np.roll(coded, k)[100:-100])) for k in range(-60, 61)]
    assert abs(int(np.argmax(lags)) - 60) <= 1
    assert 0.9 < np.corrcoef(clip, coded)[0, 1] < 1 - 1e-7


def test_names_and_titles() -> None:
    assert [c.name for c in CHANGES] == ["gain-6", "gain+6", "trim0.1", "noise30", "mp332", "opus24"]
    assert Change(ChangeKind.GAIN, 6).title() == "+6 dB" and Change(ChangeKind.MP3, 32).title("zh") == "MP3 32 kbit/s"


def test_what_is_no_change_is_refused() -> None:
    with pytest.raises(AudioError, match="trim by 0 is no change"):
        Change(ChangeKind.TRIM, 0)
    with pytest.raises(AudioError, match="gain by nan is no change"):
        Change(ChangeKind.GAIN, float("nan"))
    with pytest.raises(AudioError, match=r"0\.20 s are too short to cut 0\.1 s off each end"):
        Change(ChangeKind.TRIM, 0.1).apply(np.zeros(3200, np.float32), RATE, 0)
    with pytest.raises(AudioError, match="cannot code 16001 Hz as opus at 24 kbit/s"):
        Change(ChangeKind.OPUS, 24).apply(tone(0.5), 16_001, 0)
