"""Clusters in words: what is heard in them, whose they are, which clips stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.views.clusters.clustering import Clustering
from emoanalytics.views.clusters.departures import Departure, departures
from emoanalytics.views.clusters.facets import HARMONICITY, VOICED_SHARE, Facet
from emoanalytics.views.clusters.heard import Heard, Measured, heard
from emoanalytics.views.clusters.medoids import medoids
from emoanalytics.views.clusters.stability import Verdict

MEDOIDS = 5
_WORDS = 4
_HEARD, _HEARD_OF_EACH = 400, 20
_MOSTLY = 0.5
# A whisper has no voice: little of it is voiced, and noise outweighs the harmonics. Modal speech, and breathy
# speech too, lies far from both limits (about two thirds voiced, 5 dB and more).
_WHISPER_VOICED_SHARE, _WHISPER_HARMONICITY_DB = 0.45, 0.5
_NO_VOICE_FAMILIES = ("pitch", "melody", "voice")


@dataclass(frozen=True)
class Most:
    """One voice or recording that makes up most of a cluster.

    Attributes:
        what: ``speaker`` or ``recording``.
        name: which.
        share: of the cluster's clips.
    """

    what: str
    name: str
    share: float

    def words(self, language: Language | str = Language.EN) -> str:
        """The warning.

        >>> Most("speaker", "amy", 0.9).words()
        '90 % of it is one speaker (amy): it may be a voice, not a way of speaking'
        """
        if language == Language.ZH:
            kind = "说话人" if self.what == "speaker" else "录音"
            return f"其中 {self.share:.0%} 来自同一{kind}（{self.name}）：可能只是这个声音，而不是一种说话方式"
        means = "a voice, not a way of speaking" if self.what == "speaker" else "a recording, not a way of speaking"
        return f"{100 * self.share:.0f} % of it is one {self.what} ({self.name}): it may be {means}"


@dataclass(frozen=True)
class Portrait:
    """One cluster in words.

    Attributes:
        cluster: its number.
        size: clips.
        speakers: distinct voices; 0: none named.
        recordings: distinct files.
        whispered: whether its clips have hardly any voice; None where that was not measured.
        departures: in what it differs from the rest, the largest difference first.
        unheard: what could not be compared, since nothing in the store tells of it.
        mostly: voices or recordings that are more than half of it.
        medoids: segment ids that stand for it, best first.
        jaccard: how much of it is found again among fewer clips, 0..1.
        verdict: what that means.
    """

    cluster: int
    size: int
    speakers: int
    recordings: int
    whispered: bool | None
    departures: tuple[Departure, ...]
    unheard: tuple[Facet, ...]
    mostly: tuple[Most, ...]
    medoids: tuple[str, ...]
    jaccard: float | None
    verdict: Verdict

    @property
    def said(self) -> tuple[Departure, ...]:
        """The differences that its name says, the clearest first: one of each family, at most four words in all."""
        families = set(_NO_VOICE_FAMILIES) if self.whispered else set()
        chosen = []
        for departure in self.departures:
            if departure.clear and departure.word() is not None and departure.facet.family not in families:
                families.add(departure.facet.family)
                chosen.append(departure)
        return tuple(chosen[: _WORDS - bool(self.whispered)])

    @property
    def evidence(self) -> tuple[Departure, ...]:
        """What the name rests on: for a whisper how little voice there is, then ``said``."""
        voice = [d for d in self.departures if d.facet.id in (VOICED_SHARE, HARMONICITY)] if self.whispered else []
        return (*voice, *self.said)

    def words(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """Up to four words for what is heard, the clearest first."""
        first = ["耳语" if language == Language.ZH else "whispered"] if self.whispered else []
        return (*first, *(str(departure.word(language)) for departure in self.said))

    def name(self, language: Language | str = Language.EN) -> str:
        """What is heard and how many voices, e.g. ``quiet, low, sad; 3 speakers``."""
        if language == Language.ZH:
            voices = f"{self.speakers} 位说话人" if self.speakers else "未标明说话人"
            return f"{'、'.join(self.words(language)) or '听不出与其他片段有何不同'}；{voices}"
        voices = f"{self.speakers} speaker{'s' * (self.speakers != 1)}" if self.speakers else "no speaker named"
        return f"{', '.join(self.words()) or 'nothing heard sets it apart'}; {voices}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "cluster": self.cluster,
            "name": self.name(),
            "name_zh": self.name(Language.ZH),
            "size": self.size,
            "speakers": self.speakers,
            "recordings": self.recordings,
            "whispered": self.whispered,
            "departures": [d.as_json() for d in self.departures if d.clear],
            "unheard": [facet.id for facet in self.unheard],
            "mostly": [{"what": m.what, "name": m.name, "share": m.share} for m in self.mostly],
            "medoids": list(self.medoids),
            "jaccard": self.jaccard,
            "verdict": str(self.verdict),
        }


def to_hear(clustering: Clustering) -> tuple[str, ...]:
    """Segment ids that are enough to compare clusters by ear: 400 at random, and 20 of each cluster.

    Extra clips of small clusters stand in the rest of the others too, a little more often than in the store.
    """
    rng = np.random.default_rng(clustering.seed)
    order = rng.permutation(len(clustering.labels))
    chosen = set(order[:_HEARD].tolist())
    for cluster in range(len(clustering.sizes)):
        own = order[clustering.labels[order] == cluster]
        chosen.update(own[:_HEARD_OF_EACH].tolist())
    return tuple(clustering.ids[sorted(chosen)])


def portraits(
    clustering: Clustering, geometry: Geometry, *, measured: Measured | None = None, medoid_count: int = MEDOIDS
) -> tuple[Portrait, ...]:
    """Each cluster in words.

    In the speaker-centred space, level, pitch, pauses and the like are compared with the same voice's other clips.

    Args:
        clustering: the clusters.
        geometry: the geometry they were found in.
        measured: descriptors of some clips (``listening.hearing.hear`` of ``to_hear``), for a store whose encoder
            does not measure pitch, rate, voice and timbre.
        medoid_count: clips to stand for each.
    """
    vectors = geometry.vectors
    rows = geometry.store.segments(["segment_id", "content_id", "corpus", "file"]).set_index("segment_id")
    rows = rows.loc[vectors.ids]
    contents = pd.factorize(rows["content_id"])[0]
    files = (rows["corpus"] + "\0" + rows["file"]).to_numpy()
    sound = heard(geometry.store, vectors, measured)
    centred = vectors.speakers if clustering.space is Space.SPEAKER_CENTRED else None
    found = []
    for cluster, differences in enumerate(departures(sound, clustering.labels, centred)):
        own = clustering.rows(cluster)
        voices = vectors.speakers[own]
        found.append(
            Portrait(
                cluster=cluster,
                size=len(own),
                speakers=len(np.unique(voices[voices >= 0])),
                recordings=len(np.unique(files[own])),
                whispered=_whispered(sound, own),
                departures=differences,
                unheard=sound.unheard,
                mostly=_mostly(vectors.names, voices, files, own),
                medoids=tuple(vectors.ids[medoids(vectors, own, contents, medoid_count)]),
                jaccard=clustering.stability.jaccard[cluster],
                verdict=clustering.stability.verdicts[cluster],
            )
        )
    return tuple(found)


def _whispered(sound: Heard, rows: np.ndarray) -> bool | None:
    voiced, harmonic = sound.column(VOICED_SHARE), sound.column(HARMONICITY)
    if voiced is None or harmonic is None:
        return None
    known = rows[~np.isnan(voiced[rows])]
    if not len(known):
        return None
    few = float(np.median(voiced[known])) < _WHISPER_VOICED_SHARE
    return few and float(np.median(harmonic[known])) < _WHISPER_HARMONICITY_DB


def _mostly(names: tuple[str, ...], voices: np.ndarray, files: np.ndarray, rows: np.ndarray) -> tuple[Most, ...]:
    found = []
    if (voices >= 0).any():
        speaker = int(np.bincount(voices[voices >= 0]).argmax())
        share = float(np.mean(voices == speaker))
        if share > _MOSTLY and len(names) > 1:
            found.append(Most("speaker", str(names[speaker]), share))
    file, counts = np.unique(files[rows], return_counts=True)
    share = float(counts.max() / len(rows))
    if share > _MOSTLY and len(np.unique(files)) > 1:
        found.append(Most("recording", str(file[counts.argmax()]).rpartition("\0")[2], share))
    return tuple(found)
