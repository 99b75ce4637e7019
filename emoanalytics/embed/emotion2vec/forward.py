"""Emotion2Vec over padded batches, with the numbers of single runs.

FunASR runs one clip at a time, and its modules know no padding: the five positional convolutions
read it, so a plainly padded batch changes every frame. Three things make a padded batch equal the
single runs: each waveform is normalised before it is padded, padded frames are set to zero before
every positional convolution (zero is what the convolution itself pads with), and attention does
not see padded keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from emoanalytics.embed.emotion2vec.arithmetic import dense, float_type
from emoanalytics.embed.emotion2vec.layers import Block, Norm, PositionalConvolution, StridedConvolutions, frame_count
from emoanalytics.embed.encoder import Precision
from emoanalytics.errors import EncoderError

if TYPE_CHECKING:
    import torch

    from emoanalytics.embed.models.checkpoint import ConvLayer

# The fused attention of a GPU takes a bias as it is when its rows start at multiples of this many values.
_ALIGNED = 16


class Forward:
    """The loaded model's weights, prepared for one arithmetic, run exactly over padded batches.

    It keeps no module of the model, which may go.

    Args:
        model: FunASR's ``Emotion2vec``, in evaluation mode, on its device.
        layers: its strided convolutions.
        precision: exact, bf16 or int8.

    Raises:
        EncoderError: the model has parts this forward is not written for.
    """

    def __init__(self, model: Any, layers: Sequence[ConvLayer], precision: Precision = Precision.EXACT) -> None:
        from funasr.models.emotion2vec.base import get_alibi

        audio, self._layers, self._kind = model.modality_encoders["AUDIO"], tuple(layers), float_type(precision)
        if model.cfg.get("layer_norm_first") or audio.modality_cfg.conv_pos_pre_ln:
            raise EncoderError("the checkpoint norms before its blocks; Emotion2Vec+ norms after them")
        weight = model.proj.weight
        self._device, self._normalize = weight.device, bool(model.cfg.normalize)
        self._local = StridedConvolutions(audio.local_encoder, layers, precision)
        _, norm, projection = audio.project_features
        self._feature_norm = Norm(norm, self._kind)
        bias = None if projection.bias is None else projection.bias.detach()
        self._projection = dense(projection.weight.detach(), bias, precision)
        between_transposes = list(audio.relative_positional_encoder)[1:-1]
        self._positions = [PositionalConvolution(part, precision) for part in between_transposes]
        tokens = audio.extra_tokens
        self._extra = None if tokens is None else tokens.detach().to(self._kind)
        entry, blocks = audio.context_encoder.norm, [*audio.context_encoder.blocks, *model.blocks]
        self._entry_norm = None if entry is None else Norm(entry, self._kind)
        self._blocks = [Block(block, precision) for block in blocks]
        # FunASR keeps a (heads x batch, T, T) table that grows with the longest clip and never
        # shrinks; the slopes alone are enough to make it afresh. Position 1 seen from 0 is -slope.
        self._slopes = -get_alibi(2, audio.modality_cfg.num_alibi_heads)[:, 0, 1].to(self._device)
        scale = audio.alibi_scale
        self._scales = None if scale is None else scale.detach().clamp_min(0).to(self._device)

    def run(self, waveforms: Sequence[np.ndarray]) -> tuple[torch.Tensor, list[int]]:
        """Frame embeddings of a batch, on the device; a GPU may still be at work on them.

        Args:
            waveforms: 1-D float32 arrays at 16 kHz, each long enough for a frame.

        Returns:
            (batch, frames, d) in the forward's type, and how many frames of each row are the
            clip's own; what is behind them is padding.
        """
        import torch

        counts = [frame_count(len(w), self._layers) for w in waveforms]
        with torch.inference_mode(), full_precision(self._device.type):
            x = self._local(self._pad(waveforms))
            self._check_frames(x.size(1), max(counts))
            padded = None
            if min(counts) < max(counts):
                at = torch.arange(max(counts), device=self._device)
                padded = at >= torch.tensor(counts, device=self._device)[:, None]
            x = self._projection(self._feature_norm(x))
            x = self._transformer(x.add_(self._place(x, padded)), padded)
            return x[:, 0 if self._extra is None else self._extra.size(1) :], counts

    def frames(self, waveforms: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One (frames, d) float32 array a waveform; their mean is the utterance embedding."""
        x, counts = self.run(waveforms)
        return [row[:count] for row, count in zip(x.float().cpu().numpy(), counts, strict=True)]

    @staticmethod
    def _check_frames(found: int, expected: int) -> None:
        if found != expected:
            raise EncoderError(
                f"the checkpoint's convolutions made {found} frames where its config.yaml says {expected}: "
                "fetch it again"
            )

    def _pad(self, waveforms: Sequence[np.ndarray]) -> torch.Tensor:
        import torch

        gpu = self._device.type == "cuda"  # copies from pinned memory overlap with what the GPU still does
        batch = torch.zeros(len(waveforms), max(len(w) for w in waveforms), pin_memory=gpu)
        for row, waveform in zip(batch, waveforms, strict=True):
            clip = torch.tensor(waveform, dtype=torch.float32)
            if self._normalize:
                clip = torch.nn.functional.layer_norm(clip, clip.shape)
            row[: len(waveform)] = clip
        return batch.to(self._device, non_blocking=gpu)

    def _place(self, x: torch.Tensor, padded: torch.Tensor | None) -> torch.Tensor:
        """The positional convolutions, each fed zeros where there is padding."""
        for convolution in self._positions:
            x = convolution(x if padded is None else x.masked_fill(padded[:, :, None], 0.0))
        return x

    def _transformer(self, x: torch.Tensor, padded: torch.Tensor | None) -> torch.Tensor:
        import torch

        extra = 0 if self._extra is None else self._extra.size(1)
        if self._extra is not None:
            x = torch.cat([self._extra.expand(x.size(0), -1, -1), x], dim=1)
            padded = None if padded is None else torch.nn.functional.pad(padded, (extra, 0))
        if self._entry_norm is not None:
            x = self._entry_norm(x)
        shared = self._alibi(x.size(1), extra)
        for i, block in enumerate(self._blocks):
            if i == 0 or (self._scales is not None and self._scales.size(0) > 1):  # else one for all blocks
                bias = self._bias(shared, i, padded)
            x = block(x, bias)
        return x

    def _alibi(self, tokens: int, extra: int) -> torch.Tensor:
        """(1, heads, tokens, tokens): minus the head's slope times the distance in frames; extra tokens have none."""
        import torch

        at = torch.arange(tokens - extra, device=self._device, dtype=torch.float32)
        distance = torch.nn.functional.pad((at[None, :] - at[:, None]).abs_(), (extra, 0, extra, 0))
        return distance * -self._slopes[None, :, None, None]

    def _bias(self, alibi: torch.Tensor, block: int, padded: torch.Tensor | None) -> torch.Tensor:
        """What a block adds to its attention: one for the whole batch, or one a clip where there is padding."""
        if self._scales is not None:
            alibi = alibi * self._scales[block if self._scales.size(0) > 1 else 0]
        if padded is not None:
            alibi = alibi.masked_fill(padded[:, None, None, :], float("-inf"))
        tokens, spare = alibi.size(-1), -alibi.size(-1) % _ALIGNED
        bias = alibi.to(self._kind)
        if self._device.type == "cuda" and spare:
            import torch

            bias = torch.nn.functional.pad(bias, (0, spare))[..., :tokens]
        return bias


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
