"""Emotion2Vec against FunASR itself, on a checkpoint with the published architecture and random weights."""

from __future__ import annotations

import gc
import shutil

import numpy as np
import pytest
import soundfile
import torch

from emoanalytics.audio.segments import chunks
from emoanalytics.embed.emotion2vec import Emotion2Vec
from emoanalytics.embed.emotion2vec.budget import Budget
from emoanalytics.embed.emotion2vec.encoder import _Batch
from emoanalytics.embed.emotion2vec.loading import undisturbed
from emoanalytics.embed.encoder import Encoded
from emoanalytics.errors import EncoderError
from emoanalytics.labels import EMOTION_IDS
from tests.embed.checkpoint import LABELS, make_checkpoint
from tests.embed.emotion2vec.twin import CLIPS, QUIET, noise


@pytest.fixture(scope="module")
def mixed(encoder) -> Encoded:
    return encoder.encode(CLIPS, frames=True)


def test_mixed_batches_give_what_funasr_gives_one_by_one(encoder, mixed, singles):
    groups = Budget("cpu", 60.0).groups([len(c) for c in CLIPS])
    assert any(len({len(CLIPS[i]) for i in group}) > 1 for group in groups)  # some batch is padded
    found = mixed
    for i, (embedding, scores, frames) in enumerate(singles):
        np.testing.assert_allclose(found.embeddings[i], embedding, atol=1e-4, rtol=0)
        np.testing.assert_allclose(encoder.head.scores(found.embeddings[i : i + 1])[0], scores, atol=1e-5, rtol=0)
        assert found.n_frames[i] == len(frames)
        np.testing.assert_allclose(found.frame_logits[i], encoder.head.logits(frames), atol=1e-4, rtol=0)


def test_frame_logits_average_to_the_utterance_logit(encoder, mixed):
    found = mixed
    utterance = encoder.head.logits(found.embeddings)
    for i, logits in enumerate(found.frame_logits):
        assert logits.shape == (found.n_frames[i], 9)
        np.testing.assert_allclose(logits.mean(axis=0, dtype=np.float64), utterance[i], atol=1e-5)


def test_95_seconds_cut_by_policy(encoder, funasr_says):
    long = noise(95.0, 99)
    pieces = [long[a:b] for a, b in chunks(len(long), 16_000, 30.0)]
    assert len(pieces) == 4
    assert max(len(p) for p in pieces) <= 30 * 16_000
    ours = encoder.encode(pieces)
    theirs = [funasr_says(piece) for piece in pieces]
    mean = np.average([e for e, _, _ in theirs], axis=0, weights=[len(f) for _, _, f in theirs])
    np.testing.assert_allclose(np.average(ours.embeddings, axis=0, weights=ours.n_frames), mean, atol=1e-4)
    stacked = np.concatenate([f for _, _, f in theirs])
    np.testing.assert_allclose(mean, stacked.mean(axis=0, dtype=np.float64), atol=1e-5)


def test_a_row_does_not_depend_on_the_others_nor_on_the_order(encoder):
    some = [clip for clip in CLIPS if len(clip) < 12 * 16_000]
    together = encoder.encode(some).embeddings
    backwards = encoder.encode(some[::-1]).embeddings[::-1]
    alone = np.concatenate([encoder.encode([clip]).embeddings for clip in some])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(backwards, alone, atol=1e-5)


def test_on_a_processor_a_row_is_the_same_to_the_last_bit(folder):
    encoder = Emotion2Vec.load(folder, device="cpu")
    some = [CLIPS[i] for i in (0, 1, 6, 7, 9)]
    alone = np.concatenate([encoder.encode([clip]).embeddings for clip in some])
    assert np.array_equal(encoder.encode(some).embeddings, alone)


def test_no_clips(encoder):
    found = encoder.encode([], frames=True)
    assert found.embeddings.shape == (0, 64)
    assert found.frame_logits == ()


def test_real_speech(encoder, funasr_says, shared_data):

    files = sorted((shared_data / "ravdess6").rglob("*.*"))
    speech = [soundfile.read(f, dtype="float32")[0][:48_000] for f in files if f.suffix in (".wav", ".flac", ".ogg")][
        :4
    ]
    assert len(speech) == 4
    found = encoder.encode(speech)
    for i, clip in enumerate(speech):
        np.testing.assert_allclose(found.embeddings[i], funasr_says(clip)[0], atol=1e-4, rtol=0)


def test_the_card(folder, encoder, tmp_path):
    card = encoder.card
    assert (card.dim, card.rate_hz, card.labels, card.precision) == (64, 16_000, EMOTION_IDS, "exact")
    assert "FunASR Model License 1.1" in card.licence
    assert card.digest.startswith(card.revision)
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert Emotion2Vec.load(moved, device="cpu").card.fingerprint == card.fingerprint
    other = make_checkpoint(tmp_path / "other", seed=1)
    assert Emotion2Vec.load(other, device="cpu").card.fingerprint != card.fingerprint


