"""The Overview page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
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
    "scores_role": (
        "Only clips of the role {role} count here; {others} scored clips of others do not. The Speakers page lets you choose.",
        "此处只计角色为 {role} 的片段；其他角色的 {others} 个有得分的片段不计入。可在“说话人”页选择。",
    ),
    "scores_uncalibrated": (
        "Model scores: how strongly the model leans to an emotion. Not calibrated, so not the share of clips that it gets right.",
        "模型得分：模型倾向某种情感的程度。未经校准，因此不等于判断正确的比例。",
    ),
    "scores_calibrated": (
        "Calibrated on clips that people listened to: the winner's score can be read as how often it is right. The other scores can not.",
        "已用人工听过的片段校准：最高得分可视为判断正确的比例，其他得分则不能。",
    ),
    "look_title": ("What deserves a look", "值得一看"),
    "look_ask": ("Look closer now", "立即细查"),
    "look_help": (
        "Compares all clips with each other: suspicious labels, copies, outliers, speakers who changed. Once for this store; seconds on a small one, minutes on a very large one.",
        "比较所有片段：可疑标签、重复、离群片段、发生变化的说话人。每个库只需一次；小库几秒，超大库数分钟。",
    ),
    "work_looking": ("Looking for what stands out", "正在查找值得注意之处"),
    "look_nothing": ("Nothing stands out. Listen to a few clips all the same.", "没有特别之处。仍建议随便听几个片段。"),
    "look_nothing_yet": ("Nothing stands out at first sight. Look closer to be sure.", "初看没有特别之处。请细查以确认。"),
    "look_no_head": (
        "No clip has emotion scores, and none has a label to learn them from. Build the corpus with --encoder emotion2vec_plus_large.",
        "没有片段带有情感得分，也没有可供学习的标签。请用 --encoder emotion2vec_plus_large 构建语料。",
    ),
    "look_no_head_labelled": (
        "No clip has emotion scores, but the corpus gives labels: emoanalytics head fit STORE --target emotion",
        "没有片段带有情感得分，但语料带有标签：emoanalytics head fit STORE --target emotion",
    ),
    "look_failures": ("Parts of the corpus that could not be used: {n}. They are listed below.", "语料中未能使用的内容：{n} 处，列于下方。"),
    "look_contradictions": ("Groups of identical audio with different labels: {n}", "音频相同而标签不同的片段组：{n}"),
    "look_labels": ("Clips whose label is likely another: {n}", "标签可能有误的片段：{n}"),
    "look_copies": ("Groups of clips with identical audio: {n}", "音频完全相同的片段组：{n}"),
    "look_near": ("Pairs of clips that are nearly the same: {n}", "几乎相同的片段对：{n}"),
    "look_flagged": ("Clips with a quality flag: {n}", "带有音质标记的片段：{n}"),
    "look_outliers": ("Clips unlike all others: {n}", "与其他片段都不同的片段：{n}"),
    "look_changed": ("Speakers who changed against their own baseline: {n}", "相对自身基线发生变化的说话人：{n}"),
    "look_one_label": (
        "Speakers whose clips all have one label, so that a model may learn the voice instead: {n}",
        "所有片段只有一种标签的说话人（模型可能学到的是嗓音）：{n}",
    ),
    "look_uncalibrated": (
        "Scores are not calibrated: listen to some 50 clips and say what you hear",
        "得分未经校准：请试听约 50 个片段并选择听到的情感",
    ),
    "look_index": ("No index yet: the first search makes one in the background.", "尚无索引：首次搜索会在后台建立。"),
    "who_title": ("Who speaks", "谁在说话"),
    "who_note": ("Pick a row to follow that speaker over time.", "选择一行即可查看该说话人随时间的变化。"),
    "who_first": ("First recorded", "首次录制"),
    "who_last": ("Last recorded", "最近录制"),
    "who_few": ("The {shown} speakers with most clips of {n} are shown; the download holds all.", "仅显示片段最多的 {shown} 位（共 {n} 位）；下载包含全部。"),
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
}
# fmt: on
