from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.corpus.columns import ALIASES
from tests.audio.corpus.make_corpus import touch, write


def test_a_description_stays_one_line_a_fact(tmp_path: Path) -> None:
    touch(tmp_path, "line\nbreak.wav")
    write(tmp_path / "m.csv", 'file,speaker\n"line\nbreak.wav",a\x1b[31m\n"gone\n.wav",b\n')
    assert open_corpus(tmp_path).describe().splitlines()[2:] == [
        "  file: column file, e.g. line\\nbreak.wav",
        "  speaker: column speaker, e.g. a\\x1b[31m",
        "1 problem:",
        "- gone\\n.wav, row 3: no such file: gone\\n.wav",
    ]


def test_the_guide_tells_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = Path(__file__).resolve().parents[3] / "docs/corpus.md"
    monkeypatch.chdir(tmp_path)
    ran = doctest.testfile(str(guide), module_relative=False, encoding="utf-8")
    assert ran.failed == 0 and ran.attempted >= 10
    text = guide.read_text(encoding="utf-8")
    known = [a for aliases in ALIASES.values() for a in aliases if not a.endswith(("_time", "_s", "_given"))]
    assert [a for a in known if f"`{a}`" not in text] == ["audio_file", "filepath", "file_path", "wav_path"]


def test_describe(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    rows = "".join(f"gone{i}.wav,x,1,sad,y\n" for i in range(7))
    text = "file,spk,session,emotion,mood\na.wav,anna,1,anger,x\nb.wav,ben,1,calm,y\na.wav,anna,1,anger,x\n" + rows
    corpus = open_corpus(write(tmp_path / "m.csv", text))
    top = tmp_path.resolve()
    assert corpus.describe().splitlines() == [
        f"Corpus: {top}/m.csv (CSV)",
        "2 files, 2 rows (0 of them given segments), 2 speakers, 2 sessions",
        "  file: column file, e.g. a.wav",
        "  speaker: column spk, e.g. anna",
        "  session: column session, e.g. 1",
        "  given emotion: column emotion, e.g. angry",
        "Labels: angry 1 (from anger), calm 1 (none of the nine, kept as it is)",
        "Other columns, kept: mood",
        "8 problems (the first 5):",
        *(f"- gone{i}.wav, row {i + 5}: no such file: gone{i}.wav" for i in range(5)),
    ]
    assert corpus.describe("zh").splitlines()[:3] == [
        f"语料：{top}/m.csv（CSV）",
        "2 个文件，2 行（0 行为给定片段），2 位说话人，2 次会话",
        "  文件：列 file，例如 a.wav",
    ]
    assert corpus.describe("zh").splitlines()[9] == "- gone0.wav，第 5 行: no such file: gone0.wav"
