"""Emotion2Vec over padded batches, with the numbers of single runs.

FunASR runs one clip at a time, and its modules know no padding: the five positional convolutions
read it, so a plainly padded batch changes every frame. Three things make a padded batch equal the
single runs: each waveform is normalised before it is padded, padded frames are set to zero before
every positional convolution (zero is what the convolution itself pads with), and attention does
not see padded keys. Only modules and weights of the loaded model are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from emoanalytics.embed.models.checkpoint import ConvLayer


def frame_count(n_samples: int, layers: Sequence[ConvLayer]) -> int:
    """Frames the strided convolutions make of a waveform (0 when it is too short).

    >>> frame_count(400, [(512, 10, 5), *[(512, 3, 2)] * 4, *[(512, 2, 2)] * 2])
    1
    """
    for _, kernel, stride in layers:
        n_samples = (n_samples - kernel) // stride + 1 if n_samples >= kernel else 0
    return n_samples


class Forward:
    """The loaded model, run exactly over padded batches.

    Args:
        model: FunASR's ``Emotion2vec``, in evaluation mode, on its device.
        layers: its strided convolutions.
    """

    def __init__(self, model: Any, layers: Sequence[ConvLayer]) -> None:
        from funasr.models.emotion2vec.base import get_alibi

        self._model = model
        self._audio = model.modality_encoders["AUDIO"]
        self._layers = tuple(layers)
        weight = model.proj.weight
        self._device = weight.device
        # FunASR keeps a (heads x batch, T, T) table that grows with the longest clip and never
        # shrinks; the slopes alone are enough to make it afresh. Position 1 seen from 0 is -slope.
        self._slopes = -get_alibi(2, self._audio.modality_cfg.num_alibi_heads)[:, 0, 1].to(self._device)
        scale = self._audio.alibi_scale
        self._scale = None if scale is None else scale.detach().clamp_min(0)

    def frames(self, waveforms: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Frame embeddings of a batch.

        Args:
            waveforms: 1-D float32 arrays at 16 kHz, each long enough for a frame.

        Returns:
            One (frames, d) float32 array a waveform; their mean is the utterance embedding.
        """
        import torch

        counts = [frame_count(len(w), self._layers) for w in waveforms]
        with torch.inference_mode(), full_precision(self._device.type):
            batch = self._pad(waveforms)
            valid = torch.arange(max(counts), device=self._device) < torch.tensor(counts, device=self._device)[:, None]
            padded = None if bool(valid.all()) else ~valid
            x = self._audio.project_features(self._audio.local_encoder(batch))
            del batch
            x = self._blocks(x + self._positions(x, padded), padded)
            rows = x[:, self._extra_tokens :].float().cpu().numpy()
        return [row[:count] for row, count in zip(rows, counts, strict=True)]

    @property
    def _extra_tokens(self) -> int:
        tokens = self._audio.extra_tokens
        return 0 if tokens is None else int(tokens.size(1))

    def _pad(self, waveforms: Sequence[np.ndarray]) -> torch.Tensor:
        import torch

        batch = torch.zeros(len(waveforms), max(len(w) for w in waveforms), device=self._device)
        for row, waveform in zip(batch, waveforms, strict=True):
            clip = torch.tensor(waveform, dtype=torch.float32, device=self._device)
            if self._model.cfg.normalize:
                clip = torch.nn.functional.layer_norm(clip, clip.shape)
            row[: len(waveform)] = clip
        return batch

    def _positions(self, x: torch.Tensor, padded: torch.Tensor | None) -> torch.Tensor:
        """The positional convolutions, each fed zeros where there is padding."""
        import torch

        stack = self._audio.relative_positional_encoder
        if self._audio.modality_cfg.conv_pos_pre_ln:
            x = stack[0](x)
            stack = stack[1]
        for module in stack:
            if padded is not None and isinstance(module, torch.nn.Sequential):
                x = x.masked_fill(padded[:, None, :], 0.0)  # (batch, channels, frames) between the two transposes
            x = module(x)
        return x

    def _blocks(self, x: torch.Tensor, padded: torch.Tensor | None) -> torch.Tensor:
        import torch

        extra = self._extra_tokens
        bias = torch.nn.functional.pad(self._alibi(x.size(1)), (extra, 0, extra, 0))
        if extra:
            x = torch.cat([self._audio.extra_tokens.expand(x.size(0), -1, -1), x], dim=1)
            padded = None if padded is None else torch.nn.functional.pad(padded, (extra, 0))
        scale = self._scale
        if scale is not None and scale.size(0) == 1:  # one for all blocks
            bias, scale = bias * scale[0], None
        first = self._audio.modality_cfg.prenet_depth
        x = self._audio.context_encoder(x, padded, bias, None if scale is None else scale[:first])
        for i, block in enumerate(self._model.blocks):
            x, _ = block(x, padding_mask=padded, alibi_bias=bias if scale is None else bias * scale[first + i])
        return x if self._model.norm is None else self._model.norm(x)

    def _alibi(self, n_frames: int) -> torch.Tensor:
        """(1, heads, frames, frames): minus the slope of the head times the distance in frames."""
        import torch

        at = torch.arange(n_frames, device=self._device, dtype=torch.float32)
        return -(at[None, :] - at[:, None]).abs() * self._slopes[None, :, None, None]


@contextmanager
def full_precision(device: str) -> Iterator[None]:
    """On a GPU, float32 means float32: TF32 off inside, the caller's choice back afterwards."""
    import torch

    if device != "cuda":
        yield
        return
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = False
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before
