"""The parts of Emotion2Vec, written for inference: (batch, frames, channels) throughout, weights prepared once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emoanalytics.embed.emotion2vec.arithmetic import Dense, dense, float_type, gelu_
from emoanalytics.embed.encoder import Precision

if TYPE_CHECKING:
    import torch

    from emoanalytics.embed.models.checkpoint import ConvLayer

# On a processor the waveform's convolutions run over this many frames at a time. It bounds the memory of a long clip,
# whose first layer alone has 64 times more values than its samples, and keeps the slice near the caches.
_SLICE_FRAMES = 100


def frame_count(n_samples: int, layers: Sequence[ConvLayer]) -> int:
    """Frames the strided convolutions make of a waveform (0 when it is too short).

    >>> frame_count(400, [(512, 10, 5), *[(512, 3, 2)] * 4, *[(512, 2, 2)] * 2])
    1
    """
    for _, kernel, stride in layers:
        n_samples = (n_samples - kernel) // stride + 1 if n_samples >= kernel else 0
    return n_samples


def samples_of(first: int, last: int, layers: Sequence[ConvLayer]) -> tuple[int, int]:
    """The samples that frames ``first <= i < last`` are made of: half-open.

    >>> samples_of(0, 1, [(512, 10, 5), *[(512, 3, 2)] * 4, *[(512, 2, 2)] * 2])
    (0, 400)
    """
    for _, kernel, stride in reversed(layers):
        first, last = first * stride, (last - 1) * stride + kernel
    return first, last


class Norm:
    """Layer norm over the channels."""

    def __init__(self, module: Any, kind: torch.dtype) -> None:
        self._shape, self._eps = tuple(module.normalized_shape), module.eps
        self._weight, self._bias = (None if p is None else p.detach().to(kind) for p in (module.weight, module.bias))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(..., channels) to the same."""
        from torch.nn.functional import layer_norm

        return layer_norm(x, self._shape, self._weight, self._bias, self._eps)


class StridedConvolutions:
    """Waveform to features: each convolution is a matrix product over windows, then norm and GELU."""

    def __init__(self, module: Any, layers: Sequence[ConvLayer], precision: Precision) -> None:
        self._kind, self._layers = float_type(precision), tuple(layers)
        self._steps: list[tuple[Dense, Norm]] = []
        for i, part in enumerate(module.conv_layers):
            conv, norm = part[0], part[2][1]
            weight = conv.weight.detach().permute(0, 2, 1).flatten(1).contiguous()  # (outputs, kernel x channels)
            bias = None if conv.bias is None else conv.bias.detach()
            # The first layer reads the samples, ten to a product: nothing to gain in eight bits, much to lose.
            own = Precision.EXACT if i == 0 and precision == Precision.INT8 else precision
            self._steps.append((dense(weight, bias, own), Norm(norm, self._kind)))

    def __call__(self, waveforms: torch.Tensor) -> torch.Tensor:
        """(batch, samples) float32 to (batch, frames, channels)."""
        import torch

        n_frames = frame_count(waveforms.size(1), self._layers)
        step = _SLICE_FRAMES if waveforms.device.type == "cpu" else n_frames
        slices = [
            self._run(waveforms[:, slice(*samples_of(at, min(at + step, n_frames), self._layers))])
            for at in range(0, n_frames, step)
        ]
        return slices[0] if len(slices) == 1 else torch.cat(slices, dim=1)

    def _run(self, waveforms: torch.Tensor) -> torch.Tensor:
        x = waveforms.to(self._kind)[:, :, None]
        for (_, kernel, stride), (product, norm) in zip(self._layers, self._steps, strict=True):
            x = gelu_(norm(product(_windows(x, kernel, stride))))
        return x


def _windows(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """(rows, time, channels) to (rows, windows, kernel x channels), one window behind the other in memory."""
    x = x.contiguous()
    rows, time, channels = x.shape
    count = (time - kernel) // stride + 1
    return x.as_strided((rows, count, kernel * channels), (x.stride(0), stride * channels, 1)).contiguous()


class PositionalConvolution:
    """A grouped convolution over the frames, then norm and GELU: one matrix product for each place of its kernel."""

    def __init__(self, module: Any, precision: Precision) -> None:
        conv, norm = module[0], module[3]
        self._kind = float_type(precision)
        self._groups, self._kernel = conv.groups, conv.kernel_size[0]
        outputs, inputs = conv.out_channels // conv.groups, conv.in_channels // conv.groups
        weight = conv.weight.detach().view(self._groups, outputs, inputs, self._kernel)
        # (groups, kernel x inputs, outputs)
        self._weight = weight.permute(0, 3, 2, 1).flatten(1, 2).contiguous().to(self._kind)
        self._bias = None if conv.bias is None else conv.bias.detach().to(self._kind)
        self._norm = Norm(norm, self._kind)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, frames, channels) to the same; what is beyond the ends is zero."""
        from torch.nn.functional import pad

        batch, frames, channels = x.shape
        before, beyond = self._kernel // 2, self._kernel - 1
        # All clips behind one another, zeros between them: one product for all, at a few windows a clip thrown away.
        row = pad(x, (0, 0, before, beyond - before)).flatten(0, 1)
        row = pad(row, (0, 0, 0, beyond)).unflatten(1, (self._groups, -1)).transpose(0, 1)
        y = _windows(row, self._kernel, 1) @ self._weight
        y = y.unflatten(1, (batch, -1))[:, :, :frames].permute(1, 2, 0, 3).reshape(batch, frames, channels)
        if self._bias is not None:
            y = y.add_(self._bias)
        return gelu_(self._norm(y))


class Block:
    """A post-norm transformer block."""

    def __init__(self, module: Any, precision: Precision) -> None:
        attention, mlp, kind = module.attn, module.mlp, float_type(precision)
        self._heads, self._scale = attention.num_heads, attention.scale
        self._qkv = _dense_of(attention.qkv, precision)
        self._projection = _dense_of(attention.proj, precision)
        self._wider = _dense_of(mlp.fc1, precision, gelu=True)
        self._back = _dense_of(mlp.fc2, precision)
        self._after_attention, self._after_mlp = Norm(module.norm1, kind), Norm(module.norm2, kind)

    def __call__(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """(batch, tokens, d) to the same; ``bias`` is added to the attention, -inf hides a key."""
        from torch.nn.functional import scaled_dot_product_attention

        batch, tokens, dim = x.shape
        q, k, v = self._qkv(x).view(batch, tokens, 3, self._heads, dim // self._heads).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=self._scale)
        x = self._after_attention(self._projection(seen.transpose(1, 2).reshape(batch, tokens, dim)).add_(x))
        return self._after_mlp(self._back(self._wider(x)).add_(x))


def _dense_of(linear: Any, precision: Precision, *, gelu: bool = False) -> Dense:
    bias = None if linear.bias is None else linear.bias.detach()
    return dense(linear.weight.detach(), bias, precision, gelu=gelu)
