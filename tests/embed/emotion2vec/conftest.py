"""A small checkpoint, our encoder on it, and FunASR itself on the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emoanalytics.embed.emotion2vec import Emotion2Vec
from emoanalytics.embed.emotion2vec.loading import undisturbed
from tests.embed.checkpoint import LABELS, make_checkpoint
from tests.embed.emotion2vec.twin import CLIPS, QUIET


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with undisturbed():
        return make_checkpoint(tmp_path_factory.mktemp("models") / "emotion2vec_tiny")


@pytest.fixture(scope="session")
def encoder(folder: Path) -> Emotion2Vec:
    """Batches of up to 60 s, as on a GPU, but on the processor."""
    return Emotion2Vec.load(folder, device="cpu", batch_s=60.0, threads=1)


@pytest.fixture(scope="session")
def funasr_says(folder: Path) -> object:
    """FunASR itself: one clip -> (utterance embedding, its nine scores, frame embeddings)."""
    with undisturbed():
        from funasr import AutoModel

        model = AutoModel(**QUIET, model=str(folder))

    def run(clip: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with undisturbed():
            whole = model.generate(clip, granularity="utterance", extract_embedding=True)[0]
            frames = model.generate(clip, granularity="frame", extract_embedding=True)[0]["feats"]
        assert tuple(whole["labels"]) == LABELS
        return whole["feats"], np.array(whole["scores"]), frames

    return run


@pytest.fixture(scope="session")
def singles(funasr_says) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    return [funasr_says(clip) for clip in CLIPS]
