"""How the demo corpus acts: espeak-ng speaks, signal processing gives it a manner.

A manner is a set of differences from a voice's neutral speech. Rate, pitch and pitch range go into espeak-ng; the rest
(glides, tremor, pauses, tilt, breath, creak, loudness) is done to its samples.
"""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass, fields

import numpy as np
import soundfile as sf
import soxr
from cast import Voice
from scipy.linalg import solve_toeplitz
from scipy.ndimage import map_coordinates
from scipy.signal import butter, lfilter, sosfilt, sosfiltfilt

RATE_HZ = 16_000
NEUTRAL_DBFS = -25.0
PEAK = 0.89


@dataclass(frozen=True)
class Manner:
    """How an emotion differs from neutral, at full intensity.

    Attributes:
        rate: change of speed, as a share (0.2: a fifth faster).
        pitch: change of pitch, espeak-ng units.
        range: change of pitch range, espeak-ng units (neutral is 50).
        gain_db: change of loudness.
        tilt_db: change above 1 kHz; positive is the sharper timbre of vocal effort.
        breath: breath noise, relative to the voice.
        tremor: depth of a 6.5 Hz shake of pitch and loudness.
        creak: depth of irregular low-frequency modulation.
        glide: rise of pitch over the last third, semitones.
        slope_db: change of loudness from the first to the last word.
        pause_s: length of the hesitation in the middle.
        smile: change of the formants, as a share (spread lips shorten the tract).
        nose: how far the band around 1.1 kHz is taken out, 0 to 1, as a wrinkled nose does.
    """

    rate: float = 0.0
    pitch: float = 0.0
    range: float = 0.0
    gain_db: float = 0.0
    tilt_db: float = 0.0
    breath: float = 0.0
    tremor: float = 0.0
    creak: float = 0.0
    glide: float = 0.0
    slope_db: float = 0.0
    pause_s: float = 0.0
    smile: float = 0.0
    nose: float = 0.0

    def scaled(self, by: float) -> Manner:
        """The same manner, weaker or stronger."""
        return Manner(**{f.name: by * getattr(self, f.name) for f in fields(self)})

    def varied(self, rng: np.random.Generator) -> Manner:
        """The manner of one take: nobody says a thing the same way twice."""
        return Manner(**{f.name: getattr(self, f.name) + WOBBLE[f.name] * rng.normal() for f in fields(self)})


MANNERS: dict[str, Manner] = {
    "neutral": Manner(),
    "angry": Manner(rate=0.16, pitch=14, range=24, gain_db=8, tilt_db=7, glide=-1.0, creak=0.1),
    "happy": Manner(rate=0.12, pitch=20, range=36, gain_db=4, tilt_db=2.5, glide=0.5, smile=0.05),
    "sad": Manner(
        rate=-0.22, pitch=-12, range=-28, gain_db=-6, tilt_db=-6, breath=0.15, glide=-1.5, slope_db=-5, pause_s=0.3
    ),
    "fearful": Manner(
        rate=0.18, pitch=26, range=-18, gain_db=-4, tilt_db=-1, breath=0.2, tremor=1.0, pause_s=0.18, smile=0.01
    ),
    "surprised": Manner(rate=-0.08, pitch=28, range=40, gain_db=2, tilt_db=1, breath=0.12, glide=6.0, slope_db=5),
    "disgusted": Manner(
        rate=-0.18, pitch=-10, range=8, gain_db=-1, tilt_db=2, creak=0.85, glide=-3, smile=-0.04, nose=0.9
    ),
}
# Spread of each figure from take to take (one standard deviation): wide enough that neighbouring emotions overlap.
WOBBLE: dict[str, float] = {
    "rate": 0.045,
    "pitch": 3.5,
    "range": 6.0,
    "gain_db": 1.6,
    "tilt_db": 1.0,
    "breath": 0.025,
    "tremor": 0.08,
    "creak": 0.05,
    "glide": 0.5,
    "slope_db": 1.0,
    "pause_s": 0.04,
    "smile": 0.005,
    "nose": 0.08,
}
# espeak-ng reads punctuation as intonation; the emotions that raise the voice get it.
MARKS = {"angry": {"en": "!", "zh": "！"}, "happy": {"en": "!", "zh": "！"}, "surprised": {"en": "?!", "zh": "？！"}}


