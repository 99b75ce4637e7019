"""What was planted in the demo's sound is found by its geometry: the whispers, the copies, the damaged clips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.demo import demo_folder
from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.listening.montage import montage
from emoanalytics.listening.same_audio import check
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit import duplicates, outliers
from emoanalytics.views.clusters import Verdict, cluster, portraits


@pytest.fixture(scope="module")
def store(demo_store: EmotionStore) -> EmotionStore:
    return demo_store


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((demo_folder() / "planted.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("space", list(Space))
def test_the_whispers_are_a_cluster_and_named(store: EmotionStore, planted: dict[str, Any], space: Space) -> None:
    place = Geometry(store, space)
    found = cluster(place)
    files = store.segments(["file"])["file"].to_numpy()
    whispers = set(np.flatnonzero(np.isin(files, planted["whispers"])).tolist())
    (mine,) = [p for p in portraits(found, place) if p.whispered]
    assert set(found.rows(mine.cluster).tolist()) == whispers  # all twelve, and nothing else
    assert mine.words()[0] == "whispered"
    assert "quiet" in mine.words()
    assert mine.name("zh").startswith("耳语、")
    assert mine.speakers == 4
    assert mine.mostly == ()
    assert mine.verdict in (Verdict.STABLE, Verdict.DOUBTFUL)


def test_emotions_are_heard_where_voices_are_taken_out(store: EmotionStore) -> None:
    place = Geometry(store, Space.SPEAKER_CENTRED)
    found = cluster(place)
    names = [p.name() for p in portraits(found, place)]
    assert {"sad", "disgusted", "fearful"} <= {word for name in names for word in name.split(";")[0].split(", ")}
    assert all(p.speakers >= 4 and not p.mostly for p in portraits(found, place))


def test_the_whispers_can_be_played(store: EmotionStore) -> None:
    place = Geometry(store, Space.SPEAKER_CENTRED)
    (mine,) = [p for p in portraits(cluster(place), place) if p.whispered]
    heard = montage(store, mine.medoids)
    assert len(heard.samples) <= 12 * heard.rate_hz
    assert len(heard.parts) == 5
    speakers = store.segments(["segment_id", "speaker"]).set_index("segment_id")["speaker"]
    assert len({speakers[i] for i in mine.medoids[:4]}) == 4
    assert heard.missing == ()


def test_both_copies_are_found_and_heard_to_be_the_same(store: EmotionStore, planted: dict[str, Any]) -> None:
    files = store.segments(["segment_id", "file"]).set_index("segment_id")["file"]
    pairs = duplicates(Geometry(store)).pairs
    checked = check(store, pairs)
    copies = [c for c in checked if c.agreement is not None and c.agreement.same]
    same = {frozenset({files[c.pair.first], files[c.pair.second]}): str(c.pair.how) for c in copies}
    assert same == {
        frozenset(planted["exact_duplicate"]): "identical",
        frozenset(planted["near_duplicate"]): "near",
    }
    (near,) = [c.agreement for c in copies if str(c.pair.how) == "near"]
    assert near.correlation < 0.999  # another codec
    assert abs(near.lag_s) == pytest.approx(0.02, abs=0.001)
    assert abs(near.gain_db) == pytest.approx(3, abs=0.5)


def test_damaged_clips_stand_out(store: EmotionStore, planted: dict[str, Any]) -> None:
    files = store.segments(["file"])["file"].to_numpy()
    rows = outliers(Geometry(store)).rows
    damaged = {planted["damaged"][kind] for kind in ("music", "telephone", "silent", "short", "noisy")}
    assert damaged <= set(files[rows])
    assert len(rows) <= 15


def test_the_identical_pair_of_ravdess6_is_found(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "ravdess6").rglob("Actor_07/*.flac"))
    assert len(files) == 60
    folder = tmp_path / "Actor_07"
    folder.mkdir()
    for file in files[:32]:  # takes of calm, happy and sad among them
        (folder / file.name).symlink_to(file)
    made = build(open_corpus(tmp_path), tmp_path / "store", Acoustic(), BuildSettings(workers=0))
    store = EmotionStore.open(made.store)
    names = store.segments(["segment_id", "file"]).set_index("segment_id")["file"].str.rpartition("/")[2]
    same = [
        c.pair for c in check(store, duplicates(Geometry(store)).pairs) if c.agreement is not None and c.agreement.same
    ]
    assert [(sorted([names[p.first], names[p.second]]), str(p.how)) for p in same] == [
        (["03-01-03-01-02-01-07.flac", "03-01-03-01-02-02-07.flac"], "identical")
    ]
