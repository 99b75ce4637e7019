"""The Map page: colours, trust, lasso to list; every number equal to the library's."""

from __future__ import annotations

import base64
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import chosen, colouring
from app import mapped as charted
from emoanalytics import (
    EmotionStore,
    Geometry,
    Language,
    Map,
    Query,
    Space,
    align,
    analyze,
    cluster,
    draw_map,
    figures,
    leak_meter,
    load_encoder,
    mark_clips,
    paint,
    place,
    portraits,
    search,
    surroundings,
)
from tests.app.test_pages import Open, _walk, metric, shown, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.app.test_search import ids, page_of, press
from tests.conftest import ROOT
from tests.made_store import make_store

CHART = "map_0"


@pytest.fixture(scope="session")
def mapped(store: Path) -> Path:
    """The store with a fitted head, where no other test writes."""
    path = store.parent / "mapped"
    shutil.copytree(store, path, ignore=shutil.ignore_patterns("maps", "graph", "vectors"))
    return path


def by_hand(store: Path, space: Space = Space.RAW, method: str = "pca") -> Map:
    return draw_map(Geometry(EmotionStore.open(store), space), method=method)


def spec(at: AppTest) -> dict[str, Any]:
    """The map as it was sent to the browser."""
    return next(json.loads(e.proto.spec) for e in _walk(at.main) if e.type == "plotly_chart" and "map_" in e.proto.id)


def drawn_points(at: AppTest) -> dict[str, str]:
    """Segment id -> name of its colour, of all points but rings."""
    return {
        key: trace.get("name", "")
        for trace in spec(at)["data"]
        if trace.get("customdata") is not None and trace["marker"].get("symbol") != "circle-open"
        for key in _ids(trace["customdata"])
    }


def numbers(data: Any) -> list[float]:
    """A list, or an array as Plotly packs it."""
    if isinstance(data, list):
        return data
    return np.frombuffer(base64.b64decode(data["bdata"]), np.dtype(data["dtype"])).tolist()


def rings(at: AppTest) -> list[str]:
    return [
        key for t in spec(at)["data"] if t["marker"].get("symbol") == "circle-open" for key in _ids(t["customdata"])
    ]


def _ids(data: Any) -> list[str]:
    """The clips whose row numbers points carry; rows of a map are those of the store that is open."""
    order = EmotionStore.open(Path(sys.argv[-1])).segments(["segment_id"])["segment_id"]
    return [order[int(row)] for row in numbers(data)]


def lassoed(at: AppTest, keys: list[str], box: dict[str, Any] | None = None, chart: str = CHART) -> AppTest:
    """As the browser says it: points with their customdata."""
    order = EmotionStore.open(Path(sys.argv[-1])).segments(["segment_id"])["segment_id"].tolist()
    points = [{"curve_number": 0, "point_index": i, "customdata": order.index(key)} for i, key in enumerate(keys)]
    at.session_state[chart] = {
        "selection": {"points": points, "point_indices": [], "box": [box] if box else [], "lasso": []}
    }
    return at.run()


def stay(at: AppTest, page: str) -> AppTest:
    """The test frame does not notice by itself that the app went to another page."""
    return at.switch_page(str(ROOT / "app" / "app_pages" / f"{page}.py"))


def listed(at: AppTest) -> list[str]:
    return [b.key.removeprefix("play_chosen_") for b in at.button if (b.key or "").startswith("play_chosen_")]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_the_map_and_its_trust_are_the_librarys(open_page: Open, mapped: Path, language: str, method: str) -> None:
    at = open_page("map", mapped, language, method=method)
    assert not at.exception and not at.error
    drawn = by_hand(mapped, method=method)
    words = shown(at).lower()
    assert all(line.lower() in words for line in drawn.words(language))
    winners = paint(EmotionStore.open(mapped), drawn).of(drawn.ids)
    colours = drawn_points(at)
    assert set(colours) == set(drawn.ids) and len(colours) == 15
    for key, winner in zip(drawn.ids, winners, strict=True):
        name = {"en": winner, "zh": {"angry": "生气", "sad": "难过", "happy": "开心"}.get(winner, winner)}[language]
        assert colours[key].endswith(name)
    leak = leak_meter(Geometry(EmotionStore.open(mapped)))
    assert leak.lines(language)[0] in shown(at)
    assert text("leak_switch", language) in shown(at) and text("chosen_empty", language) in shown(at)


