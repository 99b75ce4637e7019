"""Waveforms: in memory or spooled, across processes, and the shares of bad samples against plain loops."""

from __future__ import annotations

import gc
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio.decode import ChannelPolicy, decode, from_samples
from emoanalytics.audio.decode.tally import CLIP_RUN, ClipDetector, Tally
from emoanalytics.errors import AudioError
from emoanalytics.workers import Workers
from tests.audio.decode.make_audio import babble, write


@pytest.fixture
def spooled(tmp_path):
    """A recording in a temporary file, and the same in memory."""
    path = write(tmp_path / "a.wav", babble(3, rate_hz=44_100, channels=2), 44_100)
    folder = tmp_path / "spool"
    folder.mkdir()
    (on_disk,) = decode(path, spool_over_s=0.5, spool_dir=folder)
    return on_disk, decode(path)[0], folder


def test_spooled_equals_memory(spooled):
    on_disk, in_memory, folder = spooled
    assert [f.stat().st_size for f in folder.iterdir()] == [4 * on_disk.n_samples]
    assert (on_disk.n_samples, on_disk.digest) == (in_memory.n_samples, in_memory.digest)
    for start, stop in [(0, 48_000), (0, 0), (47_999, 48_000), (17, 33_333)]:
        samples = on_disk.read(start, stop)
        np.testing.assert_array_equal(samples, in_memory.read(start, stop))
        assert samples.dtype == np.float32
        assert not samples.flags.writeable
        assert not in_memory.read(start, stop).flags.writeable


def test_close_deletes_and_is_idempotent(spooled):
    on_disk, in_memory, folder = spooled
    with on_disk, in_memory:
        pass
    on_disk.close()
    assert not list(folder.iterdir())
    for waveform in (on_disk, in_memory):
        with pytest.raises(AudioError, match="the recording is closed"):
            waveform.read(0, 1)


def test_forgotten_file_is_deleted(tmp_path):
    path = write(tmp_path / "a.wav", babble(2, channels=2))
    waveforms = decode(path, ChannelPolicy.EACH, spool_over_s=1.0, spool_dir=tmp_path)
    assert len(list(tmp_path.glob("*.f32"))) == 2
    del waveforms
    gc.collect()
    assert not list(tmp_path.glob("*.f32"))


def test_limit_is_shared_by_channels(tmp_path):
    path = write(tmp_path / "a.wav", babble(2, channels=4))
    held = decode(path, ChannelPolicy.EACH, spool_over_s=7.9, spool_dir=tmp_path)
    assert len(list(tmp_path.glob("*.f32"))) == 4
    for waveform in held:
        waveform.close()
    held = decode(path, ChannelPolicy.EACH, spool_over_s=8.0, spool_dir=tmp_path)
    assert not list(tmp_path.glob("*.f32"))


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 48_001)])
def test_read_within_the_recording(spooled, start, stop):
    for waveform in spooled[:2]:
        with pytest.raises(AudioError, match=f"samples {start} to {stop} are not within a recording of 48000 samples"):
            waveform.read(start, stop)
        with pytest.raises(AudioError, match="are not within"):
            waveform.clipped_share(start, stop)


def decode_elsewhere(task):
    path, folder = task
    return decode(path, spool_over_s=0.5, spool_dir=folder)[0]


def summed(waveform):
    with waveform:
        return float(np.abs(waveform.read(0, waveform.n_samples)).sum())


def test_travels_between_processes(spooled, tmp_path):
    on_disk, in_memory, folder = spooled
    expected = float(np.abs(in_memory.read(0, in_memory.n_samples)).sum())
    on_disk.close()
    with Workers(1) as pool:
        back = pool.submit(decode_elsewhere, (tmp_path / "a.wav", folder)).result()
        assert len(list(folder.iterdir())) == 1
        np.testing.assert_array_equal(back.read(100, 200), in_memory.read(100, 200))
        assert pool.submit(summed, back).result() == expected  # the worker owned the file, and closed it
        assert not list(folder.iterdir())
        assert pool.submit(summed, in_memory).result() == expected
    with pytest.raises(AudioError, match="the decoded samples are gone"):
        back.read(0, 1)


def test_ownership_moves_with_the_pickle(spooled):
    on_disk, in_memory, folder = spooled
    parcel = pickle.dumps(on_disk)
    on_disk.close()
    assert len(list(folder.iterdir())) == 1
    received = pickle.loads(parcel)
    assert (received.digest, received.channel, received.duration_s) == (in_memory.digest, "mix", 3.0)
    received.close()
    assert not list(folder.iterdir())
    assert not pickle.loads(pickle.dumps(in_memory)).read(0, 9).flags.writeable


def clipped_by_hand(column: np.ndarray, level: float) -> np.ndarray:
    """The obvious twin: walk along, mark runs of three and more at full scale on one side."""
    marks = np.zeros(len(column), bool)
    start = 0
    while start < len(column):
        side = 1 if column[start] >= level else -1 if column[start] <= -level else 0
        stop = start + 1
        while side and stop < len(column) and side * column[stop] >= level:
            stop += 1
        marks[start:stop] = bool(side) and stop - start >= CLIP_RUN
        start = stop
    return marks


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.998, 0.999, 1.0, 1.3, -1.0, -0.5])] * 2), min_size=1, max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_clipping_streams(rows, cuts):
    block = np.array(rows, np.float32)
    detector, marks = ClipDetector(), np.zeros(len(block), bool)
    for part in np.split(block, sorted(min(c, len(block)) for c in cuts)):
        decided, first = detector.feed(part)
        marks[first : first + len(decided)] = decided
    decided, first = detector.finish()
    marks[first : first + len(decided)] = decided
    assert first + len(decided) == len(block)
    level = np.float32(0.999)
    np.testing.assert_array_equal(marks, clipped_by_hand(block[:, 0], level) | clipped_by_hand(block[:, 1], level))


