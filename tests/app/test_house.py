"""Rules of the app's house: what it imports, how it is served, that only one file caches."""

from __future__ import annotations

import ast
import doctest
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import emoanalytics
from app import clips, selection, state, texts
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "app").rglob("*.py"))
CONFIG = ROOT / "app" / ".streamlit" / "config.toml"


def imported(path: Path) -> list[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = [(n.module or "", a.name) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names]
    return froms + [(a.name, "") for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_the_app_imports_only_public_names(path: Path) -> None:
    for module, name in imported(path):
        if module.split(".")[0] == "emoanalytics":
            assert module == "emoanalytics" and name in emoanalytics.__all__, f"{path.name}: {module}.{name}"
        assert module.split(".")[0] != "plotly"


def test_only_one_file_caches() -> None:
    assert [p.name for p in SOURCES if "st.cache_" in p.read_text(encoding="utf-8")] == ["cache.py"]


def test_nothing_is_drawn_as_html_that_is_not_our_own_style() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in SOURCES)
    assert "unsafe_allow_html" not in code and "unsafe_allow_javascript" not in code
    assert code.count("st.html(") == 1 and 'st.html(HERE / "style.css")' in code


def test_the_server_is_private() -> None:
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorLinks"] is False
    assert config["server"]["maxUploadSize"] == clips.MOST_MB


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(theme: str) -> None:
    colours = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][theme]
    assert contrast("#ffffff", colours["primaryColor"]) >= 4.5  # Streamlit writes white on it
    for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(colours["textColor"], ground) >= 7
        assert contrast(colours["linkColor"], ground) >= 4.5
        assert contrast(colours["primaryColor"], ground) >= 3  # a surface, not a text


def test_every_setting_of_a_view_can_stand_in_a_link() -> None:
    assert set(selection.VALUE_COLUMNS) <= set(state.CHOICES) <= set(state.FILTERS) <= set(state.ROWS)
    assert set(state.ROWS) | set(state.QUERY) | set(state.MANY) | set(state.USUAL) <= set(state.VIEW)
    assert {state.Key.STORE, state.Key.LANG} | set(state.VIEW) == set(state.LINKED)


@pytest.mark.parametrize("module", [selection, texts], ids=lambda m: m.__name__)
def test_examples_run(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried and not failed


def test_the_app_runs_from_inside_an_installed_package(tmp_path: Path) -> None:
    """A wheel carries the app under another name; a package called app elsewhere on the path is not taken for it."""
    shutil.copytree(ROOT / "app", tmp_path / "_app", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app.py").write_text("raise SystemExit('the wrong app')", encoding="utf-8")
    code = (
        "import sys; sys.argv = ['main.py']\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"at = AppTest.from_file({str(tmp_path / '_app' / 'main.py')!r}, default_timeout=60).run()\n"
        "assert not at.exception, at.exception\n"
        "import app; print(at.title[0].value, app.__file__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["Home", str(tmp_path / "_app" / "__init__.py")]
