"""The Clip page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
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
}
# fmt: on
