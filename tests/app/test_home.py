"""Home: the stores with what is known of each, a corpus looked at before it is built, builds followed and taken up."""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

from app import builds, cache, drops, stores
from app.draft import _listed
from app.drops import DropError, take
from app.texts import TEXTS
from emoanalytics import BuildOrder, BuildSettings, EmotionStore, Language, open_corpus, preview, unfinished
from emoanalytics.background.work import StoppedError, work
from tests.app.conftest import write_corpus
from tests.conftest import ROOT, tone

WAIT_S = 120.0
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def no_builds() -> Iterator[None]:
    """The builds of a server are shared by its sessions; those of another test are not of this one."""
    cache.builds.clear()
    yield
    for run in cache.builds().all():
        run.cancel()
        assert run.wait(WAIT_S)
    cache.builds.clear()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens Home, in a folder of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def opened(*given: Path, language: str = "en") -> AppTest:
        monkeypatch.setattr(sys, "argv", ["main.py", *(word for path in given for word in ("--store", str(path)))])
        at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
        at.query_params["lang"] = language
        if given:  # else it is the first page, which has no name of its own
            at.switch_page(str(ROOT / "app" / "app_pages" / "home.py"))
        return at.run()

    return opened


def shown(at: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    return "\n".join(e.value for kind in kinds for e in getattr(at, kind)).replace("\\", "")


def text(key: str, language: str = "en", **values: object) -> str:
    return TEXTS[key][language == "zh"].format(**values)


def metrics(at: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in at.metric}


def finished(at: AppTest) -> AppTest:
    """The page when all builds have ended."""
    for run in cache.builds().all():
        assert run.wait(WAIT_S)
    return at.run()


@pytest.mark.parametrize("language", list(Language))
def test_a_card_says_what_is_in_a_store(home: Open, store: Path, headless: Path, language: str) -> None:
    at = home(store, language=language)
    assert not at.exception
    words = shown(at)
    assert "**voices**" in words and "**headless**" in words  # the one beside it, too
    length = text("time_s", language, n=18)
    line = [text("shelf_clips", language, n=15), length, text("shelf_speakers", language, n=3)]
    assert words.count(" · ".join(line)) >= 2  # other tests may have put stores beside these
    assert words.count(text("shelf_failed", language, n=1)) >= 2
    assert words.count(text("shelf_no_head", language)) >= 1
    assert words.count(text("shelf_current", language)) >= 1 and str(store) in words
    built = str(EmotionStore.open(store).runs()[0]["finished"])[:10]
    assert f"acoustic · {text('shelf_built', language, when=built)}" in words


def test_many_stores_do_not_bury_the_rest_of_the_page(home: Open, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "known", lambda: {f"store {n}": store for n in range(11)})
    at = home(store)
    assert len([b for b in at.main.button if str(b.key).startswith("open_")]) == 9
    at.main.toggle(key="shelf_all").set_value(True).run()
    assert len([b for b in at.main.button if str(b.key).startswith("open_")]) == 11


def test_a_card_opens_its_store(home: Open, store: Path, headless: Path) -> None:
    at = home(store)
    names = list(stores.known())
    at.main.button(key=f"open_{names.index('headless')}").click().run()
    assert at.title[0].value == "Overview" and at.query_params["store"] == "headless"


def test_a_broken_store_and_an_empty_one_do_not_break_the_page(home: Open, damaged: Path, empty: Path) -> None:
    at = home(damaged, empty)
    assert not at.exception
    assert "segments.parquet" in shown(at) and text("shelf_never_built") in shown(at)
    assert text("new_title") in shown(at)


def test_a_corpus_is_looked_at_before_anything_runs(home: Open, tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "corpus")
    at = home()
    assert at.main.button(key="new_look").disabled
    at.main.text_input(key="source").set_value(str(folder)).run()
    at.main.button(key="new_look").click().run()
    assert not at.exception
    seen = preview(open_corpus(folder))
    found = metrics(at)
    assert found["Files"] == f"{seen.files}" == "16" and found["Speakers"] == "3" and found["Length"] == "18 s"
    assert found["Kinds of labels"] == "4" and found["Problems"] == "0"
    assert "speaker: column speaker, e.g. anna" in shown(at)
    assert at.main.text_input(key="new_store").value == str(tmp_path / "corpus-store")
    assert not (tmp_path / "corpus-store").exists()
    at.main.button(key="new_other").click().run()
    assert "Files" not in metrics(at) and at.main.text_input(key="source").value == str(folder)


@pytest.mark.parametrize("language", list(Language))
def test_what_is_no_corpus_is_one_line(home: Open, tmp_path: Path, language: str) -> None:
    at = home(language=language)
    at.main.text_input(key="source").set_value(str(tmp_path / "<b>nowhere</b>")).run()
    at.main.button(key="new_look").click().run()
    assert not at.exception and len(at.error) == 1
    assert text("new_not_read", language) in at.error[0].value and "no such file or folder" in at.error[0].value
    assert "\\<b\\>" in at.error[0].value


def test_a_corpus_becomes_a_store_that_opens(home: Open, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    at = home()
    at.main.text_input(key="source").set_value(str(tmp_path / "corpus")).run()
    at.main.button(key="new_look").click().run()
    at.main.toggle(key="new_train").set_value(False)
    at.main.button(key="new_build").click().run()
    assert not at.exception and "Files" not in metrics(at)
    at = finished(at)
    words = shown(at)
    assert "14 segments embedded, 1 copied from identical audio" in words
    assert text("build_next_head") in words
    assert f'emoanalytics head fit "{tmp_path / "corpus-store"}" --target emotion' in words
    assert [e.label for e in at.expander if "could not be used" in e.label] == ["Files that could not be used: 1"]
    at.main.button(key="build_open_0").click().run()
    assert at.title[0].value == "Overview" and at.query_params["store"] == "corpus-store"
    assert metrics(at)["Clips"] == "15"


def test_two_sessions_see_the_same_build_and_one_store_is_built_once(home: Open, tmp_path: Path) -> None:
    order = BuildOrder(write_corpus(tmp_path / "corpus"), tmp_path / "s", "acoustic", settings=BuildSettings(workers=0))
    run = cache.builds().start(order)
    for _ in range(2):
        assert f"**{text('build_of', name='s')}**" in shown(home())
    at = AppTest.from_function(_start_again, default_timeout=60)
    at.session_state["order"] = order
    if run.running:
        at.run()
        assert run.running is False or "is being built" in at.error[0].value.replace("\\", "")


def _start_again() -> None:
    import streamlit as st

    from app import builds

    builds.start(st.session_state["order"])


def test_an_unfinished_store_offers_to_go_on(home: Open, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(70):  # two steps
        sf.write(folder / f"a{number:02}.wav", tone(0.2, seed=number), 16_000)
    order = BuildOrder(folder, tmp_path / "here" / "half", "acoustic", settings=BuildSettings(workers=0))
    looks = iter(range(69))

    def check() -> None:
        if next(looks, None) is None:
            raise StoppedError

    with pytest.raises(StoppedError):
        work(order, lambda news: None, check)
    half = len(EmotionStore.open(order.store))
    assert 0 < half < 70
    at = home()
    assert text("shelf_unfinished") in shown(at) and text("shelf_never_built") in shown(at)
    at.main.button(key="on_0").click().run()
    at = finished(at)
    assert len(EmotionStore.open(order.store)) == 70 and unfinished(order.store) is None
    assert "64 recordings unchanged" in shown(at) and text("build_next_labels") in shown(at)
    assert text("shelf_unfinished") not in shown(at)


def test_a_build_that_fails_says_why_and_what_to_do(home: Open, tmp_path: Path) -> None:
    cache.builds().start(BuildOrder(tmp_path / "gone", tmp_path / "s", "acoustic"))
    at = finished(home())
    assert text("build_failed") in shown(at) and "no such file or folder" in shown(at)
    assert at.main.button(key="build_on_0").label == "Go on"
    at.main.button(key="build_forget_0").click().run()
    assert cache.builds().all() == [] and text("build_failed") not in shown(at)


def zipped(**files: bytes) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in files.items():
            archive.writestr(name, inner)
    content.seek(0)
    return content


def wave(seed: int = 0) -> bytes:
    content = io.BytesIO()
    sf.write(content, tone(0.5, seed=seed), 16_000, format="WAV")
    return content.getvalue()


def test_dropped_files_are_looked_at_built_and_kept_beside_the_store(home: Open, tmp_path: Path) -> None:
    at = home()
    at.main.get("button_group")[0].set_value("drop").run()
    content = zipped(**{"all/anna_1.wav": wave(1), "all/ben_1.wav": wave(2), "__MACOSX/x": b"", "all/.DS_Store": b""})
    at.main.file_uploader(key="new_files").set_value(("all.zip", content.getvalue(), "application/zip")).run()
    at.main.text_input(key="new_template").set_value("{speaker}_{take}").run()
    at.main.button(key="new_look_dropped").click().run()
    assert not at.exception and not at.error
    assert metrics(at)["Files"] == "2" and metrics(at)["Speakers"] == "2"
    dropped = at.session_state["draft"].dropped
    assert text("new_dropped") in shown(at) and str(dropped.folder) not in shown(at)
    at.main.button(key="new_build").click().run()
    finished(at)
    here = tmp_path / "here"
    assert sorted(p.name for p in (here / "my-store-audio").rglob("*.wav")) == ["anna_1.wav", "ben_1.wav"]
    assert not dropped.folder.exists()
    store = EmotionStore.open(here / "my-store")
    row = store.table(["file", "corpus"]).iloc[0]
    assert store.audio_path(row["file"], row["corpus"]).is_file()


def test_dropped_files_without_audio_are_told_without_the_folder_they_lay_in(home: Open) -> None:
    at = home()
    at.main.get("button_group")[0].set_value("drop").run()
    content = zipped(**{"notes.txt": b"no sound"})
    at.main.file_uploader(key="new_files").set_value(("notes.zip", content.getvalue(), "application/zip")).run()
    at.main.button(key="new_look_dropped").click().run()
    (told,) = (error.value for error in at.error)
    assert text("dropped_files") in told and tempfile.gettempdir() not in told and "draft" not in at.session_state


def test_dropped_files_that_are_not_to_be_kept_are_gone_when_the_store_is_there(home: Open, tmp_path: Path) -> None:
    at = home()
    at.main.get("button_group")[0].set_value("drop").run()
    at.main.file_uploader(key="new_files").set_value(("one.wav", wave(), "audio/wav")).run()
    at.main.button(key="new_look_dropped").click().run()
    at.main.toggle(key="new_keep").set_value(False).run()
    at.main.button(key="new_build").click().run()
    finished(at)
    assert len(EmotionStore.open(tmp_path / "here" / "my-store")) == 1
    assert not (tmp_path / "here" / "my-store-audio").exists()


def test_another_corpus_deletes_what_was_dropped(home: Open) -> None:
    at = home()
    at.main.get("button_group")[0].set_value("drop").run()
    at.main.file_uploader(key="new_files").set_value(("one.wav", wave(), "audio/wav")).run()
    at.main.button(key="new_look_dropped").click().run()
    folder = at.session_state["draft"].dropped.folder
    assert folder.is_dir()
    at.main.button(key="new_other").click().run()
    assert not folder.exists()


@pytest.mark.parametrize(
    "inner", ["../out.wav", "a/../../out.wav", "/etc/out.wav", "C:/out.wav", "..\\out.wav", "\\\\host\\out.wav"]
)
def test_a_zip_that_leads_out_of_its_folder_is_refused_whole(inner: str, tmp_path: Path) -> None:
    with pytest.raises(DropError) as caught:
        take([("x.zip", zipped(**{"good.wav": wave(), inner: wave()}))])
    assert caught.value.text == "drop_unsafe" and "out.wav" in str(caught.value.values["inner"])


def test_a_link_in_a_zip_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("link.wav")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DropError, match="drop_unsafe"):
        take([("x.zip", content)])


def test_limits_hold_while_unpacking_whatever_a_zip_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "MOST_MB", 1)
    with pytest.raises(DropError, match="drop_large"):
        take([("bomb.zip", zipped(**{"zeros.wav": bytes(3 << 20)}))])
    monkeypatch.setattr(drops, "MOST_FILES", 2)
    with pytest.raises(DropError, match="drop_many"):
        take([("many.zip", zipped(**{f"{n}.wav": b"" for n in range(3)}))])
    assert take([("two.zip", zipped(**{f"{n}.wav": b"" for n in range(2)}))]).files == 2


class FullDisk(io.BytesIO):
    """Of a write, the reason is the machine's own."""

    def read(self, *_: Any) -> bytes:
        raise OSError(28, "No space left on device")


def test_nothing_is_left_of_what_was_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cases: list[tuple[str, list[tuple[str, Any]]]] = [
        ("drop_damaged", [("x.zip", io.BytesIO(b"PK no zip"))]),
        ("drop_twice", [("a.wav", io.BytesIO(b"1")), ("a.wav", io.BytesIO(b"2"))]),
        ("drop_empty", [(".hidden", io.BytesIO(b"1"))]),
        ("drop_long_name", [("x" * 300 + ".wav", io.BytesIO(b"1"))]),
        ("drop_twice", [("x.zip", zipped(**{"a": b"1", "a/b.wav": b"2"}))]),
        ("drop_disk", [("a.wav", FullDisk(b"1"))]),
    ]
    for expected, given in cases:
        with pytest.raises(DropError) as caught:
            take(given)
        assert caught.value.text == expected and list(tmp_path.iterdir()) == []


def test_names_of_dropped_files_are_names_only_and_folders_of_zips_stay(tmp_path: Path) -> None:
    found = take(
        [("C:\\calls\\a.wav", io.BytesIO(b"1")), ("z.zip", zipped(**{"anna/b.wav": b"2", "./ben/c.wav": b"3"}))]
    )
    inside = sorted(p.relative_to(found.corpus).as_posix() for p in found.corpus.rglob("*.wav"))
    assert inside == ["a.wav", "anna/b.wav", "ben/c.wav"] and found.files == 3
    (tmp_path / "kept").mkdir()
    assert found.settle(tmp_path / "kept") == tmp_path / "kept-2"  # what is there is not touched
    assert (tmp_path / "kept-2" / "anna" / "b.wav").read_bytes() == b"2" and not found.folder.exists()


def test_names_packed_on_chinese_windows_are_read() -> None:
    content = zipped(**{"XXXX.wav": b"1"}).getvalue().replace(b"XXXX", "中文".encode("gb18030"))
    found = take([("z.zip", io.BytesIO(content))])
    assert [p.name for p in found.corpus.glob("*.wav")] == ["中文.wav"]


def test_a_folder_lists_folders_then_tables_and_nothing_hidden(tmp_path: Path) -> None:
    for name in ("b", "A", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("x.csv", "y.wav", "z.jsonl", ".secret.csv"):
        (tmp_path / name).touch()
    assert _listed(str(tmp_path)) == ["A/", "b/", "x.csv", "z.jsonl"] and _listed(str(tmp_path / "none")) == []


def test_browsing_goes_down_and_up(home: Open, tmp_path: Path) -> None:
    (tmp_path / "here" / "calls").mkdir()
    at = home()
    at.main.selectbox(key=f"browse_{tmp_path / 'here'}").set_value("calls/").run()
    assert at.main.text_input(key="source").value == str(tmp_path / "here" / "calls")


def test_the_demo_is_built_from_here(home: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = home()
    started: list[BuildOrder] = []
    monkeypatch.setattr(builds, "start", started.append)
    at = at.run()
    at.main.button(key="build_demo").click().run()
    assert [(o.encoder, o.train, o.store) for o in started] == [("acoustic", True, stores.DEMO.absolute())]
    assert (started[0].corpus / "metadata.csv").is_file()


def test_a_length_of_time_is_no_finer_than_it_is_known() -> None:
    at = AppTest.from_function(_lengths).run()
    assert at.text[0].value == "3 s|89 s|3 min|1.9 h"


def _lengths() -> None:
    import streamlit as st

    from app.builds import spoken

    st.session_state["lang"] = "en"
    st.text("|".join(spoken(s) for s in (3.2, 89.0, 200.0, 7000.0)))