def test_labels_in_another_order_with_unused_rows(tmp_path, funasr_says):
    """Rows follow the names, not the positions; FunASR's own scores say which is which."""
    from funasr import AutoModel

    labels = ["unuse_0", "<unk>", *reversed(LABELS[:8]), "unuse_1"]
    folder = make_checkpoint(tmp_path / "shuffled", seed=3, labels=labels)
    encoder = Emotion2Vec.load(folder, device="cpu")
    with undisturbed():
        model = AutoModel(**QUIET, model=str(folder))
        said = model.generate(CLIPS[0], granularity="utterance")[0]
    theirs = {
        label.rpartition("/")[2].replace("<unk>", "unknown"): s
        for label, s in zip(said["labels"], said["scores"], strict=True)
    }
    ours = encoder.head.scores(encoder.encode(CLIPS[:1]).embeddings)[0]
    np.testing.assert_allclose(ours, [theirs[emotion] for emotion in EMOTION_IDS], atol=1e-5)


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros(399, np.float32), "clip 1 is too short: 399 samples, at least 400"),
        (np.zeros(0, np.float32), "clip 1 is too short: 0 samples"),
        (np.full(16_000, np.nan, np.float32), "clip 1 holds samples that are not finite"),
        (np.zeros((16_000, 2), np.float32), r"clip 1 has shape \(16000, 2\); a clip is one channel"),
    ],
)
def test_a_bad_clip_is_named(encoder, clip, message):
    with pytest.raises(EncoderError, match=message):
        encoder.encode([CLIPS[1], clip])


def test_400_samples_and_silence_are_fine(encoder, funasr_says):
    for clip in (np.zeros(16_000, np.float32), CLIPS[1][:400]):
        np.testing.assert_allclose(encoder.encode([clip]).embeddings[0], funasr_says(clip)[0], atol=1e-4)


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:119] . DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_memory_that_is_too_small_halves_the_budget_for_good_and_says_so_once(folder, monkeypatch, caplog, error):
    encoder = Emotion2Vec.load(folder, device="cpu", batch_s=100.0)
    some = [clip for clip in CLIPS if len(clip) < 6 * 16_000]
    expected = encoder.encode(some, frames=True)
    plain, sizes = encoder._forward.run, []

    def small_memory(waveforms):
        padded = len(waveforms) * max(map(len, waveforms)) / 16_000
        sizes.append(padded)
        if padded > 5.5:
            raise error
        return plain(waveforms)

    monkeypatch.setattr(encoder._forward, "run", small_memory)
    for _ in range(2):
        found = encoder.encode(some, frames=True)
        np.testing.assert_allclose(found.embeddings, expected.embeddings, atol=1e-5)
        for one, other in zip(found.frame_logits, expected.frame_logits, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
    assert sizes[0] > 5.5
    second = sizes[len(sizes) // 2 :]
    assert max(second) <= 5.5  # the second call tries nothing that is too large
    assert len([r for r in caplog.records if "memory is too small for batches" in r.getMessage()]) == 1


def test_no_earlier_batch_is_held_while_memory_is_given_back(folder, monkeypatch):
    encoder = Emotion2Vec.load(folder, device="cpu", batch_s=4.0)
    clips = [noise(2.0, seed) for seed in range(4)]
    expected = encoder.encode(clips).embeddings
    plain, sizes, held = encoder._forward.run, [], []

    def second_fails(waveforms):
        sizes.append(len(waveforms))
        if len(sizes) == 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return plain(waveforms)

    def batches():
        gc.collect()
        return {id(thing) for thing in gc.get_objects() if type(thing) is _Batch}

    before = batches()

    monkeypatch.setattr(encoder._forward, "run", second_fails)
    monkeypatch.setattr(
        "emoanalytics.embed.emotion2vec.encoder.give_back_memory", lambda: held.append(batches() - before)
    )
    np.testing.assert_allclose(encoder.encode(clips).embeddings, expected, atol=1e-5)
    assert sizes == [2, 2, 1, 1]
    assert held == [set()]


def test_a_clip_that_alone_is_too_long_for_the_memory_is_named(folder, monkeypatch):
    encoder = Emotion2Vec.load(folder, device="cpu")

    def no_memory(waveforms):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(encoder._forward, "run", no_memory)
    with pytest.raises(EncoderError, match=r"clip 0 of 2\.0 s is too long for the memory: cut it shorter or free"):
        encoder.encode(CLIPS[:1])

    def other(waveforms):
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(encoder._forward, "run", other)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        encoder.encode(CLIPS[:1])


def test_batches_waste_little():
    rng = np.random.default_rng(0)
    lengths = rng.integers(400, 480_000, 300).tolist()
    groups = Budget("cpu", 60.0).groups(lengths)
    assert sorted(i for group in groups for i in group) == list(range(300))
    for group in groups:
        assert lengths[group[0]] * len(group) <= 60 * 16_000
        assert min(lengths[i] for i in group) >= 0.7 * lengths[group[0]]
