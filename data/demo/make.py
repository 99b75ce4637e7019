"""Render the demo corpus: audio, ``metadata.csv`` and ``planted.json`` in this folder.

    python data/demo/make.py

Needs espeak-ng on the path (``apt install espeak-ng`` or ``brew install espeak-ng``); nothing else in the workbench
does. Everything random is seeded, so the same espeak-ng and codecs give the same samples.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import script
import soundfile as sf
from acting import RATE_HZ, at_level, perform, room, whisper
from cast import AGENT, BY_NAME, CALL, CLIENTS, Voice
from damage import DAMAGE, call, label_and_text

HERE = Path(__file__).resolve().parent
KBIT = 24
COLUMNS = (
    "file", "channel", "speaker", "session", "recorded_at", "role", "language", "emotion", "text",
)  # fmt: skip


@dataclass(frozen=True)
class Mic:
    """What one session's place and microphone do to every take of it."""

    gain_db: float
    noise_dbfs: float
    lead_s: float

    @classmethod
    def of(cls, speaker: str, week: int) -> Mic:
        """The session's own place: quiet rooms, a little nearer or further away.

        The speakers whose course is planted always sit at the same distance, so that only their manner changes.
        """
        rng = script.rng_for("mic", speaker, week)
        spread = 0.0 if speaker in (script.DRIFTS, script.TURNS, script.STEADY) else 1.2
        return cls(spread * rng.normal(), rng.uniform(-68, -60), rng.uniform(0.06, 0.16))


def write_opus(path: Path, samples: np.ndarray, kbit: int = KBIT) -> None:
    """Write mono 16 kHz samples as Opus in Ogg, the same bytes every time (no random stream number, no date)."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="mono", options={"application": "audio"})
        stream.bit_rate = 1_000 * kbit
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def write_flac(path: Path, samples: np.ndarray) -> None:
    """Write 16-bit FLAC: (n,) or (n, channels), clipped at full scale."""
    sf.write(path, np.clip(samples, -1, 32767 / 32768), RATE_HZ, format="FLAC", subtype="PCM_16")


def render(take: script.Take) -> np.ndarray:
    """An ordinary take in its room, float64 at 16 kHz."""
    rng, mic = script.rng_for(take.file), Mic.of(take.voice.name, take.week)
    samples = perform(take.voice, take.sentence, take.acted, intensity=take.intensity, rng=rng, gain_db=mic.gain_db)
    if take.whispered:
        samples = at_level(whisper(samples, rng), -33 + mic.gain_db)
    return room(samples, rng, lead_s=mic.lead_s, tail_s=0.15, noise_dbfs=mic.noise_dbfs)


def row(file: str, voice: Voice, week: int, place: int, **more: str) -> dict[str, str]:
    """One row of the manifest; ``place`` is the clip's place in its session."""
    common = {
        "file": file, "speaker": voice.name, "session": f"week{week}", "role": "client", "language": voice.language,
        "recorded_at": script.recorded_at(voice, week, 4 * place),
    }  # fmt: skip
    return {**dict.fromkeys(COLUMNS, ""), **common, **more}


def record_takes(out: Path) -> list[dict[str, str]]:
    """Write the ordinary clips and the whispers."""
    rows = []
    for take in script.ordinary_takes():
        write_opus(out / take.file, render(take))
        rows.append(
            row(take.file, take.voice, take.week, take.number, emotion=take.given, text=script.words(take.sentence))
        )
    return rows


