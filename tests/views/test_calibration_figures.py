"""The reliability diagram: every point, interval and count is the number of the result."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from emoanalytics.labels import Language
from emoanalytics.views import figures
from emoanalytics.views.calibrate import Calibration, calibrate
from tests.views.test_calibrate import nine, votes


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    store, truth = nine(tmp_path_factory.mktemp("f") / "s")
    return calibrate(store, votes(truth).head(125), save=False)


def test_points_intervals_and_counts(found: Calibration) -> None:
    diagonal, *lines = figures.reliability_diagram(found).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    for line, part in zip(lines, (found.found.before, found.found.after), strict=True):
        assert list(line.x) == [b.score for b in part.bins] and list(line.y) == [b.right for b in part.bins]
        assert list(line.text) == [str(b.rows) for b in part.bins]
        most = max(b.rows for b in part.bins)
        for b, up, down, size, hover in zip(
            part.bins, line.error_y.array, line.error_y.arrayminus, line.marker.size, line.customdata, strict=True
        ):
            if b.right_low is None:  # fewer than five speakers in the bin
                assert up is None and down is None and hover.endswith(f"heard by {b.right:.2f}")
            else:
                assert (b.right - down, b.right + up) == pytest.approx((b.right_low, b.right_high))
                assert hover.endswith(f"heard by {b.right:.2f} ({b.right_low:.2f}–{b.right_high:.2f})")
            assert size == pytest.approx(15 * math.sqrt(b.rows / most))
        assert sum(up is not None for up in line.error_y.array) >= 6


def test_where_nothing_is_corrected_one_line_is_drawn(found: Calibration) -> None:
    same = replace(found, found=replace(found.found, after=found.found.before))
    assert len(figures.reliability_diagram(same).data) == 2


@pytest.mark.parametrize(("language", "words"), [(Language.EN, "before: off by"), (Language.ZH, "校准前：偏差")])
def test_the_error_stands_in_the_legend(found: Calibration, language: Language, words: str) -> None:
    before = found.found.before
    name = figures.reliability_diagram(found, language).data[1].name
    assert name == f"{words} {before.error:.2f} ({before.low:.2f}–{before.high:.2f})"


def test_without_intervals_none_are_claimed(found: Calibration) -> None:
    def bare(part):  # type: ignore[no-untyped-def]
        bins = tuple(replace(b, right_low=None, right_high=None) for b in part.bins)
        return replace(part, low=None, high=None, bins=bins)

    inner = replace(found.found, before=bare(found.found.before), after=bare(found.found.after))
    line = figures.reliability_diagram(replace(found, found=inner)).data[1]
    assert set(line.error_y.array) == set(line.error_y.arrayminus) == {None}
    assert "(" not in line.name and "(" not in "".join(line.customdata)


def test_no_background_and_no_text_colour(found: Calibration) -> None:
    figure = json.loads(figures.reliability_diagram(found).to_json())
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)" and "font" not in figure["layout"]
    assert all("color" not in trace.get("textfont", {}) for trace in figure["data"])
