"""What is chosen, tagged and kept: it travels between pages, and a link brings it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app import state
from emoanalytics import Bookmarks, EmotionStore, Language, Selections, Tags
from tests.app.test_pages import Open, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.app.test_search import ids, press
from tests.conftest import ROOT
from tests.made_store import make_store


@pytest.fixture
def many(tmp_path: Path) -> EmotionStore:
    """Sixty clips, more than an address may name."""
    rows = [{"speaker": f"s{i % 4}", "file": f"{i:03}.wav"} for i in range(60)]
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(9), 60).astype(np.float32)
    return make_store(tmp_path / "many", rows, embeddings=rng.normal(size=(60, 8)).astype(np.float32), scores=scores)


def test_a_long_choice_is_named_by_a_key_and_comes_back(open_page: Open, many: EmotionStore) -> None:
    keys = many.segments(["segment_id"])["segment_id"].tolist()[:55]
    assert len(keys) > state.MOST_LINKED
    name = Selections(many.path).keep(keys)
    at = open_page("segments", many.path, "en", selection=name, only="1")
    assert not at.exception
    assert text("basket_line", "en", n="55") in shown(at)
    assert text("rows_line", "en", n="55", total="60", page=1, pages=2) in shown(at)
    assert at.query_params["selection"] == name and "chosen" not in at.query_params
    assert not press(at, "chosen_clear").exception
    assert "selection" not in at.query_params and text("basket_line", "en", n="55") not in shown(at)
    assert text("rows_line", "en", n="60", total="60", page=1, pages=2) in shown(at)


@pytest.mark.parametrize("language", list(Language))
def test_a_choice_that_is_not_kept_here_is_said(open_page: Open, store: Path, language: str) -> None:
    at = open_page("segments", store, language, selection="0" * 16, only="1")
    assert not at.exception
    assert text("chosen_not_kept", language) in shown(at)
    assert text("rows_line", language, n="15", total="15", page=1, pages=1) in shown(at)


def test_the_choice_travels_to_the_list_and_back(open_page: Open, store: Path) -> None:
    known = ids(store)
    keys = [known["clip03.wav"], known["clip01.wav"]]
    at = press(open_page("map", store, method="pca", chosen=keys), "go_basket_list")
    at = at.switch_page(str(ROOT / "app" / "app_pages" / "segments.py")).run()
    assert table_with(at, text("file", "en"))[text("file", "en")].tolist() == ["clip01.wav", "clip03.wav"]
    assert at.query_params["only"] == "1" and sorted(at.query_params["chosen"]) == sorted(keys)


def test_tags_are_put_on_filtered_by_and_taken_off(open_page: Open, many: EmotionStore) -> None:
    keys = many.segments(["segment_id"])["segment_id"].tolist()[:3]
    at = open_page("segments", many.path, "en", chosen=keys[:2])
    at.text_input(key="tagging").set_value("*to review*")
    next(b for b in at.button if b.label == text("tag_add", "en", n="2")).click()
    at.run()
    assert not at.exception
    assert Tags(many.path).read() == {"*to review*": tuple(keys[:2])}
    at = open_page("segments", many.path, "en", tag="*to review*")
    assert text("rows_line", "en", n="2", total="60", page=1, pages=1) in shown(at)
    at = press(open_page("segments", many.path, "en", chosen=keys[1:]), "untag_0")
    assert not at.exception
    assert Tags(many.path).read() == {"*to review*": (keys[0],)}


def test_a_kept_view_comes_back(open_page: Open, many: EmotionStore) -> None:
    at = open_page("segments", many.path, "en", speaker="s1", sort="speaker")
    at.text_input(key="naming").set_value("<b>mine</b>")
    next(b for b in at.button if b.label == text("view_keep", "en")).click()
    at.run()
    (kept,) = Bookmarks(many.path).read()
    assert (kept.name, kept.page) == ("<b>mine</b>", "segments")
    assert kept.view == {"speaker": ["s1"], "sort": ["speaker"]}
    at = press(open_page("segments", many.path, "en"), f"view_{kept.id}")
    assert not at.exception
    at = at.switch_page(str(ROOT / "app" / "app_pages" / "segments.py")).run()
    assert text("rows_line", "en", n="15", total="60", page=1, pages=1) in shown(at)
    at = press(at, f"line_forget_{kept.id}")
    assert not at.exception and Bookmarks(many.path).read() == ()
