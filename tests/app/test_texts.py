"""The texts: each in both languages, each used, none missing; text of others is shown, never interpreted."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from app.texts import TEXTS, in_language, plain
from emoanalytics import Flag, Language
from tests.conftest import ROOT

SOURCES = [p for p in sorted((ROOT / "app").rglob("*.py")) if p.parent.name != "texts"]


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def strings(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def said(path: Path) -> set[str]:
    """The keys that are written into calls of ``say``."""
    calls = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
    named = (c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == "say")
    return {n.value for a in named for n in ast.walk(a) if isinstance(n, ast.Constant) and isinstance(n.value, str)} - {
        "",
        "builtin",
    }


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_text_stands_in_both_languages_with_the_same_gaps(key: str) -> None:
    english, chinese = TEXTS[key]
    assert english.strip() and chinese.strip()
    assert gaps(english) == gaps(chinese)
    filled = dict.fromkeys(gaps(english), "7")
    assert in_language(key, Language.EN, **filled) != english or not filled
    if key not in ("head_is_fitted", "leak_line", "scored"):  # names and marks only
        assert re.search(r"[\u4e00-\u9fff]", chinese), "not translated"
        assert not re.search(r"[\u4e00-\u9fff]", english)


def test_no_text_is_missing() -> None:
    wanted = set().union(*(said(path) for path in SOURCES))
    assert len(wanted) > 60
    assert wanted - set(TEXTS) == set()


def test_no_text_is_unused() -> None:
    found = set().union(*(strings(path) for path in SOURCES))
    assert set(TEXTS) - found == set()


def test_every_flag_has_words() -> None:
    assert {f"flag_{flag}" for flag in Flag} <= set(TEXTS)


@pytest.mark.parametrize(
    "nasty",
    [
        "![x](http://e.example/a.png)",
        "<script>alert(1)</script>",
        "[a](javascript:alert(1))",
        ":red[x] $y$ `z`",
        "# h",
        "- l",
    ],
)
def test_markdown_of_others_is_escaped(nasty: str) -> None:
    escaped = plain(nasty)
    assert escaped.replace("\\", "") == nasty
    assert not re.search(r"(?<!\\)[!\[\]()<>`$:#*_-]", escaped)


def test_plain_keeps_chinese_and_emoji_and_joins_lines() -> None:
    assert plain("你好 😀\n# 标题") == "你好 😀 \\# 标题"


@pytest.mark.parametrize("n", [1, "1"])
def test_one_thing_is_counted_as_one(n: object) -> None:
    assert in_language("tag_add", Language.EN, n=n) == "Tag 1 clip"
    assert in_language("tag_added", Language.EN, n=n, word="2 clips") == "1 clip now has the tag 2 clips."
    assert in_language("tag_added", Language.EN, n=21, word="1 clips") == "21 clips now have the tag 1 clips."
    assert in_language("tag_add", Language.ZH, n=n) == "为 1 个片段加标签"
