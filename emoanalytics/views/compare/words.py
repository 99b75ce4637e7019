"""The sentences that say a comparison in words, in English and in Chinese."""

from __future__ import annotations

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.labels import BY_ID, Language
from emoanalytics.views.compare.columns import column_name, number_said, share_said
from emoanalytics.views.compare.result import ALPHA, CHOSEN, Comparison, Confound, Design, Difference, Kind, Pair

_MOST_CONFOUNDS = 5
_MAGNITUDES = {"negligible": "可忽略", "small": "小", "medium": "中等", "large": "大"}
_MOST_DIFFERENCES = 3
_MOST_PAIRS = 6
_THE_SAME = 0.9  # so strongly tied that hardly a clip tells the two apart
_FEW_CLIPS = 5  # means of fewer are skewed where a score is rarely high (``benchmarks/statistics_compare.py``)


def sentences(found: Comparison, language: Language) -> tuple[str, ...]:
    """What was compared, found, not found, what else may explain it, and what was left out."""
    zh = language is Language.ZH
    said = [_compared(found, zh), _overall(found, zh)]
    said += _pairs(found, zh)
    said += [_confound(c, found, zh) for c in found.confounds[:_MOST_CONFOUNDS]]
    if len(found.confounds) > _MOST_CONFOUNDS:
        more = len(found.confounds) - _MOST_CONFOUNDS
        said.append(
            f"另有 {more} 项与分组相关。"
            if zh
            else f"{_count(more, 'more column')} {'is' if more == 1 else 'are'} tied to the groups."
        )
    said += _caveats(found, zh)
    said += found.evidence.said(language)
    return tuple(said)


def _compared(found: Comparison, zh: bool) -> str:
    what = _unit(found.cluster, zh)
    if zh:
        groups = "、".join(f"{g.name}（{g.clips} 条，{g.speakers} 个{what}）" for g in found.groups)
        return f"按{column_name(found.column, zh)}比较：{groups}；每个{what}只计一次。"
    groups = ", ".join(f"{g.name} ({_count(g.clips, 'clip')}, {_count(g.speakers, what)})" for g in found.groups)
    return f"Compared by {column_name(found.column, zh)}: {groups}; every {what} counts once."


def _overall(found: Comparison, zh: bool) -> str:
    what = _unit(found.cluster, zh)
    if found.smallest_p is None:
        return (
            f"证据不足：没有两组各有至少两个可比的{what}。"
            if zh
            else f"Not enough evidence: no two groups have two {what}s each who can be compared."
        )
    if not found.enough or found.p is None:
        return (
            f"证据不足：{what}太少，把它们随机调换，p 值最小也只能到 {found.smallest_p:.2g}，而需要 {ALPHA}。"
            if zh
            else f"Not enough evidence: with so few {what}s, shuffling them cannot give a p-value below "
            f"{found.smallest_p:.2g}, and {ALPHA} is needed."
        )
    p = _p(found.p)
    if found.p <= ALPHA:
        return f"各组的情绪分数有差异（p {p}）。" if zh else f"The groups differ in their scores (p {p})."
    return (
        f"没有发现偶然性之外的差异（p {p}）；这并不说明没有差异。"
        if zh
        else f"Nothing was found that chance would not also give (p {p}); "
        "this does not show that there is no difference."
    )


def _pairs(found: Comparison, zh: bool) -> list[str]:
    if not found.enough:
        return []
    said = [] if len(found.pairs) == 1 else [_anywhere(found, zh)]
    silent = more = 0
    for pair in found.pairs:
        differing = pair.differing()
        if not differing and len(found.pairs) > 1:
            silent += pair.enough
            continue
        if len(said) <= _MOST_PAIRS:
            said.append(_pair(pair, differing, found, zh))
        else:
            more += 1
    if more:
        said.append(
            f"另有 {more} 对组之间有差异，见表。"
            if zh
            else f"{_count(more, 'more pair')} of groups differ: see the table."
        )
    return said + (_silent(found, silent, zh) if len(found.pairs) > 1 else [])


