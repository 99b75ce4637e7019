"""The nine emotions: their order, their names, and how other corpora spell them.

This file is the one place for emotion names and colours. The order is the one in which
Emotion2Vec+ prints its scores (alphabetical, ``unknown`` last).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.errors import EncoderError


class Language(StrEnum):
    """A language the workbench speaks to people in."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True)
class Emotion:
    """One of the nine emotions.

    Attributes:
        id: the name used in columns, files and code.
        zh: the Chinese name.
        emoji: one character for terminals and charts.
        colour: ``#rrggbb``; the nine are told apart by colour-blind readers (Okabe-Ito, extended by greys).
    """

    id: str
    zh: str
    emoji: str
    colour: str

    def name(self, language: Language | str = Language.EN) -> str:
        """The name to show, e.g. ``happy`` or ``开心``."""
        return self.zh if language == Language.ZH else self.id


EMOTIONS: tuple[Emotion, ...] = (
    Emotion("angry", "生气", "😠", "#d55e00"),
    Emotion("disgusted", "厌恶", "🤢", "#009e73"),
    Emotion("fearful", "恐惧", "😨", "#cc79a7"),
    Emotion("happy", "开心", "😀", "#e69f00"),
    Emotion("neutral", "中立", "😐", "#7f8c96"),
    Emotion("other", "其他", "🤔", "#8b6d4f"),
    Emotion("sad", "难过", "😢", "#0072b2"),
    Emotion("surprised", "吃惊", "😲", "#56b4e9"),
    Emotion("unknown", "未知", "❓", "#c3c8cc"),
)
EMOTION_IDS: tuple[str, ...] = tuple(e.id for e in EMOTIONS)
BY_ID: dict[str, Emotion] = {e.id: e for e in EMOTIONS}

# Spellings met in corpora, manifests and model files. Only spellings that mean one of the nine:
# "calm", "boredom" or "excited" are labels of their own and stay as they were given.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "angry": ("anger", "ang", "生气", "愤怒"),
    "disgusted": ("disgust", "dis", "厌恶"),
    "fearful": ("fear", "fea", "恐惧", "害怕"),
    "happy": ("happiness", "hap", "joy", "开心", "快乐", "高兴"),
    "neutral": ("neutrality", "neu", "中立", "中性"),
    "other": ("others", "oth", "其他", "其它"),
    "sad": ("sadness", "难过", "悲伤", "伤心"),
    "surprised": ("surprise", "sur", "ps", "pleasant_surprise", "pleasant_surprised", "吃惊", "惊讶", "惊喜"),
    "unknown": ("<unk>", "unk", "未知"),
}
_LOOKUP: dict[str, str] = {
    spelling: emotion for emotion, spellings in _SPELLINGS.items() for spelling in (emotion, *spellings)
}


def parse_emotion(text: str) -> str | None:
    """The id of the emotion a label means, or None when it is not one of the nine.

    Reads either half of FunASR's ``中文/english`` labels, and the spellings of common corpora.

    >>> parse_emotion("生气/angry"), parse_emotion("Happiness"), parse_emotion("<unk>")
    ('angry', 'happy', 'unknown')
    >>> parse_emotion("calm") is None
    True
    """
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    for part in (folded, *folded.split("/")):
        found = _LOOKUP.get(part.strip().replace(" ", "_"))
        if found:
            return found
    return None


def label_rows(tokens: Sequence[str]) -> tuple[int, ...]:
    """Where each of the nine emotions stands in a model's own label list.

    Args:
        tokens: the labels as the model's ``tokens.txt`` gives them. ``unuse_*`` entries are
            dropped; an empty one means unknown.

    Returns:
        Nine positions: the row of ``tokens`` for each of ``EMOTION_IDS``.

    Raises:
        EncoderError: the list is not the nine emotions, each once.

    >>> label_rows(["难过/sad", "生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy",
    ...             "unuse_0", "中立/neutral", "其他/other", "吃惊/surprised", "<unk>"])
    (1, 2, 3, 4, 6, 7, 0, 8, 9)
    """
    found: dict[str, int] = {}
    wrong: list[str] = []
    for row, token in enumerate(tokens):
        if token.startswith("unuse"):
            continue
        emotion = "unknown" if not token.strip() else parse_emotion(token)
        if emotion is None or emotion in found:
            wrong.append(token)
        else:
            found[emotion] = row
    missing = [e for e in EMOTION_IDS if e not in found]
    if wrong or missing:
        raise EncoderError(
            f"the model's labels are not the nine emotions (found {len(found)}"
            + (f", missing {', '.join(missing)}" if missing else "")
            + (f", not understood {', '.join(map(repr, wrong))}" if wrong else "")
            + "); an old revision? Fetch the current one: emoanalytics model fetch"
        )
    return tuple(found[e] for e in EMOTION_IDS)
