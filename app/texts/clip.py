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
        "At most {count} files of {size} MB and {minutes} minutes each. Files are analysed on this machine and deleted at once; results are kept until you close the page.",
        "最多 {count} 个文件，每个不超过 {size} MB、{minutes} 分钟。文件在本机分析后立即删除；结果保留到关闭页面为止。",
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
    "clip_granularity": ("Scores", "得分"),
    "clip_whole": ("Whole clip", "整段"),
    "clip_frames": ("Over time", "逐帧"),
    "clip_several": ("{n} clips. Click the box of a row to open it; the first is open otherwise.", "共 {n} 个音频。点击某行的选框打开；否则打开第一个。"),
    "clip_length_s": ("Length (s)", "时长（秒）"),
    "clip_second": ("Second", "秒"),
    "clip_click": ("Click on the waveform to play from there.", "点击波形，从该处开始播放。"),
    "clip_timeline_note": (
        "Model score of the {seconds} s around each moment, by the encoder's own head. Emotions that stay below 0.15 are only in the table.",
        "各时刻前后共 {seconds} 秒的模型得分，由编码器自带的分类头给出。始终低于 0.15 的情感只列在表中。",
    ),
    "clip_no_frames": (
        "No scores over time: they come from an encoder's own head, and {encoder} has none. The scores below are of the whole clip.",
        "没有逐帧得分：逐帧得分来自编码器自带的分类头，而 {encoder} 没有。下方为整段音频的得分。",
    ),
    "clip_no_frames_stored": (
        "No scores over time are kept for this clip. Keep them when building: emoanalytics build CORPUS --store STORE --frames (encoders with a head of their own; {encoder} was used here).",
        "该片段没有保存逐帧得分。构建时可保存：emoanalytics build CORPUS --store STORE --frames（需编码器自带分类头；此处使用 {encoder}）。",
    ),
    "clip_moments": ("Moments in which an emotion lasts", "情感持续的时段"),
    "clip_moments_help": (
        "A moment begins where a score reaches 0.6, ends where it falls below 0.4, and lasts at least half a second.",
        "得分达到 0.6 时开始，低于 0.4 时结束，至少持续半秒。",
    ),
    "clip_no_moments": ("No emotion lasts above the threshold.", "没有情感持续高于阈值。"),
    "clip_more_moments": ("The first {n} of {total} moments.", "共 {total} 个时段，显示前 {n} 个。"),
    "clip_span": ("{start} to {end} s:", "{start}–{end} 秒："),
    "clip_peak": ("highest model score {score}", "最高模型得分 {score}"),
    "clip_score_note_calibrated": (
        "The winner's score was calibrated on clips that people listened to; the other scores were not tested.",
        "胜出情感的得分已用人工试听的音频校准；其他得分未经检验。",
    ),
    "clip_second_opinion": ("Second opinion", "第二意见"),
    "clip_second_help": (
        "Two heads read the same embedding: the encoder's own, and one fitted on this store's labels. Where they differ, listen.",
        "两个分类头读取同一个嵌入：编码器自带的，以及用本库标签训练的。两者不同时，请亲自试听。",
    ),
    "clip_by_store": ("The store's head", "本库的分类头"),
    "clip_by_encoder": ("The encoder's own head", "编码器自带的分类头"),
    "clip_agrees": ("It agrees.", "两者一致。"),
    "clip_differs": ("It differs: listen before you rely on either.", "两者不同：请先试听再采用。"),
    "clip_files_out": ("Files", "文件"),
    "pick_title": ("Or pick from the corpus", "或从语料中选择"),
    "pick_sought": ("File name or speaker", "文件名或说话人"),
    "pick_hint": ("type and press Enter", "输入后按回车"),
    "pick_clips": ("Clips of the store", "库中的片段"),
    "pick_any": ("search above, then choose here", "先在上方搜索，再在此选择"),
    "pick_none": ("No file or speaker has this in its name. Try fewer letters.", "没有文件或说话人的名称包含此内容。请减少字数。"),
    "pick_more": ("The first {n} matches are offered; type more letters.", "仅列出前 {n} 个结果；请输入更多文字。"),
    "pick_one": ("Open the clip heard last", "打开上次播放的片段"),
    "pick_chosen": ("Open the chosen clips ({n})", "打开已选片段（{n}）"),
}
# fmt: on
