"""Every text of the app, in English and Chinese. A test finds missing, unused and unequal ones."""

# ruff: noqa: E501 (a table: one text a line)

from __future__ import annotations

from app import state
from emoanalytics import Language

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Frame
    "tagline": ("Workbench for speech emotion embeddings", "语音情感嵌入工作台"),
    "store": ("Store", "库"),
    "language": ("Language", "语言"),
    "pick_store": ("Choose a store", "选择一个库"),
    "open_other": ("Open another store", "打开其他库"),
    "open_path": ("Folder of the store", "库所在的文件夹"),
    "open": ("Open", "打开"),
    "theme_note": (
        "Light or dark follows your system; change it in the ⋮ menu. Everything stays on this machine.",
        "明暗主题跟随系统，可在右上角 ⋮ 菜单中更改。所有数据都留在本机。",
    ),
    "link_unknown": (
        "The link names a store that is not open here ({name}). Start the app with --store and its folder.",
        "链接中的库（{name}）未在此处打开。请用 --store 加文件夹启动应用。",
    ),
    "page_overview": ("Overview", "概览"),
    "page_clip": ("Clip", "单个音频"),
    "page_segments": ("Segments", "片段"),
    "page_search": ("Search", "搜索"),
    "page_map": ("Map", "地图"),
    "page_speakers": ("Speakers", "说话人"),
    "page_audit": ("Audit", "审核"),
    # Notices on every page
    "head_fitted": (
        "Scores come from a head trained on this corpus's own labels (UAR {uar}, 95 % interval {low}–{high}, on speakers "
        "it never heard), not from Emotion2Vec+.",
        "得分来自用本语料自带标签训练的分类头（UAR {uar}，95% 区间 {low}–{high}，在未听过的说话人上测得），"
        "并非来自 Emotion2Vec+。",
    ),
    "head_fitted_builtin": (
        "Scores come from a head trained on this corpus's own labels (UAR {uar}, 95 % interval {low}–{high}, on speakers "
        "it never heard), not from the nine-emotion head of {encoder}.",
        "得分来自用本语料自带标签训练的分类头（UAR {uar}，95% 区间 {low}–{high}，在未听过的说话人上测得），"
        "并非来自 {encoder} 自带的九类分类头。",
    ),
    "head_unmeasured": (
        "Scores come from the head {head}, whose accuracy was not measured.",
        "得分来自分类头 {head}，其准确率未经测量。",
    ),
    "head_builtin": (
        "Scores are {encoder}'s own model scores: not calibrated, not probabilities of being right.",
        "得分是 {encoder} 自带的模型得分：未经校准，不等于判断正确的概率。",
    ),
    "head_none": (
        "This store has no emotion scores: the encoder {encoder} only measures sound. To get scores from the corpus's own "
        "labels: emoanalytics head fit STORE --target emotion",
        "该库没有情感得分：编码器 {encoder} 只测量声音。要用语料自带标签得到得分：emoanalytics head fit STORE --target emotion",
    ),
    "demo_synthetic": (
        "**This is synthetic speech.** A synthesiser reads and signal processing acts: nobody speaks here and nobody feels anything. "
        "It shows how the workbench works, not how well emotions of people are recognised.",
        "**这是合成语音。** 由合成器朗读、信号处理“表演”：这里没有真人说话，也没有人有任何感受。它展示工作台如何使用，不说明对真人情感识别得有多准。",
    ),
    # No store
    "none_title": ("No store is open", "尚未打开任何库"),
    "none_what": (
        "A store holds the segments, embeddings and scores of one corpus. Build one from a folder of speech, then open it:",
        "一个库保存一份语料的片段、嵌入和得分。先用语音文件夹建库，再打开：",
    ),
    "none_demo": ("Open the demo store", "打开演示库"),
    "none_no_demo": (
        "Or build the bundled demo corpus (synthetic speech, under a minute): emoanalytics demo",
        "也可以构建自带的演示语料（合成语音，不到一分钟）：emoanalytics demo",
    ),
    "store_broken": ("This store cannot be used", "该库无法使用"),
    # Overview
    "clips": ("Clips", "片段"),
    "hours": ("Hours", "小时"),
    "seconds": ("Seconds", "秒"),
    "minutes": ("Minutes", "分钟"),
    "speakers": ("Speakers", "说话人"),
    "sessions": ("Sessions", "会话"),
    "recordings": ("Recordings", "录音"),
    "languages": ("Languages", "语言"),
    "none_named": ("not named", "未注明"),
    "encoder": ("Encoder", "编码器"),
    "head": ("Head", "分类头"),
    "head_is_none": ("none", "无"),
    "head_is_builtin": ("built in", "自带"),
    "head_is_fitted": ("UAR {uar}", "UAR {uar}"),
    "head_hint": (
        "{head}: accuracy {accuracy}, unweighted average recall {uar} (chance {chance}), on speakers it never heard.",
        "{head}：准确率 {accuracy}，未加权平均召回率 {uar}（随机水平 {chance}），在未听过的说话人上测得。",
    ),
    "dates": ("Recorded {first} to {last}", "录制于 {first} 至 {last}"),
    "scores_title": ("Score distribution", "得分分布"),
    "scores_speaker": (
        "Mean of the whole nine-part distribution. Clips: {n}; speakers the intervals rest on: {clusters}.",
        "九类完整分布的均值。片段：{n}；区间依据的说话人：{clusters}。",
    ),
    "scores_session": (
        "Mean of the whole nine-part distribution. Clips: {n}; sessions the intervals rest on: {clusters}.",
        "九类完整分布的均值。片段：{n}；区间依据的会话：{clusters}。",
    ),
    "scores_bare": (
        "Mean of the whole nine-part distribution. Clips: {n}; too few speakers or sessions for intervals.",
        "九类完整分布的均值。片段：{n}；说话人或会话太少，无法给出区间。",
    ),
    "scores_empty": ("No clip has emotion scores.", "没有片段带有情感得分。"),
    "given_title": ("Labels given by the corpus", "语料给出的标签"),
    "given_empty": ("The corpus gives no emotion labels.", "语料没有给出情感标签。"),
    "quality_title": ("Quality", "音质"),
    "quality_caption": (
        "Clips with a flag: {flagged} of {n}. A flag never drops a clip; open one to hear what it means.",
        "带有标记的片段：{flagged} / {n}。标记不会删除片段；点开即可试听。",
    ),
    "quality_empty": ("No clip raises a quality flag.", "没有片段带有音质标记。"),
    "flag_too_short": ("shorter than one label needs", "不足以给出一个标签"),
    "flag_too_long": ("too long for one label", "太长，不宜只用一个标签"),
    "flag_silent": ("mostly silence", "大部分是静音"),
    "flag_clipped": ("recorded too loud: samples at full scale", "录音过载：样本达到满幅"),
    "flag_quiet": ("very faint speech", "语音非常微弱"),
    "flag_noisy": ("speech hardly above the noise", "语音几乎淹没在噪声中"),
    "flag_narrow_band": ("no high frequencies", "缺少高频，像电话录音"),
    "flag_music": ("sounds like music", "听起来像音乐"),
    "flag_several_voices": ("several people seem to speak", "似乎有多人说话"),
    "flag_non_finite": ("the file held values that are not numbers", "文件中含有非数值样本"),
    "failures_title": ("What could not be used", "未能使用的内容"),
    "failures_caption": ("Failures: {n}. The rest of the corpus was built.", "失败：{n} 处。其余语料均已建库。"),
    "failures_few": ("The first {shown} of {n} are shown; download all of them below.", "仅显示 {n} 条中的前 {shown} 条；可在下方下载全部。"),
    "failures_empty": ("Everything in the corpus could be used.", "语料中的内容全部可用。"),
    "file": ("File", "文件"),
    "stage": ("Stage", "阶段"),
    "reason": ("Reason", "原因"),
    "todo": ("What to do", "处理方法"),
    "stage_corpus": ("corpus", "语料"),
    "stage_decode": ("decoding", "解码"),
    "stage_cut": ("cutting", "切分"),
    "stage_embed": ("embedding", "嵌入"),
    "todo_corpus": ("Correct the manifest or the file's place, then build again", "修正清单或文件位置，然后重新构建"),
    "todo_decode": ("Export the file again as WAV or FLAC, then build again", "将文件重新导出为 WAV 或 FLAC，然后重新构建"),
    "todo_cut": ("Correct the start and end in the manifest, or choose another --segment", "修正清单中的起止时间，或改用其他 --segment"),
    "todo_embed": ("Check that the clip holds sound, then build again", "确认片段中有声音，然后重新构建"),
    "duplicates_title": ("Exact duplicates", "完全重复"),
    "duplicates_caption": (
        "Groups of clips with identical audio: {n}. Their embedding was computed once.",
        "音频完全相同的片段：{n} 组，其嵌入只计算一次。",
    ),
    "duplicates_few": ("The first {shown} groups are shown.", "仅显示前 {shown} 组。"),
    "duplicates_empty": ("No two clips have identical audio.", "没有两个片段的音频完全相同。"),
    "group": ("Group", "组"),
    "run_title": ("Last build", "最近一次构建"),
    "run_line": (
        "Finished {when}: {audio} min of audio in {elapsed} s, {speed} times real time.",
        "完成于 {when}：{audio} 分钟音频，用时 {elapsed} 秒，为实时的 {speed} 倍。",
    ),
    "run_empty": ("No build is on record.", "没有构建记录。"),
    "run_details": ("Versions and settings", "版本与设置"),
    "cannot_title": ("What this cannot tell", "它不能说明什么"),
    "cannot_body": (
        "- A score says how much a clip sounds like the acted or labelled speech a model was trained on, not what a person feels.\n"
        "- It is no diagnosis and no lie detector. Voice, language, accent, illness and microphone all move it.\n"
        "- It is not for judging employees or students: inferring their emotions at work or in education is prohibited in the "
        "European Union (AI Act, Article 5(1)(f)), apart from medical and safety reasons.\n"
        "- Means over many clips of many people say more than any single clip.",
        "- 得分只说明一段音频听起来多像模型训练时的表演或标注语音，并不说明一个人的真实感受。\n"
        "- 它不是诊断，也不是测谎。嗓音、语言、口音、疾病和麦克风都会影响得分。\n"
        "- 不得用于评判员工或学生：除医疗和安全原因外，欧盟《人工智能法》第 5(1)(f) 条禁止在工作和教育场所推断其情绪。\n"
        "- 许多人、许多片段的均值比任何单个片段更有意义。",
    ),
    "empty_store": (
        "This store is empty. Build a corpus into it: emoanalytics build CORPUS --store {path}",
        "该库为空。请将语料构建到其中：emoanalytics build CORPUS --store {path}",
    ),
    "as_table": ("As a table", "以表格查看"),
    "download_csv": ("Download as CSV", "下载 CSV"),
    "emotion": ("Emotion", "情感"),
    "mean": ("Mean score", "平均得分"),
    "low": ("Low (95 %)", "下限（95%）"),
    "high": ("High (95 %)", "上限（95%）"),
    "winners": ("Clips where it scores highest", "得分最高的片段数"),
    "label": ("Label", "标签"),
    # Clip
    "clip_intro": (
        "Drop or record speech and see what this store's encoder ({encoder}) and head make of it.",
        "拖入或录制语音，查看该库的编码器（{encoder}）和分类头给出的结果。",
    ),
    "clip_files": ("Audio or video files", "音频或视频文件"),
    "clip_record": ("Or record with the microphone", "或用麦克风录音"),
    "clip_limits": (
        "At most {count} files of {size} MB each. Files are analysed on this machine and deleted at once; results are kept until you close the page.",
        "最多 {count} 个文件，每个不超过 {size} MB。文件在本机分析后立即删除；结果保留到关闭页面为止。",
    ),
    "clip_recorded": ("recording", "录音"),
    "clip_too_many": (
        "{n} files were given; the first {count} are analysed. For more: emoanalytics build FOLDER --store STORE",
        "共给出 {n} 个文件，只分析前 {count} 个。更多文件请用：emoanalytics build FOLDER --store STORE",
    ),
    "clip_too_large": (
        "{name}: larger than {size} MB. Cut it, or build it into a store: emoanalytics build FOLDER --store STORE",
        "{name}：超过 {size} MB。请切短，或构建到库中：emoanalytics build FOLDER --store STORE",
    ),
    "clip_working": ("Analysing {name} ({done} of {total})", "正在分析 {name}（{done}/{total}）"),
    "clip_loading": ("Loading the encoder {encoder}", "正在加载编码器 {encoder}"),
    "clip_failed": ("{name} could not be used: {reason}", "{name} 无法使用：{reason}"),
    "clip_foreign": (
        "The encoder {encoder} on this machine is another version than the one this store was built with, so the store's head "
        "is not used. Build the corpus into a new store: emoanalytics build CORPUS --store NEW --encoder {encoder}",
        "本机的编码器 {encoder} 与构建该库所用的版本不同，因此未使用该库的分类头。请把语料构建到新库：emoanalytics build CORPUS --store NEW --encoder {encoder}",
    ),
    "clip_no_emotion": (
        "No emotions here: the encoder {encoder} measures sound and knows no emotion, and there is no head to use with it. "
        "Train one on labels: emoanalytics head fit STORE --target emotion",
        "此处没有情感结果：编码器 {encoder} 只测量声音，不认识情感，且没有可用的分类头。用标签训练一个：emoanalytics head fit STORE --target emotion",
    ),
    "clip_top": ("Highest score", "最高得分"),
    "clip_length": ("Length", "时长"),
    "clip_seconds": ("{seconds} s", "{seconds} 秒"),
    "clip_level": ("Level", "电平"),
    "clip_snr": ("Signal to noise", "信噪比"),
    "clip_unmeasured": ("not measured", "未测得"),
    "clip_cut": ("Only the first ten minutes are shown and played.", "仅显示和播放前十分钟。"),
    "clip_waveform": ("Waveform", "波形"),
    "clip_scores": ("Model scores", "模型得分"),
    "clip_score_note": (
        "Model scores over the whole clip; they add up to 1 and are not probabilities of being right.",
        "整段音频的模型得分，总和为 1，不等于判断正确的概率。",
    ),
    "clip_seen": (
        "The head was trained on this store's labels: a clip that is in the store scores more confidently here than in the table, "
        "where its score comes from a head that never heard its speaker.",
        "该分类头用本库的标签训练：库中已有的音频在这里的得分会比片段表中更肯定，表中的得分来自从未听过该说话人的分类头。",
    ),
    "clip_quality": ("Quality notes", "音质说明"),
    "clip_quality_good": ("Nothing to remark.", "没有需要说明的问题。"),
    "clip_choose": ("Result", "结果"),
    # Lists of clips, what is known of one
    "play": ("Play", "播放"),
    "stop": ("Close the player", "关闭播放器"),
    "scored": ("{label}, model score {score}", "{label}，模型得分 {score}"),
    "labelled": ("labelled {label}", "标注为 {label}"),
    "find_similar": ("Find similar clips", "查找相似片段"),
    "more": ("More like this: ask for clips that sound like it", "更像这个：查找听起来像它的片段"),
    "less": ("Less like this: ask for clips that do not sound like it", "不要像这个：查找听起来不像它的片段"),
    "take_away": ("Take away: do not ask about this clip any more", "移除：不再用它来查找"),
    # Spaces
    "space": ("Compare", "比较方式"),
    "space_raw": ("Raw", "原始"),
    "space_raw_note": (
        "Compares clips as they sound, voice and all: clips of the same speaker tend to come first.",
        "按原样比较声音，包括嗓音本身：同一说话人的片段往往排在前面。",
    ),
    "space_centred": ("Speaker-centred", "按说话人居中"),
    "space_centred_note": (
        "Compares each clip with its speaker's usual sound so that sounding alike is not just the same voice. "
        "Speakers with few clips keep more of their voice.",
        "把每个片段与其说话人平时的声音比较，使“听起来像”不只是“同一嗓音”。片段很少的说话人会保留更多嗓音特征。",
    ),
    "space_no_speakers": (
        "This corpus names no speakers, so both ways compare the same.",
        "该语料没有注明说话人，因此两种方式的比较相同。",
    ),
    # Work done for the first time
    "work_reading": ("Reading the embeddings (once for this store)", "正在读取嵌入（每个库只需一次）"),
    "work_neighbours": ("Finding neighbours (once for this store)", "正在查找近邻（每个库只需一次）"),
    "work_umap": ("Drawing the map (once; the first time takes longest)", "正在绘制地图（只需一次，首次最慢）"),
    "work_tsne": ("Drawing the map (once)", "正在绘制地图（只需一次）"),
    "work_pca": ("Finding the main directions", "正在计算主要方向"),
    "work_trust": ("Measuring how far the map can be trusted", "正在衡量地图的可信度"),
    "work_listening": ("Comparing waveforms", "正在比较波形"),
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
    # Map
    "map_method": ("Drawn by", "绘制方法"),
    "map_umap": ("Keeps neighbours together; distances between groups say little.", "让近邻聚在一起；组与组之间的距离意义不大。"),
    "map_tsne": ("Keeps the nearest neighbours best; sizes and distances of groups say nothing.", "最能保留最近邻；组的大小和距离没有意义。"),
    "map_pca": ("A straight view along the two main directions; far apart is far apart, near may not be near.", "沿两个主要方向的直接投影；远的确实远，近的未必近。"),
    "map_colour": ("Colour by", "着色"),
    "map_shade": ("Fade points not to be believed", "淡化不可信的点"),
    "map_shade_help": (
        "A point fades when most of its neighbours on the map are not its neighbours in the space.",
        "若某点在图上的近邻大多不是它在空间中的近邻，则淡化显示。",
    ),
    "map_failed": ("The map cannot be drawn", "无法绘制地图"),
    "map_alt": ("Map of the clips; the table below lists the chosen ones", "片段地图；下方列出选中的片段"),
    "map_how": (
        "Draw around points with the lasso or the box (top right of the map) to list and hear them below; a double click lets go. "
        "The map needs WebGL above 5,000 clips: if it stays empty, switch on hardware acceleration in the browser.",
        "用右上角的套索或方框圈选，即可在下方列出并试听；双击取消。超过 5000 个片段时地图需要 WebGL：若一片空白，请在浏览器中开启硬件加速。",
    ),
    "map_rings": ("Rings are drawn around the first {n} chosen clips.", "仅圈出前 {n} 个选中的片段。"),
    "map_tiles": (
        "Above {n} clips the map shows tiles that count them. Draw a box to list the clips in it, or to zoom in.",
        "超过 {n} 个片段时，地图以计数方块显示。画一个方框即可列出其中的片段或放大。",
    ),
    "map_zoom": ("Zoom into the box", "放大方框"),
    "map_all": ("The whole map", "整张地图"),
    "map_filtered": ("Clips that do not pass the filters are grey.", "不符合筛选条件的片段显示为灰色。"),
    "colour_doubtful": ("Not to be believed", "不可信"),
    "colour_trust": ("Trust: neighbours kept", "可信度：保留的近邻"),
    "colour_score": ("Score: {label}", "得分：{label}"),
    "chosen_title": ("Chosen clips", "选中的片段"),
    "chosen_empty": (
        "Draw around points on the map, or send the results of a search here, to list and hear the clips.",
        "在地图上圈选，或从搜索页发送结果，即可在此列出并试听。",
    ),
    "chosen_gone": ("The chosen clips are not in this store any more. Choose others on the map.", "选中的片段已不在该库中。请在地图上重新选择。"),
    "chosen_line": ("**{n}** of {total} clips", "**{n}** 个，共 {total} 个片段"),
    "chosen_similar": ("Find clips like these", "查找与这些相似的片段"),
    "chosen_clear": ("Choose none", "取消选择"),
    "chosen_long": (
        "A link holds the choice up to {n} clips; a search starts from the first {n}. The download has all of them.",
        "链接最多保存 {n} 个片段；搜索从前 {n} 个开始。下载包含全部。",
    ),
    "chosen_page": ("page {page} of {pages}", "第 {page} / {pages} 页"),
    # Speakers
    "aspect": ("Question", "问题"),
    "aspect_change": ("Who changed?", "谁有变化？"),
    "aspect_groups": ("Do groups differ?", "各组有差异吗？"),
    "aspect_alerts": ("When to be alerted?", "何时提醒？"),
    "speakers_working": ("Counting", "正在统计"),
    "speakers_no_scores": (
        "No clip has emotion scores, so there is nothing to follow. Fit a head on the corpus's own labels, then come back: "
        "emoanalytics head fit STORE --target emotion",
        "没有片段带有情感得分，因此无从跟踪。请先用语料自带标签训练分类头：emoanalytics head fit STORE --target emotion",
    ),
    "speakers_failed": (
        "Change what counts above (role, quality flags), or correct the manifest and build again.",
        "请更改上方的计入条件（角色、音质标记），或修正清单后重新构建。",
    ),
    "speakers_cannot": (
        "- A score shows how a voice sounds to this model; not what a person feels, and not why it differs or changed. "
        "Another microphone, room, topic, cold or language moves it too: listen before you conclude.\n"
        "- It is no diagnosis of depression or of any illness, and no measure of how well somebody does their work.\n"
        "- Nothing found does not mean that nothing changed; few sessions show large changes only.\n"
        "- What was found in these sessions need not hold for the next ones.",
        "- 得分只说明声音在该模型听来如何，不说明一个人的真实感受，也不说明差异或变化的原因。"
        "换了麦克风、房间、话题、语言或感冒都会影响：下结论前请先听。\n"
        "- 它不能诊断抑郁或任何疾病，也不能衡量工作表现。\n"
        "- 未发现变化不等于没有变化；会话少时只能看出大的变化。\n"
        "- 在这些会话中发现的变化，未必适用于之后的会话。",
    ),
    "counted_none": ("Which clips count", "计入哪些片段"),
    "counted_set": ("Which clips count: {n} set", "计入哪些片段：已设 {n} 项"),
    "weigh": ("A clip counts", "每个片段的权重"),
    "weigh_clips": ("the same as any other", "相同"),
    "weigh_duration": ("by how long it lasts", "按时长"),
    "weigh_quality": ("less with quality flags", "有音质标记的较低"),
    "weigh_help": (
        "Holds for changes and groups; alerts look at single clips.",
        "用于变化和分组；提醒针对单个片段。",
    ),
    "without": ("Leave out clips flagged", "排除带有以下标记的片段"),
    "whose": ("Whose clips count", "计入谁的片段"),
    "whose_usual": ("clients, where there are agents", "有客服时只计客户"),
    "whose_all": ("everybody's", "所有人"),
    "whose_rule": (
        "Clients by default: inferring the emotions of people at work is prohibited in the European Union (AI Act, Article 5(1)(f)), "
        "apart from medical and safety reasons.",
        "默认只计客户：除医疗和安全原因外，欧盟《人工智能法》第 5(1)(f) 条禁止推断工作场所人员的情绪。",
    ),
    "by": ("One point is", "每个点代表"),
    "by_session": ("a session", "一次会话"),
    "by_day": ("a day (UTC)", "一天（UTC）"),
    "by_week": ("a week (UTC)", "一周（UTC）"),
    "by_order": ("a session, evenly spaced", "一次会话（等距）"),
    "trend_undated": (
        "Some speakers have no dates. With recorded_at in the manifest (ISO 8601), sessions are placed in time.",
        "部分说话人没有日期。在清单中填写 recorded_at（ISO 8601），即可按时间排列会话。",
    ),
    "trend_too_little": (
        "Nobody has enough sessions to speak of change yet. Add recordings of further sessions to the corpus, name them in the "
        "session column, and build again; what there is stands below.",
        "目前没有人的会话数足以判断变化。请在语料中加入更多会话的录音，在 session 列注明，然后重新构建；现有结果见下方。",
    ),
    "changed_title": ("Who changed", "谁有变化"),
    "changed_nobody": (
        "Nobody changed beyond chance; speakers with enough evidence: {n}.",
        "没有人出现超出偶然的变化；证据充分的说话人：{n}。",
    ),
    "changed_few": ("The first {shown} of {n} lines; the table has everybody.", "仅显示 {n} 行中的前 {shown} 行；下表包含所有人。"),
    "changed_in": ("Changed in", "变化的情感"),
    "effective": ("Effective clips", "有效片段数"),
    "evidence": ("Evidence", "证据"),
    "evidence_enough": ("enough", "充分"),
    "trend_emotions": ("Emotions shown", "显示的情感"),
    "trend_emotions_help": (
        "None chosen: the two that moved farthest among those that changed, or else the one with the highest mean.",
        "未选择时：显示有变化的情感中变动最大的两种，否则显示均值最高的一种。",
    ),
    "trend_baseline": ("Own baseline, the mean over all clips: {means}", "自身基线（全部片段的均值）：{means}"),
    "baseline": ("{label} {mean} (95 % interval {low}–{high})", "{label} {mean}（95% 区间 {low}–{high}）"),
    "baseline_bare": ("{label} {mean} (too few sessions for an interval)", "{label} {mean}（会话太少，无法给出区间）"),
    "when": ("When", "时间"),
    "over": ("Interval over", "区间依据"),
    "over_sessions": ("sessions", "会话"),
    "over_recordings": ("recordings", "录音"),
    "over_clips": ("clips", "片段"),
    "over_none": ("too few", "太少"),
    "moves_title": ("Steps and slopes, with p-values", "突变与斜率及其 p 值"),
    "moves_note": (
        "Score points. p: how often chance does as well; q: the same among all speakers. A slope is spoken of up to q = {rate}; "
        "steps stand here only when they pass it.",
        "单位为得分。p：偶然达到同样程度的频率；q：考虑所有说话人之后的结果。q 不超过 {rate} 的斜率才写入文字；突变只有通过时才列出。",
    ),
    "move": ("Change", "变化"),
    "move_step": ("step", "突变"),
    "move_slope_days": ("slope per 30 days", "每 30 天的斜率"),
    "move_slope_session": ("slope per session", "每次会话的斜率"),
    "since": ("Since", "开始于"),
    "effect": ("Effect", "幅度"),
    "occasion_title": ("Hear a session", "试听一次会话"),
    "occasion_option": ("{name} · clips: {n}", "{name} · 片段：{n}"),
    # Groups
    "groups_no_speakers": (
        "This corpus names no speakers. Clips of one speaker are not independent, so groups cannot be compared: fill the speaker "
        "column of the manifest and build again.",
        "该语料没有注明说话人。同一说话人的片段并不独立，因此无法比较各组：请在清单中填写 speaker 列后重新构建。",
    ),
    "groups_none": (
        "No column has a few different values to compare. Add one to the manifest (for example role, language or clinic) and build again.",
        "没有哪一列只有少数几种取值可供比较。请在清单中加一列（例如角色、语言或门诊）后重新构建。",
    ),
    "groups_role": (
        "Comparing roles reads everybody's clips. Inferring the emotions of people at work is prohibited in the European Union "
        "(AI Act, Article 5(1)(f)), apart from medical and safety reasons.",
        "按角色比较会读取所有人的片段。除医疗和安全原因外，欧盟《人工智能法》第 5(1)(f) 条禁止推断工作场所人员的情绪。",
    ),
    "group_by": ("Compare by", "分组依据"),
    "own": ("Against each speaker's own baseline", "相对各说话人自身基线"),
    "own_help": (
        "Takes away how a speaker sounds otherwise; speakers in one group only need further clips for that.",
        "去除说话人平时的声音特点；只在一组中的说话人需要另有片段。",
    ),
    "pairs_title": ("Differences, group by group", "各组之间的差异"),
    "pair_first": ("First", "第一组"),
    "pair_second": ("Second", "第二组"),
    "difference": ("First minus second", "第一组减第二组"),
    "standardised": ("Hedges' g", "标准化差异（Hedges' g）"),
    "p_raw": ("p, uncorrected", "p（未校正）"),
    "p_adjusted": ("p, corrected", "p（校正后）"),
    # Alerts
    "rule": ("Rule", "规则"),
    "rule_first": ("angry >= 0.6 for 2 clips in a row", "生气 >= 0.6 连续 2 条"),
    "rule_how": (
        "Type a rule and press Enter, for example: angry >= 0.6 for 2 clips in a row; or: anger up by 0.15 against own baseline. "
        "You see where it would have fired, and how often chance alone would fire it.",
        "输入规则后按回车，例如：生气 >= 0.6 连续 2 条；或：生气 较自身基线上升 0.15。将显示它会在何处触发，以及仅凭偶然会触发多少次。",
    ),
    "rule_silent": ("The rule fires nowhere in this store. Try a lower amount.", "该规则在本库中没有触发。可尝试较低的数值。"),
    "hits_of_rule": ("Where it fires ({n})", "触发之处（{n}）"),
    "hit": ("No.", "序号"),
    "hit_to_hear": ("Hear the clips of", "试听"),
    "before": ("Baseline before", "此前基线"),
    # Audit
    "part": ("Look at", "查看"),
    "part_labels": ("Suspicious labels", "可疑标签"),
    "part_copies": ("Copies", "重复"),
    "part_outliers": ("Unlike others", "与众不同"),
    "part_quality": ("Quality flags", "音质标记"),
    "part_corpus": ("Labels as a whole", "标签整体"),
    "part_decisions": ("Decisions", "决定"),
    "labels_none": (
        "Fill the emotion column of the manifest and build again, or look at copies, outliers and quality, which need no labels.",
        "请在清单中填写 emotion 列后重新构建；重复、与众不同和音质无需标签即可查看。",
    ),
    "labels_score_note": (
        "The number orders the queue: larger is more suspicious. It is not a probability of being wrong. Your ears decide.",
        "该数值只用于排序：越大越可疑，不是出错的概率。请以听感为准。",
    ),
    "judge_anew": ("Judge anew, with neighbours", "重新判断（近邻参与）"),
    "judge_anew_help": (
        "Fits models on the labels as they are now and lets similar clips of other speakers vote. More exact; takes seconds to minutes.",
        "用当前标签训练模型，并让其他说话人的相似片段投票。更准确，需要几秒到几分钟。",
    ),
    "queue_line": (
        "In the queue: **{n}**, of which {likely} clearly sound like another label; decided: {done}.",
        "队列中：**{n}** 个，其中 {likely} 个明显更像另一种标签；已决定：{done} 个。",
    ),
    "queue_done": ("The whole queue is decided. Judge anew, or download the decisions.", "队列已全部处理。可重新判断或下载决定。"),
    "queue_empty": ("No label could be judged, so the queue is empty.", "没有标签可供判断，队列为空。"),
    "queue_table": ("The queue as a table", "以表格查看队列"),
    "suspect_line": (
        "Labelled **{given}**; sounds more like **{suggested}** to the model (suspicion {score}).",
        "标注为 **{given}**；模型听来更像 **{suggested}**（可疑度 {score}）。",
    ),
    "keep": ("Keep {label}", "保留 {label}"),
    "take": ("Take {label}", "改为 {label}"),
    "unsure": ("Not sure", "不确定"),
    "later": ("Later", "稍后"),
    "other_label": ("Another label", "其他标签"),
    "other_pick": ("choose", "请选择"),
    "other_take": ("Take this one", "采用此标签"),
    "suggested": ("Suggested", "建议"),
    "suspicion": ("Suspicion", "可疑度"),
    "likely": ("Clearly another", "明显是另一种"),
    "undo": ("Undo", "撤销"),
    "undo_last": ("Undo the last", "撤销上一个"),
    "last_decision": ("Last: {words}", "上一个：{words}"),
    "who": ("Your name (optional)", "你的名字（可选）"),
    "who_help": ("Stands beside each decision you make from now on.", "将记在你此后的每个决定旁。"),
    "decided_none": (
        "Nothing was decided yet. Under “Suspicious labels” you can listen and decide; every decision is kept in the store's folder.",
        "尚无决定。在“可疑标签”中试听并作出决定；每个决定都保存在库的文件夹中。",
    ),
    "decided_line": (
        "Decisions that stand: **{n}**, kept in decisions.jsonl in the folder {store}. The store's labels stay as they are: to change them, "
        "correct the manifest and build again.",
        "有效的决定：**{n}** 个，保存在 {store} 文件夹的 decisions.jsonl 中。库中的标签保持不变：如需更改，请修正清单后重新构建。",
    ),
    "decided_csv": ("Download all decisions as CSV", "下载全部决定（CSV）"),
    "decided_unsure": ("{given}: not sure", "{given}：不确定"),
    "decided_kept": ("{given} is right", "{given} 正确"),
    "decided_changed": ("not {given}, but {decided}", "不是 {given}，而是 {decided}"),
    "decided_gone": ("a clip that is not in the store any more", "已不在库中的片段"),
    "work_judging": ("Judging labels by models that have not heard the speaker", "正在用未听过该说话人的模型判断标签"),
    "copies_none": ("No two clips are the same or nearly the same.", "没有两个片段相同或几乎相同。"),
    "copies_line": (
        "Identical pairs: **{identical}**; near pairs: **{near}**. Near ones were compared by their waveforms; hear both.",
        "完全相同：**{identical}** 对；非常接近：**{near}** 对。后者已比较波形；请都听一遍。",
    ),
    "copies_few_clips": (
        "The store has too few clips to know what is near: only identical ones are looked for.",
        "库中的片段太少，无法判断何为接近：只查找完全相同的片段。",
    ),
    "copies_more": ("Further near pairs that are not listed: {n}.", "未列出的接近片段：{n} 对。"),
    "copy_identical": ("**The same samples.**", "**样本完全相同。**"),
    "copy_near": ("**Much nearer than clips usually are** (similarity {value}).", "**远比一般片段接近**（相似度 {value}）。"),
    "copy_same": ("Listening says: the same recording, perhaps at another level, shifted or coded.", "比较波形：同一录音，可能音量、起点或编码不同。"),
    "copy_other": ("Listening says: different sounds.", "比较波形：不是同一声音。"),
    "copy_correlation": ("(Waveforms fit by {value} of 1.)", "（波形吻合度 {value}，最高为 1。）"),
    "copy_speakers": ("They are said to be of different speakers: one is wrong.", "标注的说话人不同：其中一个有误。"),
    "copy_labels": ("They were given different labels: one is wrong.", "给定的标签不同：其中一个有误。"),
    "outliers_title": ("Unlike their neighbours", "与近邻不同"),
    "outliers_line": (
        "**{n}** clips lie much farther out than their {neighbours} nearest do (local outlier factor from {limit}). Often: noise, music, a cough, "
        "another speaker, or a rare way to speak.",
        "**{n}** 个片段远比其 {neighbours} 个近邻偏远（局部离群因子不低于 {limit}）。常见原因：噪声、音乐、咳嗽、其他说话人，或少见的说话方式。",
    ),
    "outliers_none": ("No clip stands out.", "没有片段与众不同。"),
    "outlier": ("outlier factor {value}; 1 is usual", "离群因子 {value}；通常为 1"),
    "hubs_title": ("Near everyone", "与许多片段接近"),
    "hubs_line": (
        "**{n}** clips are among the {neighbours} nearest of far more others than usual: searches list them too often. Clips that are nobody's "
        "neighbour: {nobody}.",
        "**{n}** 个片段出现在过多其他片段的前 {neighbours} 个近邻中，搜索会过于频繁地列出它们。不是任何片段近邻的片段：{nobody} 个。",
    ),
    "hubs_none": ("No clip is near far more others than usual.", "没有片段与过多其他片段接近。"),
    "hub": ("neighbour of {n} others", "是 {n} 个其他片段的近邻"),
    "flags_note": (
        "A flag says that a score is to be taken with care; it drops no clip. Leave flagged clips out of statistics on the Speakers page.",
        "标记表示得分需谨慎对待，不会删除片段。可在“说话人”页的统计中排除带标记的片段。",
    ),
    "balance_title": ("How many of each label", "各标签数量"),
    "balance_one": ("All labelled clips are {label}: there is nothing to tell apart.", "所有带标签的片段都是 {label}：没有可区分的类别。"),
    "balance_line": (
        "Most frequent: {first} ({n_first}); rarest: {last} ({n_last}), {ratio} times fewer. As varied as {effective} equally frequent labels; "
        "there are {labels}.",
        "最多：{first}（{n_first}）；最少：{last}（{n_last}），相差 {ratio} 倍。多样性相当于 {effective} 种同样常见的标签；实际有 {labels} 种。",
    ),
    "one_label_title": ("Speakers with one label", "只有一种标签的说话人"),
    "one_label_none": (
        "Each of the {of} speakers with several labelled clips has several labels: knowing the voice does not give the label away.",
        "{of} 位有多个带标签片段的说话人都有多种标签：认出嗓音并不能得知标签。",
    ),
    "one_label_line": (
        "**{n} of {of}** speakers have one label only: whoever knows the voice knows the label, so accuracy is partly speaker recognition.",
        "{of} 位说话人中有 **{n}** 位只有一种标签：认出嗓音就知道标签，准确率有一部分其实是说话人识别。",
    ),
    "one_label_unknown": (
        "No speaker has two labelled clips. Fill the speaker column of the manifest to know whether voices give labels away.",
        "没有说话人有两个以上带标签的片段。在清单中填写 speaker 列，即可判断嗓音是否泄露标签。",
    ),
    "contradictions_title": ("Same audio, different labels", "音频相同，标签不同"),
    "contradictions_none": ("No identical audio was given different labels.", "没有相同的音频被给予不同的标签。"),
    "contradictions_line": (
        "Groups of identical audio with different labels: **{n}**. At least one label of each is wrong.",
        "音频相同而标签不同：**{n}** 组，每组至少有一个标签有误。",
    ),
    "split_title": ("Leaks between training and test", "训练与测试之间的泄漏"),
    "split_unknown": (
        "The corpus names no split. With a column split (train, test) in the manifest, audio and speakers on both sides are found here.",
        "语料没有注明划分。在清单中加入 split 列（train、test），即可在此发现两侧共有的音频和说话人。",
    ),
    "split_line": (
        "By {column}: clips of identical audio on both sides: **{clips}**; speakers on both sides: **{n}** of {of}. A test that knows the audio or the "
        "voice flatters the model.",
        "按 {column}：两侧共有的相同音频片段：**{clips}** 个；两侧共有的说话人：**{n}** / {of}。听过音频或嗓音的测试会高估模型。",
    ),
    "voice_title": ("How much is the voice", "嗓音占多少"),
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


def say(key: str, **values: object) -> str:
    """A text in the language of the page. Texts of others among the values go through `plain` first."""
    return in_language(key, state.language(), **values)


def in_language(key: str, language: Language, **values: object) -> str:
    """A text in a language, with its gaps filled."""
    return TEXTS[key][language == Language.ZH].format(**values)


def plain(text: str) -> str:
    r"""Text of others (file names, labels, error lines) for a place that reads Markdown: shown, never interpreted.

    >>> print(plain("![x](http://e.example/a.png)"))
    \!\[x\]\(http\:\/\/e\.example\/a\.png\)
    """
    one_line = " ".join(text.split())
    return "".join(f"\\{c}" if c in _MARKDOWN else c for c in one_line)


_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:&/^=@\"'")
