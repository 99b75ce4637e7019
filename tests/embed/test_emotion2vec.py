"""Our padded-batch forward against FunASR's own single runs, on a checkpoint with random weights."""

from __future__ import annotations

import json
import logging
import os
import pickle
import random
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from emoanalytics.audio.segments import chunks
from emoanalytics.embed.emotion2vec import Emotion2Vec
from emoanalytics.embed.emotion2vec.encoder import batches, choose_device
from emoanalytics.embed.emotion2vec.forward import frame_count, full_precision
from emoanalytics.embed.emotion2vec.loading import undisturbed
from emoanalytics.embed.encoder import Encoded
from emoanalytics.embed.models.checkpoint import read_layers
from emoanalytics.errors import EncoderError, MissingExtraError, ModelMissingError
from emoanalytics.labels import EMOTION_IDS
from tests.embed.checkpoint import FEATURE_ENCODER_SPEC, LABELS, make_checkpoint, make_config, write_text_files

# FunASR takes four threads by default, which two cores pay for dearly.
QUIET = {"disable_update": True, "disable_pbar": True, "device": "cpu", "ncpu": 1, "log_level": "ERROR"}
LENGTHS_S = (2.0, 0.3, 11.7, 0.025, 5.0, 30.0, 0.32, 4.6, 3.9, 0.3)


def noise(seconds: float, seed: int) -> np.ndarray:
    """Noise whose colour and loudness wander: no two stretches are alike."""
    rng = np.random.default_rng(seed)
    n = round(seconds * 16_000)
    loud = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.0, 0.3, 12))
    colour = np.interp(np.arange(n), np.linspace(0, n, 7), rng.uniform(0.02, 0.9, 7))
    return (loud * (rng.normal(size=n) * colour + np.sin(np.cumsum(colour)))).astype(np.float32)


