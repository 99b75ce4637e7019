"""The demo, built once: what was planted in it is found, by the store and by the command line."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics import cli, demo
from emoanalytics.audio.quality import Flag
from emoanalytics.demo import Demo, build_demo, demo_folder, is_demo
from emoanalytics.errors import CorpusError, EncoderMismatchError
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.overview import Overview, overview
from tests.conftest import ROOT
from tests.made_store import make_store


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    told: list[tuple[int, int, str]] = []
    place = tmp_path_factory.mktemp("demo") / "store"
    found = build_demo(place, progress=lambda *state: told.append(state), workers=2)
    assert told[-1][:2] == (408, 408)  # the call counts once a channel
    return found


@pytest.fixture(scope="session")
def store(made: Demo) -> EmotionStore:
    return EmotionStore.open(made.build.store)


@pytest.fixture(scope="session")
def view(store: EmotionStore) -> Overview:
    return overview(store)


@pytest.fixture(scope="session")
def planted() -> dict[str, Any]:
    return json.loads((demo_folder() / "planted.json").read_text(encoding="utf-8"))


def test_the_corpus_is_found() -> None:
    assert demo_folder() == ROOT / "data" / "demo"
    assert (demo_folder() / "metadata.csv").is_file()


def test_an_installation_without_it_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "emoanalytics" / "demo.py"))
    with pytest.raises(CorpusError, match="install emoanalytics from a wheel or a clone"):
        demo_folder()
    inside = tmp_path / "emoanalytics" / "_demo"
    inside.mkdir(parents=True)
    (inside / "metadata.csv").write_text("")
    assert demo_folder() == inside


def test_the_demo_is_known_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "copied"
    copied.mkdir()
    assert not is_demo(copied)
    (copied / "metadata.csv").write_bytes((demo_folder() / "metadata.csv").read_bytes())
    assert is_demo(copied)
    (copied / "metadata.csv").write_text("file,speaker\na.wav,amy\n")
    assert not is_demo(copied)
    (copied / "metadata.csv").write_bytes((demo_folder() / "metadata.csv").read_bytes())
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "emoanalytics" / "demo.py"))
    assert not is_demo(copied)


def test_every_recording_but_one_is_a_row(made: Demo, store: EmotionStore, planted: dict[str, Any]) -> None:
    assert len(store) == 407  # of 408 rows of the manifest, the corrupt one is none
    assert made.build.embedded == 406
    assert made.build.copied == 1
    (failure,) = made.build.failures
    assert failure.file == planted["damaged"]["corrupt"]
    assert store.failures()["file"].tolist() == [planted["damaged"]["corrupt"]]
    assert store.check() == []


def test_what_the_manifest_says_is_kept(view: Overview) -> None:
    assert (view.recordings, view.speakers) == (406, 13)
    assert dict(view.roles) == {"client": 406, "agent": 1}
    assert set(view.languages) == {"en", "zh"}
    assert dict(view.failures) == {"decode": 1}
    assert 0.25 < view.hours < 0.35
    assert (view.first or "") < (view.last or "")


def test_the_exact_duplicate_is_found(view: Overview, store: EmotionStore, planted: dict[str, Any]) -> None:
    (pair,) = view.duplicates
    files = store.segments(["segment_id", "file"]).set_index("segment_id")["file"]
    assert sorted(files[i] for i in pair) == sorted(planted["exact_duplicate"])
    one, other = store.embeddings(list(pair))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("fact", "flag"),
    [
        ("clipped", Flag.CLIPPED),
        ("noisy", Flag.NOISY),
        ("silent", Flag.SILENT),
        ("short", Flag.TOO_SHORT),
        ("telephone", Flag.NARROW_BAND),
        ("music", Flag.MUSIC),
        ("two-voices", Flag.SEVERAL_VOICES),
    ],
)
def test_planted_damage_is_flagged(store: EmotionStore, planted: dict[str, Any], fact: str, flag: Flag) -> None:
    rows = store.segments(["file", "flags"]).set_index("file")["flags"]
    assert str(flag) in list(rows[planted["damaged"][fact]])


def test_few_others_are_flagged(view: Overview) -> None:
    assert view.flagged <= 20


def test_the_call_has_a_role_on_each_side(store: EmotionStore, planted: dict[str, Any]) -> None:
    rows = store.segments(["channel", "speaker", "role"], where=f"file = '{planted['call']['file']}'")
    assert rows.sort_values("channel").to_numpy().tolist() == [
        ["left", "nora", "agent"],
        ["right", "frank", "client"],
    ]


def test_the_scores_come_from_a_head_and_the_store_says_so(made: Demo, store: EmotionStore, view: Overview) -> None:
    assert made.head is not None
    assert store.info.head == view.head == "emotion_given-acoustic"
    assert view.head_report is not None
    assert view.head_report["target"] == "emotion_given"
    assert view.head_report["uar"] == made.head.uar > 0.6
    assert (view.scored, view.other_roles) == (406, 1)  # the call has an agent, who is not in the means
    assert view.clustered_by == "speaker"
    means = {s.emotion: s.mean for s in view.scores}
    assert {e for e, mean in means.items() if mean is None} == {"other", "unknown"}
    assert sum(mean for mean in means.values() if mean is not None) == pytest.approx(1, abs=1e-4)


def test_scores_are_of_heads_that_never_heard_the_speaker(made: Demo, store: EmotionStore) -> None:
    assert made.head is not None
    columns = [f"score_{label}" for label in made.head.classes]
    stored = store.scores()[columns].to_numpy(np.float32)
    assert np.array_equal(stored, made.head.out_of_fold)
    memory = made.head.head.scores(store.embeddings())
    given = store.segments(["emotion_given"])["emotion_given"]
    known = given.notna().to_numpy()
    right = [
        float((np.array(made.head.classes)[scores.argmax(axis=1)] == given.to_numpy())[known].mean())
        for scores in (stored, memory)
    ]
    assert right[0] < right[1]
    assert right[0] == pytest.approx(made.head.accuracy, abs=0.02)


def test_a_second_run_changes_nothing(made: Demo, store: EmotionStore) -> None:
    before = store.fingerprint
    again = build_demo(made.build.store, workers=0)
    assert (again.build.embedded, again.build.copied, again.build.relabelled) == (0, 0, 0)
    assert again.build.unchanged == 407  # of 408; the corrupt file is tried again
    assert again.head is None
    assert store.fingerprint == before
    assert len(store) == 407


def test_the_command_ends_before_the_app_and_says_what_it_is(
    made: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "store"
    shutil.copytree(made.build.store, copy)
    monkeypatch.setattr(sys, "argv", ["emoanalytics", "demo", "--store", str(copy), "--no-app"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert not stopped.value.code
    out, err = capsys.readouterr()
    assert "synthetic speech with acted emotions" in err
    assert "a head trained on the demo's own labels" in err
    assert f"Next: emoanalytics app {copy}" in err
    assert "407 segments of 406 recordings" in out
    assert "identical audio: 2 segments in 1 group\n" in out
    assert "not known to this head" in out
    assert "Warning" not in out + err


def test_a_store_of_something_else_is_left_alone(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{}])
    before = store.fingerprint
    with pytest.raises(EncoderMismatchError):
        build_demo(store.path, workers=0)
    assert store.fingerprint == before
