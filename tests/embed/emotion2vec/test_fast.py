"""Fast arithmetic: near exact, rows independent of their batch, refused where the device has no units for it."""

from __future__ import annotations

import platform
import shutil

import numpy as np
import pytest
import torch

from emoanalytics.embed.emotion2vec import Emotion2Vec, arithmetic
from emoanalytics.embed.emotion2vec.arithmetic import dense, faster_on
from emoanalytics.embed.emotion2vec.encoder import frame_means
from emoanalytics.embed.encoder import Precision
from emoanalytics.embed.selfcheck import LEAST_COSINE, settle
from emoanalytics.errors import EncoderError
from tests.embed.checkpoint import make_checkpoint
from tests.embed.emotion2vec.twin import CLIPS

SOME = [CLIPS[i] for i in (0, 1, 4, 6, 7, 8)]
AMX = {"amx_tile": True, "amx_bf16": True, "avx512_vnni": True}


@pytest.fixture
def units(monkeypatch):
    """Says what the processor can do."""

    def say(**found: bool) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)

    say(**AMX)
    return say


@pytest.mark.parametrize(("precision", "tolerance"), [(Precision.BF16, 0.05), (Precision.INT8, 0.05)])
def test_near_exact_and_alone_or_together_the_same(encoder, units, precision, tolerance):
    fast = encoder.at(precision)
    assert fast.card.precision == precision
    assert fast.card.fingerprint != encoder.card.fingerprint
    exact, found = encoder.encode(SOME, frames=True), fast.encode(SOME, frames=True)
    a, b = exact.embeddings, found.embeddings
    cosines = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosines.min() > LEAST_COSINE
    assert 1e-6 < np.abs(a - b).max() < tolerance  # another arithmetic, not the same one by mistake
    alone = np.concatenate([fast.encode([clip]).embeddings for clip in SOME])
    # Rounding falls differently in a padded batch; int8 keeps a scale for each row, so it is as near as bf16.
    np.testing.assert_allclose(alone, b, atol=tolerance / 2)
    assert np.array_equal(found.n_frames, exact.n_frames)
    utterance = fast.head.logits(b)
    for logits, whole in zip(found.frame_logits, utterance, strict=True):
        np.testing.assert_allclose(logits.mean(axis=0, dtype=np.float64), whole, atol=1e-4)


