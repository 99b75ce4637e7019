"""Which arithmetic a build uses, and what it says when it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.encoder import Encoded, Precision
from emoanalytics.embed.selfcheck import CHECK_CLIP_S, CHECK_CLIPS
from emoanalytics.errors import EncoderError, EncoderMismatchError
from emoanalytics.pipeline.precision import CorpusClips, settled
from emoanalytics.store.store import EmotionStore
from tests.conftest import TinyEncoder, tone


class Rounding(TinyEncoder):
    """Exact, or with an error of so much in every number."""

    faster = (Precision.BF16,)

    def __init__(self, error: float = 0.0, *, by_default: bool = False) -> None:
        super().__init__(in_workers=False)
        self.error, self.fast_by_default = error, by_default

    def at(self, precision: Precision) -> Rounding:
        fast = Rounding(self.error, by_default=self.fast_by_default)
        fast.card = replace(self.card, precision=str(precision))
        return fast

    def encode(self, clips: list[np.ndarray], *, frames: bool = False) -> Encoded:
        made = super().encode(clips, frames=frames)
        if self.card.precision == "exact":
            return made
        noise = self.error * np.random.default_rng(1).normal(size=made.embeddings.shape)
        return replace(made, embeddings=(made.embeddings + noise).astype(np.float32))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for i in range(12):
        soundfile.write(folder / f"{i:02d}.wav", tone(1.2 + 0.2 * i, hz=140 + 20 * i, seed=i), 16_000)
    return folder


@pytest.mark.parametrize(
    ("asked", "by_default", "error", "used"),
    [
        ("auto", False, 0.0, "exact"),
        ("auto", True, 0.0, "bf16"),
        ("auto", True, 9.0, "exact"),
        ("exact", True, 0.0, "exact"),
        ("fast", False, 1e-6, "bf16"),
        ("fast", False, 9.0, "exact"),
    ],
)
def test_fast_is_used_where_it_is_asked_for_and_passes(
    corpus: Path, tmp_path: Path, asked: str, by_default: bool, error: float, used: str
) -> None:
    found = open_corpus(corpus)
    chosen = settled(Rounding(error, by_default=by_default), asked, found, tmp_path / "store")
    build(found, tmp_path / "store", chosen.encoder, BuildSettings(workers=0), precision=chosen.as_json())
    store = EmotionStore.open(tmp_path / "store")
    assert store.info.encoder["precision"] == used
    (run,) = store.runs()
    assert (run["precision"]["asked"], run["precision"]["used"]) == (asked, used)
    compared = asked == "fast" or (asked == "auto" and by_default)
    assert len(run["precision"]["checks"]) == compared
    assert all(check["n"] == CHECK_CLIPS for check in run["precision"]["checks"])
    assert bool(chosen.note) == compared and "\n" not in chosen.note


@pytest.mark.parametrize("kept", ["exact", "bf16"])
def test_a_store_keeps_the_arithmetic_it_was_made_with(corpus: Path, tmp_path: Path, kept: str) -> None:
    found, store = open_corpus(corpus), tmp_path / "store"
    encoder = Rounding(by_default=kept == "exact")  # the device would choose the other
    encoder.faster = (Precision.INT8, Precision.BF16)  # int8 passes and comes first
    build(found, store, encoder if kept == "exact" else encoder.at(Precision.BF16), BuildSettings(workers=0))
    for asked in ["auto", kept, "fast"]:
        chosen = settled(encoder, asked, found, store)
        assert chosen.encoder.card.precision == kept
        assert build(found, store, chosen.encoder, BuildSettings(workers=0)).unchanged == 12
    for asked in ["int8", "bf16" if kept == "exact" else "exact"]:
        with pytest.raises(EncoderMismatchError) as refusal:
            settled(encoder, asked, found, store)
        assert str(refusal.value) == (
            f"{store} holds {kept} embeddings, not {asked} ones: ask for --precision {kept} or auto, "
            "or choose another --store"
        )


def test_an_encoder_of_one_arithmetic_refuses_another(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="tiny has one precision, not fast: leave out --precision"):
        settled(TinyEncoder(), "fast", open_corpus(corpus), tmp_path / "store")


def test_clips_come_from_all_over_the_corpus_and_bad_files_are_passed_over(corpus: Path) -> None:
    (corpus / "00.wav").write_bytes(b"no audio at all")
    soundfile.write(corpus / "01.wav", tone(0.01), 16_000)
    clips = CorpusClips(open_corpus(corpus), TinyEncoder())
    assert len(clips) == CHECK_CLIPS
    assert all(TinyEncoder.min_samples <= len(clip) <= CHECK_CLIP_S * 16_000 for clip in clips)
    assert len({clip.tobytes() for clip in clips}) == CHECK_CLIPS


def test_a_long_recording_alone_gives_several_clips(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    samples = np.random.default_rng(0).normal(scale=0.1, size=41 * 16_000).astype(np.float32)
    soundfile.write(tmp_path / "corpus" / "long.wav", samples, 16_000)
    clips = CorpusClips(open_corpus(tmp_path / "corpus"), TinyEncoder())
    assert [len(clip) for clip in clips] == [24_000] * 4
    assert len({clip.tobytes() for clip in clips}) == 4


def test_a_corpus_without_a_clip_gives_none(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.wav").write_bytes(b"no audio at all")
    assert len(CorpusClips(open_corpus(tmp_path / "corpus"), TinyEncoder())) == 0
