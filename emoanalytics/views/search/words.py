"""What a search says beside its hits, in both languages."""

from __future__ import annotations

from emoanalytics import notes

_EXCLUDED = {
    "same-speaker": ("speaker", "说话人"),
    "same-file": ("file", "文件"),
    "same-session": ("session", "场次"),
}


class Note(notes.Note):
    """What a search remarks."""

    @classmethod
    def nothing_to_exclude(cls, what: str) -> Note:
        """An exclusion that found nothing to go by."""
        en, zh = _EXCLUDED[what]
        return cls(
            f"no positive clip of the query names a {en} of this store, so {what} excludes nothing",
            f"查询中的正例没有本库中的{zh}信息，因此 {what} 没有排除任何片段",
        )

    @classmethod
    def nothing_left(cls, total: int) -> Note:
        """Filters that leave no row."""
        return cls(
            f"none of the {_clips(total)} passes the filters: loosen the condition or exclude less",
            f"{total} 个片段中没有一个符合筛选条件：请放宽条件或减少排除项",
        )

    @classmethod
    def nobody_else(cls) -> Note:
        """A store that holds the clips of the query and no other."""
        return cls("the store holds no clip besides those that are asked for", "除查询所用的片段外，库中没有其他片段")

    @classmethod
    def fewer(cls, wanted: int, there: int) -> Note:
        """More hits were asked for than there are."""
        return cls(
            f"{wanted} hits were asked for; only {_clips(there)} can be {_hits(there)}",
            f"要求 {wanted} 个结果；只有 {there} 个片段可选",
        )

    @classmethod
    def past_the_end(cls, offset: int, there: int) -> Note:
        """A page behind the last one."""
        return cls(
            f"the page starts behind the last hit: {_clips(there)} can be {_hits(there)}, {offset} skipped",
            f"该页在最后一个结果之后：可选片段 {there} 个，已跳过 {offset} 个",
        )

    @classmethod
    def one_page(cls, most: int) -> Note:
        """A page longer than a page may be."""
        return cls(
            f"a page holds at most {most} hits: ask for the next ones with an offset",
            f"一页最多 {most} 个结果：请用 offset 查看后面的结果",
        )

    @classmethod
    def unknown_speaker(cls, name: str) -> Note:
        """An outside clip in the speaker-centred space, without a speaker the store knows."""
        return cls(
            f"{name} names no speaker of this store, so the mean of all clips is subtracted from it, "
            "not its speaker's: name the speaker, or search the raw space",
            f"{name} 没有本库中的说话人信息，因此减去的是全部片段的均值而不是该说话人的均值：请指明说话人，"
            "或在原始空间中检索",
        )


def _clips(n: int) -> str:
    return f"{n} clip{'s' * (n != 1)}"


def _hits(n: int) -> str:
    return "a hit" if n == 1 else "hits"
