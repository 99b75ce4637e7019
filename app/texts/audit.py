"""The Audit page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Audit
    "part": ("Look at", "查看"),
    "part_queue": ("Listen next", "接着听"),
    "part_copies": ("Copies", "重复"),
    "part_outliers": ("Unlike others", "与众不同"),
    "part_quality": ("Quality flags", "音质标记"),
    "part_corpus": ("Labels as a whole", "标签整体"),
    "part_decisions": ("Decisions", "决定"),
    "labels_none": (
        "No clip has a label to judge. Fill the emotion column of the manifest and build again, or look at copies, outliers and quality, which need no labels.",
        "没有片段带有可供判断的标签。请在清单中填写 emotion 列后重新构建；重复、与众不同和音质无需标签即可查看。",
    ),
    "labels_score_note": (
        "The number orders the queue: larger is more suspicious. It is not a probability of being wrong. Your ears decide.",
        "该数值只用于排序：越大越可疑，不是出错的概率。请以听感为准。",
    ),
    "labels_wait": (
        "Labels are not judged yet: with {n} clips that takes minutes. Below is what is found without them.",
        "尚未判断标签：共 {n} 个片段，需要几分钟。下面是不依赖标签的发现。",
    ),
    "judge_anew": ("Judge anew, with neighbours", "重新判断（近邻参与）"),
    "judge_anew_help": (
        "Fits models on the labels as they are now and lets similar clips of other speakers vote. More exact; takes seconds to minutes.",
        "用当前标签训练模型，并让其他说话人的相似片段投票。更准确，需要几秒到几分钟。",
    ),
    "queue_line": ("{done} of {of} done", "已完成 {done} / {of}"),
    "queue_kinds": ("Only clips with", "只看"),
    "queue_kinds_help": ("Choose one or more reasons; none means all.", "选择一个或多个原因；不选即全部。"),
    "queue_done": ("Everything in this queue was heard. Choose other reasons, look for more below, or download the decisions.", "队列中的片段都已听过。可选择其他原因、在下方继续查找，或下载决定。"),
    "queue_empty": ("Nothing stands out: no suspicious label, copy, outlier or quality flag.", "没有异常：没有可疑标签、重复、离群片段或音质标记。"),
    "queue_table": ("The queue as a table", "以表格查看队列"),
    "queue_how": ("How clips come into the queue, and how far to trust it", "片段为何进入队列，可信到什么程度"),
    "why_label": ("Suspicious label", "可疑标签"),
    "why_copy": ("Copy", "重复"),
    "why_outlier": ("Unlike others", "与众不同"),
    "why_fragile": ("Fragile winner", "结果不稳"),
    "why_quality": ("Quality flag", "音质标记"),
    "reasons": ("Why", "原因"),
    "suspect_line": (
        "Labelled **{given}**; sounds more like **{suggested}** to the model (suspicion {score}).",
        "标注为 **{given}**；模型听来更像 **{suggested}**（可疑度 {score}）。",
    ),
    "copy_other_clip": ("The other one stands first under the nearest clips.", "另一个列在最近片段的首位。"),
    "outlier_line": ("Much farther out than its neighbours (outlier factor {value}; 1 is usual).", "远比近邻偏远（离群因子 {value}；通常为 1）。"),
    "fragile_line": (
        "The model's winner, **{label}**, flips after {n} of the small changes of the sound.",
        "模型判断的 **{label}** 经不起 {n} 种细小的声音改动。",
    ),
    "quality_line": ("Flagged: {flags}.", "标记：{flags}。"),
    "label_as": ("What do you hear?", "你听到的是？"),
    "given_line": ("The corpus says **{label}**.", "语料标注为 **{label}**。"),
    "given_line_none": ("The corpus gives this clip no label.", "语料没有给该片段标签。"),
    "no_scores": ("The store has no scores for it.", "库中没有它的得分。"),
    "no_label": ("no label", "无标签"),
    "near_title": ("Nearest clips and their labels", "最近的片段及其标签"),
    "near_help": ("By the cosine of their embeddings, whoever speaks.", "按嵌入的余弦相似度，不论说话人。"),
    "play_stop": ("Play / stop", "播放 / 停止"),
    "keys_on": ("Keys", "快捷键"),
    "keys_help": (
        "Space plays and stops, 1 to 9 choose an emotion, Enter accepts the given label, U is unsure, S skips, Z undoes. They rest while you type. "
        "Switch them off to use Enter and Space on the buttons themselves.",
        "空格播放或停止，1–9 选择情绪，回车接受已有标签，U 不确定，S 跳过，Z 撤销。输入文字时不生效。关闭后，回车和空格作用于按钮本身。",
    ),
    "last_skipped": ("Last: skipped", "上一个：已跳过"),
    "shake": ("Look for fragile winners ({n} clips)", "查找不稳的结果（{n} 个片段）"),
    "shake_help": (
        "Changes each clip a little (gain, trim, noise, codec), embeds it again and sees whether the winner stays. Takes minutes; it is kept beside the store.",
        "对每个片段做细小改动（音量、剪切、噪声、编码），重新嵌入，看结果是否不变。需要几分钟；结果保存在库旁。",
    ),
    "work_shaking": ("Changing clips a little and hearing them again", "正在细微改动片段并重新判断"),
    "keep": ("Keep {label}", "保留 {label}"),
    "keep_none": ("Nothing to change", "无需更改"),
    "unsure": ("Not sure", "不确定"),
    "later": ("Skip", "跳过"),
    "other_label": ("Another label", "其他标签"),
    "other_pick": ("choose", "请选择"),
    "other_take": ("Take this one", "采用此标签"),
    "suggested": ("Suggested", "建议"),
    "suspicion": ("Suspicion", "可疑度"),
    "undo": ("Take back", "收回"),
    "undo_last": ("Undo", "撤销"),
    "last_decision": ("Last: {words}", "上一个：{words}"),
    "who": ("Your name (optional)", "你的名字（可选）"),
    "who_help": ("Stands beside each decision you make from now on.", "将记在你此后的每个决定旁。"),
    "decided_none": (
        "Nothing was decided yet. Under “Listen next” you can listen and decide; every decision is kept in the store's folder.",
        "尚无决定。在“接着听”中试听并作出决定；每个决定都保存在库的文件夹中。",
    ),
    "decided_line": (
        "Decisions that stand: **{n}**, kept in decisions.jsonl in the folder {store}. The store's labels stay as they are: to change them, "
        "correct the manifest and build again.",
        "有效的决定：**{n}** 个，保存在 {store} 文件夹的 decisions.jsonl 中。库中的标签保持不变：如需更改，请修正清单后重新构建。",
    ),
    "decided_csv": ("Download all decisions as CSV", "下载全部决定（CSV）"),
    "decided_unsure": ("{given}: not sure", "{given}：不确定"),
    "decided_kept": ("{given} is right", "{given} 正确"),
    "decided_new": ("labelled {decided} (it had no label)", "标为 {decided}（原无标签）"),
    "decided_changed": ("not {given}, but {decided}", "不是 {given}，而是 {decided}"),
    "decided_gone": ("a clip that is not in the store any more", "已不在库中的片段"),
    "work_judging": ("Judging labels by models that have not heard the speaker", "正在用未听过该说话人的模型判断标签"),
    "queue_unheard": (
        "The {n} near pairs are too many to compare all waveforms here, so some copies in this queue may be different sounds. “Copies” compares those it shows.",
        "非常接近的片段有 {n} 对，数量过多，此处未逐一比较波形，因此队列中的部分“重复”可能不是同一声音。“重复”页签会比较所显示的各对。",
    ),
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
}
# fmt: on
