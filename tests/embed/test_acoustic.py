"""The acoustic encoder: what every embedding promises, and its descriptors against slow, plain versions."""

from __future__ import annotations

import doctest
import math
import pickle
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from emoanalytics.embed.acoustic import LIMIT, Acoustic, descriptors, pitch
from emoanalytics.embed.acoustic.contours import HZ, RATE_HZ, Contours, frame_count, mel_bank
from emoanalytics.errors import EncoderError
from tests.conftest import tone

LEVEL = {"energy.level_dbfs"}  # what a change of gain may move


@pytest.fixture(scope="module")
def acoustic() -> Acoustic:
    return Acoustic()


@pytest.fixture(scope="module")
def bank() -> np.ndarray:
    return mel_bank()


def speechlike(seconds: float = 2.5, seed: int = 0) -> np.ndarray:
    """Voiced syllables with moving pitch, hiss between them and pauses: float32 at 16 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hz = 150 + 40 * np.sin(2 * np.pi * 0.7 * t + seed) + 5 * np.sin(2 * np.pi * 5 * t)
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    voice = sum(np.sin(k * phase) / k**1.2 for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, None)
    gap = (t % 1.1) < 0.85
    hiss = np.convolve(rng.normal(size=t.size), [1, -1], mode="same") * np.clip(-np.sin(2 * np.pi * 3.1 * t), 0, None)
    return (0.05 * gap * (voice * syllables + 0.3 * hiss) + 1e-4 * rng.normal(size=t.size)).astype(np.float32)


CLIPS = {
    "silence": np.zeros(16_000),
    "constant": np.full(16_000, 0.3),
    "whisper": 0.01 * np.random.default_rng(0).normal(size=24_000),
    "click": np.eye(1, 16_000, 8_000)[0],
    "two clicks": np.eye(1, 3_200, 100)[0] + np.eye(1, 3_200, 3_000)[0],
    "one frame": tone(0.025),
    "one frame of silence": np.zeros(400),
    "half a second": speechlike(0.5),
    "thirty seconds": speechlike(30.0),
    "a word in a long pause": np.concatenate([np.zeros(200_000), speechlike(0.6), np.zeros(200_000)]),
    "overdriven": np.clip(1000 * speechlike(), -1, 1),
    "far over full scale": 1e4 * speechlike(),
    "barely there": 1e-5 * speechlike(),
    "pure tone": np.sin(2 * np.pi * 1000 * np.arange(16_000) / RATE_HZ),
    "square": np.sign(np.sin(2 * np.pi * 100 * np.arange(16_000) / RATE_HZ) + 1e-9),
    "alternating": np.tile([1.0, -1.0], 8_000),
}


# --- the encoder ----------------------------------------------------------------------------------------------------


def test_the_card_and_the_names(acoustic: Acoustic, bank: np.ndarray) -> None:
    assert acoustic.card.name == "acoustic" and acoustic.card.rate_hz == 16_000 and acoustic.card.labels == ()
    assert acoustic.head is None and acoustic.in_workers and acoustic.min_samples == 400
    assert acoustic.card.dim == len(acoustic.names) == len(set(acoustic.names)) == len(acoustic.units)
    measured = descriptors.describe(Contours.of(speechlike(), bank))
    assert tuple(measured) == acoustic.names
    assert all(acoustic.units)


@pytest.mark.parametrize("name", CLIPS)
def test_every_clip_gives_finite_bounded_values(acoustic: Acoustic, name: str) -> None:
    clip = CLIPS[name].astype(np.float32)
    encoded = acoustic.encode([clip])
    assert encoded.embeddings.shape == (1, acoustic.card.dim) and encoded.embeddings.dtype == np.float32
    assert np.isfinite(encoded.embeddings).all() and np.abs(encoded.embeddings).max() <= LIMIT
    assert encoded.n_frames.tolist() == [1 + (len(clip) - 400) // 160]


def test_names_do_not_depend_on_the_clip(acoustic: Acoustic, bank: np.ndarray) -> None:
    for clip in CLIPS.values():
        assert tuple(descriptors.describe(Contours.of(clip.astype(np.float32), bank))) == acoustic.names


def test_silence_says_nothing_but_its_level(acoustic: Acoustic) -> None:
    row = acoustic.encode([np.zeros(16_000, np.float32)]).embeddings[0]
    assert {name for name, value in zip(acoustic.names, row, strict=True) if value != 0} == LEVEL
    assert row[acoustic.names.index("energy.level_dbfs")] == -LIMIT


def test_a_whisper_has_no_pitch(acoustic: Acoustic) -> None:
    row = acoustic.encode([CLIPS["whisper"].astype(np.float32)]).embeddings[0]
    values = dict(zip(acoustic.names, row, strict=True))
    assert {v for name, v in values.items() if name.startswith(("pitch.", "voice.h1"))} == {0.0}
    assert values["rhythm.voiced_share"] < -1


def test_a_row_is_its_clips_alone(acoustic: Acoustic) -> None:
    clips = [speechlike(s, seed) for seed, s in enumerate((0.3, 2.5, 1.0, 4.0))]
    together = acoustic.encode(clips)
    backwards = acoustic.encode(clips[::-1])
    alone = np.concatenate([Acoustic().encode([clip]).embeddings for clip in clips])
    assert np.array_equal(together.embeddings, alone)
    assert np.array_equal(together.embeddings, backwards.embeddings[::-1])
    assert len({row.tobytes() for row in together.embeddings}) == 4
    assert acoustic.encode([]).embeddings.shape == (0, acoustic.card.dim)


@pytest.mark.parametrize("gain", [0.25, 0.31, 7.3])
def test_gain_moves_only_the_level(acoustic: Acoustic, bank: np.ndarray, gain: float) -> None:
    clip = speechlike()
    before, after = acoustic.encode([clip, (gain * clip).astype(np.float32)]).embeddings
    moved = {name for name, d in zip(acoustic.names, np.abs(after - before), strict=True) if d > 0.02}
    assert moved == LEVEL
    level = [Contours.of((g * clip).astype(np.float32), bank).level_dbfs for g in (1, gain)]
    assert level[1] - level[0] == pytest.approx(20 * math.log10(gain), abs=0.01)


def test_a_copy_in_a_worker_gives_the_same_and_needs_no_librosa(acoustic: Acoustic, tmp_path: Path) -> None:
    clip = speechlike(1.0)
    (tmp_path / "encoder").write_bytes(pickle.dumps((acoustic, clip)))
    code = (
        "import pickle, sys, numpy as np\n"
        f"encoder, clip = pickle.loads(open({str(tmp_path / 'encoder')!r}, 'rb').read())\n"
        f"np.save({str(tmp_path / 'row.npy')!r}, encoder.encode([clip]).embeddings)\n"
        "sys.exit(str([m for m in ('librosa', 'numba', 'sklearn', 'torch') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stderr.strip() == "[]"
    assert np.array_equal(np.load(tmp_path / "row.npy"), acoustic.encode([clip]).embeddings)


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros(399, np.float32), r"shape \(399,\) is too short: at least 400 samples"),
        (np.zeros((2, 800), np.float32), r"one channel, got shape \(2, 800\)"),
        (np.array([np.nan] * 500, np.float32), "samples that are not finite"),
        (np.array([np.inf] * 500, np.float32), "samples that are not finite"),
    ],
)
def test_clips_it_refuses(acoustic: Acoustic, clip: np.ndarray, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        acoustic.encode([speechlike(0.2), clip])


def test_it_has_no_frame_scores(acoustic: Acoustic) -> None:
    with pytest.raises(EncoderError, match="no head, so it has no frame scores"):
        acoustic.encode([speechlike(0.2)], frames=True)


def test_the_recipe_is_in_the_fingerprint(acoustic: Acoustic, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Acoustic().card == acoustic.card
    monkeypatch.setattr(pitch, "VOICING_THRESHOLD", 0.5)
    assert Acoustic().card.fingerprint != acoustic.card.fingerprint


def test_the_page_lists_every_dimension_with_its_unit(acoustic: Acoustic) -> None:
    page = Path(__file__).parents[2] / "docs" / "acoustic.md"
    listed: dict[str, str] = {}
    for pattern, unit in re.findall(r"^\| `(.+?)` \| (.+?) \|", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
        parts = re.split(r"\{(.+?)\}", pattern)
        for i, part in enumerate(parts[1::2]):
            first, _, last = part.partition("..")
            counted = [f"{n:0{len(first)}d}" for n in range(int(first), int(last) + 1)] if last else part.split(",")
            parts[2 * i + 1] = counted
        for name in product(*[part if isinstance(part, list) else [part] for part in parts]):
            listed["".join(name)] = unit
    assert listed == dict(zip(acoustic.names, acoustic.units, strict=True))
    assert f"by {acoustic.card.dim} measurements" in page.read_text(encoding="utf-8")
    assert doctest.testfile(str(page), module_relative=False).failed == 0


# --- the tracks -----------------------------------------------------------------------------------------------------


def test_power_and_mel_by_loop_and_by_librosa(bank: np.ndarray) -> None:
    clip = speechlike(1.3)
    t = Contours.of(clip, bank)
    x = clip.astype(np.float64) - clip.astype(np.float64).mean()
    window = np.array([0.5 - 0.5 * math.cos(2 * math.pi * i / 400) for i in range(400)])
    power = np.array(
        [np.abs(np.fft.rfft(x[i * 160 : i * 160 + 400] * window, 512)) ** 2 for i in range(frame_count(len(x)))]
    )
    power[:, 0] = 0
    energy = power.sum(axis=1)
    loud = max(np.percentile(energy, 95), energy.max() / 10**1.5)
    active = energy > loud / 1000
    assert np.array_equal(active, t.active) and 0 < active.sum() < len(active)
    power /= energy[active].mean()
    np.testing.assert_allclose(t.power, power, rtol=1e-3, atol=1e-7)
    mel = librosa.feature.melspectrogram(S=power.T, sr=16_000, n_mels=40, fmin=60, fmax=7600).T
    np.testing.assert_allclose(t.mel, mel, rtol=1e-3, atol=1e-9)
    mfcc = librosa.feature.mfcc(S=t.mel_db.T, n_mfcc=20).T
    np.testing.assert_allclose(t.cepstra, mfcc, atol=1e-3)
    row = [sum(math.cos(math.pi * k * (2 * m + 1) / 80) * t.mel_db[9, m] for m in range(40)) for k in range(20)]
    np.testing.assert_allclose(t.cepstra[9], np.array(row) * np.sqrt([1 / 40, *[2 / 40] * 19]), atol=1e-3)


def test_the_level_is_that_of_the_speech_not_of_the_pauses(bank: np.ndarray) -> None:
    sine = (0.1 * np.sin(2 * np.pi * 440 * np.arange(16_000) / RATE_HZ)).astype(np.float32)
    expected = 20 * math.log10(0.1 / math.sqrt(2))
    assert Contours.of(sine, bank).level_dbfs == pytest.approx(expected, abs=0.1)
    padded = np.concatenate([np.zeros(32_000, np.float32), sine, np.zeros(32_000, np.float32)])
    assert Contours.of(padded, bank).level_dbfs == pytest.approx(expected, abs=0.5)


def test_spectral_shape_by_loop(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(0.5), bank)
    for i in (3, 17, 30):
        p = t.power[i].astype(float)
        total = sum(p)
        centroid = sum(f * v for f, v in zip(HZ, p, strict=True)) / total / 1000
        variance = sum((f / 1000 - centroid) ** 2 * v for f, v in zip(HZ, p, strict=True)) / total
        assert t.shape["centroid"][i] == pytest.approx(math.log2(centroid + 1e-3), abs=1e-3)
        assert t.shape["spread"][i] == pytest.approx(math.log2(math.sqrt(variance) + 1e-3), abs=1e-2)
        running, k = p[0], 0
        while running < 0.85 * total:
            k += 1
            running += p[k]
        assert t.shape["rolloff85"][i] == pytest.approx(HZ[k] / 1000, abs=0.032)
        low, high = p[1:32].sum(), p[32:160].sum()  # 50 Hz lies in bin 1, 1 kHz opens bin 32, 5 kHz bin 160
        assert t.shape["alpha"][i] == pytest.approx(10 * math.log10(low / high), abs=1e-3)
        ratio = max(p[:64]) / max(p[64:160])
        assert t.shape["hammarberg"][i] == pytest.approx(10 * math.log10(ratio), abs=1e-3)
        db = [10 * math.log10(max(v, 1e-9)) for v in p]
        slope = np.polyfit(HZ[16:48] / 1000, db[16:48], 1)[0]
        assert t.shape["slope500_1500"][i] == pytest.approx(slope, rel=1e-3, abs=1e-2)
        mel, before = t.mel[i].astype(float), t.mel[i - 1].astype(float)
        distance = math.sqrt(
            sum((math.sqrt(a / sum(mel)) - math.sqrt(b / sum(before))) ** 2 for a, b in zip(mel, before, strict=True))
        )
        assert t.shape["flux"][i] == pytest.approx(distance, rel=1e-3)
        geometric = math.exp(sum(math.log(max(v, 1e-9)) for v in mel) / 40)
        assert t.shape["flatness"][i] == pytest.approx(10 * math.log10(geometric / (sum(mel) / 40)), abs=1e-3)


# --- pitch ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hz", [70.0, 98.3, 155.0, 221.7, 340.0, 480.0, 590.0])
def test_the_pitch_of_a_known_tone(hz: float, bank: np.ndarray) -> None:
    t = Contours.of(tone(0.6, hz=hz), bank)
    inside = t.pitch.f0_hz[4:-4]
    assert (inside > 0).all()
    np.testing.assert_allclose(inside, hz, rtol=0.006)


def test_a_missing_fundamental_is_heard(bank: np.ndarray) -> None:
    time = np.arange(8_000) / RATE_HZ
    clip = sum(np.sin(2 * np.pi * 130 * k * time) for k in (3, 4, 5, 6))
    assert np.median(Contours.of(clip.astype(np.float32), bank).pitch.f0_hz) == pytest.approx(130, rel=0.01)


def test_noise_has_no_pitch(bank: np.ndarray) -> None:
    t = Contours.of(CLIPS["whisper"].astype(np.float32), bank)
    assert t.voiced.mean() < 0.03


@pytest.mark.parametrize("snr_db", [5.0, 15.0])
def test_the_harmonics_to_noise_ratio_is_the_one_mixed(snr_db: float, bank: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    voice = tone(1.0, hz=200, level=0.1).astype(np.float64)
    noise = rng.normal(size=len(voice))
    noise *= np.sqrt(np.mean(voice**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    t = Contours.of((voice + noise).astype(np.float32), bank)
    assert np.median(t.hnr_db[t.voiced]) == pytest.approx(snr_db, abs=1.5)


def test_candidates_by_loop() -> None:
    rng = np.random.default_rng(2)
    r = np.cumsum(rng.normal(size=(3, pitch.LONGEST_LAG + 2)), axis=1) * 0.02 + 0.3
    f0, height, score = pitch._candidates(r)
    for i in range(3):
        peaks = []
        for lag in range(pitch.SHORTEST_LAG, pitch.LONGEST_LAG + 1):
            a, b, c = r[i, lag - 1], r[i, lag], r[i, lag + 1]
            if b > a and b >= c:
                peak = lag + 0.5 * (a - c) / (a - 2 * b + c)
                top = np.polyval(np.polyfit([-1, 0, 1], [a, b, c], 2), peak - lag)
                cost = pitch.OCTAVE_COST * math.log2(lag / pitch.SHORTEST_LAG)
                peaks.append((b - cost, RATE_HZ / peak, min(max(top, 0), 0.99999)))
        best = sorted(peaks, reverse=True)[: pitch.CANDIDATES]
        order = np.argsort(-score[i])
        np.testing.assert_allclose(np.stack([score[i], f0[i], height[i]], axis=1)[order], best, rtol=1e-6)


def path_value(path: tuple[int, ...], f0: np.ndarray, score: np.ndarray, unvoiced: np.ndarray) -> float:
    total = 0.0
    for t, state in enumerate(path):
        total += unvoiced[t] if state == 2 else score[t, state]
        if t and (state == 2) != (path[t - 1] == 2):
            total -= pitch.VOICING_COST
        elif t and state != 2:
            total -= pitch.OCTAVE_JUMP_COST * abs(math.log2(f0[t, state] / f0[t - 1, path[t - 1]]))
    return total


def test_the_path_is_the_best_of_all() -> None:
    """Against every path through five frames of two candidates and the unvoiced state."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        given = rng.uniform(80, 400, size=(5, 2)), rng.uniform(0.1, 0.9, size=(5, 2)), rng.uniform(0.3, 0.7, size=5)
        best = max(product(range(3), repeat=5), key=lambda path, given=given: path_value(path, *given))
        assert tuple(pitch._path(*given)) == best


