"""Hearing a row: the excerpt is the segment's own samples, with a little room around it."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.decode import ChannelPolicy, Waveform, decode
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.build import BuildSettings, build
from emoanalytics.errors import AudioError, EmptySelectionError
from emoanalytics.listening.excerpt import Recordings, excerpt
from emoanalytics.listening.hearing import hear
from emoanalytics.listening.montage import montage
from emoanalytics.listening.same_audio import check
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit.duplicates import Duplicate, How
from tests.conftest import TinyEncoder

RATE_HZ = 16_000
SECOND_WINDOWS = CutPolicy(CutMode.WINDOWS, window_s=1.0, hop_s=1.0)


def noise(seconds: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Samples that differ everywhere, so that an excerpt can only come from one place."""
    shape = (round(seconds * RATE_HZ), channels)
    return (0.1 * np.random.default_rng(seed).normal(size=shape)).astype(np.float32).squeeze()


def store_of(folder: Path, **settings: object) -> EmotionStore:
    store = folder.parent / "store"
    build(open_corpus(folder), store, TinyEncoder(), BuildSettings(workers=0, **settings))  # type: ignore[arg-type]
    return EmotionStore.open(store)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus" / "anna"
    folder.mkdir(parents=True)
    return folder.parent


def ids_by_start(store: EmotionStore) -> list[str]:
    return (
        store.segments(["segment_id", "start_s", "channel"]).sort_values(["channel", "start_s"])["segment_id"].tolist()
    )


