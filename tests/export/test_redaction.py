"""Without names: nothing that the store says of people is in any file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.export import export
from emoanalytics.privacy import Pseudonyms
from emoanalytics.store.store import EmotionStore


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.parquet", "audformat", "x.db"])
def test_no_name_is_left_in_any_byte(demo_store: EmotionStore, tmp_path: Path, name: str) -> None:
    to = f"sqlite:///{tmp_path}/x.db" if name == "x.db" else tmp_path / name
    done = export(demo_store, to, format="audformat" if name == "audformat" else None, redact=True)
    assert done.redacted and not done.embeddings
    truth = demo_store.segments()
    told = {*truth["speaker"].dropna(), *truth["segment_id"], *truth["file"], *truth["session"].dropna()}
    told |= {*truth["text"].dropna(), str(demo_store.path)} | {Path(c).name for c in truth["corpus"]}
    told = {word for word in told if len(word) > 4}  # three letters, as in "language", are in any file
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        data = path.read_bytes()
        for word in told:
            assert word.encode() not in data, (path.name, word)


def test_the_rows_are_those_of_the_store_under_other_names(hard_store: EmotionStore, tmp_path: Path) -> None:
    export(hard_store, tmp_path / "x.parquet", redact=True)
    read, truth = pd.read_parquet(tmp_path / "x.parquet"), hard_store.table()
    names = Pseudonyms.of(truth["content_id"])
    assert read["speaker"].isna().tolist() == truth["speaker"].isna().tolist()
    assert read["segment_id"].tolist() == [names.segment(i) for i in truth["segment_id"]]
    assert read["score_sad"].tolist()[1:] == truth["score_sad"].tolist()[1:]
    pairs = set(zip(read["speaker"].dropna(), truth["speaker"].dropna(), strict=True))
    assert len(pairs) == truth["speaker"].nunique() == 3
    assert set(read["recorded_at"].dropna().dt.strftime("%Y-%m-%d %H:%M")) == {"2026-03-02 00:00"}
    gone = {"text", "corpus", "content_id", "age", "agreed", "weight", "=phone", "embedding"}
    assert not gone & set(read.columns)
    assert read["flags"].map(list).tolist() == truth["flags"].map(list).tolist()


def test_a_filter_does_not_change_the_pseudonyms(hard_store: EmotionStore, tmp_path: Path) -> None:
    whole = export(hard_store, tmp_path / "x.parquet", redact=True)
    export(hard_store, tmp_path / "y.parquet", redact=True, where="speaker = 'anna 2'")
    one, all_ = pd.read_parquet(tmp_path / "y.parquet"), pd.read_parquet(tmp_path / "x.parquet")
    assert set(one["segment_id"]) < set(all_["segment_id"])
    assert len(set(one["speaker"])) == 1 and set(one["speaker"]) < set(all_["speaker"])
    assert any("=phone" in note for note in whole.words())


@pytest.mark.parametrize(
    ("to", "format", "embeddings", "says"),
    [
        ("x.npy", None, None, "an embedding tells a voice from others"),
        ("x.parquet", None, True, "an embedding tells a voice from others"),
        ("x", "huggingface", None, "huggingface gives the voices to hear"),
        ("x.parquet", "spotlight", None, "spotlight gives the voices to hear"),
    ],
)
def test_voices_are_not_exported_without_names(
    hard_store: EmotionStore, tmp_path: Path, to: str, format: str | None, embeddings: bool | None, says: str
) -> None:
    with pytest.raises(StoreError, match=says):
        export(hard_store, tmp_path / to, format=format, embeddings=embeddings, redact=True)
    assert list(tmp_path.iterdir()) == []
