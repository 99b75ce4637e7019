"""The acoustic descriptors: statistics of a clip's contours, by family. ``docs/acoustic.md`` lists every one.

A family is a function from contours to ``{name: value}``; its names do not depend on the clip, and a value that cannot
be measured (pitch of a whisper, anything of silence) is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from emoanalytics.embed.acoustic.contours import HOP_S, MELS, Contours

Values = dict[str, float]

PERCENTILES = (5, 25, 50, 75, 95)
MODULATION_FRAMES = 256
MODULATION_EDGES_HZ = (0.7, 1.5, 2.5, 4.0, 6.0, 9.0, 14.0, 22.0, 35.0, 50.0)
MODULATION_GROUPS = 8  # of five mel bands each
PITCH_NAMES = (
    *("f0.mean", "f0.p5", "f0.p10", "f0.p25", "f0.p50", "f0.p75", "f0.p90", "f0.p95"),
    *("range.sd", "range.p5_95", "range.p10_90", "range.p25_75"),
    *("range.p50_75", "range.p10_50", "range.p50_max", "range.min_p50"),
    *("slope.mean", "slope.rms", "slope.abs", "run_range.mean", "run_range.max", "bend.mean", "jitter.mean"),
    *("rise.mean", "fall.mean", "rise.share", "step.median"),
    *("declination", "third1", "third2", "third3"),
)
SHORTEST_RUN = 5  # frames: shorter voiced runs have no slope worth the name


def _named(names: Sequence[str], values: np.ndarray) -> Values:
    return dict(zip(names, np.asarray(values, dtype=np.float64).tolist(), strict=True))


def _spread(contours: dict[str, np.ndarray], mask: np.ndarray, suffix: str) -> Values:
    """Mean, standard deviation and five percentiles of each (t,) contour over the frames of a mask."""
    statistics = ("mean", "sd", *(f"p{q}" for q in PERCENTILES))
    names = [f"{name}_{suffix}.{s}" for s in statistics for name in contours]
    if not mask.any():
        return _named(names, np.full(len(names), np.nan))
    table = np.stack([contour[mask] for contour in contours.values()])
    values = [table.mean(axis=1), table.std(axis=1), *np.percentile(table, PERCENTILES, axis=1)]
    return _named(names, np.concatenate(values))


def _columns(name: str, track: np.ndarray, statistic: str) -> Values:
    """Mean or standard deviation of each column of a (t, k) track."""
    names = [f"{name}{i:02d}.{statistic}" for i in range(track.shape[1])]
    if not len(track):
        return _named(names, np.full(len(names), np.nan))
    return _named(names, track.mean(axis=0) if statistic == "mean" else track.std(axis=0))


def delta(track: np.ndarray, reach: int) -> np.ndarray:
    """Slope of a (t, k) track over ``2 * reach + 1`` frames by regression, per frame; edges are repeated."""
    n = len(track)
    padded = np.pad(track, ((reach, reach), (0, 0)), mode="edge")
    steps = range(1, reach + 1)
    total = sum(i * (padded[reach + i : reach + i + n] - padded[reach - i : reach - i + n]) for i in steps)
    return np.asarray(total / (2 * sum(i * i for i in steps)))


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of True as (start, stop).

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def spectrum(t: Contours) -> Values:
    """Long-term mel spectrum of the active frames and how much each band moves."""
    mel = t.mel[t.active]
    names = [f"ltas{i:02d}" for i in range(MELS)]
    mean = 10 * np.log10(np.maximum(mel.mean(axis=0), 1e-9)) if len(mel) else np.full(MELS, np.nan)
    return {**_named(names, mean), **_columns("mel", t.mel_db[t.active], "sd")}


def cepstrum(t: Contours) -> Values:
    """Mean and standard deviation of the cepstral coefficients over the active frames."""
    c = t.cepstra[t.active]
    mean = _columns("mfcc", c, "mean")
    del mean["mfcc00.mean"]  # the overall level, which is 0 dB by construction
    return {**mean, **_columns("mfcc", c, "sd")}


def motion(t: Contours) -> Values:
    """How fast the cepstral coefficients move: their first and second differences."""
    first = delta(t.cepstra, 4)
    second = delta(first, 4)
    return {**_columns("delta", first[t.active], "sd"), **_columns("delta2", second[t.active], "sd")}


def melody(t: Contours) -> Values:
    """Pitch: level, range, movement inside voiced runs, course over the clip."""
    kept = [(a, b) for a, b in runs(t.voiced) if b - a >= SHORTEST_RUN]
    if not kept:
        return _named(PITCH_NAMES, np.full(len(PITCH_NAMES), np.nan))
    st = t.semitones[t.voiced]
    q5, q10, q25, q50, q75, q90, q95 = np.percentile(st, (5, 10, 25, 50, 75, 90, 95))
    level = [st.mean(), q5, q10, q25, q50, q75, q90, q95]
    spread = [st.std(), q95 - q5, q90 - q10, q75 - q25, q75 - q50, q50 - q10, st.max() - q50, q50 - st.min()]
    return _named(PITCH_NAMES, np.array([*level, *spread, *_movement(t.semitones, kept), *_course(t, st)]))


def _movement(semitones: np.ndarray, kept: list[tuple[int, int]]) -> list[float]:
    """Slopes (st/s), ranges, bends (st) and steps inside the voiced runs, weighted by their length."""
    rows = []
    for a, b in kept:
        y = semitones[a:b]
        x = (np.arange(b - a) - (b - a - 1) / 2) * HOP_S
        slope = float(x @ y / (x @ x))
        bend = float(np.std(y - y.mean() - slope * x))
        rows.append((b - a, slope, float(np.ptp(y)), bend, float(np.abs(np.diff(y, 2)).mean())))
    length, slope_, range_, bend_, jitter = np.array(rows).T
    w = length / length.sum()
    steps = np.concatenate([np.diff(semitones[a:b]) for a, b in kept]) / HOP_S
    up, down = steps[steps > 0], steps[steps < 0]
    return [
        w @ slope_,
        np.sqrt(w @ slope_**2),
        w @ np.abs(slope_),
        w @ range_,
        range_.max(),
        w @ bend_,
        w @ jitter,
        up.mean() if len(up) else 0.0,
        down.mean() if len(down) else 0.0,
        len(up) / len(steps),
        np.median(np.abs(steps)),
    ]


def _course(t: Contours, semitones: np.ndarray) -> list[float]:
    """Declination (st/s) and the mean of each third of the voiced frames, relative to the mean (st)."""
    x = np.flatnonzero(t.voiced) * HOP_S
    x = x - x.mean()
    thirds = [part.mean() - semitones.mean() for part in np.array_split(semitones, 3)]
    return [float(x @ semitones / (x @ x)), *thirds]


def voice(t: Contours) -> Values:
    """Voice quality: harmonics-to-noise ratio, harmonic differences, and what moves together."""
    out = {**_spread({"hnr": t.hnr_db}, t.voiced, "voiced"), **_spread({"hnr": t.hnr_db}, t.active, "active")}
    where = np.flatnonzero(t.voiced)
    columns = _harmonics(t, where)
    for name, column in columns.items():
        out[f"{name}.mean"] = float(column.mean()) if len(where) else np.nan
        out[f"{name}.sd"] = float(column.std()) if len(where) else np.nan
    moving = {
        "pitch": t.semitones,
        "energy": t.energy_db,
        "centroid": t.shape["centroid"],
        "hnr": t.hnr_db,
        "flatness": t.shape["flatness"],
    }
    together = np.stack([track[where] for track in moving.values()])
    deviation = together - together.mean(axis=1, keepdims=True) if len(where) else together
    scale = np.sqrt((deviation**2).mean(axis=1)) if len(where) else np.zeros(5)
    for i, a in enumerate(moving):
        for j, b in list(enumerate(moving))[i + 1 :]:
            measurable = len(where) > 10 and scale[i] * scale[j] > 1e-9
            r = (deviation[i] * deviation[j]).mean() / (scale[i] * scale[j]) if measurable else np.nan
            out[f"together.{a}_{b}"] = float(r)
    return out


def _harmonics(t: Contours, where: np.ndarray) -> dict[str, np.ndarray]:
    """Differences (dB) between harmonics 1-4 and the strongest harmonics near the first three formants."""
    power = t.pitch.power[where]
    bin_hz = 16_000 / (2 * (power.shape[1] - 1))
    row = np.arange(len(where))

    def harmonic(k: int) -> np.ndarray:
        at = np.clip(np.round(k * t.pitch.f0_hz[where] / bin_hz).astype(int), 1, power.shape[1] - 2)
        return 10 * np.log10(np.maximum(np.max([power[row, at + d] for d in (-1, 0, 1)], axis=0), 1e-9))

    def strongest(low_hz: float, high_hz: float) -> np.ndarray:
        return 10 * np.log10(np.maximum(power[:, int(low_hz / bin_hz) : int(high_hz / bin_hz)].max(axis=1), 1e-9))

    h1, h2, h3, h4 = (harmonic(k) for k in (1, 2, 3, 4))
    a1, a2, a3 = strongest(300, 1000), strongest(900, 2500), strongest(2000, 3800)
    differences = (h1 - h2, h2 - h4, h1 - h3, h1 - a1, h1 - a2, h1 - a3, a1 - a3)
    return dict(zip(("h1_h2", "h2_h4", "h1_h3", "h1_a1", "h1_a2", "h1_a3", "a1_a3"), differences, strict=True))


def shape(t: Contours) -> Values:
    """Spectral shape of the voiced frames and of all active ones."""
    return {**_spread(t.shape, t.voiced, "voiced"), **_spread(t.shape, t.active, "active")}


def energy(t: Contours) -> Values:
    """Level, and the distribution, movement and course of loudness and energy, which are free of gain."""
    sound = bool(t.active.any())
    out: Values = {
        "level_dbfs": t.level_dbfs,
        "above_floor": -float(np.percentile(t.energy_db, 5)) if sound else np.nan,
    }
    movement = delta(np.stack([t.loudness, t.energy_db], axis=1), 2) / HOP_S
    moving = {"loudness_slope": movement[:, 0], "energy_slope": movement[:, 1]}
    out |= _spread({"loudness": t.loudness, "energy": t.energy_db, **moving}, t.active, "active")
    for name, track in moving.items():
        out[f"{name}.abs"] = float(np.abs(track[t.active]).mean()) if sound else np.nan
    inside = t.energy_db[t.span]
    between = np.zeros(len(t), dtype=bool)
    between[t.span] = sound
    out |= _spread({"energy": t.energy_db}, between, "span")
    measurable = sound and len(inside) >= 3
    thirds = [p.mean() - inside.mean() for p in np.array_split(inside, 3)] if measurable else [np.nan] * 3
    out |= _named(("third1", "third2", "third3"), np.array(thirds))
    steps = [np.abs(np.diff(t.energy_db[a:b])) for a, b in runs(t.voiced) if b - a >= SHORTEST_RUN]
    out["shimmer.mean"] = float(np.concatenate(steps).mean()) if steps else np.nan
    return out


def rhythm(t: Contours) -> Values:
    """Pauses, voiced and unvoiced runs, and peaks of loudness, between the first and the last active frame."""
    if not t.active.any():
        return dict.fromkeys(_rhythm_names(), np.nan)
    active, voiced = t.active[t.span], t.voiced[t.span]
    seconds = len(active) * HOP_S
    values = [np.log2(seconds), active.mean(), voiced.mean()]
    for mask in (active, ~active, voiced, ~voiced):
        length = np.array([b - a for a, b in runs(mask)], dtype=np.float64) * HOP_S
        values += [len(length) / seconds, *([length.mean(), length.std(), length.max()] if len(length) else [0.0] * 3)]
    window = np.hanning(11)[1:-1]
    smooth = np.convolve(t.loudness[t.span], window / window.sum(), mode="same")
    middle = smooth[1:-1]
    peaks = np.flatnonzero((middle > smooth[:-2]) & (middle >= smooth[2:]) & (middle > 0.25 * smooth.max()))
    gaps = np.diff(peaks) * HOP_S
    values += [len(peaks) / seconds, gaps.mean() if len(gaps) else np.nan, gaps.std() if len(gaps) else np.nan]
    return _named(_rhythm_names(), np.array(values))


def _rhythm_names() -> list[str]:
    kinds = [f"{k}.{s}" for k in ("active", "pause", "voiced", "unvoiced") for s in ("rate", "mean", "sd", "max")]
    return ["log2_seconds", "active_share", "voiced_share", *kinds, "peaks.rate", "peaks.gap_mean", "peaks.gap_sd"]


def modulation(t: Contours) -> Values:
    """How fast eight mel regions and the energy swell and fade: the share of each modulation band."""
    rows = [*(f"mel{i}" for i in range(MODULATION_GROUPS)), "energy"]
    bands = [f"{a:g}_{b:g}" for a, b in pairwise(MODULATION_EDGES_HZ)]
    names = [f"{row}.{band}" for row in rows for band in bands] + [f"depth.{band}" for band in bands]
    if not t.active.any():
        return _named(names, np.full(len(names), np.nan))
    grouped = t.mel_db[t.span].reshape(-1, MODULATION_GROUPS, MELS // MODULATION_GROUPS).mean(axis=2)
    track = np.concatenate([grouped, t.energy_db[t.span][:, None]], axis=1)
    track = track - track.mean(axis=0)
    track = np.pad(track, ((0, max(0, MODULATION_FRAMES - len(track))), (0, 0)))
    window = np.hanning(MODULATION_FRAMES + 1)[:-1]
    pieces = sliding_window_view(track, MODULATION_FRAMES, axis=0)[:: MODULATION_FRAMES // 4]
    power = (np.abs(fft.rfft(pieces * window, axis=2)) ** 2).mean(axis=0)
    hz = fft.rfftfreq(MODULATION_FRAMES, HOP_S)
    banded = np.stack([power[:, (hz >= a) & (hz < b)].sum(axis=1) for a, b in pairwise(MODULATION_EDGES_HZ)], axis=1)
    total = banded.sum(axis=1, keepdims=True)
    moves = total > 1e-9
    share = np.where(moves, 10 * np.log10(banded / np.where(moves, total, 1.0) + 1e-5), np.nan)
    depth = np.where(moves.all(), 10 * np.log10(banded.mean(axis=0) / window.sum() + 1e-6), np.nan)
    return _named(names, np.concatenate([share.ravel(), depth]))


FAMILIES: dict[str, Callable[[Contours], Values]] = {
    "spectrum": spectrum,
    "cepstrum": cepstrum,
    "motion": motion,
    "pitch": melody,
    "voice": voice,
    "shape": shape,
    "energy": energy,
    "rhythm": rhythm,
    "modulation": modulation,
}


def describe(contours: Contours) -> Values:
    """Every descriptor of a clip by its full name ``family.descriptor``, in a fixed order; NaN where not measurable."""
    return {f"{family}.{name}": v for family, f in FAMILIES.items() for name, v in f(contours).items()}