# --- the descriptors ------------------------------------------------------------------------------------------------


def test_delta_is_a_regression_slope_by_loop() -> None:
    track = np.random.default_rng(4).normal(size=(12, 2))
    found = descriptors.delta(track, 3)
    for i in range(12):
        for k in range(2):
            around = [track[min(max(i + j, 0), 11), k] for j in range(-3, 4)]
            assert found[i, k] == pytest.approx(np.polyfit(range(-3, 4), around, 1)[0])


def test_statistics_are_over_the_right_frames(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(), bank)
    d = descriptors.describe(t)
    assert 0 < t.voiced.sum() < t.active.sum() < len(t)
    flux = t.shape["flux"]
    voiced = [float(flux[i]) for i in range(len(t)) if t.voiced[i]]
    active = [float(flux[i]) for i in range(len(t)) if t.active[i]]
    assert d["shape.flux_voiced.mean"] == pytest.approx(sum(voiced) / len(voiced), rel=1e-5)
    assert d["shape.flux_active.p75"] == pytest.approx(np.percentile(active, 75), rel=1e-5)
    sd = math.sqrt(sum((v - np.mean(active)) ** 2 for v in active) / len(active))
    assert d["shape.flux_active.sd"] == pytest.approx(sd, rel=1e-4)
    for k in (0, 13, 39):
        band = [float(t.mel[i, k]) for i in range(len(t)) if t.active[i]]
        assert d[f"spectrum.ltas{k:02d}"] == pytest.approx(10 * math.log10(sum(band) / len(band)), abs=1e-3)
        assert d[f"spectrum.mel{k:02d}.sd"] == pytest.approx(np.std(10 * np.log10(np.maximum(band, 1e-7))), abs=1e-3)
    assert d["cepstrum.mfcc05.mean"] == pytest.approx(
        np.mean([t.cepstra[i, 5] for i in np.flatnonzero(t.active)]), abs=1e-3
    )


