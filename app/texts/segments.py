"""The Segments page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Segments
    "filters_more": ("More filters", "更多筛选"),
    "filter_speaker": ("Speaker", "说话人"),
    "filter_session": ("Session", "会话"),
    "filter_spoken": ("Language spoken", "所说语言"),
    "filter_role": ("Role", "角色"),
    "filter_flag": ("Quality flag", "音质标记"),
    "filter_given": ("Given emotion", "给定情感"),
    "filter_top": ("Highest-scoring emotion", "得分最高的情感"),
    "filter_search": ("Search in text and file names", "在文本和文件名中搜索"),
    "filter_where": ("Condition (SQL)", "条件（SQL）"),
    "filter_where_help": (
        "One condition over the columns, for example: score_angry > 0.6 AND snr_db > 20",
        "一个关于各列的条件，例如：score_angry > 0.6 AND snr_db > 20",
    ),
    "filter_where_bad": ("The condition cannot be used, so no rows are shown.", "该条件无法使用，因此没有显示任何行。"),
    "filter_few": ("The first {n} values are offered; name others in the condition.", "仅提供前 {n} 个值；其余请写在条件中。"),
    "filter_any": ("any", "不限"),
    "clear": ("Clear filters", "清除筛选"),
    "sort": ("Sort by", "排序"),
    "sort_down": ("Descending", "降序"),
    "sort_store": ("order of the store", "库中顺序"),
    "page": ("Page", "页"),
    "rows_line": ("{n} of {total} clips, page {page} of {pages}", "{total} 个片段中的 {n} 个，第 {page} / {pages} 页"),
    "rows_empty": ("No clip matches these filters. Remove one of them.", "没有片段符合这些筛选条件。请减少条件。"),
    "pick_row": ("Pick a row to hear it and see its scores.", "选择一行即可试听并查看得分。"),
    "start": ("Start (s)", "开始（秒）"),
    "length": ("Length (s)", "时长（秒）"),
    "channel": ("Channel", "声道"),
    "top": ("Highest score", "最高得分"),
    "score": ("Score", "得分"),
    "flags": ("Flags", "标记"),
    "text": ("Text", "文本"),
    "recorded_at": ("Recorded", "录制时间"),
    "details": ("All values", "全部数值"),
    "column": ("Column", "列"),
    "value": ("Value", "值"),
    "excerpt_note": ("Played with 0.2 s before and after; the segment is shaded.", "播放时前后各加 0.2 秒；阴影部分为该片段。"),
    "segment_gone": ("This clip is not in the store any more. Pick another row.", "该片段已不在库中。请选择其他行。"),
}
# fmt: on
