"""The Search page: clips, emotions and filters in, a list to hear out; every number equal to the library's."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import asked, cache
from emoanalytics import (
    Bookmarks,
    Contrast,
    EmotionStore,
    Exclude,
    Geometry,
    Language,
    Query,
    QueryClip,
    SearchResult,
    Space,
    analyze,
    load_encoder,
    search,
)
from emoanalytics.errors import EncoderError
from tests.app.test_pages import Open, shown, text
from tests.app.test_pages import open_page as open_page  # the fixture


def ids(store: Path) -> dict[str, str]:
    """File -> segment id."""
    rows = EmotionStore.open(store).segments(["file", "segment_id"])
    return dict(zip(rows["file"], rows["segment_id"], strict=True))


def by_hand(store: Path, query: Query, space: Space = Space.RAW, **settings: Any) -> SearchResult:
    return search(Geometry(EmotionStore.open(store), space), query, **settings)


def hits(at: AppTest) -> list[str]:
    """Segment ids of the rows of the result, from the top."""
    return [b.key.removeprefix("play_hit_") for b in at.button if (b.key or "").startswith("play_hit_")]


def press(at: AppTest, key: str) -> AppTest:
    return at.button(key=key).click().run()


def page_of(at: AppTest) -> str:
    return at.title[0].value


@pytest.mark.parametrize("language", list(Language))
def test_hits_are_the_librarys_with_similarity_winner_speaker_and_why(
    open_page: Open, store: Path, language: str
) -> None:
    known = ids(store)
    at = open_page("search", store, language, like=known["clip00.wav"], unlike=known["clip03.wav"])
    assert not at.exception and not at.error
    found = by_hand(store, Query(positives=[known["clip00.wav"]], negatives=[known["clip03.wav"]]))
    assert hits(at) == [hit.segment_id for hit in found.hits] and len(found.hits) == 10
    words = shown(at)
    assert text("hits_line", language, first=1, last=10, n=13, total=15) in words
    first = found.hits[0]
    assert first.file == "again.wav"  # the same audio under another name
    assert text("similarity", language, value=f"{first.similarity:.2f}") in words
    assert f"{first.score:.2f}" in words and (first.speaker or "-") in words
    line = next(c.value for c in at.caption if c.value.replace("\\", "").startswith(text("why", language, parts="")))
    assert "clip00.wav +" in line.replace("\\", "") and known["clip00.wav"] not in line
    assert all(f"{match.share:+.2f}" in line.replace("\\", "") for match in first.matches)


def test_pages_go_on_where_the_last_ended_and_stand_in_the_link(open_page: Open, store: Path) -> None:
    known = ids(store)
    at = open_page("search", store, like=known["clip00.wav"])
    first = hits(at)
    assert at.button(key="hits_before").disabled
    at = press(at, "hits_next")
    second = hits(at)
    whole = [hit.segment_id for hit in by_hand(store, Query(positives=[known["clip00.wav"]]), k=100).hits]
    assert first + second == whole and len(second) == 4
    assert at.query_params["hits"] == "2" and at.button(key="hits_next").disabled
    again = open_page("search", store, like=known["clip00.wav"], hits="2")
    assert hits(again) == second
    assert hits(press(again, "hits_before")) == first
    beyond = open_page("search", store, like=known["clip00.wav"], hits="9")
    assert not beyond.exception and not hits(beyond) and text("hits_none", "en") in shown(beyond)


def test_more_and_less_like_this_join_the_query_and_the_link(open_page: Open, store: Path) -> None:
    known = ids(store)
    at = open_page("search", store, like=known["clip00.wav"])
    start, (second, third) = known["clip00.wav"], hits(at)[1:3]
    at = press(at, f"more_hit_{second}")
    assert at.query_params["like"] == [start, second]
    at = press(at, f"less_hit_{third}")
    assert at.query_params["unlike"] == third
    query = Query(positives=[start, second], negatives=[third])
    assert hits(at) == [hit.segment_id for hit in by_hand(store, query).hits]
    at = press(at, f"less_like_{second}")  # from one side to the other
    assert at.query_params["like"] == start
    assert at.query_params["unlike"] == [third, second]
    for side, key in (("like", start), ("unlike", third), ("unlike", second)):
        at = press(at, f"out_{side}_{key}")
    assert "like" not in at.query_params and text("query_empty", "en") in shown(at)


def test_one_player_for_all_rows(open_page: Open, store: Path) -> None:
    known = ids(store)
    at = open_page("search", store, like=known["clip00.wav"])
    assert not at.get("audio")
    third = hits(at)[2]
    at = press(at, f"play_hit_{third}")
    (audio,) = at.get("audio")
    assert audio.proto.autoplay and at.query_params["segment"] == third
    at = press(at, f"play_like_{known['clip00.wav']}")
    assert len(at.get("audio")) == 1 and at.query_params["segment"] == known["clip00.wav"]
    at = press(at, f"play_like_{known['clip00.wav']}")
    assert not at.get("audio") and "segment" not in at.query_params
    link = open_page("search", store, like=known["clip00.wav"], segment=third)
    (audio,) = link.get("audio")
    assert not audio.proto.autoplay  # no page speaks unasked


def test_a_link_with_all_settings_gives_the_librarys_answer(open_page: Open, store: Path) -> None:
    known = ids(store)
    start = known["clip00.wav"]
    at = open_page(
        "search", store, like=start, toward=["angry:0.5", "sad:-1"], profile="happy:0.3", exclude="same-speaker",
        variety="0.4", space="speaker-centred", session="s0", where="end_s > 1",
    )  # fmt: skip
    assert not at.exception and not at.error
    found = by_hand(
        store,
        Query(positives=[start], toward={"angry": 0.5, "sad": -1}, target={"happy": 0.3}),
        Space.SPEAKER_CENTRED,
        where="session = 's0' AND end_s > 1",
        exclude=[Exclude.SAME_SPEAKER],
        diversify=0.6,
    )
    assert hits(at) == [hit.segment_id for hit in found.hits] and 0 < len(found.hits) < 6
    assert at.slider(key="toward_sad").value == -1 and at.slider(key="profile_happy").value == 0.3
    assert text("space_centred_note", "en") in shown(at)
    for key, value in {"exclude": "same-speaker", "variety": "0.4", "space": "speaker-centred"}.items():
        assert at.query_params[key] == value


def test_sliders_ask_for_more_of_an_emotion_without_any_clip(open_page: Open, store: Path) -> None:
    at = open_page("search", store)
    assert at.slider(key="toward_surprised").disabled and not at.slider(key="toward_calm").disabled
    at = at.slider(key="toward_angry").set_value(1.5).run()
    assert at.query_params["toward"] == "angry:1.5"
    assert hits(at) == [hit.segment_id for hit in by_hand(store, Query(toward={"angry": 1.5})).hits]
    at = at.slider(key="profile_sad").set_value(0.5).run()
    assert at.query_params["profile"] == "sad:0.5"
    at = press(at, "emotions_clear")
    assert "toward" not in at.query_params and at.slider(key="toward_angry").value == 0
    assert text("query_empty", "en") in shown(at)


@pytest.mark.parametrize("contrast", list(Contrast))
def test_where_sound_and_label_disagree(open_page: Open, store: Path, contrast: Contrast) -> None:
    start = ids(store)["clip00.wav"]
    at = open_page("search", store, like=start, contrast=str(contrast))
    found = by_hand(store, Query(positives=[start], contrast=contrast))
    assert hits(at) == [hit.segment_id for hit in found.hits] and found.hits
    given = {hit.emotion_given == "angry" for hit in found.hits}
    assert given == {contrast is Contrast.SAME_LABEL_OTHER_SOUND}


@pytest.mark.parametrize("language", list(Language))
def test_a_condition_that_is_not_understood_is_one_line(open_page: Open, store: Path, language: str) -> None:
    at = open_page("search", store, language, like=ids(store)["clip00.wav"], where="speeker = 'anna'")
    assert not at.exception and len(at.error) == 1 and not hits(at)
    line = at.error[0].value.replace("\\", "")
    assert text("filter_where_bad", language) in line and "did you mean speaker" in line


def test_filters_that_leave_nothing_say_what_to_do(open_page: Open, store: Path) -> None:
    at = open_page("search", store, like=ids(store)["clip00.wav"], where="end_s > 100")
    assert not at.exception and text("hits_none", "en") in shown(at) and not hits(at)


@pytest.mark.parametrize(
    "query",
    [
        {"like": "0" * 32}, {"like": "' OR 1=1 --"}, {"like": "clip-0123456789abcdef"}, {"toward": "angry:lots"},
        {"toward": "angry:nan"}, {"toward": ":1"}, {"variety": "much", "exclude": "everybody", "contrast": "none"},
        {"space": "outer", "hits": "-1"},
    ],
)  # fmt: skip
def test_a_wrong_link_is_no_error(open_page: Open, store: Path, query: dict[str, str]) -> None:
    at = open_page("search", store, **query)
    assert not at.exception and not at.error and text("query_empty", "en") in shown(at)
    assert bool(at.warning) == ("like" in query)


def test_a_question_that_makes_no_sense_is_one_line(open_page: Open, store: Path, headless: Path) -> None:
    start = ids(store)["clip00.wav"]
    both = open_page("search", store, like=start, unlike=start)
    assert len(both.error) == 1 and "is asked for and asked against" in both.error[0].value.replace("\\", "")
    unheard = open_page("search", headless, toward="angry:1")
    assert not unheard.exception and len(unheard.error) == 1
    assert text("emotions_no_head", "en") in shown(unheard)
    silent = open_page("search", store, toward="unknown:1")
    assert len(silent.error) == 1 and "does not know 'unknown'" in silent.error[0].value.replace("\\", "")


def test_one_clip_has_nobody_to_be_like(open_page: Open, one_row: Path) -> None:
    at = open_page("search", one_row, like=ids(one_row)["only.wav"])
    assert not at.exception and not at.error and text("hits_none", "en") in shown(at)
    assert text("space_no_speakers", "en") in shown(at)


def drop(at: AppTest, *named: tuple[str, bytes]) -> AppTest:
    return at.file_uploader[0].set_value([(name, content, "audio/wav") for name, content in named]).run()


@pytest.mark.parametrize("language", list(Language))
def test_a_dropped_clip_is_searched_for_played_and_left_nowhere(
    open_page: Open, store: Path, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = store.parent / "corpus" / "clip05.wav"
    name = "<b>![x](y)</b>.wav".replace("/", "")
    at = drop(open_page("search", store, language), (name, path.read_bytes()))
    assert not at.exception and not at.error
    assert list(tmp_path.iterdir()) == []
    (result,) = analyze([path], load_encoder("acoustic"))
    found = by_hand(store, Query(positives=[QueryClip(result.embedding, name)]))
    assert hits(at) == [hit.segment_id for hit in found.hits]
    assert found.hits[0].file == "clip05.wav" and name in shown(at)
    assert text("from_outside", language) in shown(at)
    (key,) = at.session_state["like"]
    assert len(press(at, f"play_like_{key}").get("audio")) == 1
    elsewhere = open_page("search", store, language, like=key)  # a link cannot carry it
    assert text("query_gone", language, n=1) in shown(elsewhere)


def test_a_dropped_clip_of_a_known_speaker_is_centred_by_that_speaker(open_page: Open, store: Path) -> None:
    path = store.parent / "corpus" / "clip05.wav"
    at = drop(open_page("search", store, space="speaker-centred"), ("x.wav", path.read_bytes()))
    assert "names no speaker of this store" in shown(at)
    (key,) = at.session_state["like"]
    at = at.selectbox(key=f"who_{key}").set_value("o'neil").run()
    (result,) = analyze([path], load_encoder("acoustic"))
    query = Query(positives=[QueryClip(result.embedding, "x.wav", "o'neil")])
    found = by_hand(store, query, Space.SPEAKER_CENTRED)
    assert hits(at) == [hit.segment_id for hit in found.hits]
    assert found.hits[0].similarity == pytest.approx(1, abs=1e-5) and "names no speaker" not in shown(at)


def test_a_dropped_file_that_is_no_sound_is_one_line(open_page: Open, store: Path) -> None:
    at = drop(open_page("search", store), ("bad.wav", b"no sound"))
    assert (
        not at.exception and len(at.error) == 1 and "bad.wav could not be used" in at.error[0].value.replace("\\", "")
    )
    assert text("query_empty", "en") in shown(at)


def test_without_the_encoder_a_dropped_clip_is_one_line_and_segments_can_be_searched(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, device: str = "auto", precision: str = "exact") -> None:
        raise EncoderError("its weights are not on this machine: emoanalytics model fetch acoustic")

    monkeypatch.setattr(cache, "load_encoder", missing)
    cache.encoder.clear()
    at = drop(open_page("search", store, like=ids(store)["clip00.wav"]), ("a.wav", b"x"))
    assert not at.exception and len(at.error) == 1
    assert "emoanalytics model fetch acoustic" in at.error[0].value.replace("\\", "") and len(hits(at)) == 10


def test_another_version_of_the_encoder_is_not_compared(open_page: Open, store: Path, tmp_path: Path) -> None:
    import json
    import shutil

    shutil.copytree(store, tmp_path / "older")
    info = json.loads((tmp_path / "older" / "store.json").read_text(encoding="utf-8"))
    (tmp_path / "older" / "store.json").write_text(json.dumps(info | {"encoder_fingerprint": "0" * 32}), "utf-8")
    clip = (store.parent / "corpus" / "clip01.wav").read_bytes()
    at = drop(open_page("search", tmp_path / "older"), ("a.wav", clip))
    assert not at.exception and "is another version" in at.warning[0].value and "like" not in at.session_state


def test_find_similar_on_the_segments_and_the_clip_page(open_page: Open, store: Path) -> None:
    wanted = ids(store)["clip04.wav"]
    at = press(open_page("segments", store, segment=wanted, like="x", toward="angry:1"), "find_similar")
    assert page_of(at) == text("page_search", "en") and at.query_params["like"] == wanted
    assert "toward" not in at.query_params
    assert hits(at) == [hit.segment_id for hit in by_hand(store, Query(positives=[wanted])).hits]
    at = open_page("clip", store)
    at = (
        at.file_uploader[0]
        .set_value([("mine.wav", (store.parent / "corpus" / "clip04.wav").read_bytes(), "audio/wav")])
        .run()
    )
    at = press(at, "find_similar")
    assert page_of(at) == text("page_search", "en") and "mine.wav" in shown(at)
    assert hits(at)[0] == wanted


def test_a_picked_clip_is_offered_to_start_from(open_page: Open, store: Path) -> None:
    wanted = ids(store)["clip04.wav"]
    at = open_page("search", store, segment=wanted)
    at = press(at, "query_start")
    assert at.query_params["like"] == wanted and hits(at)
    assert "query_start" not in [b.key for b in at.button]


def test_the_csv_holds_the_hits_and_what_each_part_adds(store: Path) -> None:
    from app import parts, results

    known = ids(store)
    found = by_hand(store, Query(positives=[known["clip00.wav"]], negatives=[known["clip03.wav"]]), k=1000)
    table = pd.read_csv(io.BytesIO(parts.csv(results.table(found))))
    assert table["segment_id"].tolist() == [hit.segment_id for hit in found.hits] and len(table) == 13
    assert "model_score" in table and "confidence" not in table
    shares = table[[f"like {known['clip00.wav']}", f"unlike {known['clip03.wav']}"]].sum(axis=1)
    assert np.allclose(shares, table["similarity"], atol=2e-6)


def test_another_store_starts_with_nothing_asked(open_page: Open, store: Path, headless: Path) -> None:
    at = open_page("search", store, like=ids(store)["clip00.wav"])
    at = at.sidebar.selectbox[0].set_value("headless").run()
    assert not at.exception and "like" not in at.query_params and text("query_empty", "en") in shown(at)


def test_amounts_are_read_as_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, Any] = {}
    monkeypatch.setattr(asked.st, "session_state", held)
    asked.set_amount(asked.Key.TOWARD, "a:b", 0.25)
    asked.set_amount(asked.Key.TOWARD, "sad", -1.0)
    assert held["toward"] == ["a:b:0.25", "sad:-1"]
    assert asked.amounts(asked.Key.TOWARD) == {"a:b": 0.25, "sad": -1.0}
    asked.set_amount(asked.Key.TOWARD, "a:b", 0.0)
    assert asked.amounts(asked.Key.TOWARD) == {"sad": -1.0}


def test_a_first_search_is_one_click(open_page: Open, store: Path, headless: Path) -> None:
    rows = EmotionStore.open(store).table(["segment_id", "file", "score_angry", "level_dbfs"])
    most = rows.sort_values("score_angry", ascending=False).iloc[0]
    at = open_page("search", store, speaker="anna")
    assert text("query_empty", "en") in shown(at)
    happier = next(b for b in at.button if b.key == "example_1")
    assert happier.label.replace("\\", "") == text("example_happier", "en", file=most["file"])
    at = press(at, "example_0")
    assert at.query_params["like"] == most["segment_id"] and "speaker" not in at.query_params
    assert hits(at) == [h.segment_id for h in by_hand(store, Query(positives=[most["segment_id"]])).hits]
    assert not [b for b in at.button if (b.key or "").startswith("example_")]
    at = press(open_page("search", store), "example_1")
    query = Query(positives=[most["segment_id"]], toward={"happy": 1.0})
    assert hits(at) == [h.segment_id for h in by_hand(store, query).hits] and at.query_params["toward"] == "happy:1"
    at = press(open_page("search", store), "example_2")
    levels = sorted(rows["level_dbfs"].dropna())
    third = (len(levels) - 1) * 0.25
    least = levels[int(third)] + (third - int(third)) * (levels[int(third) + 1] - levels[int(third)])
    where = f"level_dbfs < {least:.1f}"
    assert at.query_params["profile"] == "sad:1" and at.query_params["where"] == where
    assert hits(at) == [h.segment_id for h in by_hand(store, Query(target={"sad": 1.0}), where=where).hits]
    bare = press(open_page("search", headless), "example_0")
    first = EmotionStore.open(headless).segments(["segment_id"])["segment_id"].iloc[0]
    assert bare.query_params["like"] == first and hits(bare)


def test_hits_can_be_chosen_without_leaving_and_a_query_be_kept(open_page: Open, store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "kept"
    shutil.copytree(store, copy)
    like = ids(copy)["clip00.wav"]
    at = press(open_page("search", copy, like=like), "hits_choose")
    wanted = [h.segment_id for h in by_hand(copy, Query(positives=[like]), k=100).hits]
    assert page_of(at) == text("page_search", "en") and at.query_params["chosen"] == wanted and hits(at) == wanted[:10]
    assert at.toast[0].value == text("hits_chosen", "en", n=14)
    at.text_input(key="naming_query").input("like *zero*")
    next(b for b in at.button if b.label == text("view_keep", "en") and "keep_query" in str(b.proto)).click()
    at = at.run()
    (mark,) = Bookmarks(copy).read()
    assert (mark.name, mark.page, mark.view["like"]) == ("like *zero*", "search", [like])
    assert not at.exception and f"view_{mark.id}" in {b.key for b in at.button}