def espeak(voice: Voice, text: str, *, rate_wpm: float, pitch: float, range_: float, pause_s: float) -> np.ndarray:
    """What espeak-ng says, at 22,050 Hz: float64 samples of shape (n,).

    Args:
        voice: who speaks.
        text: the words; "|" becomes a pause of ``pause_s`` seconds when that is longer than 30 ms.
        rate_wpm: words per minute.
        pitch: 0 to 99.
        range_: pitch range, 0 to 99.
        pause_s: length of the pause at "|".
    """
    stop = f'<break time="{round(1000 * pause_s)}ms"/>' if pause_s > 0.03 else ""
    spoken = text.replace(" | ", stop or " ").replace("|", stop)
    ssml = f'<speak><prosody range="{round(np.clip(range_, 0, 99))}">{spoken}</prosody></speak>'
    command = ["espeak-ng", "--stdout", "-m", "-v", voice.espeak]
    command += ["-s", str(round(max(rate_wpm, 80))), "-p", str(round(np.clip(pitch, 0, 99))), ssml]
    wav = bytearray(subprocess.run(command, check=True, capture_output=True).stdout)
    # espeak-ng cannot know the length when it writes to a pipe: put the true one into the header.
    wav[4:8] = (len(wav) - 8).to_bytes(4, "little")
    wav[40:44] = (len(wav) - 44).to_bytes(4, "little")
    samples, rate_hz = sf.read(io.BytesIO(bytes(wav)))
    if rate_hz != 22_050:
        raise ValueError(f"espeak-ng speaks at {rate_hz} Hz, not at 22050: another build?")
    return trim(samples)


def trim(samples: np.ndarray, floor: float = 0.003) -> np.ndarray:
    """The samples from the first to the last that can be heard."""
    loud = np.flatnonzero(np.abs(samples) > floor)
    return samples[loud[0] : loud[-1] + 1]


def envelope(samples: np.ndarray, window_s: float = 0.03) -> np.ndarray:
    """Smooth loudness: root mean square over a moving window, shape (n,)."""
    n = round(window_s * RATE_HZ)
    return np.sqrt(np.maximum(np.convolve(samples**2, np.hanning(n) / np.hanning(n).sum(), mode="same"), 0))


