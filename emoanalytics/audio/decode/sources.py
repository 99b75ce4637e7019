"""Readers of sound files: native blocks of float32 samples from libsndfile or, for the rest, from FFmpeg."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import av
import numpy as np
import soundfile

from emoanalytics.errors import AudioError

# fmt: off
_SOUND = {
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".flac", ".m4a", ".m4b", ".mka",
    ".mp2", ".mp3", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".sph", ".tta", ".w64", ".wav", ".wave", ".wma",
    ".wv",
}
_VIDEO = {
    ".3g2", ".3gp", ".asf", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm",
    ".wmv",
}
# fmt: on
# What a folder scan takes for sound: audio files, and videos, which may carry a sound track.
AUDIO_SUFFIXES: frozenset[str] = frozenset(_SOUND | _VIDEO)

BLOCK_SAMPLES = 1 << 18  # samples of all channels in one block: about a megabyte

# How files begin that libsndfile reads well. MPEG audio is left to FFmpeg: libsndfile's MP3 decoder writes warnings
# to standard error, and gives up at damage that FFmpeg passes over.
_SOUNDFILE_STARTS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b".snd", b"caff", b"NIST", b"Crea")
# FFmpeg's containers that hold sound and say so at their start: formats guessed from the data alone take text for
# speech. Play lists (HLS, concat) stay out: they name other files and addresses to open.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,loas,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,"
    "mpc,mpc8,mpeg,mpegts,ogg,rm,tak,tta,voc,w64,wav,wv"
)
# The largest value of sample formats that do not reach 1: what clipping is measured against.
_FULL_SCALE = {
    "PCM_S8": 127 / 128,
    "PCM_U8": 127 / 128,
    "pcm_s8": 127 / 128,
    "pcm_u8": 127 / 128,
    "ULAW": 32124 / 32768,
    "pcm_mulaw": 32124 / 32768,
    "ALAW": 32256 / 32768,
    "pcm_alaw": 32256 / 32768,
}
# Zero and scale of FFmpeg's sample formats, by their packed form.
_SAMPLE_FORMATS = {"u8": (128, 2.0**7), "s16": (0, 2.0**15), "s32": (0, 2.0**31), "flt": (0, 1.0), "dbl": (0, 1.0)}
_STREAMED_BYTES = 0x7FFFF000  # a header that promises more was written before the length was known
_CLAIM = re.compile(r"^\s*(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """What the header of a file says. The decoded length rules, not the header's.

    Attributes:
        rate_hz: sampling rate.
        channels: number of channels.
        header_s: length in seconds, None when the header does not say.
        codec: the sample format or codec, in lower case: ``pcm_16``, ``vorbis``, ``mp3float``, ``aac``, ...
        header_is_guess: the length is an estimate.
        tracks: sound tracks in the file; the first is read.
    """

    rate_hz: int
    channels: int
    header_s: float | None
    codec: str
    header_is_guess: bool = False
    tracks: int = 1


class Reader(Protocol):
    """An opened file.

    Attributes:
        source: what the header says.
        full_scale: the largest value its sample format can hold.
        damage: what was lost, one sentence each; complete when the blocks have been read.
    """

    source: Source
    full_scale: float
    damage: list[str]

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples at the native rate: arrays ``(n, channels)`` float32."""
        ...


class DamagedError(Exception):
    """The decoder gave up in the middle of a file. Another decoder may go on."""


