"""Figures of maps: each clip once, in its colour, with its id; faint where not to be believed; tiles for very many."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.errors import StoreError
from emoanalytics.labels import BY_ID, EMOTION_IDS
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore
from emoanalytics.views import figures
from emoanalytics.views.figures import maps as module
from emoanalytics.views.figures.marks import mark_clips
from emoanalytics.views.maps import (
    Map,
    MapMethod,
    MapSettings,
    PaintKind,
    Trust,
    align,
    draw_map,
    paint,
    painted,
    place,
)
from tests.made_store import make_store

N = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    rng = np.random.default_rng(0)
    rows = [
        {
            "speaker": f"<b>s{i % 3}</b>",
            "emotion_given": ("angry", "calm", None)[i % 3],
            "flags": [[], ["noisy"], ["noisy", "clipped"]][i % 3],
            "snr_db": float(i),
            "room": f"room {i % 15}",
        }
        for i in range(N)
    ]
    scores = rng.dirichlet(np.ones(9), N)
    scores[0] = np.nan
    return make_store(tmp_path_factory.mktemp("figures") / "s", rows, embeddings=rng.normal(size=(N, 6)), scores=scores)


@pytest.fixture(scope="module")
def drawn(store: EmotionStore) -> Map:
    flat = draw_map(Geometry(store), method="pca")
    return replace(flat, trust=replace(flat.trust, doubtful=np.arange(N) % 5 == 0))


def points(figure: Any) -> dict[str, tuple[str, bool, tuple[float, ...]]]:
    """Segment id -> name of the trace, whether it is faint, place."""
    found: dict[str, tuple[str, bool, tuple[float, ...]]] = {}
    for trace in figure.data:
        for i, segment in enumerate(() if trace.customdata is None else trace.customdata):
            assert segment not in found
            place = tuple(
                float(getattr(trace, axis)[i]) for axis in ("x", "y", "z") if getattr(trace, axis, None) is not None
            )
            found[segment] = (trace.name, trace.opacity < 0.5, place)
    return found


@pytest.mark.parametrize("dims", [2, 3])
def test_every_clip_is_drawn_once_where_it_lies_and_faint_where_it_should_be(
    store: EmotionStore, drawn: Map, dims: int
) -> None:
    if dims == 3:
        deep = draw_map(Geometry(store), method="pca", dims=3)
        drawn = replace(deep, trust=replace(deep.trust, doubtful=drawn.trust.doubtful))
    table = store.scores().set_index("segment_id")
    found = points(figures.map_figure(drawn, paint(store, drawn)))
    assert set(found) == set(drawn.ids)
    for i, segment in enumerate(drawn.ids):
        name, faint, place = found[segment]
        scores = table.loc[segment].to_numpy(float)
        emotion = None if np.isnan(scores).all() else EMOTION_IDS[int(np.nanargmax(scores))]
        assert name == ("no value" if emotion is None else f"{BY_ID[emotion].emoji} {emotion}")
        assert faint == (i % 5 == 0) and place == pytest.approx(drawn.coordinates[i])
    clear = points(figures.map_figure(drawn, paint(store, drawn), shade=False))
    assert not any(faint for _, faint, _ in clear.values()) and set(clear) == set(drawn.ids)


def test_emotions_have_their_colours_and_one_entry_each_in_the_legend(store: EmotionStore, drawn: Map) -> None:
    figure = figures.map_figure(drawn, paint(store, drawn), "zh")
    shown = [t for t in figure.data if t.showlegend]
    assert len({t.name for t in shown}) == len(shown)
    for emotion in EMOTION_IDS:
        label = f"{BY_ID[emotion].emoji} {BY_ID[emotion].zh}"
        traces = [t for t in figure.data if t.name == label]
        assert {t.marker.color for t in traces} <= {BY_ID[emotion].colour}
        assert len({t.legendgroup for t in traces}) <= 1
    assert shown[-1].name == "浅色：不可信（20%）"
    assert figure.layout.legend.title.text == "得分最高的情感"
    kept = f"{100 * drawn.trust.share_kept:.0f}"
    assert figure.layout.title.text == f"PCA · 15 个近邻：保留 {kept}%"


def test_given_labels_beyond_the_nine_and_none_have_a_place(store: EmotionStore, drawn: Map) -> None:
    figure = figures.map_figure(drawn, paint(store, drawn, "emotion_given"), shade=False)
    assert [t.name for t in figure.data] == ["😠 angry", "calm", "no value"]
    assert [len(t.x) for t in figure.data] == [20, 20, 20]


def test_numbers_have_one_scale(store: EmotionStore, drawn: Map) -> None:
    figure = figures.map_figure(drawn, paint(store, drawn, "snr_db"))
    scales = [t for t in figure.data if t.customdata is not None]
    assert [(t.marker.cmin, t.marker.cmax) for t in scales] == [(0, N - 1)] * 2
    assert [bool(t.marker.showscale) for t in scales] == [True, False]
    order = {segment: i for i, segment in enumerate(drawn.ids)}
    for trace in scales:
        assert [order[x] for x in trace.customdata] == list(trace.marker.color)
    assert scales[0].hovertemplate == "snr_db: %{marker.color:.3g}<extra></extra>" and scales[0].text is None
    told = figures.map_figure(drawn, paint(store, drawn, "snr_db"), hover=pd.DataFrame({"x": "a"}, index=drawn.ids))
    assert told.data[0].text[0] == f"snr_db: {order[told.data[0].customdata[0]]:.3g}<br>x: a"
    score = figures.map_figure(drawn, paint(store, drawn, "score_sad"), shade=False)
    assert (score.data[0].marker.cmin, score.data[0].marker.cmax) == (0, 1)
    assert score.data[0].marker.colorbar.title.text == "model score: 😢 sad"
    assert score.data[1].name == "no value" and list(score.data[1].customdata) == [drawn.ids[0]]


def test_many_categories_share_a_grey_and_texts_of_others_stay_texts(store: EmotionStore, drawn: Map) -> None:
    figure = figures.map_figure(drawn, paint(store, drawn, "room"), shade=False)
    names = [t.name for t in figure.data]
    assert len(names) == 12 and names[-1] == "4 more" and len(figure.data[-1].x) == 16
    speakers = figures.map_figure(drawn, paint(store, drawn, "speaker"), shade=False)
    assert speakers.data[0].name == "&lt;b&gt;s0&lt;/b&gt;"
    hover = store.segments(["segment_id", "file", "speaker"]).set_index("segment_id")
    text = figures.map_figure(drawn, None, hover=hover).data[0].text
    assert "file: 1.wav<br>speaker: &lt;b&gt;s1&lt;/b&gt;" in list(text)
    flags = figures.map_figure(drawn, paint(store, drawn, "flags"), "zh", shade=False)
    assert {t.name: len(t.x) for t in flags.data} == {flag_name(Flag.NOISY, "zh"): 20, "多个": 20, "无标记": 20}


def test_trust_and_any_values_can_be_painted(store: EmotionStore, drawn: Map) -> None:
    kept = paint(store, drawn, "kept")
    assert kept.kind is PaintKind.NUMBER and np.array_equal(kept.of(drawn.ids), drawn.trust.kept.astype(float))
    doubtful = figures.map_figure(drawn, paint(store, drawn, "doubtful"), shade=False)
    assert {t.name: len(t.x) for t in doubtful.data} == {"no": 48, "yes": 12}
    clusters = painted("cluster", pd.Series(["a", "b"] * 15, index=drawn.ids[:30]))
    assert clusters.of(drawn.ids[[1, 0, 40]]).tolist() == ["b", "a", None]
    with pytest.raises(StoreError, match="a map cannot be coloured by 'mood': choose emotion, flags, kept,"):
        paint(store, drawn, "mood")


def test_without_scores_the_winner_is_refused(tmp_path: Path) -> None:
    bare = make_store(tmp_path / "s", [{}] * 4)
    with pytest.raises(StoreError, match="has no scores to colour a map by: fit a head"):
        paint(bare, draw_map(Geometry(bare), method="pca"))


def test_new_clips_are_diamonds_on_top(store: EmotionStore, drawn: Map) -> None:
    placed = place(drawn, Geometry(store), store.embeddings()[:3] + 0.1)
    figure = figures.map_figure(drawn, None, placed=placed)
    assert figure.data[-1].name == "new clips" and figure.data[-1].marker.symbol == "diamond"
    assert np.stack([figure.data[-1].x, figure.data[-1].y], axis=1) == pytest.approx(placed.coordinates)


def test_two_maps_share_a_legend(store: EmotionStore, drawn: Map) -> None:
    second = align(drawn, draw_map(Geometry(store, "speaker-centred"), method="pca")).map
    for stacked in (False, True):
        figure = figures.map_pair(drawn, second, paint(store, drawn), names=("old <i>", "new"), stacked=stacked)
        left = [t for t in figure.data if t.xaxis == "x" and t.customdata is not None]
        right = [t for t in figure.data if t.xaxis == "x2" and t.customdata is not None]
        assert sum(len(t.x) for t in left) == sum(len(t.x) for t in right) == N
        assert not any(t.showlegend for t in right) and {t.legendgroup for t in left} == {t.legendgroup for t in right}
        assert figure.layout.annotations[0].text.startswith("old &lt;i&gt; · PCA")
    scores = figures.map_pair(drawn, second, paint(store, drawn, "snr_db"))
    assert sum(bool(t.marker.showscale) for t in scores.data) == 1
    with pytest.raises(ValueError, match="only flat maps"):
        figures.map_pair(drawn, draw_map(Geometry(store), method="pca", dims=3))


def test_a_pair_colours_a_clip_alike_on_both_sides(store: EmotionStore, drawn: Map) -> None:
    """A map that lacks clips must not shift the colours of the others."""
    names = ("kept", "trustworthiness", "continuity", "doubtful")
    trust = replace(drawn.trust, **{name: getattr(drawn.trust, name)[20:] for name in names})
    part = replace(drawn, ids=drawn.ids[20:], coordinates=drawn.coordinates[20:], trust=trust)
    for by in ("emotion", "room", "snr_db"):
        figure = figures.map_pair(drawn, part, paint(store, drawn, by), shade=False)
        look: list[dict[str, Any]] = [{}, {}]
        for trace in figure.data:
            colours = trace.marker.color
            for i, segment in enumerate(trace.customdata):
                look[trace.xaxis == "x2"][segment] = colours if isinstance(colours, str) else colours[i]
        assert len(look[1]) == N - 20 and all(look[0][segment] == value for segment, value in look[1].items())


def large(n: int = 5000) -> Map:
    rng = np.random.default_rng(2)
    ones = np.ones(n, np.float32)
    store = Trust(15, 90, ones, ones, ones, rng.random(n) < 0.1, 0.4, 0.01, 0.9, 0.9, n, (0.0, 0.0))
    ids = pd.Index([f"{i:032x}" for i in range(n)])
    coordinates = rng.normal(size=(n, 2)).astype(np.float32)
    return Map(ids, coordinates, store, MapSettings(), MapMethod.UMAP, Space.RAW, "k", {})


def test_very_many_clips_are_counted_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 1000)
    drawn = large()
    bare = figures.map_figure(drawn).data[0]
    assert bare.type == "heatmap" and np.nansum(10**bare.z) == pytest.approx(5000, rel=1e-4)
    values = pd.Series(drawn.coordinates[:, 0].astype(float), index=drawn.ids)
    mean = figures.map_figure(drawn, painted("x", values)).data[0]
    known = ~np.isnan(mean.z)
    width = mean.x[1] - mean.x[0]
    assert np.abs(mean.z - np.asarray(mean.x)[None])[known].max() <= width / 2 + 1e-5  # a tile's own place
    halves = painted("half", pd.Series(np.where(drawn.coordinates[:, 0] < 0, "left", "right"), index=drawn.ids))
    figure = figures.map_figure(drawn, halves, "zh")
    heat, keys = figure.data[0], {t.name for t in figure.data[1:]}
    assert keys == {"left", "right"}
    for row, column in zip(*np.nonzero(~np.isnan(heat.z)), strict=True):
        if abs(heat.x[column]) > width:
            side = "left" if heat.x[column] < 0 else "right"
            assert heat.text[row, column].endswith(f"其中最多: {side}")
    assert len(figure.to_json()) < 3_000_000


def test_a_window_with_few_clips_shows_them_and_one_with_many_finer_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 1000)
    drawn = large()
    near = figures.map_figure(drawn, window=(0.0, 0.3, -0.2, 0.3))
    inside = [
        segment
        for segment, (x, y) in zip(drawn.ids, drawn.coordinates, strict=True)
        if 0.0 <= x <= 0.3 and -0.2 <= y <= 0.3
    ]
    assert set(points(near)) == set(inside) and 0 < len(inside) < 1000
    assert (near.layout.xaxis.range, near.layout.yaxis.range) == ((0.0, 0.3), (-0.2, 0.3))
    half = figures.map_figure(drawn, window=(-1.0, 1.0, -1.0, 1.0)).data[0]
    assert half.type == "heatmap" and half.x.min() > -1 and half.x.max() < 1
    assert np.nansum(10**half.z) == pytest.approx((np.abs(drawn.coordinates) <= 1).all(axis=1).sum(), rel=1e-4)


def test_very_many_clips_in_three_dimensions_are_refused(monkeypatch: pytest.MonkeyPatch, store: EmotionStore) -> None:
    monkeypatch.setattr(module, "MOST_POINTS", 10)
    with pytest.raises(StoreError, match="60 clips are too many for a map with 3 dimensions: draw it with dims=2"):
        figures.map_figure(draw_map(Geometry(store), method="pca", dims=3))


def test_figures_of_maps_bring_no_background_no_text_colour_and_no_embedding(store: EmotionStore, drawn: Map) -> None:
    text = figures.map_figure(drawn, paint(store, drawn)).to_json()
    layout = json.loads(text)["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)" and "font" not in layout
    assert "color" not in layout["title"]["font"] and len(text) < 40_000


@pytest.mark.parametrize("by", ["emotion", "number"])
def test_a_map_of_100000_clips_stays_below_the_5_mb_of_a_message(by: str) -> None:
    drawn = large(100_000)
    rng = np.random.default_rng(3)
    values = rng.choice([*EMOTION_IDS, None], 100_000) if by == "emotion" else rng.random(100_000)
    figure = figures.map_figure(drawn, painted(by, pd.Series(values, index=drawn.ids)), numbered=True)
    size = len(mark_clips(figure, drawn, drawn.ids[:2000].tolist(), numbered=True).to_json())
    print(f"{by}: {size:,} bytes")
    assert 1_500_000 < size < 4_000_000  # 32 characters a clip for ids alone would be 3.5 MB more


@pytest.mark.parametrize("window", [None, (-1.0, 1.0, -0.5, 1.0)])
def test_under_a_plane_points_are_drawn_and_no_more(window: tuple[float, float, float, float] | None) -> None:
    drawn = large(100_000)
    emotions = painted("emotion", pd.Series(np.random.default_rng(3).choice(EMOTION_IDS, 100_000), index=drawn.ids))
    bare = figures.map_figure(drawn, emotions, numbered=True, window=window)
    figure = figures.map_figure(drawn, emotions, outlined=True, window=window)
    *clips, plane = figure.data
    assert (plane.xaxis, plane.yaxis, plane.hoverinfo, list(plane.x)) == ("x2", "y2", "skip", [None])
    for before, clip in zip(bare.data, clips, strict=True):
        assert np.array_equal(before.x, clip.x) and np.array_equal(before.y, clip.y) and before.marker == clip.marker
        assert clip.customdata is None and clip.text is None and clip.xaxis in (None, "x")
        assert clip.hoverinfo == ("skip" if clip.type == "scattergl" else None)
    layout = figure.layout
    assert (layout.xaxis2.matches, layout.yaxis2.matches) == ("x", "y") and layout.xaxis2.overlaying is None
    assert (layout.xaxis2.range, layout.yaxis2.range) == (layout.xaxis.range, layout.yaxis.range)
    assert layout.xaxis2.constrain == layout.xaxis.constrain
    sizes = [len(mark_clips(each, drawn, []).to_json()) for each in (figure, bare)]
    assert sizes[0] < 0.72 * sizes[1]  # the row numbers were a third


def test_clips_placed_anew_lie_on_the_plane_and_tiles_need_none(store: EmotionStore, drawn: Map) -> None:
    placed = place(drawn, Geometry(store), store.embeddings()[:3] + 0.1)
    figure = figures.map_figure(drawn, placed=placed, outlined=True)
    (diamonds,) = [t for t in figure.data if t.marker.symbol == "diamond"]
    assert diamonds.xaxis == "x2" and figure.data[-1].xaxis == "x2" and len(figure.data[-1].x) == 1
    tiles = figures.map_figure(drawn, outlined=True, most=10)
    assert tiles.data[0].type == "heatmap" and "xaxis2" not in tiles.to_dict()["layout"]
    deep = draw_map(Geometry(store), method="pca", dims=3)
    assert figures.map_figure(deep, outlined=True) == figures.map_figure(deep)


def test_numbered_points_are_rows_of_the_map_and_so_are_rings(store: EmotionStore, drawn: Map) -> None:
    figure = figures.map_figure(drawn, paint(store, drawn), numbered=True)
    for trace in figure.data:
        if trace.customdata is not None:
            assert trace.customdata.dtype == np.int32
            assert np.stack([trace.x, trace.y], axis=1) == pytest.approx(drawn.coordinates[trace.customdata])
    assert sorted(points(figure)) == list(range(N))
    ring = mark_clips(figure, drawn, [drawn.ids[7], drawn.ids[2]], numbered=True).data[-1]
    assert ring.customdata.tolist() == [7, 2] and list(ring.x) == pytest.approx(drawn.coordinates[[7, 2], 0].tolist())


def test_names_stand_at_a_clip_in_the_middle_of_their_clips(store: EmotionStore, drawn: Map) -> None:
    groups = painted("cluster", pd.Series(["<b> and a long name of three lines", "two", None] * 20, index=drawn.ids))
    names = {a.text: (a.x, a.y) for a in figures.map_figure(drawn, groups, named=True).layout.annotations if a.bgcolor}
    assert set(names) == {"&lt;b&gt; and a long<br>name of three…", "two"}
    for first, (x, y) in zip((0, 1), names.values(), strict=True):
        own = drawn.coordinates[first::3].astype(float)
        middle = [sorted(column)[9] / 2 + sorted(column)[10] / 2 for column in own.T.tolist()]
        nearest = min(own.tolist(), key=lambda p: (p[0] - middle[0]) ** 2 + (p[1] - middle[1]) ** 2)
        assert (x, y) == pytest.approx(nearest, abs=1e-5)
    for by in ("snr_db", "kept"):  # a number has no middle
        assert not any(
            a.bgcolor for a in figures.map_figure(drawn, paint(store, drawn, by), named=True).layout.annotations
        )
    small = figures.map_figure(drawn, groups, named=True, window=(0.0, 9.0, -9.0, 9.0)).layout.annotations
    assert all(a.x >= 0 for a in small if a.bgcolor)


def test_without_webgl_more_than_5000_points_are_tiles_and_fewer_are_svg() -> None:
    drawn = large(6000)
    tiled = mark_clips(figures.map_figure(drawn, most=5000), drawn, [])
    assert {t.type for t in tiled.data} == {"heatmap"} and tiled.layout.dragmode == "select"
    assert {t.type for t in mark_clips(figures.map_figure(drawn), drawn, []).data} == {"scattergl"}
    near = figures.map_figure(drawn, most=5000, window=(-0.5, 0.5, -0.5, 0.5))
    assert {t.type for t in mark_clips(near, drawn, []).data} == {"scatter"}


def test_rings_in_three_dimensions_and_names_of_new_clips(store: EmotionStore, drawn: Map) -> None:
    deep = draw_map(Geometry(store), method="pca", dims=3)
    marked = mark_clips(figures.map_figure(deep), deep, [deep.ids[3]])
    assert marked.data[-1].type == "scatter3d" and marked.data[-1].z[0] == pytest.approx(float(deep.coordinates[3, 2]))
    assert list(marked.data[-1].customdata) == [deep.ids[3]] and marked.layout.dragmode == "pan"
    placed = place(drawn, Geometry(store), store.embeddings()[:2])
    figure = figures.map_figure(drawn, placed=placed, placed_names=["<a>", "b"])
    assert list(figure.data[-1].text) == ["&lt;a&gt;", "b"] and "%{text}" in figure.data[-1].hovertemplate


@pytest.mark.parametrize(("doubtful", "share"), [(1000, "100"), (123, "12"), (9, "0.9")])
def test_the_share_not_to_be_believed_is_a_plain_number(doubtful: int, share: str) -> None:
    drawn = large(1000)
    drawn = replace(drawn, trust=replace(drawn.trust, doubtful=np.arange(1000) < doubtful))
    assert figures.map_figure(drawn).data[-1].name == f"faint: not to be believed ({share} %)"
