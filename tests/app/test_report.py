"""Report and Export: what they promise, what they hand out, and the commands that make the same."""

from __future__ import annotations

import io
import shlex
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from app.exports import KINDS, Order, place
from app.texts import TEXTS
from emoanalytics import EmotionStore, ExportFormat, Language, cli
from emoanalytics.export.exporting import export
from emoanalytics.export.formats import FOLDERS, WITH_AUDIO, WITH_EMBEDDINGS
from tests.app.conftest import NASTY
from tests.app.test_pages import Open, shown, text
from tests.app.test_pages import open_page as open_page  # the fixture


def press(at: Any, key: str) -> Any:
    return at.button(key=key).click().run(timeout=120)


def run(command: str) -> Any:
    words = shlex.split(command)
    assert words[0] == "emoanalytics"
    done = CliRunner().invoke(cli.cli, words[1:], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def command_of(at: Any) -> str:
    (code,) = [c.value for c in at.code if c.value.startswith("emoanalytics")]
    return str(code)


def exported(at: Any) -> tuple[str, bytes]:
    _, _, name, content, _ = at.session_state["written"]
    return name, content


# Report


@pytest.mark.parametrize("language", list(Language))
def test_a_report_is_promised_and_made(open_page: Open, store: Path, language: str) -> None:
    at = open_page("report", store, language)
    words = shown(at)
    assert text("report_in_clips", language, clips=15, speakers=3) in words
    assert text("report_in_sound", language, mb=3) in words and "made" not in at.session_state
    press(at, "report_make")
    assert not at.exception and not at.error
    order, made = at.session_state["made"]
    words = shown(at)
    assert all(line in words for line in made.facts["short"])
    assert text("report_ready", language, mb=f"{len(made.content) / 1e6:.2f}", n=made.sounds) in words
    assert order.language == language and f'<html lang="{language}' in made.html


def test_the_command_makes_the_same_report_byte_for_byte(open_page: Open, store: Path, tmp_path: Path) -> None:
    at = open_page("report", store, redact="1", title="Team's <b>talk</b>", report_lang="zh")
    assert text("report_in_no_sound", "en") in shown(at)
    press(at, "report_make")
    order, made = at.session_state["made"]
    assert order.redacted and order.language is Language.ZH and made.sounds == 0
    assert "anna" not in made.html and "clip00" not in made.html
    assert "Team&#39;s &lt;b&gt;talk&lt;/b&gt;" in made.html
    command = command_of(at)
    assert command.endswith("report.zh.html --lang zh --redact '--title=Team'\"'\"'s <b>talk</b>'")
    run(command)
    assert (tmp_path / "report.zh.html").read_bytes() == made.content
    assert at.query_params["redact"] == "1" and at.query_params["title"] == "Team's <b>talk</b>"


def test_a_report_that_is_no_longer_what_is_asked_for_is_not_handed_out(open_page: Open, store: Path) -> None:
    at = press(open_page("report", store), "report_make")
    assert [b.proto.label for b in at.get("download_button")] == [text("report_get", "en", name="report.html")]
    at.toggle(key="redact").set_value(True).run()
    assert not at.get("download_button") and text("report_changed", "en") in shown(at)
    at.toggle(key="redact").set_value(False).run()
    assert at.get("download_button")


def test_whose_clips_count_and_what_is_compared_are_those_of_the_command(
    open_page: Open, store: Path, tmp_path: Path
) -> None:
    usual = press(open_page("report", store), "report_make").session_state["made"][1]
    at = open_page("report", store, compared="session", space="speaker-centred", seed="7")
    press(at, "report_make")
    assert not at.exception and not at.error
    made = at.session_state["made"][1]
    assert made.facts["groups"] != usual.facts["groups"] and made.facts["map"] != usual.facts["map"]
    command = command_of(at)
    assert command.endswith("--compare=session --space speaker-centred --seed 7")
    run(command)
    assert (tmp_path / "report.html").read_bytes() == made.content


def test_a_section_of_ones_own_is_in_it_and_a_broken_one_is_one_line(open_page: Open, store: Path) -> None:
    at = open_page("report", store)
    at.file_uploader[0].set_value([("team.html", b"<h2>For us: {{ short[0] }}</h2>", "text/html")]).run()
    assert text("report_in_own", "en", n=1) in shown(at) and "--section=team.html" in command_of(at)
    press(at, "report_make")
    assert "<h2>For us: Highest mean model score: " in at.session_state["made"][1].html
    at.file_uploader[0].set_value([("team.html", b"{{ nothing.there }}", "text/html")]).run()
    press(at, "report_make")
    line = at.error[0].value.replace("\\", "")
    assert "team.html" in line and "/tmp" not in line and "section0" not in line and "made" not in at.session_state


def test_a_store_without_scores_says_what_the_report_will_not_have(open_page: Open, headless: Path) -> None:
    words = shown(open_page("report", headless))
    assert text("report_in_unscored", "en") in words and "intervals, who changed" not in words


# Export


def test_what_the_page_says_of_formats_is_what_the_library_does() -> None:
    assert set(KINDS) == set(ExportFormat)
    for form, kind in KINDS.items():
        assert kind.usual == (form in WITH_EMBEDDINGS) and kind.voices == (form in WITH_AUDIO)
        assert (kind.ending == "") == (form in FOLDERS or form is ExportFormat.SQL)
        assert {f"format_{form}", f"format_{form}_who"} <= set(TEXTS)


@pytest.mark.parametrize("language", list(Language))
def test_all_clips_as_csv_are_those_of_the_command(open_page: Open, store: Path, language: str, tmp_path: Path) -> None:
    at = press(open_page("export", store, language), "export_make")
    assert not at.exception and not at.error
    name, content = exported(at)
    assert name == "voices.csv"
    table = pd.read_csv(io.BytesIO(content))
    assert len(table) == 15 and {"speaker", "score_sad", "emotion_scored"} <= set(table.columns)
    assert NASTY in table["text"].tolist()
    assert text("export_done", language, rows=15, columns=len(table.columns)) in shown(at)
    run(command_of(at))
    assert (tmp_path / "voices.csv").read_bytes() == content


def test_a_filter_and_a_choice_leave_theirs(open_page: Open, store: Path, tmp_path: Path) -> None:
    at = press(open_page("export", store, what="filtered", speaker="o'neil", format="jsonl"), "export_make")
    assert len(exported(at)[1].splitlines()) == 4
    run(command_of(at))
    assert (tmp_path / "voices.jsonl").read_bytes() == exported(at)[1]
    wanted = EmotionStore.open(store).segments(["segment_id"], "file IN ('clip03.wav', 'clip07.wav')")["segment_id"]
    at = press(open_page("export", store, what="chosen", chosen=wanted.tolist()), "export_make")
    assert sorted(pd.read_csv(io.BytesIO(exported(at)[1]))["segment_id"]) == sorted(wanted)
    at = open_page("export", store, what="chosen")
    assert text("export_none_chosen", "en") in shown(at) and not at.get("download_button")
    at = open_page("export", store, what="filtered", q="nobody said this")
    assert text("export_none", "en") in shown(at)
    at = open_page("export", store, what="filtered", where="speeker = 'x'")
    assert "did you mean speaker" in at.error[0].value.replace("\\", "")


def test_embeddings_and_their_rows_come_as_one_zip_in_one_order(open_page: Open, store: Path) -> None:
    at = press(open_page("export", store, format="npy"), "export_make")
    name, content = exported(at)
    assert name == "voices.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == ["voices.csv", "voices.npy"]
        vectors = np.load(io.BytesIO(archive.read("voices.npy")), allow_pickle=False)
        rows = pd.read_csv(io.BytesIO(archive.read("voices.csv")))
    opened = EmotionStore.open(store)
    np.testing.assert_array_equal(vectors, opened.embeddings(rows["segment_id"].tolist()))
    assert text("export_in_with", "en", dim=opened.info.dim) in shown(at)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"format": "spotlight"}, "export_voices"),
        ({"format": "npy"}, "export_tells"),
        ({"format": "csv", "embedded": "with"}, "export_tells"),
        ({"format": "parquet"}, ""),
        ({"format": "sql"}, ""),
    ],
)
def test_without_names_nothing_goes_along_that_tells_a_voice(
    open_page: Open, store: Path, query: dict[str, str], key: str
) -> None:
    at = open_page("export", store, redact="1", **query)
    assert [w.value for w in at.warning] == ([text(key, "en")] if key else [])
    assert at.button(key="export_make").disabled == (bool(key) or query["format"] == "sql")  # no URL yet
    if key:
        with pytest.raises(Exception, match="redact"):  # the library refuses it too
            export(EmotionStore.open(store), "x.parquet" if query["format"] == "spotlight" else f"x.{query['format']}",
                   format=query["format"], embeddings=True if "embedded" in query else None, redact=True)  # fmt: skip
    elif query["format"] == "parquet":
        table = pd.read_parquet(io.BytesIO(exported(press(at, "export_make"))[1]))
        assert "embedding" not in table and "text" not in table and not table["speaker"].isin(["anna", "ben"]).any()


