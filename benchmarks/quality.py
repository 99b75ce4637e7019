"""How often the quality flags are raised on good speech, how often they find planted defects, and how fast.

    python benchmarks/quality.py --data FOLDER [--demo FOLDER] [--music FOLDER] [--out FILE]

Prints one JSON document. ``--data`` holds ``ravdess6``, ``librispeech10``, ``ami4`` and ``fsdd_short`` (any of
them may be missing); defects are planted in its speech, or without ``--data`` in the synthetic speech of the demo
corpus, which is always measured. ``--music`` is any folder of instrumental recordings.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from emoanalytics.audio.decode import RATE_HZ, Waveform, decode, from_samples
from emoanalytics.audio.quality import Flag, Quality, flags, measure
from emoanalytics.settings import QualitySettings

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = QualitySettings()
Clip = np.ndarray
Speakers = dict[tuple[str, str], list[Clip]]  # (speaker, gender) -> clips


def read(path: Path, seconds: float | None = None) -> Clip:
    """All channels of a file, mixed, at 16 kHz."""
    with decode(path)[0] as wave:
        return np.array(wave.read(0, wave.n_samples))[: None if seconds is None else round(seconds * RATE_HZ)]


def quality_of(samples: Clip | Path) -> Quality:
    """Quality of a whole clip."""
    wave: Waveform = decode(samples)[0] if isinstance(samples, Path) else from_samples(samples, RATE_HZ)
    with wave:
        return measure(wave, 0, wave.n_samples)


def rates(clips: Iterable[Clip | Path]) -> dict[str, float]:
    """Share of clips per flag, and how many clips there were."""
    raised = [flags(quality_of(clip), SETTINGS) for clip in clips]
    counts = Counter(flag for each in raised for flag in each)
    return {"clips": len(raised), **{flag.value: round(counts[flag] / len(raised), 3) for flag in Flag if counts[flag]}}


def hits(flag: Flag, clips: Sequence[Clip]) -> float:
    """Share of clips that raise a flag."""
    return round(sum(flag in flags(quality_of(clip), SETTINGS) for clip in clips) / len(clips), 3)


# Planted defects ---------------------------------------------------------------------------------------------


def active(samples: Clip) -> float:
    """Mean power of the frames within 40 dB of the loudest."""
    power = np.square(samples[: len(samples) // 320 * 320].reshape(-1, 320)).mean(axis=1)
    return float(power[power > power.max() * 1e-4].mean())


def trimmed(samples: Clip) -> Clip:
    """Without the silence at both ends, at a common level."""
    power = np.square(samples[: len(samples) // 320 * 320].reshape(-1, 320)).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 1e-3)
    return samples[loud[0] * 320 : (loud[-1] + 1) * 320] * (0.05 / np.sqrt(active(samples)))


def noisy(speech: Clip, noise: Clip, snr_db: float) -> Clip:
    """Speech with noise at a known ratio of active level to noise."""
    mixed = speech + noise * np.sqrt(active(speech) / 10 ** (snr_db / 10) / np.square(noise).mean())
    return (mixed * min(1, 0.9 / np.abs(mixed).max())).astype(np.float32)


def white(n: int, rng: np.random.Generator) -> Clip:
    """White noise."""
    return rng.normal(size=n)


def pink(n: int, rng: np.random.Generator) -> Clip:
    """Noise whose power falls by 3 dB an octave."""
    spectrum = np.fft.rfft(rng.normal(size=n))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return np.fft.irfft(spectrum, n)


def babble_of(speech: Sequence[Clip]) -> Callable[[int, np.random.Generator], Clip]:
    """Eight talkers at once, drawn from speech."""
    pool = [trimmed(clip) for clip in speech]

    def babble(n: int, rng: np.random.Generator) -> Clip:
        out = np.zeros(n)
        for _ in range(8):
            voice = np.resize(pool[rng.integers(len(pool))], n + RATE_HZ * 2)
            first = int(rng.integers(RATE_HZ * 2))
            out += voice[first : first + n]
        return out

    return babble


def clipped(speech: Clip, share: float) -> Clip:
    """Speech raised until a share of its samples is past full scale."""
    return np.clip(speech / np.quantile(np.abs(speech), 1 - share), -1, 1).astype(np.float32)


def telephone(speech: Clip, order: int) -> Clip:
    """Speech through a Butterworth band of a telephone line."""
    return sosfilt(butter(order, [300, 3400], "bandpass", fs=RATE_HZ, output="sos"), speech).astype(np.float32)


def in_turn(first: Clip, second: Clip, rng: np.random.Generator) -> Clip:
    """One clip after the other, with a pause of up to 0.4 s."""
    pause = np.zeros(round(RATE_HZ * rng.uniform(0, 0.4)))
    return np.concatenate([trimmed(first), pause, trimmed(second)]).astype(np.float32)


def at_once(first: Clip, second: Clip, _rng: np.random.Generator) -> Clip:
    """Both clips at equal level, the longer one whole."""
    first, second = trimmed(first), trimmed(second)
    mixed = np.zeros(max(len(first), len(second)), np.float32)
    mixed[: len(first)] += first
    mixed[len(mixed) - len(second) :] += second
    return mixed


def pairs(speakers: Speakers, kind: str, rng: np.random.Generator, n: int) -> list[tuple[Clip, Clip]]:
    """Pairs of clips: of one speaker, of two of one gender, or of a woman and a man."""
    keys = list(speakers)
    found: list[tuple[Clip, Clip]] = []
    while len(found) < n:
        a, b = (keys[i] for i in rng.integers(len(keys), size=2))
        is_kind = {"one speaker": a == b, "same gender": a != b and a[1] == b[1], "woman and man": a[1] != b[1]}[kind]
        i, j = rng.integers(len(speakers[a])), rng.integers(len(speakers[b]))
        if is_kind and (a, i) != (b, j):
            found.append((speakers[a][i], speakers[b][j]))
    return found


def tune(kind: str, seconds: float, *, chords: bool, drums: bool, rng: np.random.Generator) -> Clip:
    """A random tune in a major scale, on an instrument with steady, decaying or vibrating notes."""
    n, beat_s = round(seconds * RATE_HZ), 60 / rng.uniform(70, 150)
    out, at, base_hz = np.zeros(n + 2 * RATE_HZ), 0, rng.uniform(180, 330)
    while at < n:
        t = np.arange(round(beat_s * rng.choice([0.5, 1, 1, 2]) * RATE_HZ)) / RATE_HZ
        root_hz = base_hz * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        for hz in (root_hz * 2 ** (st / 12) for st in ((0, 4, 7) if chords else (0,))):
            for k in range(1, 8):
                envelope = {"organ": 1.0, "piano": np.exp(-t * (1.5 + k)), "string": np.minimum(1, t * 8)}[kind]
                vibrato = 0.3 * k * np.sin(2 * np.pi * 5.5 * t) if kind == "string" else 0.0
                out[at : at + len(t)] += np.sin(2 * np.pi * hz * k * t + vibrato) / k * envelope
        at += len(t)
    out = out[:n] / np.abs(out[:n]).max()
    if drums:
        out += drum_loop(seconds, 60 / beat_s, rng)
    return (0.3 * out / np.abs(out).max()).astype(np.float32)


def drum_loop(seconds: float, beats_per_minute: float, rng: np.random.Generator) -> Clip:
    """Bass drum, snare and hi-hat in eighths."""
    n, step = round(seconds * RATE_HZ), round(30 / beats_per_minute * RATE_HZ)
    t = np.arange(RATE_HZ // 4) / RATE_HZ
    out = np.zeros(n + len(t))
    for i, at in enumerate(range(0, n, step)):
        out[at : at + len(t)] += 0.25 * rng.normal(size=len(t)) * np.exp(-t * 80)
        if i % 4 == 0:
            out[at : at + len(t)] += np.sin(2 * np.pi * 55 * t) * np.exp(-t * 12)
        if i % 4 == 2:
            out[at : at + len(t)] += 0.6 * rng.normal(size=len(t)) * np.exp(-t * 25)
    return (0.5 * out[:n] / np.abs(out[:n]).max()).astype(np.float32)


# The tables --------------------------------------------------------------------------------------------------


def planted(speech: Sequence[Clip], rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Hit rates on speech with known noise, clipping or band, and on synthetic music."""
    noises = {"white": white, "pink": pink, "babble": babble_of(speech)}
    return {
        "noisy": {
            f"{name} noise at {snr_db} dB": hits(
                Flag.NOISY, [noisy(clip, make(len(clip), rng), snr_db) for clip in speech]
            )
            for name, make in noises.items()
            for snr_db in (0, 5, 15, 20)
        },
        "clipped": {
            f"{share:.2%} of samples": hits(Flag.CLIPPED, [clipped(c, share) for c in speech])
            for share in (0.005, 0.02)
        },
        "narrow_band": {
            f"300 to 3400 Hz, order {order}": hits(Flag.NARROW_BAND, [telephone(c, order) for c in speech])
            for order in (6, 10)
        },
        "music": {
            "drum loops": hits(Flag.MUSIC, [drum_loop(6, bpm, rng) for bpm in range(70, 150, 10)]),
            **{
                f"{kind}{', chords' * chords}{', drums' * drums}": hits(
                    Flag.MUSIC, [tune(kind, rng.uniform(3, 8), chords=chords, drums=drums, rng=rng) for _ in range(12)]
                )
                for kind in ("organ", "piano", "string")
                for chords in (False, True)
                for drums in (False, True)
            },
        },
    }


