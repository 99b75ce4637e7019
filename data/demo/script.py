"""The plan of the demo corpus: which voice says what, in which session, acted how, and labelled how."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from acting import MANNERS
from cast import BY_NAME, CLIENTS, SENTENCES, Voice

SEED = 20260302
SESSIONS = 8
TAKES = 4
FIRST_WEEK = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday

# The planted courses over the weeks. Every other speaker has the same mix of seven emotions from first week to last.
DRIFTS, TURNS, STEADY = "ella", "qiang", "dan"
TURNS_AT = 5
# How many of the four takes are sad, week by week, and how strongly they are acted.
DRIFT_SAD = (0, 0, 1, 1, 2, 3, 4, 4)

# Speaker and acted emotion of six clear takes -> the wrong label they are given (the first such take of the speaker).
WRONG_LABELS: dict[tuple[str, str], str] = {
    ("amy", "angry"): "sad",
    ("clara", "sad"): "happy",
    ("frank", "fearful"): "happy",
    ("lan", "sad"): "angry",
    ("mei", "angry"): "neutral",
    ("tao", "happy"): "sad",
}
# Speaker -> weeks in which a fifth take is whispered.
WHISPERS: dict[str, tuple[int, ...]] = {"amy": (2, 4, 7), "frank": (1, 4, 8), "mei": (2, 5, 7), "wei": (3, 4, 6)}
# Speaker, week and take of the original -> week in which its copy stands as take 5.
EXACT_COPY: tuple[str, int, int, int] = ("tao", 3, 2, 7)
NEAR_COPY: tuple[str, int, int, int] = ("clara", 2, 3, 5)
# Damaged clips: kind -> speaker, week, suffix.
DAMAGED: dict[str, tuple[str, int, str]] = {
    "clipped": ("clara", 7, ".flac"),
    "noisy": ("ben", 2, ".flac"),
    "silent": ("wei", 1, ".flac"),
    "short": ("xue", 5, ".flac"),
    "telephone": ("xue", 8, ".flac"),
    "music": ("lan", 4, ".ogg"),
    "two-voices": ("mei", 6, ".ogg"),
    "corrupt": ("tao", 2, ".ogg"),
}
CALL_WEEK = 6


@dataclass(frozen=True)
class Take:
    """One ordinary clip.

    Attributes:
        voice: who speaks.
        week: session, 1 to 8.
        number: take within the session, from 1.
        sentence: the words, with "|" where a pause may stand.
        acted: the emotion that is acted.
        given: the label in the manifest.
        intensity: how strongly it is acted, 0 to 1.
        whispered: voiced speech is turned into a whisper.
    """

    voice: Voice
    week: int
    number: int
    sentence: str
    acted: str
    given: str
    intensity: float
    whispered: bool = False

    @property
    def file(self) -> str:
        """Path relative to the corpus."""
        return f"{self.voice.name}/week{self.week}-{self.number}.ogg"


def rng_for(*key: object) -> np.random.Generator:
    """A generator of its own for each clip, so that one more clip changes no other."""
    return np.random.default_rng([SEED, zlib.crc32("/".join(map(str, key)).encode())])


def recorded_at(voice: Voice, week: int, minute: int = 0) -> str:
    """When a session took place: each speaker has a weekday and an hour, the same every week (ISO 8601, UTC)."""
    n = sorted(BY_NAME).index(voice.name)
    when = FIRST_WEEK + timedelta(weeks=week - 1, days=n % 5, hours=n % 7, minutes=minute)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def words(sentence: str) -> str:
    """The sentence as a reader sees it, without pause marks."""
    return sentence.replace(" | ", " ").replace("|", "")


def lines_of(voice: Voice) -> list[str]:
    """All sentences of the voice's language in this voice's own order: nobody says one twice."""
    sentences = SENTENCES[voice.language]
    return [sentences[i] for i in rng_for("lines", voice.name).permutation(len(sentences))]


def course(voice: Voice) -> list[list[tuple[str, float]]]:
    """For each week the acted emotions with their intensities."""
    rng = rng_for("course", voice.name)
    weeks: list[list[tuple[str, float]]] = []
    for week in range(1, SESSIONS + 1):
        if voice.name == DRIFTS:
            sad = DRIFT_SAD[week - 1]
            emotions = ["neutral"] * (TAKES - sad) + ["sad"] * sad
            strength = 0.5 + 0.5 * week / SESSIONS
        elif voice.name == TURNS:
            emotions = ["neutral"] * 3 + ["happy"] if week < TURNS_AT else ["angry"] * 3 + ["neutral"]
            strength = 0.9
        elif voice.name == STEADY:
            emotions, strength = ["neutral"] * 3 + ["happy"], 0.8
        else:
            if week % 2:  # two weeks hold each of the seven once, and neutral twice
                pair = list(rng.permutation([*MANNERS, "neutral"]))
            emotions, strength = pair[:TAKES] if week % 2 else pair[TAKES:], 0.0
        emotions = [str(e) for e in rng.permutation(emotions)]
        weeks.append([(e, strength or float(rng.uniform(0.6, 1.0))) for e in emotions])
    return weeks


def ordinary_takes() -> list[Take]:
    """The regular clips and the whispers, in the order of the manifest."""
    takes: list[Take] = []
    mislabelled: set[tuple[str, str]] = set()
    for voice in CLIENTS:
        lines = iter(lines_of(voice))
        for week, session in enumerate(course(voice), start=1):
            for number, (acted, intensity) in enumerate(session, start=1):
                key, given = (voice.name, acted), acted
                if key in WRONG_LABELS and key not in mislabelled:
                    mislabelled.add(key)
                    given, intensity = WRONG_LABELS[key], 1.0
                takes.append(Take(voice, week, number, next(lines), acted, given, intensity))
            if week in WHISPERS.get(voice.name, ()):
                takes.append(Take(voice, week, TAKES + 1, next(lines), "neutral", "neutral", 0.0, whispered=True))
    return takes


def spare_line(voice: Voice, nth: int = 0) -> str:
    """A sentence that none of the voice's ordinary takes uses."""
    return lines_of(voice)[-1 - nth]
