"""A montage: whose clips, how long, where they fade, what is said of a file that is gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.errors import AudioError, EmptySelectionError, StoreError
from emoanalytics.listening.montage import _faded, _loudest, _shares, montage
from emoanalytics.store.store import EmotionStore
from tests.conftest import TinyEncoder

RATE_HZ = 16_000
LENGTHS_S = {"a": 5.0, "b": 1.0, "c": 6.0, "d": 4.0}


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, np.ndarray]:
    folder = tmp_path / "corpus"
    folder.mkdir()
    made = {}
    for seed, (name, seconds) in enumerate(LENGTHS_S.items()):
        samples = 0.01 * np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ))
        samples[len(samples) // 2 :] *= 5  # the second half is the loud one
        made[name] = samples.astype(np.float32)
        sf.write(folder / f"{name}.wav", made[name], RATE_HZ, subtype="FLOAT")
    return made


@pytest.fixture
def store(tmp_path: Path, clips: dict[str, np.ndarray]) -> EmotionStore:
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0))
    return EmotionStore.open(tmp_path / "store")


@pytest.fixture
def ids(store: EmotionStore) -> list[str]:
    return store.segments(["file", "segment_id"]).sort_values("file")["segment_id"].tolist()


def test_twelve_seconds_of_equal_shares_with_silence_between(
    store: EmotionStore, ids: list[str], clips: dict[str, np.ndarray]
) -> None:
    found = montage(store, ids)
    assert found.rate_hz == RATE_HZ
    assert found.samples.dtype == np.float32
    assert len(found.samples) == 12 * RATE_HZ
    share = (12 - 3 * 0.3 - 1.0) / 3  # the second clip is a second long, the rest is shared by the others
    expected = [(0, share), (share + 0.3, share + 1.3), (share + 1.6, 2 * share + 1.6), (2 * share + 1.9, 12)]
    assert [(i, a, b) for i, a, b in found.parts] == [
        (i, pytest.approx(a, abs=1e-3), pytest.approx(b, abs=1e-3)) for i, (a, b) in zip(ids, expected, strict=True)
    ]
    for (_, start, end), name in zip(found.parts, clips, strict=True):
        first, last = round(start * RATE_HZ), round(end * RATE_HZ)
        heard, own = found.samples[first + 400 : last - 400], clips[name]
        at = np.flatnonzero(own == heard[0])[0]
        assert np.array_equal(heard, own[at : at + len(heard)])  # at its own level
        assert not found.samples[last : last + round(0.3 * RATE_HZ)].any()
    assert found.missing == ()


def test_a_missing_file_is_said_and_the_rest_is_heard(tmp_path: Path, store: EmotionStore, ids: list[str]) -> None:
    (tmp_path / "corpus" / "a.wav").unlink()
    found = montage(store, ids)
    assert [i for i, _, _ in found.parts] == ids[1:]
    assert len(found.missing) == 1
    assert "a.wav is not there" in found.missing[0]
    for name in "bcd":
        (tmp_path / "corpus" / f"{name}.wav").unlink()
    with pytest.raises(AudioError, match=r"a.wav is not there"):
        montage(store, ids)


def test_short_clips_are_heard_whole(store: EmotionStore, ids: list[str]) -> None:
    found = montage(store, ids[1:2])
    assert len(found.samples) == RATE_HZ
    assert found.parts == ((ids[1], 0.0, 1.0),)


def test_more_clips_than_fit_are_left_out(store: EmotionStore, ids: list[str]) -> None:
    found = montage(store, ids, seconds=1.5)
    assert [i for i, _, _ in found.parts] == ids[:2]
    assert len(found.samples) == 1.5 * RATE_HZ


def test_what_cannot_be(store: EmotionStore, ids: list[str]) -> None:
    with pytest.raises(EmptySelectionError, match="no clip to cut together"):
        montage(store, [])
    with pytest.raises(EmptySelectionError, match="has no segment nobody"):
        montage(store, ["nobody"])
    for seconds in (0.2, -1, float("nan")):
        with pytest.raises(StoreError, match=r"at least 0.5 s"):
            montage(store, ids, seconds=seconds)


def test_shares_use_what_short_clips_leave() -> None:
    assert _shares([10, 10, 10], 15) == [5, 5, 5]
    assert _shares([2, 10, 10], 14) == [2, 6, 6]
    assert _shares([10, 2, 3], 30) == [10, 2, 3]


def test_the_loudest_stretch() -> None:
    samples = np.array([0, 3, 0, -4, 1, 1, 0], np.float32)
    energies = [float((samples[i : i + 3] ** 2).sum()) for i in range(5)]
    start = int(np.argmax(energies))
    assert _loudest(samples, 3).tolist() == samples[start : start + 3].tolist()
    assert _loudest(samples, 7).tolist() == samples.tolist()


def test_fades_start_and_end_in_silence() -> None:
    faded = _faded(np.ones(1000, np.float32))
    assert faded[0] == faded[-1] == 0
    assert np.array_equal(faded, faded[::-1])
    assert (np.diff(faded[:321]) > 0).all()
    assert (faded[320:680] == 1).all()
    assert _faded(np.ones(1, np.float32)).tolist() == [1]
