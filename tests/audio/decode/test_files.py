"""Decoding: every container, width, rate and channel policy against reading and resampling the whole at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from emoanalytics.audio.decode import AUDIO_SUFFIXES, ChannelPolicy, decode, from_samples, probe, write_wav
from emoanalytics.audio.decode.sources import BLOCK_SAMPLES
from emoanalytics.errors import AudioError
from tests.audio.decode.make_audio import as_int16, babble, encode, write


def whole(waveform) -> np.ndarray:
    return waveform.read(0, waveform.n_samples)


def one_shot(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """The slow twin: mix and resample everything at once."""
    mono = samples.astype(np.float64).mean(axis=1)
    return mono if rate_hz == 16_000 else soxr.resample(mono, rate_hz, 16_000, "HQ")


def decoded(path: Path, policy: ChannelPolicy = ChannelPolicy.MIX):
    (waveform,) = decode(path, policy)
    return waveform


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(16_000, 1), (8_000, 1), (11_025, 2), (22_050, 1), (44_100, 2), (48_000, 3), (192_000, 1)]
)
def test_decode_is_read_mix_and_resample(tmp_path, suffix, rate_hz, channels):
    path = write(tmp_path / f"a{suffix}", babble(1.3, rate_hz=rate_hz, channels=channels), rate_hz)
    samples, rate = soundfile.read(path, always_2d=True)
    waveform = decoded(path)
    expected = one_shot(samples, rate)
    assert waveform.n_samples == len(expected)
    np.testing.assert_allclose(whole(waveform), expected, atol=1e-4)
    assert (waveform.channel, waveform.source_rate_hz, waveform.damage) == ("mix", rate_hz, ())
    assert waveform.duration_s == pytest.approx(1.3, abs=1e-3)


def test_many_blocks_equal_one_shot(tmp_path):
    samples = babble(20, rate_hz=44_100, channels=2)
    assert samples.size > 5 * BLOCK_SAMPLES
    path = write(tmp_path / "long.wav", samples, 44_100)
    samples, _ = soundfile.read(path, always_2d=True)
    np.testing.assert_allclose(whole(decoded(path)), one_shot(samples, 44_100), atol=1e-4)


@pytest.mark.parametrize(
    ("subtype", "step"),
    [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 1e-7), ("FLOAT", 1e-7), ("DOUBLE", 1e-7)],
)
def test_sample_widths(tmp_path, subtype, step):
    samples = babble(0.5)
    waveform = decoded(write(tmp_path / "a.wav", samples, subtype=subtype))
    np.testing.assert_allclose(whole(waveform), samples[:, 0], atol=1.01 * step)


def aligned(heard: np.ndarray, said: np.ndarray) -> float:
    """Correlation at the best shift of up to 100 ms."""
    n = min(len(heard), len(said)) - 1600
    scores = [np.corrcoef(heard[shift : shift + n], said[:n])[0, 1] for shift in range(0, 1600, 4)]
    scores += [np.corrcoef(heard[:n], said[shift : shift + n])[0, 1] for shift in range(0, 1600, 4)]
    return max(scores)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "picture"),
    [
        ("a.mp3", "libmp3lame", 44_100, False),
        ("a.mp3", "libmp3lame", 16_000, False),
        ("a.m4a", "aac", 44_100, False),
        ("alac.m4a", "alac", 44_100, False),
        ("a.opus", "libopus", 48_000, False),
        ("a.webm", "libopus", 48_000, False),
        ("a.mka", "flac", 22_050, False),
        ("film.mp4", "aac", 48_000, True),
        ("film.mkv", "libopus", 48_000, True),
        ("film.mov", "pcm_s16le", 32_000, True),
        ("film.avi", "pcm_s16le", 44_100, True),
    ],
)
def test_ffmpeg_formats(tmp_path, name, codec, rate_hz, picture):
    samples = babble(3, rate_hz=rate_hz, channels=2)
    path = encode(tmp_path / name, samples, rate_hz, codec, picture=picture)
    waveform = decoded(path)
    assert waveform.duration_s == pytest.approx(3, abs=0.05)
    assert aligned(whole(waveform), one_shot(samples, rate_hz)) > 0.9
    assert path.suffix in AUDIO_SUFFIXES
    assert probe(path).channels == 2


@pytest.mark.parametrize(("suffix", "subtype"), [(".ogg", "VORBIS"), (".opus", "OPUS"), (".oga", "VORBIS")])
def test_ogg_formats(tmp_path, suffix, subtype):
    samples = babble(3)
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, samples, 16_000, format="OGG", subtype=subtype)
    waveform = decoded(path)
    assert waveform.duration_s == pytest.approx(3, abs=0.05)
    assert aligned(whole(waveform), samples[:, 0]) > 0.9


def test_the_content_decides_not_the_suffix(tmp_path):
    samples = babble(1)
    as_wav = encode(tmp_path / "a.mp3", samples, 16_000, "libmp3lame").rename(tmp_path / "a.wav")
    assert probe(as_wav).codec.startswith("mp3")
    as_raw = write(tmp_path / "b.wav", samples).rename(tmp_path / "b.raw")
    assert decoded(as_raw).n_samples == 16_000


def test_channel_policies(tmp_path):
    samples = as_int16(babble(0.5, channels=4)) / 32768
    path = write(tmp_path / "four.wav", samples)
    each = decode(path, ChannelPolicy.EACH)
    assert [w.channel for w in each] == ["left", "right", "ch3", "ch4"]
    for column, waveform in enumerate(each):
        np.testing.assert_array_equal(whole(waveform), samples[:, column].astype(np.float32))
    left, right, mix = (decoded(path, policy) for policy in ("left", "right", "mix"))
    assert (left.channel, right.channel, mix.channel) == ("left", "right", "mix")
    assert (left.digest, right.digest) == (each[0].digest, each[1].digest)
    assert len({w.digest for w in [*each, mix]}) == 5
    np.testing.assert_allclose(whole(mix), samples.mean(axis=1), atol=1e-7)


@pytest.mark.parametrize("policy", list(ChannelPolicy))
def test_one_channel_is_mix_under_every_policy(tmp_path, policy):
    path = write(tmp_path / "mono.wav", babble(0.2))
    (waveform,) = decode(path, policy)
    assert waveform.channel == "mix"
    assert waveform.digest == decoded(path).digest


def test_equal_channels_mix_to_themselves(tmp_path):
    mono = as_int16(babble(0.3))
    one = decoded(write(tmp_path / "one.wav", mono))
    two = decoded(write(tmp_path / "two.wav", np.repeat(mono, 2, axis=1)))
    assert one.digest == two.digest


def test_digest_follows_samples_and_rate_only(tmp_path):
    samples = as_int16(babble(2.0, channels=2))
    wav = decoded(write(tmp_path / "a.wav", samples, 44_100))
    flac = decoded(write(tmp_path / "b.flac", samples, 44_100))
    wide = decoded(write(tmp_path / "c.wav", samples, 44_100, "PCM_24"))
    film = decoded(encode(tmp_path / "d.mka", samples / 32768, 44_100, "flac"))
    memory = from_samples(samples, 44_100)
    assert len({w.digest for w in (wav, flac, wide, film, memory)}) == 1
    assert len(wav.digest) == 32
    changed = samples.copy()
    changed[12_345, 1] += 1
    assert decoded(write(tmp_path / "e.wav", changed, 44_100)).digest != wav.digest
    assert decoded(write(tmp_path / "f.wav", samples, 48_000)).digest != wav.digest
    assert decoded(write(tmp_path / "g.wav", samples[:-1], 44_100)).digest != wav.digest


def test_minus_zero_is_zero():
    zeros = np.zeros(100, np.float32)
    assert from_samples(zeros, 16_000).digest == from_samples(-zeros, 16_000).digest


def test_high_rate_many_channels(tmp_path):
    samples = babble(1, rate_hz=96_000, channels=8)
    path = write(tmp_path / "studio.wav", samples, 96_000, "PCM_24")
    np.testing.assert_allclose(whole(decoded(path)), one_shot(samples, 96_000), atol=1e-4)
    assert len(decode(path, ChannelPolicy.EACH)) == 8
    assert (probe(path).rate_hz, probe(path).channels, probe(path).header_s) == (96_000, 8, 1.0)


@pytest.mark.parametrize("suffix", [".wav", ".m4a"])
@pytest.mark.parametrize(
    "name", ["two words", "情绪 😀", "line\nbreak", "concat:a|b", "-x", b"caf\xe9".decode(errors="surrogateescape")]
)
def test_any_file_name(tmp_path, name, suffix):
    plain = tmp_path / f"plain{suffix}"
    write(plain, babble(1)) if suffix == ".wav" else encode(plain, babble(1), 16_000, "aac")
    assert decoded(plain.rename(tmp_path / (name + suffix))).n_samples >= 16_000


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_from_samples_scales_every_type(dtype):
    wave = babble(0.2)[:, 0]
    if np.dtype(dtype).kind == "f":
        given, step = wave.astype(dtype), 1e-7
    else:
        limits = np.iinfo(dtype)
        half = (int(limits.max) - int(limits.min) + 1) // 2
        given, step = (np.rint(wave * half) + (half if limits.min == 0 else 0)).astype(dtype), 0.51 / half + 1e-7
    np.testing.assert_allclose(whole(from_samples(given, 16_000)), wave, atol=step)


def test_from_samples_mixes_and_resamples():
    samples = babble(0.7, rate_hz=48_000, channels=2)
    waveform = from_samples(samples, 48_000, channel="left")
    np.testing.assert_allclose(whole(waveform), one_shot(samples, 48_000), atol=1e-4)
    assert (waveform.channel, waveform.source_rate_hz) == ("left", 48_000)


def test_write_wav_reads_back(tmp_path):
    samples = np.append(babble(0.3)[:, 0], [1.0, -1.0, 1.7, -1.7])
    path = tmp_path / "out.wav"
    write_wav(path, samples)
    np.testing.assert_allclose(whole(decoded(path)), np.clip(samples, -1, 1), atol=2**-15)
    write_wav(path, whole(decoded(path)))
    again, rate = soundfile.read(path, dtype="int16")
    np.testing.assert_array_equal(again, as_int16(samples))
    assert rate == 16_000
    write_wav(path, babble(0.1, channels=2), 8_000)
    assert (probe(path).rate_hz, probe(path).channels) == (8_000, 2)
    with pytest.raises(AudioError, match="only finite floats"):
        write_wav(path, np.array([np.nan]))
    with pytest.raises(AudioError, match=r"nowhere/out\.wav: it cannot be written: No such file"):
        write_wav(tmp_path / "nowhere" / "out.wav", samples)


MEASURE = """
import resource, sys
from pathlib import Path
import numpy as np
from emoanalytics.audio.decode import decode
decode(Path(sys.argv[1]))[0].close()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with decode(Path(sys.argv[2]), spool_dir=Path(sys.argv[3]))[0] as waveform:
    waveform.read(waveform.n_samples - 16_000, waveform.n_samples)
    print(waveform.n_samples, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_length(tmp_path):
    short, long = write(tmp_path / "short.flac", babble(1, rate_hz=8_000), 8_000), tmp_path / "long.flac"
    minute = as_int16(np.random.default_rng(0).normal(size=480_000) * np.repeat([0.1, 0.0, 0.05, 0.0], 120_000))
    with soundfile.SoundFile(long, "w", 8_000, 1, "PCM_16") as out:
        for _ in range(120):
            out.write(minute)
    command = [sys.executable, "-c", MEASURE, str(short), str(long), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    n_samples, grown_kb = map(int, done.stdout.split())
    assert n_samples == 2 * 3600 * 16_000  # 461 MB as float32
    assert grown_kb < 150_000
    assert not list(tmp_path.glob("emoanalytics-*"))
