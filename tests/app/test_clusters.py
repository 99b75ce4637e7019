"""The Clusters page: the whispers of the demo are one cluster, and every number is the library's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import clusters
from app.clusters import Division
from app.geometry import Shared
from emoanalytics import (
    Clustering,
    ClusterMethod,
    EmotionStore,
    Geometry,
    Language,
    Portrait,
    Space,
    cluster,
    montage,
    portraits,
)
from tests.app.test_pages import Open, _walk, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.made_store import make_store

WHISPERS = {"en": "whispered, bright, quiet; 4 speakers", "zh": "耳语、音色亮、音量低；4 位说话人"}


@pytest.fixture(scope="module")
def demo(demo_store: EmotionStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo store, where no other test writes; its audio stays where it is."""
    path = demo_store.path.parent / "clustered"
    shutil.copytree(demo_store.path, path)
    return path


@pytest.fixture(scope="module")
def by_hand(demo: Path) -> tuple[Clustering, tuple[Portrait, ...]]:
    geometry = Geometry(EmotionStore.open(demo), Space.SPEAKER_CENTRED)
    found = cluster(geometry)
    return found, portraits(found, geometry)


@pytest.fixture(scope="module")
def whispers(by_hand: tuple[Clustering, tuple[Portrait, ...]]) -> Portrait:
    (found,) = [p for p in by_hand[1] if p.whispered]
    return found


def button(at: AppTest, key: str) -> Any:
    return next(b for b in at.button if b.key == key)


@pytest.mark.parametrize("language", list(Language))
def test_the_whispers_of_the_demo_are_one_cluster(
    open_page: Open, demo: Path, demo_store: EmotionStore, by_hand: tuple[Clustering, Any], language: str
) -> None:
    at = open_page("clusters", demo, language)
    assert not at.exception and not at.error
    found, named = by_hand
    table = table_with(at, text("cluster_found", language))
    assert table[text("clips", language)].tolist() == list(found.sizes)
    assert table[text("cluster_name", language)].tolist() == [p.name(language) for p in named]
    whispered = table[table[text("cluster_name", language)] == WHISPERS[language]]
    assert whispered[text("clips", language)].tolist() == [12]
    words = shown(at)
    assert WHISPERS[language] in words
    line = text(
        "clusters_line", language, clusters=len(found.sizes), inside=sum(found.sizes), total=len(found.ids),
        noise=found.noise,
    )  # fmt: skip
    assert line in words
    assert found.stability.verdict.words(language) in words
    assert found.silhouette is not None and found.density_validity is not None
    hints = " ".join(m.help or "" for m in at.markdown)
    assert f"{found.silhouette:.2f}" in hints and f"{found.density_validity:.2f}" in hints


def test_a_link_opens_one_cluster_with_what_sets_it_apart(open_page: Open, demo: Path, whispers: Portrait) -> None:
    at = open_page("clusters", demo, cluster=str(whispers.cluster))
    assert not at.exception
    assert at.subheader[0].value.replace("\\", "") == f"{whispers.cluster} · {WHISPERS['en']}"
    table = table_with(at, text("facet_effect", "en"))
    expected = [(d.facet.name(), d.inside, d.effect, d.clear) for d in whispers.departures]
    columns = [text(key, "en") for key in ("facet", "facet_inside", "facet_effect", "facet_clear")]
    assert list(table[columns].itertuples(index=False, name=None)) == expected
    chart = next(json.loads(e.proto.spec) for e in _walk(at.main) if e.type == "plotly_chart")
    assert len(chart["data"][0]["y"]) == min(sum(d.clear for d in whispers.departures), 10)
    medoids = [b.key.removeprefix("play_medoid_") for b in at.button if b.key.startswith("play_medoid_")]
    assert medoids == list(whispers.medoids)
    assert at.query_params["cluster"] == str(whispers.cluster)
    button(at, "cluster_all").click().run()
    assert "cluster" not in at.query_params and table_with(at, text("cluster_found", "en")).shape[0] > 2


def test_a_cluster_that_is_not_there_is_said_and_all_are_shown(open_page: Open, demo: Path) -> None:
    at = open_page("clusters", demo, cluster="99")
    assert at.warning[0].value == text("cluster_gone", "en", n="99")
    assert len([b for b in at.button if b.key.startswith("open_")]) > 2


def test_its_clips_are_chosen_for_every_page(
    open_page: Open, demo: Path, by_hand: tuple[Clustering, Any], whispers: Portrait
) -> None:
    found = by_hand[0]
    at = open_page("clusters", demo, cluster=str(whispers.cluster))
    button(at, "cluster_choose").click().run()
    ids = found.ids[found.labels == whispers.cluster].tolist()
    assert at.query_params["chosen"] == ids and len(ids) == 12
    assert text("basket_line", "en", n="12") in shown(at.sidebar)
    button(at, "cluster_map").click()
    at.run()
    assert at.session_state["colour"] == "cluster" and at.session_state["space"] == "speaker-centred"
    assert at.session_state["chosen"] == ids