def test_a_glide_has_its_slope_and_range(bank: np.ndarray) -> None:
    """Six semitones a second upwards from 120 Hz for one second."""
    time = np.arange(RATE_HZ) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(120 * 2 ** (6 * time / 12)) / RATE_HZ
    d = descriptors.describe(Contours.of(sum(np.sin(k * phase) / k for k in (1, 2, 3)).astype(np.float32), bank))
    start = 12 * math.log2(1.2)
    assert d["pitch.slope.mean"] == pytest.approx(6, abs=0.1)
    assert d["pitch.declination"] == pytest.approx(6, abs=0.1)
    assert d["pitch.f0.p50"] == pytest.approx(start + 3, abs=0.1)
    assert d["pitch.range.p5_95"] == pytest.approx(5.4, abs=0.2)
    assert d["pitch.run_range.max"] == pytest.approx(6, abs=0.3)
    assert d["pitch.third3"] - d["pitch.third1"] == pytest.approx(4, abs=0.2)
    assert d["pitch.rise.share"] > 0.9 and d["pitch.bend.mean"] < 0.1 and d["pitch.jitter.mean"] < 0.05


def test_movement_inside_runs_by_loop() -> None:
    rng = np.random.default_rng(5)
    st = rng.normal(size=40)
    kept = [(2, 10), (15, 36)]
    found = descriptors._movement(st, kept)
    lines = [np.polyfit(np.arange(b - a) * 0.01, st[a:b], 1) for a, b in kept]
    weight = [8 / 29, 21 / 29]
    steps = [(st[i + 1] - st[i]) * 100 for a, b in kept for i in range(a, b - 1)]
    bends = [
        np.std(st[a:b] - np.polyval(line, np.arange(b - a) * 0.01)) for (a, b), line in zip(kept, lines, strict=True)
    ]
    jitter = [np.mean([abs(st[i] - 2 * st[i + 1] + st[i + 2]) for i in range(a, b - 2)]) for a, b in kept]
    expected = [
        sum(w * line[0] for w, line in zip(weight, lines, strict=True)),
        math.sqrt(sum(w * line[0] ** 2 for w, line in zip(weight, lines, strict=True))),
        sum(w * abs(line[0]) for w, line in zip(weight, lines, strict=True)),
        sum(w * (max(st[a:b]) - min(st[a:b])) for w, (a, b) in zip(weight, kept, strict=True)),
        max(max(st[a:b]) - min(st[a:b]) for a, b in kept),
        sum(w * v for w, v in zip(weight, bends, strict=True)),
        sum(w * v for w, v in zip(weight, jitter, strict=True)),
        np.mean([s for s in steps if s > 0]),
        np.mean([s for s in steps if s < 0]),
        np.mean([s > 0 for s in steps]),
        np.median(np.abs(steps)),
    ]
    np.testing.assert_allclose(found, expected)


