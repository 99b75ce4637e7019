"""Files that are not what they seem: one line that says what to do, or what can be saved and a note."""

from __future__ import annotations

import errno
import os
import re
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.audio.decode import ChannelPolicy, decode, from_samples, probe
from emoanalytics.errors import AudioError
from tests.audio.decode.make_audio import babble, cut_off, damage, encode, silent_film, write


def complaint(path, **options) -> str:
    with pytest.raises(AudioError) as caught:
        decode(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ".replace("\n", "\\n")), message
    assert "\n" not in message
    return message


def test_missing_folder_and_empty(tmp_path):
    assert complaint(tmp_path / "none.wav").endswith("there is no such file; check the path")
    assert complaint(tmp_path).endswith("it is a folder; give a sound file")
    (tmp_path / "empty.wav").touch()
    assert complaint(tmp_path / "empty.wav").endswith("the file is empty (0 bytes); copy or record it again")
    assert complaint(tmp_path / "a\nb.wav").endswith("a\\nb.wav: there is no such file; check the path")


def test_probe_complains_too(tmp_path):
    with pytest.raises(AudioError, match=r"none\.wav: there is no such file"):
        probe(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("no sound\n" * 99)
    with pytest.raises(AudioError, match=r"text\.wav: not a sound file"):
        probe(tmp_path / "text.wav")


def test_link_loop_pipe_and_impossible_names(tmp_path):
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    assert "it cannot be opened: Too many levels of symbolic links" in complaint(tmp_path / "loop.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    assert complaint(tmp_path / "pipe.wav").endswith("it is not a regular file; give a sound file")
    assert "File name too long" in complaint(tmp_path / ("x" * 300))
    with pytest.raises(AudioError, match=r"a\\x00b: it cannot be opened: embedded null byte"):
        decode(tmp_path / "a\0b")


def test_no_permission(tmp_path):
    path = write(tmp_path / "mine.wav", babble(0.1))
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root reads everything; somebody else does not
    try:
        assert complaint(path).endswith("no permission to read it; change its permissions or the user")
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".ogg", ".m4a", ".webm", ".txt"])
@pytest.mark.parametrize("content", ["text", "noise", "playlist"])
def test_not_audio(tmp_path, suffix, content, capfd):
    path = tmp_path / f"fake{suffix}"
    target = write(tmp_path / "target.wav", babble(1))
    path.write_bytes(
        {
            "text": "你好, this is text\n".encode() * 200,
            "noise": np.random.default_rng(5).integers(0, 256, 30_000, dtype=np.uint8).tobytes(),
            "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfile://{target}\n#EXT-X-ENDLIST\n".encode(),
        }[content]
    )
    message = complaint(path)
    if suffix == ".flac" and content != "text":  # FFmpeg takes a raw stream's name on trust, and finds nothing in it
        assert message.endswith("it holds no audio; record or export it again")
    else:
        assert re.search(r"not a sound file that can be read \(.+\); convert it to WAV or FLAC$", message)
    assert capfd.readouterr() == ("", "")


def test_video_without_sound(tmp_path):
    message = complaint(silent_film(tmp_path / "film.mp4"))
    assert message.endswith("it has no sound (streams: video); leave it out")


@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_no_samples(tmp_path, suffix):
    assert complaint(write(tmp_path / f"none{suffix}", np.zeros((0, 1)))).endswith(
        "it holds no audio; record or export it again"
    )


def test_header_alone(tmp_path):
    path = write(tmp_path / "head.wav", babble(1))
    path.write_bytes(path.read_bytes()[:44])
    assert complaint(path).endswith("it holds no audio; record or export it again")


def test_one_sample(tmp_path):
    assert decode(write(tmp_path / "one.wav", np.ones((1, 1)) / 2))[0].n_samples == 1
    assert "it holds no audio" in complaint(write(tmp_path / "less.wav", np.ones((1, 1)) / 2, 192_000))


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".wav", ""), (".aiff", ""), (".flac", ""), (".mp3", "libmp3lame"), (".mka", "flac")]
)
def test_cut_off(tmp_path, suffix, codec, capfd):
    samples, path = babble(12), tmp_path / f"cut{suffix}"
    encode(path, samples, 16_000, codec) if codec else write(path, samples)
    (waveform,) = decode(cut_off(path, 0.6))
    assert 6 < waveform.duration_s < 8
    assert waveform.damage[0] == f"the header says 12.0 s, {waveform.duration_s:.1f} s were decoded"
    n = waveform.n_samples - 1600
    if not suffix.startswith(".mp"):
        np.testing.assert_allclose(waveform.read(0, n), samples[:n, 0], atol=1e-4)
    assert capfd.readouterr() == ("", "")


