"""The page says what the views say; it is one file, the same again, and never inside the store."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.report import Report, report
from emoanalytics.report.sections.corpus import corpus_names
from emoanalytics.report.speech import Speech
from emoanalytics.report.spread import spread
from emoanalytics.report.texts import LIMITS, TEXTS
from emoanalytics.statistics.evidence import gather
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import cluster, portraits
from emoanalytics.views.maps import draw_map
from emoanalytics.views.overview import overview
from emoanalytics.views.trends import trends
from tests.made_store import make_store
from tests.report.made import talk

ROOT = Path(__file__).resolve().parents[2]


def test_the_spread_is_that_of_the_overview_and_of_a_plain_loop(demo_store: EmotionStore) -> None:
    found = spread(gather(demo_store, ["speaker", "session"]))
    for i, one in enumerate(overview(demo_store).scores):
        same = [(one.mean, found.mean[i]), (one.low, found.low[i]), (one.high, found.high[i])]
        assert [None if np.isnan(b) else pytest.approx(b) for _, b in same] == [a for a, _ in same]
        assert one.winners == found.winners[i]
    table = demo_store.table(["role", "score_sad"])
    sad = sorted(table.loc[table["role"] == "client", "score_sad"].astype(float))
    middle = [sad[int(q * (len(sad) - 1))] for q in (0.25, 0.5, 0.75)]
    assert found.quantiles[found.labels.index("sad"), 1:4] == pytest.approx(middle, abs=0.02)
    assert (found.unit, found.units) == ("speaker", 12)


def test_the_page_says_what_the_views_say(made: Report, small: EmotionStore) -> None:
    facts = made.facts
    view = overview(small)
    neutral = next(row for row in facts["scores"]["rows"] if row["name"].endswith("neutral"))
    mean = next(s for s in view.scores if s.emotion == "neutral")
    assert neutral["mean"] == f"{mean.mean:.2f}" and neutral["interval"] == f"{mean.low:.2f}–{mean.high:.2f}"
    assert facts["analysed"]["figures"][0] == ("144", "clips")
    assert facts["given"]["rows"][0]["n"] == str(max(view.given.values()))
    found = trends(small)
    changed = [s.speaker for s in found.speakers if s.changes]
    assert "person0" in changed and facts["people"]["changed"][0]["name"] == "person0"
    assert any("angry rose" in line for line in facts["people"]["changed"][0]["said"])
    geometry = Geometry(small)
    assert facts["map"]["trust"] == list(draw_map(geometry).words())
    named = portraits(cluster(geometry), geometry)
    assert [card["name"] for card in facts["clusters"]["cards"]] == [p.name() for p in named]
    assert facts["coverage"]["failures"][0]["file"] == "broken.wav"
    assert "not calibrated" in made.html and "digest of its numbers" in made.html
    for line in LIMITS:
        assert line[0].split("(")[0][:60] in made.html.replace("&#39;", "'")


def test_points_of_the_map_lie_where_the_map_has_them(made: Report, small: EmotionStore) -> None:
    drawn = draw_map(Geometry(small))
    picture = str(made.facts["map"]["picture"])
    points = np.array([[int(v) for v in p] for p in re.findall(r"M(-?\d+) (-?\d+)h0", picture)])
    assert len(points) == len(drawn)
    x, y = drawn.coordinates.T
    # A picture has its origin on top, and one scale for both directions.
    assert np.ptp(points[:, 0]) / np.ptp(points[:, 1]) == pytest.approx(np.ptp(x) / np.ptp(y), rel=0.01)
    wanted = np.sort((x - x.min()) / np.ptp(x))
    assert np.sort((points[:, 0] - points[:, 0].min()) / np.ptp(points[:, 0])) == pytest.approx(wanted, abs=0.003)
    upwards = np.sort((y.max() - y) / np.ptp(y))
    assert np.sort((points[:, 1] - points[:, 1].min()) / np.ptp(points[:, 1])) == pytest.approx(upwards, abs=0.003)


def test_excerpts_are_sounds_of_the_clips(made: Report) -> None:
    assert 3 <= made.sounds <= 17
    address = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', made.html)
    assert len(address) == made.sounds
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(address[0])))
    assert rate_hz == 16_000 and 0.8 < len(samples) / rate_hz < 1.5 and np.abs(samples).max() > 0.05
    examples = made.facts["people"]["changed"][0]["examples"]
    before, after = (int(re.search(r"/w(\d)-", e["name"])[1]) for e in examples)
    assert before < 4 <= after


def test_the_same_store_gives_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    store = talk(tmp_path / "s", emotion_given=None).path
    code = "from emoanalytics.cli import main; main()"
    pages = []
    for seed in "12":
        call = [sys.executable, "-c", code, "report", str(store), "--out", str(tmp_path / f"{seed}.html")]
        done = subprocess.run(
            call, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=False
        )
        assert done.returncode == 0, done.stderr
        pages.append((tmp_path / f"{seed}.html").read_bytes())
    assert pages[0] == pages[1]


def test_it_is_never_written_into_the_store_and_never_half(made: Report, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lies inside the store"):
        made.write(made.store / "derived" / "r.html")
    with pytest.raises(StoreError, match="is a folder: name a file"):
        made.write(tmp_path)
    with pytest.raises(StoreError, match="cannot be written"):
        made.write(tmp_path / "none" / "r.html")
    old = tmp_path / "r.html"
    old.write_text("old")
    assert made.write(old) == old and old.read_bytes() == made.content
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_it_holds_no_script_and_asks_nobody(made: Report) -> None:
    assert not re.search(r"<script|<link|<iframe|javascript:|\son\w+=|@import|url\(", made.html, flags=re.I)
    assert set(re.findall(r'(?:src|href)="([^"]{0,5})', made.html)) <= {"data:"} | {f"#{key}"[:5] for key in TEXTS}
    assert "default-src &#39;none&#39;" in made.html


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "rows", "scores"),
    [
        ("empty", [], None),
        ("one", [{}], None),
        ("two scored", [{}, {}], np.full((2, 9), 1 / 9)),
        ("nobody", [{"flags": ["quiet"]}] * 12, np.random.default_rng(0).dirichlet(np.ones(9), 12)),
        ("no scores", [{"speaker": f"s{i % 3}", "emotion_given": "sad"} for i in range(12)], None),
    ],
)
def test_a_store_that_lacks_things_has_a_report_that_says_so(
    name: str, rows: list, scores: np.ndarray | None, lang: str, tmp_path: Path
) -> None:
    store = make_store(
        tmp_path / "s", rows, scores=scores, embeddings=np.random.default_rng(1).normal(size=(len(rows), 4))
    )
    speech = Speech(lang)
    page = report(store, lang=lang)
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page.html
    if name == "empty":
        assert speech("empty") in page.html
    elif scores is None:
        assert speech("no_scores") in page.html
    else:
        assert speech("scores_read_few", word=speech.word, clips=speech.counted(len(rows), "clips")) in page.html
    if rows and "speaker" not in rows[0]:
        assert speech("no_speakers") in page.html
    assert speech("no_dates") in page.html and speech("limits") in page.html


def test_chinese_is_whole(small: EmotionStore) -> None:
    page = report(small, lang="zh").html
    text = re.sub(r"<style>.*?</style>|<[^>]+>|\b[0-9a-f]{32}\b", " ", page, flags=re.S)
    known = {"person", "week", "client", "calm", "wav", "broken", "no", "sound", "decode", "corpus", "made", "en", "zh"}
    known |= {"umap", "dbcv", "jaccard", "cliff", "delta", "holm", "benjamini", "hochberg", "venna", "kaski", "hdbscan"}
    known |= {"min_size", "min_samples", "eu", "emoanalytics", "mb", "cram", "duration_s", "bca", "head", "fit", "hz"}
    english = {w for w in re.findall(r"[a-z_]{2,}", text.lower()) if w not in known and not w.startswith("p0")}
    assert english <= {"recorded_at", "speaker", "session", "language"}, sorted(english)
    fields = [tuple(set(re.findall(r"\{(\w+)\}", text)) for text in pair) for pair in TEXTS.values()]
    assert all(en == zh for en, zh in fields) and all(zh for _, zh in TEXTS.values())


def test_roles_are_left_out_and_said(tmp_path: Path) -> None:
    store = talk(tmp_path / "s", emotion_given=None)
    assert report(store).facts["coverage"]["lines"] == ["Means, trends and comparisons rest on 144 of 144 clips."]
    agents = talk(tmp_path / "agents" / "s", role="agent", emotion_given=None)
    with_agents = report(agents)
    assert "none of a clip of the role" in with_agents.facts["scores"]["said"]
    everyone = report(agents, role="all")
    assert len(everyone.facts["scores"]["rows"]) == 9


def test_corpora_are_called_by_their_last_name(made: Report, small: EmotionStore) -> None:
    assert made.facts["title"] == "What was heard in corpus"
    assert str(small.path.parent) not in made.html
    assert report(small, title="Ours <b>").html.count("<h1>Ours &lt;b&gt;</h1>") == 1
    assert corpus_names.__module__.endswith("corpus")


def test_column_to_compare_by(small: EmotionStore) -> None:
    part = report(small, compare=["emotion_given"]).facts["groups"]["parts"]
    assert [p["title"] for p in part] == ["By given label"]
    with pytest.raises(StoreError, match="nothing"):
        report(small, compare=["nothing"])