def test_clips_in_no_cluster_can_be_chosen(open_page: Open, demo: Path, by_hand: tuple[Clustering, Any]) -> None:
    found = by_hand[0]
    at = open_page("clusters", demo)
    button(at, "noise_choose").click().run()
    assert text("basket_line", "en", n=str(found.noise)) in shown(at.sidebar)


def test_a_cluster_is_heard_in_twelve_seconds(open_page: Open, demo: Path, whispers: Portrait) -> None:
    at = open_page("clusters", demo, cluster=str(whispers.cluster))
    button(at, f"play_montage-{whispers.cluster}").click().run()
    assert not at.exception
    parts = montage(EmotionStore.open(demo), whispers.medoids).parts
    assert text("cluster_played", "en", n=len(parts)) in shown(at) and len(parts) == len(whispers.medoids)
    assert len([e for e in _walk(at.main) if e.type == "audio"]) == 1


def test_as_many_centres_as_are_asked_for(open_page: Open, demo: Path) -> None:
    at = open_page("clusters", demo, division="kmeans", pieces="4", among="raw")
    expected = cluster(Geometry(EmotionStore.open(demo), Space.RAW), method="kmeans", clusters=4).sizes
    assert table_with(at, text("cluster_found", "en"))[text("clips", "en")].tolist() == list(expected)
    assert len(expected) == 4
    at = open_page("clusters", demo, division="leiden", pieces="4", among="nonsense")
    expected = cluster(Geometry(EmotionStore.open(demo), Space.SPEAKER_CENTRED), method="leiden").sizes
    assert table_with(at, text("cluster_found", "en"))[text("clips", "en")].tolist() == list(expected)
    at = open_page("clusters", demo, division="kmeans", pieces="999")
    assert not at.exception and at.number_input[0].value is None


def test_a_cluster_whose_audio_is_away_says_so(open_page: Open, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 8), 10, axis=0)
    rows = [{"speaker": f"s{i % 4}"} for i in range(30)]
    made = make_store(tmp_path / "three", rows, embeddings=centres + 0.01 * rng.normal(size=(30, 8)))
    at = open_page("clusters", made.path, division="leiden", among="raw")
    assert not at.exception
    assert table_with(at, text("cluster_found", "en"))[text("clips", "en")].tolist() == [10, 10, 10]
    assert text("cluster_facts", "en", size=10, speakers=4, recordings=10) in shown(at)
    assert "play_montage-0" in [b.key for b in at.button]
    button(at, "play_montage-0").click().run()
    assert not at.exception and "is not there" in at.warning[-1].value


@pytest.mark.parametrize("language", list(Language))
def test_clips_that_are_all_equal_have_no_clusters(open_page: Open, tmp_path: Path, language: str) -> None:
    made = make_store(tmp_path / "equal", [{} for _ in range(12)], embeddings=np.ones((12, 4)))
    at = open_page("clusters", made.path, language)
    assert not at.exception
    words = shown(at)
    geometry = Geometry(made, Space.SPEAKER_CENTRED)
    notes = cluster(geometry).notes(language)
    assert notes and all(note[1:] in words for note in notes)


def test_a_clip_or_two_are_too_few(open_page: Open, one_row: Path) -> None:
    at = open_page("clusters", one_row)
    assert any("1 clip is too few for groups" in info.value for info in at.info)


def test_clusters_are_found_once_for_all_sessions(demo: Path) -> None:
    store = EmotionStore.open(demo)
    shared = clusters.Clusters(store, Shared(store, Space.RAW))
    asked = Division(ClusterMethod.LEIDEN)
    assert not shared.knows(asked)
    first = shared.found(asked)
    assert shared.knows(asked) and shared.found(asked) is first and not shared.deaf
    named = first.of_clips("en")
    for number, portrait in enumerate(first.portraits):
        rows = first.clustering.ids[first.clustering.labels == number]
        assert set(named[rows]) == {f"{number}: {portrait.name()}"}
    assert shared.montage(first.portraits[0]) is shared.montage(first.portraits[0])


@pytest.mark.parametrize(
    ("value", "text_"),
    [
        (0.71, "apart_strong"),
        (0.7, "apart_fair"),
        (0.51, "apart_fair"),
        (0.5, "apart_weak"),
        (0.25, "apart_none"),
        (-1.0, "apart_none"),
    ],
)
def test_a_silhouette_in_words(value: float, text_: str) -> None:
    assert clusters.apart(value) == text_


def test_a_density_validity_in_words() -> None:
    assert [clusters.dense(v) for v in (-0.1, 0.0, 0.01)] == ["dense_no", "dense_no", "dense_yes"]