def test_cut_off_beyond_saving(tmp_path):
    path = encode(tmp_path / "cut.m4a", babble(3), 16_000, "aac")  # its index stands at the end
    assert "not a sound file that can be read" in complaint(cut_off(path, 0.6))


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".flac", ""), (".ogg", ""), (".opus", ""), (".mp3", "libmp3lame"), (".m4a", "aac"), (".webm", "libopus")],
)
def test_damaged_in_the_middle(tmp_path, suffix, codec, capfd):
    samples, path = babble(12, rate_hz=48_000), tmp_path / f"hurt{suffix}"
    encode(path, samples, 48_000, codec) if codec else write(path, samples, 48_000)
    first, second = (decode(p)[0] for p in [damage(path, length=2_000)] * 2)
    assert first.duration_s > 4
    assert first.digest == second.digest
    assert np.isfinite(first.read(0, first.n_samples)).all()
    assert capfd.readouterr() == ("", "")


def test_damage_is_passed_over(tmp_path):
    clean = write(tmp_path / "a.flac", babble(12))
    (waveform,) = decode(damage(clean))
    assert 11 < waveform.duration_s <= 12  # libsndfile alone would stop half-way
    assert "it is damaged (flac decoder lost sync)" in waveform.damage


def test_headers_of_unknown_length(tmp_path):
    path = write(tmp_path / "stream.wav", babble(2))
    data = path.read_bytes()
    digest = decode(path)[0].digest
    for size in (0, 0xFFFFFFFF, 0x7FFFFFFF):
        path.write_bytes(data[:4] + struct.pack("<I", size) + data[8:40] + struct.pack("<I", size) + data[44:])
        (waveform,) = decode(path)
        assert (waveform.digest, waveform.damage) == (digest, ())


def test_impossible_rate(tmp_path):
    assert "7 Hz is no sampling rate of sound" in complaint(write(tmp_path / "a.wav", babble(0.1), 7))


@pytest.mark.parametrize("policy", ["mix", "left", "each"])
def test_nothing_finite(tmp_path, policy):
    path = write(tmp_path / "nan.wav", np.full((500, 2), np.nan), subtype="FLOAT")
    message = complaint(path, policy=policy)
    assert message.endswith("none of its samples is a finite number; record or export it again")


def test_unknown_policy(tmp_path):
    with pytest.raises(AudioError, match="there is no channel policy 'both': choose one of mix, left, right, each"):
        decode(write(tmp_path / "a.wav", babble(0.1)), "both")


@pytest.mark.parametrize(
    ("samples", "rate_hz", "message"),
    [
        (np.zeros(0), 16_000, r"samples of shape \(0,\) are no sound: give \(n,\) or \(n, channels\)"),
        (np.zeros((2, 3, 4)), 16_000, r"samples of shape \(2, 3, 4\)"),
        (np.zeros((2, 999)), 16_000, r"have 999 channels; transpose to \(n, channels\)"),
        (np.zeros(9), 0, "0 Hz is no sampling rate of sound"),
        (np.zeros(9, bool), 16_000, "samples of type bool are no sound"),
        (np.zeros(9, complex), 16_000, "samples of type complex128"),
        (np.full(9, np.inf), 16_000, "none of them is a finite number"),
    ],
)
def test_samples_that_are_no_sound(samples, rate_hz, message):
    with pytest.raises(AudioError, match=message):
        from_samples(samples, rate_hz)


class FullDisk:
    """A temporary file on a disk that takes a megabyte."""

    def __init__(self, mode, *, prefix, suffix, dir, delete):
        self.name = str(dir / f"{prefix}{len(list(dir.iterdir()))}{suffix}")
        self.file = Path(self.name).open(mode)  # noqa: SIM115 - close closes it
        self.room = 1_000_000

    def write(self, data):
        self.room -= data.nbytes
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.file.write(data)

    def flush(self):
        self.file.flush()

    def close(self):
        self.file.close()
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("policy", list(ChannelPolicy))
def test_disk_full(tmp_path, monkeypatch, policy):
    path = write(tmp_path / "long.wav", babble(30, channels=2))
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", FullDisk)
    message = complaint(path, policy=policy, spool_over_s=1.0, spool_dir=spool)
    assert f"the disk is full: its decoded samples need about {4 if policy == 'each' else 2} MB in" in message
    assert message.endswith(f"in {spool}; free some, or set TMPDIR to a folder with room")
    assert not list(spool.iterdir())


def test_no_spool_folder(tmp_path):
    path = write(tmp_path / "a.wav", babble(2))
    message = complaint(path, spool_over_s=1.0, spool_dir=tmp_path / "gone")
    assert message.endswith(f"cannot write decoded samples to {tmp_path / 'gone'}: No such file or directory")