def test_points_lie_where_the_library_put_them(open_page: Open, mapped: Path) -> None:
    at = open_page("map", mapped, method="pca", space="speaker-centred")
    drawn = by_hand(mapped, Space.SPEAKER_CENTRED)
    assert at.query_params["space"] == "speaker-centred" and at.query_params["method"] == "pca"
    traces = [trace for trace in spec(at)["data"] if trace.get("customdata") is not None]
    seen = {
        key: (x, y)
        for trace in traces
        for key, x, y in zip(_ids(trace["customdata"]), numbers(trace["x"]), numbers(trace["y"]), strict=True)
    }
    for key, where in zip(drawn.ids, drawn.coordinates, strict=True):
        assert seen[key] == pytest.approx(tuple(where), abs=1e-5)
    assert text("leak_centred", "en") in shown(at)
    assert {trace["type"] for trace in spec(at)["data"]} == {"scatter"}  # no WebGL is needed for few clips


@pytest.mark.parametrize("language", list(Language))
def test_a_lasso_becomes_a_list_to_hear_and_to_keep(open_page: Open, mapped: Path, language: str) -> None:
    known = ids(mapped)
    keys = [known["clip03.wav"], known["clip01.wav"], known["silent.wav"]]
    at = lassoed(open_page("map", mapped, language, method="pca"), keys)
    assert not at.exception
    assert listed(at) == keys and at.query_params["chosen"] == keys
    assert text("chosen_line", language, n=3, total=15) in shown(at)
    assert not rings(at)  # a ring would draw the chart anew and lose the lasso
    before = spec(at)
    at = press(at, f"play_chosen_{keys[1]}")
    assert len(at.get("audio")) == 1 and at.get("audio")[0].proto.autoplay
    at = lassoed(at, keys[:1])
    assert listed(at) == keys[:1] and spec(at) == before
    at = lassoed(at, [])
    assert not listed(at) and "chosen" not in at.query_params


def test_a_link_marks_and_lists_the_chosen_clips(open_page: Open, mapped: Path) -> None:
    known = ids(mapped)
    keys = [known["clip03.wav"], known["clip01.wav"]]
    at = open_page("map", mapped, method="pca", chosen=keys)
    assert listed(at) == keys and sorted(rings(at)) == sorted(keys)
    at = lassoed(at, [known["clip05.wav"]])
    assert listed(at) == [known["clip05.wav"]] and sorted(rings(at)) == sorted(keys)
    at = lassoed(at, [])  # let go: what came with the link is there again
    assert listed(at) == keys
    at = at.selectbox(key="colour").set_value("speaker").run()  # drawn anew: what was lassoed is marked
    assert sorted(rings(at)) == sorted(keys)
    gone = open_page("map", mapped, method="pca", chosen="0" * 32)
    assert text("chosen_gone", "en") in shown(gone) and not gone.exception


def test_what_was_lassoed_is_marked_when_the_map_is_drawn_anew(open_page: Open, mapped: Path) -> None:
    keys = [ids(mapped)["clip03.wav"]]
    at = lassoed(open_page("map", mapped, method="pca"), keys)
    at.session_state[CHART] = {"selection": {"points": [], "point_indices": [], "box": [], "lasso": []}}
    at = at.selectbox(key="colour").set_value("speaker").run()  # another chart: the browser has no lasso on it
    assert listed(at) == keys and rings(at) == keys
    at = press(at, "chosen_clear")
    assert not listed(at) and not rings(at) and text("chosen_empty", "en") in shown(at)


def test_a_lasso_is_still_chosen_after_a_look_at_another_page(open_page: Open, mapped: Path) -> None:
    keys = [ids(mapped)["clip03.wav"], ids(mapped)["clip05.wav"]]
    at = lassoed(open_page("map", mapped, method="pca"), keys)
    stay(at, "overview").run()
    at = stay(at, "map").run()
    assert listed(at) == keys and sorted(rings(at)) == sorted(keys)


def test_chosen_clips_start_a_search_and_hits_come_to_the_map(open_page: Open, mapped: Path) -> None:
    known = ids(mapped)
    keys = [known["clip03.wav"], known["clip01.wav"]]
    at = press(open_page("map", mapped, method="pca", chosen=keys), "go_chosen_similar")
    assert page_of(at) == text("page_search", "en") and at.query_params["like"] == keys
    found = search(Geometry(EmotionStore.open(mapped)), Query(positives=keys), k=100)
    at = press(stay(at, "search"), "hits_to_map")
    wanted = [hit.segment_id for hit in found.hits]
    assert page_of(at) == text("page_map", "en") and at.query_params["chosen"] == wanted
    assert listed(at) == wanted[:10] and sorted(rings(at)) == sorted(wanted)
    at = press(stay(at, "map"), "chosen_hits_next")
    assert listed(at) == wanted[10:]
    one = listed(at)[0]
    at = press(at, f"similar_chosen_{one}")
    assert page_of(at) == text("page_search", "en") and at.query_params["like"] == one


