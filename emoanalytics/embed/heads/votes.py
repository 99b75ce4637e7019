"""Votes: what listeners said about clips, from one label a row or one column of votes an emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.embed.heads.policies import NOT_NAMED, OtherPolicy
from emoanalytics.errors import HeadError
from emoanalytics.labels import parse_emotion

KEYS = ("segment_id", "file")
LABEL_COLUMNS = ("label", "emotion")
VOTE_PREFIX = "vote_"
_SUM_TOLERANCE = 0.01


@dataclass(frozen=True)
class Votes:
    """Shares of listeners, clip by clip.

    Attributes:
        key: ``segment_id`` or ``file``: what names a clip.
        clips: the clips, each once.
        labels: the labels listeners could choose.
        shares: (n, labels) float64, rows sum to 1.
        listeners: (n,) how many votes a clip had; NaN where only shares were given.
        apart: mean share of each label that a policy leaves out of ``labels``, over all clips that were voted on.
    """

    key: str
    clips: tuple[str, ...]
    labels: tuple[str, ...]
    shares: np.ndarray
    listeners: np.ndarray
    apart: Mapping[str, float]

    @classmethod
    def of(cls, table: pd.DataFrame, labels: Sequence[str], policy: OtherPolicy, *, where: str = "the labels") -> Votes:
        """Read a table.

        Args:
            table: ``segment_id`` or ``file``, and either ``label`` (several rows of a clip are several listeners) or
                one column an emotion, ``vote_angry`` or ``angry``: counts, or shares that sum to 1.
            labels: the labels of the head.
            policy: what becomes of ``other`` and ``unknown``.
            where: names the table in messages.

        Raises:
            HeadError: the columns or a row cannot be understood, or the labels are not the head's.
        """
        key = next((name for name in KEYS if name in table.columns), None)
        if key is None:
            raise HeadError(
                f"{where}: no column names the clips; it has {', '.join(map(str, table.columns))}, and needs "
                "segment_id or file"
            )
        repeated = table.columns[table.columns.duplicated()]
        if len(repeated):
            raise HeadError(f"{where}: two columns are called {repeated[0]}; keep one")
        if table[key].isna().any():
            raise HeadError(f"{where}, row {_row(table[key].isna())}: no {key}; name the clip or remove the row")
        known = [label for label in labels if policy == OtherPolicy.KEEP or label not in NOT_NAMED]
        column = next((name for name in LABEL_COLUMNS if name in table.columns), None)
        vote_columns = _vote_columns(table, [*known, *NOT_NAMED])
        if len(vote_columns) >= 2 or (column is None and vote_columns):
            _check_labels(list(vote_columns.values()), known, policy, where)
            names, counts = _columns_of_votes(table, vote_columns, where)
        elif column is not None:
            names, counts = _column_of_labels(table, column, known, policy, where)
        else:
            raise HeadError(
                f"{where}: neither a column label nor a column of votes for each emotion "
                f"({', '.join(VOTE_PREFIX + label for label in known)})"
            )
        return _summed(table[key].astype(str), key, names, counts, known)


def _row(mask: pd.Series | np.ndarray) -> int:
    """Number of the first row of a mask as a spreadsheet counts it: the header is row 1."""
    return int(np.flatnonzero(np.asarray(mask))[0]) + 2


def _vote_columns(table: pd.DataFrame, labels: Sequence[str]) -> dict[str, str]:
    """Column -> label, for columns of votes: all with the prefix, else those named like a label."""
    prefixed = {str(c): str(c).removeprefix(VOTE_PREFIX) for c in table.columns if str(c).startswith(VOTE_PREFIX)}
    found = prefixed or {str(c): str(c) for c in table.columns if str(c) in labels or parse_emotion(str(c)) in labels}
    return {column: _name(label, labels) for column, label in found.items() if column not in (*KEYS, *LABEL_COLUMNS)}


def _name(text: str, labels: Sequence[str]) -> str:
    """The head's label that a text means, or the text itself."""
    if text in labels:
        return text
    emotion = parse_emotion(text)
    return emotion if emotion is not None else text


