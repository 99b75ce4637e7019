"""A calibration in sentences, English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from emoanalytics.embed.heads.calibration import Chosen, Method
from emoanalytics.embed.heads.conformal import Holds
from emoanalytics.embed.heads.reliability import Reliability
from emoanalytics.labels import BY_ID
from emoanalytics.notes import Note
from emoanalytics.views.calibrate.held_out import AbstainLine, Calibrated, LabelSets


def error(found: Calibrated, clips: int, groups: int, group: str, zh: bool) -> str:
    """How far the winner's score was and is from what listeners say."""
    before, after = (_interval_text(r, zh) for r in (found.before, found.after))
    unchanged = found.chosen.calibrator.method == Method.NONE
    asked = len(found.chosen.losses) == 1  # for no correction: then nothing says that none did better
    if zh:
        who = f"{groups} 位说话人" if group == "speaker" else f"{groups} 个 {group} 值"
        left_out = "未参与校准的说话人上" if group == "speaker" else f"未参与校准的 {group} 值上"
        start = f"用 {who}的 {clips} 条已听片段校准："
        if unchanged:
            start += "未作校正；" if asked else "没有哪种校正更好，得分保持不变；"
        moved = f"为{after}" if unchanged else f"由{before}变为{after}"
        return start + _close(f"胜出情绪的得分与听者判断的偏差{moved}（在{left_out}测得）。")
    who = counted(groups, "speaker") if group == "speaker" else f"{counted(groups, 'value')} of {group}"
    left_out = "speakers" if group == "speaker" else f"values of {group}"
    start = f"Calibrated on {clips} clips of {who}: "
    if unchanged:
        why = "no correction was asked for" if asked else "no correction did better, so the scores are unchanged"
        return (
            f"{start}{why}; the winner's score is off by {after}, measured on {left_out} left out of the calibration."
        )
    return (
        f"{start}the winner's score was off by {before}, and is now off by {after}, measured on {left_out} left out of "
        "the calibration."
    )


def counted(n: int, noun: str) -> str:
    """``1 clip``, ``2 clips``."""
    return f"{n} {noun}{'s' * (n != 1)}"


def _close(text: str) -> str:
    """A blank between Chinese words and a number, and nowhere else."""
    return re.sub(r"(?<=[为由])(?=[0-9])|(?<=[0-9])(?=变)", " ", text)


def _interval_text(found: Reliability, zh: bool) -> str:
    size = f"{found.error:.2f}"
    if size == "0.00":
        size = "测不出的量" if zh else "nothing measurable"
    if found.low is None or found.high is None:
        return size + ("（证据不足，无区间）" if zh else " (not enough evidence for an interval)")
    low, high = f"{found.low:.2f}", f"{found.high:.2f}"
    return size + (f"（95% 区间 {low}–{high}）" if zh else f" (95 % interval {low}-{high})")


def standing(calibrated: bool, apart: bool, zh: bool) -> str:
    """What the scores may be called; ``apart``: no speaker was on both sides of a fold."""
    if calibrated:
        if zh:
            return "现在可以把胜出情绪的得分称为校准得分：听出该情绪的听者比例；其余情绪的得分未经检验。"
        return (
            "The winner's score may now be called calibrated: it says which share of listeners hear the winner. "
            "The other scores were not tested."
        )
    if not apart:
        if zh:
            return "不能称为已校准：同一说话人的片段同时出现在校准和检验两边。得分仍只是模型得分。请按说话人分组。"
        return (
            "The scores may not be called calibrated: clips of one speaker stood on both sides of the test. They "
            "remain model scores; keep speakers apart with --group speaker."
        )
    if zh:
        return "证据不足，不能称为已校准：得分仍只是模型得分。请多听一些片段，并覆盖更多说话人。"
    return (
        "Not enough evidence to call the scores calibrated: they remain model scores. Listen to more clips, of more "
        "speakers."
    )


def in_vain(chosen: Chosen, active: bool, zh: bool) -> str:
    """That a correction which was asked for does no better than none, and what came of it."""
    method = chosen.calibrator.method
    none, own = chosen.losses[Method.NONE], chosen.losses[method]
    if zh:
        used = "按要求仍予启用" if active else "未启用；要启用请加 --activate"
        how = "不校正更好" if none < own else "不校正也差不多一样好"
        return f"在未参与的说话人上，{how}（交叉熵 {none:.3f}，{method} 为 {own:.3f}）：{used}。"
    used = "its scores are used all the same, as asked" if active else "its scores are not used; --activate uses them"
    how = "no correction does better" if none < own else "no correction does about as well"
    return f"On speakers left out {how} (cross-entropy {none:.3f}, by {method} {own:.3f}): {used}."


def base_gone(name: str, head: str) -> Note:
    """That the head below a calibrated one is no longer there."""
    return Note(
        f"the head {name} is gone, so the scores of {head} were calibrated once more: where these votes had a part in "
        "them, the figures are too good",
        f"分类头 {name} 已不存在，因此对 {head} 的得分再次校准：若这些投票曾参与其中，所列数字偏好",
    )


