"""One recording over its seconds: lines, shades and what is left out; and what trends tell while they count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emoanalytics.labels import BY_ID, Language
from emoanalytics.views import figures
from emoanalytics.views.figures.recordings import MOST_PIECES
from emoanalytics.views.timeline import Moment, Timeline
from emoanalytics.views.trends import trends
from tests.made_store import make_store

LABELS = ("angry", "happy", "neutral", "sad", "surprised")


def recording(moments: tuple[Moment, ...], n: int = 50) -> Timeline:
    scores = np.random.default_rng(0).dirichlet([1, 1, 9, 1, 1], n)
    start = np.arange(n) * 0.5
    mean = scores.mean(axis=0)
    return Timeline(file="a.wav", channel="mix", source="segments", labels=LABELS, start_s=start, end_s=start + 0.5,
                    scores=scores, logits=None, mean=mean, stored=mean, difference=None, moments=moments, turns=(),
                    smooth_s=1.0, head="made")  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
def test_the_emotions_that_last_are_drawn_and_shaded(language: Language) -> None:
    found = recording((Moment("sad", 1.0, 3.0, 0.8, 2.0), Moment("angry", 4.0, 9.0, 0.9, 5.0)))
    figure = figures.timeline_lines(found, language)
    assert [trace.name for trace in figure.data] == [
        f"{BY_ID[e].emoji} {BY_ID[e].name(language)}" for e in ("angry", "sad")
    ]
    assert figure.data[1].y == pytest.approx(found.scores[:, 3], abs=1e-4)
    assert figure.data[1].x == pytest.approx(found.start_s + 0.25)
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(1.0, 3.0), (4.0, 9.0)]


def test_where_nothing_lasts_the_highest_mean_is_drawn_and_never_more_than_three() -> None:
    assert ["neutral" in trace.name for trace in figures.timeline_lines(recording(())).data] == [True]
    four = tuple(Moment(e, i, i + 1.0 + i, 0.9, float(i)) for i, e in enumerate(("angry", "happy", "sad", "surprised")))
    drawn = figures.timeline_lines(recording(four))
    assert len(drawn.data) == 3 and not any("angry" in trace.name for trace in drawn.data)
    assert len(drawn.layout.shapes) == 3


def test_a_long_recording_is_thinned_from_end_to_end() -> None:
    found = recording((), 5 * MOST_PIECES)
    (line,) = figures.timeline_lines(found).data
    assert len(line.x) == MOST_PIECES and (line.x[0], line.x[-1]) == (0.25, found.start_s[-1] + 0.25)


def test_trends_tell_every_step(tmp_path: Path) -> None:
    rows = [{"speaker": "a", "session": str(i)} for i in range(3)]
    told: list[tuple[int, int, str]] = []
    trends(make_store(tmp_path / "s", rows, scores=np.full((3, 9), 1 / 9)), progress=lambda *step: told.append(step))
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4] and {total for _, total, _ in told} == {4}
