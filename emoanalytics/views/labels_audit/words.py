"""The sentences that say an audit of labels in words, in English and in Chinese."""

from __future__ import annotations

from emoanalytics.labels import BY_ID, Language
from emoanalytics.views.labels_audit.result import LabelAudit

_UNEVEN = 5.0  # the rarest label has a fifth of the clips of the most frequent: its recall rests on few
_WEAK = 1.5  # times chance: a model below orders labels little better than a coin


def sentences(found: LabelAudit, language: Language) -> tuple[str, ...]:
    """What may be wrong, how far the order can be trusted, what about the corpus flatters a model."""
    zh = language is Language.ZH
    return (*_ranking(found, zh), *_trust(found, zh), *_corpus(found, zh), *found.notes)


def _ranking(found: LabelAudit, zh: bool) -> list[str]:
    if found.why_not is not None:
        return [
            f"证据不足，无法审核标签：{found.why_not}"
            if zh
            else f"Not enough evidence to audit labels: {found.why_not}"
        ]
    said = [
        f"审核了 {found.labelled} 条有标签片段中的 {found.audited} 条；"
        f"其中 {found.likely} 条更像另一种标签（也包括模型自己的误判），请先听最可疑的。"
        if zh
        else f"{found.audited} of {_count(found.labelled, 'labelled clip')} audited; "
        f"{found.likely} sound more like another label to the model, its own mistakes among them. "
        "Listen to the most suspicious first."
    ]
    if found.labels:
        top = found.labels[0]
        given, suggested = (_name(label, zh) for label in (top.given, top.suggested))
        said.append(
            f"最可疑：{top.file} 标为{given}，更像{suggested}（{top.score:.2f}）。"
            if zh
            else f"Most suspicious: {top.file} is labelled {given} and sounds more like {suggested} ({top.score:.2f})."
        )
    if found.alone:
        said.append(
            f"{found.alone} 条的标签在其他{_unit(found, zh)}中没有，无法审核。"
            if zh
            else f"{_count(found.alone, 'clip')} could not be audited: no other {found.group} gave their label."
        )
    if found.unnamed:
        said.append(
            f"{found.unnamed} 条没有{_unit(found, zh)}，无法审核。"
            if zh
            else f"{_count(found.unnamed, 'clip')} could not be audited: no {found.group} is named."
        )
    if found.decided:
        said.append(f"{found.decided} 条已有人决定。" if zh else f"{_count(found.decided, 'clip')} decided on already.")
    return said


def _trust(found: LabelAudit, zh: bool) -> list[str]:
    if found.uar is None or found.chance is None:
        return []
    interval = f"{found.uar_low:.2f}-{found.uar_high:.2f}"
    said = [
        f"模型在没听过的{_unit(found, zh)}上的平均召回率为 {found.uar:.2f}"
        f"（95% 区间 {interval}，猜测为 {found.chance:.2f}）。"
        if zh
        else f"On a {found.group} it has not heard the model recalls {found.uar:.2f} of each label "
        f"(95 % interval {interval}; guessing {found.chance:.2f})."
    ]
    if found.uar < _WEAK * found.chance:
        said.append(
            "这个模型与猜测相差无几，排序不可靠。"
            if zh
            else "That is hardly better than guessing: do not rely on the order."
        )
    return said


def _corpus(found: LabelAudit, zh: bool) -> list[str]:
    said = []
    one = found.one_label
    if one.speakers:
        said.append(_one_label(found, zh))
    balance = found.balance
    if balance.ratio is not None and balance.ratio >= _UNEVEN:
        labels = list(balance.clips)
        first, last = labels[0], labels[-1]
        said.append(
            f"标签不均衡：{_name(first, zh)} {balance.clips[first]} 条，{_name(last, zh)} {balance.clips[last]} 条"
            f"（相差 {balance.ratio:.0f} 倍）；请看每类召回率，不要只看准确率。"
            if zh
            else f"Labels are uneven: {_count(balance.clips[first], 'clip')} {_name(first, zh)}, "
            f"{balance.clips[last]} {_name(last, zh)} ({balance.ratio:.0f} times); read recall by label, not accuracy."
        )
    if found.contradictions:
        n = len(found.contradictions)
        said.append(
            f"{n} 组完全相同的音频标签不同，每组至少有一个是错的。"
            if zh
            else f"{_count(n, 'group')} of identical audio {'has' if n == 1 else 'have'} different labels: "
            "at least one of each is wrong."
        )
    return said + _leaks(found, zh)


def _one_label(found: LabelAudit, zh: bool) -> str:
    one, unit = found.one_label, _unit(found, zh)
    most = one.speakers * 2 >= one.of
    if zh:
        end = f"这里的准确率其实是{unit}识别" if most else f"认出{unit}就等于知道标签"
        return f"{one.of} 个{unit}中有 {one.speakers} 个只有一种标签：{end}。"
    have = "has" if one.speakers == 1 else "have"
    end = f"accuracy here is {unit} recognition" if most else "whoever knows the voice knows the label"
    return f"{one.speakers} of {_count(one.of, unit)} {have} one label: {end}."


def _leaks(found: LabelAudit, zh: bool) -> list[str]:
    leaks = found.leaks
    if leaks is None:
        return []
    if not leaks.audio and not leaks.speakers:
        return [
            f"{leaks.column} 的各部分之间没有相同音频或相同{_unit(found, zh)}。"
            if zh
            else f"No audio and no {found.group} stands on both sides of {leaks.column}."
        ]
    said = []
    if leaks.audio:
        said.append(
            f"{leaks.clips} 条完全相同的音频分在 {leaks.column} 的不同部分。"
            if zh
            else f"{_count(leaks.clips, 'clip')} of identical audio stand on both sides of {leaks.column}."
        )
    if leaks.speakers:
        n = len(leaks.speakers)
        said.append(
            f"{leaks.of_speakers} 个{_unit(found, zh)}中有 {n} 个出现在 {leaks.column} 的不同部分：测试集听过这些声音。"
            if zh
            else f"{n} of {_count(leaks.of_speakers, found.group)} {'stands' if n == 1 else 'stand'} on both sides of "
            f"{leaks.column}: a test on it knows the voices."
        )
    return said


def _unit(found: LabelAudit, zh: bool) -> str:
    return {"speaker": "说话人", "session": "会话"}.get(found.group, found.group) if zh else found.group


def _name(label: str, zh: bool) -> str:
    return BY_ID[label].name(Language.ZH if zh else Language.EN) if label in BY_ID else label


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
