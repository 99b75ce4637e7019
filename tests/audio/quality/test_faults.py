"""Flags and their words."""

from __future__ import annotations

import math

import pytest

from emoanalytics.audio.quality import Flag, Quality, flags, name, reason
from emoanalytics.errors import AudioError
from emoanalytics.store.schema import QUALITY_COLUMNS
from tests.audio.quality.make_sounds import GOOD, SETTINGS

CASES = {
    Flag.TOO_SHORT: ("duration_s", 0.99, 1.0, "0.99 s long, less than 1 s"),
    Flag.TOO_LONG: ("duration_s", 30.1, 30.0, "30.10 s long, more than 30 s"),
    Flag.SILENT: ("silence_share", 0.76, 0.75, "76% of it is silence, more than 75%"),
    Flag.CLIPPED: ("clipped_share", 0.0012, 0.001, "0.12% of the samples are at full scale, more than 0.10%"),
    Flag.QUIET: ("level_dbfs", -45.1, -45.0, "the speech is at -45.1 dBFS, below -45 dBFS"),
    Flag.NOISY: ("snr_db", 9.9, 10.0, "9.9 dB above the noise, less than 10 dB"),
    Flag.NARROW_BAND: ("bandwidth_hz", 3400.0, 4800.0, "the sound ends at 3400 Hz, below 4800 Hz"),
    Flag.MUSIC: ("music_likeness", 0.51, 0.5, "music-likeness 0.51, more than 0.5"),
    Flag.SEVERAL_VOICES: ("voices_likeness", 0.51, 0.5, "several voices 0.51, more than 0.5"),
    Flag.NON_FINITE: ("non_finite_share", 0.0001, 0.0, "0.01% of the samples were not numbers"),
}


@pytest.mark.parametrize("flag", list(Flag))
def test_each_flag_stands_for_one_threshold(flag: Flag) -> None:
    column, bad, allowed, text = CASES[flag]
    values = vars(GOOD)
    poor = Quality(**{**values, column: bad})
    assert flags(poor, SETTINGS) == (flag,)
    assert flags(Quality(**{**values, column: allowed}), SETTINGS) == ()
    assert flags(Quality(**{**values, column: math.nan}), SETTINGS) == ()
    english, chinese = reason(flag, poor, SETTINGS, "en"), reason(flag, poor, SETTINGS, "zh")
    assert english.startswith(f"{name(flag)}: ")
    assert text in english
    assert chinese.startswith(f"{name(flag, 'zh')}：")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.split("：")[1])
    number = next(word for word in text.replace("%", " ").split() if word[-1].isdigit())
    assert number in chinese
    assert "\n" not in english + chinese


def test_flags_have_distinct_names_and_the_store_has_a_column_for_each_measure() -> None:
    assert [flag.value for flag in Flag][:3] == ["too_short", "too_long", "silent"]
    for language in ("en", "zh"):
        assert len({name(flag, language) for flag in Flag}) == len(Flag)
    assert {"duration_s", *QUALITY_COLUMNS} == set(vars(GOOD))


def test_an_infinite_value_is_no_quality() -> None:
    with pytest.raises(AudioError, match="snr_db is infinite"):
        Quality(**{**vars(GOOD), "snr_db": math.inf})