def test_harmonic_differences_of_a_known_spectrum(bank: np.ndarray) -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    amplitude = (1.0, 0.5, 0.25, 0.125)  # 6 dB a harmonic
    clip = sum(a * np.sin(2 * np.pi * 250 * (k + 1) * time) for k, a in enumerate(amplitude))
    d = descriptors.describe(Contours.of(clip.astype(np.float32), bank))
    assert d["voice.h1_h2.mean"] == pytest.approx(6.02, abs=0.3)
    assert d["voice.h2_h4.mean"] == pytest.approx(12.04, abs=0.3)
    assert d["voice.h1_h3.mean"] == pytest.approx(12.04, abs=0.3)
    assert d["voice.h1_a1.mean"] == pytest.approx(6.02, abs=0.3)  # the strongest of 300-1000 Hz is 500 Hz


def test_what_moves_together_is_a_correlation(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(), bank)
    d = descriptors.describe(t)
    expected = np.corrcoef(t.semitones[t.voiced], t.energy_db[t.voiced])[0, 1]
    assert d["voice.together.pitch_energy"] == pytest.approx(expected, abs=1e-4)
    expected = np.corrcoef(t.hnr_db[t.voiced], t.shape["flatness"][t.voiced])[0, 1]
    assert d["voice.together.hnr_flatness"] == pytest.approx(expected, abs=1e-4)


