"""What trends say in words, Chinese and English. Score points, never probabilities; given sessions, never forever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emoanalytics.labels import BY_ID, Language


class Least(Protocol):
    """The least evidence there must be."""

    @property
    def sessions(self) -> int: ...  # noqa: D102
    @property
    def clips(self) -> int: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102


def _name(emotion: str, language: Language | str) -> str:
    return BY_ID[emotion].name(language) if emotion in BY_ID else emotion


def named(speaker: str | None, line: str, language: Language | str) -> str:
    """A sentence with the speaker in front, if there is one."""
    return line if speaker is None else f"{speaker}{'：' if language == Language.ZH else ': '}{line}"


def too_little(
    total: tuple[int, float, float], language: Language | str = Language.EN, least: Least | None = None
) -> str:
    """Why nothing is said about change."""
    sessions, clips, seconds = total
    if language == Language.ZH:
        needed = f"（至少需要 {least.sessions} 次、{least.clips} 条、{least.seconds:g} 秒）" if least else ""
        return f"{sessions} 次会话，相当于 {clips:.0f} 条等权片段，{seconds:.0f} 秒：证据不足，无法判断变化{needed}。"
    needed = f" (at least {least.sessions} sessions, {least.clips} clips, {least.seconds:g} s)" if least else ""
    one = f"{sessions} session{'' if sessions == 1 else 's'}, worth {clips:.0f} clip{'' if round(clips) == 1 else 's'}"
    return f"{one}, {seconds:.0f} s: not enough evidence to speak of change{needed}."


def unordered(language: Language | str, *, dated: bool) -> str:
    """Why nothing is said about change where nothing is known of time."""
    if dated and language == Language.ZH:
        return "录音日期相同，也未注明会话：没有先后顺序，证据不足，无法判断变化。"
    if dated:
        return (
            "dates are equal and sessions are not named: nothing has an order in time, so not enough evidence to "
            "speak of change."
        )
    if language == Language.ZH:
        return "既无日期，也未注明会话：没有先后顺序，证据不足，无法判断变化。"
    return (
        "neither dates nor sessions are given: nothing has an order in time, so not enough evidence to speak of change."
    )


def steady(sessions: int, language: Language | str) -> str:
    """Nothing found."""
    if language == Language.ZH:
        return f"{sessions} 次会话中未发现超出偶然的变化。"
    return f"no change beyond chance was found in {sessions} sessions."


def stepped(
    emotion: str,
    effect: float,
    low: float | None,
    high: float | None,
    t: str | int,
    session: str | None,
    language: Language | str,
) -> str:
    """A step, in score points."""
    zh = language == Language.ZH
    between = "" if low is None or high is None else _between(low, high, language)
    if low is not None and high is not None and low <= 0 <= high:
        # Welch's interval knows the spread of these few sessions only, the test that of all speakers.
        note = (
            "；区间只依据这几次会话，变化与否依据全部会话的排序检验"
            if zh
            else "; the interval is of these few sessions alone, that it changed is judged by all sessions together"
        )
        between = f"{between[:-1]}{note}{between[-1]}"
    if zh:
        since = "自 " if isinstance(t, str) else "从"
        when = f"{since}{_when(t, session, language)}起"
        return f"{when}，{_name(emotion, language)}{'上升' if effect > 0 else '下降'}了 {abs(effect):.2f} 分{between}。"
    verb = "rose" if effect > 0 else "fell"
    when = _when(t, session, language)
    return f"{_name(emotion, language)} {verb} by {abs(effect):.2f} score points since {when}{between}."


def drifted(emotion: str, slope: float, low: float, high: float, per: str, language: Language | str) -> str:
    """A steady slope, in score points."""
    if language == Language.ZH:
        unit = "每 30 天" if per == "30 days" else "每次会话"
        way = "上升" if slope > 0 else "下降"
        return f"{_name(emotion, language)}持续{way}，{unit} {abs(slope):.2f} 分{_between(low, high, language)}。"
    way = "risen" if slope > 0 else "fallen"
    unit = "score points"
    return (
        f"{_name(emotion, language)} has {way} steadily, by {abs(slope):.2f} {unit} per {per}"
        f"{_between(low, high, language)}."
    )


def _between(low: float, high: float, language: Language | str) -> str:
    if language == Language.ZH:
        return f"（95% 区间 {low:+.2f} 至 {high:+.2f}）"
    return f" (95 % interval {low:+.2f} to {high:+.2f})"


def _when(t: str | int, session: str | None, language: Language | str) -> str:
    if isinstance(t, int):
        number = f"第 {t} 次会话" if language == Language.ZH else f"session {t}"
        extra = "" if session is None else (f"（{session}）" if language == Language.ZH else f" ({session})")
        return number + extra
    extra = "" if session is None else (f"（{session}）" if language == Language.ZH else f" ({session})")
    return t[:10] + (extra or (" " if language == Language.ZH else ""))


def notes(
    language: Language | str,
    *,
    by: str,
    unnamed: int,
    undated: int,
    undated_speakers: int,
    speakers: int,
    own_sessions: bool,
    nobody: bool,
    foreign: Sequence[str],
) -> tuple[str, ...]:
    """What was left out and assumed."""
    zh = language == Language.ZH
    lines = []
    if foreign:
        listed = ", ".join(foreign)
        lines.append(
            f"当前分类头不含九种情绪中的任何一种，只有：{listed}。"
            if zh
            else f"The head knows none of the nine emotions, only: {listed}."
        )
    if nobody:
        lines.append(
            "没有注明说话人：全部片段视为同一人。" if zh else "Nobody is named: all clips are taken as one speaker's."
        )
    if unnamed:
        lines.append(
            f"{unnamed} 条未注明说话人，未使用。" if zh else f"{unnamed} clips name no speaker and were left out."
        )
    if undated:
        lines.append(
            f"{undated} 条没有日期，而同一说话人的其他片段有，未使用。"
            if zh
            else f"{undated} clips have no date where others of their speaker do, and were left out."
        )
    if undated_speakers and by != "order":
        if undated_speakers == speakers:
            lines.append(
                "没有日期：按会话名称排序。" if zh else "Nothing is dated: sessions stand in the order of their names."
            )
        else:
            lines.append(
                f"{undated_speakers} 位说话人没有日期：按会话名称排序。"
                if zh
                else f"{undated_speakers} speakers have no dates: their sessions stand in the order of their names."
            )
    if not own_sessions:
        lines.append(
            "有片段未注明会话：以其录音文件为一次会话。"
            if zh
            else "Some clips name no session: their recording counts as one."
        )
    return tuple(lines)
