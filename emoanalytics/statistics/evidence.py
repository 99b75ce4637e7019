"""Which clips a statistic rests on, how much each counts, and how many were left out and why."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag, name
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS, Language
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.scores import score_columns
from emoanalytics.store.store import EmotionStore

AGENT, CLIENT, ALL_ROLES = "agent", "client", "all"
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("agent", "agents", "operator", "employee", "staff", "坐席", "座席", "客服", "员工"), AGENT),
        **dict.fromkeys(("client", "clients", "customer", "customers", "caller", "客户", "顾客"), CLIENT),
    }
)


class Weighing(StrEnum):
    """How much a clip counts in a mean."""

    CLIPS = "clips"
    """Every clip the same."""
    DURATION = "duration"
    """A clip as much as it lasts (seconds)."""
    QUALITY = "quality"
    """The product of ``FLAG_WEIGHTS`` over the clip's quality flags; 1 without a flag."""


# A convention, not a measurement: nothing where there is no one voice to judge, a quarter where several voices mix
# (whose emotion is it?), half where the sound is known to mislead a model, most where it is only poorer. Length has
# its own weighing, so a long clip loses nothing here.
FLAG_WEIGHTS: Mapping[Flag, float] = MappingProxyType(
    {
        Flag.SILENT: 0.0,
        Flag.MUSIC: 0.0,
        Flag.SEVERAL_VOICES: 0.25,
        Flag.TOO_SHORT: 0.5,
        Flag.CLIPPED: 0.5,
        Flag.NOISY: 0.5,
        Flag.NON_FINITE: 0.5,
        Flag.QUIET: 0.75,
        Flag.NARROW_BAND: 0.75,
        Flag.TOO_LONG: 1.0,
    }
)


def canonical_role(role: str) -> str:
    """``agent`` or ``client`` for the spellings known of them, any other role as it is.

    >>> [canonical_role(r) for r in ("Agent", "坐席", " Customer ", "客户", "therapist")]
    ['agent', 'agent', 'client', 'client', 'therapist']
    """
    return _SPELLINGS.get(unicodedata.normalize("NFKC", role).strip().casefold(), role)


class Reason(StrEnum):
    """Why a clip is not in the evidence; the first that holds, in this order."""

    FILTER = "filter"
    ROLE = "role"
    FLAG = "flag"
    NO_SCORES = "no_scores"
    NO_WEIGHT = "no_weight"


_REASONS = {
    Reason.FILTER: ("not selected", "未被选中"),
    Reason.ROLE: ("not spoken by a client", "说话人不是客户"),
    Reason.FLAG: ("quality flag", "有质量标记"),
    Reason.NO_SCORES: ("no scores", "没有分数"),
    Reason.NO_WEIGHT: ("weight zero", "权重为零"),
}


