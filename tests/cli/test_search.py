"""`emoanalytics search`: by segment, by file, towards an emotion; as a table and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.search import Query, search
from tests.cli.conftest import Said, process
from tests.made_store import make_store
from tests.views.searched import row_id


def segment(store: Path, file: str) -> str:
    (found,) = EmotionStore.open(store).segments(["segment_id"], where=f"file = '{file}'")["segment_id"]
    return str(found)


def test_a_file_of_the_corpus_finds_itself_first(corpus: Path, built: Path) -> None:
    said = process("search", built, "--clip", corpus / "s1" / "clip 04 话.wav", "-k", "3", "--json")
    assert said.status == 0, said.err
    first = said.json["hits"][0]
    assert (first["file"], first["speaker"]) == ("s1/clip 04 话.wav", "s1")
    assert first["similarity"] == pytest.approx(1, abs=1e-4)
    assert {"segment_id", "file", "start_s", "end_s", "speaker", "similarity", "emotion", "confidence"} <= set(first)
    assert said.json["query"]["positives"] == [{"clip": "clip 04 话.wav", "speaker": None}]


def test_the_command_says_what_the_library_says(run: Callable[..., Said], built: Path) -> None:
    one, other = segment(built, "s0/clip 00 话.wav"), segment(built, "s1/clip 04 话.wav")
    said = run(
        "search", built, "--id", one, "--not-id", other, "--toward", "angry=0.5", "--toward", "难过=-0.25", "-k", "4",
        "--offset", "2", "--where", "speaker <> 's2'", "--exclude", "same-file,same-speaker",
        "--space", "speaker-centred", "--diversify", "0.7", "--json",
    )  # fmt: skip
    expected = search(
        Geometry(EmotionStore.open(built), "speaker-centred"),
        Query([one], [other], {"angry": 0.5, "sad": -0.25}),
        k=4,
        offset=2,
        where="speaker <> 's2'",
        exclude=["same-file", "same-speaker"],
        diversify=0.7,
    )
    assert said.json == expected.as_json()
    assert {hit["speaker"] for hit in said.json["hits"]} == {"s1"}
    assert said.json["query"]["toward"] == {"angry": 0.5, "sad": -0.25}


def test_a_profile_and_a_contrast(run: Callable[..., Said], built: Path) -> None:
    said = run("search", built, "--target", "sad=3", "--target", "angry=1", "-k", "5", "--json")
    assert {hit["emotion_given"] for hit in said.json["hits"]} == {"sad"}
    assert said.json["query"]["target"] == {"sad": 0.75, "angry": 0.25}
    one = segment(built, "s0/clip 00 话.wav")
    said = run("search", built, "--id", one, "--contrast", "same-sound-other-label", "-k", "50", "--json")
    assert {hit["emotion_given"] for hit in said.json["hits"]} == {"angry"}


def test_a_speaker_of_a_file_can_be_left_out(run: Callable[..., Said], corpus: Path, built: Path) -> None:
    clip = corpus / "s1" / "clip 04 话.wav"
    arguments = ["search", built, "--clip", clip, "--exclude", "same-speaker", "-k", "50", "--json"]
    assert len(run(*arguments).json["hits"]) == 24
    said = run(*arguments, "--speaker", "s1")
    assert {hit["speaker"] for hit in said.json["hits"]} == {"s0", "s2"}


def test_the_table_is_for_people(run: Callable[..., Said], built: Path) -> None:
    one = segment(built, "s0/clip 00 话.wav")
    said = run("search", built, "--id", one, "--toward", "angry=-0.5", "-k", "2")
    first, hit, why, *_, more = said.out.splitlines()
    assert first == "2 hits of 23 clips that could be (24 in the store, space: raw)"
    assert hit.startswith("   1. █")
    assert "😢 sad" in hit
    assert "话.wav [0.00-1.10 s], s" in hit
    assert f"like {one} +0." in why
    assert "less angry" in why
    assert more == "more: --offset 2"
    said = run("search", built, "--id", one, "--where", "false")
    assert said.out.splitlines()[-1] == (
        "note: none of the 24 clips passes the filters: loosen the condition or exclude less"
    )


def test_in_chinese(run: Callable[..., Said], built: Path) -> None:
    one = segment(built, "s0/clip 00 话.wav")
    query = ("search", built, "--id", one, "--toward", "angry=-0.5", "-k", "2")
    first, hit, why, *_, more = run(*query, "--lang", "zh").out.splitlines()
    assert first == "2 个结果，可选片段 23 个（库中共 24 个，空间：raw）"
    assert "😢 难过" in hit and f"像 {one} +0." in why and "减少「生气」" in why and more == "更多：--offset 2"
    said = run("search", built, "--id", one, "--where", "false", "--lang", "zh")
    assert said.out.splitlines()[-1] == "注意：24 个片段中没有一个符合筛选条件：请放宽条件或减少排除项"
    assert run(*query, "--lang", "zh", "--json").json == run(*query, "--json").json
    unlike = run("search", built, "--id", one, "--contrast", "same-sound-other-label", "-k", "50", "--lang", "zh").out
    assert "，标注为 生气" in unlike or "😠 生气" in unlike


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing is looked for: name a clip, a segment, an emotion to go towards or a profile"),
        (["--id", "x"], "no segment 'x' in the store"),
        (["--toward", "angry"], "'angry' is not an emotion and a number, e.g. angry=0.5"),
        (["--toward", "angry=much"], "'angry=much' is not an emotion and a number"),
        (["--toward", "=1"], "'=1' is not an emotion and a number"),
        (["--toward", "angry=1", "--toward", "angry=2"], "angry is named twice: give it one number"),
        (["--toward", "surprised=1"], "the head does not know 'surprised'; it knows angry, sad"),
        (["--toward", "sad=1", "--exclude", "same-mood"], "'same-mood' is none of same-speaker, same-file"),
        (["--toward", "sad=1", "-k", "0"], "k, the number of hits, is at least 1, not 0"),
        (["--toward", "sad=1", "--where", "1=1; DROP TABLE segments"], "is not understood"),
        (["--toward", "sad=1", "--where", "x IN (SELECT 1 FROM '/etc/passwd')"], "is not understood"),
        (["--clip", "gone.wav"], "gone.wav: there is no such file; check the path"),
        (
            ["--toward", "sad=1", "--speaker", "s1"],
            "--speaker is about audio files: name one with --clip or --not-clip",
        ),
        (["--toward", "sad=1", "--encoder", "acoustic"], "--encoder is about audio files: name one with --clip"),
        (["--toward", "sad=1e308"], "the amount of sad is a number from -1000 to 1000, not 1e+308"),
        (["--toward", "sad=nan"], "the amount of sad is a number from -1000 to 1000, not nan"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[..., Said], built: Path, arguments: list[str], message: str) -> None:
    said = run("search", built, *arguments)
    assert said.status == 2
    assert message in said.line


def test_ten_million_hits_are_all_there_are(run: Callable[..., Said], built: Path) -> None:
    said = run("search", built, "--toward", "sad=1", "-k", "10000000", "--json")
    assert len(said.json["hits"]) == 24
    assert said.json["notes"][0]["en"] == "10000000 hits were asked for; only 24 clips can be hits"


def test_files_need_the_encoder_of_the_store(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    clip = corpus / "s1" / "clip 04 话.wav"
    store = make_store(tmp_path / "store", [{}, {}])
    said = run("search", store.path, "--clip", clip)
    assert "was built with made, a model from a folder: name it with --encoder FOLDER" in said.line
    said = run("search", store.path, "--clip", clip, "--encoder", "acoustic")
    assert "holds embeddings of made (revision 1, exact), which those of acoustic" in said.line
    assert run("search", store.path, "--id", row_id(0), "--json").json["hits"][0]["segment_id"] == row_id(1)
    empty = make_store(tmp_path / "empty", [])
    assert "holds no clip to find: emoanalytics build CORPUS --store" in run("search", empty.path, "--id", "x").line


def test_a_store_whose_folder_cannot_be_written_is_searched_and_it_is_said(
    run: Callable[..., Said], tmp_path: Path
) -> None:
    store = make_store(tmp_path / "store", [{}, {}], embeddings=np.ones((2, 3)))
    (store.path / "derived").write_text("in the way")
    said = run("search", store.path, "--id", row_id(0), "--json")
    assert [hit["similarity"] for hit in said.json["hits"]] == [1.0]
    assert "the embeddings are kept in memory instead" in said.err


def test_one_clip_is_one(run: Callable[..., Said], tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{}, {}]).path
    lines = run("search", store, "--id", row_id(0), "-k", "5").out.splitlines()
    assert lines[0] == "1 hit of 1 clip that could be (2 in the store, space: raw)"
    assert lines[-1] == "note: 5 hits were asked for; only 1 clip can be a hit"
