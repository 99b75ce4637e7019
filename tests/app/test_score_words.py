"""What scores are called, on every axis and in every list: a model score until calibrated, then what was calibrated."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import emoanalytics
from emoanalytics import (
    EmotionStore,
    Geometry,
    Language,
    draw_map,
    figures,
    overview,
    paint,
    place,
    surroundings,
    timeline,
)
from emoanalytics.embed.heads.head import any_word, mean_word, score_word
from tests.app.test_pages import Open, shown
from tests.app.test_pages import open_page as open_page  # the fixture

ROOT = Path(emoanalytics.__file__).parent


@pytest.fixture(scope="module")
def calibrated(store: Path) -> Path:
    """The same store, and its head says that people listened."""
    path = store.parent / "calibrated"
    shutil.copytree(store, path)
    (report,) = path.glob("derived/heads/*/report.json")
    said = json.loads(report.read_text(encoding="utf-8"))
    report.write_text(json.dumps(said | {"calibration": {"calibrated": True}}), encoding="utf-8")
    return path


@pytest.fixture(params=[False, True], ids=["model score", "calibrated"])
def either(request: pytest.FixtureRequest, store: Path, calibrated: Path) -> Iterator[tuple[Path, bool]]:
    st.cache_resource.clear()  # a copy has the fingerprint of what it is a copy of
    yield (calibrated if request.param else store), request.param
    st.cache_resource.clear()


def axes(at: AppTest) -> list[str]:
    """The titles of the axes of every chart of a page."""
    layouts = [json.loads(chart.proto.spec)["layout"] for chart in at.get("plotly_chart")]
    return [layout[axis].get("title", {}).get("text", "") for layout in layouts for axis in ("xaxis", "yaxis")]


@pytest.mark.parametrize("language", list(Language))
def test_axes_and_lists_of_the_pages_name_the_score(open_page: Open, either: tuple[Path, bool], language: str) -> None:
    path, calibrated = either
    rows = EmotionStore.open(path).segments(["file", "segment_id"])
    segment = dict(zip(rows["file"], rows["segment_id"], strict=True))["clip04.wav"]
    at = open_page("segments", path, language, segment=segment)
    assert any_word(calibrated, language) in axes(at)
    words = shown(at)
    assert score_word(calibrated, language) in words  # the nearest clips
    assert calibrated or score_word(True, language) not in words
    at = open_page("overview", path, language)
    assert any(axis.startswith(mean_word(calibrated, language)) for axis in axes(at))
    at = open_page("audit", path, language)
    assert any_word(calibrated, language) in axes(at)


@pytest.mark.parametrize("language", list(Language))
def test_charts_of_the_library_name_the_score(either: tuple[Path, bool], language: Language) -> None:
    path, calibrated = either
    store = EmotionStore.open(path)
    word = any_word(calibrated, language)
    bars = figures.score_bars(overview(store), language).layout.xaxis.title.text
    assert bars.removesuffix(", 95 % interval").removesuffix("，95% 区间") == mean_word(calibrated, language)
    recording = timeline(store, file="clip04.wav")
    assert recording.calibrated == calibrated
    assert figures.timeline_lines(recording, language).layout.yaxis.title.text == word
    geometry = Geometry(store)
    drawn = draw_map(geometry, method="pca")
    scale = next(
        trace.marker.colorbar.title.text
        for trace in figures.map_figure(drawn, paint(store, drawn, "score_sad"), language=language).data
        if trace.marker.colorbar.title.text
    )
    assert word in scale
    near = surroundings(place(drawn, geometry, store.embeddings(drawn.ids[:1].tolist())), store)[0]
    assert f"{score_word(calibrated, language)}" in near.words(language)
    assert calibrated or score_word(True, language) not in near.words(language)


def test_what_scores_are_called_is_decided_in_one_place() -> None:
    fixed = re.compile(r"""["'][^"'\n]*(model score|模型得分)[^"'\n]*["']""")
    texts = {"report/texts.py", "store/card.py", "views/calibrate/words.py"}  # say what a score is, in sentences
    export = {path.relative_to(ROOT).as_posix() for path in (ROOT / "export").rglob("*.py")}  # fixed, in English
    allowed = {"embed/heads/head.py", "views/leak/words.py", *texts, *export}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if any(fixed.search(line) for line in path.read_text(encoding="utf-8").splitlines() if '"""' not in line)
    }
    assert found <= allowed
