"""Which colour a clip has on a map, and the legend that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.embed.heads.head import any_word
from emoanalytics.labels import BY_ID, EMOTION_IDS, Language
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.views.figures.look import ACCENT, EDGE, PLAIN
from emoanalytics.views.figures.words import label as emotion_label
from emoanalytics.views.figures.words import plain, said
from emoanalytics.views.maps.painting import FLAGS, Paint, PaintKind

SCALE = "Viridis"
_NOTHING = "#c3c8cc"  # clips without a value
# Okabe and Ito's, then further ones that differ from them in lightness; each reads on white and on black.
_COLOURS = (
    *("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2"),
    *("#9a8cff", "#7fbf3f", "#b0413e", "#17becf", "#c49c6b"),
)
_WORDS = {
    "rest": ("{n} more", "其他 {n} 种"),
    "none": ("no value", "无"),
    "no_flag": ("no flag", "无标记"),
    "several": ("several", "多个"),
    "emotion": ("emotion with the highest score", "得分最高的情感"),
    "emotion_given": ("given label", "给定标签"),
    "speaker": ("speaker", "说话人"),
    "session": ("session", "会话"),
    "language": ("language", "语言"),
    "cluster": ("cluster", "聚类"),
    "flags": ("quality flag", "质量标记"),
    "kept": ("share of neighbours kept", "保留近邻的比例"),
    "trustworthiness": ("trustworthiness", "可信度"),
    "continuity": ("continuity", "连续性"),
    "doubtful": ("not to be believed", "不可信"),
    "True": ("yes", "是"),
    "False": ("no", "否"),
    "of": ("{word}: {label}", "{word}：{label}"),
}


@dataclass(frozen=True)
class Legend:
    """The colours of the clips of a map.

    Attributes:
        title: what is coloured by, or empty.
        names: of each colour.
        colours: ``#rrggbb`` of each; that of numbers is not used.
        ids: (n,) the clips.
        codes: (n,) int32 which colour each has.
        numbers: (n,) float64 where colour 0 is a scale of numbers, else None.
        span: the ends of that scale.
    """

    title: str
    names: tuple[str, ...]
    colours: tuple[str, ...]
    ids: pd.Index
    codes: np.ndarray
    numbers: np.ndarray | None = None
    span: tuple[float, float] = (0.0, 1.0)

    def of(self, ids: pd.Index) -> Legend:
        """The same legend for some of its clips, in another order."""
        rows = self.ids.get_indexer(ids)
        numbers = None if self.numbers is None else self.numbers[rows]
        return replace(self, ids=ids, codes=self.codes[rows], numbers=numbers)

    def parts(self) -> Iterator[tuple[np.ndarray, int]]:
        """The clips of each colour, (n,) bool, in the order of the legend."""
        for code in range(len(self.names)):
            yield self.codes == code, code

    def marker(self, code: int, rows: np.ndarray) -> dict[str, Any]:
        """The marker of a colour, for these clips."""
        if self.numbers is None or code:
            return {"color": self.colours[code]}
        scale = {"colorscale": SCALE, "cmin": self.span[0], "cmax": self.span[1]}
        return {"color": self.numbers[rows], **scale, "showscale": True, "colorbar": scale_bar(self.title)}

    def texts(self, code: int, rows: np.ndarray) -> list[str]:
        """What is said at each of these clips."""
        if self.numbers is not None and not code:
            return [f"{self.title}: {value:.3g}" for value in self.numbers[rows]]
        return [self.names[code]] * len(rows)


def scale_bar(title: str) -> dict[str, Any]:
    """The scale of numbers, below the map: beside it, it would take a third of a narrow page."""
    place = {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.02, "yanchor": "top"}
    return {**place, "thickness": 10, "len": 0.6, "lenmode": "fraction", "title": {"text": title, "side": "top"}}


def legend_of(paint: Paint | None, ids: pd.Index, language: Language | str) -> Legend:
    """The colours of these clips.

    Categories get colours by how frequent they are; beyond the eleventh they share a grey. Emotions have their own.
    """
    if paint is None:
        return Legend("", ("",), (ACCENT,), ids, np.zeros(len(ids), np.int32))
    values, title = paint.of(ids), _title(paint, language)
    if paint.kind is PaintKind.NUMBER:
        known = np.isfinite(values)
        span = _span(paint.by, values[known])
        codes = np.where(known, 0, 1).astype(np.int32)
        names = ("", said(_WORDS, "none", language)) if not known.all() else ("",)
        return Legend(title, names, (ACCENT, _NOTHING)[: len(names)], ids, codes, values, span)
    return _categories(paint, values, title, ids, language)


def _categories(paint: Paint, values: np.ndarray, title: str, ids: pd.Index, language: Language | str) -> Legend:
    counts = pd.Series(values, dtype=object).value_counts()
    order = sorted(counts.index, key=lambda value: (-int(counts[value]), str(value)))
    if paint.kind is PaintKind.EMOTION:
        shown = [e for e in EMOTION_IDS if e in counts.index] + [x for x in order if x not in BY_ID]
    else:
        shown = order
    most = len(EMOTION_IDS) + 2 if paint.kind is PaintKind.EMOTION else len(_COLOURS)
    rest, shown = shown[most:], shown[:most]
    place = {value: i for i, value in enumerate(shown)} | dict.fromkeys(rest, len(shown))
    missing = len(shown) + bool(rest)
    codes = np.array([missing if value is None else place[value] for value in values], np.int32)
    names = [_named(str(value), paint, language) for value in shown]
    colours = [_coloured(str(value), i, paint) for i, value in enumerate(shown)]
    if rest:
        names.append(said(_WORDS, "rest", language).format(n=len(rest)))
        colours.append(EDGE)
    if (codes == missing).any():
        names.append(said(_WORDS, "no_flag" if paint.by == FLAGS else "none", language))
        colours.append(_NOTHING)
    return Legend(title, tuple(names), tuple(colours), ids, codes)


def _coloured(value: str, place: int, paint: Paint) -> str:
    if paint.kind is PaintKind.EMOTION:
        return BY_ID[value].colour if value in BY_ID else (PLAIN, "#b59b7c")[place % 2]
    return _COLOURS[place]


def _named(value: str, paint: Paint, language: Language | str) -> str:
    if paint.kind is PaintKind.EMOTION:
        return emotion_label(value, language)
    if paint.by == FLAGS and value in set(Flag):
        return flag_name(Flag(value), language)
    ours = value in ("True", "False") or (paint.by == FLAGS and value == "several")
    return said(_WORDS, value, language) if ours else plain(value)


def _title(paint: Paint, language: Language | str) -> str:
    by = paint.by
    if by.startswith(RESERVED_PREFIX):
        label = emotion_label(by.removeprefix(RESERVED_PREFIX), language)
        return said(_WORDS, "of", language).format(word=any_word(paint.calibrated, language), label=label)
    return said(_WORDS, by, language) if by in _WORDS and by not in ("rest", "none", "of") else plain(by)


def _span(by: str, known: np.ndarray) -> tuple[float, float]:
    """Shares and scores from 0 to 1, so that two maps compare; anything else from its least to its greatest."""
    if by.startswith(RESERVED_PREFIX) or by in ("kept", "trustworthiness", "continuity"):
        return 0.0, 1.0
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