@dataclass
class _SoundFileReader:
    file: Any
    announced: int  # frames, as far as libsndfile knows
    source: Source
    full_scale: float
    damage: list[str] = field(default_factory=list)

    def blocks(self) -> Iterator[np.ndarray]:
        frames = max(1, BLOCK_SAMPLES // self.source.channels)
        read = 0
        while True:
            try:
                block = self.file.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise DamagedError(error.error_string.removeprefix("Error : ").rstrip(".")) from None
            if not len(block):
                break
            read += len(block)
            yield block
        if read < self.announced:
            raise DamagedError("it ends before its time")


@contextmanager
def soundfile_reader(path: Path, file: BinaryIO) -> Iterator[Reader | None]:
    """Open a file with libsndfile; None when that is not the one to read it."""
    start = file.read(12)
    file.seek(0)
    if not start.startswith(_SOUNDFILE_STARTS) or start[8:11] == b"AVI":
        yield None
        return
    try:
        # By descriptor: any file name will do, and no suffix misleads. The C libraries of Windows do not share them.
        opened = soundfile.SoundFile(str(path) if os.name == "nt" else file.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        yield None
        return
    with opened as sound:
        if sound.subtype.startswith("MPEG") or sound.samplerate < 1 or sound.channels < 1:
            yield None
            return
        announced = sound.frames if sound.frames < 2**62 else 0  # a stream of unknown length
        header_s = announced / sound.samplerate if announced else None
        claim = _CLAIM.search(sound.extra_info)  # libsndfile corrects the length of a file that was cut off
        if claim and header_s and int(claim[2]) and int(claim[1]) < _STREAMED_BYTES:
            header_s *= int(claim[1]) / int(claim[2])
        source = Source(sound.samplerate, sound.channels, header_s, sound.subtype.lower())
        yield _SoundFileReader(sound, announced, source, _FULL_SCALE.get(sound.subtype, 1.0))


@dataclass
class _FFmpegReader:
    container: Any
    stream: Any
    source: Source
    full_scale: float
    first: np.ndarray
    frames: Iterator[np.ndarray]
    damage: list[str]

    def blocks(self) -> Iterator[np.ndarray]:
        longest = max(1, BLOCK_SAMPLES // self.source.channels)
        parts, length = [self.first], len(self.first)
        for part in self.frames:
            parts.append(part)
            length += len(part)
            if length >= longest:
                yield np.concatenate(parts)
                parts, length = [], 0
        if parts:
            yield np.concatenate(parts)


@contextmanager
def ffmpeg_reader(path: Path, name: str) -> Iterator[Reader]:
    """Open a file with FFmpeg (PyAV).

    Raises:
        AudioError: FFmpeg cannot read it, or it has no sound.
    """
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    try:
        # "file:" keeps a name such as "concat:a" or "rtp:b" from being taken for an address.
        container = av.open("file:" + os.fspath(path), options=options, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise AudioError(
            f"{name}: not a sound file that can be read ({_cause(error)}); convert it to WAV or FLAC"
        ) from None
    with container:
        if not container.streams.audio:
            raise AudioError(f"{name}: it has no sound (streams: {_stream_kinds(container)}); leave it out")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise AudioError(f"{name}: its sound is coded in a way that cannot be read; convert it to WAV or FLAC")
        damage: list[str] = []
        shape: list[tuple[int, int]] = []
        frames = _frames(container, stream, shape, damage)
        first = next(frames, None)
        if first is None:
            detail = f" ({damage[-1]})" if damage else ""
            raise AudioError(f"{name}: it holds no audio{detail}; record or export it again")
        (rate_hz, channels), codec = shape[0], stream.codec_context.name
        source = Source(
            rate_hz,
            channels,
            _header_s(container, stream),
            codec,
            header_is_guess=container.format.name == "aac",  # it has no header: FFmpeg goes by the bit rate
            tracks=len(container.streams.audio),
        )
        yield _FFmpegReader(container, stream, source, _FULL_SCALE.get(codec, 1.0), first, frames, damage)


def _frames(container: Any, stream: Any, shape: list[tuple[int, int]], damage: list[str]) -> Iterator[np.ndarray]:
    """The decoded frames ``(n, channels)`` float32; damaged packets are passed over and noted."""
    damaged = 0
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                damaged += 1
                continue
            for frame in frames:
                now = (frame.sample_rate, len(frame.layout.channels))
                if not frame.samples or min(now) < 1:
                    continue
                if frame.format.packed.name not in _SAMPLE_FORMATS:
                    damage.append(f"samples of the format {frame.format.name} cannot be read")
                    return
                if not shape:
                    shape.append(now)
                elif now != shape[0]:
                    damage.append(f"the sound changes to {now[0]} Hz, {now[1]} channels: what follows was not read")
                    return
                yield _as_float(frame)
    except (av.error.FFmpegError, OSError) as error:
        damage.append(f"reading stopped early: {_cause(error)}")
    finally:
        if damaged:
            damage.append(f"{damaged} damaged packet{'s were' if damaged > 1 else ' was'} skipped")


def _as_float(frame: Any) -> np.ndarray:
    zero, scale = _SAMPLE_FORMATS[frame.format.packed.name]
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, len(frame.layout.channels))
    if samples.dtype == np.float32:
        return np.ascontiguousarray(samples)
    return ((samples.astype(np.float64) - zero) / scale).astype(np.float32)


def _header_s(container: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def _stream_kinds(container: Any) -> str:
    return ", ".join(sorted({stream.type or "unknown" for stream in container.streams})) or "none"


def _cause(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
