from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio.corpus import Corpus, Recording, metadata_of, open_corpus
from emoanalytics.audio.corpus.columns import KNOWN_COLUMNS
from emoanalytics.audio.segments import Segment
from emoanalytics.errors import CorpusError
from tests.audio.corpus.make_corpus import touch, write


def recording_of(tmp_path: Path, text: str) -> Recording:
    touch(tmp_path, "a.wav")
    return open_corpus(write(tmp_path / "m.csv", text)).recordings()[0]


def test_metadata_of_a_cut(tmp_path: Path) -> None:
    recording = recording_of(
        tmp_path,
        "file,start,end,speaker,role,recorded_at\n"
        "a.wav,0,4,anna,client,2026-01-02T03:04:05Z\na.wav,4,8,ben,client,2026-01-02T03:04:05Z\n"
        "a.wav,1,2,cleo,client,2026-01-02T03:04:05Z\na.wav,20,,dan,client,2026-01-02T03:04:05Z\n",
    )

    def speaker(start: float, end: float) -> object:
        return metadata_of(recording, Segment(start, end))["speaker"]

    assert [speaker(0, 4), speaker(4, 8), speaker(1, 2), speaker(30, 40)] == ["anna", "ben", "cleo", "dan"]
    assert speaker(2.5, 5) == "anna"  # 1.5 of 2.5 s
    assert speaker(3, 5) is None  # half is not more than half
    assert speaker(9, 12) is None
    whole = metadata_of(recording, None)
    assert (whole["speaker"], whole["role"]) == (None, "client")  # what all rows agree on
    assert whole["recorded_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) and type(whole["recorded_at"]) is datetime
    assert set(whole) == {*KNOWN_COLUMNS} - {"file", "channel", "start_s", "end_s"}


def test_a_row_about_the_whole_file_speaks_where_no_segment_does(tmp_path: Path) -> None:
    recording = recording_of(tmp_path, "file,start,end,speaker\na.wav,,,host\na.wav,1,2,guest\n")
    assert metadata_of(recording, Segment(1, 2))["speaker"] == "guest"
    assert metadata_of(recording, Segment(5, 6))["speaker"] == "host"
    assert metadata_of(recording, None)["speaker"] == "host"


@given(
    spans=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), min_size=1, max_size=6, unique=True),
    cut=st.tuples(st.integers(0, 40), st.integers(1, 10)),
)
@settings(max_examples=200, deadline=None)
def test_metadata_of_against_counting(spans: list[tuple[int, int]], cut: tuple[int, int]) -> None:
    """The slow twin counts whole seconds."""
    spans = sorted(spans)
    said = tuple((Segment(a, a + n), {"who": i}) for i, (a, n) in enumerate(spans))
    recording = Recording("a", Path("a"), None, said)
    who = metadata_of(recording, Segment(cut[0], cut[0] + cut[1]))["who"]
    heard = set(range(cut[0], cut[0] + cut[1]))
    shared = [len(heard & set(range(a, a + n))) for a, n in spans]
    most = max(shared)
    if 2 * most > cut[1]:
        lengths = [n for s, (_, n) in zip(shared, spans, strict=True) if s == most]
        assert shared[who] == most and spans[who][1] == min(lengths)
    else:
        assert who is None or len(spans) == 1


def test_recordings_are_pickled_small_and_whole(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{i:03}.wav" for i in range(300)))
    lines = "\n".join(f"{i:03}.wav,s{i},{i}" for i in range(300))
    recordings = open_corpus(write(tmp_path / "m.csv", f"file,speaker,n\n{lines}\n")).recordings()
    data = pickle.dumps(recordings[7])
    assert len(data) < 1_000
    assert metadata_of(pickle.loads(data), None)["n"] == 7
    assert [row["speaker"] for _, row in pickle.loads(data).said] == ["s7"]


def test_channels_are_recordings_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    corpus = open_corpus(write(tmp_path / "m.csv", "file,channel,role\nb.wav,,\na.wav,2,agent\na.wav,1,client\n"))
    found = [(r.file, r.channel, metadata_of(r, None)["role"]) for r in corpus.recordings()]
    assert found == [("a.wav", "left", "client"), ("a.wav", "right", "agent"), ("b.wav", None, None)]


def test_a_recording_without_rows() -> None:
    assert metadata_of(Recording("a", Path("a"), None), Segment(0, 1)) == {}


def test_a_table_out_of_order_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="a corpus table starts with the columns file, start_s"):
        Corpus(tmp_path, pd.DataFrame({"file": ["a"]}), open_corpus(touch(tmp_path, "a.wav")).mapping)
