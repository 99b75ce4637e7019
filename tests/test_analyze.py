"""One or several clips: the result, its folder, and what fails without stopping the rest."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics.analyze import ClipResult, Granularity, analyze, write_result
from emoanalytics.audio.decode import ChannelPolicy, write_wav
from emoanalytics.audio.tracks import Failure
from emoanalytics.embed.heads import Head
from emoanalytics.errors import AudioError, EncoderError, HeadError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.settings import QualitySettings
from tests.conftest import TinyEncoder, tone

RATE_HZ = 16_000
PAGE_FIELDS = ["emotion", "confidence", "scores", "granularity", "timestamp"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    sf.write(path, tone(1.5), RATE_HZ, subtype="FLOAT")
    return path


def one(path: Path, encoder: TinyEncoder, **more: object) -> ClipResult:
    (found,) = analyze([path], encoder, **more)  # type: ignore[arg-type]
    assert isinstance(found, ClipResult), found
    return found


def test_scores_are_the_heads_scores_of_the_embedding(clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = one(clip, tiny_encoder)
    by_hand = tiny_encoder.encode([tone(1.5)]).embeddings
    assert tiny_encoder.head is not None
    assert np.allclose(found.embedding, by_hand[0], atol=1e-5)
    assert list(found.scores) == list(EMOTION_IDS)
    assert np.allclose(list(found.scores.values()), tiny_encoder.head.scores(by_hand)[0], atol=1e-6)
    assert sum(found.scores.values()) == pytest.approx(1, abs=1e-5)
    assert found.emotion == max(found.scores, key=lambda e: found.scores[e])
    assert found.score == max(found.scores.values())
    assert found.n_frames == 60
    assert np.array_equal(found.samples, tone(1.5))


def test_a_long_clip_is_heard_in_chunks_weighted_by_length(tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    path, samples = tmp_path / "long.wav", tone(7.5)
    sf.write(path, samples, RATE_HZ, subtype="FLOAT")
    found = one(path, tiny_encoder, chunk_s=2.0)
    assert tiny_encoder.heard == 4
    whole = tiny_encoder.encode([samples])
    assert np.allclose(found.embedding, whole.embeddings[0], atol=1e-4)
    assert found.n_frames == whole.n_frames[0]


def test_a_given_head_replaces_the_encoders(clip: Path, tiny_encoder: TinyEncoder) -> None:
    head = Head(np.random.default_rng(1).normal(size=(3, 8)), np.zeros(3), ("angry", "calm", "sad"))
    found = one(clip, tiny_encoder, head=head)
    expected = head.scores(tiny_encoder.encode([tone(1.5)]).embeddings)[0]
    assert [found.scores[label] for label in head.labels] == pytest.approx(expected.tolist(), abs=1e-6)
    assert {label for label, score in found.scores.items() if score is None} == set(EMOTION_IDS) - {"angry", "sad"}
    assert found.emotion == head.labels[int(expected.argmax())]
    assert found.labels == head.labels


def test_without_a_head_there_is_no_emotion(clip: Path) -> None:
    found = one(clip, TinyEncoder(with_head=False))
    assert found.scores == dict.fromkeys(EMOTION_IDS)
    assert (found.emotion, found.score, found.labels) == (None, None, ())
    document = found.as_json()
    assert (document["emotion"], document["confidence"], document["emoji"]) == (None, None, None)


def test_frames_average_to_the_clip(clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = one(clip, tiny_encoder, granularity=Granularity.FRAME)
    assert found.frame_scores is not None
    assert found.frame_times_s is not None
    logits = tiny_encoder.encode([tone(1.5)], frames=True).frame_logits
    assert logits is not None
    e = np.exp(logits[0].astype(np.float64))
    assert np.allclose(found.frame_scores, e / e.sum(axis=1, keepdims=True), atol=1e-5)
    assert found.frame_scores.shape == (60, 9)
    assert np.allclose(found.frame_times_s, [0.0125 + 0.025 * i for i in range(60)])
    document = found.as_json()["frames"]
    assert document["labels"] == list(EMOTION_IDS)
    assert len(document["t_s"]) == len(document["scores"]) == 60
    assert one(clip, tiny_encoder).frame_scores is None


def test_frames_follow_the_temperature(clip: Path, tiny_encoder: TinyEncoder) -> None:
    assert tiny_encoder.head is not None
    flat = TinyEncoder()
    flat.head = replace(tiny_encoder.head, temperature=1e6)
    found = one(clip, flat, granularity=Granularity.FRAME)
    assert np.allclose(found.frame_scores, 1 / 9, atol=1e-3)


def test_frames_need_the_encoders_own_head(clip: Path, tiny_encoder: TinyEncoder) -> None:
    with pytest.raises(EncoderError, match="tiny has no frame scores: use --granularity utterance"):
        one(clip, TinyEncoder(with_head=False), granularity=Granularity.FRAME)
    other = Head(np.zeros((2, 8)), np.zeros(2), ("calm", "sad"))
    with pytest.raises(HeadError, match="frame scores come from the own head of tiny, not from a fitted one"):
        one(clip, tiny_encoder, head=other, granularity=Granularity.FRAME)
    assert one(clip, tiny_encoder, head=tiny_encoder.head, granularity=Granularity.FRAME).frame_scores is not None


def test_a_head_of_another_length_is_refused(clip: Path, tiny_encoder: TinyEncoder) -> None:
    head = Head(np.zeros((2, 5)), np.zeros(2), ("a", "b"))
    with pytest.raises(HeadError, match="the head reads embeddings of length 5, tiny makes length 8"):
        one(clip, tiny_encoder, head=head)


def test_each_channel_gives_a_result(tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    path = tmp_path / "call.wav"
    left, right = tone(1.0), tone(1.0, hz=330)
    sf.write(path, np.stack([left, right], axis=1), RATE_HZ, subtype="FLOAT")
    found = list(analyze([path], tiny_encoder, channels=ChannelPolicy.EACH))
    assert [r.channel for r in found if isinstance(r, ClipResult)] == ["left", "right"]
    for result, samples in zip(found, (left, right), strict=True):
        assert isinstance(result, ClipResult)
        assert np.allclose(result.embedding, tiny_encoder.encode([samples]).embeddings[0], atol=1e-5)


def test_thresholds_decide_the_flags(clip: Path, tiny_encoder: TinyEncoder) -> None:
    strict = QualitySettings(too_long_s=1.0)
    found = one(clip, tiny_encoder, settings=strict)
    assert [str(f) for f in found.flags].count("too_long") == 1
    words = found.as_json(strict)["flags"]["too_long"]
    assert "1.5" in words["en"] or "1.50" in words["en"]
    assert re.search(r"[\u4e00-\u9fff]", words["zh"])
    assert "too_long" not in [str(f) for f in one(clip, tiny_encoder).flags]


# What fails, and does not stop the rest


def test_bad_clips_are_listed_and_the_others_done(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    text, empty, short, cut = (tmp_path / n for n in ("text.wav", "empty.wav", "short.wav", "cut.wav"))
    text.write_text("this is no sound")
    empty.write_bytes(b"")
    sf.write(short, tone(0.02), RATE_HZ)
    cut.write_bytes(clip.read_bytes()[:30])
    bad = [text, empty, short, cut, tmp_path / "missing.wav", tmp_path, tmp_path / "name\nwith a line.wav"]
    found = list(analyze([clip, *bad, clip], tiny_encoder))
    assert [isinstance(f, ClipResult) for f in found] == [True, *[False] * len(bad), True]
    failed = [f for f in found if isinstance(f, Failure)]
    assert [f.file for f in failed] == [str(path) for path in bad]
    assert [f.stage for f in failed] == ["decode", "decode", "embed", "decode", "decode", "decode", "decode"]
    for failure, words in zip(
        failed,
        ("not a sound file", "the file is empty", "too short", "", "there is no such file", "it is a folder", ""),
        strict=True,
    ):
        assert words in failure.reason
        assert failure.reason.isprintable()


def test_numbers_that_are_not_finite_do_not_stop_it(tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    samples = tone(1.0)
    samples[100:2000] = np.nan
    path = tmp_path / "nan.wav"
    sf.write(path, samples, RATE_HZ, subtype="FLOAT")
    found = one(path, tiny_encoder)
    assert "non_finite" in [str(f) for f in found.flags]
    assert np.isfinite(found.samples).all()
    json.dumps(found.as_json(), allow_nan=False)


# The folder


def test_the_folder_is_what_users_of_the_web_page_know(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = one(clip, tiny_encoder)
    folder = write_result(found, tmp_path / "outputs", embedding=True)
    stamp = datetime.fromisoformat(found.timestamp)
    assert folder == tmp_path / "outputs" / f"outputs_{stamp:%Y%m%d_%H%M%S}"
    assert stamp.tzinfo is not None
    assert sorted(p.name for p in folder.iterdir()) == ["embedding.npy", "processed_audio.wav", "result.json"]
    embedding = np.load(folder / "embedding.npy", allow_pickle=False)
    assert (embedding.shape, embedding.dtype) == ((1, 8), np.float32)
    assert np.array_equal(embedding[0], found.embedding)
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert list(document)[:5] == PAGE_FIELDS
    assert list(document["scores"]) == list(EMOTION_IDS)
    assert document["confidence"] == document["scores"][document["emotion"]] == max(document["scores"].values())
    assert document["granularity"] == "utterance"
    assert document["file"] == "clip.wav"
    assert document == json.loads(json.dumps(found.as_json()))


def test_processed_audio_is_what_was_heard(tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    path = tmp_path / "stereo.wav"
    t = np.arange(44_100) / 44_100
    sf.write(path, np.stack([0.2 * np.sin(2 * np.pi * 300 * t), np.zeros(t.size)], axis=1), 44_100)
    found = one(path, tiny_encoder)
    folder = write_result(found, tmp_path / "out")
    info = sf.info(folder / "processed_audio.wav")
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
    samples, _ = sf.read(folder / "processed_audio.wav")
    assert np.abs(samples - found.samples).max() <= 2**-16 + 1e-9
    assert np.allclose(tiny_encoder.encode([found.samples]).embeddings[0], found.embedding, atol=1e-5)
    assert not (folder / "embedding.npy").exists()


def test_clips_of_one_second_do_not_collide(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = one(clip, tiny_encoder)
    folders = [write_result(found, tmp_path / "out") for _ in range(3)]
    assert [f.name.removeprefix(folders[0].name) for f in folders] == ["", "_2", "_3"]
    assert all((f / "result.json").is_file() for f in folders)


def test_a_clip_whose_name_is_no_text_is_written(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    odd = tmp_path / "odd\udcff.wav"  # a byte that is no UTF-8
    odd.write_bytes(clip.read_bytes())
    folder = write_result(one(odd, tiny_encoder), tmp_path / "out")
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["file"] == "odd\udcff.wav"


def test_a_folder_that_cannot_be_made(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = one(clip, tiny_encoder)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write results to .*file.*; choose another --out") as caught:
        write_result(found, tmp_path / "file" / "out")
    assert "\n" not in str(caught.value)


def test_samples_that_cannot_be_written_are_refused(tmp_path: Path, clip: Path, tiny_encoder: TinyEncoder) -> None:
    found = replace(one(clip, tiny_encoder), samples=np.full(10, np.nan, np.float32))
    with pytest.raises(AudioError, match="only finite floats"):
        write_result(found, tmp_path / "out")


def test_a_very_long_clip_keeps_ten_minutes_of_audio(tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    path = tmp_path / "long.wav"
    write_wav(path, np.tile(tone(1.0), 602))
    found = one(path, tiny_encoder)
    document = found.as_json()
    assert (document["duration_s"], document["processed_audio_s"]) == (602.0, 600.0)