CLIPS = [noise(seconds, seed) for seed, seconds in enumerate(LENGTHS_S)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with undisturbed():
        return make_checkpoint(tmp_path_factory.mktemp("models") / "emotion2vec_tiny")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Emotion2Vec:
    """Batches of up to 60 s, as on a GPU, but on the processor."""
    return Emotion2Vec.load(folder, device="cpu", batch_s=60.0, threads=1)


@pytest.fixture(scope="module")
def funasr_says(folder: Path) -> object:
    """FunASR itself: one clip -> (utterance embedding, its nine scores, frame embeddings)."""
    with undisturbed():
        from funasr import AutoModel

        model = AutoModel(**QUIET, model=str(folder))

    def run(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with undisturbed():
            whole = model.generate(clip, granularity="utterance", extract_embedding=True)[0]
            frames = model.generate(clip, granularity="frame", extract_embedding=True)[0]["feats"]
        assert tuple(whole["labels"]) == LABELS
        return whole["feats"], np.array(whole["scores"]), frames

    return run


@pytest.fixture(scope="module")
def singles(funasr_says) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    return [funasr_says(clip) for clip in CLIPS]


@pytest.fixture(scope="module")
def mixed(encoder) -> Encoded:
    return encoder.encode(CLIPS, frames=True)


def test_mixed_batches_give_what_funasr_gives_one_by_one(encoder, mixed, singles):
    groups = batches([len(c) for c in CLIPS], 60 * 16_000)
    assert any(len({len(CLIPS[i]) for i in group}) > 1 for group in groups)  # some batch is padded
    found = mixed
    for i, (embedding, scores, frames) in enumerate(singles):
        np.testing.assert_allclose(found.embeddings[i], embedding, atol=1e-4, rtol=0)
        np.testing.assert_allclose(encoder.head.scores(found.embeddings[i : i + 1])[0], scores, atol=1e-5, rtol=0)
        assert found.n_frames[i] == len(frames)
        np.testing.assert_allclose(found.frame_logits[i], encoder.head.logits(frames), atol=1e-4, rtol=0)


def test_clips_of_every_length_in_one_padded_batch(encoder, singles):
    """No grouping by length here: 0.025 s padded to 11.7 s."""
    chosen = [i for i, clip in enumerate(CLIPS) if len(clip) < 12 * 16_000]
    found = encoder._forward.frames([CLIPS[i] for i in chosen])
    for rows, i in zip(found, chosen, strict=True):
        embedding, _, frames = singles[i]
        np.testing.assert_allclose(rows, frames, atol=2e-5, rtol=0)
        np.testing.assert_allclose(rows.mean(axis=0), embedding, atol=1e-5, rtol=0)


def test_the_clips_tell_each_other_apart(singles):
    """The comparison above means something: embeddings differ between clips by far more than its tolerance."""
    embeddings = np.stack([s[0] for s in singles])
    apart = np.abs(embeddings[:, None] - embeddings[None]).max(axis=2)
    assert apart[~np.eye(len(CLIPS), dtype=bool)].min() > 0.05


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
    import soundfile

    files = sorted((shared_data / "ravdess6").rglob("*.*"))
    speech = [soundfile.read(f, dtype="float32")[0][:48_000] for f in files if f.suffix in (".wav", ".flac", ".ogg")][
        :4
    ]
    assert len(speech) == 4
    found = encoder.encode(speech)
    for i, clip in enumerate(speech):
        np.testing.assert_allclose(found.embeddings[i], funasr_says(clip)[0], atol=1e-4, rtol=0)


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what is tested
    torch.manual_seed(seed)


def draw_all() -> tuple[float, float, float]:
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002


def test_nothing_of_the_callers_is_changed(folder, capfd):
    before_modules = logging.getLogger().level, list(logging.getLogger().handlers), list(warnings.filters)
    environment = dict(os.environ)
    threads = torch.get_num_threads()
    seed_all(5)
    expected = draw_all()
    seed_all(5)
    torch.set_num_threads(3)
    try:
        encoder = Emotion2Vec.load(folder, device="cpu", threads=2)
        seen = []
        plain, encoder._forward.frames = (
            encoder._forward.frames,
            lambda w: seen.append(torch.get_num_threads()) or plain(w),
        )
        encoder.encode(CLIPS[:2])
        assert torch.get_num_threads() == 3
        assert seen == [2, 2]
    finally:
        torch.set_num_threads(threads)
    assert draw_all() == expected
    assert (logging.getLogger().level, list(logging.getLogger().handlers), list(warnings.filters)) == before_modules
    assert dict(os.environ) == environment
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_first_load_of_a_process_prints_nothing(folder):
    """The import of FunASR prints, logs and sets environment variables: only a fresh process shows it."""
    program = """
import logging, os, sys, warnings
import torch  # what torch itself changes is its own affair
def env():
    return {k: v for k, v in os.environ.items() if not k.startswith("KMP_")}
from emoanalytics.embed.emotion2vec import Emotion2Vec
environment, filters = env(), list(warnings.filters)
Emotion2Vec.load(sys.argv[1], device="cpu")
assert logging.getLogger().level == logging.WARNING and not logging.getLogger().handlers
assert warnings.filters == filters, warnings.filters
assert env() == environment
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_other_threads_may_print_while_a_model_loads(capsys):
    def speak() -> None:
        print("from another thread")

    with undisturbed():
        print("from FunASR")
        other = threading.Thread(target=speak)
        other.start()
        other.join()
    print("afterwards")
    assert capsys.readouterr().out == "from another thread\nafterwards\n"


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


def test_memory_that_is_too_small_halves_the_batch(folder, monkeypatch):
    encoder = Emotion2Vec.load(folder, device="cpu", batch_s=100.0)
    some = [clip for clip in CLIPS if len(clip) < 6 * 16_000]
    expected = encoder.encode(some).embeddings
    plain, sizes = encoder._forward.frames, []

    def small_memory(waveforms):
        sizes.append(len(waveforms))
        if len(waveforms) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return plain(waveforms)

    monkeypatch.setattr(encoder._forward, "frames", small_memory)
    np.testing.assert_allclose(encoder.encode(some).embeddings, expected, atol=1e-5)
    assert max(sizes) > 1

    def no_memory(waveforms):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(encoder._forward, "frames", no_memory)
    with pytest.raises(EncoderError, match=r"GPU's memory is too small for clip 0 of 2\.0 s"):
        encoder.encode(CLIPS[:1])


def test_batches_waste_little():
    rng = np.random.default_rng(0)
    lengths = rng.integers(400, 480_000, 300).tolist()
    groups = batches(lengths, 60 * 16_000)
    assert sorted(i for group in groups for i in group) == list(range(300))
    for group in groups:
        assert lengths[group[0]] * len(group) <= 60 * 16_000
        assert min(lengths[i] for i in group) >= 0.7 * lengths[group[0]]


@pytest.mark.parametrize("n", [0, 9, 399, 400, 719, 720, 16_000, 480_000])
def test_frame_count_is_what_the_convolutions_give(n):
    layers = read_layers(FEATURE_ENCODER_SPEC, Path("config.yaml"))
    length = n
    for _, kernel, stride in layers:
        length = len(range(0, length - kernel + 1, stride))
    assert frame_count(n, layers) == length


def test_tf32_is_off_inside_and_back_outside():
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    try:
        with full_precision("cuda"):
            assert not torch.backends.cudnn.allow_tf32
            assert not torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cudnn.allow_tf32
        assert torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


# What bad folders get


def bad_folder(tmp_path: Path, folder: Path, **changes: object) -> Path:
    """A copy of the good folder with some of config.yaml's audio fields changed."""
    bad = shutil.copytree(folder, tmp_path / "bad")
    config = make_config()
    config["model_conf"]["modalities"]["audio"].update(changes)
    write_text_files(bad, config, LABELS)
    return bad


@pytest.mark.parametrize("name", ["config.yaml", "tokens.txt", "model.pt"])
def test_a_missing_file_is_named(folder, tmp_path, name):
    bad = shutil.copytree(folder, tmp_path / "bad")
    (bad / name).unlink()
    with pytest.raises(EncoderError, match=f"is no Emotion2Vec\\+ model folder: it has no {name}"):
        Emotion2Vec.load(bad)


def test_five_labels(tmp_path):
    bad = make_checkpoint(tmp_path / "five", labels=LABELS[:5])
    with pytest.raises(EncoderError, match=r"tokens\.txt: the model's labels are not the nine emotions \(found 5"):
        Emotion2Vec.load(bad)


@pytest.mark.parametrize(
    "spec",
    [
        "__import__('os').system('touch hacked')",
        "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(open('x'), 2, 2)]",
        "[(512, 10, 5)] * 999999999",
        "[(512, 10, 5)] * 64 * 64",
        "[(512, 10, 0)]",
        "[]",
        "[(512, 10, 5)",
        "${oc.env:HOME}",
        7,
    ],
)
def test_a_configuration_that_is_code_is_refused_before_it_is_run(folder, tmp_path, spec, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = bad_folder(tmp_path, folder, feature_encoder_spec=spec)
    with pytest.raises(EncoderError, match="feature_encoder_spec is no plain list"):
        Emotion2Vec.load(bad)
    assert not (tmp_path / "hacked").exists()


def test_an_architecture_the_forward_is_not_exact_for(folder, tmp_path):
    bad = bad_folder(tmp_path, folder, extractor_mode="default", learned_alibi=True)
    with pytest.raises(EncoderError, match="extractor_mode is 'default', not 'layer_norm'; learned_alibi is True"):
        Emotion2Vec.load(bad)


def test_numbers_that_do_not_fit_together(folder, tmp_path):
    bad = bad_folder(tmp_path, folder, conv_pos_groups=7)
    with pytest.raises(EncoderError, match=r"FunASR cannot load .*bad: .*divisible by groups"):
        Emotion2Vec.load(bad)
    write_text_files(bad, make_config() | {"model_conf": {"embed_dim": 64}}, LABELS)
    with pytest.raises(EncoderError, match=r"has no model_conf\.modalities\.audio"):
        Emotion2Vec.load(bad)
    config = make_config()
    config["model_conf"]["num_heads"] = 5
    write_text_files(bad, config, LABELS)
    with pytest.raises(EncoderError, match="num_heads must divide embed_dim"):
        Emotion2Vec.load(bad)
    config["model_conf"]["depth"] = "two"
    write_text_files(bad, config, LABELS)
    with pytest.raises(EncoderError, match="depth must be whole numbers above zero"):
        Emotion2Vec.load(bad)


def test_another_kind_of_model(folder, tmp_path):
    bad = shutil.copytree(folder, tmp_path / "bad")
    config = OmegaConf.load(bad / "config.yaml")
    config["model"] = "Paraformer"
    OmegaConf.save(config, bad / "config.yaml")
    with pytest.raises(EncoderError, match="describes 'Paraformer', not an Emotion2vec model"):
        Emotion2Vec.load(bad)
    (bad / "config.yaml").write_text("model: [")
    with pytest.raises(EncoderError, match=r"config\.yaml cannot be read"):
        Emotion2Vec.load(bad)


def test_configuration_json_may_not_point_elsewhere(folder, tmp_path):
    bad = shutil.copytree(folder, tmp_path / "bad")
    metas = {"config": "config.yaml", "init_param": "../evil.pt", "tokenizer_conf": {"token_list": "tokens.txt"}}
    (bad / "configuration.json").write_text(json.dumps({"file_path_metas": metas}))
    with pytest.raises(EncoderError, match="file_path_metas must name"):
        Emotion2Vec.load(bad)


def test_a_folder_without_configuration_json_loads(folder, tmp_path, encoder):
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "configuration.json").unlink()
    assert Emotion2Vec.load(bare, device="cpu").card.digest == encoder.card.digest


class Code:
    def __reduce__(self):
        return os.mkdir, ("hacked",)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "code", "list"])
