"""Comparing: from clips to differences between groups, speaker by speaker."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.errors import StoreError
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.cells import Cells, Contrast
from emoanalytics.statistics.differences import difference_interval, mean_interval
from emoanalytics.statistics.effects import dominance, magnitude, magnitude_of_g, standardised
from emoanalytics.statistics.evidence import ALL_ROLES, Evidence, Weighing, gather
from emoanalytics.statistics.multiplicity import Correction, adjusted, as_correction, gated
from emoanalytics.statistics.permutation import PermutationTest, permutation_test
from emoanalytics.statistics.values import as_text
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.compare.choice import divided
from emoanalytics.views.compare.clips import Clips, check_columns
from emoanalytics.views.compare.confounds import confound_columns, confounds
from emoanalytics.views.compare.result import ALPHA, CHOICE, CHOSEN, REST, Comparison, Design, Difference, Group, Pair


def compare(
    store: EmotionStore,
    group: str | None = None,
    *,
    chosen: Collection[str] | None = None,
    groups: Sequence[str] | None = None,
    where: str | None = None,
    cluster: str = "speaker",
    weigh: Weighing | str = Weighing.CLIPS,
    exclude_flags: Iterable[Flag | str] = (),
    role: str | None = None,
    normalise_speaker: bool = False,
    correction: Correction | str = Correction.HOLM,
    permutations: int = 9_999,
    seed: int = 0,
) -> Comparison:
    """Compare the mean distribution of scores between groups of clips.

    Every speaker counts once, however many clips it has: its clips (weighed as asked) are averaged in each group it is
    in. Two groups are compared inside the speakers who are in both, and between those who are in one only; where both
    kinds occur, the two differences are combined by their precision. P-values come from shuffling speakers
    (``statistics.permutation``), intervals from drawing speakers with replacement (``statistics.bootstrap``; those of
    differences are put together from the groups' own: Zou and Donner, Stat. Med. 27, 2008).

    Args:
        store: the store.
        group: any column with a few values; or
        chosen: ids of segments, which are compared with the rest of the clips.
        groups: which of its values, in the order to compare them (first minus second); None: all, the largest first.
        where: one SQL condition over segment and score columns.
        cluster: the column whose values count once. With ``session``, a session of a speaker counts once, and what is
            found holds for these speakers only.
        weigh: how much a clip counts in its speaker's mean.
        exclude_flags: quality flags whose clips are left out.
        role: keep only this role, or ``all``; see ``gather``. Comparing roles asks for all of them.
        normalise_speaker: compare against each speaker's own baseline: the mean of its clips that are not compared
            (of other groups, or outside ``where``), or, without such clips, of those that are. Nothing changes for
            a speaker in both groups; one in a single group without other clips is left out.
        correction: of the p-values, for the number of emotions and pairs of groups. An emotion's is never below that
            of its pair and of all groups together (``statistics.multiplicity.gated``).
        permutations: random arrangements of speakers; where there are not more in all, each is looked at once.
        seed: of permutations and intervals.

    Raises:
        StoreError: an unknown column, a column of numbers or free text, or one that names one group only.
        EmptySelectionError: no clip with scores, a group and a speaker is left.
    """
    seed = as_seed(seed)
    correction = as_correction(correction)
    group, groups = _asked(group, chosen, groups)
    check_columns(store, cluster=cluster, **({"group": group} if chosen is None else {}))
    others = confound_columns(store, group, cluster)
    all_roles = group == "role" and role is None
    role = ALL_ROLES if all_roles else role
    read = partial(gather, store, weigh=weigh, exclude_flags=tuple(exclude_flags), role=role)
    wanted = ["segment_id", *([group] if chosen is None else []), cluster, "speaker", "start_s", "end_s", *others]
    evidence = read(list(dict.fromkeys(wanted)), where=where)
    evidence = evidence if chosen is None else divided(evidence, chosen)
    clips = Clips.of(evidence, group, groups, cluster)
    if chosen is not None:
        clips = clips.without_mention_of(len(set(chosen)) - int((clips.group == 0).sum()))
    if normalise_speaker:
        clips = _normalised(clips, evidence, read(["segment_id", "speaker"]))
    cells = clips.cells()
    test = permutation_test(cells, permutations=permutations, seed=seed)
    pairs = _pairs(cells, clips, test, correction, permutations, seed)
    enough = test is not None and test.smallest_p <= ALPHA
    return Comparison(
        column=group,
        labels=clips.labels,
        groups=_groups(clips, cells, seed),
        cluster=cluster,
        normalised=normalise_speaker,
        enough=enough,
        smallest_p=None if test is None else test.smallest_p,
        p=test.p if test is not None and enough else None,
        exact=test is not None and test.exact,
        permutations=0 if test is None else test.permutations,
        emotions=pairs[0].differences if len(pairs) == 1 else _overall(clips.labels, test, enough, correction),
        pairs=pairs,
        correction=correction,
        confounds=confounds(evidence.table.iloc[clips.rows], clips.group, clips.names, others, clips.cluster),
        evidence=clips.restrict(evidence),
        left_out=clips.left_out,
        all_roles=all_roles,
        of_choice=chosen is not None,
        seed=seed,
    )


def _asked(
    group: str | None, chosen: Collection[str] | None, groups: Sequence[str] | None
) -> tuple[str, Sequence[str] | None]:
    """The column and the groups to compare.

    Raises:
        StoreError: neither or both of a column and chosen clips, or groups of chosen clips.
    """
    if chosen is None and group is not None:
        return group, groups
    if chosen is None or group is not None:
        raise StoreError("name either a column to group by or the chosen clips to compare with the rest")
    if groups is not None:
        raise StoreError("chosen clips are compared with the rest: name no groups besides")
    return CHOICE, (CHOSEN, REST)


def _normalised(clips: Clips, evidence: Evidence, everything: Evidence) -> Clips:
    """Clips against the baseline of their speaker; ``everything`` is what there is without the caller's filter."""
    compared = evidence.table["segment_id"].iloc[clips.rows]
    apart = ~everything.table["segment_id"].isin(compared).to_numpy(bool)
    codes = pd.Index(pd.factorize(as_text(evidence.table["speaker"]))[1])
    speaker = codes.get_indexer(as_text(everything.table["speaker"][apart]))
    return clips.against_baseline(everything.scores[apart][:, evidence.known], everything.weights[apart], speaker)


def _groups(clips: Clips, cells: Cells, seed: int) -> tuple[Group, ...]:
    found = []
    for g, name in enumerate(clips.names):
        means = cells.means[cells.seen[:, g], g]
        mean, low, high = (
            dict(zip(clips.labels, map(_known, values), strict=True)) for values in mean_interval(means, seed=seed)
        )
        mine = clips.group == g
        each = float(np.median(np.unique(clips.cluster[mine], return_counts=True)[1])) if mine.any() else 0.0
        found.append(Group(name, int(mine.sum()), len(means), each, mean, low, high))
    return tuple(found)


def _pairs(
    cells: Cells, clips: Clips, overall: PermutationTest | None, correction: Correction, permutations: int, seed: int
) -> tuple[Pair, ...]:
    """Every two groups, their p-values corrected together and behind the tests of the whole."""
    indices = list(itertools.combinations(range(len(clips.names)), 2))
    tests = [
        overall
        if len(indices) == 1
        else permutation_test(Cells(cells.means[:, pair]), permutations=permutations, seed=seed)
        for pair in map(list, indices)
    ]
    useful = [test if test is not None and test.smallest_p <= ALPHA else None for test in tests]
    missing = np.full(len(clips.labels), np.nan)
    p = np.array([np.nan if test is None else test.p for test in useful])
    each = np.array([missing if test is None else test.each for test in useful])
    p_adjusted = adjusted(p, correction)
    whole = overall.p if overall is not None and overall.smallest_p <= ALPHA else np.nan
    each_adjusted = gated(gated(adjusted(each, correction), p_adjusted[:, None]), whole)
    return tuple(
        replace(
            _pair(cells, clips, i, j, seed, each[row], each_adjusted[row]),
            enough=useful[row] is not None,
            smallest_p=None if (test := tests[row]) is None else test.smallest_p,
            p=_known(p[row]),
            p_adjusted=_known(p_adjusted[row]),
        )
        for row, (i, j) in enumerate(indices)
    )


def _pair(cells: Cells, clips: Clips, i: int, j: int, seed: int, p: np.ndarray, p_adjusted: np.ndarray) -> Pair:
    """Two groups, without the test of the pair as a whole."""
    contrast = Contrast.of(cells, i, j)
    low, high = difference_interval(contrast, seed=seed)
    delta, g = dominance(contrast), standardised(cells, i, j)
    # With pairs, dominance says how many go the same way: all of six do, however small the difference.
    size, word = (g, magnitude_of_g) if len(contrast.pairs) else (delta, magnitude)
    words = [None if math.isnan(value) else str(word(value)) for value in size]
    found = {
        "difference": delta if contrast.empty else contrast.difference,
        "low": low,
        "high": high,
        "standardised": g,
        "dominance": delta,
        "p": p,
        "p_adjusted": p_adjusted,
    }
    both, first, second = len(contrast.pairs), len(contrast.first), len(contrast.second)
    design = Design.MIXED if both and first else Design.WITHIN if both else Design.BETWEEN if first else None
    return Pair(
        first=clips.names[i],
        second=clips.names[j],
        design=design,
        both=both,
        only_first=first,
        only_second=second,
        unused=int(cells.seen[:, [i, j]].any(axis=1).sum()) - both - first - second,
        enough=False,
        smallest_p=None,
        p=None,
        p_adjusted=None,
        differences=tuple(
            Difference(
                label=label,
                magnitude=words[e],
                **{name: _known(values[e]) for name, values in found.items()},
            )
            for e, label in enumerate(clips.labels)
        ),
    )


def _overall(
    labels: tuple[str, ...], test: PermutationTest | None, enough: bool, correction: Correction
) -> tuple[Difference, ...]:
    p = test.each if test is not None and enough else np.full(len(labels), np.nan)
    gate = test.p if test is not None else np.nan
    rows = zip(labels, p, gated(adjusted(p, correction), gate), strict=True)
    return tuple(Difference(label, p=_known(one), p_adjusted=_known(corrected)) for label, one, corrected in rows)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