def test_bursts_and_pauses_are_counted(bank: np.ndarray) -> None:
    """Four bursts of 0.3 s with pauses of 0.2 s between them, inside silence."""
    burst, pause = tone(0.3, hz=180), np.zeros(3_200, np.float32)
    clip = np.concatenate([np.zeros(8_000, np.float32), *[burst, pause] * 3, burst, np.zeros(8_000, np.float32)])
    d = descriptors.describe(Contours.of(clip, bank))
    seconds = 2 ** d["rhythm.log2_seconds"]
    assert seconds == pytest.approx(1.8, abs=0.05)
    assert d["rhythm.active.rate"] * seconds == pytest.approx(4)
    assert d["rhythm.pause.rate"] * seconds == pytest.approx(3)
    assert d["rhythm.pause.mean"] == pytest.approx(0.2, abs=0.03)
    assert d["rhythm.active.max"] == pytest.approx(0.3, abs=0.03)
    assert d["rhythm.active_share"] == pytest.approx(1.2 / 1.8, abs=0.05)


def test_runs_by_loop() -> None:
    rng = np.random.default_rng(6)
    for n in (0, 1, 2, 30):
        mask = rng.random(n) < 0.5
        expected, start = [], None
        for i, on in enumerate([*mask, False]):
            if on and start is None:
                start = i
            elif not on and start is not None:
                expected.append((start, i))
                start = None
        assert descriptors.runs(mask) == expected


