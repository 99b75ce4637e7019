"""Clip: what came of a clip from outside or of the store, over time, and heard from any second."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

import emoanalytics
from app import cache, clips, player
from app.clips import Clip, Hearer
from app.player import Cue
from emoanalytics import (
    BuildSettings,
    EmotionStore,
    Language,
    Moment,
    build,
    head_of,
    load_encoder,
    open_corpus,
    score_word,
    train_head,
)
from emoanalytics.errors import HeadError
from tests.app.conftest import NASTY, RATE_HZ
from tests.app.test_pages import Open, _walk, metric, open_page, shown, table_with, text
from tests.conftest import TinyEncoder, tone

__all__ = ["open_page"]


def spec(at: AppTest, key: str) -> dict[str, Any]:
    charts = {e.proto.id: json.loads(e.proto.spec) for e in _walk(at.main) if e.type == "plotly_chart"}
    return next(figure for name, figure in charts.items() if name.endswith(key))


def button(at: AppTest, key: str) -> Any:
    return next(b for b in at.button if b.key == key)


@pytest.fixture(scope="module")
def framed(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two heads: the encoder's own, with frames, and one fitted on the labels, which is active."""
    path = tmp_path_factory.mktemp("framed") / "framed"
    corpus = open_corpus(store.parent / "corpus")
    build(corpus, path, TinyEncoder(in_workers=False), BuildSettings(workers=0, frames=True))
    train_head(path, activate=True)
    return path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "encoder", lambda name, device="auto", precision="exact": TinyEncoder(in_workers=False))


def upload(at: AppTest, *named: tuple[str, bytes]) -> AppTest:
    return at.file_uploader[0].set_value([(name, content, "audio/wav") for name, content in named]).run()