def _columns_of_votes(table: pd.DataFrame, columns: dict[str, str], where: str) -> tuple[list[str], np.ndarray]:
    names = list(columns.values())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise HeadError(f"{where}: two columns hold the votes for {twice}; keep one")
    try:
        counts = table[list(columns)].apply(pd.to_numeric).to_numpy(dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise HeadError(f"{where}: votes are numbers ({error})") from error
    bad = ~np.isfinite(counts).all(axis=1) | (counts < 0).any(axis=1)
    if bad.any():
        raise HeadError(f"{where}, row {_row(bad)}: votes are numbers from 0 up, none missing")
    sums = counts.sum(axis=1)
    if (sums == 0).any():
        raise HeadError(f"{where}, row {_row(sums == 0)}: nobody voted; remove the row")
    whole = (counts % 1 == 0).all(axis=1)
    unclear = ~whole & (np.abs(sums - 1) > _SUM_TOLERANCE)
    if unclear.any():
        row = int(np.flatnonzero(unclear)[0])
        raise HeadError(
            f"{where}, row {row + 2}: votes sum to {sums[row]:g}; give whole counts, or shares that sum to 1"
        )
    if "n_votes" in table.columns:
        said = pd.to_numeric(table["n_votes"], errors="coerce").to_numpy(dtype=np.float64)
        off = whole & (sums != said)
        if off.any():
            row = int(np.flatnonzero(off)[0])
            raise HeadError(f"{where}, row {row + 2}: votes sum to {sums[row]:g}, n_votes says {said[row]:g}")
    return names, counts


def _column_of_labels(
    table: pd.DataFrame, column: str, known: Sequence[str], policy: OtherPolicy, where: str
) -> tuple[list[str], np.ndarray]:
    """One vote a row. Rows without a label are clips nobody has listened to yet: no votes."""
    names = [*known, *(n for n in NOT_NAMED if n not in known and policy != OtherPolicy.KEEP)]
    counts = np.zeros((len(table), len(names)))
    for i, value in enumerate(table[column]):
        if pd.isna(value) or not str(value).strip():
            continue
        name = _name(str(value).strip(), names)
        if name not in names:
            advice = " (choose what becomes of it: --other drop or --other apart)" if name in NOT_NAMED else ""
            raise HeadError(
                f"{where}, row {i + 2}: the head does not know the label {str(value)!r}; it knows "
                f"{', '.join(known)}{advice}"
            )
        counts[i, names.index(name)] = 1
    return names, counts


def _check_labels(names: Sequence[str], known: Sequence[str], policy: OtherPolicy, where: str) -> None:
    foreign = [n for n in names if n not in known and (n not in NOT_NAMED or policy == OtherPolicy.KEEP)]
    absent = [n for n in known if n not in names]
    if foreign or absent:
        wrong = [f"votes for {', '.join(foreign)}, which it does not know"] if foreign else []
        if set(foreign) & set(NOT_NAMED):
            wrong[0] += " (choose what becomes of other and unknown: --other drop or --other apart)"
        wrong += [f"no votes for {', '.join(absent)} (a column of zeros where nobody chose it)"] if absent else []
        raise HeadError(f"{where} and the head are about different labels: {'; '.join(wrong)}")


def _summed(clips: pd.Series, key: str, names: list[str], counts: np.ndarray, known: Sequence[str]) -> Votes:
    """Add up the rows of a clip, and bring the labels into the head's order."""
    # Counts of several rows add up; shares of one row weigh as one listener.
    summed = pd.DataFrame(counts, columns=names).groupby(clips.to_numpy(), sort=False).sum()
    summed = summed[summed.sum(axis=1) > 0]
    total = summed.to_numpy()
    named = summed[list(known)].to_numpy()
    heard = named.sum(axis=1) > 0
    whole = (total % 1 == 0).all(axis=1)
    left_out = [n for n in names if n not in known]
    return Votes(
        key=key,
        clips=tuple(map(str, summed.index[heard])),
        labels=tuple(known),
        shares=named[heard] / named[heard].sum(axis=1, keepdims=True),
        listeners=np.where(whole, total.sum(axis=1), np.nan)[heard],
        apart={n: float((summed[n] / summed.sum(axis=1)).mean()) for n in left_out if len(summed)},
    )
