"""Small changes of a recording that a listener would not call another emotion."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emoanalytics.errors import AudioError
from emoanalytics.labels import Language


class ChangeKind(StrEnum):
    """What is changed; the amount says how much."""

    GAIN = "gain"  # decibels
    TRIM = "trim"  # seconds cut off at both ends
    NOISE = "noise"  # white noise, this many decibels below the clip
    MP3 = "mp3"  # kbit/s
    OPUS = "opus"  # kbit/s


_CODECS = {ChangeKind.MP3: ("mp3", "libmp3lame"), ChangeKind.OPUS: ("ogg", "libopus")}
_TITLES = {
    ChangeKind.GAIN: ("{:+g} dB", "增益 {:+g} dB"),
    ChangeKind.TRIM: ("{:g} s cut off at both ends", "首尾各剪去 {:g} 秒"),
    ChangeKind.NOISE: ("noise {:g} dB below", "加入低 {:g} dB 的噪声"),
    ChangeKind.MP3: ("MP3 at {:g} kbit/s", "MP3 {:g} kbit/s"),
    ChangeKind.OPUS: ("Opus at {:g} kbit/s", "Opus {:g} kbit/s"),
}


@dataclass(frozen=True)
class Change:
    """One change and its amount.

    Attributes:
        kind: what is changed.
        amount: how much, in the unit of the kind.

    Raises:
        AudioError: an amount that is none.
    """

    kind: ChangeKind
    amount: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.amount) or (self.kind != ChangeKind.GAIN and self.amount <= 0):
            raise AudioError(f"{self.kind} by {self.amount:g} is no change that can be made")

    @property
    def name(self) -> str:
        """How results name it, e.g. ``gain-6``, ``opus24``."""
        sign = "+" if self.kind == ChangeKind.GAIN and self.amount >= 0 else ""
        return f"{self.kind}{sign}{self.amount:g}"

    def title(self, language: Language | str = Language.EN) -> str:
        """What a reader sees.

        >>> Change(ChangeKind.OPUS, 24).title()
        'Opus at 24 kbit/s'
        """
        return _TITLES[self.kind][language == Language.ZH].format(self.amount)

    def apply(self, samples: np.ndarray, rate_hz: int, seed: int | list[int]) -> np.ndarray:
        """Changed samples.

        Args:
            samples: (n,) float32, full scale 1.
            rate_hz: their rate.
            seed: of the noise.

        Returns:
            (m,) float32; m is n but for a trim.

        Raises:
            AudioError: the clip is too short to be trimmed, or cannot be coded at this rate.
        """
        if self.kind == ChangeKind.GAIN:
            return np.clip(samples * np.float32(10 ** (self.amount / 20)), -1, 1).astype(np.float32)
        if self.kind == ChangeKind.TRIM:
            cut = round(self.amount * rate_hz)
            if len(samples) < 4 * cut:
                raise AudioError(f"{len(samples) / rate_hz:.2f} s are too short to cut {self.amount:g} s off each end")
            return samples[cut : len(samples) - cut]
        if self.kind == ChangeKind.NOISE:
            level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) * 10 ** (-self.amount / 20)
            noise = np.random.default_rng(seed).normal(scale=level, size=len(samples))
            return (samples + noise).astype(np.float32)
        return coded(samples, rate_hz, self.kind, self.amount)


CHANGES = (
    Change(ChangeKind.GAIN, -6),
    Change(ChangeKind.GAIN, 6),
    Change(ChangeKind.TRIM, 0.1),
    Change(ChangeKind.NOISE, 30),
    Change(ChangeKind.MP3, 32),
    Change(ChangeKind.OPUS, 24),
)


def coded(samples: np.ndarray, rate_hz: int, kind: ChangeKind, kbit_s: float) -> np.ndarray:
    """Samples through a lossy codec and back, in memory: the same length, at the same place.

    Args:
        samples: (n,) float32.
        rate_hz: their rate.
        kind: ``mp3`` or ``opus``.
        kbit_s: bit rate in thousands of bits a second.

    Raises:
        AudioError: the codec refuses the rate, or this FFmpeg has no such codec.
    """
    import av

    form, codec = _CODECS[kind]
    packed = io.BytesIO()
    try:
        with av.open(packed, "w", format=form) as out:
            stream = out.add_stream(codec, rate=rate_hz)
            stream.bit_rate = round(kbit_s * 1000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = rate_hz
            resampler = av.AudioResampler(stream.format, "mono", rate_hz)
            for part in [*resampler.resample(frame), None]:
                out.mux(stream.encode(part))
        packed.seek(0)
        with av.open(packed) as given:
            back = av.AudioResampler("fltp", "mono", rate_hz)
            frames = [f for part in given.decode(audio=0) for f in back.resample(part)] + back.resample(None)
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(f"cannot code {rate_hz} Hz as {kind} at {kbit_s:g} kbit/s ({error})") from error
    heard = np.concatenate([f.to_ndarray()[0] for f in frames])[: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard))).astype(np.float32)