def test_a_segment_with_padding_on_both_sides(folder: Path) -> None:
    samples = noise(4.0)
    sf.write(folder / "anna" / "long.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder, cut=SECOND_WINDOWS)
    ids = ids_by_start(store)
    heard, rate_hz = excerpt(store, ids[1])
    assert rate_hz == RATE_HZ
    assert np.array_equal(heard, samples[int(0.8 * RATE_HZ) : int(2.2 * RATE_HZ)])
    bare, _ = excerpt(store, ids[1], pad_s=0)
    assert np.array_equal(bare, samples[RATE_HZ : 2 * RATE_HZ])


def test_padding_stops_at_both_ends_of_the_recording(folder: Path) -> None:
    samples = noise(2.0)
    sf.write(folder / "anna" / "short.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder, cut=SECOND_WINDOWS)
    first, last = (excerpt(store, i)[0] for i in ids_by_start(store))
    assert np.array_equal(first, samples[: int(1.2 * RATE_HZ)])
    assert np.array_equal(last, samples[int(0.8 * RATE_HZ) :])


def test_a_long_segment_is_cut_off(folder: Path) -> None:
    samples = noise(3.0)
    sf.write(folder / "anna" / "long.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder)
    heard, _ = excerpt(store, ids_by_start(store)[0], most_s=0.5)
    assert np.array_equal(heard, samples[: RATE_HZ // 2])


def test_an_excerpt_does_not_hold_the_recording(folder: Path) -> None:
    sf.write(folder / "anna" / "long.wav", noise(4.0), RATE_HZ, subtype="FLOAT")
    store = store_of(folder, cut=SECOND_WINDOWS)
    heard, _ = excerpt(store, ids_by_start(store)[0])
    assert heard.base is None
    assert heard.dtype == np.float32


def test_a_recording_is_decoded_once_for_all_its_segments(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("emoanalytics.listening.excerpt")
    for seed, name in enumerate("abc"):
        sf.write(folder / "anna" / f"{name}.wav", noise(4.0, seed=seed), RATE_HZ, subtype="FLOAT")
    store = store_of(folder, cut=SECOND_WINDOWS)
    ids = ids_by_start(store)  # those of three recordings in turn
    alone = [excerpt(store, i)[0] for i in ids]
    decoded, opened = [], []

    def counted(path: Path, policy: ChannelPolicy) -> list[Waveform]:
        decoded.append(path.name)
        opened.extend(decode(path, policy))
        return opened[-1:]

    monkeypatch.setattr(module, "decode", counted)
    monkeypatch.setattr(module, "_KEPT", 1)
    with Recordings(store) as recordings:
        order = recordings.by_recording(ids)
        assert sorted(order) == list(range(12))
        for place in order:
            assert np.array_equal(recordings.excerpt(ids[place])[0], alone[place])
    assert decoded == ["a.wav", "b.wav", "c.wav"]
    for waveform in opened:
        with pytest.raises(AudioError, match="closed"):
            waveform.read(0, 1)
    decoded.clear()
    hear(store, ids)
    check(store, [Duplicate(a, b, 1.0, How.NEAR, False, False) for a, b in zip(ids[:6], ids[6:], strict=True)])
    montage(store, [ids[order[0]], ids[order[1]]])
    assert decoded == ["a.wav", "b.wav", "c.wav"] * 2 + ["a.wav"]


def test_each_channel_is_heard_alone(folder: Path) -> None:
    samples = noise(1.5, channels=3)
    sf.write(folder / "anna" / "call.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder, channels=ChannelPolicy.EACH)
    rows = store.segments(["segment_id", "channel"]).set_index("channel")["segment_id"]
    assert sorted(rows.index) == ["ch3", "left", "right"]
    for column, name in enumerate(("left", "right", "ch3")):
        assert np.array_equal(excerpt(store, rows[name])[0], samples[:, column]), name


def test_a_mix_is_the_mean(folder: Path) -> None:
    samples = noise(1.0, channels=2)
    sf.write(folder / "anna" / "call.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder)
    assert np.allclose(excerpt(store, ids_by_start(store)[0])[0], samples.mean(axis=1), atol=1e-7)


def test_another_rate_is_heard_at_16_khz(folder: Path) -> None:
    t = np.arange(2 * 48_000) / 48_000
    sf.write(folder / "anna" / "tone.wav", 0.3 * np.sin(2 * np.pi * 440 * t), 48_000, subtype="FLOAT")
    store = store_of(folder, cut=SECOND_WINDOWS)
    heard, rate_hz = excerpt(store, ids_by_start(store)[1], pad_s=0)
    t = np.arange(RATE_HZ, 2 * RATE_HZ) / RATE_HZ
    assert rate_hz == RATE_HZ
    assert np.abs(heard - 0.3 * np.sin(2 * np.pi * 440 * t))[:-100].max() < 1e-3


def test_an_unknown_segment_and_a_quote_in_its_name(folder: Path) -> None:
    sf.write(folder / "anna" / "a.wav", noise(1.0), RATE_HZ)
    store = store_of(folder)
    for name in ("0" * 32, "it's", "' or ''='"):
        with pytest.raises(EmptySelectionError, match="has no segment"):
            excerpt(store, name)


def test_a_corpus_that_moved_says_where_it_was(folder: Path) -> None:
    sf.write(folder / "anna" / "a.wav", noise(1.0), RATE_HZ)
    store = store_of(folder)
    segment = ids_by_start(store)[0]
    folder.rename(folder.parent / "elsewhere")
    with pytest.raises(AudioError) as caught:
        excerpt(store, segment)
    path = folder / "anna" / "a.wav"
    assert (
        str(caught.value) == f"{path} is not there (moved, renamed, or on a disk that is away): put it back to hear it"
    )


def test_a_recording_that_became_shorter_or_lost_its_channel(folder: Path) -> None:
    path = folder / "anna" / "call.wav"
    sf.write(path, noise(3.0, channels=2), RATE_HZ)
    store = store_of(folder, channels=ChannelPolicy.EACH, cut=SECOND_WINDOWS)
    left, right = ids_by_start(store)[2], ids_by_start(store)[3]
    sf.write(path, noise(2.0, channels=2), RATE_HZ)
    with pytest.raises(AudioError, match=r"call\.wav has changed: it has no channel left at 2\.00 s any more"):
        excerpt(store, left)
    sf.write(path, noise(3.0), RATE_HZ)
    with pytest.raises(AudioError, match=r"no channel right at 0\.00 s any more; build its corpus again"):
        excerpt(store, right)


def test_a_recording_that_is_damaged_now(folder: Path) -> None:
    path = folder / "anna" / "a.wav"
    sf.write(path, noise(1.0), RATE_HZ)
    store = store_of(folder)
    path.write_bytes(b"")
    with pytest.raises(AudioError, match="the file is empty"):
        excerpt(store, ids_by_start(store)[0])


def test_a_store_that_was_moved_still_finds_its_audio(folder: Path) -> None:
    samples = noise(1.0)
    sf.write(folder / "anna" / "a.wav", samples, RATE_HZ, subtype="FLOAT")
    store = store_of(folder)
    moved = Path(shutil.move(store.path, folder.parent / "moved"))
    again = EmotionStore.open(moved)
    assert np.array_equal(excerpt(again, ids_by_start(again)[0])[0], samples)
