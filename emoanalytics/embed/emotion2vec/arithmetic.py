"""The arithmetics a forward can run in, and the matrix product of each with its weights prepared once."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from emoanalytics.embed.encoder import Precision

if TYPE_CHECKING:
    import torch

Dense = Callable[["torch.Tensor"], "torch.Tensor"]

_X86 = ("x86_64", "AMD64")


def faster_on(device: str) -> tuple[Precision, ...]:
    """The arithmetics a device has units for that make it faster than float32, the one to try first first.

    A processor without units for bf16 tiles (AMX) computes bf16 more slowly than float32, even
    where it has the older bf16 instructions; eight-bit products pay where it has VNNI.
    """
    import torch

    if device.startswith("cuda"):
        return (Precision.BF16,) if torch.cuda.get_device_capability(torch.device(device)) >= (8, 0) else ()
    if device != "cpu":
        return ()
    units = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    found = []
    if units.get("amx_tile") and units.get("amx_bf16"):
        found.append(Precision.BF16)
    if any(units.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8")):
        found.append(Precision.INT8)
    return tuple(found)


def float_type(precision: Precision) -> torch.dtype:
    """What is between the matrix products: bfloat16 for bf16, else float32."""
    import torch

    return torch.bfloat16 if precision == Precision.BF16 else torch.float32


def dense(weight: torch.Tensor, bias: torch.Tensor | None, precision: Precision, *, gelu: bool = False) -> Dense:
    """``x -> x @ weight.T + bias``, perhaps with GELU after it, for many calls with the same weights.

    Args:
        weight: (outputs, inputs) float32.
        bias: (outputs,) float32 or None.
        precision: exact, bf16 or int8.
        gelu: put the exact (error function) GELU behind it.
    """
    if precision == Precision.INT8:
        return _int8(weight, bias, gelu=gelu)
    kind = float_type(precision)
    weight, bias = weight.to(kind), None if bias is None else bias.to(kind)
    packed = _packed(weight, bias, gelu=gelu) if weight.device.type == "cpu" else None
    return packed or _plain(weight, bias, gelu=gelu)


def _plain(weight: torch.Tensor, bias: torch.Tensor | None, *, gelu: bool) -> Dense:
    from torch.nn.functional import linear

    if not gelu:
        return lambda x: linear(x, weight, bias)
    return lambda x: gelu_(linear(x, weight, bias))


def _packed(weight: torch.Tensor, bias: torch.Tensor | None, *, gelu: bool) -> Dense | None:
    """OneDNN's product with the weights in its own order: otherwise they are reordered at every call.

    That costs most where a call has few rows, as for a clip of two seconds. None where torch has no such product.
    """
    import torch

    onednn = torch.ops.mkldnn
    if platform.machine() not in _X86 or not hasattr(onednn, "_reorder_linear_weight"):
        return None
    if weight.dtype == torch.bfloat16 and not onednn._is_mkldnn_bf16_supported():
        return None
    ready = onednn._reorder_linear_weight(weight, None)
    attribute, algorithm = ("gelu", "none") if gelu else ("none", "")
    return lambda x: onednn._linear_pointwise(x, ready, bias, attribute, [], algorithm)


def _int8(weight: torch.Tensor, bias: torch.Tensor | None, *, gelu: bool) -> Dense:
    """Eight-bit weights with a scale for each output, eight-bit inputs with a scale for each row.

    A row has its own scale, so it does not depend on the others; the sum of the products is exact in 32 bits.
    """
    import torch

    scales = _scales(weight)
    ready = _eight_bits(weight, scales).t().contiguous()
    columns = scales.squeeze(1)

    def product(x: torch.Tensor) -> torch.Tensor:
        rows = x.reshape(-1, x.size(-1))
        own = _scales(rows)
        y = torch._int_mm(_eight_bits(rows, own), ready).to(torch.float32).mul_(own).mul_(columns)
        if bias is not None:
            y = y.add_(bias)
        return (gelu_(y) if gelu else y).view(*x.shape[:-1], -1)

    return product


def _scales(x: torch.Tensor) -> torch.Tensor:
    """What one step of eight bits is worth in each row: (rows, 1)."""
    import torch

    return x.abs().amax(dim=1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny).div_(127)


def _eight_bits(x: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    import torch

    return (x / scales).round_().to(torch.int8)


def gelu_(x: torch.Tensor) -> torch.Tensor:
    """GELU with the error function, in place."""
    import torch

    return torch.ops.aten.gelu_(x)
