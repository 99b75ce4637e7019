"""Hearing a store of any encoder: its clips' descriptors are those of the acoustic encoder, row for row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.listening.hearing import hear
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import cluster, measures_voice, portraits, to_hear
from emoanalytics.views.clusters.heard import heard
from tests.conftest import TinyEncoder, tone
from tests.views.clusters.made import divided, geometry, grouped

N = 24


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Low and high tones in turn."""
    folder = tmp_path_factory.mktemp("corpus")
    for i in range(N):
        sf.write(folder / f"{i:02d}.wav", tone(0.8, hz=(110 if i % 2 else 300) + i, seed=i), 16_000, subtype="FLOAT")
    return folder


@pytest.fixture
def tiny(corpus: Path, tmp_path: Path) -> EmotionStore:
    build(open_corpus(corpus), tmp_path / "tiny", TinyEncoder(), BuildSettings(workers=0))
    return EmotionStore.open(tmp_path / "tiny")


def ids_by_file(store: EmotionStore) -> list[str]:
    return store.segments(["file", "segment_id"]).sort_values("file")["segment_id"].tolist()


def test_descriptors_are_those_of_a_store_of_the_acoustic_encoder(
    corpus: Path, tiny: EmotionStore, tmp_path: Path
) -> None:
    build(open_corpus(corpus), tmp_path / "acoustic", Acoustic(), BuildSettings(workers=0))
    acoustic = EmotionStore.open(tmp_path / "acoustic")
    assert (measures_voice(acoustic), measures_voice(tiny)) == (True, False)
    ids = ids_by_file(tiny)[3:9]
    told: list[tuple[int, int, str]] = []
    found = hear(tiny, ids[::-1], progress=lambda *state: told.append(state))
    assert found.ids == tuple(ids[::-1])
    assert np.allclose(found.descriptors, acoustic.embeddings(ids_by_file(acoustic)[3:9][::-1]), atol=1e-5)
    assert told[-1] == (6, 6, "listening to a sample")


def test_only_those_clips_have_a_pitch_each_its_own(tiny: EmotionStore) -> None:
    ids = ids_by_file(tiny)
    vectors = Geometry(tiny).vectors
    sound = heard(tiny, vectors, hear(tiny, [ids[7], ids[4]]))
    pitch = dict(zip(vectors.ids, sound.column("pitch_hz"), strict=True))
    assert pitch[ids[7]] == pytest.approx(117, rel=0.01)
    assert pitch[ids[4]] == pytest.approx(304, rel=0.01)
    assert np.isnan([value for i, value in pitch.items() if i not in (ids[7], ids[4])]).all()
    assert sound.unheard == ()


def test_clusters_of_another_encoder_are_named_by_ear(tiny: EmotionStore) -> None:
    place = Geometry(tiny)
    files = tiny.segments(["file"])["file"]
    found = divided(place, files.str[:2].astype(int).to_numpy() % 2)  # high ones are even
    deaf = portraits(found, place)
    assert all(p.unheard and p.whispered is None for p in deaf)
    measured = hear(tiny, to_hear(found))
    assert len(measured.ids) == N
    words = [set(p.words()) & {"high", "low"} for p in portraits(found, place, measured=measured)]
    assert words == [{"high"}, {"low"}]


def test_what_was_heard_is_kept_until_audio_was_away(tiny: EmotionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = ids_by_file(tiny)[:4]
    first = hear(tiny, ids)
    monkeypatch.setattr("emoanalytics.listening.hearing.Recordings", None)  # it must not be read again
    again = hear(tiny, ids)
    assert again.ids == first.ids
    assert np.array_equal(again.descriptors, first.descriptors)


def test_audio_that_is_away_is_left_out_and_not_kept(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for i in range(3):
        sf.write(folder / f"{i}.wav", tone(0.5, seed=i), 16_000)
    build(open_corpus(folder), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0))
    store = EmotionStore.open(tmp_path / "store")
    ids = ids_by_file(store)
    (folder / "1.wav").rename(folder / "away")
    found = hear(store, ids)
    assert (found.ids, found.asked) == ((ids[0], ids[2]), 3)
    (folder / "away").rename(folder / "1.wav")
    assert hear(store, ids).ids == tuple(ids)
    assert hear(store, []).descriptors.shape == (0, Acoustic().card.dim)


def test_enough_of_each_cluster_is_heard(tmp_path: Path) -> None:
    embeddings, _ = grouped((700, 25, 15), spread=0.05)
    found = cluster(geometry(tmp_path / "store", embeddings), draws=0)
    chosen = set(to_hear(found))
    heard_of = [sum(i in chosen for i in found.ids[found.rows(c)]) for c in range(3)]
    assert heard_of[1:] == [20, 15]
    assert 360 < heard_of[0] <= 400
    assert to_hear(found) == to_hear(found)
