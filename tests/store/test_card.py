"""What a notebook shows of a store."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store

HOSTILE = "<script>alert(1)</script>\"'&"


class Cells(HTMLParser):
    """The texts of the cells, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data

    @property
    def facts(self) -> dict[str, str]:
        rows = list(zip(self.tags, self.texts, strict=True))
        names = [text for tag, text in rows if tag == "th"]
        return dict(zip(names, [text for tag, text in rows if tag == "td"], strict=True))


def test_it_says_what_is_in_the_store(demo_store: EmotionStore) -> None:
    facts = Cells(demo_store._repr_html_()).facts
    seconds = demo_store.segments().eval("end_s - start_s").sum()
    assert list(facts) == ["clips", "hours", "speakers", "encoder", "head", "scores", "flags", "failures"]
    assert (facts["clips"], facts["speakers"], facts["failures"]) == ("407", "13", "decode 1")
    assert facts["hours"] == f"{seconds / 3600:.2f}"
    assert facts["encoder"] == "acoustic, 579 numbers a clip (exact)"
    assert "unweighted average recall 0.7" in facts["head"]
    assert facts["scores"] == "model scores: not calibrated, no probabilities"
    assert facts["flags"].startswith("several_voices 4, music 3, noisy 3, clipped 1, ")
    assert facts["flags"].endswith("other 3")


def test_a_store_without_scores_or_clips_says_so(tmp_path: Path) -> None:
    facts = Cells(make_store(tmp_path / "store", [])._repr_html_()).facts
    assert (facts["clips"], facts["speakers"], facts["head"]) == ("0", "none named", "none")
    assert facts["scores"].startswith("none yet: fit a head")
    assert (facts["flags"], facts["failures"]) == ("none", "none")


def test_a_calibrated_head_is_called_so_and_a_lost_one_is_said(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{}, {}], scores=np.full((2, 9), 1 / 9))
    assert Cells(store._repr_html_()).facts["head"].startswith("the encoder's own (angry, ")
    with store.writer() as writer:
        report = {"calibration": {"calibrated": True}}
        writer.save_head("builtin", weights=np.zeros((9, 2)), bias=np.zeros(9), labels=store.info.labels, report=report)
    assert Cells(store._repr_html_()).facts["scores"] == "calibrated on clips that people listened to"


@pytest.mark.parametrize("where", ["name", "flags", "stage", "encoder"])
def test_no_text_of_a_store_is_html(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = HOSTILE.replace("/", "") if where == "name" else "store"
    flags = [HOSTILE] if where == "flags" else []
    failures = [{"file": "x", "stage": HOSTILE, "reason": "y"}] if where == "stage" else []
    store = make_store(tmp_path / name, [{"flags": flags}], failures=failures)
    if where == "encoder":
        text = (store.path / "store.json").read_text(encoding="utf-8")
        (store.path / "store.json").write_text(text.replace('"made"', '"<script>"'), encoding="utf-8")
    page = Cells(store._repr_html_())
    assert set(page.tags) == {"table", "caption", "tr", "th", "td"}
    assert "script>" in "".join(page.texts)


def test_it_takes_its_colours_from_the_page(demo_store: EmotionStore) -> None:
    page = demo_store._repr_html_()
    assert "color:inherit" in page and "background:transparent" in page
    assert "#" not in page and "<style" not in page


def test_a_damaged_store_is_one_line(tmp_path: Path) -> None:
    store = make_store(tmp_path / "<b>", [{}])
    (store.path / "segments.parquet").unlink()
    assert store._repr_html_().startswith("<code>EmotionStore(") and "<b>" not in store._repr_html_()
    assert "is missing" in store._repr_html_()