def test_a_place_on_this_machine_is_checked_and_never_written_over(
    open_page: Open, store: Path, tmp_path: Path
) -> None:
    at = open_page("export", store, to="machine", format="parquet")
    assert at.button(key="export_make").disabled
    there = tmp_path / "out"
    for typed, said in (
        ("out", text("place_relative", "en", path="out")),
        (str(there / "x.parquet"), text("place_no_folder", "en", path=there / "x.parquet", folder=there)),
        (str(tmp_path / "out.parquet"), ""),
    ):
        at.text_input(key="place").set_value(typed).run()
        assert [w.value.replace("\\", "") for w in at.warning] == ([said] if said else [])
        assert at.button(key="export_make").disabled == bool(said)
    press(at, "export_make")
    assert not at.error and str(tmp_path / "out.parquet") in shown(at) and not at.get("download_button")
    before = (tmp_path / "out.parquet").read_bytes()
    assert len(pd.read_parquet(io.BytesIO(before))) == 15
    again = open_page("export", store, to="machine", format="parquet")
    again.text_input(key="place").set_value(str(tmp_path / "out.parquet")).run()
    assert "is there already" in again.warning[0].value.replace("\\", "")
    assert again.button(key="export_make").disabled and (tmp_path / "out.parquet").read_bytes() == before


