"""The Search page, and how much of sounding alike is the voice."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Search
    "query_title": ("Looking for", "查找条件"),
    "query_like": ("Sounds like", "听起来像"),
    "query_unlike": ("Does not sound like", "听起来不像"),
    "query_no_clips": ("No clip to start from yet.", "还没有作为起点的片段。"),
    "query_start": ("Start from {name}", "从 {name} 开始"),
    "query_outside": ("Start from a file or a recording", "从文件或录音开始"),
    "query_no_encoder": ("The clip cannot be compared with this store", "该音频无法与该库比较"),
    "query_foreign": (
        "The encoder {encoder} on this machine is another version than the one this store was built with, so its clips cannot be "
        "compared with the store's. Build the corpus into a new store: emoanalytics build CORPUS --store NEW --encoder {encoder}",
        "本机的编码器 {encoder} 与构建该库所用的版本不同，无法比较。请把语料构建到新库：emoanalytics build CORPUS --store NEW --encoder {encoder}",
    ),
    "query_gone": (
        "Clips that the link names and that are not here: {n}. Clips from a file or the microphone cannot travel in a link; the search "
        "goes on without them.",
        "链接中有 {n} 个片段不在此处。来自文件或麦克风的音频无法随链接传递；搜索将忽略它们。",
    ),
    "query_empty": (
        "Nothing is looked for yet. Press “Find similar clips” on the Segments or Map page, drop or record a clip here, or "
        "set how much of an emotion you want to hear.",
        "还没有查找条件。可在“片段”或“地图”页点击“查找相似片段”，在此拖入或录制音频，或设定想听到的情感强度。",
    ),
    "examples": ("For example", "例如"),
    "example_like": ("Clips like {file}", "与 {file} 相似的片段"),
    "example_most": ("Clips like the one that scores highest for {label}", "与 {label} 得分最高的片段相似的片段"),
    "example_happier": ("Like {file}, but happier", "像 {file}，但更开心"),
    "example_quiet": ("Quiet and sad", "轻声且难过"),
    "from_outside": ("not in the store; not part of the link", "不在库中，也不随链接传递"),
    "outside_more": ("Who speaks in {name}", "{name} 的说话人"),
    "outside_unknown": ("not known", "未知"),
    "emotions_none": ("Emotions: more or less of each", "情感：增多或减少"),
    "emotions_set": ("Emotions: {n} set", "情感：已设 {n} 项"),
    "emotions_no_head": (
        "There is no head, so no emotion has a direction. Train one on labels: emoanalytics head fit STORE --target emotion",
        "没有分类头，因此情感没有方向。用标签训练一个：emoanalytics head fit STORE --target emotion",
    ),
    "emotions_clear": ("Set all to zero", "全部归零"),
    "emotion_not_known": ("The head of this store does not know this emotion.", "该库的分类头不认识这种情感。"),
    "toward_note": (
        "Direction: right asks for more of an emotion than in the clips above, left for less. 1 counts as much as the clips.",
        "方向：向右表示比上面的片段更强，向左表示更弱。1 与片段同等重要。",
    ),
    "profile_title": ("Profile", "情感轮廓"),
    "profile_note": ("The mix of scores that hits should have; only the shares matter.", "结果应有的得分组合；只看各项占比。"),
    "filters_none": ("Filters", "筛选"),
    "filters_set": ("Filters: {n} set", "筛选：已设 {n} 项"),
    "filters_not_here": (
        "Filters set elsewhere ({n}) do not hold here: this page is about all clips. Segments, Search, Map and Export follow them.",
        "其他页面所设的筛选（{n} 项）在此不起作用：本页针对全部片段。片段、搜索、地图和导出页面使用筛选。",
    ),
    "options_none": ("Leave out, contrast, variety", "排除、对比、多样性"),
    "options_set": ("Leave out, contrast, variety: {n} set", "排除、对比、多样性：已设 {n} 项"),
    "exclude": ("Leave out clips of", "排除"),
    "exclude_speaker": ("the same speaker", "同一说话人"),
    "exclude_file": ("the same file", "同一文件"),
    "exclude_session": ("the same session", "同一会话"),
    "contrast": ("Only where sound and given label disagree", "仅限声音与给定标签不一致"),
    "contrast_none": ("do not look at labels", "不看标签"),
    "contrast_sound": ("same sound, different label", "声音相同，标签不同"),
    "contrast_label": ("same label, different sound", "标签相同，声音不同"),
    "contrast_help": (
        "Compares with the given labels of the clips you start from. Useful to find wrong labels.",
        "与起始片段的给定标签比较，可用于发现标注错误。",
    ),
    "variety": ("Variety", "多样性"),
    "variety_help": (
        "0: the most similar clips first. Higher: clips that are also unlike each other come first (maximal marginal relevance).",
        "0：最相似的在前。越大：彼此不同的片段越靠前（最大边际相关）。",
    ),
    "hits_title": ("Found", "结果"),
    "hits_line": (
        "{first} to {last} of {n} clips that can be found; the store has {total}.",
        "第 {first} 至 {last} 个，共 {n} 个可查找片段；库中有 {total} 个。",
    ),
    "hits_none": ("No clip is left to find. Remove a filter or leave out less.", "没有可查找的片段。请减少筛选或排除条件。"),
    "hits_before": ("Back", "上一页"),
    "hits_next": ("Next", "下一页"),
    "hits_choose": ("Choose the first {n}", "选中前 {n} 个"),
    "hits_chosen": ("{n} clips are chosen; what can be done with them stands in the sidebar.", "已选中 {n} 个片段；可用的操作见侧边栏。"),
    "query_keep": ("Keep this query", "收藏此查询"),
    "query_keep_where": ("It will stand under “Kept views” in the sidebar, filters and all.", "它将连同筛选一起出现在侧边栏的“收藏的视图”中。"),
    "query_kept": ("Kept: {name}", "已收藏：{name}"),
    "hits_to_map": ("Show the first {n} on the map", "在地图上显示前 {n} 个"),
    "download_hits": ("Download the first {n} as CSV", "下载前 {n} 个（CSV）"),
    "indexing": (
        "An index is being made in the background; until it is ready every clip is compared, which is exact and slower.",
        "正在后台建立索引；完成之前逐一比较全部片段：结果精确，但较慢。",
    ),
    "search_failed": ("This cannot be searched", "无法搜索"),
    "similarity": ("similarity {value}", "相似度 {value}"),
    "why": ("Why: {parts}", "原因：{parts}"),
    # How much is the voice
    "leak_ask": ("How much of sounding alike is the voice?", "“听起来像”有多少来自嗓音？"),
    "leak_line": ("{line}. {advice}", "{line}。{advice}"),
    "leak_title": ("What else neighbours share", "近邻还有哪些共同点"),
    "leak_switch": ("To look past the voice, switch to speaker-centred.", "若要撇开嗓音，请切换到“按说话人居中”。"),
    "leak_centred": ("The speakers' usual sound is already taken out.", "已去除说话人平时的声音。"),
}
# fmt: on