def test_every_choice_of_colour_draws(open_page: Open, mapped: Path) -> None:
    at = open_page("map", mapped, method="pca")
    offered = at.selectbox(key="colour").options
    names = colouring.choices(EmotionStore.open(mapped))
    assert len(offered) == len(names) and {"emotion", "kept", "speaker", "flags", "score_calm", "snr_db"} <= set(names)
    assert not {"segment_id", "text", "score_surprised"} & set(names)
    for choice in names:
        at = at.selectbox(key="colour").set_value(choice).run()
        assert not at.exception and not at.error, choice
        assert len(drawn_points(at)) == 15
    assert "colour" in at.query_params


def test_filters_make_the_rest_grey(open_page: Open, mapped: Path) -> None:
    at = open_page("map", mapped, method="pca", speaker="o'neil")
    rows = EmotionStore.open(mapped).segments(["segment_id", "speaker"])
    grey = {key for key, name in drawn_points(at).items() if name == "no value"}
    assert grey == set(rows["segment_id"][rows["speaker"] != "o'neil"])
    assert text("map_filtered", "en") in shown(at)
    wrong = open_page("map", mapped, "zh", where="speeker = 1")
    assert len(wrong.error) == 1 and text("filter_where_bad", "zh") in wrong.error[0].value


@pytest.mark.parametrize("query", [{"method": "art"}, {"colour": "x; DROP"}, {"shade": "?"}, {"chosen": "' OR 1=1"}])
def test_a_wrong_link_is_no_error(open_page: Open, mapped: Path, query: dict[str, str]) -> None:
    at = open_page("map", mapped, **query)
    assert not at.exception and not at.error and len(drawn_points(at)) == 15