def several_voices(speakers: Speakers, rng: np.random.Generator, n: int = 80) -> dict[str, float]:
    """Share flagged of joined clips; of one speaker it should be low."""
    table = {
        "one speaker, in turn": hits(
            Flag.SEVERAL_VOICES, [in_turn(*p, rng) for p in pairs(speakers, "one speaker", rng, n)]
        )
    }
    for kind in ("woman and man", "same gender"):
        for word, join in (("in turn", in_turn), ("at once", at_once)):
            clips = [join(*pair, rng) for pair in pairs(speakers, kind, rng, n)]
            table[f"{kind}, {word}"] = hits(Flag.SEVERAL_VOICES, clips)
    return table


def speakers_of(folder: Path, seconds: float) -> Speakers:
    """Clips of a corpus by speaker and gender, cut to a length."""
    out: Speakers = {}
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            out.setdefault((row["speaker"], row["gender"]), []).append(read(folder / row["file"], seconds))
    return out


def demo(folder: Path) -> dict[str, object]:
    """The demo corpus: clips that were left alone, and which flags each planted one raises."""
    damaged = json.loads((folder / "planted.json").read_text("utf-8"))["damaged"]
    readable = {name: folder / file for name, file in damaged.items() if name != "corrupt"}
    plain = [p for p in sorted(folder.glob("*/*.ogg")) if p not in (*readable.values(), folder / damaged["corrupt"])]
    raised = {name: flags(quality_of(path), SETTINGS) for name, path in readable.items()}
    return {"plain": rates(plain), "planted": {name: [flag.value for flag in each] for name, each in raised.items()}}


