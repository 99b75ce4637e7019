from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from emoanalytics.errors import EncoderError
from emoanalytics.labels import EMOTION_IDS, EMOTIONS, label_rows, parse_emotion

FUNASR = [
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
]


def test_the_order_is_the_models() -> None:
    assert EMOTION_IDS == ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown")
    assert label_rows(FUNASR) == tuple(range(9))


@pytest.mark.parametrize("emotion", EMOTIONS, ids=lambda e: e.id)
def test_every_name_of_an_emotion_is_understood(emotion) -> None:
    for text in (emotion.id, emotion.id.upper(), f" {emotion.zh} ", f"{emotion.zh}/{emotion.id}"):
        assert parse_emotion(text) == emotion.id


def test_printed_labels_are_understood(shared_data: Path) -> None:
    printed = json.loads((shared_data / "emotion2vec_outputs.json").read_text(encoding="utf-8"))
    assert label_rows(printed["labels"]) == tuple(range(9))
    for record in printed["records"]:
        assert len(record["scores"]) == 9
        assert sum(record["scores"]) == pytest.approx(1, abs=1e-4)


def test_a_shuffled_list_with_unused_rows_is_put_in_order() -> None:
    tokens = ["unuse_0", *reversed(FUNASR), "unuse_1"]
    assert [tokens[row] for row in label_rows(tokens)] == FUNASR


@pytest.mark.parametrize("tokens", [FUNASR[:5], [*FUNASR, "angry"], [*FUNASR[:8], "calm"], []])
def test_another_label_list_is_refused(tokens: list[str]) -> None:
    with pytest.raises(EncoderError, match=r"not the nine emotions.*model fetch"):
        label_rows(tokens)


def test_colours_are_all_different() -> None:
    for a, b in itertools.combinations(EMOTIONS, 2):
        assert a.colour != b.colour
