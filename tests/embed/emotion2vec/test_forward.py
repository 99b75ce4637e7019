"""The batched forward against FunASR one clip at a time, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from emoanalytics.embed.emotion2vec.forward import frame_count, full_precision
from emoanalytics.embed.models.checkpoint import read_layers
from tests.embed.checkpoint import FEATURE_ENCODER_SPEC
from tests.embed.emotion2vec.twin import CLIPS


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