def speed(clips: Sequence[Clip]) -> dict[str, float]:
    """Seconds of audio per second of processor time, all threads counted."""
    waves = [from_samples(clip, RATE_HZ) for clip in clips]
    measure(waves[0], 0, waves[0].n_samples)
    begun = time.process_time()
    for wave in waves:
        measure(wave, 0, wave.n_samples)
    spent_s = time.process_time() - begun
    return {"clips": len(clips), "times_real_time": round(sum(w.duration_s for w in waves) / spent_s)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with ravdess6, librispeech10, ami4, fsdd_short")
    parser.add_argument("--demo", type=Path, default=ROOT / "data" / "demo", help="the demo corpus")
    parser.add_argument("--music", type=Path, help="folder of instrumental recordings")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    result: dict[str, object] = {"settings": vars(SETTINGS), "demo": demo(args.demo)}
    speech = [read(path) for path in sorted(args.demo.glob("*/week[12]-[123].ogg"))]
    if args.data:
        names = [n for n in ("ravdess6", "librispeech10", "fsdd_short", "ami4") if (args.data / n).is_dir()]
        suffixes = {".flac", ".wav"}
        files = {n: sorted(p for p in (args.data / n).rglob("*") if p.suffix in suffixes) for n in names}
        result["corpora"] = {n: rates(files[n]) for n in names}
        tests = {n: speakers_of(args.data / n, 6.0) for n in ("ravdess6", "librispeech10") if n in files}
        result["several_voices"] = {n: several_voices(speakers, rng) for n, speakers in tests.items()}
        speech = [clip for speakers in tests.values() for clips in speakers.values() for clip in clips[:6]] or speech
    result["planted"] = planted(speech, rng)
    if args.music:
        recordings = [read(path) for path in sorted(args.music.iterdir())]
        pieces = [r[i : i + 6 * RATE_HZ] for r in recordings for i in range(0, len(r) - 3 * RATE_HZ, 15 * RATE_HZ)]
        result["recorded music, 6 s pieces"] = rates(pieces)
    result["speed"] = speed(speech)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    if args.out:
        args.out.write_text(text + "\n", "utf-8")
    print(text)


if __name__ == "__main__":
    main()
