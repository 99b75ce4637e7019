"""Loading a checkpoint through FunASR, leaving the process as it was.

FunASR seeds every random generator, sets the thread count, configures logging, silences all
warnings, prints, and sets environment variables. It also says nothing when a weight is missing or
has another shape: it keeps random numbers. All of that is put back or checked here.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from emoanalytics.embed.models.checkpoint import EXTRA, WEIGHTS, Checkpoint, first_line
from emoanalytics.errors import EncoderError, MissingExtraError

if TYPE_CHECKING:
    import torch

# What building a model from numbers that do not fit raises, inside FunASR and torch.
_REFUSALS: tuple[type[Exception], ...] = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
_LOADING = threading.Lock()  # two loads at once would restore each other's half-way state


def load_model(checkpoint: Checkpoint, device: str) -> Any:
    """FunASR's model with the folder's weights, in evaluation mode on a device.

    Raises:
        EncoderError: the weights are damaged, hold code, or are not those of this architecture.
        MissingExtraError: torch or FunASR is not installed.
    """
    with _LOADING, undisturbed():
        try:
            import torch
            from funasr import AutoModel
            from omegaconf.errors import OmegaConfBaseException
        except ImportError as error:
            raise MissingExtraError(EXTRA) from error
        state = read_weights(checkpoint)
        try:
            auto = AutoModel(
                model=str(checkpoint.folder.resolve()),  # a bare name could be one FunASR would download
                device=device,
                ncpu=torch.get_num_threads(),
                disable_update=True,
                trust_remote_code=False,
                disable_pbar=True,
                disable_log=True,
                log_level="ERROR",
                fp16=False,
                bf16=False,
            )
        except (*_REFUSALS, OmegaConfBaseException) as error:
            raise _cannot_load(checkpoint, error) from error
        model = auto.model
        if tuple(auto.kwargs.get("token_list") or ()) != checkpoint.tokens or model.proj is None:
            raise EncoderError(f"{checkpoint.folder}: FunASR read other labels than tokens.txt holds")
        check_loaded(model, state, checkpoint)
    return model.eval()


def _cannot_load(checkpoint: Checkpoint, error: Exception) -> EncoderError:
    if "is not registered" in str(error):  # its module failed to import: distutils is gone from Python 3.12
        return EncoderError("FunASR's Emotion2vec could not be imported: pip install setuptools, then try again")
    return EncoderError(f"FunASR cannot load {checkpoint.folder}: {first_line(error)}")


def read_weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """The tensors of ``model.pt``, mapped from disk, read in a way that runs no code in the file.

    Raises:
        EncoderError: the file is damaged, or a pickle that holds more than tensors.
    """
    import pickle

    import torch

    path = checkpoint.folder / WEIGHTS
    try:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap" not in str(error):
                raise
            state = torch.load(path, map_location="cpu", weights_only=True)  # the format before torch 1.6
    except pickle.UnpicklingError as error:
        raise EncoderError(
            f"{path} is damaged or holds more than weights (nothing in it was run): fetch it again"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise EncoderError(f"{path} is damaged: {first_line(error)}; fetch it again") from error
    for key in ("state_dict", "model_state_dict", "model"):  # in FunASR's order
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict):
        raise EncoderError(f"{path} holds no table of weights")
    return {str(k): v for k, v in state.items() if isinstance(v, torch.Tensor)}


def used_weights(model: Any) -> dict[str, torch.Tensor]:
    """The tensors the forward reads, by name: all but the decoder, which only pre-training uses."""
    return {k: v for k, v in sorted(model.state_dict().items()) if ".decoder." not in k}


def check_loaded(model: Any, state: dict[str, torch.Tensor], checkpoint: Checkpoint) -> None:
    """Every tensor of the model is one of the file's.

    Raises:
        EncoderError: FunASR left some as they were at random, or a value is not finite.
    """
    import torch

    path = checkpoint.folder / WEIGHTS
    absent, other = [], []
    for name, value in used_weights(model).items():
        found = [state[prefix + name] for prefix in checkpoint.prefixes if prefix + name in state]
        if not found:
            absent.append(name)
        elif not any(f.shape == value.shape and torch.equal(f.to(value.dtype), value.cpu()) for f in found):
            other.append(f"{name} {tuple(found[0].shape)}, expected {tuple(value.shape)}")
        elif not bool(torch.isfinite(value).all()):
            raise EncoderError(f"{path}: {name} holds values that are not finite; fetch it again")
    if absent or other:
        what = (
            f"{len(absent)} are missing (first: {absent[0]})"
            if absent
            else f"{len(other)} do not fit (first: {other[0]})"
        )
        raise EncoderError(f"{path} does not hold the weights config.yaml and tokens.txt describe: {what}")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Puts back what FunASR changes for the whole process; output of this thread goes nowhere meanwhile."""
    with ExitStack() as stack:
        stack.enter_context(_generators())
        stack.enter_context(_environment())
        stack.enter_context(_logging())
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_thread_silent("stdout"))
        stack.enter_context(_thread_silent("stderr"))
        yield


@contextmanager
def _generators() -> Iterator[None]:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(EXTRA) from error
    python, numpy_state, torch_state = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else None
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)  # noqa: NPY002
        torch.set_rng_state(torch_state)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        torch.set_num_threads(threads)


@contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        # KMP_* are set by scikit-learn for the OpenMP runtime it has just started; they go with it.
        for name in [n for n in os.environ if not n.startswith("KMP_") and os.environ[n] != before.get(n)]:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


@contextmanager
def _logging() -> Iterator[None]:
    """Drops this thread's records; afterwards the root logger has its level and handlers again."""
    root, thread = logging.getLogger(), threading.get_ident()
    level, handlers = root.level, list(root.handlers)

    def elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != thread

    guard = logging.NullHandler()  # with a handler in place, basicConfig() adds none
    root.addHandler(guard)
    for place in (root, *handlers):
        place.addFilter(elsewhere)
    try:
        yield
    finally:
        for place in (root, *handlers):
            place.removeFilter(elsewhere)
        root.handlers[:] = handlers
        root.setLevel(level)


@contextmanager
def _thread_silent(name: str) -> Iterator[None]:
    """What this thread writes to ``sys.stdout`` or ``sys.stderr`` is dropped; other threads write on."""
    stream: TextIO = getattr(sys, name)
    others = _OtherThreads(stream)
    setattr(sys, name, others)
    try:
        yield
    finally:
        setattr(sys, name, stream)
        others.silent = None  # a log handler made meanwhile may keep it


class _OtherThreads:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.silent: int | None = threading.get_ident()

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() == self.silent else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
