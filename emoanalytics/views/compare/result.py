"""What a comparison found: plain values, each with its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from emoanalytics.labels import Language
from emoanalytics.statistics.evidence import Evidence
from emoanalytics.statistics.multiplicity import Correction

ALPHA = 0.05
# Where chosen clips are compared with the rest: the column they are grouped by, and its two values. A column of a store
# that is called so is not looked at then.
CHOICE, CHOSEN, REST = "choice", "chosen", "rest"
_IN_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {CHOICE: ("the choice", "是否所选"), CHOSEN: ("the chosen clips", "所选片段"), REST: ("the rest", "其余片段")}
)


class Design(StrEnum):
    """Who is in which of two groups."""

    WITHIN = "within"  # speakers are compared with themselves
    BETWEEN = "between"  # each speaker is in one group
    MIXED = "mixed"  # some of each


class Kind(StrEnum):
    """What sort of column a confound is."""

    VALUES = "values"
    FLAG = "flag"
    NUMBER = "number"


@dataclass(frozen=True)
class Group:
    """One group.

    Attributes:
        name: the value of the column.
        clips: clips in it.
        speakers: speakers among them.
        clips_each: median of the clips a speaker has in it.
        mean: mean score of each label, every speaker counting once; with speaker normalisation, against the
            speakers' own baseline.
        low: lower ends of the 95 % intervals over speakers; None where there are too few.
        high: upper ends.
    """

    name: str
    clips: int
    speakers: int
    clips_each: float
    mean: Mapping[str, float | None]
    low: Mapping[str, float | None]
    high: Mapping[str, float | None]


@dataclass(frozen=True)
class Difference:
    """How two groups differ in the mean score of one label, or how all groups do (then without a size).

    Attributes:
        label: the emotion.
        difference: first minus second, in score points (-1..1).
        low: lower end of its 95 % interval, by bootstrap over speakers.
        high: upper end.
        standardised: the difference over the spread between speakers (Hedges' g).
        dominance: -1..1, how often speakers of the first are above those of the second (Cliff's delta).
        magnitude: a word for the size: of ``dominance`` where the groups' speakers are different ones, of
            ``standardised`` where some are compared with themselves.
        p: by permutation of speakers.
        p_adjusted: corrected for all emotions and pairs of groups that were tested, and never below the p-value of the
            pair as a whole and of all groups together.
    """

    label: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standardised: float | None = None
    dominance: float | None = None
    magnitude: str | None = None
    p: float | None = None
    p_adjusted: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two groups.

    Attributes:
        first: name of the first group.
        second: name of the second.
        design: who is compared with whom; None where nobody can be.
        both: speakers in both who are compared with themselves.
        only_first: speakers only in the first who are compared with those only in the second.
        only_second: and those.
        unused: speakers of the two groups who cannot be used, since too few are like them.
        enough: whether shuffling these speakers can give a p-value of 0.05.
        smallest_p: the smallest it can give; None where there is no test.
        p: whether the two differ at all.
        p_adjusted: corrected for the number of pairs.
        differences: one a label.
    """

    first: str
    second: str
    design: Design | None
    both: int
    only_first: int
    only_second: int
    unused: int
    enough: bool
    smallest_p: float | None
    p: float | None
    p_adjusted: float | None
    differences: tuple[Difference, ...]

    def differing(self) -> tuple[Difference, ...]:
        """The labels that differ after correction, the largest difference first."""
        found = [d for d in self.differences if d.p_adjusted is not None and d.p_adjusted <= ALPHA]
        return tuple(sorted(found, key=lambda d: -abs(d.difference or 0.0)))


@dataclass(frozen=True)
class Confound:
    """Something else that differs between the groups, so that a difference may be its doing.

    Attributes:
        column: which column (or ``duration_s``), or the flag.
        kind: its sort.
        strength: 0..1: Cramer's V (values, flags), or the largest absolute Cliff's delta of two groups (numbers).
        by_group: of each group the share flagged (flags), the median (numbers), or the share of its most frequent
            value (values).
        values: of each group its most frequent value; empty for flags and numbers.
    """

    column: str
    kind: Kind
    strength: float
    by_group: Mapping[str, float]
    values: Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """Groups compared.

    Attributes:
        column: what the clips are grouped by.
        labels: the labels that have scores, the nine emotions first.
        groups: in the order asked for, else the largest first.
        cluster: what counts once: ``speaker``.
        normalised: every score is against the speaker's own baseline.
        enough: whether shuffling these speakers can give a p-value of 0.05.
        smallest_p: the smallest it can give; None: no two groups have speakers enough.
        p: whether any groups differ in the mean distribution at all.
        exact: every arrangement of speakers was looked at.
        permutations: arrangements looked at.
        emotions: whether the groups differ, label by label (with two groups, the differences of the pair).
        pairs: every two groups.
        correction: how p-values of labels and of pairs are corrected.
        confounds: what else differs between the groups, strongest first.
        evidence: which clips were used.
        left_out: clips that are scored but not compared: column they lack, ``baseline`` or ``groups`` -> clips;
            ``chosen`` -> chosen clips that are not compared, for whatever reason.
        all_roles: roles are compared, so clips of every role were read without being asked for.
        of_choice: chosen clips are compared with the rest.
        seed: of permutations and intervals.
    """

    column: str
    labels: tuple[str, ...]
    groups: tuple[Group, ...]
    cluster: str
    normalised: bool
    enough: bool
    smallest_p: float | None
    p: float | None
    exact: bool
    permutations: int
    emotions: tuple[Difference, ...]
    pairs: tuple[Pair, ...]
    correction: Correction
    confounds: tuple[Confound, ...]
    evidence: Evidence
    left_out: Mapping[str, int]
    all_roles: bool
    seed: int
    of_choice: bool = False

    @property
    def singles_within_reach(self) -> bool:
        """Whether a single emotion of all groups could reach 0.05 after correction."""
        return self._within_reach(self.smallest_p, len(self.labels))

    @property
    def pairs_within_reach(self) -> bool:
        """Whether a single emotion of some pair could reach 0.05 after correction for all emotions and pairs."""
        tested = [pair.smallest_p for pair in self.pairs if pair.enough and pair.smallest_p is not None]
        return bool(tested) and self._within_reach(min(tested), len(self.labels) * len(tested))

    def _within_reach(self, smallest_p: float | None, tests: int) -> bool:
        # With Benjamini and Hochberg's, many small p-values help each other.
        return smallest_p is not None and smallest_p * (tests if self.correction is Correction.HOLM else 1) <= ALPHA

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``; a number that cannot be told is null."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "evidence"}
        for name in ("groups", "emotions", "pairs", "confounds"):
            fields[name] = [asdict(each) for each in fields[name]]
        return _plain({**fields, "evidence": self.evidence.as_json(), "sentences": self.said()})

    def named(self, language: Language | str) -> Comparison:
        """The same with words of a language for the chosen clips and the rest; any other comparison as it is."""
        if not self.of_choice:
            return self
        words = {key: pair[str(language) == Language.ZH] for key, pair in _IN_WORDS.items()}

        def word(name: str) -> str:
            return words.get(name, name)  # said already

        def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
            return {word(name): value for name, value in values.items()}

        return replace(
            self,
            column=word(self.column),
            groups=tuple(replace(g, name=word(g.name)) for g in self.groups),
            pairs=tuple(replace(p, first=word(p.first), second=word(p.second)) for p in self.pairs),
            confounds=tuple(replace(c, by_group=renamed(c.by_group), values=renamed(c.values)) for c in self.confounds),
        )

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What was found, how sure it is and what else may explain it, in sentences."""
        from emoanalytics.views.compare.words import sentences

        return sentences(self.named(language), Language(language))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, StrEnum):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
