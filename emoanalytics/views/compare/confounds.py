"""Confounds: what else differs between the groups, so that a difference may be its doing."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from emoanalytics.statistics.effects import cliffs_delta, cramers_v
from emoanalytics.statistics.values import as_text
from emoanalytics.store.schema import QUALITY_COLUMNS
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.compare.result import Confound, Kind

STRONG_V = 0.5  # Cohen (1988), "large" for two values
STRONG_DELTA = 0.474  # Romano et al. (2006), "large"
_MOST_VALUES = 50  # more are free text, names of files, measurements
# Names and places of a clip, not properties; the speaker is what the design is about.
_NOT_ASKED = {"segment_id", "content_id", "file", "start_s", "end_s", "text", "speaker"}


def confound_columns(store: EmotionStore, group: str, cluster: str) -> list[str]:
    """The columns that may say the same as the groups."""
    return [c for c in store.columns if c not in _NOT_ASKED | {group, cluster}]


def confounds(
    table: pd.DataFrame, group: np.ndarray, names: tuple[str, ...], columns: list[str], cluster: np.ndarray
) -> tuple[Confound, ...]:
    """What is strongly tied to the groups, strongest first.

    A column whose every value belongs to one speaker only is left out: it says who speaks, which a comparison of
    speakers takes into account anyway.

    Args:
        table: the compared clips, with ``start_s``, ``end_s`` and the columns.
        group: (n,) group numbers.
        names: of the groups.
        columns: which to look at.
        cluster: (n,) speaker numbers.
    """
    found = [_number("duration_s", table["end_s"] - table["start_s"], group, names)]
    for column in columns:
        values = table[column]
        if column == "flags":
            found += _flags(values, group, names)
        elif _is_number(column, values):
            found.append(_number(column, values, group, names))
        else:
            found.append(_values(column, as_text(values), group, names, cluster))
    return tuple(sorted((c for c in found if c is not None), key=lambda c: (-c.strength, c.column)))


def _is_number(column: str, values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or column in QUALITY_COLUMNS:
        return True
    numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    return numeric and values.nunique() > 10  # few different numbers are names: 8000 and 16000 hertz, take 1 and 2


def _values(
    column: str, values: pd.Series, group: np.ndarray, names: tuple[str, ...], cluster: np.ndarray
) -> Confound | None:
    codes, kinds = pd.factorize(values.fillna(""))  # not to be filled in is a value too
    if not 2 <= len(kinds) <= _MOST_VALUES or _only_names_speakers(codes, cluster):
        return None
    strength = cramers_v(group, codes)
    if strength < STRONG_V:
        return None
    most, share = {}, {}
    for g, name in enumerate(names):
        counts = np.bincount(codes[group == g], minlength=len(kinds))
        most[name], share[name] = str(kinds[int(counts.argmax())]), float(counts.max() / max(counts.sum(), 1))
    return Confound(column, Kind.VALUES, strength, share, most)


def _only_names_speakers(codes: np.ndarray, cluster: np.ndarray) -> bool:
    pairs = np.unique(np.stack([codes, cluster]), axis=1)
    return pairs.shape[1] == len(np.unique(codes))


def _flags(values: pd.Series, group: np.ndarray, names: tuple[str, ...]) -> list[Confound]:
    found = []
    for flag in sorted({str(flag) for row in values for flag in row}):
        raised = np.array([flag in set(row) for row in values], dtype=np.intp)
        strength = cramers_v(group, raised)
        if strength >= STRONG_V:
            share = {name: float(raised[group == g].mean()) for g, name in enumerate(names)}
            found.append(Confound(flag, Kind.FLAG, strength, share, {}))
    return found


def _number(column: str, values: pd.Series, group: np.ndarray, names: tuple[str, ...]) -> Confound | None:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        numbers = values.to_numpy("datetime64[s]").astype(np.float64)
        numbers[values.isna().to_numpy(bool)] = np.nan
    else:
        numbers = values.to_numpy(np.float64, na_value=np.nan)
    parts = [numbers[(group == g) & ~np.isnan(numbers)] for g in range(len(names))]
    deltas = [abs(cliffs_delta(a, b)) for a, b in itertools.combinations(parts, 2) if len(a) and len(b)]
    if not deltas or max(deltas) < STRONG_DELTA:
        return None
    medians = {name: float(np.median(part)) for name, part in zip(names, parts, strict=True) if len(part)}
    return Confound(column, Kind.NUMBER, max(deltas), medians, {})
