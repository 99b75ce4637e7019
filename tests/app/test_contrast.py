"""Contrast by WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for graphics, in light and dark, in the app and in reports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import emoanalytics
from emoanalytics import EMOTIONS, figures
from emoanalytics.views.figures import colours, look
from tests.conftest import ROOT

TEXT, GRAPHIC = 4.5, 3.0
CAPTION = 0.6  # the share of the text colour in which Streamlit writes captions
PACKAGE = Path(emoanalytics.__file__).parent
REPORT = (PACKAGE / "report" / "templates" / "report.css").read_text(encoding="utf-8")
THEME = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
SCHEMES = ("light", "dark")
GROUNDS = ("backgroundColor", "secondaryBackgroundColor")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(w * s for w, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(over: str, ground: str, share: float) -> str:
    """The colour of a see-through one on a ground."""
    both = [(int(over[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in both)


def themes() -> list[tuple[str, dict[str, str]]]:
    main = [(scheme, THEME[scheme]) for scheme in SCHEMES]
    return [*main, *((f"{scheme} sidebar", {**theme, **theme["sidebar"]}) for scheme, theme in main)]


def report_colours() -> list[dict[str, str]]:
    return [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", REPORT, re.S)]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the famous grey that just fails
    assert mixed("#000000", "#ffffff", 0.6) == "#666666"


@pytest.mark.parametrize(("name", "theme"), themes(), ids=[name for name, _ in themes()])
def test_texts_of_the_app_can_be_read(name: str, theme: dict[str, str]) -> None:
    for ground in (theme[key] for key in GROUNDS):
        assert contrast(theme["textColor"], ground) >= TEXT
        assert contrast(theme["linkColor"], ground) >= TEXT
        assert contrast(mixed(theme["textColor"], ground, CAPTION), ground) >= TEXT
        assert contrast(theme["primaryColor"], ground) >= GRAPHIC  # rings, switches, sliders
    if "sidebar" not in name:
        assert contrast("#ffffff", theme["primaryColor"]) >= TEXT  # on buttons; the sidebar has none of that kind
    else:
        assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= TEXT  # the page one is on


def test_texts_of_a_report_can_be_read() -> None:
    schemes = report_colours()
    assert len(schemes) == len(SCHEMES)
    pairs = re.findall(r"background: var\(--([\w-]+)\); color: var\(--([\w-]+)\)", REPORT)
    assert {("warn", "warn-ink"), ("good", "good-ink"), ("bad", "bad-ink"), ("paper", "ink")} <= set(pairs)
    for scheme in schemes:
        for ground, ink in pairs:
            assert contrast(scheme[ink], scheme[ground]) >= TEXT, (ground, ink)
        for ink in ("ink", "quiet", "accent"):
            assert contrast(scheme[ink], scheme["paper"]) >= TEXT
            assert contrast(scheme[ink], scheme["wash"]) >= TEXT
    used = set(re.findall(r"(?<![\w-])(?:color|fill): var\(--([\w-]+)\)", REPORT))
    assert used <= {"ink", "quiet", "accent", "warn-ink", "good-ink", "bad-ink"}
    assert not re.findall(r"(?<![\w-])color: #", REPORT)  # every colour of a text is one of these


def test_texts_in_charts_are_those_of_the_page() -> None:
    style = (ROOT / "app" / "style.css").read_text(encoding="utf-8")
    assert "fill: currentColor !important" in style
    for path in (PACKAGE / "views" / "figures").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"font[_\"]?[^\n]{0,20}color[\"']?[:=] ?[\"']#", source), path.name
    page = (PACKAGE / "views" / "figures" / "page.py").read_text(encoding="utf-8")
    (ink,) = re.findall(r"(?<![\w-])color: (#\w{3});", page)
    assert contrast("#" + "".join(2 * c for c in ink[1:]), "#ffffff") >= TEXT


def test_marks_in_charts_are_seen_or_outlined() -> None:
    """The pale ones of the colour-blind safe colours stand on white by the edge around them and the number beside."""
    grounds = [theme["backgroundColor"] for _, theme in themes() if "sidebar" not in _]
    for colour in (look.EDGE, look.ACCENT, look.PLAIN):
        assert all(contrast(colour, ground) >= GRAPHIC for ground in grounds), colour
    dark = THEME["dark"]["backgroundColor"]
    assert all(contrast(colour, dark) >= GRAPHIC for colour in (*colours._COLOURS, *(e.colour for e in EMOTIONS)))
    bars = figures.nine_bars({e.id: 0.1 for e in EMOTIONS}).data[0]
    assert bars.marker.line.color == look.EDGE and bars.marker.line.width >= 1
    assert all(bars.text)