@pytest.mark.parametrize("language", list(Language))
def test_a_clip_gets_its_bars_and_files_and_leaves_nothing_behind(
    open_page: Open, store: Path, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = NASTY.replace("/", "") + ".wav"
    at = upload(open_page("clip", store, language), (name, (store.parent / "corpus" / "clip04.wav").read_bytes()))
    assert not at.exception and not at.error
    assert name in shown(at)
    assert list(tmp_path.iterdir()) == []
    (found,) = at.session_state["found"].values()
    result = json.loads(found.files["result.json"])
    assert result["file"] == name
    assert set(found.files) == {"result.json", "embedding.npy", "processed_audio.wav"}
    top = metric(at, "clip_top", language)
    assert top.endswith(result["emotion_zh"] if language == "zh" else result["emotion"])
    bars = spec(at, "clip_scores")["data"][0]
    values = dict(zip([y.split()[-1] for y in bars["y"]], bars["x"], strict=True))
    assert len(values) == 10 and sum(v for v in values.values() if v is not None) == pytest.approx(1, abs=1e-5)


def test_without_a_head_a_clip_has_quality_and_no_emotion(open_page: Open, headless: Path) -> None:
    clip = (headless.parent / "corpus" / "silent.wav").read_bytes()
    at = upload(open_page("clip", headless), ("silent.wav", clip))
    words = shown(at)
    assert "there is no head to use with it" in words and "of it is silence" in words
    assert metric(at, "clip_length", "en") == "2.00 s"
    assert [m.label for m in at.metric] == [text(k, "en") for k in ("clip_length", "clip_level", "clip_snr")]


def test_a_head_that_cannot_score_a_clip_alone_leaves_the_rest(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(fingerprint: str, _store: EmotionStore) -> None:
        raise HeadError("this head *cannot* score a clip alone")

    monkeypatch.setattr(cache, "_head", refused)
    clip = (store.parent / "corpus" / "clip01.wav").read_bytes()
    at = upload(open_page("clip", store), ("a.wav", clip))
    at = at.run()  # the remark stays
    assert at.warning[0].value == "this head \\*cannot\\* score a clip alone"
    assert metric(at, "clip_length", "en") == "1.20 s" and "there is no head to use with it" in shown(at)


def test_another_version_of_the_encoder_does_not_use_the_stores_head(
    open_page: Open, store: Path, tmp_path: Path
) -> None:
    shutil.copytree(store, tmp_path / "older")
    info = json.loads((tmp_path / "older" / "store.json").read_text(encoding="utf-8"))
    (tmp_path / "older" / "store.json").write_text(json.dumps(info | {"encoder_fingerprint": "0" * 32}), "utf-8")
    clip = (store.parent / "corpus" / "clip01.wav").read_bytes()
    at = upload(open_page("clip", tmp_path / "older"), ("a.wav", clip))
    assert not at.exception and "is another version than the one this store was built with" in at.warning[0].value
    assert text("clip_top", "en") not in [m.label for m in at.metric]


def test_a_clip_that_is_no_sound_is_refused_in_one_line_and_the_rest_goes_on(open_page: Open, store: Path) -> None:
    good = (store.parent / "corpus" / "clip01.wav").read_bytes()
    at = upload(open_page("clip", store), ("[x](javascript:alert(1)).wav", b"no sound at all"), ("good.wav", good))
    assert not at.exception and len(at.error) == 1
    line = at.error[0].value.replace("\\", "")
    assert line.startswith("[x](javascript:alert(1)).wav could not be used: ") and "/tmp" not in line
    assert "\\[x\\]\\(" in at.error[0].value
    assert metric(at, "clip_length", "en") == "1.20 s"


def test_a_missing_encoder_is_one_line(open_page: Open, one_row: Path) -> None:
    clip = (one_row.parent / "corpus" / "only.wav").read_bytes()
    at = upload(open_page("clip", one_row), ("only.wav", clip))
    assert not at.exception and len(at.error) == 1 and "tiny" in at.error[0].value


def test_limits_of_number_and_size_are_said(open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MOST_CLIPS", 1)
    good = (store.parent / "corpus" / "clip01.wav").read_bytes()
    at = upload(open_page("clip", store), ("a.wav", good), ("b.wav", good))
    assert at.warning[0].value.startswith("2 files were given; the first 1 are analysed")
    assert len(at.session_state["found"]) == 1
    monkeypatch.setattr(clips, "_MEGABYTE", 10)
    at = upload(open_page("clip", store), ("large.wav", good))
    assert "large\\.wav: larger than 100 MB" in at.error[0].value


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.WAV", ".wav"), ("../../etc/passwd", ""), ("a.wav\0.s h", ""), ("中文.m4a", ".m4a"), ("x.w/v", ""), ("", "")],
)
def test_a_file_of_a_user_gets_a_name_of_ours(name: str, suffix: str) -> None:
    assert clips._suffix(name) == suffix


def test_a_result_is_kept_by_name_content_encoder_and_head() -> None:
    keys = {
        Clip("a.wav", b"1").key("x"), Clip("b.wav", b"1").key("x"), Clip("a.wav", b"2").key("x"),
        Clip("a.wav", b"1").key("y"),
    }  # fmt: skip
    assert len(keys) == 4 and Clip("a.wav", b"1").key("x") in keys


def test_a_clip_is_analysed_once(store: Path) -> None:
    opened = EmotionStore.open(store)
    by = Hearer(load_encoder("acoustic"), head_of(opened))
    content = (store.parent / "corpus" / "clip02.wav").read_bytes()
    told: list[tuple[int, int, str]] = []
    known: dict[str, clips.Analysed] = {}
    given = [Clip("a.wav", content), Clip("b.wav", content)]
    first = clips.analyse_all(given, known, by, "f", lambda *line: told.append(line))
    again = clips.analyse_all(given, known, by, "f", lambda *line: told.append(line))
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]
    assert told == [(1, 2, "a.wav"), (2, 2, "b.wav")]
    clips.analyse_all(given[:1], known, by, "f", lambda *line: told.append(line))
    assert [found.name for found in known.values()] == ["a.wav"]  # what is taken away is forgotten


def wav(samples: np.ndarray) -> bytes:
    content = io.BytesIO()
    sf.write(content, samples, RATE_HZ, format="WAV")
    return content.getvalue()


def test_a_clip_that_is_too_long_is_one_line(open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "MOST_MINUTES", 0.01)
    at = upload(open_page("clip", store), ("long.wav", wav(tone(0.9))), ("ok.wav", wav(tone(0.5))))
    assert len(at.error) == 1
    assert "long.wav could not be used: 0.0 minutes long, at most 0.01 are" in at.error[0].value.replace("\\", "")
    assert metric(at, "clip_length", "en") == "0.50 s"


def test_two_sessions_do_not_see_each_others_clips(open_page: Open, store: Path) -> None:
    one, two = open_page("clip", store), open_page("clip", store)
    upload(one, ("private.wav", wav(tone(0.7))))
    upload(two, ("other.wav", wav(tone(0.8))))
    one.run()
    assert "private.wav" in shown(one) and "other.wav" not in shown(one)
    assert "other.wav" in shown(two) and "private.wav" not in shown(two)
    assert [c.name for c in two.session_state["found"].values()] == ["other.wav"]


def test_several_clips_stand_in_a_table_with_winner_and_quality(open_page: Open, store: Path) -> None:
    sad = (store.parent / "corpus" / "clip04.wav").read_bytes()
    at = upload(open_page("clip", store), ("a.wav", sad), ("quiet.wav", wav(np.zeros(RATE_HZ, np.float32))))
    table = table_with(at, text("clip_length_s", "en"))
    found = list(at.session_state["found"].values())
    assert table[text("file", "en")].tolist() == ["a.wav", "quiet.wav"]
    assert table["Model score"].tolist() == [clip.result.score for clip in found]
    assert "silen" in table[text("clip_quality", "en")][1]


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("language", list(Language))
def test_the_score_of_the_winner_is_called_what_it_is(
    open_page: Open, store: Path, language: str, calibrated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = head_of(EmotionStore.open(store))
    assert head is not None
    monkeypatch.setattr(cache, "_head", lambda fingerprint, _store: replace(head, calibrated=calibrated))
    content = wav(tone(1.0))
    at = upload(open_page("clip", store, language), ("a.wav", content), ("b.wav", content))
    word = score_word(calibrated, language)
    called = word[0].upper() + word[1:]
    assert called in [m.label for m in at.metric]
    assert len(table_with(at, called)) == 2
    assert (text("clip_score_note_calibrated", language) in shown(at)) == calibrated


@pytest.mark.parametrize("language", list(Language))
def test_an_encoder_without_a_head_of_its_own_has_no_scores_over_time(
    open_page: Open, store: Path, language: str
) -> None:
    at = upload(open_page("clip", store, language, granularity="frame"), ("a.wav", wav(tone(1.0))))
    assert not at.exception
    assert any(text("clip_no_frames", language, encoder="acoustic") == i.value.replace("\\", "") for i in at.info)
    assert at.query_params["granularity"] == "frame"


def test_frames_of_a_given_clip_are_by_the_encoders_own_head_and_the_other_is_a_second_opinion(
    open_page: Open, framed: Path, tiny: None
) -> None:
    content = wav(tone(2.0, seed=3))
    at = upload(open_page("clip", framed, granularity="frame"), ("a.wav", content))
    assert not at.exception and not at.error
    (found,) = at.session_state["found"].values()
    encoder, fitted = TinyEncoder(), head_of(EmotionStore.open(framed))
    assert encoder.head is not None and fitted is not None
    embedding = found.result.embedding[None]
    own, other = encoder.head.scores(embedding)[0], fitted.scores(embedding)[0]
    assert found.own and list(found.result.scores.values()) == pytest.approx(own.tolist())
    assert [found.second[label] for label in fitted.labels] == pytest.approx(other.tolist())
    assert text("clip_by_store", "en") in shown(at)
    document = json.loads(found.files["result.json"])
    assert document["granularity"] == "frame" and len(document["frames"]["scores"]) == found.result.n_frames
    curve = found.result.curve()
    table = table_with(at, text("clip_second", "en"))
    assert table.iloc[:, 1:].to_numpy() == pytest.approx(curve.scores)


def test_without_frames_the_stores_head_comes_first(open_page: Open, framed: Path, tiny: None) -> None:
    at = upload(open_page("clip", framed), ("a.wav", wav(tone(2.0, seed=3))))
    (found,) = at.session_state["found"].values()
    encoder, fitted = TinyEncoder(), head_of(EmotionStore.open(framed))
    assert encoder.head is not None and fitted is not None
    first = fitted.scores(found.result.embedding[None])[0]
    assert [found.result.scores[label] for label in fitted.labels] == pytest.approx(first.tolist())
    assert list(found.second.values()) == pytest.approx(encoder.head.scores(found.result.embedding[None])[0].tolist())
    assert text("clip_by_encoder", "en") in shown(at)


def test_a_clip_is_picked_from_the_corpus_by_name_or_speaker(open_page: Open, framed: Path) -> None:
    at = open_page("clip", framed)
    next(t for t in at.text_input if t.key == "sought").set_value("O'NEIL").run()
    picker = next(m for m in at.multiselect if m.key == "pick")
    assert [name.split(" · ")[0] for name in picker.options] == ["clip02.wav", "clip05.wav", "clip08.wav", "clip11.wav"]
    wanted = EmotionStore.open(framed).segments(["segment_id", "file"], "file = 'clip05.wav'").iloc[0, 0]
    at = open_page("clip", framed, pick=wanted, granularity="frame")
    assert not at.exception and not at.error
    opened = EmotionStore.open(framed)
    clip = cache.clip(opened, wanted)
    row = opened.scores(f"segment_id = '{wanted}'").iloc[0]
    assert clip.result is not None and clip.second is not None
    for label in opened.info.labels:
        assert clip.result.scores[label] == pytest.approx(float(row[f"score_{label}"]))
    assert np.array_equal(clip.result.embedding, opened.embeddings([wanted])[0])
    # frames average to the score of the encoder's own head
    curve = clip.result.curve(1e6)
    assert curve is not None and curve.scores[0] == pytest.approx(list(clip.second.values()), abs=1e-5)
    saved = np.load(io.BytesIO(clip.files["embedding.npy"]), allow_pickle=False)
    assert saved.shape == (1, 8) and set(clip.files) == {"result.json", "embedding.npy", "processed_audio.wav"}
    assert sf.info(io.BytesIO(clip.files["processed_audio.wav"])).duration == pytest.approx(1.2, abs=1e-3)


def test_a_link_picks_only_what_the_store_has(open_page: Open, store: Path) -> None:
    at = open_page("clip", store, pick=["0" * 32, "x' OR 1=1"])
    assert not at.exception and "clip_scores" not in str(at.main) and not at.metric


def test_the_clip_heard_last_and_the_chosen_ones_are_one_click_away(open_page: Open, store: Path) -> None:
    known = EmotionStore.open(store).segments(["segment_id", "file"]).set_index("file")["segment_id"]
    at = open_page("clip", store, segment=known["clip03.wav"], chosen=[known["clip01.wav"], known["clip02.wav"]])
    button(at, "pick_one").click().run()
    assert "clip03.wav" in shown(at) and at.query_params["pick"] == known["clip03.wav"]
    button(at, "pick_chosen").click().run()
    assert table_with(at, text("clip_length_s", "en"))[text("file", "en")].tolist() == [
        "clip01.wav", "clip02.wav", "clip03.wav",
    ]  # fmt: skip


def test_a_sound_starts_at_any_sample() -> None:
    samples = np.arange(5 * RATE_HZ, dtype=np.float32)
    for second in (0.0, 0.37, 1.0, 3.999):
        for turn in (0, 1, 17):
            sound, whole = player.starting(samples, RATE_HZ, second, turn)
            wanted = round(second * RATE_HZ) + turn % 16
            assert sound[whole * RATE_HZ] == wanted
    assert len(player.starting(samples[:10], RATE_HZ, 0.0006, 15)[0]) == 1


def test_a_moment_plays_from_its_start(
    open_page: Open, framed: Path, tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting = Moment("sad", 1.25, 2.0, 0.7, 1.5)
    monkeypatch.setattr(emoanalytics, "moments", lambda *_: (lasting,))
    at = upload(open_page("clip", framed, granularity="frame"), ("a.wav", wav(tone(2.5, seed=3))))
    assert "1.2 to 2.0 s" in shown(at) and "highest model score 0.70" in shown(at)
    button(at, "play_moment_0").click().run()
    assert at.session_state["cue"] == Cue("clip_timeline", 1.25, 1)
    sound = next(e for e in _walk(at.main) if e.type == "audio")
    assert sound.proto.autoplay and sound.proto.start_time == 1
