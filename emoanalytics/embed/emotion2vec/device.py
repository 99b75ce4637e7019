"""Where the forward runs: the device, its threads, and what it says when its memory is too small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from emoanalytics.embed.models.checkpoint import EXTRA
from emoanalytics.errors import EncoderError, MissingExtraError


def choose_device(device: str) -> str:
    """The torch device to use.

    Raises:
        EncoderError: unknown, or not on this machine.
        MissingExtraError: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(EXTRA) from error
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" or (device == "mps" and torch.backends.mps.is_available()):
        return device
    cuda = re.fullmatch(r"cuda(?::(\d+))?", device)
    if cuda and torch.cuda.is_available() and int(cuda[1] or 0) < torch.cuda.device_count():
        return device
    if cuda or device == "mps":
        raise EncoderError(f"this machine has no device {device!r} that torch can use; use 'cpu' or 'auto'")
    raise EncoderError(f"unknown device {device!r}: auto, cpu, cuda, cuda:1 or mps")


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Runs torch with a number of threads, then gives the caller's number back."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(EXTRA) from error
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, of a GPU or of the machine, was too small."""
    import torch

    said = ("can't allocate memory", "out of memory", "bad allocation", "bad_alloc")
    return isinstance(error, torch.cuda.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in said)
    )


def give_back_memory() -> None:
    """Returns what torch keeps of the GPU's memory for later use."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
