"""Emotion2Vec: any mixture of clips to embeddings, on a processor or a GPU."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.embed import models
from emoanalytics.embed.emotion2vec.forward import Forward
from emoanalytics.embed.emotion2vec.loading import load_model, used_weights
from emoanalytics.embed.encoder import Encoded, EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.embed.models.checkpoint import EXTRA, Checkpoint
from emoanalytics.errors import EncoderError, MissingExtraError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.workers import cores

RATE_HZ = 16_000
# A GPU is busy from about this much padded audio a batch. A processor in float32 is not faster in
# batches, and one clip at a time makes a row the same to the last bit whatever else is in the call.
_GPU_BATCH_S = 240.0
# A clip joins a batch when it is at least this share of the longest one: less padding than this loses.
_SHORTEST_SHARE = 0.7


class Emotion2Vec:
    """The Emotion2Vec+ encoder; see ``Encoder`` for what it promises. Use ``load``.

    Attributes:
        card: name, weights digest, labels, licence. The revision is the start of the digest, so
            the same weights are the same encoder from whichever hub or folder they came.
        head: its own final layer: nine rows in the order of ``EMOTION_IDS``.
        source: where the weights came from (hub, id, revision, folder), for the run record.
    """

    min_samples = 400  # the receptive field of one frame; FunASR raises below it
    in_workers = False

    def __init__(
        self,
        forward: Forward,
        head: Head,
        card: EncoderCard,
        *,
        device: str,
        threads: int | None = None,
        batch_s: float | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        self.card, self.head, self.device = card, head, device
        self.source = dict(source or {})
        self._forward = forward
        self._threads = threads or cores()
        self._batch_s = batch_s if batch_s is not None else (0.0 if device == "cpu" else _GPU_BATCH_S)
        self._running = threading.Lock()  # the thread count is the process's: one call at a time sets it

    @classmethod
    def load(
        cls,
        name_or_folder: str | Path,
        *,
        revision: str | None = None,
        hub: str | None = None,
        device: str = "auto",
        precision: str = "exact",
        threads: int | None = None,
        offline: bool = False,
        batch_s: float | None = None,
    ) -> Emotion2Vec:
        """Load from this machine; nothing is downloaded (that is ``models.fetch``).

        Args:
            name_or_folder: a published name (``emotion2vec_plus_large``) or a folder that holds a checkpoint.
            revision: only a copy fetched at this revision will do.
            hub: only a copy from this hub will do: ``modelscope`` or ``huggingface``.
            device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
            precision: ``exact`` (float32).
            threads: processor threads to use during ``encode``; as many as cores this process may use by default.
            offline: words the message of a missing model for a machine without a network.
            batch_s: most seconds of padded audio run at once; 0 is one clip at a time. By default
                0 on a processor, 240 on a GPU.

        Raises:
            ModelMissingError: the weights are not on this machine.
            EncoderError: the folder is no Emotion2Vec+ checkpoint, or the device is not there.
            MissingExtraError: torch or FunASR is not installed.
        """
        if precision != "exact":
            raise EncoderError(f"precision {precision!r} is not available in this version; use 'exact'")
        if threads is not None and threads < 1:
            raise EncoderError(f"threads must be at least 1, not {threads}")
        where = models.find(name_or_folder, revision=revision, hub=hub, offline=offline)
        checkpoint = Checkpoint.open(where.folder)
        chosen = choose_device(device)
        with _threads(threads or cores()):
            model = load_model(checkpoint, chosen)
            digest = weights_digest(model)
        rows = list(checkpoint.rows)
        weights, bias = (t.detach().float().cpu().numpy() for t in (model.proj.weight, model.proj.bias))
        card = EncoderCard(
            name=where.name,
            revision=digest[:12],
            dim=int(weights.shape[1]),
            rate_hz=RATE_HZ,
            digest=digest,
            labels=EMOTION_IDS,
            licence=models.LICENCE,
            precision=precision,
        )
        return cls(
            Forward(model, checkpoint.layers),
            Head(weights[rows], bias[rows], EMOTION_IDS),
            card,
            device=chosen,
            threads=threads,
            batch_s=batch_s,
            source=where.source(),
        )

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        """Embed clips of any mixture of lengths.

        Args:
            clips: 1-D float32 arrays at 16 kHz, at least 400 samples each. Memory grows with the
                square of the longest: cut long audio first (``CutPolicy.chunk_s``).
            frames: also return per-frame logits (50 frames a second).

        Returns:
            One row a clip, in the order given; a row does not depend on the other clips.

        Raises:
            EncoderError: a clip is too short, not 1-D or not finite (named by its position), or
                the GPU's memory is too small for one clip.
        """
        waveforms = [self._checked(i, clip) for i, clip in enumerate(clips)]
        embeddings = np.zeros((len(waveforms), self.card.dim), np.float32)
        n_frames = np.zeros(len(waveforms), np.int32)
        logits: list[np.ndarray] = [np.zeros((0, len(self.head.labels)), np.float32)] * len(waveforms)
        with self._running, _threads(self._threads):
            for batch in batches([len(w) for w in waveforms], round(self._batch_s * RATE_HZ)):
                for i, rows in zip(batch, self._run(waveforms, batch), strict=True):
                    embeddings[i] = rows.mean(axis=0, dtype=np.float64)
                    n_frames[i] = len(rows)
                    if not np.isfinite(embeddings[i]).all():
                        raise EncoderError(f"{self.card.name} gave values that are not finite for clip {i}")
                    if frames:
                        logits[i] = self.head.logits(rows)
        return Encoded(embeddings, n_frames, tuple(logits) if frames else None)

    def _checked(self, i: int, clip: np.ndarray) -> np.ndarray:
        samples = np.ascontiguousarray(clip, dtype=np.float32)
        if samples.ndim != 1:
            raise EncoderError(f"clip {i} has shape {samples.shape}; a clip is one channel of samples")
        if len(samples) < self.min_samples:
            raise EncoderError(f"clip {i} is too short: {len(samples)} samples, at least {self.min_samples} are needed")
        if not np.isfinite(samples).all():
            raise EncoderError(f"clip {i} holds samples that are not finite")
        return samples

    def _run(self, waveforms: Sequence[np.ndarray], batch: Sequence[int]) -> list[np.ndarray]:
        """The frames of a batch; when the GPU's memory is too small, of its halves."""
        import torch

        try:
            return self._forward.frames([waveforms[i] for i in batch])
        except torch.cuda.OutOfMemoryError:
            if len(batch) == 1:
                seconds = len(waveforms[batch[0]]) / RATE_HZ
                raise EncoderError(
                    f"the GPU's memory is too small for clip {batch[0]} of {seconds:.1f} s: "
                    "cut it shorter or use the processor (device cpu)"
                ) from None
        # Out of the handler, so that the failed run's tensors are gone before memory is given back.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        half = len(batch) // 2
        return self._run(waveforms, batch[:half]) + self._run(waveforms, batch[half:])


def batches(lengths: Sequence[int], most_samples: int) -> list[list[int]]:
    """Positions of clips grouped by length, longest first, each group within a number of padded samples.

    >>> batches([100, 10, 95, 98], 300)
    [[0, 3, 2], [1]]
    >>> batches([5, 7], 0)
    [[1], [0]]
    """
    groups: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = lengths[groups[-1][0]] if groups else 0
        fits = longest * (len(groups[-1]) + 1 if groups else 1) <= most_samples
        if groups and fits and lengths[i] >= _SHORTEST_SHARE * longest:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


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


def weights_digest(model: Any) -> str:
    """32 hex digits over every tensor the forward reads: its name, type, shape and bytes, in name order."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in used_weights(model).items():
        array = value.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


@contextmanager
def _threads(count: int) -> Iterator[None]:
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