@dataclass(frozen=True)
class Evidence:
    """The clips a statistic rests on.

    Attributes:
        table: one row a clip: the columns asked for, index 0 to n - 1.
        labels: the nine emotions in order, then further labels of the head.
        scores: (n, labels) float64, read-only; a whole column is NaN where the head does not know the label.
        weights: (n,) float64, positive, read-only.
        weigh: how they were weighed.
        left_out: clips left out for each reason; only reasons that left some out.
        exclude_flags: flags whose clips were left out.
        role: the one role kept, or None: all of them.
        role_by_default: whether that role was chosen by the rule of ``gather`` and not by the caller.
        calibrated: whether the winner's score of the head in use may be called calibrated.
    """

    table: pd.DataFrame
    labels: tuple[str, ...]
    scores: np.ndarray
    weights: np.ndarray
    weigh: Weighing = Weighing.CLIPS
    left_out: Mapping[Reason, int] = field(default_factory=dict)
    exclude_flags: tuple[Flag, ...] = ()
    role: str | None = None
    role_by_default: bool = False
    calibrated: bool = False

    def __post_init__(self) -> None:
        n = len(self.table)
        if self.scores.shape != (n, len(self.labels)) or self.weights.shape != (n,):
            raise ValueError(f"{n} rows, but scores {self.scores.shape} and weights {self.weights.shape}")
        for array in (self.scores, self.weights):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def known(self) -> np.ndarray:
        """(labels,) bool: the labels that the head scores."""
        return ~np.isnan(self.scores).all(axis=0)

    @property
    def effective(self) -> float:
        """Effective number of clips under the weights (see ``effective_n``)."""
        return effective_n(self.weights)

    def as_json(self) -> dict[str, Any]:
        """Plain values: what was kept and what was left out."""
        return {
            "clips": len(self),
            "effective_n": self.effective,
            "weigh": str(self.weigh),
            "left_out": {str(k): v for k, v in self.left_out.items()},
            "exclude_flags": [str(f) for f in self.exclude_flags],
            "role": self.role,
            "role_by_default": self.role_by_default,
            "calibrated": self.calibrated,
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What was kept, what was left out and how clips count, in sentences."""
        zh = language == Language.ZH
        out = self.left_out.items()
        if zh:
            parts = "、".join(f"{n} 条{self._reason(r, zh)}" for r, n in out)
            lines = [f"用了 {len(self)} 条" + (f"；未用：{parts}。" if parts else "，没有略去任何一条。")]
        else:
            parts = ", ".join(f"{n} ({self._reason(r, zh)})" for r, n in out)
            lines = [f"{_clips(len(self))} used" + (f"; left out: {parts}." if parts else ", none left out.")]
        if self.weigh is Weighing.DURATION:
            lines.append("每条按时长计权。" if zh else "A clip counts by how long it lasts.")
        if self.weigh is Weighing.QUALITY:
            lines.append("有质量标记的片段权重较低。" if zh else "A clip with quality flags counts less.")
        if self.weigh is not Weighing.CLIPS:
            lines.append(
                f"按此权重相当于 {self.effective:.0f} 条等权片段。"
                if zh
                else f"Under these weights they are worth {self.effective:.0f} equal clips."
            )
        if self.role_by_default:
            lines.append(
                "只看客户：欧盟《人工智能法》第 5 条第 1 款 f 项禁止推断员工情绪，须由您明确要求才会分析其他角色。"
                if zh
                else "Clients only: inferring the emotions of employees is prohibited in the EU "
                "(AI Act, Article 5(1)(f)), so other roles are read only when you ask for them."
            )
        return tuple(lines)

    def _reason(self, reason: Reason, zh: bool) -> str:
        if reason is Reason.FLAG:
            names = ("、" if zh else ", ").join(name(f, "zh" if zh else "en") for f in self.exclude_flags)
            return f"有质量标记（{names}）" if zh else f"flagged {names}"
        if reason is Reason.ROLE and self.role is not None and canonical_role(self.role) != CLIENT:
            return f"角色不是 {self.role}" if zh else f"another role than {self.role}"
        return _REASONS[reason][zh]


def gather(
    store: EmotionStore,
    columns: Sequence[str] = (),
    *,
    where: str | None = None,
    weigh: Weighing | str = Weighing.CLIPS,
    exclude_flags: Iterable[Flag | str] = (),
    role: str | None = None,
) -> Evidence:
    """Read the clips of a store that a statistic may rest on. No embedding is loaded.

    Args:
        store: the store.
        columns: further columns the caller needs, e.g. ``speaker``.
        where: one SQL condition over segment and score columns.
        weigh: how much a clip counts.
        exclude_flags: quality flags whose clips are left out.
        role: keep only this role, or ``all``. None: only ``client`` where some clip of the store is an ``agent``'s, and
            the evidence says so: Regulation (EU) 2024/1689 (AI Act), Article 5(1)(f), prohibits inferring the
            emotions of people at work; otherwise all. Usual spellings count, see ``canonical_role``.

    Raises:
        StoreError: an unknown column, weighing or flag, or a filter that is not understood.
        EmptySelectionError: no clip with scores is left; the message says what to do.
    """
    weigh, flags = _weighing(weigh), _flags(exclude_flags)
    names = score_columns(store.info.labels)
    needed = ["role"]
    needed += ["start_s", "end_s"] if weigh is Weighing.DURATION else []
    needed += ["flags"] if flags or weigh is Weighing.QUALITY else []
    table = store.table(list(dict.fromkeys([*columns, *needed, *names])), where)
    total = len(table) if where is None else len(store)
    roles = table["role"] if where is None else store.segments(["role"])["role"]
    kept_role, by_default = _role(roles, role)
    scores = np.column_stack([table[n].to_numpy(np.float64, na_value=np.nan) for n in names])
    weights = _weights(table, weigh)
    drop: dict[Reason, np.ndarray] = {}
    if kept_role is not None:
        drop[Reason.ROLE] = ~in_role(table["role"], kept_role)
    if flags:
        drop[Reason.FLAG] = _flagged(table["flags"], frozenset(map(str, flags)))
    finite = np.isfinite(scores)
    known = finite.any(axis=0)
    # A head scores all its labels or none, so one that is not a number spoils the clip's whole distribution.
    drop[Reason.NO_SCORES] = ~finite[:, known].all(axis=1) if known.any() else np.ones(len(table), bool)
    drop[Reason.NO_WEIGHT] = ~(np.isfinite(weights) & (weights > 0))
    left, keep = _left_out(drop, total - len(table), len(table))
    if not keep.any():
        raise EmptySelectionError(_why_empty(store, total, left, kept_role, by_default))
    scores = scores[keep]
    scores[:, ~known] = np.nan
    shown = table[list(dict.fromkeys(columns))]
    return Evidence(
        table=(shown if keep.all() else shown[keep]).reset_index(drop=True),
        labels=tuple(n.removeprefix(RESERVED_PREFIX) for n in names),
        scores=scores,
        weights=weights[keep],
        weigh=weigh,
        left_out=left,
        exclude_flags=flags,
        role=kept_role,
        role_by_default=by_default,
        calibrated=bool((store.head() or {}).get("calibrated")),
    )


def effective_n(weights: np.ndarray) -> float:
    """How many equal clips would give a mean as sure as these weights do (Kish 1965, Survey Sampling, 11.7).

    >>> effective_n(np.array([1.0, 1.0, 1.0])), effective_n(np.array([3.0, 0.0]))
    (3.0, 1.0)
    """
    squares = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def knows(evidence: Evidence) -> bool:
    """Whether the head scores any of the nine emotions."""
    return bool(evidence.known[: len(EMOTION_IDS)].any())


def _clips(n: int) -> str:
    return f"{n} clip" if n == 1 else f"{n} clips"


def _weighing(weigh: Weighing | str) -> Weighing:
    try:
        return Weighing(weigh)
    except ValueError:
        raise StoreError(f"clips are weighed by {', '.join(Weighing)}, not by {str(weigh)!r}") from None


def _flags(given: Iterable[Flag | str]) -> tuple[Flag, ...]:
    """Each flag once, in the order of ``Flag``."""
    asked = [given] if isinstance(given, str) else list(given)
    for flag in asked:
        if flag not in list(Flag):
            close = difflib.get_close_matches(str(flag), list(Flag), n=1)
            hint = f"did you mean {close[0]}?" if close else f"the flags are {', '.join(Flag)}"
            raise StoreError(f"there is no quality flag {str(flag)!r} ({hint})")
    return tuple(f for f in Flag if f in asked)


def in_role(roles: pd.Series, role: str) -> np.ndarray:
    """Which rows are in a role, however it is spelt: (n,) bool."""
    wanted = canonical_role(role)
    spelt = [r for r in roles.dropna().unique() if canonical_role(str(r)) == wanted]
    return roles.isin(spelt).to_numpy(bool)


def _role(roles: pd.Series, asked: str | None) -> tuple[str | None, bool]:
    """The role to keep (None: all), and whether that is our rule and not the caller's wish."""
    if asked == ALL_ROLES:
        return None, False
    if asked is not None:
        return asked, False
    return (CLIENT, True) if bool(in_role(roles, AGENT).any()) else (None, False)


def _weights(table: pd.DataFrame, weigh: Weighing) -> np.ndarray:
    if weigh is Weighing.DURATION:
        return (table["end_s"] - table["start_s"]).to_numpy(np.float64)
    if weigh is Weighing.CLIPS:
        return np.ones(len(table))
    factors = {str(flag): weight for flag, weight in FLAG_WEIGHTS.items()}
    # Most clips have no flag; a flag of a later version of the format counts as none.
    products = [float(np.prod([factors.get(f, 1.0) for f in flags])) if len(flags) else 1.0 for flags in table["flags"]]
    return np.array(products, np.float64)


def _flagged(column: pd.Series, flags: frozenset[str]) -> np.ndarray:
    return np.fromiter((not flags.isdisjoint(row) for row in column), bool, len(column))


def _left_out(drop: Mapping[Reason, np.ndarray], filtered: int, rows: int) -> tuple[Mapping[Reason, int], np.ndarray]:
    """How many rows each reason takes from those still there, and which remain."""
    keep, left = np.ones(rows, bool), {Reason.FILTER: filtered}
    for reason in Reason:
        if reason in drop:
            left[reason] = int((keep & drop[reason]).sum())
            keep &= ~drop[reason]
    return MappingProxyType({r: n for r, n in left.items() if n}), keep


def _why_empty(store: EmotionStore, total: int, left: Mapping[Reason, int], role: str | None, by_default: bool) -> str:
    if not total:
        return f"{store.path} holds no clip: build it with emoanalytics build CORPUS --store {store.path}"
    counts = ", ".join(f"{n} {_REASONS[r][0]}" for r, n in left.items() if r not in (Reason.ROLE, Reason.FLAG))
    missing = store.head_missing
    if missing or (store.info.head is None and left.get(Reason.NO_SCORES)):
        return missing or (
            f"{store.path} has no scores, only embeddings: fit a head with "
            f"emoanalytics head fit {store.path} --target COLUMN"
        )
    parts = [counts] if counts else []
    if Reason.FLAG in left:
        parts.append(f"{left[Reason.FLAG]} with an excluded quality flag")
    if Reason.ROLE in left:
        why = f" (agents are left out unless you ask: role={ALL_ROLES!r})" if by_default else ""
        parts.append(f"{left[Reason.ROLE]} of another role than {role}{why}")
    return f"no clip of {store.path} can be used, of {total}: {', '.join(parts)}"