def test_points_not_to_be_believed_are_faint_unless_asked(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = np.random.default_rng(0).normal(size=(300, 20))
    made = make_store(tmp_path / "noise", [{} for _ in range(300)], embeddings=points)
    drawn = by_hand(made.path)
    assert 10 < drawn.trust.doubtful.sum() < 290
    for shade, expected in (("1", int(drawn.trust.doubtful.sum())), ("0", 0)):
        at = open_page("map", made.path, method="pca", shade=shade)
        faint = [t for t in spec(at)["data"] if t.get("opacity", 1) < 0.3 and t.get("customdata") is not None]
        assert sum(len(numbers(t["customdata"])) for t in faint) == expected
        assert at.query_params.get("shade") == (None if shade == "1" else "0")


def test_one_clip_and_clips_all_alike_have_a_map(open_page: Open, one_row: Path, tmp_path: Path) -> None:
    at = open_page("map", one_row)
    assert not at.exception and not at.error and len(drawn_points(at)) == 1
    assert "too few clips to say how far to believe this map" in shown(at).lower()
    alike = make_store(tmp_path / "alike", [{} for _ in range(12)], embeddings=np.ones((12, 4)))
    at = open_page("map", alike.path)
    assert not at.exception and not at.error and len(drawn_points(at)) == 12


def test_a_damaged_map_is_drawn_again_and_said(open_page: Open, tmp_path: Path) -> None:
    made = make_store(
        tmp_path / "made", [{} for _ in range(20)], embeddings=np.random.default_rng(1).normal(size=(20, 6))
    )
    drawn = by_hand(made.path)
    for path in (made.path / "derived" / "maps" / drawn.key).glob("*.npy"):
        path.write_bytes(b"nothing")
    at = open_page("map", made.path, method="pca")
    assert not at.exception and not at.error and len(drawn_points(at)) == 20
    assert "is damaged" in shown(at) and drawn.key in shown(at)


def test_tiles_are_listed_by_a_box_and_zoomed(open_page: Open, mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_POINTS", 10)
    drawn = by_hand(mapped)
    at = open_page("map", mapped, method="pca")
    assert "heatmap" in {trace["type"] for trace in spec(at)["data"]} and at.button(key="map_zoom").disabled
    x, y = drawn.coordinates.T.astype(float)
    x1 = float(np.median(x))
    box = {"xref": "x", "yref": "y", "x": [x1, float(x.min()) - 1], "y": [float(y.min()) - 1, float(y.max()) + 1]}
    at = lassoed(at, [], box)
    inside = drawn.ids[x <= x1].tolist()
    assert len(inside) == 8 and at.query_params["chosen"] == inside and listed(at) == inside
    at = press(at, "map_zoom")
    assert set(drawn_points(at)) == set(inside) and sorted(rings(at)) == sorted(inside)
    at = press(at, "map_all")
    assert "heatmap" in {trace["type"] for trace in spec(at)["data"]}


def test_among_many_clips_a_lasso_is_known_by_its_outline(
    open_page: Open, mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = by_hand(mapped)
    at = open_page("map", mapped, method="pca")
    assert text("map_outlined", "en", n=10) not in shown(at)
    monkeypatch.setattr(charted, "MOST_HOVERS", 10)
    at = at.run()
    assert text("map_outlined", "en", n=10) in shown(at)
    assert not [t for t in spec(at)["data"] if t.get("customdata") is not None]
    (config,) = [json.loads(e.proto.config) for e in _walk(at.main) if e.type == "plotly_chart"]
    assert config["plotGlPixelRatio"] == 1
    x, y = drawn.coordinates.T.astype(float)
    x0, y0, y1 = float(np.median(x)), float(y.min()) - 1, float(y.max()) + 1
    corners = [x0, float(x.max()) + 1, x0], [y0, float(np.median(y)), y1]
    lasso = {"xref": "x2", "yref": "y2", "x": corners[0], "y": corners[1]}
    inside = drawn.ids[drawn.inside(*corners)].tolist()
    box = {"x": [float(x.min()), float(x.min())], "y": [y0, y1]}
    at.session_state[CHART] = {"selection": {"points": [], "point_indices": [], "box": [box], "lasso": [lasso]}}
    at = at.run()
    assert not at.exception and 2 < len(inside) < 13 and at.query_params["chosen"] == inside
    box["x"][1] = x0  # a box beside it: both count, and its edge is inside
    at.session_state[CHART] = {"selection": {"points": [], "point_indices": [], "box": [box], "lasso": [lasso]}}
    at = at.run()
    left = drawn.ids[x <= x0].tolist()
    assert sorted(at.query_params["chosen"]) == sorted({*inside, *left}) and len(left) == 8
    at = press(at, "chosen_clear")
    assert "chosen" not in at.query_params and not at.exception


def test_the_download_holds_the_chosen_rows_and_their_places(mapped: Path) -> None:
    from app import parts, results

    opened, drawn = EmotionStore.open(mapped), by_hand(mapped)
    table = pd.read_csv(io.BytesIO(parts.csv(results.placed(opened, drawn, np.array([2, 7])))))
    assert table["segment_id"].tolist() == drawn.ids[[2, 7]].tolist()
    assert table["file"].tolist() == opened.segments(["file"])["file"].iloc[[2, 7]].tolist()
    assert table["x"].to_numpy() == pytest.approx(drawn.coordinates[[2, 7], 0], abs=1e-5)
    assert table["kept"].to_numpy() == pytest.approx(drawn.trust.kept[[2, 7]], abs=1e-5)


def test_rings_are_around_the_clips_that_are_named_and_need_no_webgl(mapped: Path) -> None:
    drawn = by_hand(mapped)
    figure = figures.map_figure(drawn)
    before = figure.to_dict()
    marked = mark_clips(figure, drawn, [drawn.ids[4], drawn.ids[9], drawn.ids[4], "nobody"], "zh")
    ring = marked.data[-1]
    assert list(ring.customdata) == [drawn.ids[4], drawn.ids[9]] and ring.name == "选中（2）"
    assert list(ring.x) == pytest.approx(drawn.coordinates[[4, 9], 0].tolist())
    assert {t.type for t in marked.data} == {"scatter"} and figure.to_dict().keys() == before.keys()
    assert {t.type for t in figure.data} == {"scattergl"}  # the one given is not changed
    assert len(mark_clips(figure, drawn, []).data) == len(figure.data)


def test_what_is_selected_on_a_chart_is_read_as_ids_and_as_a_box() -> None:
    ids = pd.Index(["a", "b", "c"])
    told = ([2], 0, 2.0, -1, 3, None, "a")
    points = [*({"customdata": data} for data in told), {"x": 1}]
    assert chosen.points_of({"selection": {"points": points}}, ids) == ["c", "a"]
    assert chosen.points_of({}, ids) == [] and chosen.boxes_of({}) == chosen.lassos_of({}) == []
    box = {"x": [3, 1], "y": ["0.5", 2]}
    other = {"x": [5, 6], "y": [7, 9]}
    several = {"selection": {"box": [{"x": [0, 0], "y": [0, 1]}, other, box]}}
    assert chosen.boxes_of(several) == [(5, 6, 7, 9), (1, 3, 0.5, 2)]
    lassos = [{"x": [0, 1, 1], "y": [0, 0, "1"]}, {"x": [0, 1], "y": [0, 1]}, {"x": [0, 1, None], "y": [0, 1, 2]}]
    assert chosen.lassos_of({"selection": {"lasso": lassos[:2]}}) == [([0, 1, 1], [0, 0, 1])]


def test_the_demo_says_that_nobody_speaks(open_page: Open, mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app import parts

    assert "synthetic" not in shown(open_page("map", mapped, method="pca"))
    monkeypatch.setattr(parts, "is_demo", lambda folder: folder.resolve() == (mapped.parent / "corpus").resolve())
    for page in ("overview", "segments", "search", "map", "clip"):
        assert text("demo_synthetic", "zh") in shown(open_page(page, mapped, "zh"))
    assert metric(open_page("overview", mapped), "clips", "en") == "15"


def test_clusters_colour_the_map_and_stand_on_it_by_name(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("map", demo_store.path, method="pca", colour="cluster", space="speaker-centred")
    geometry = Geometry(demo_store, Space.SPEAKER_CENTRED)
    groups = cluster(geometry)
    names = {p.cluster: f"{p.cluster}: {p.name('en')}" for p in portraits(groups, geometry)}
    shown_names = drawn_points(at)
    for key, label in zip(groups.ids, groups.labels, strict=True):
        assert shown_names[key] == names.get(label, "no value")
    written = [
        a["text"].replace("<br>", " ").removesuffix("…") for a in spec(at)["layout"]["annotations"] if a.get("bgcolor")
    ]
    assert len(written) == len(names) and any("whispered" in name for name in written)
    assert all(name.startswith(start) for name, start in zip(names.values(), written, strict=True))
    at = at.toggle(key="names").set_value(False).run()
    assert not any(a.get("bgcolor") for a in spec(at)["layout"].get("annotations", []))
    assert at.query_params["names"] == "0" and at.query_params["colour"] == "cluster"


def specs(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(e.proto.spec) for e in _walk(at.main) if e.type == "plotly_chart" and "map_" in e.proto.id]


@pytest.mark.parametrize(
    ("second", "other"), [("tsne.raw", ("tsne", Space.RAW)), ("pca.speaker-centred", ("pca", Space.SPEAKER_CENTRED))]
)
@pytest.mark.parametrize("chart", ["map_0", "map_0_beside"])
def test_a_second_map_is_laid_over_the_first_and_a_lasso_on_either_rings_both(
    open_page: Open, mapped: Path, second: str, other: tuple[str, Space], chart: str
) -> None:
    at = open_page("map", mapped, method="pca", beside=second)
    assert not at.exception and not at.error and at.query_params["beside"] == second
    aligned = align(by_hand(mapped), by_hand(mapped, other[1], other[0]))
    for drawn, chart_spec in zip((aligned.first, aligned.map), specs(at), strict=True):
        for trace in chart_spec["data"]:
            if trace.get("customdata") is not None:
                rows = [int(row) for row in numbers(trace["customdata"])]
                assert numbers(trace["x"]) == pytest.approx(drawn.coordinates[rows, 0].tolist(), abs=1e-5)
    words = shown(at).lower()
    assert all(line.lower() in words for line in aligned.words("en"))
    moved = [b.key.removeprefix("play_moved_") for b in at.button if (b.key or "").startswith("play_moved_")]
    assert moved == aligned.ids[aligned.farthest[:5]].tolist()
    i = aligned.farthest[0]
    far = text("beside_far", "en", radii=f"{aligned.moved[i]:.1f}", kept=f"{aligned.kept[i]:.0%}")
    assert far.lower() in words
    keys = [aligned.ids[4], aligned.ids[9]]
    at = lassoed(at, keys, chart=chart)
    assert not at.exception and listed(at) == keys and at.query_params["chosen"] == keys
    for chart_spec in specs(at):
        (ring,) = [t for t in chart_spec["data"] if t["marker"].get("symbol") == "circle-open"]
        assert _ids(ring["customdata"]) == keys


@pytest.mark.parametrize("beside", ["pca.raw", "x", "umap.speaker-centred"])
def test_a_link_to_a_second_map_that_is_not_offered_shows_one(open_page: Open, mapped: Path, beside: str) -> None:
    at = open_page("map", mapped, method="pca", beside=beside)
    assert not at.exception and len(specs(at)) == 1 and "beside" not in at.query_params


@pytest.mark.parametrize("language", list(Language))
def test_in_three_dimensions_it_says_that_there_is_no_lasso(open_page: Open, mapped: Path, language: str) -> None:
    keys = [ids(mapped)["clip03.wav"]]
    at = open_page("map", mapped, language, method="pca", dims="3", chosen=keys, beside="tsne.raw")
    assert not at.exception and not at.error and text("map_deep", language) in shown(at)
    drawn = draw_map(Geometry(EmotionStore.open(mapped)), method="pca", dims=3)
    deep = [t for t in spec(at)["data"] if t.get("customdata") is not None]
    assert {t["type"] for t in deep} == {"scatter3d"} and len(specs(at)) == 1
    for trace in deep:
        rows = [int(row) for row in numbers(trace["customdata"])]
        assert numbers(trace["z"]) == pytest.approx(drawn.coordinates[rows, 2].tolist(), abs=1e-5)
    assert rings(at) == keys and listed(at) == keys


def test_without_webgl_more_clips_than_svg_can_carry_are_tiles(
    open_page: Open, mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_SVG", 10)
    at = open_page("map", mapped, method="pca")
    assert text("map_webgl", "en") in shown(at) and "heatmap" not in {t["type"] for t in spec(at)["data"]}
    at = at.toggle(key="simple").set_value(True).run()
    assert "heatmap" in {t["type"] for t in spec(at)["data"]} and at.query_params["simple"] == "1"
    assert text("map_webgl", "en") not in shown(at) and text("map_tiles", "en", n=10) in shown(at)
    everything = {"x": [-1e3, 1e3], "y": [-1e3, 1e3]}
    at = lassoed(at, [ids(mapped)["clip03.wav"]], everything)  # a ring was clicked: the box counts
    assert len(at.query_params["chosen"]) == 15


def test_new_clips_lie_where_the_library_places_them_and_lead_to_their_nearest(open_page: Open, mapped: Path) -> None:
    content = (mapped.parent / "corpus" / "clip04.wav").read_bytes()
    at = open_page("map", mapped, method="pca")
    at = at.file_uploader(key="placed_uploads_0").upload("<new>.wav", content, "audio/wav").run()
    assert not at.exception and not at.error and text("placing_title", "en") in shown(at)
    opened, drawn = EmotionStore.open(mapped), by_hand(mapped)
    (clip,) = analyze([mapped.parent / "corpus" / "clip04.wav"], load_encoder("acoustic"))
    placed = place(drawn, Geometry(opened), clip.embedding[None], [None])
    (diamond,) = [t for t in spec(at)["data"] if t["marker"].get("symbol") == "diamond" and t.get("customdata") is None]
    assert (*numbers(diamond["x"]), *numbers(diamond["y"])) == pytest.approx(placed.coordinates[0].tolist(), abs=1e-5)
    assert diamond["text"] == ["&lt;new&gt;.wav"]
    words = shown(at).lower()
    assert placed.words(0).lower() in words and surroundings(placed, opened)[0].words().lower() in words
    (key,) = [b.key for b in at.button if (b.key or "").startswith("near_placed_")]
    at = press(at, key)
    assert at.query_params["chosen"] == placed.nearest[0].tolist() and listed(at) == placed.nearest[0][:10].tolist()
    at = press(at, key.replace("near_", "off_", 1))
    assert text("placing_title", "en") not in shown(at) and not at.exception


def test_the_chosen_can_be_compared_with_the_rest(open_page: Open, mapped: Path) -> None:
    keys = [ids(mapped)[f"clip0{i}.wav"] for i in range(6)]
    at = press(open_page("map", mapped, method="pca", chosen=keys), "chosen_compare")
    assert page_of(at) == text("page_speakers", "en")
    assert at.session_state["aspect"] == "groups" and at.session_state["chosen"] == keys
