"""What every clip of a store sounds like, measured: from its columns and, with the acoustic encoder, its embeddings."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.embed.acoustic.encoder import REFERENCE, REVISION
from emoanalytics.labels import BY_ID
from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.scores import score_columns
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters.facets import ACOUSTIC, FLAG_FAMILIES, QUALITY, SECONDS, Facet


@dataclass(frozen=True)
class Measured:
    """Acoustic descriptors of some clips of a store, as `emoanalytics.listening.hearing` takes them from the audio.

    Attributes:
        ids: (m,) segment ids.
        descriptors: (m, 579) float32, the acoustic encoder's embeddings.
        asked: how many clips were to be heard; the others could not be read.
    """

    ids: tuple[str, ...]
    descriptors: np.ndarray
    asked: int

    def __post_init__(self) -> None:
        if self.descriptors.shape != (len(self.ids), len(_reference())):
            raise ValueError(f"descriptors are ({len(self.ids)}, {len(_reference())}), not {self.descriptors.shape}")


@dataclass(frozen=True)
class Heard:
    """Measurements of every row of a store.

    Attributes:
        facets: what was measured.
        values: (n, facets) float64; NaN where a clip has none.
        unheard: what nothing in the store tells of, e.g. pitch where the encoder is no acoustic one.
    """

    facets: tuple[Facet, ...]
    values: np.ndarray
    unheard: tuple[Facet, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.facets):
            raise ValueError("one column a facet")

    def column(self, facet: str) -> np.ndarray | None:
        """The values of a facet, or None where it was not measured."""
        ids = [f.id for f in self.facets]
        return self.values[:, ids.index(facet)] if facet in ids else None


def measures_voice(store: EmotionStore) -> bool:
    """Whether the store's own embeddings tell of pitch, rate, voice and timbre: those of the acoustic encoder do."""
    card = store.info.encoder
    return (card.get("name"), str(card.get("revision")), card.get("dim")) == ("acoustic", REVISION, len(_reference()))


def heard(store: EmotionStore, vectors: Vectors, measured: Measured | None = None) -> Heard:
    """Everything a store knows of how its clips sound.

    Level, pauses, noise, band, music, voices, length, flags, language and model scores come from its columns. Pitch,
    rate, voicing and timbre are dimensions of the acoustic encoder's embeddings, brought back to their units. With
    another encoder they are known of the clips in ``measured``; without these ``unheard`` says what is missing.

    Args:
        store: the store.
        vectors: its rows.
        measured: descriptors of some clips, for a store of another encoder.
    """
    scores = score_columns(store.info.labels)
    columns = ["segment_id", "start_s", "end_s", "language", "flags", *(f.id for f in QUALITY), *scores]
    table = store.table(columns).set_index("segment_id").loc[vectors.ids]
    facets = [*QUALITY, SECONDS]
    values = [table[f.id].to_numpy(np.float64) for f in QUALITY]
    values.append((table["end_s"] - table["start_s"]).to_numpy(np.float64))
    acoustic = _voices(store, vectors, measured)
    facets += [facet for facet, _ in acoustic]
    values += [column for _, column in acoustic]
    for facet, column in (*_emotions(table, scores), *_flags(table), *_languages(table)):
        facets.append(facet)
        values.append(column)
    unheard = () if acoustic else tuple(facet for facet, _, _ in ACOUSTIC)
    return Heard(tuple(facets), np.stack(values, axis=1), unheard)


@cache
def _reference() -> dict[str, tuple[int, float, float]]:
    """Where each acoustic descriptor stands in an embedding, and the centre and scale that standardised it."""
    text = resources.files("emoanalytics.embed.acoustic").joinpath(REFERENCE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["name"]: (i, float(row["centre"]), float(row["scale"])) for i, row in enumerate(rows)}


def _voices(store: EmotionStore, vectors: Vectors, measured: Measured | None) -> list[tuple[Facet, np.ndarray]]:
    reference = _reference()
    at = [reference[name][0] for _, name, _ in ACOUSTIC]
    if measures_voice(store):
        blocks = [np.asarray(vectors.embeddings[i : i + 8192])[:, at] for i in range(0, len(vectors), 8192)]
        standard = np.concatenate(blocks or [np.zeros((0, len(at)), np.float32)]).astype(np.float64)
    elif measured is not None and len(measured.ids):
        standard = np.full((len(vectors), len(at)), np.nan)
        standard[vectors.rows_of(measured.ids)] = measured.descriptors[:, at]
    else:
        return []
    found = []
    for i, (facet, name, to_unit) in enumerate(ACOUSTIC):
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
            found.append((Facet(name, "emotion", "1", words, words, least=0.1), values))
    return found


def _flags(table: pd.DataFrame) -> list[tuple[Facet, np.ndarray]]:
    raised = table["flags"].explode().dropna()
    known = [flag for flag in Flag if (raised == str(flag)).any()]
    return [
        (
            Facet(
                f"flag_{flag}",
                FLAG_FAMILIES.get(flag, str(flag)),
                "1",
                (flag_name(flag), flag_name(flag, "zh")),
                (flag_name(flag), flag_name(flag, "zh")),
            ),
            table["flags"].map(lambda own, flag=flag: str(flag) in list(own)).to_numpy(np.float64),
        )
        for flag in known
    ]


def _languages(table: pd.DataFrame) -> list[tuple[Facet, np.ndarray]]:
    languages = sorted(table["language"].dropna().unique())
    if len(languages) < 2:
        return []
    found = []
    for tag in languages:
        words = (f"language {tag}", f"语言 {tag}")
        found.append(
            (Facet(f"language_{tag}", "language", "1", words, words), (table["language"] == tag).to_numpy(float))
        )
    return found