def record_copies(out: Path, rows: list[dict[str, str]]) -> dict[str, list[str]]:
    """Write the exact and the near duplicate of two ordinary clips."""
    pairs = {}
    for kind, (name, week, number, again) in (
        ("exact_duplicate", script.EXACT_COPY),
        ("near_duplicate", script.NEAR_COPY),
    ):
        source, copy = f"{name}/week{week}-{number}.ogg", f"{name}/week{again}-{script.TAKES + 1}.ogg"
        if kind == "exact_duplicate":
            shutil.copyfile(out / source, out / copy)
        else:  # 3 dB softer, 20 ms later, through the codec a second time at a lower rate
            heard, _ = sf.read(out / source)
            write_opus(out / copy, np.pad(heard, (RATE_HZ // 50, 0)) * 10 ** (-3 / 20), kbit=20)
        first = next(r for r in rows if r["file"] == source)
        rows.append(row(copy, BY_NAME[name], again, script.TAKES + 1, emotion=first["emotion"], text=first["text"]))
        pairs[kind] = [source, copy]
    return pairs


def record_damage(out: Path, rows: list[dict[str, str]]) -> dict[str, str]:
    """Write the clips that a quality check or a decoder must notice."""
    files = {}
    for kind, (name, week, suffix) in script.DAMAGED.items():
        voice, file = BY_NAME[name], f"{name}/week{week}-{kind}{suffix}"
        files[kind] = file
        if kind == "corrupt":
            (out / file).write_bytes(script.rng_for(kind).bytes(4_000))
        else:
            samples = DAMAGE[kind](name, script.spare_line(voice))
            write_flac(out / file, samples) if suffix == ".flac" else write_opus(out / file, samples)
        emotion, text = label_and_text(kind, name)
        rows.append(row(file, voice, week, script.TAKES + 2, emotion=emotion, text=text))
    return files


def record_call(out: Path, rows: list[dict[str, str]]) -> dict[str, object]:
    """Write the stereo call: one file, one row for each of its channels."""
    samples, turns = call()
    client = next(name for name, _, _ in CALL if name != AGENT.name)
    file = f"{client}/week{script.CALL_WEEK}-call.flac"
    write_flac(out / file, samples)
    sides = {"left": (AGENT, "agent", "neutral"), "right": (BY_NAME[client], "client", "angry")}
    place = script.TAKES + 2
    began = script.recorded_at(BY_NAME[client], script.CALL_WEEK, 4 * place)
    for channel, (voice, role, emotion) in sides.items():
        text = " ".join(said for name, _, said in CALL if name == voice.name)
        more = {"channel": channel, "role": role, "emotion": emotion, "text": text, "recorded_at": began}
        rows.append(row(file, voice, script.CALL_WEEK, place, **more))
    return {"file": file, "left": AGENT.name, "right": client, "turns": turns}


def planted_facts() -> dict[str, object]:
    """What is planted among the ordinary clips."""
    takes = script.ordinary_takes()
    return {
        "drifts": {
            "speaker": script.DRIFTS,
            "from": "neutral",
            "to": "sad",
            "sad_takes_by_week": list(script.DRIFT_SAD),
        },
        "turns": {"speaker": script.TURNS, "to": "angry", "from_session": f"week{script.TURNS_AT}"},
        "steady": {"speaker": script.STEADY, "every_session": {"neutral": 3, "happy": 1}},
        "whispers": [t.file for t in takes if t.whispered],
        "wrong_labels": [{"file": t.file, "given": t.given, "acted": t.acted} for t in takes if t.given != t.acted],
    }


def main() -> int:
    """Write everything into this folder; returns the exit status."""
    if not shutil.which("espeak-ng"):
        print(
            "espeak-ng is not installed: apt install espeak-ng (Debian) or brew install espeak-ng (macOS)",
            file=sys.stderr,
        )
        return 2
    for voice in CLIENTS:
        shutil.rmtree(HERE / voice.name, ignore_errors=True)
        (HERE / voice.name).mkdir()
    rows = record_takes(HERE)
    facts = planted_facts() | record_copies(HERE, rows)
    facts |= {"damaged": record_damage(HERE, rows), "call": record_call(HERE, rows)}
    rows.sort(key=lambda r: (r["file"], r["channel"]))
    with (HERE / "metadata.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (HERE / "planted.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    size = sum((HERE / file).stat().st_size for file in {r["file"] for r in rows})
    print(f"{len(rows)} rows, {len({r['file'] for r in rows})} files, {size / 1e6:.2f} MB in {HERE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