def test_a_folder_that_is_there_gets_a_new_name_in_it(store: Path, tmp_path: Path) -> None:
    opened = EmotionStore.open(store)
    table = Order(ExportFormat.CSV, None, 15, "usual", False)
    folder = Order(ExportFormat.AUDFORMAT, None, 15, "usual", False)
    assert place(table, opened, str(tmp_path)) == (tmp_path / "voices.csv", "")
    assert place(folder, opened, f" {tmp_path} ") == (tmp_path / "voices-audformat", "")
    (tmp_path / "voices.csv").write_text("mine", encoding="utf-8")
    assert place(table, opened, str(tmp_path))[0] is None
    vectors = Order(ExportFormat.NPY, None, 15, "usual", False)
    assert place(vectors, opened, str(tmp_path))[0] is None  # its rows would go where that file is


def test_the_store_itself_is_no_place(open_page: Open, store: Path) -> None:
    at = open_page("export", store, to="machine")
    at.text_input(key="place").set_value(str(store)).run()
    press(at, "export_make")
    assert "lies in the store" in at.error[0].value.replace("\\", "") and not (store / "voices.csv").exists()


def test_a_database_gets_a_table_and_its_url_is_never_shown(open_page: Open, store: Path, tmp_path: Path) -> None:
    import sqlite3

    at = open_page("export", store, format="sql")
    at.text_input(key="database").set_value(f"sqlite:///{tmp_path / 'clips.db'}").run()
    assert command_of(at) == f"emoanalytics export {store} --to URL --table segments"
    press(at, "export_make")
    assert not at.error
    with sqlite3.connect(tmp_path / "clips.db") as connection:
        assert connection.execute("SELECT count(*) FROM segments").fetchone() == (15,)
    assert not any("sqlite" in value for values in at.query_params.values() for value in values)
    again = open_page("export", store, format="sql")
    again.text_input(key="database").set_value(f"sqlite:///{tmp_path / 'clips.db'}").run()
    press(again, "export_make")
    assert "segments" in again.error[0].value  # never over a table that is there


def test_what_is_too_large_for_a_download_is_sent_to_a_place(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import exports

    monkeypatch.setattr(exports, "MOST_DOWNLOADED", 1_000)
    at = open_page("export", store)
    assert at.warning[0].value == text("export_large", "en", mb="0") and at.button(key="export_make").disabled
    opened = EmotionStore.open(store)
    plain, full = (Order(ExportFormat.PARQUET, None, 15, kind, False).size(opened) for kind in ("without", "with"))
    assert full - plain == 15 * opened.info.dim * 4


def test_a_choice_too_long_for_a_command_says_so(store: Path) -> None:
    opened = EmotionStore.open(store)
    short, long = (Order(ExportFormat.CSV, f"file = '{'x' * n}'", 1, "usual", False) for n in (10, 3_000))
    assert long.command(opened, "a.csv", "") is None
    assert short.command(opened, "a.csv", "") is not None
    assert "spotlight" in (
        Order(ExportFormat.SPOTLIGHT, None, 1, "usual", False).command(opened, "a.parquet", "") or ""
    )