def _silent(found: Comparison, silent: int, zh: bool) -> list[str]:
    """Pairs of groups in which no emotion was found, apart from those where none could be."""
    said, what = [], _unit(found.cluster, zh)
    untested = sum(not pair.enough for pair in found.pairs)
    tested = len(found.pairs) - untested
    if tested and not found.pairs_within_reach:
        tests = tested * len(found.labels)
        said.append(
            f"两组之间的单种情绪：证据不足；{what}太少，按 {tests} 次检验校正后达不到 {ALPHA}。"
            if zh
            else f"Single emotions between two groups: not enough evidence; with so few {what}s none can reach {ALPHA} "
            f"after correction for {tests} tests."
        )
    elif silent:
        of = f"{tested}" if silent == tested else ""
        if zh:
            start = f"在{'' if untested else '全部 '}{of} 对组之间" if of else f"其余 {silent} 对组之间"
            said.append(f"{start}，校正后没有发现哪种情绪单独有差异。")
        elif of and tested > 1:
            said.append(f"In none of the {of} pairs of groups was a single emotion found to differ after correction.")
        else:
            start = "In the one pair that could be tested" if of else f"In the other {_count(silent, 'pair')}"
            said.append(f"{start} no single emotion was found to differ after correction.")
    if untested:
        said.append(
            f"有 {untested} 对组证据不足：可比的{what}太少。"
            if zh
            else f"For {_count(untested, 'pair')} of groups: not enough evidence, too few {what}s to compare."
        )
    return said


def _anywhere(found: Comparison, zh: bool) -> str:
    """Which emotions differ between any of many groups."""
    differing = [d for d in found.emotions if d.p_adjusted is not None and d.p_adjusted <= ALPHA]
    names = ("、" if zh else ", ").join(f"{_name(d, zh)} (p {_p(d.p_adjusted or 0.0)})" for d in differing)
    if not names and not found.singles_within_reach:
        return _out_of_reach(found, zh)
    if zh:
        return f"各组之间有差异的情绪：{names}。" if names else "校正后没有发现哪种情绪在各组之间有差异。"
    if names:
        return f"Emotions that differ between the groups: {names}."
    return "No emotion was found to differ after correction."


def _out_of_reach(found: Comparison, zh: bool) -> str:
    what = _unit(found.cluster, zh)
    return (
        f"单种情绪：证据不足；{what}太少，校正后达不到 {ALPHA}，只能判断整体有无差异。"
        if zh
        else f"Single emotions: not enough evidence; with so few {what}s none can reach {ALPHA} after correction, "
        "only the groups as a whole."
    )


def _name(d: Difference, zh: bool) -> str:
    return BY_ID[d.label].name(Language.ZH if zh else Language.EN) if d.label in BY_ID else d.label


def _pair(pair: Pair, differing: tuple[Difference, ...], found: Comparison, zh: bool) -> str:
    parts = [_difference(d, zh) for d in differing[:_MOST_DIFFERENCES]]
    rest, reachable = len(differing) - len(parts), found.singles_within_reach
    if rest:
        parts.append(f"另有 {rest} 种情绪" if zh else f"{rest} more")
    if zh:
        text = "；".join(parts) or ("校正后没有发现哪种情绪单独有差异" if reachable else "单种情绪证据不足")
        return f"{pair.first} 相对 {pair.second}（{_who(pair, found, zh)}）：{text}。"
    none = "no single emotion was found to differ after correction"
    text = "; ".join(parts) or (none if reachable else "not enough evidence about single emotions")
    return f"{pair.first} against {pair.second} ({_who(pair, found, zh)}): {text}."


def _who(pair: Pair, found: Comparison, zh: bool) -> str:
    what = _unit(found.cluster, zh)
    inside = f"同一批 {pair.both} 个{what}自身对比" if zh else f"within the {_count(pair.both, what)} in both"
    across = (
        f"{pair.only_first} 个与 {pair.only_second} 个不同的{what}对比"
        if zh
        else f"{pair.only_first} against {pair.only_second} other {what}s"
    )
    if pair.design is Design.WITHIN:
        return inside
    return across if pair.design is Design.BETWEEN else (f"{inside}，{across}" if zh else f"{inside}, {across}")


def _difference(d: Difference, zh: bool) -> str:
    name = _name(d, zh)
    size = abs(d.difference or 0.0)
    higher = (d.difference or 0.0) > 0
    ends = "" if d.low is None or d.high is None else (d.low, d.high)
    p = _p(d.p_adjusted or 0.0)
    if zh:
        interval = f"95% 区间 {ends[0]:+.3f} 到 {ends[1]:+.3f}，" if ends else ""
        word = f"，差异{_MAGNITUDES[d.magnitude]}" if d.magnitude else ""
        return f"{name}{'高' if higher else '低'} {size:.3f} 分（{interval}校正后 p {p}{word}）"
    interval = f"95 % interval {ends[0]:+.3f} to {ends[1]:+.3f}, " if ends else ""
    word = f", {d.magnitude}" if d.magnitude else ""
    return f"{name} {size:.3f} {'higher' if higher else 'lower'} ({interval}corrected p {p}{word})"