def not_there(n: int, of: int, first: str) -> Note:
    """Labelled clips that the store does not have."""
    return Note(
        f"not in the store: {n} of {counted(of, 'labelled clip')}, the first is {first}",
        f"{of} 个已标注片段中有 {n} 个不在库中，第一个是 {first}",
    )


def without_scores(n: int) -> Note:
    """Labelled clips that have no score."""
    return Note(f"{counted(n, 'labelled clip')} without scores left out", f"{n} 个已标注片段没有得分，未计入")


def of_nobody(n: int, group: str) -> Note:
    """Labelled clips of which nobody knows who speaks."""
    return Note(
        f"{counted(n, 'labelled clip')} without a {group} left out",
        f"{n} 个已标注片段没有{'说话人' if group == 'speaker' else f' {group} '}信息，未计入",
    )


def few(groups: int, group: str, fewest: int, *, intervals: bool) -> Note:
    """Too few speakers to call scores calibrated, or even for intervals."""
    what = "speakers" if group == "speaker" else f"values of {group}"
    who = f"{groups} 位说话人" if group == "speaker" else f"{groups} 个 {group} 值"
    return Note(
        f"{groups} {what} are {f'fewer than {fewest}' if intervals else 'too few for intervals'}: not enough evidence "
        "to call the scores calibrated",
        f"{who}{f'，不足 {fewest}' if intervals else '太少，无法给出区间'}：证据不足，不能称得分为已校准",
    )


def apart_by(group: str) -> Note:
    """Folds that may have one speaker on both sides."""
    return Note(
        f"clips were kept apart by {group}, not by speaker: the figures say nothing about new speakers",
        f"片段按 {group} 而不是按说话人分开：所列数字不能说明新说话人的情形",
    )


def unsure(n: int, of: int) -> Note:
    """Answers that were left open."""
    return Note(
        f"{n} of {counted(of, 'answer')} unsure: the same weight for every label",
        f"{of} 个回答中有 {n} 个听不出：各标签权重相同",
    )


def foreign(n: int, of: int) -> Note:
    """Answers that the head cannot give."""
    return Note(
        f"{n} of {counted(of, 'answer')} left out, with only labels the head does not know: on clips like these it is "
        "always wrong, which the figures do not show",
        f"{of} 个回答中有 {n} 个未计入，其中只有分类头不认识的标签：它在这类片段上总是错的，而数字没有反映这一点",
    )


def sets(found: LabelSets, group: str, zh: bool) -> str:
    """How large label sets are, and for whom their coverage holds."""
    by_speaker = group == "speaker"
    new = found.rule.holds == Holds.NEW_SPEAKERS and by_speaker
    if not np.isfinite(found.rule.threshold):
        return (
            "证据不足，无法给出标签集合。" if zh else "Not enough evidence for label sets: they would name every label."
        )
    if zh:
        who = "对新说话人平均而言" if new else "只适用于与这些人相似的说话人"
        return (
            f"含 {found.rule.coverage:.0%} 听者回答的标签集合平均 {found.size:.1f} 个标签（{who}）；"
            f"在未参与的{'说话人' if by_speaker else f' {group} 值'}上实测含 {found.held_out:.1%}。"
        )
    who = "on average over new speakers" if new else "for further clips of speakers like these, not for a new speaker"
    return (
        f"Label sets that hold {found.rule.coverage:.0%} of listeners' answers name {found.size:.1f} labels on average "
        f"({who}); on {'speakers' if by_speaker else f'values of {group}'} left out they held {found.held_out:.1%}."
    )


def line(found: AbstainLine, zh: bool) -> str:
    """Where to abstain."""
    if found.score is None or found.right is None or found.kept is None:
        if zh:
            return f"证据不足：没有一条分界线能让听者对胜出情绪的认同达到 {found.wanted:.0%}。"
        return f"Not enough evidence for a line above which listeners agree with {found.wanted:.0%} of the winners."
    if found.low is None or found.high is None:
        interval = "（无区间）" if zh else " (no interval)"
    else:
        interval = (
            f"（95% 区间 {found.low:.0%}–{found.high:.0%}）"
            if zh
            else f" (95 % interval {found.low:.0%}-{found.high:.0%})"
        )
    if zh:
        return (
            f"得分低于 {found.score:.2f} 时不下判断：保留 {found.kept:.0%} 的片段，"
            f"听者认同其中 {found.right:.0%}{interval}，目标 {found.wanted:.0%}。"
        )
    return (
        f"Abstaining below {found.score:.2f} keeps {found.kept:.0%} of the clips; listeners agree with "
        f"{found.right:.0%} of their winners{interval}, {found.wanted:.0%} was wanted."
    )


def apart(label: str, shares: Mapping[str, float], zh: bool) -> str:
    """How much of a label is shown beside the distribution."""
    if zh:
        title = BY_ID[label].zh
        return f"“{title}”单列：模型平均给 {shares['scores']:.1%}，听者选 {shares['votes']:.1%}；未并入中立。"
    return (
        f"Shown apart: {label} gets {shares['scores']:.1%} of the model's scores and {shares['votes']:.1%} of the "
        "votes; none of it is counted as neutral."
    )
