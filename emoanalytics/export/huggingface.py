"""A folder for Hugging Face ``datasets``: the sound of each segment, a line of metadata for it, and a card."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa

from emoanalytics.audio.decode import write_wav
from emoanalytics.errors import AudioError
from emoanalytics.export import flat
from emoanalytics.export.lines import objects
from emoanalytics.export.result import Left, Progress, Written
from emoanalytics.export.rows import Rows
from emoanalytics.listening.excerpt import Recordings
from emoanalytics.notes import Note

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_huggingface(rows: Rows, folder: Path, progress: Progress) -> Written:
    """``metadata.jsonl``, ``audio/xx/ID.wav`` (16 kHz, 16 bits) cut at the segment's start and end, ``README.md``.

    A clip whose recording cannot be read is left out, and listed.
    """
    left = _write_audio(rows, folder, progress)
    gone = {clip.segment_id for clip in left}
    written = 0
    with (folder / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        start = 0
        for part in rows.batches(flat.times_as_text(rows.table)):
            for row, segment_id in zip(objects(part), rows.ids[start : start + len(part)], strict=True):
                if segment_id in gone:
                    continue
                plain = {name: value for name, value in row.items() if name != "file_name"}
                line = {"file_name": _name(segment_id), **plain}
                out.write(json.dumps(line, ensure_ascii=False, default=str, allow_nan=False) + "\n")
                written += 1
            start += len(part)
    (folder / "README.md").write_text(_card(rows, written), encoding="utf-8", newline="\n")
    licence = Note(
        "the licence stands as unknown in README.md: find out before you hand the folder on",
        "README.md 中许可证写为未知：转交该文件夹之前请先查明",
    )
    return Written(("file_name", *rows.columns), (licence,), left)


def _name(segment_id: str) -> str:
    return f"audio/{segment_id[:2]}/{segment_id}.wav"


def _write_audio(rows: Rows, folder: Path, progress: Progress) -> tuple[Left, ...]:
    left = []
    ids = rows.ids.tolist()
    files, starts, ends = (rows.table[c].to_pylist() for c in ("file", "start_s", "end_s"))
    with Recordings(rows.store) as recordings:
        for done, i in enumerate(recordings.by_recording(ids), 1):
            path = folder / _name(ids[i])
            try:
                samples, rate_hz = recordings.excerpt(ids[i], pad_s=0.0, most_s=ends[i] - starts[i])
                path.parent.mkdir(parents=True, exist_ok=True)
                write_wav(path, samples, rate_hz)
            except AudioError as error:
                left.append(Left(ids[i], files[i], str(error)))
            progress(done, len(ids), "audio")
    return tuple(left)


def _card(rows: Rows, n: int) -> str:
    info = rows.store.info
    languages = sorted({v for v in rows.table["language"].to_pylist() if v and re.fullmatch(r"[a-z]{2,3}", v)})
    size = next((name for most, name in _SIZES if n < most), "n>1M")
    head = ["license: unknown", *(["language:", *(f"- {v}" for v in languages)] if languages else [])]
    head += ["task_categories:", "- audio-classification", "tags:", "- audio", "- speech-emotion-recognition"]
    head += ["size_categories:", f"- {size}"]
    text = [
        "# Speech segments with model scores",
        f"{n:,} segments, cut by emoanalytics. Embeddings and scores were made by the encoder "
        f"`{info.encoder.get('name')}` and the head `{info.head}`.",
        "| column | meaning |\n|---|---|\n" + "\n".join(_meaning(field) for field in rows.table.schema),
        "A model score is no probability unless its head was calibrated, and no diagnosis: it says how a recording "
        "sounds to a model, not what a person feels.",
        "The licence of the recordings is not known here. Voices are personal data: hand this folder on only "
        "where the people who speak agreed to it, and the law allows it.",
    ]
    return "---\n" + "\n".join(head) + "\n---\n\n" + "\n\n".join(text) + "\n"


_MEANINGS = {
    "segment_id": "digest of the audio of the segment",
    "file": "the recording it was cut from",
    "start_s": "where it begins in the recording, in seconds",
    "end_s": "where it ends",
    "recorded_at": "when it was recorded, ISO 8601, UTC",
    "emotion_given": "the label the corpus gives",
    "emotion_scored": "the label with the highest model score",
    "flags": "quality flags",
}


def _meaning(field: pa.Field) -> str:
    said = _MEANINGS.get(field.name) or ("model score" if field.name.startswith("score_") else str(field.type))
    return f"| {re.sub(r'[|`<>]', ' ', field.name)} | {said} |"
