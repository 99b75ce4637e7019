"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emoanalytics.store.store import EmotionStore

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (block,) = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    assert len([line for line in block.splitlines() if line.strip()]) == 8
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    exec(block, scope)
    assert "file: column file" in capsys.readouterr().out
    assert scope["vectors"].shape[0] == len(scope["store"]) > 400
    assert scope["fit"].uar > 0.5


@pytest.mark.parametrize("page", ["export.md", "extraction.md", "geometry.md", "report.md", "statistics.md"])
def test_the_python_of_a_page_runs_on_the_demo(
    page: str, demo_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "demo-store").symlink_to(demo_store.path)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    for block in blocks((ROOT / "docs" / page).read_text(encoding="utf-8"), "python"):
        exec(block, scope)
    told = capsys.readouterr().out
    said = {
        "export.md": ["emotion_scored", "pseudonyms"],
        "extraction.md": [" embedded, then 0 embedded and "],
        "geometry.md": ["whispered", "耳语", "mei/week2-5.ogg"],
        "report.md": ["2 of the 12 speakers", "ella, qiang"],
        "statistics.md": ["ella", "qiang", "-> sad"],
    }
    for words in said[page]:
        assert words in told


def test_both_readmes_show_the_same_code_and_numbers() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    for language in ("python", "console"):
        code = [
            [re.sub(r"\s*#.*", "", line) for line in "".join(blocks(t, language)).splitlines()]
            for t in (english, chinese)
        ]
        assert code[0] == [line.replace('describe("zh")', "describe()") for line in code[1]]
    numbers = [set(re.findall(r"\d+\.\d+(?:e-\d+)?", t)) for t in (english, chinese)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    "page", [*READMES, "CHANGELOG.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_and_pictures_are_there(page: str) -> None:
    place = ROOT / page
    for target in re.findall(r"\]\(([^)#\s]+)", place.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (place.parent / target).exists(), f"{page} points to {target}"
