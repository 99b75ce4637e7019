"""Scores and counts as horizontal bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.embed.heads.head import any_word, mean_word
from emoanalytics.labels import BY_ID, EMOTION_IDS, Language
from emoanalytics.views.figures.look import ACCENT, EDGE, colour, finished, plotly
from emoanalytics.views.figures.words import label as named
from emoanalytics.views.figures.words import plain, said
from emoanalytics.views.overview import Overview

_ROW_PX, _FRAME_PX = 34, 56
_WORDS = {
    "interval": (", 95 % interval", "，95% 区间"),
    "not_known": ("not known to this head", "此分类头不认识"),
    "no_score": ("no score", "没有得分"),
    "clips": ("clips", "片段数"),
}


def score_bars(overview: Overview, language: Language | str = Language.EN) -> Any:
    """The mean of the whole score distribution of a store, with its intervals, as nine horizontal bars.

    Args:
        overview: what is in the store; an emotion without a mean gets words in place of a bar, never a zero.
        language: of the texts.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: Plotly is not installed.
    """
    sure = any(s.low is not None for s in overview.scores)
    missing = "not_known" if overview.scored else "no_score"
    texts = [
        said(_WORDS, missing, language)
        if s.mean is None
        else f"{s.mean:.2f}" + (f" ({s.low:.2f}–{s.high:.2f})" if s.low is not None and s.high is not None else "")
        for s in overview.scores
    ]
    intervals = [(s.low, s.high) for s in overview.scores] if sure else None
    axis = mean_word(overview.calibrated, language) + (said(_WORDS, "interval", language) if sure else "")
    return _bars(
        [named(s.emotion, language) for s in overview.scores],
        [s.mean for s in overview.scores],
        [colour(s.emotion) for s in overview.scores],
        texts,
        axis=axis,
        intervals=intervals,
        share=0.68 if sure else 0.84,
    )


def nine_bars(
    scores: Mapping[str, float | None], language: Language | str = Language.EN, *, calibrated: bool = False
) -> Any:
    """Model scores of one clip: the nine emotions in order, then any further label of the head.

    Args:
        scores: emotion or label -> score in 0..1, or None where the head does not know it.
        language: of the texts.
        calibrated: whether the winner's score may be called calibrated.
    """
    known = any(value is not None for value in scores.values())
    labels = [*EMOTION_IDS, *(label for label in scores if label not in BY_ID)]
    missing = said(_WORDS, "not_known" if known else "no_score", language)
    values = [scores.get(label) for label in labels]
    return _bars(
        [named(label, language) for label in labels],
        values,
        [colour(label) for label in labels],
        [missing if value is None else f"{value:.2f}" for value in values],
        axis=any_word(calibrated, language),
        top=1.0,
        share=0.88,
    )


def given_labels(given: Mapping[str, int], language: Language | str = Language.EN) -> Any:
    """How many clips the corpus gives each label, most frequent first."""
    labels = sorted(given, key=lambda label: (-given[label], label))
    return _counted([named(x, language) for x in labels], [given[x] for x in labels], map(colour, labels), language)


def quality_bars(flags: Mapping[str, int], language: Language | str = Language.EN) -> Any:
    """How many clips raise each quality flag, in the order given."""
    names = [flag_name(Flag(flag), language) if flag in set(Flag) else plain(flag) for flag in flags]
    return _counted(names, list(flags.values()), [ACCENT] * len(flags), language)


def _counted(labels: Sequence[str], counts: Sequence[int], colours: Any, language: Language | str) -> Any:
    texts = [f"{count:,}" for count in counts]
    figure = _bars(labels, counts, list(colours), texts, axis=said(_WORDS, "clips", language), share=0.86)
    return figure.update_xaxes(nticks=min(5, 1 + max(counts, default=1)))  # there is no half clip


def _bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    colours: Sequence[str],
    texts: Sequence[str],
    *,
    axis: str,
    top: float | None = None,
    intervals: Sequence[tuple[float | None, float | None]] | None = None,
    share: float = 1.0,
) -> Any:
    """Horizontal bars, the first on top, each with its text.

    It stands behind the bar, at the right edge where there are intervals, and in words where there is no bar.
    """
    go = plotly()
    bar = go.Bar(
        y=labels,
        x=values,
        orientation="h",
        marker={"color": colours, "line": {"color": EDGE, "width": 1}},
        customdata=texts,
        text=[
            "" if value is None or intervals is not None else text for value, text in zip(values, texts, strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    if intervals is not None:
        both = [(v, lo, hi) for v, (lo, hi) in zip(values, intervals, strict=True)]
        bar.error_x = {
            "type": "data",
            "symmetric": False,
            "array": [None if v is None or hi is None else max(0.0, hi - v) for v, _, hi in both],
            "arrayminus": [None if v is None or lo is None else max(0.0, v - lo) for v, lo, _ in both],
            "color": EDGE,
            "thickness": 1.5,
            "width": 4,
        }
    figure = go.Figure(bar)
    for label, value, text in zip(labels, values, texts, strict=True):
        if value is None:
            figure.add_annotation(y=label, text=f"<i>{text}</i>", showarrow=False, x=0, xanchor="left")
        elif intervals is not None:
            figure.add_annotation(y=label, text=text, showarrow=False, x=1, xref="paper", xanchor="right")
    figure.update_xaxes(
        title=axis, domain=[0, share], rangemode="tozero", range=None if top is None else [0, top], nticks=5
    )
    figure.update_yaxes(autorange="reversed", automargin=True, type="category", ticklabelstandoff=6)
    return finished(figure, _FRAME_PX + _ROW_PX * max(1, len(labels)))
