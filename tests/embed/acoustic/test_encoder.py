"""The acoustic encoder: what every embedding promises, and the page that lists its dimensions."""

from __future__ import annotations

import doctest
import math
import pickle
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emoanalytics.embed.acoustic import LIMIT, Acoustic, descriptors, pitch
from emoanalytics.embed.acoustic.contours import Contours
from emoanalytics.errors import EncoderError
from tests.embed.acoustic.make_clips import CLIPS, speechlike

LEVEL = {"energy.level_dbfs"}  # what a change of gain may move


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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.stderr.strip() == "[]"
    assert np.array_equal(np.load(tmp_path / "row.npy"), acoustic.encode([clip]).embeddings)


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros(399, np.float32), "too short: 399 samples at 16 kHz, at least 400 are needed"),
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


def test_the_digest_of_revision_1_stays(acoustic: Acoustic) -> None:
    """Stores are keyed by it: what moves it needs another ``REVISION``, or has only renamed a part of the recipe."""
    assert (acoustic.card.revision, acoustic.card.digest) == ("1", "b798dbf6fd91be1db4bee13d8ce4cb33")


def test_the_recipe_is_in_the_fingerprint(acoustic: Acoustic, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Acoustic().card == acoustic.card
    monkeypatch.setattr(pitch, "VOICING_THRESHOLD", 0.5)
    assert Acoustic().card.fingerprint != acoustic.card.fingerprint


def test_the_page_lists_every_dimension_with_its_unit(acoustic: Acoustic) -> None:
    page = Path(__file__).parents[3] / "docs" / "acoustic.md"
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