def share_by_hand(marks: np.ndarray, rate_hz: int, start: float, stop: float) -> float:
    """The obvious twin: spread each bin's count evenly over the bin, add up what the span covers."""
    width, total = rate_hz / 100, 0.0
    for index in range(int(len(marks) / width) + 1):
        begin, end = index * width, min((index + 1) * width, len(marks))
        count = sum(bool(m) for i, m in enumerate(marks) if i * 100 // rate_hz == index)
        if end > begin:
            total += count * max(0.0, min(end, stop) - max(begin, start)) / (end - begin)
    return min(1.0, total / (stop - start))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([1000, 1102, 2205]),
    st.lists(st.booleans(), min_size=1, max_size=90),
    st.floats(0, 1),
    st.floats(0.01, 1),
    st.integers(0, 90),
)
def test_shares_of_a_tally(rate_hz, marks, begin, length, cut):
    marks = np.array(marks)
    tally = Tally(rate_hz)
    tally.add(marks[:cut], 0)
    tally.add(marks[cut:], min(cut, len(marks)))
    start = begin * (len(marks) - 1)
    stop = start + length * (len(marks) - start)
    tally = tally.ended(len(marks))
    assert tally.share(start, stop) == pytest.approx(share_by_hand(marks, rate_hz, start, stop), abs=1e-9)
    assert tally.share(0, len(marks)) == pytest.approx(marks.mean(), abs=1e-9)


def test_clipping_is_measured_before_mixing_and_resampling(tmp_path):
    samples = babble(2, rate_hz=44_100, channels=2)
    samples[44_100:66_150, 0] = 1.0  # half a second of one channel
    samples[100, 1] = -1.0  # a lone peak
    path = write(tmp_path / "loud.wav", samples, 44_100)
    left, right = decode(path, ChannelPolicy.EACH)
    (mix,) = decode(path)
    for waveform in (left, mix):
        assert waveform.clipped_share(0, 32_000) == pytest.approx(0.25, abs=1e-4)
        assert waveform.clipped_share(16_000, 24_000) == pytest.approx(1.0, abs=1e-4)
        assert waveform.clipped_share(0, 15_840) == 0.0
        assert waveform.clipped_share(12_000, 20_000) == pytest.approx(0.5, abs=1e-4)
        assert waveform.clipped_share(24_160, 32_000) == 0.0
        assert waveform.clipped_share(5, 5) == 0.0
    assert right.clipped_share(0, 32_000) == 0.0


@pytest.mark.parametrize("subtype", ["PCM_U8", "ULAW", "ALAW", "PCM_16", "PCM_24", "FLOAT"])
def test_full_scale_of_every_width(tmp_path, subtype):
    samples = np.clip(5 * np.sin(2 * np.pi * 200 * np.arange(8_000) / 8_000), -1, 1)[:, None]
    waveform = decode(write(tmp_path / "a.wav", samples, 8_000, subtype))[0]
    assert waveform.clipped_share(0, 16_000) > 0.6
    quiet = decode(write(tmp_path / "b.wav", 0.9 * samples, 8_000, subtype))[0]
    assert quiet.clipped_share(0, 16_000) == 0.0


def test_integers_in_memory_clip_at_their_own_full_scale():
    square = np.repeat(np.array([127, -128, 127, -128], np.int8), 400)
    assert from_samples(square, 16_000).clipped_share(0, 1600) == 1.0


def test_samples_that_are_not_finite(tmp_path):
    samples = babble(1, channels=2)
    samples[1600:3200, 0] = np.nan
    samples[8000, 1] = np.inf
    samples[8001, 1] = 1e30
    path = write(tmp_path / "nan.wav", samples, subtype="FLOAT")
    left, right = decode(path, "each")
    (mix,) = decode(path)
    assert left.non_finite_share(0, 16_000) == pytest.approx(0.1)
    assert left.non_finite_share(1600, 3200) == 1.0
    assert right.non_finite_share(0, 16_000) == pytest.approx(2 / 16_000)
    assert mix.non_finite_share(0, 16_000) == pytest.approx(1602 / 16_000)
    repaired = np.where(np.abs(samples) < 1e9, samples, 0).mean(axis=1)
    np.testing.assert_allclose(mix.read(0, 16_000), repaired, atol=1e-6)


def test_one_channel_without_a_finite_sample_is_still_there(tmp_path):
    samples = babble(0.5, channels=2)
    samples[:, 1] = np.nan
    left, right = decode(write(tmp_path / "half.wav", samples, subtype="FLOAT"), "each")
    assert (left.non_finite_share(0, 8000), right.non_finite_share(0, 8000)) == (0.0, 1.0)
    assert not right.read(0, 8000).any()
