"""Emotion2Vec: any mixture of clips to embeddings, on a processor or a GPU, in exact or fast arithmetic."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emoanalytics.embed import models
from emoanalytics.embed.emotion2vec.arithmetic import faster_on
from emoanalytics.embed.emotion2vec.budget import RATE_HZ, Budget
from emoanalytics.embed.emotion2vec.device import choose_device, give_back_memory, out_of_memory, torch_threads
from emoanalytics.embed.emotion2vec.forward import Forward
from emoanalytics.embed.emotion2vec.loading import load_model, used_weights
from emoanalytics.embed.encoder import Encoded, EncoderCard, Precision
from emoanalytics.embed.heads import Head
from emoanalytics.embed.models.checkpoint import Checkpoint
from emoanalytics.errors import EncoderError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.workers import cores

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class _Batch:
    """One batch's result, on the device."""

    clips: list[int]
    counts: list[int]
    means: torch.Tensor
    frames: torch.Tensor | None


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
        checkpoint: Checkpoint,
        device: str,
        threads: int,
        batch_s: float | None = None,
        source: Mapping[str, str] | None = None,
    ) -> None:
        self.card, self.head, self.device = card, head, device
        self.source = dict(source or {})
        self._forward, self._checkpoint = forward, checkpoint
        self._threads, self._batch_s = threads, batch_s
        self._budget = Budget(device, batch_s)
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
            precision: ``exact`` (float32; ``auto`` loads this too), ``bf16``, ``int8``, or ``fast``: the first
                of these two that the device has units for, not yet compared with exact (``selfcheck.settle``).
            threads: processor threads to use during ``encode``; as many as cores this process may use by default.
            offline: words the message of a missing model for a machine without a network.
            batch_s: most seconds of padded audio run at once; 0 is one clip at a time. By default
                0 on a processor, 240 on a GPU. It shrinks when memory turns out too small.

        Raises:
            ModelMissingError: the weights are not on this machine.
            EncoderError: the folder is no Emotion2Vec+ checkpoint, or the device is not there.
            MissingExtraError: torch or FunASR is not installed.
        """
        if threads is not None and threads < 1:
            raise EncoderError(f"threads must be at least 1, not {threads}")
        where = models.find(name_or_folder, revision=revision, hub=hub, offline=offline)
        checkpoint = Checkpoint.open(where.folder)
        chosen = choose_device(device)
        arithmetic = choose_precision(precision, chosen)
        with torch_threads(threads or cores()):
            model = load_model(checkpoint, chosen)
            digest = model_digest(model, checkpoint)
            forward = Forward(model, checkpoint.layers, arithmetic)
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
            precision=arithmetic.value,
        )
        return cls(
            forward,
            Head(weights[rows], bias[rows], EMOTION_IDS),
            card,
            checkpoint=checkpoint,
            device=chosen,
            threads=threads or cores(),
            batch_s=batch_s,
            source=where.source(),
        )

    @property
    def call_s(self) -> float:
        """Seconds of audio a call should hold: two batches, so that a GPU has the next while one is taken."""
        return 2 * self._budget.samples / RATE_HZ

    @property
    def faster(self) -> tuple[Precision, ...]:
        """The faster arithmetics this device has units for, the one to try first first."""
        return faster_on(self.device)

    @property
    def fast_by_default(self) -> bool:
        """On a GPU only: there rows depend on their batch in their last bits anyway, and bf16 has units of its own."""
        return self.device.startswith("cuda")

    def at(self, precision: Precision) -> Emotion2Vec:
        """The same weights on the same device in another arithmetic, read from the folder once more.

        Weights prepared for one arithmetic are of no use to another, and keeping them twice would cost
        more memory than reading them again costs time.

        Raises:
            EncoderError: the device has no units for it, or the folder holds other weights than it did.
        """
        if precision == self.card.precision:
            return self
        chosen = choose_precision(precision, self.device)
        with torch_threads(self._threads):
            checkpoint = Checkpoint.open(self._checkpoint.folder)
            model = load_model(checkpoint, self.device)
            if model_digest(model, checkpoint) != self.card.digest:
                raise EncoderError(f"{self._checkpoint.folder} holds other weights than it did: start again")
            forward = Forward(model, checkpoint.layers, chosen)
        return Emotion2Vec(
            forward,
            self.head,
            replace(self.card, precision=chosen.value),
            checkpoint=self._checkpoint,
            device=self.device,
            threads=self._threads,
            batch_s=self._batch_s,
            source=self.source,
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

        def take(batch: _Batch) -> None:
            embeddings[batch.clips], n_frames[batch.clips] = batch.means.cpu().numpy(), batch.counts
            if batch.frames is not None:
                for i, rows, count in zip(batch.clips, batch.frames.cpu().numpy(), batch.counts, strict=True):
                    logits[i] = self.head.logits(rows[:count])

        with self._running, torch_threads(self._threads):
            self._run(waveforms, frames, take)
        for i in np.flatnonzero(~np.isfinite(embeddings).all(axis=1)):
            raise EncoderError(f"clip {i} gave values that are not finite in {self.card.name}")
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

    def _run(self, waveforms: Sequence[np.ndarray], frames: bool, take: Callable[[_Batch], None]) -> None:
        """Batch after batch; on a GPU one is under way while the one before is taken."""
        todo = deque(self._budget.groups([len(w) for w in waveforms]))
        ahead: _Batch | None = None
        while todo:
            clips = todo.popleft()
            batch = self._start(waveforms, clips, frames)
            if batch is None:
                if ahead is not None:  # what is done leaves the device first: it may be what was in the way
                    take(ahead)
                    ahead = None
                give_back_memory()
                left = sorted([*clips, *(i for group in todo for i in group)])
                groups = self._budget.groups([len(waveforms[i]) for i in left])
                todo = deque([left[i] for i in group] for group in groups)
                continue
            if ahead is not None:
                take(ahead)
            ahead = batch
        if ahead is not None:
            take(ahead)

    def _start(self, waveforms: Sequence[np.ndarray], clips: list[int], frames: bool) -> _Batch | None:
        """A batch on its way; None when memory is too small for it, with the budget halved."""
        try:
            x, counts = self._forward.run([waveforms[i] for i in clips])
            return _Batch(clips, counts, frame_means(x, counts), x.float() if frames else None)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        longest = max(len(waveforms[i]) for i in clips)
        if len(clips) == 1:
            other = "use the processor (--device cpu)" if self.device != "cpu" else "free some memory"
            raise EncoderError(
                f"clip {clips[0]} of {longest / RATE_HZ:.1f} s is too long for the memory: cut it shorter or {other}"
            )
        self._budget.shrink(len(clips), longest)
        return None


def frame_means(x: torch.Tensor, counts: Sequence[int]) -> torch.Tensor:
    """The mean over each clip's own frames, in float64 so that the length does not show.

    Args:
        x: (batch, frames, d); rows behind a clip's own frames are ignored.
        counts: frames of each clip.

    Returns:
        (batch, d) float32 on the device of ``x``.
    """
    import torch

    if x.device.type == "mps":  # it has no float64
        return torch.stack([row[:count].float().mean(dim=0) for row, count in zip(x, counts, strict=True)])
    own = torch.tensor(counts, device=x.device)
    valid = torch.arange(x.size(1), device=x.device) < own[:, None]
    total = x.double().masked_fill_(~valid[:, :, None], 0.0).sum(dim=1)
    return (total / own[:, None]).float()


def choose_precision(asked: str, device: str) -> Precision:
    """The arithmetic to load.

    Raises:
        EncoderError: unknown, or the device has no units for it.
    """
    names = [str(member) for member in Precision]
    if asked not in names:
        raise EncoderError(f"unknown precision {asked!r}: {', '.join(names)}")
    precision = Precision(asked)
    if precision == Precision.AUTO:
        return Precision.EXACT
    faster = faster_on(device)
    if precision == Precision.FAST and not faster:
        raise EncoderError(f"{device} has no units for bf16 or int8, so nothing is faster than --precision exact here")
    if precision == Precision.INT8 and precision not in faster:
        raise EncoderError(f"{device} has no units for int8 (VNNI): use --precision exact")
    return faster[0] if precision == Precision.FAST else precision


def model_digest(model: Any, checkpoint: Checkpoint) -> str:
    """32 hex digits over all that decides the numbers.

    That is every tensor the forward reads (its name, type, shape and bytes, in name order), and the settings that
    change the numbers without changing a tensor.
    """
    digest = hashlib.blake2b(digest_size=16)
    conf, audio = checkpoint.model_conf, checkpoint.model_conf["modalities"]["audio"]
    settings = {name: conf.get(name) for name in ("normalize", "norm_eps", "num_heads", "layer_norm_first")}
    settings |= {name: audio.get(name) for name in sorted(audio) if "alibi" in name or name.startswith("conv_pos")}
    digest.update(f"{settings} {checkpoint.layers}\n".encode())
    for name, value in used_weights(model).items():
        array = value.detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