def test_damaged_weights(folder, tmp_path, damage, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = shutil.copytree(folder, tmp_path / "bad")
    weights = bad / "model.pt"
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:100_000])
    elif damage == "empty":
        weights.write_bytes(b"")
    elif damage == "text":
        weights.write_text("<html>404</html>")
    elif damage == "code":
        weights.write_bytes(pickle.dumps({"model": Code()}, protocol=2))
    else:
        torch.save([1, 2], weights)
    with pytest.raises(EncoderError, match=r"model\.pt (is damaged|holds no table of weights)") as caught:
        Emotion2Vec.load(bad)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("drop", r"1 are missing \(first: blocks\.1\.mlp\.fc1\.weight\)"),
        ("shape", r"1 do not fit \(first: blocks\.1\.mlp\.fc1\.weight \(3, 3\), expected \(256, 64\)\)"),
        ("nan", "blocks.1.mlp.fc1.weight"),
    ],
)
def test_weights_funasr_would_leave_at_random(folder, tmp_path, change, message):
    """FunASR prints a line, or nothing, and goes on with random numbers."""
    bad = shutil.copytree(folder, tmp_path / "bad")
    state = torch.load(bad / "model.pt")["model"]
    key = "d2v_model.blocks.1.mlp.fc1.weight"
    if change == "drop":
        del state[key]
    elif change == "shape":
        state[key] = torch.zeros(3, 3)
    else:
        state[key][0, 0] = torch.nan
    torch.save({"model": state}, bad / "model.pt")
    with pytest.raises(EncoderError, match=message):
        Emotion2Vec.load(bad)


def test_what_load_refuses(folder, monkeypatch):
    with pytest.raises(EncoderError, match="precision 'fast' is not available in this version"):
        Emotion2Vec.load(folder, precision="fast")
    with pytest.raises(EncoderError, match="unknown device 'tpu'"):
        Emotion2Vec.load(folder, device="tpu")
    with pytest.raises(EncoderError, match="threads must be at least 1, not 0"):
        Emotion2Vec.load(folder, threads=0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EncoderError, match="this machine has no device 'cuda'"):
        choose_device("cuda")
    assert choose_device("auto") == "cpu"


def test_a_model_that_is_not_here(tmp_path, monkeypatch):
    for name in ("EMOANALYTICS_HOME", "MODELSCOPE_CACHE", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(ModelMissingError, match=r"run `emoanalytics model fetch emotion2vec_plus_large`, .*acoustic"):
        Emotion2Vec.load("emotion2vec_plus_large")


def test_without_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[emotion2vec\]'"):
        Emotion2Vec.load(folder)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "funasr", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[emotion2vec\]'"):
        Emotion2Vec.load(folder)
