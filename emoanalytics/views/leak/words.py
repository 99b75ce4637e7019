"""What the leak meter says, in both languages."""

from __future__ import annotations

from emoanalytics.labels import Language
from emoanalytics.views.leak.purity import Purity

_NAMES = {
    "speaker": ("speaker", "说话人"),
    "session": ("session", "场次"),
    "recording": ("recording", "录音"),
    "channel": ("channel", "声道"),
    "duration": ("length class", "时长区间"),
    "emotion_given": ("given emotion", "给定情绪"),
    "emotion": ("emotion by model score", "模型得分最高的情绪"),
}


def purity_line(found: Purity, k: int, language: Language | str = Language.EN) -> str:
    """One factor in one sentence."""
    zh = language == Language.ZH
    name = _name(found.factor, language)
    if not found.telling:
        return f"{name}：无可比较" if zh else f"{name}: nothing to compare ({_why(found)})"
    if zh:
        return f"一个片段最近的 {k} 个片段中有 {_percent(found.purity, zh)} 与它的{name}相同；随机情况下为 " + _chance(
            found, zh
        )
    return f"{_percent(found.purity, zh)} of a clip's {k} nearest are of the same {name}; " + _chance(found, zh)


def precision_line(found: Purity, label: str, k: int, language: Language | str = Language.EN) -> str:
    """The precision in one sentence."""
    zh = language == Language.ZH
    name = _name(label, language)
    if not found.telling:
        return f"{name}（不计同一说话人）：无可比较" if zh else f"{name}, same speaker excluded: nothing to compare"
    if zh:
        start = f"不计同一说话人时，最近的 {k} 个片段中有 {_percent(found.purity, zh)} 的{name}相同；随机情况下为 "
    else:
        start = f"with the same speaker excluded, {_percent(found.purity, zh)} of the {k} nearest share the {name}; "
    return start + _chance(found, zh)


def _chance(found: Purity, zh: bool) -> str:
    times = "" if found.lift is None else (f"{found.lift:.1f} 倍" if zh else f"{found.lift:.1f} times as many")
    if found.lift_low is None or found.lift_high is None:
        sure = "证据不足，无区间" if zh else "not enough evidence for an interval"
    else:
        sure = f"{'95% 区间' if zh else '95 % interval'} {found.lift_low:.1f}-{found.lift_high:.1f}"
    if zh:
        return f"{_percent(found.expected, zh)}（{times}，{sure}）"
    return f"{_percent(found.expected, zh)} expected by chance ({times}, {sure})"


def _why(found: Purity) -> str:
    if found.values == 0:
        return "no clip has one"
    if found.values == 1:
        return "all clips have the same"
    return "no two clips share one" if found.expected == 0 else "too few clips"


def _name(factor: str, language: Language | str) -> str:
    en, zh = _NAMES.get(factor, (factor, factor))
    return zh if language == Language.ZH else en


def _percent(share: float | None, zh: bool) -> str:
    if share is None:
        return "-"
    digits = 0 if 0.01 <= share <= 0.99 or share in (0, 1) else 1 if 0.001 <= share <= 0.999 else 2
    return f"{100 * share:.{digits}f}{'%' if zh else ' %'}"
