"""The notebooks run, from top to bottom, on the demo; what lies in the repository is only what was written."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from emoanalytics.store.store import EmotionStore
from tests.conftest import copy_demo

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [
    "01_build",
    "02_search",
    "03_map_and_clusters",
    "04_trends_and_comparisons",
    "05_own_head_and_calibration",
    "06_bring_your_own_encoder",
]
PLOTLY = "application/vnd.plotly.v1+json"
# What each must show when it ran: kinds of output, and how many at least.
SHOWN = {
    "01_build": {PLOTLY: 1, "text/html": 4},
    "02_search": {"text/html": 2},  # the store and the player
    "03_map_and_clusters": {PLOTLY: 2, "text/html": 2},
    "04_trends_and_comparisons": {PLOTLY: 3},
    "05_own_head_and_calibration": {PLOTLY: 1, "text/html": 3},
    "06_bring_your_own_encoder": {"text/html": 1},
}


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_all_six_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES == list(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_kept_without_outputs_and_in_one_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    book = json.loads(text)
    nbformat.validate(book)
    assert text == json.dumps(book, indent=1, ensure_ascii=False) + "\n"
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    number = path.stem[:2]
    assert [cell["id"] for cell in book["cells"]] == [
        f"cell-{number}-{i:02d}" for i in range(1, len(book["cells"]) + 1)
    ]
    for cell in book["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_teaches_and_checks_what_it_says(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = [source(c) for c in cells if c["cell_type"] == "markdown"]
    code = [source(c) for c in cells if c["cell_type"] == "code"]
    assert prose[0].startswith(f"# {int(path.stem[:2])} · ")
    assert cells[0]["cell_type"] == "markdown"
    assert sum(text.startswith("## ") or "\n## " in text for text in prose) >= 4
    assert sum("*" in text.replace("**", "") for text in prose) >= 3  # what to look at, in italics
    asserts = [node for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    assert len(asserts) >= 6
    assert not any(line.startswith(("!", "%")) for text in code for line in text.splitlines())  # plain Python


def shown(book: Any) -> dict[str, int]:
    """How many outputs there are of each kind."""
    counts: dict[str, int] = {}
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            for kind in output.get("data", {}):
                counts[kind] = counts.get(kind, 0) + 1
    return counts


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, demo_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("plotly")
    here = copy_demo(demo_store).parent if "demo-store" in path.read_text(encoding="utf-8") else tmp_path
    kernels = tmp_path / "jupyter" / "kernels" / "python3"  # this Python, whatever is installed beside it
    kernels.mkdir(parents=True)
    arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": arguments, "display_name": "Python 3", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):  # a closed door instead of the internet
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=300, resources={"metadata": {"path": str(here)}})
    client.execute()
    counts = shown(book)
    for kind, least in SHOWN[path.stem].items():
        assert counts.get(kind, 0) >= least, (kind, counts)
    spoken = [o["text"] for cell in book.cells for o in cell.get("outputs", ()) if o.get("name") == "stderr"]
    assert [text for text in spoken if "TqdmWarning" not in text] == []  # that one: no ipywidgets beside the kernel
