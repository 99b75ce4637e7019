"""Selections, bookmarks and tags: what people keep beside a store."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.errors import StoreError
from emoanalytics.store.bookmarks import Bookmarks
from emoanalytics.store.decisions import Decisions
from emoanalytics.store.selections import Selections
from emoanalytics.store.tags import Tags


@settings(deadline=None, max_examples=50)
@given(ids=st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), max_size=40))
def test_a_selection_comes_back_in_its_order(ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = Selections(tmp_path_factory.mktemp("kept"))
    key = kept.keep(ids)
    assert kept.find(key) == tuple(ids)
    assert kept.keep(ids) == key


def test_other_ids_or_another_order_have_another_key(tmp_path: Path) -> None:
    kept = Selections(tmp_path)
    assert len({kept.keep(["a", "b"]), kept.keep(["b", "a"]), kept.keep(["a"]), kept.keep(["ab"])}) == 4


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 16, "z" * 16, "0" * 15])
def test_what_is_not_kept_is_not_found(tmp_path: Path, key: str) -> None:
    assert Selections(tmp_path).find(key) is None


def test_a_changed_selection_is_not_taken_for_the_kept_one(tmp_path: Path) -> None:
    kept = Selections(tmp_path)
    key = kept.keep(["a", "b"])
    (kept.folder / f"{key}.txt").write_text("a\nc\n", encoding="utf-8")
    assert kept.find(key) is None


@pytest.mark.parametrize("wrong", ["", "a\nb"])
def test_a_selection_holds_ids(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(StoreError, match="a selection holds segment ids"):
        Selections(tmp_path).keep(["a", wrong])


def test_bookmarks_are_read_newest_first_and_removed(tmp_path: Path) -> None:
    kept = Bookmarks(tmp_path)
    first = kept.add("  one\n of them ", "map", {"method": ["umap"], "speaker": ["a", "b"]})
    second = kept.add("<script>", "search", {})
    assert {b.id for b in kept.read()} == {first.id, second.id}
    assert first.name == "one of them" and dict(first.view) == {"method": ["umap"], "speaker": ["a", "b"]}
    kept.remove(first.id)
    kept.remove(first.id)
    kept.remove("../decisions")
    assert kept.read() == (second,)


def test_what_is_no_bookmark_is_passed_over(tmp_path: Path) -> None:
    kept = Bookmarks(tmp_path)
    good = kept.add("good", "map", {})
    for number, text in enumerate(("", "[]", '{"name": "x"}', '{"name": 1, "page": "../x", "when": "", "view": {}}')):
        (kept.folder / f"{number:032}.json").write_text(text, encoding="utf-8")
    (kept.folder / "notes.json").write_text('{"name": "x", "page": "map", "when": "", "view": {}}', encoding="utf-8")
    assert kept.read() == (good,)


@pytest.mark.parametrize(("name", "page"), [(" ", "map"), ("x", "../map"), ("x", "")])
def test_a_bookmark_has_a_name_and_a_page(tmp_path: Path, name: str, page: str) -> None:
    with pytest.raises(StoreError):
        Bookmarks(tmp_path).add(name, page, {})


def test_tags_are_decisions_that_count_once(tmp_path: Path) -> None:
    tags = Tags(tmp_path)
    assert tags.add(" to  review ", ["a", "b", "a"]) == 2
    assert tags.add("to review", ["b", "c"], who="Ann") == 1
    assert tags.add("odd", ["a"]) == 1
    assert tags.remove("to review", ["a", "z"]) == 1
    assert tags.read() == {"odd": ("a",), "to review": ("b", "c")}
    lines = Decisions(tmp_path).read().lines
    assert [(d.segment_id, d.kind, d.decided) for d in lines] == [
        ("a", "tag:to review", "on"), ("b", "tag:to review", "on"), ("c", "tag:to review", "on"),
        ("a", "tag:odd", "on"), ("a", "tag:to review", "off"),
    ]  # fmt: skip
    assert lines[2].who == "Ann"


def test_a_tag_that_was_taken_back_is_gone(tmp_path: Path) -> None:
    tags = Tags(tmp_path)
    tags.add("x", ["a"])
    Decisions(tmp_path).undo()
    assert tags.read() == {}


@pytest.mark.parametrize("word", ["", "  ", "x" * 81])
def test_a_tag_is_a_word(tmp_path: Path, word: str) -> None:
    with pytest.raises(StoreError, match="a tag is a word"):
        Tags(tmp_path).add(word, ["a"])
