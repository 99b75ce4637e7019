"""What can be said of a clip's sound: named measurements, each with the words for much and little of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.embed.acoustic.encoder import REFERENCE, REVISION
from emoanalytics.labels import BY_ID, Language
from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.scores import score_columns
from emoanalytics.store.store import EmotionStore

Words = tuple[str, str]  # English, Chinese


@dataclass(frozen=True)
class Facet:
    """One thing that is heard.

    Attributes:
        id: its name in results.
        family: facets of one family say the same thing twice; a name takes one word of each.
        unit: of its values; 1 for shares and scores.
        high: words for much of it; None: no name says it.
        low: words for little of it.
        personal: whether voices differ in it, so that it may be compared with the same voice's other clips.
    """

    id: str
    family: str
    unit: str
    high: Words | None
    low: Words | None
    personal: bool = True

    def word(self, much: bool, language: Language | str = Language.EN) -> str | None:
        """What to call much, or little, of it."""
        words = self.high if much else self.low
        return None if words is None else words[language == Language.ZH]


@dataclass(frozen=True)
class Heard:
    """Measurements of every row of a store.

    Attributes:
        facets: what was measured.
        values: (n, facets) float64; NaN where a clip has none.
        unheard: families that nothing in the store tells of, e.g. pitch where the encoder is no acoustic one.
    """

    facets: tuple[Facet, ...]
    values: np.ndarray
    unheard: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.facets):
            raise ValueError("one column a facet")

    def column(self, facet: str) -> np.ndarray | None:
        """The values of a facet, or None where it was not measured."""
        ids = [f.id for f in self.facets]
        return self.values[:, ids.index(facet)] if facet in ids else None


VOICED_SHARE, HARMONICITY = "voiced_share", "harmonicity"

# A clip may be noisier than the rest and still be clean: only a flag, raised at a limit, says "noisy" or "music".
_QUALITY = (
    Facet("level_dbfs", "loudness", "dBFS", ("loud", "音量高"), ("quiet", "音量低")),
    Facet("silence_share", "pauses", "1", ("many pauses", "停顿多"), ("few pauses", "停顿少")),
    Facet("snr_db", "noise", "dB", None, None, personal=False),
    Facet("bandwidth_hz", "band", "Hz", None, None, personal=False),
    Facet("music_likeness", "music", "1", None, None, personal=False),
    Facet("voices_likeness", "voices", "1", None, None, personal=False),
)
_SECONDS = Facet("duration_s", "length", "s", ("long clips", "片段较长"), ("short clips", "片段较短"), personal=False)


def _as_it_is(values: np.ndarray) -> np.ndarray:
    return values


def _hertz(semitones: np.ndarray) -> np.ndarray:
    return np.asarray(100 * 2 ** (semitones / 12))


# Facets that the acoustic encoder measures: the descriptor, and its value in the facet's unit.
_ACOUSTIC: tuple[tuple[Facet, str, Callable[[np.ndarray], np.ndarray]], ...] = (
    (Facet("pitch_hz", "pitch", "Hz", ("high", "音调高"), ("low", "音调低")), "pitch.f0.p50", _hertz),
    (
        Facet("pitch_spread_st", "melody", "st", ("lively", "语调起伏大"), ("monotone", "语调平")),
        "pitch.range.sd",
        _as_it_is,
    ),
    (Facet("rate_hz", "rate", "1/s", ("fast", "语速快"), ("slow", "语速慢")), "rhythm.peaks.rate", _as_it_is),
    (
        Facet(VOICED_SHARE, "voice", "1", ("full voice", "嗓音饱满"), ("hardly voiced", "很少发声")),
        "rhythm.voiced_share",
        _as_it_is,
    ),
    (
        Facet(HARMONICITY, "voice", "dB", ("clear voice", "嗓音清亮"), ("breathy", "气声")),
        "voice.hnr_active.mean",
        _as_it_is,
    ),
    (Facet("alpha_db", "timbre", "dB", ("dark", "音色暗"), ("bright", "音色亮")), "shape.alpha_active.mean", _as_it_is),
)
_FLAG_FAMILIES = {
    Flag.TOO_SHORT: "length",
    Flag.TOO_LONG: "length",
    Flag.SILENT: "pauses",
    Flag.QUIET: "loudness",
    Flag.NOISY: "noise",
    Flag.NARROW_BAND: "band",
    Flag.MUSIC: "music",
    Flag.SEVERAL_VOICES: "voices",
}


def heard(store: EmotionStore, vectors: Vectors) -> Heard:
    """Everything a store knows of how its clips sound.

    Level, pauses, noise, band, music, voices, length, flags, language and model scores come from its columns. Pitch,
    rate, voicing and timbre are dimensions of the acoustic encoder's embeddings, brought back to their units; with
    another encoder they are not known, and ``unheard`` says so.

    Args:
        store: the store.
        vectors: its rows.
    """
    scores = score_columns(store.info.labels)
    columns = ["segment_id", "start_s", "end_s", "language", "flags", *(f.id for f in _QUALITY), *scores]
    table = store.table(columns).set_index("segment_id").loc[vectors.ids]
    facets = [*_QUALITY, _SECONDS]
    values = [table[f.id].to_numpy(np.float64) for f in _QUALITY]
    values.append((table["end_s"] - table["start_s"]).to_numpy(np.float64))
    acoustic = _measured(store, vectors)
    facets += [facet for facet, _ in acoustic]
    values += [column for _, column in acoustic]
    for facet, column in (*_emotions(table, scores), *_flags(table), *_languages(table)):
        facets.append(facet)
        values.append(column)
    unheard = () if acoustic else tuple(dict.fromkeys(facet.family for facet, _, _ in _ACOUSTIC))
    return Heard(tuple(facets), np.stack(values, axis=1), unheard)


@cache
def _reference() -> dict[str, tuple[int, float, float]]:
    """Where each acoustic descriptor stands in an embedding, and the centre and scale that standardised it."""
    text = resources.files("emoanalytics.embed.acoustic").joinpath(REFERENCE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["name"]: (i, float(row["centre"]), float(row["scale"])) for i, row in enumerate(rows)}


def _measured(store: EmotionStore, vectors: Vectors) -> list[tuple[Facet, np.ndarray]]:
    card, reference = store.info.encoder, _reference()
    if (card.get("name"), str(card.get("revision")), card.get("dim")) != ("acoustic", REVISION, len(reference)):
        return []
    at = [reference[name][0] for _, name, _ in _ACOUSTIC]
    standard = np.concatenate(
        [np.asarray(vectors.embeddings[i : i + 8192])[:, at] for i in range(0, len(vectors), 8192)]
        or [np.zeros((0, len(at)), np.float32)]
    ).astype(np.float64)
    found = []
    for i, (facet, name, to_unit) in enumerate(_ACOUSTIC):
        _, centre, scale = reference[name]
        column = to_unit(standard[:, i] * scale + centre)
        if facet.family in ("pitch", "melody"):  # exactly 0 is what the encoder writes where there is no pitch
            column = np.where(standard[:, i] == 0, np.nan, column)
        found.append((facet, column))
    return found


def _emotions(table: pd.DataFrame, scores: tuple[str, ...]) -> list[tuple[Facet, np.ndarray]]:
    found = []
    for name in scores:
        values = table[name].to_numpy(np.float64)
        label = name.removeprefix(RESERVED_PREFIX)
        if not np.isnan(values).all():
            words = (label, BY_ID[label].zh) if label in BY_ID else (label, label)
            found.append((Facet(name, "emotion", "1", words, None, personal=False), values))
    return found


def _flags(table: pd.DataFrame) -> list[tuple[Facet, np.ndarray]]:
    raised = table["flags"].explode().dropna()
    known = [flag for flag in Flag if (raised == str(flag)).any()]
    return [
        (
            Facet(
                f"flag_{flag}",
                _FLAG_FAMILIES.get(flag, str(flag)),
                "1",
                (flag_name(flag), flag_name(flag, "zh")),
                None,
                personal=False,
            ),
            table["flags"].map(lambda own, flag=flag: str(flag) in list(own)).to_numpy(np.float64),
        )
        for flag in known
    ]


def _languages(table: pd.DataFrame) -> list[tuple[Facet, np.ndarray]]:
    languages = sorted(table["language"].dropna().unique())
    if len(languages) < 2:
        return []
    return [
        (
            Facet(f"language_{tag}", "language", "1", (f"language {tag}", f"语言 {tag}"), None, personal=False),
            (table["language"] == tag).to_numpy(np.float64),
        )
        for tag in languages
    ]