@pytest.mark.parametrize(("hz", "band"), [(2.0, "1.5_2.5"), (5.0, "4_6"), (11.0, "9_14")])
def test_modulation_finds_the_rate(hz: float, band: str, bank: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    time = np.arange(3 * RATE_HZ) / RATE_HZ
    clip = rng.normal(size=len(time)) * 10 ** ((8 * np.sin(2 * np.pi * hz * time) - 8) / 20)
    d = descriptors.describe(Contours.of(clip.astype(np.float32), bank))
    for row in ("mel2", "mel6", "energy"):
        shares = {name: v for name, v in d.items() if name.startswith(f"modulation.{row}.")}
        assert max(shares, key=shares.__getitem__) == f"modulation.{row}.{band}"
        assert sum(10 ** (v / 10) for v in shares.values()) == pytest.approx(1, abs=0.01)


def test_real_speech(acoustic: Acoustic, shared_data: Path) -> None:
    """Women speak higher, anger is louder than calm, and nothing sits at the limit."""
    rows: dict[str, list[np.ndarray]] = {"01": [], "12": [], "calm": [], "angry": []}
    for actor in ("01", "12"):
        for path in sorted((shared_data / "ravdess6" / f"Actor_{actor}").glob("03-01-0[25]-*.flac")):
            clip = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
            row = acoustic.encode([clip]).embeddings[0]
            rows[actor].append(row)
            rows["calm" if "03-01-02" in path.name else "angry"].append(row)
    mean = {key: dict(zip(acoustic.names, np.mean(value, axis=0), strict=True)) for key, value in rows.items()}
    assert len(rows["calm"]) == len(rows["angry"]) == 16
    assert mean["12"]["pitch.f0.p50"] > mean["01"]["pitch.f0.p50"]
    for name in ("energy.level_dbfs", "pitch.f0.p50"):
        assert mean["angry"][name] > mean["calm"][name]
    assert np.mean(np.abs(np.stack(rows["calm"])) >= LIMIT) < 0.02