def active_level(samples: np.ndarray) -> float:
    """Root mean square of the part that is speech (within 30 dB of the loudest 20 ms)."""
    n = RATE_HZ // 50
    frames = np.sqrt((samples[: len(samples) // n * n].reshape(-1, n) ** 2).mean(axis=1))
    return float(np.sqrt((frames[frames > frames.max() / 31.6] ** 2).mean()))


def at_level(samples: np.ndarray, dbfs: float) -> np.ndarray:
    """The samples with their speech at a level, lowered where that would clip."""
    out = samples * 10 ** (dbfs / 20) / active_level(samples)
    return out * min(1.0, PEAK / np.abs(out).max())


def perform(
    voice: Voice, text: str, emotion: str, *, intensity: float, rng: np.random.Generator, gain_db: float = 0.0
) -> np.ndarray:
    """One acted utterance without room or noise: float64 samples at 16 kHz, shape (n,).

    Args:
        voice: who speaks.
        text: the words, with "|" where a pause may stand.
        emotion: a key of ``MANNERS``.
        intensity: 0 (neutral) to 1 (the full manner).
        rng: source of the take's variation.
        gain_db: loudness on top of the manner's, for a quiet or loud session.
    """
    manner = MANNERS[emotion].scaled(intensity * voice.expression).varied(rng)
    spoken = text
    if intensity > 0.5 and emotion in MARKS:
        spoken = text[:-1] + MARKS[emotion][voice.language]
    size = voice.size * (1 + manner.smile)
    raw = espeak(
        voice,
        spoken,
        rate_wpm=voice.rate_wpm * (1 + manner.rate) / size,
        pitch=voice.pitch + manner.pitch,
        range_=50 + manner.range,
        pause_s=manner.pause_s,
    )
    samples = soxr.resample(raw, 22_050 * size, RATE_HZ, quality="VHQ")
    samples = bend(samples, manner.glide, max(manner.tremor, 0), rng)
    samples = tilt(samples, voice.warmth_db + manner.tilt_db)
    samples = wrinkle(samples, float(np.clip(manner.nose, 0, 1)))
    samples = shake(samples, max(manner.tremor, 0), max(manner.creak, 0), rng)
    samples = breathe(samples, max(manner.breath, 0), rng)
    samples = samples * 10 ** (np.linspace(0, manner.slope_db, len(samples)) / 20)
    return at_level(samples, NEUTRAL_DBFS + manner.gain_db + gain_db)


def bend(samples: np.ndarray, glide: float, tremor: float, rng: np.random.Generator) -> np.ndarray:
    """Raise the pitch over the last third by ``glide`` semitones and shake it at 6.5 Hz: read at a changing speed."""
    at = np.arange(len(samples)) / len(samples)
    t = np.arange(len(samples)) / RATE_HZ
    semitones = glide * np.clip((at - 0.6) / 0.4, 0, 1) ** 1.5
    semitones = semitones + 0.5 * tremor * np.sin(2 * np.pi * 6.5 * t + rng.uniform(0, 2 * np.pi))
    where = np.cumsum(2 ** (semitones / 12))
    # The cumulated speed says which old sample is heard at each new one; a faster reading ends earlier.
    where = where[where < len(samples) - 1]
    return map_coordinates(samples, where[np.newaxis], order=3, mode="nearest")


def tilt(samples: np.ndarray, db: float) -> np.ndarray:
    """Change everything above about 1 kHz by ``db`` (first-order shelf)."""
    low = sosfilt(butter(1, 1_000, fs=RATE_HZ, output="sos"), samples)
    return low + (samples - low) * 10 ** (db / 20)


def wrinkle(samples: np.ndarray, amount: float) -> np.ndarray:
    """Take out the band around 1.1 kHz, as a nasal tract does."""
    return samples - amount * sosfiltfilt(butter(1, [750, 1_600], "bandpass", fs=RATE_HZ, output="sos"), samples)


def shake(samples: np.ndarray, tremor: float, creak: float, rng: np.random.Generator) -> np.ndarray:
    """Modulate the loudness: a slow tremor, and the irregular 35 Hz pulses of a creaky voice."""
    t = np.arange(len(samples)) / RATE_HZ
    slow = 1 + 0.35 * tremor * np.sin(2 * np.pi * 6.5 * t + rng.uniform(0, 2 * np.pi))
    drift = np.cumsum(sosfilt(butter(1, 5, fs=RATE_HZ, output="sos"), rng.normal(size=len(samples)))) / RATE_HZ
    pulses = 0.5 + 0.5 * np.cos(2 * np.pi * 35 * t + 2 * np.pi * 400 * drift)
    return samples * slow * (1 - min(creak, 0.9) * (1 - pulses))


def breathe(samples: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Add noise above 1.5 kHz that follows the voice."""
    noise = sosfilt(butter(2, [1_500, 7_000], "bandpass", fs=RATE_HZ, output="sos"), rng.normal(size=len(samples)))
    return samples + amount * envelope(samples) * noise


def whisper(samples: np.ndarray, rng: np.random.Generator, *, order: int = 20) -> np.ndarray:
    """The same words without vocal folds: linear prediction keeps the vocal tract, noise drives it.

    Args:
        samples: voiced speech at 16 kHz, shape (n,).
        rng: source of the noise.
        order: number of prediction coefficients.
    """
    hop, window = 160, np.hanning(480)
    bright = lfilter([1, -0.9], [1], samples)
    padded = np.pad(bright, (160, 480))
    noise = rng.normal(size=len(samples) // hop * hop)
    state = np.zeros(order)
    out = np.empty_like(noise)
    for start in range(0, len(noise), hop):
        frame = padded[start : start + 480] * window
        lags = np.correlate(frame, frame, "full")[479 : 480 + order]
        lags[0] = lags[0] * 1.001 + 1e-9
        predictor = solve_toeplitz(lags[:-1], lags[1:])
        gain = np.sqrt(max(lags[0] - predictor @ lags[1:], 0) / (window**2).sum())
        out[start : start + hop], state = lfilter(
            [gain], np.concatenate([[1], -predictor]), noise[start : start + hop], zi=state
        )
    # Only part of the pre-emphasis is undone: a whisper has little energy below the first formant.
    return lfilter([1], [1, -0.55], out)


def room(
    samples: np.ndarray, rng: np.random.Generator, *, lead_s: float, tail_s: float, noise_dbfs: float
) -> np.ndarray:
    """Put the speech into a quiet room: silence before and after, soft noise throughout."""
    out = np.pad(samples, (round(lead_s * RATE_HZ), round(tail_s * RATE_HZ)))
    hiss = lfilter([1], [1, -0.7], rng.normal(size=len(out)))
    return out + hiss / hiss.std() * 10 ** (noise_dbfs / 20)
