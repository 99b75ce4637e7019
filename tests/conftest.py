"""Fixtures every test may use: real speech where it is at hand, a small encoder that reads its input, tones."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from emoanalytics.demo import build_demo
from emoanalytics.embed.encoder import Encoded, EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EncoderError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.store import EmotionStore

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real speech for tests; absent on most machines."""
    folder = Path(os.environ.get("EMOANALYTICS_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "ravdess6" / "labels.csv").is_file():
        message = f"no real speech at {folder} (set EMOANALYTICS_SHARED_DATA)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


class TinyEncoder:
    """Eight numbers that depend on every sample and its place, so that swapped or cut rows show."""

    min_samples = 400

    def __init__(self, *, with_head: bool = True, in_workers: bool = True, name: str = "tiny") -> None:
        self.card = EncoderCard(
            name=name,
            revision="1",
            dim=8,
            rate_hz=16_000,
            digest=hashlib.blake2b(name.encode(), digest_size=16).hexdigest(),
            labels=EMOTION_IDS if with_head else (),
            licence="test only",
        )
        rng = np.random.default_rng(7)
        self.head = Head(rng.normal(size=(9, 8)), rng.normal(size=9), EMOTION_IDS) if with_head else None
        self.in_workers = in_workers
        self.heard = 0  # clips encoded by this copy

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        if frames and self.head is None:
            raise EncoderError("tiny has no head, so it has no frame scores")
        per_frame = []
        for clip in clips:
            if len(clip) < self.min_samples:
                raise EncoderError(f"a clip of {len(clip)} samples is too short: at least {self.min_samples}")
            if not np.isfinite(clip).all():
                raise EncoderError("a clip holds samples that are not finite")
            whole = clip[: len(clip) // 400 * 400].reshape(-1, 400).astype(np.float64)
            bank = np.cos(np.outer(np.arange(8) + 1, np.arange(400)) * 0.013)
            per_frame.append((whole @ bank.T + np.abs(whole).mean(axis=1, keepdims=True)).astype(np.float32))
        self.heard += len(clips)
        return Encoded(
            embeddings=np.stack([f.mean(axis=0) for f in per_frame]) if clips else np.zeros((0, 8), np.float32),
            n_frames=np.array([len(f) for f in per_frame], np.int32),
            frame_logits=tuple(self.head.logits(f) for f in per_frame) if frames and self.head else None,
        )


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    """The demo, built once for all test processes. It is shared: copy the folder before you write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # the run's folder, above each process's own
    with FileLock(shared / "demo-store.lock"):
        if not (shared / "demo-store" / "done").exists():
            build_demo(shared / "demo-store" / "store", workers=2)
            (shared / "demo-store" / "done").touch()
    return EmotionStore.open(shared / "demo-store" / "store")


def copy_demo(store: EmotionStore) -> Path:
    """A copy of the shared demo to write into: ``demo-store`` in a folder beside it, from where its audio is found."""
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=store.path.parent.parent))
    return shutil.copytree(store.path, folder / "demo-store")


@pytest.fixture
def tiny_encoder() -> TinyEncoder:
    return TinyEncoder()


def tone(seconds: float, *, hz: float = 220.0, rate_hz: int = 16_000, level: float = 0.1, seed: int = 0) -> np.ndarray:
    """A harmonic tone with a little noise: float32 samples of the given length."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3, 4))
    return (level * wave + 0.001 * rng.normal(size=t.size)).astype(np.float32)