def _confound(c: Confound, found: Comparison, zh: bool) -> str:
    column, by = column_name(c.column, zh), column_name(found.column, zh)
    if c.kind is Kind.NUMBER:
        ends = sorted(c.by_group.items(), key=lambda pair: pair[1])
        medians = ("，" if zh else ", ").join(
            f"{name} {number_said(c.column, v, zh)}" for name, v in (ends[0], ends[-1])
        )
        return (
            f"注意：各组的{column}也不同（中位数：{medians}），差异可能由它造成。"
            if zh
            else f"Take care: the groups also differ in {column} (medians: {medians}); a difference may be its doing."
        )
    if c.kind is Kind.FLAG:
        shares = ("，" if zh else ", ").join(f"{name} {share_said(v, zh)}" for name, v in c.by_group.items())
        flag = flag_name(Flag(c.column), "zh" if zh else "en") if c.column in list(Flag) else c.column
        return (
            f"注意：各组带“{flag}”标记的比例不同（{shares}），差异可能由它造成。"
            if zh
            else f"Take care: the flag {flag} is not as frequent in all groups ({shares}); "
            "a difference may be its doing."
        )
    same = c.strength >= _THE_SAME
    if zh:
        apart = "无法分开" if same else "难以分开"
        return f"注意：{by.lstrip()}与{column}相关（Cramér's V {c.strength:.2f}，1 为完全对应），两者的影响{apart}。"
    apart = "cannot be told apart" if same else "are hard to tell apart"
    return (
        f"Take care: {by} and {column} go together (Cramer's V {c.strength:.2f}, 1 is one and the same), "
        f"so their effects {apart}."
    )


def _caveats(found: Comparison, zh: bool) -> list[str]:
    what, said = _unit(found.cluster, zh), []
    if found.all_roles:
        said.append(
            "按角色比较，因此包括坐席在内的所有角色都被读取；其他分析默认不含坐席。"
            if zh
            else "Roles are compared, so clips of every role were read, agents' too; "
            "elsewhere agents are left out unless asked for."
        )
    if found.enough and len(found.pairs) == 1 and not found.singles_within_reach:
        said.append(_out_of_reach(found, zh))
    if found.of_choice:
        said.append(
            "如果这些片段是按声音或分数选出的（在图上圈选、检索或按分数筛选），差异就是选出来的：p 值不能证明任何发现。"
            if zh
            else "If the clips were chosen for how they sound or score (on the map, by a search, by a score), "
            "the difference was chosen with them: then the p-values are no discovery."
        )
    unused = sum(pair.unused for pair in found.pairs) if len(found.pairs) == 1 else 0
    if unused:
        said.append(
            f"{unused} 个{what}没有可比的对象，未用于差异。"
            if zh
            else f"{_count(unused, what)} could not be used in the difference, having nobody to be compared with."
        )
    few = [g for g in found.groups if 0 < g.clips_each < _FEW_CLIPS]
    if few and found.enough:
        names = ("、" if zh else ", ").join(f"{g.name} {g.clips_each:g}" for g in few)
        said.append(
            f"每个{what}的片段很少（中位数：{names}）：少见情绪的 p 值接近 {ALPHA} 时不足为据。"
            if zh
            else f"Few clips of each {what} (median: {names}): where an emotion is rare, "
            f"do not rely on a p-value near {ALPHA}."
        )
    if found.cluster != "speaker":
        said.append(
            f"按{what}而非说话人计算：结论只适用于这些说话人。"
            if zh
            else f"Counted by {what}, not by speaker: what is found holds for these speakers only."
        )
    if found.normalised:
        said.append("分数以说话人自己的基线为准。" if zh else "Scores are against each speaker's own baseline.")
    return said + [_left_out(reason, n, zh) for reason, n in found.left_out.items()]


def _left_out(reason: str, n: int, zh: bool) -> str:
    if reason == "groups":
        return f"{n} 条属于其他组，未比较。" if zh else f"{_count(n, 'clip')} of other groups not compared."
    if reason == "baseline":
        return (
            f"{n} 条的说话人只在一组中且没有其他片段，没有基线可比，未比较。"
            if zh
            else f"{_count(n, 'clip')} not compared: their speakers are in one group and have no other clips, "
            "so no baseline of their own."
        )
    if reason == CHOSEN:
        return (
            f"{n} 条所选片段未参与比较（已不在库中，或被略去）。"
            if zh
            else f"{_count(n, 'chosen clip')} not compared: gone from the store, or left out."
        )
    return f"{n} 条没有 {reason}，未比较。" if zh else f"{_count(n, 'clip')} without {reason} not compared."


def _unit(cluster: str, zh: bool) -> str:
    return {"speaker": "说话人", "session": "会话"}.get(cluster, cluster) if zh else cluster


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"