def test_int8_against_a_loop_over_rows():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(5, 24)).astype(np.float32), rng.normal(size=(7, 24)).astype(np.float32)
    x[1] *= 1000  # a loud row must not cost the others their steps
    x[2] = 0
    bias = rng.normal(size=7).astype(np.float32)
    expected = np.zeros((5, 7))
    for i, row in enumerate(x):
        for j, w in enumerate(weight):
            a, b = max(np.abs(row).max(), 1e-30) / np.float32(127), np.abs(w).max() / np.float32(127)
            expected[i, j] = int(np.round(row / a).astype(int) @ np.round(w / b).astype(int)) * a * b + bias[j]
    product = dense(torch.tensor(weight), torch.tensor(bias), Precision.INT8)
    np.testing.assert_allclose(product(torch.tensor(x)).numpy(), expected, rtol=1e-5, atol=1e-5)
    assert np.array_equal(product(torch.tensor(x[:1])).numpy(), product(torch.tensor(x)).numpy()[:1])
    gelu = dense(torch.tensor(weight), torch.tensor(bias), Precision.INT8, gelu=True)(torch.tensor(x)[None])
    np.testing.assert_allclose(
        gelu[0].numpy(), torch.nn.functional.gelu(torch.tensor(expected)).numpy(), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize(("precision", "near"), [(Precision.EXACT, 2e-6), (Precision.BF16, 2e-2)])
def test_packed_is_plain(precision, near, gelu):
    generator = torch.Generator().manual_seed(0)
    kind = arithmetic.float_type(precision)
    weight, bias, x = (torch.randn(*shape, generator=generator) for shape in ((48, 32), (48,), (9, 32)))
    found = dense(weight, bias, precision, gelu=gelu)(x.to(kind))
    assert found.dtype == kind
    expected = x.to(kind).double() @ weight.to(kind).double().T + bias.to(kind).double()
    expected = torch.nn.functional.gelu(expected) if gelu else expected
    np.testing.assert_allclose(found.double().numpy(), expected.numpy(), rtol=near, atol=10 * near)
    packed = arithmetic._packed(weight.to(kind), bias.to(kind), gelu=gelu)
    if platform.machine() == "x86_64" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        assert packed is not None


def test_where_nothing_can_be_packed_it_is_plain(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    weight, x = torch.eye(3) * 2, torch.arange(6.0).reshape(2, 3)
    assert arithmetic._packed(weight, None, gelu=False) is None
    assert torch.equal(dense(weight, None, Precision.EXACT)(x), 2 * x)


def test_means_ignore_what_is_behind_a_clips_own_frames():
    x = torch.randn(3, 8, 4, generator=torch.Generator().manual_seed(1))
    counts = [8, 3, 1]
    expected = np.stack([x[i, :count].numpy().astype(float).mean(axis=0) for i, count in enumerate(counts)])
    x[1, 3:] = float("nan")
    np.testing.assert_allclose(frame_means(x, counts).numpy(), expected, rtol=1e-6)


def test_what_a_processor_is_fast_at(units, encoder, folder):
    assert faster_on("cpu") == (Precision.BF16, Precision.INT8)
    assert encoder.at(Precision.FAST).card.precision == "bf16"
    assert not encoder.fast_by_default
    units(avx512_bf16=True, avx512_vnni=True)  # bf16 without tiles is slower than float32
    assert faster_on("cpu") == (Precision.INT8,)
    assert Emotion2Vec.load(folder, device="cpu", precision="fast").card.precision == "int8"
    units(avx2=True)
    assert faster_on("cpu") == faster_on("mps") == ()
    with pytest.raises(EncoderError, match="cpu has no units for bf16 or int8, so nothing is faster than --precision"):
        Emotion2Vec.load(folder, device="cpu", precision="fast")
    with pytest.raises(EncoderError, match=r"cpu has no units for int8 \(VNNI\)"):
        encoder.at(Precision.INT8)
    settled = settle(encoder, "fast", SOME)
    assert settled.encoder is encoder
    assert settled.note == "this device has nothing faster (no units for bf16 or int8): exact is used"


@pytest.mark.parametrize(("capability", "expected"), [((9, 0), ("bf16",)), ((8, 0), ("bf16",)), ((7, 5), ())])
def test_what_a_gpu_is_fast_at(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert faster_on("cuda:1") == expected


def test_another_arithmetic_is_read_from_the_folder_again(encoder, folder, tmp_path):
    half = encoder.at(Precision.BF16)
    assert half.at(Precision.BF16) is half
    again = half.at(Precision.EXACT)
    assert again.card == encoder.card
    assert np.array_equal(again.encode(CLIPS[:1]).embeddings, encoder.encode(CLIPS[:1]).embeddings)
    shutil.copytree(folder, tmp_path / "model")
    loaded = Emotion2Vec.load(tmp_path / "model", device="cpu")
    other = make_checkpoint(tmp_path / "other", seed=1)
    shutil.copy(other / "model.pt", tmp_path / "model" / "model.pt")
    with pytest.raises(EncoderError, match="holds other weights than it did: start again"):
        loaded.at(Precision.BF16)


def test_frames_that_do_not_match_the_configuration(folder):
    encoder = Emotion2Vec.load(folder, device="cpu")
    encoder._forward._layers = (*encoder._forward._layers[:-1], (64, 3, 3))
    with pytest.raises(EncoderError, match=r"convolutions made 99 frames where its config\.yaml says 66: fetch it"):
        encoder.encode(CLIPS[:1])


def test_only_the_clip_of_nans_fails_and_the_real_encoder_names_it(encoder, units):
    from emoanalytics.embed.batches import SegmentEmbedding, encode_segments

    bad = CLIPS[1].copy()
    bad[100] = np.nan
    for each in (encoder, encoder.at(Precision.INT8)):
        found = dict(encode_segments(each, [("a", [CLIPS[0]]), ("nan", [bad]), ("b", [CLIPS[6]])]))
        assert str(found["nan"]) == "holds samples that are not finite"
        for key, clip in {"a": CLIPS[0], "b": CLIPS[6]}.items():
            assert isinstance(found[key], SegmentEmbedding)
            np.testing.assert_allclose(found[key].embedding, each.encode([clip]).embeddings[0], atol=1e-5)
