"""Names that would run, draw or reckon: in no page, chart or table do they do more than stand there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from app import parts
from emoanalytics import BuildSettings, Decisions, EmotionStore, build, load_encoder, open_corpus, train_head
from emoanalytics.store.tags import Tags
from tests.app.conftest import write_corpus
from tests.app.test_pages import PAGES, Open
from tests.app.test_pages import open_page as open_page  # the fixture

FILE = "<img src=x onerror=alert(1)> $x^2$.wav"
SPEAKER = "<script>alert(2)</script>"
LABEL = "=cmd|calm :material/delete: **b**"
SESSION = ":red[s1] ![i](http://e.example)"
TAG = "# tag `code` :smile: <b>x</b>"
# Signs of it that are read as Markdown, as HTML or as a formula, where no backslash stands before them.
READ = re.compile(r"(?<!\\)(<img|<script|<b>|\*\*b\*\*|\$x\^2|:material/delete:|:red\[|!\[i\]|`code`|:smile:)")
MARKDOWN = ("label", "help", "body", "text", "caption")  # fields of what Streamlit is sent that it reads as Markdown


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the other tests, with names that try something."""
    base = tmp_path_factory.mktemp("hostile")
    corpus = write_corpus(base / "corpus")
    (corpus / "clip04.wav").rename(corpus / FILE)
    with (corpus / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    named = {"clip04.wav": FILE, "anna": SPEAKER, "happy": LABEL, "s1": SESSION}
    with (corpus / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[named.get(cell, cell) for cell in row] for row in rows])
    path = base / "voices"
    build(open_corpus(corpus), path, load_encoder("acoustic"), BuildSettings(workers=0))
    train_head(path)
    ids = EmotionStore.open(path).segments(["segment_id"])["segment_id"].tolist()
    Tags(path).add(TAG, ids[:3])
    Decisions(path).record(ids[0], "label", given=LABEL, decided="sad", who="=1+1")
    return path


def elements(block: Block) -> Iterator[Element]:
    for child in block.children.values():
        if isinstance(child, Block):
            yield from elements(child)
        else:
            yield child


def read_as_markdown(node: object, kind: str = "") -> Iterator[str]:
    """Every text of an element that its widget reads as Markdown."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in MARKDOWN and kind not in ("json", "code"):
                yield value
            elif key == "options" and kind == "button_group" and isinstance(value, list):
                yield from (str(option.get("content", "")) for option in value)
            else:
                yield from read_as_markdown(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from read_as_markdown(value, kind)


def sent(at: AppTest) -> Iterator[tuple[str, str]]:
    for root in (at.main, at.sidebar):
        for element in elements(root):
            if element.type in ("code", "html"):
                continue
            if element.type == "plotly_chart":
                yield element.type, element.proto.spec
            elif hasattr(element, "proto"):
                document = MessageToDict(element.proto)
                yield from ((element.type, text) for text in read_as_markdown(document, element.type))


@pytest.mark.parametrize(
    ("page", "query"),
    [
        *((page, {}) for page in PAGES if page not in ("home", "settings")),
        *(("audit", {"part": part}) for part in ("copies", "outliers", "quality", "corpus", "decisions")),
        *(
            ("speakers", {"aspect": aspect, "person": SPEAKER})
            for aspect in ("person", "compare", "recording", "alerts")
        ),
        ("map", {"colour": "emotion_given"}),
        ("map", {"colour": "speaker"}),
    ],
)
def test_names_are_shown_and_never_read(open_page: Open, hostile: Path, page: str, query: dict[str, str]) -> None:
    ids = EmotionStore.open(hostile).segments(["file", "segment_id"]).set_index("file")["segment_id"]
    at = open_page(page, hostile, "en", segment=ids[FILE], chosen=list(ids[:3]), selection="1", **query)
    assert not at.exception
    for kind, text in sent(at):
        if kind == "plotly_chart":
            assert not re.search(r"<img|<script|<b>x", text), (kind, text[:300])
        else:
            found = READ.search(text)
            assert found is None, (kind, text)


def test_no_download_runs_a_formula(hostile: Path, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "=1": ["=cmd|' /C calc'!A0", "+1", "ok", None],
            "number": [-1.5, 2.0, 3.0, 4.0],
            "kind": pd.Categorical(["@x", "y", "-z", "\tw"]),
        }
    )
    rows = list(csv.reader(io.StringIO(parts.csv(table).decode("utf-8-sig"))))
    assert rows[0] == ["'=1", "number", "kind"]
    assert [row[0] for row in rows[1:]] == ["'=cmd|' /C calc'!A0", "'+1", "ok", ""]
    assert [row[1] for row in rows[1:]] == ["-1.5", "2.0", "3.0", "4.0"]
    assert [row[2] for row in rows[1:]] == ["'@x", "y", "'-z", "'\tw"]
    Decisions(hostile).export_csv(tmp_path / "d.csv")
    log = csv.DictReader(io.StringIO((tmp_path / "d.csv").read_text(encoding="utf-8-sig")))
    (said,) = (row for row in log if row["kind"] == "label")
    assert (said["who"], said["given"], said["decided"]) == ("'=1+1", f"'{LABEL}", "sad")
