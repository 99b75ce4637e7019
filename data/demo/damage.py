"""The planted clips of the demo corpus that are not plain speech: damaged, foreign, or with two people on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr
from acting import RATE_HZ, active_level, at_level, perform, room
from cast import AGENT, BY_NAME, CALL
from scipy.signal import butter, sosfilt
from script import rng_for, spare_line, words

SHORT_WORD = "喂。"
SECOND_VOICE = "tao"


def plain(name: str, text: str, emotion: str = "neutral", *, intensity: float = 0.9) -> np.ndarray:
    """A spare utterance, without a room."""
    return perform(BY_NAME[name], text, emotion, intensity=intensity, rng=rng_for("plain", name, text))


def clipped(name: str, text: str) -> np.ndarray:
    """Recorded far too loud: an utterance raised by 20 dB, past full scale."""
    loud = 10 * room(plain(name, text, "happy"), rng_for("clipped"), lead_s=0.1, tail_s=0.15, noise_dbfs=-68)
    return np.clip(loud, -1, 1)


def noisy(name: str, text: str) -> np.ndarray:
    """Traffic-like noise 3 dB below the speech, alone for the first 0.4 s."""
    rng = rng_for("noisy")
    speech = np.pad(at_level(plain(name, text), -24), (round(0.4 * RATE_HZ), round(0.2 * RATE_HZ)))
    noise = sosfilt(butter(1, 900, fs=RATE_HZ, output="sos"), rng.normal(size=len(speech)))
    return speech + noise / noise.std() * active_level(speech) * 10 ** (-3 / 20)


def silent(_name: str, _text: str) -> np.ndarray:
    """Three seconds of an empty room, -80 dB relative to full scale."""
    return 1e-4 * rng_for("silent").normal(size=3 * RATE_HZ)


def short(name: str, _text: str) -> np.ndarray:
    """One word, exactly 0.4 s."""
    said = room(plain(name, SHORT_WORD), rng_for("short"), lead_s=0.02, tail_s=0.5, noise_dbfs=-62)
    return said[: round(0.4 * RATE_HZ)]


def telephone(name: str, text: str) -> np.ndarray:
    """A telephone line: 300 to 3400 Hz, 8 kHz, eight bits of mu-law."""
    wide = room(plain(name, text), rng_for("telephone"), lead_s=0.1, tail_s=0.15, noise_dbfs=-60)
    band = sosfilt(butter(6, [300, 3_400], "bandpass", fs=RATE_HZ, output="sos"), wide)
    line = soxr.resample(band, RATE_HZ, 8_000, quality="VHQ")
    loud = np.sign(line) * np.log1p(255 * np.abs(line)) / np.log(256)
    code = np.round(loud * 127) / 127
    return soxr.resample(np.sign(code) * (256 ** np.abs(code) - 1) / 255, 8_000, RATE_HZ, quality="VHQ")


def music(_name: str, _text: str) -> np.ndarray:
    """Six seconds of a melody over four chords, on an instrument with eight harmonics."""
    beat = RATE_HZ // 2
    out = np.zeros(12 * beat)

    def strike(midi: int, start: int, beats: float, level: float) -> None:
        t = np.arange(min(round(beats * beat), len(out) - start)) / RATE_HZ
        hz = 440 * 2 ** ((midi - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hz * k * t) * np.exp(-1.2 * k * t) / k for k in range(1, 9))
        out[start : start + len(t)] += level * tone * np.minimum(t / 0.005, 1)

    for bar, chord in enumerate([(48, 55, 64), (45, 57, 60), (53, 57, 60), (43, 55, 59)]):
        for midi in chord:
            strike(midi, 3 * bar * beat, 3, 0.5)
    for n, midi in enumerate([76, 79, 84, 81, 76, 72, 77, 81, 84, 83, 79, 74]):
        strike(midi, n * beat, 1.5, 1.0)
    return 0.3 * out / np.abs(out).max() + 3e-4 * rng_for("music").normal(size=len(out))


def two_voices_turns(name: str) -> list[tuple[str, str]]:
    """Who says what on the clip of two voices."""
    return [(who, spare_line(BY_NAME[who], nth)) for nth in (1, 2) for who in (name, SECOND_VOICE)]


def two_voices(name: str, _text: str) -> np.ndarray:
    """A woman and a man in turn, twice each, in one channel."""
    said = [plain(who, line) for who, line in two_voices_turns(name)]
    gap = np.zeros(round(0.25 * RATE_HZ))
    joined = np.concatenate([piece for turn in said for piece in (turn, gap)])
    return room(joined, rng_for("two-voices"), lead_s=0.1, tail_s=0.0, noise_dbfs=-62)


DAMAGE: dict[str, Callable[[str, str], np.ndarray]] = {
    "clipped": clipped, "noisy": noisy, "silent": silent, "short": short,
    "telephone": telephone, "music": music, "two-voices": two_voices,
}  # fmt: skip


def label_and_text(kind: str, name: str) -> tuple[str, str]:
    """The label a damaged clip is given and the words on it; both empty where nobody can be heard."""
    if kind in ("silent", "music", "corrupt"):
        return "", ""
    if kind == "short":
        return "neutral", SHORT_WORD
    if kind == "two-voices":
        return "neutral", " ".join(words(line) for _, line in two_voices_turns(name))
    return "happy" if kind == "clipped" else "neutral", words(spare_line(BY_NAME[name]))


def call() -> tuple[np.ndarray, list[dict[str, object]]]:
    """The stereo call: samples (n, 2), agent left, client right; and who speaks when."""
    turns: list[dict[str, object]] = []
    said: list[tuple[int, int, np.ndarray]] = []
    at = round(0.3 * RATE_HZ)
    for name, emotion, text in CALL:
        samples = plain(name, text, emotion, intensity=0.9)
        said.append((at, 0 if name == AGENT.name else 1, samples))
        turns.append(
            {"speaker": name, "channel": "left" if name == AGENT.name else "right", "acted": emotion,
             "start_s": round(at / RATE_HZ, 3), "end_s": round((at + len(samples)) / RATE_HZ, 3), "text": text}
        )  # fmt: skip
        at += len(samples) + round(0.25 * RATE_HZ)
    out = np.zeros((at + round(0.2 * RATE_HZ), 2))
    for start, channel, samples in said:
        out[start : start + len(samples), channel] += samples
    rng = rng_for("call")
    return np.stack([room(c, rng, lead_s=0, tail_s=0, noise_dbfs=-64) for c in out.T], axis=1), turns
