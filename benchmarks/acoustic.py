"""Speed of the acoustic encoder, and how well a head on it hears acted emotions of speakers it never heard.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/acoustic.py DATA > benchmarks/results/acoustic.json

DATA holds ``ravdess6/labels.csv`` and its clips (six actors of RAVDESS; Livingstone and Russo 2018). Prints one JSON.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pandas as pd
import scipy
import sklearn
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emoanalytics.audio import quality
from emoanalytics.audio.decode import decode
from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.embed.acoustic.contours import RATE_HZ, Contours
from emoanalytics.embed.acoustic.descriptors import delta
from emoanalytics.embed.heads import FitReport, fit

COLUMNS = ("emotion", "e2v_class")
SEED = 0


def read(table: pd.DataFrame, folder: Path) -> list[np.ndarray]:
    """The clips as the build hears them: decoded and mixed to 16 kHz mono."""
    clips = []
    for name in table["file"]:
        with decode(folder / name)[0] as waveform:
            clips.append(waveform.read(0, waveform.n_samples))
    return clips


def speed(table: pd.DataFrame, folder: Path, acoustic: Acoustic) -> dict[str, float]:
    """Times real time in this one process, encoding alone and with decoding and quality.

    By the clock and by processor time, which other work on the machine moves less.
    """
    clips = read(table, folder)
    seconds = sum(map(len, clips)) / RATE_HZ
    start, start_cpu = time.perf_counter(), time.process_time()
    for clip in clips:
        acoustic.encode([clip])
    encode_s, encode_cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    start, start_cpu = time.perf_counter(), time.process_time()
    for name in table["file"]:
        with decode(folder / name)[0] as waveform:
            quality.measure(waveform, 0, waveform.n_samples)
            acoustic.encode([waveform.read(0, waveform.n_samples)])
    whole_s, whole_cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    code = (
        "from emoanalytics.embed.acoustic import Acoustic; import numpy as np; Acoustic().encode([np.ones(9000, 'f')])"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return {
        "audio_s": round(seconds, 1),
        "encode_times_real_time": round(seconds / encode_s, 1),
        "encode_times_real_time_cpu": round(seconds / encode_cpu_s, 1),
        "decode_quality_encode_times_real_time": round(seconds / whole_s, 1),
        "decode_quality_encode_times_real_time_cpu": round(seconds / whole_cpu_s, 1),
        "fresh_process_first_clip_s": round(time.perf_counter() - start, 2),
    }


def summary(report: FitReport, seconds: float) -> dict[str, Any]:
    """The figures of a fit."""
    return {
        "uar": round(report.uar, 4),
        "uar_95": [round(report.uar_low, 4), round(report.uar_high, 4)],
        "accuracy": round(report.accuracy, 4),
        "accuracy_95": [round(report.accuracy_low, 4), round(report.accuracy_high, 4)],
        "folds": [
            {"speaker": ",".join(f.groups), "uar": round(f.uar, 4), "c": f.c, "scaling": f.scaling}
            for f in report.folds
        ],
        "rows": report.rows,
        "groups": report.groups,
        "notes": list(report.notes),
        "seconds": round(seconds, 1),
    }


def timed_fit(*args: Any, **options: Any) -> dict[str, Any]:
    """A fit and its figures."""
    start = time.perf_counter()
    report = fit(*args, seed=SEED, **options)
    return summary(report, time.perf_counter() - start)


def by_training_speakers(x: np.ndarray, y: np.ndarray, speakers: np.ndarray) -> dict[str, float]:
    """UAR on a speaker from every choice of k other speakers, averaged; regularisation fixed, nothing chosen."""
    names, out = np.unique(speakers), {}
    for k in range(1, len(names)):
        recalls = []
        for held in names:
            for chosen in combinations([n for n in names if n != held], k):
                train, test = np.isin(speakers, chosen), speakers == held
                model = make_pipeline(
                    StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=5000)
                )
                recalls.append(recall_score(y[test], model.fit(x[train], y[train]).predict(x[test]), average="macro"))
        out[str(k)] = round(float(np.mean(recalls)), 4)
    return out


def sketch(clip: np.ndarray, acoustic: Acoustic) -> np.ndarray:
    """A plain baseline of 778 statistics: 64 log-mel bands, 20 cepstra with two differences, pitch, energy."""
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=clip, sr=RATE_HZ, n_fft=512, hop_length=160, n_mels=64))
    cepstra = librosa.feature.mfcc(S=mel, n_mfcc=20)
    first = delta(cepstra.T, 4).T
    ceps = np.concatenate([cepstra, first, delta(first.T, 4).T])
    contours = Contours.of(clip, acoustic._bank)
    st = contours.semitones[contours.voiced] if contours.voiced.any() else np.zeros(3)
    parts = [mel.mean(1), mel.std(1), *np.percentile(mel, (10, 50, 90), axis=1)]
    parts += [ceps.mean(1), ceps.std(1), ceps.min(1), ceps.max(1), *np.percentile(ceps, (10, 50, 90), axis=1)]
    for track in (st, contours.energy_db + contours.level_dbfs):
        z, step = (track - track.mean()) / (track.std() + 1e-9), np.diff(track, append=track[-1:])
        spread = [track.mean(), track.std(), np.ptp(track), np.subtract(*np.percentile(track, (75, 25)))]
        parts.append(np.percentile(track, np.arange(0, 101, 10)))
        parts.append(np.array([*spread, np.abs(step).mean(), step.std(), (z**3).mean(), (z**4).mean()]))
    return np.concatenate(parts)


def main(data: Path) -> None:
    """Print the results."""
    folder = data / "ravdess6"
    table = pd.read_csv(folder / "labels.csv")
    speakers = table["speaker"].to_numpy()
    acoustic = Acoustic()
    clips = read(table, folder)
    times = speed(table, folder, acoustic)
    x = acoustic.encode(clips).embeddings
    plain = np.stack([sketch(clip, acoustic) for clip in clips])
    random = np.random.default_rng(SEED).permutation(len(table)) % 6
    results: dict[str, Any] = {}
    for column in COLUMNS:
        y = table[column].to_numpy(dtype=object)
        results[column] = {
            "labels": len(set(y)),
            "leave_one_speaker_out": timed_fit(x, y, speakers),
            "leave_one_speaker_out_speaker_centred": timed_fit(x, y, speakers, centre=True),
            "random_folds_leak": timed_fit(x, y, random),
            "sketch_778_leave_one_speaker_out": timed_fit(plain, y, speakers),
            "sketch_778_leave_one_speaker_out_speaker_centred": timed_fit(plain, y, speakers, centre=True),
            "uar_by_training_speakers": by_training_speakers(x, y, speakers),
        }
    document = {
        "encoder": {"name": acoustic.card.name, "revision": acoustic.card.revision, "dim": acoustic.card.dim},
        "digest": acoustic.card.digest,
        "speed": times,
        "ravdess6": {"clips": len(table), "speakers": len(set(speakers)), "sketch_dim": plain.shape[1], **results},
        "machine": {
            "cpus": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "omp": os.environ.get("OMP_NUM_THREADS"),
        },
        "versions": {
            "python": platform.python_version(),
            **{m.__name__: m.__version__ for m in (np, scipy, sklearn, librosa, pd, soundfile)},
        },
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
