"""Makes the sound files the tests need: every container, odd headers, damage. Nothing here is a fixture."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile


def babble(seconds: float, *, rate_hz: int = 16_000, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Something as uneven as speech, different in every channel: ``(n, channels)`` float64, below full scale."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    columns = []
    for channel in range(channels):
        pitch = 120 + 40 * channel + 15 * np.sin(2 * np.pi * 0.7 * t + channel)
        phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
        voice = sum(np.sin(k * phase) / k for k in range(1, 9))
        syllables = np.clip(np.sin(2 * np.pi * (2.5 + 0.3 * channel) * t + seed), 0, 1)
        columns.append(0.15 * voice * syllables + 0.002 * rng.normal(size=t.size))
    return np.stack(columns, axis=1)


def as_int16(samples: np.ndarray) -> np.ndarray:
    """Samples as a 16-bit file holds them."""
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)


def write(path: Path, samples: np.ndarray, rate_hz: int = 16_000, subtype: str | None = None) -> Path:
    """A file by libsndfile, its container by the suffix, or Ogg for Opus."""
    kind = "OGG" if path.suffix == ".opus" else "WAV" if path.suffix == ".wave" else None
    soundfile.write(path, samples, rate_hz, subtype="OPUS" if path.suffix == ".opus" else subtype, format=kind)
    return path


def encode(path: Path, samples: np.ndarray, rate_hz: int, codec: str, *, picture: bool = False) -> Path:
    """A file by FFmpeg, its container by the suffix, with a moving picture if asked for.

    Args:
        path: the file.
        samples: ``(n, channels)`` floats, one or two channels.
        rate_hz: their rate.
        codec: an encoder of FFmpeg: libmp3lame, aac, libopus, flac, pcm_s16le, ...
        picture: whether to add a small video.
    """
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    with av.open(str(path), "w") as out:
        video = _video_stream(out) if picture else None
        sound = out.add_stream(codec, rate=rate_hz)
        sound.layout = layout
        if video is not None:
            _add_picture(out, video)
        planes = np.ascontiguousarray(samples.T.astype(np.float32))
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        fit = av.AudioResampler(format=sound.format, layout=layout, rate=rate_hz)
        for part in [*fit.resample(frame), *fit.resample(None), None]:
            for packet in sound.encode(part):
                if packet.size:
                    out.mux(packet)
    return path


def silent_film(path: Path) -> Path:
    """A video without a sound track."""
    with av.open(str(path), "w") as out:
        _add_picture(out, _video_stream(out))
    return path


def _video_stream(out):
    stream = out.add_stream("mpeg4", rate=25)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
    return stream


def _add_picture(out, stream):
    for shade in range(5):
        frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 40 * shade, np.uint8), format="rgb24")
        for packet in stream.encode(frame):
            out.mux(packet)
    for packet in stream.encode(None):
        out.mux(packet)


def cut_off(path: Path, share: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damage(path: Path, *, at: float = 0.5, length: int = 300, seed: int = 0) -> Path:
    """Overwrite some bytes in the middle with noise."""
    data = bytearray(path.read_bytes())
    first = int(len(data) * at)
    data[first : first + length] = np.random.default_rng(seed).integers(0, 256, length, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(data))
    return path
