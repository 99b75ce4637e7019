"""How long a build takes to find that nothing is to be done: 100,000 recordings that are as they were.

    OMP_NUM_THREADS=1 python benchmarks/planning.py [--clips 100000] > benchmarks/results/planning.json

The files are stubs of one byte, so a build that decoded one of them would fail on it; the store holds the rows that a
build of real ones makes. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.plan import corpus_name
from emoanalytics.rows import segment_schema, segment_table
from emoanalytics.runs import run_record
from emoanalytics.store.schema import QUALITY_COLUMNS, embedding_schema
from emoanalytics.store.store import EmotionStore


def make_corpus(folder: Path, count: int) -> None:
    """Stubs of one byte in a hundred folders, and a manifest with six columns."""
    files = [f"speaker{i % 100:02d}/{i:06d}.wav" for i in range(count)]
    for name in {Path(file).parent for file in files}:
        (folder / name).mkdir(parents=True)
    for file in files:
        (folder / file).write_bytes(b"x")
    rows = {
        "file": files,
        "speaker": [file[:9] for file in files],
        "session": [f"session{i % 1000}" for i in range(count)],
        "emotion": [("happy", "sad", "angry", "neutral")[i % 4] for i in range(count)],
        "text": [f"words of clip {i}" for i in range(count)],
        "take": list(range(count)),
    }
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)


def make_store(folder: Path, corpus_folder: Path, encoder: Acoustic) -> None:
    """The store that a build of such a corpus leaves behind."""
    corpus = open_corpus(corpus_folder)
    cut = {k: str(v) if isinstance(v, CutMode) else v for k, v in asdict(CutPolicy()).items()}
    store = EmotionStore.create(
        folder,
        encoder=asdict(encoder.card),
        fingerprint=encoder.card.fingerprint,
        cut=cut,
        channels="mix",
        head=None,
        labels=(),
        head_arrays=None,
    )
    name = corpus_name(corpus.root, store.path.resolve())
    segments, recordings = [], []
    for number, recording in enumerate(corpus.recordings()):
        stat = recording.path.stat()
        key = f"{number:032x}"
        ((_, said),) = recording.said
        measured = dict.fromkeys(QUALITY_COLUMNS, 0.0) | {"level_dbfs": -20.0, "bandwidth_hz": 8000.0}
        place = {"corpus": name, "file": recording.file, "channel": "mix"}
        times = {"start_s": 0.0, "end_s": 2.0, "source_rate_hz": 16_000, "flags": []}
        segments.append({"segment_id": key, "content_id": key, **place, **times, **measured, **said})
        times = {"size_bytes": stat.st_size, "modified_ns": stat.st_mtime_ns, "duration_s": 2.0}
        recordings.append({**place, **times, "digest": key})
    dim = encoder.card.dim
    vectors = np.random.default_rng(0).normal(size=(len(segments), dim)).astype(np.float32)
    embeddings = {
        "segment_id": [row["segment_id"] for row in segments],
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim),
        "n_frames": np.full(len(segments), 198, np.int32),
    }
    empty = {f.name: pa.nulls(len(segments), f.type) for f in embedding_schema(dim) if f.name not in embeddings}
    with store.writer() as writer:
        writer.commit(
            segments=segment_table(segments, segment_schema(corpus)),
            embeddings=pa.table(embeddings | empty),
            recordings=pa.Table.from_pylist(recordings),
        )


def seconds(corpus_folder: Path, store: Path, encoder: Acoustic) -> dict[str, float]:
    """Open the corpus and build it; by the clock and by processor time, which other work on the machine moves less."""
    clock, cpu = time.perf_counter(), time.process_time()
    corpus = open_corpus(corpus_folder)
    opened, opened_cpu = time.perf_counter() - clock, time.process_time() - cpu
    report = build(corpus, store, encoder, BuildSettings(workers=0))
    if (report.embedded, report.failed_files) != (0, 0):
        raise SystemExit(f"something was decoded: {report}")
    return {
        "unchanged": report.unchanged,
        "relabelled": report.relabelled,
        "open_corpus_s": round(opened, 2),
        "open_corpus_cpu_s": round(opened_cpu, 2),
        "all_s": round(time.perf_counter() - clock, 2),
        "all_cpu_s": round(time.process_time() - cpu, 2),
    }


def main() -> None:
    """Make corpus and store, build with nothing new and with new labels, print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    options = parser.parse_args()
    encoder = Acoustic()
    with tempfile.TemporaryDirectory() as name:
        corpus, store = Path(name, "corpus"), Path(name, "store")
        make_corpus(corpus, options.clips)
        make_store(store, corpus, encoder)
        seconds(corpus, store, encoder)  # gives the made rows the flags a build gives
        unchanged = seconds(corpus, store, encoder)
        table = pd.read_csv(corpus / "labels.csv")
        table["emotion"] = "neutral"
        table.to_csv(corpus / "labels.csv", index=False)
        relabelled = seconds(corpus, store, encoder)
    print(json.dumps(run_record("planning", clips=options.clips, unchanged=unchanged, new_labels=relabelled), indent=2))


if __name__ == "__main__":
    main()
