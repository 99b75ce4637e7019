"""The words of the page, English and Chinese. What the views say in sentences of their own is not said here again."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # The page
    "title": ("What was heard in {corpus}", "语音情感报告：{corpus}"),
    "title_plain": ("What was heard", "语音情感报告"),
    "kind": ("Speech emotion report", "语音情感报告"),
    "contents": ("Contents", "目录"),
    "short": ("In short", "要点"),
    "print": ("Made with emoanalytics {version}", "由 emoanalytics {version} 生成"),
    "redacted": (
        "This copy is redacted: it has no audio, and S1, C1, F1 stand for speakers, sessions and files. Dates and "
        "numbers are as they were, so somebody who knows the people may still recognise them.",
        "本副本已脱敏：不含音频，S1、C1、F1 代替说话人、会话和文件。日期和数字未作改动，"
        "了解这些人的读者仍可能认出他们。",
    ),
    "more": ("and {n} more", "另有 {n} 项"),
    "too_few": ("too few for an interval", "太少，无区间"),
    "none": ("none", "无"),
    "short_heard": ("Highest {word}: {parts}.", "{word}最高：{parts}。"),
    "short_changed": (
        "{n} of the {of} speakers with enough evidence changed beyond chance: {names}.",
        "证据足够的 {of} 位说话人中有 {n} 位出现超出偶然的变化：{names}。",
    ),
    "short_group_yes": ("Groups by {column} differ in their scores.", "按{column}分组，得分有差异。"),
    "short_group_no": (
        "No difference beyond chance was found between groups by {column}; this does not show that there is none.",
        "按{column}分组未发现超出偶然的差异；这并不说明没有差异。",
    ),
    "short_group_few": ("Groups by {column}: not enough evidence.", "按{column}分组：证据不足。"),
    "short_look": ("Worth a second look: {parts}.", "值得再看：{parts}。"),
    "short_flags": ("{n} with a quality flag", "{n}带质量标记"),
    "short_copies": ("{n} of the same sound", "{n}重复音频"),
    "short_outliers": ("{n} unlike all others", "{n}与众不同"),
    "short_labels": ("{n} that may be wrong", "{n}可能有误"),
    "short_failures": ("{n} that could not be used in full", "{n}无法完整使用"),
    # What was analysed
    "analysed": ("What was analysed", "分析了什么"),
    "clips": ("clips", "片段"),
    "clips_n": ("{n} clips", "{n} 条片段"),
    "clips_1": ("1 clip", "1 条片段"),
    "files_n": ("{n} files", "{n} 个文件"),
    "files_1": ("1 file", "1 个文件"),
    "pairs_n": ("{n} pairs", "{n} 对"),
    "pairs_1": ("1 pair", "1 对"),
    "labels_n": ("{n} labels", "{n} 个标签"),
    "labels_1": ("1 label", "1 个标签"),
    "recordings": ("recordings", "录音"),
    "duration": ("of audio", "音频时长"),
    "speakers": ("speakers", "说话人"),
    "sessions": ("sessions", "会话"),
    "corpus": ("Corpus", "语料"),
    "dates": ("Recorded", "录制时间"),
    "from_to": ("{first} to {last}", "{first} 至 {last}"),
    "no_dates": ("no dates are given", "未注明日期"),
    "languages": ("Languages", "语言"),
    "no_languages": ("no language is given", "未注明语言"),
    "roles": ("Roles", "角色"),
    "no_roles": ("no roles are given", "未注明角色"),
    "built": ("Built", "建库时间"),
    "no_speakers": (
        "No speaker is named: nothing can be said about people, and clips of one voice cannot be told from clips "
        "of many.",
        "未注明说话人：无法就人作出说明，也无法区分同一个声音与多个声音的片段。",
    ),
    "empty": (
        "The store holds no clips, so there is nothing to report: build it from a corpus first.",
        "库中没有片段，无可报告：请先用语料建库。",
    ),
    # Coverage
    "coverage": ("Coverage and exclusions", "覆盖范围与排除"),
    "used": (
        "Means, trends and comparisons rest on {used} of {all} clips.",
        "均值、趋势和比较基于 {all} 条片段中的 {used} 条。",
    ),
    "all_else": ("Everything else describes all clips.", "其余部分描述全部片段。"),
    "role_default": (
        "Only clients are shown: inferring the emotions of employees at work, or of students, is prohibited in the "
        "EU (AI Act, Article 5(1)(f)), so clips of other roles ({n}) are left out unless somebody asks for them.",
        "只显示客户：欧盟《人工智能法》第 5 条第 1 款 f 项禁止推断员工和学生的情绪，因此其他角色的片段（{n} "
        "条）除非明确要求，不在其中。",
    ),
    "role_asked": (
        "Only the role {role} is shown, as asked. Clips of other roles: {n}.",
        "按要求只显示角色“{role}”。其他角色的片段：{n} 条。",
    ),
    "role_all": (
        "Clips of all roles are shown, as asked. Inferring the emotions of employees at work, or of students, is "
        "prohibited in the EU (AI Act, Article 5(1)(f)).",
        "按要求显示所有角色。欧盟《人工智能法》第 5 条第 1 款 f 项禁止推断员工和学生的情绪。",
    ),
    "no_scores_n": (
        "Clips without scores: {n}.",
        "没有得分的片段：{n} 条。",
    ),
    "failed": ("Files that could not be used", "无法使用的文件"),
    "failed_none": ("Every file could be read.", "所有文件均可读取。"),
    "failed_n": (
        "{files} could not be used in full; what failed is in nothing below.",
        "{files}无法完整使用；失败的部分不在以下任何内容中。",
    ),
    "file": ("File", "文件"),
    "stage": ("Step", "步骤"),
    "reason": ("Why", "原因"),
    "flags": ("Quality flags", "质量标记"),
    "flags_n": (
        "Clips with a flag: {n} of {all} ({share}). A flag leaves no clip out; it says where to be careful.",
        "带标记的片段：{all} 条中有 {n} 条（{share}）。标记不会排除片段，只提示需要小心。",
    ),
    "flags_none": ("No clip carries a quality flag.", "没有片段带有质量标记。"),
    "flag": ("Flag", "标记"),
    "share": ("Share", "比例"),
    # Scores
    "scores": ("What the model hears", "模型听到了什么"),
    "scores_read": (
        "The {word} of every emotion, over the whole distribution of {clips}, not over winners. Lines are 95 % "
        "intervals over {unit}: where the mean would lie had others like them been recorded.",
        "每种情绪的{word}，基于 {clips} 的整个分布，而非只看胜出者。横线为按{unit}计算的 95% 区间："
        "若换成同类的其他"
        "{unit}，均值大约会落在其中。",
    ),
    "scores_read_few": (
        "The {word} of every emotion, over the whole distribution of {clips}, not over winners. There are fewer "
        "than five speakers and fewer than five sessions: not enough evidence for intervals.",
        "每种情绪的{word}，基于 {clips} 的整个分布，而非只看胜出者。说话人和会话都不足五个：证据不足，不给区间。",
    ),
    "unit_speaker": ("{n} speakers", "{n} 位说话人"),
    "unit_session": ("{n} sessions", "{n} 次会话"),
    "emotion": ("Emotion", "情绪"),
    "mean": ("Mean", "均值"),
    "interval": ("95 % interval", "95% 区间"),
    "middle": ("Middle half of the clips", "中间一半片段"),
    "winners": ("Highest in", "最高的片段"),
    "not_known": ("not known to this head", "此分类头不认识"),
    "no_scores": (
        "There are no emotion scores: the encoder has no head of its own and none was trained. Train one on labels "
        "with "
        "the command head fit. Map, clusters and checks below do without.",
        "没有情绪得分：编码器没有自带分类头，也没有训练过。可用命令 head fit 由标签训练一个。下面的地图、"
        "聚类和检查不需要得分。",
    ),
    "no_scores_role": (
        "There are emotion scores, but none of a clip of the role that is shown.",
        "有情绪得分，但所显示的角色没有带得分的片段。",
    ),
    "head_gone": (
        "The head that gave the scores is missing from the store: fit it again.",
        "给出得分的分类头不在库中：请重新训练。",
    ),
    "given": ("Labels the corpus gives", "语料给出的标签"),
    "given_read": (
        "What people said of the clips, before any model. Clips without a label: {n}.",
        "任何模型之前，人给片段的标签。没有标签的片段：{n} 条。",
    ),
    "given_none": ("The corpus gives no labels.", "语料没有给出标签。"),
    "label": ("Label", "标签"),
    # Map
    "map": ("Map of the clips", "片段地图"),
    "map_read": (
        "Every point is a clip; clips that sound alike to the encoder are near each other. Directions and distances "
        "have no unit.",
        "每个点是一条片段；对编码器来说相似的片段彼此靠近。方向和距离没有单位。",
    ),
    "map_faint": ("Faint points are not to be believed.", "浅色的点不可信。"),
    "map_drawn": ("{drawn} of {all} clips are drawn, chosen by lot.", "共 {all} 条，随机画出其中 {drawn} 条。"),
    "map_coloured": ("Coloured by {by}.", "按{by}着色。"),
    "by_emotion": ("the emotion with the highest score", "得分最高的情绪"),
    "by_label": ("the label that the corpus gives", "语料给出的标签"),
    "map_alt": ("Map of {n} clips", "{n} 条片段的地图"),
    "map_none": ("There are no clips to draw.", "没有可画的片段。"),
    "no_umap": (
        "UMAP is not installed here, so the map is drawn by PCA.",
        "此处未安装 UMAP，因此地图用 PCA 绘制。",
    ),
    # Clusters
    "clusters": ("Groups of clips that sound alike", "听起来相似的片段组"),
    "clusters_read": (
        "{n} groups ({method}); clips in none: {noise}. Found again when a fifth of the {unit} is left out: "
        "{verdict} (adjusted Rand index {rand}).",
        "{n} 组（{method}）；不属于任何组：{noise} 条。去掉五分之一{unit}后重新划分：{verdict}（调整兰德指数 "
        "{rand}）。",
    ),
    "clusters_1": (
        "One group ({method}); clips in none: {noise}.",
        "一组（{method}）；不属于任何组：{noise} 条。",
    ),
    "clusters_none": ("There are no clips to group.", "没有可分组的片段。"),
    "space_raw": (
        "Compared as they sound, voices included: a group may be a voice.",
        "按原样比较，包含声音本身的差异：一组可能只是一个声音。",
    ),
    "space_speaker-centred": (
        "Compared after each speaker's own mean is taken away: what is left is what a voice does.",
        "减去每位说话人自己的均值后比较：剩下的是声音的变化。",
    ),
    "again": ("found again: Jaccard {value}", "重现：Jaccard {value}"),
    "inside": ("here", "本组"),
    "outside": ("in the rest", "其余"),
    "trait": ("What sets it apart", "有何不同"),
    "example": ("An example", "示例"),
    "by_unit_speaker": ("speakers", "说话人"),
    "by_unit_clip": ("clips", "片段"),
    "unheard_n": (
        "Clips of the sample that could not be listened to: {n}.",
        "抽样中无法听取的片段：{n} 条。",
    ),
    # Speakers
    "people": ("Speakers over time", "说话人随时间的变化"),
    "people_read": (
        "Each speaker against the own baseline, with at most {rate} of the reported changes expected to be false. "
        "Changes are looked for in speakers with at least {sessions} sessions, {clips} clips and {seconds} s.",
        "每位说话人与自己的基线比较，所报告的变化中预计至多 {rate} 为误报。只在至少有 {sessions} 次会话、{clips} "
        "条片段、"
        "{seconds} 秒的说话人中寻找变化。",
    ),
    "changed": ("Speakers who changed", "有变化的说话人"),
    "changed_none": (
        "No change beyond chance was found in the speakers with enough evidence ({n}).",
        "证据足够的说话人（{n} 位）均未发现超出偶然的变化。",
    ),
    "changed_unknown": (
        "Not enough evidence: no speaker has sessions, clips and seconds enough to speak of change.",
        "证据不足：没有说话人有足够的会话、片段和时长来判断变化。",
    ),
    "all_people": ("All speakers", "全部说话人"),
    "speaker": ("Speaker", "说话人"),
    "sessions_short": ("Sessions", "会话"),
    "clips_short": ("Clips", "片段"),
    "minutes": ("Minutes", "分钟"),
    "highest": ("Highest mean", "最高均值"),
    "finding": ("Change", "变化"),
    "found_change": ("see above", "见上"),
    "found_none": ("none found", "未发现"),
    "found_unknown": ("not enough evidence", "证据不足"),
    "before": ("before", "之前"),
    "after": ("after", "之后"),
    "trend_alt": ("{emotion} of {speaker} over {n} points", "{speaker} 的{emotion}，{n} 个时间点"),
    "trend_read": (
        "Line: {word}; band: 95 % interval; dotted: where a change begins.",
        "线：{word}；色带：95% 区间；点线：变化开始处。",
    ),
    "session_i": ("session {i}", "第 {i} 次"),
    "one_speaker": ("All clips", "全部片段"),
    # Comparisons
    "groups": ("Groups compared", "分组比较"),
    "groups_none": (
        "No groups were compared: languages do not differ in this corpus, and no column was named to compare by.",
        "未作分组比较：语料的语言没有不同，也没有指定要比较的列。",
    ),
    "by_column": ("By {column}", "按{column}"),
    "column_language": ("language", "语言"),
    "column_role": ("role", "角色"),
    "column_emotion_given": ("given label", "给定标签"),
    "column_speaker": ("speaker", "说话人"),
    "column_session": ("session", "会话"),
    "differs": ("differs after correction", "校正后有差异"),
    "dots_alt": ("Mean {emotion} by group", "各组的平均{emotion}"),
    # Checks
    "checks": ("What deserves a second look", "值得再看一眼"),
    "identical": ("The same audio twice", "重复的音频"),
    "identical_n": (
        "{identical} with identical samples; {same} more that were heard to be the same sound.",
        "样本完全相同：{identical}；另外听上去是同一声音：{same}。",
    ),
    "identical_none": ("No two clips are the same sound.", "没有两条片段是同一声音。"),
    "not_heard": (
        "Near pairs that could not be listened to, their audio being away: {n}.",
        "无法听取的相近片段（音频不在）：{n} 对。",
    ),
    "differ_speakers": ("their speakers differ", "说话人不同"),
    "differ_labels": ("their labels differ", "标签不同"),
    "outliers": ("Unlike all others", "与众不同"),
    "outliers_n": (
        "Clips that stand apart from their neighbours: {n} (local outlier factor from {limit}).",
        "与近邻相距较远的片段：{n} 条（局部离群因子不低于 {limit}）。",
    ),
    "outliers_none": ("No clip stands apart from its neighbours.", "没有片段与近邻相距明显较远。"),
    "factor": ("Factor", "因子"),
    "suspects": ("Labels that may be wrong", "可能有误的标签"),
    "suspects_none": ("There are no labels to check.", "没有可检查的标签。"),
    "suspects_few": ("Not enough evidence to check the labels.", "证据不足，无法检查标签。"),
    "given_as": ("Given", "给定"),
    "sounds_like": ("Sounds more like", "更像"),
    "suspicion": ("Suspicion", "可疑度"),
    "clip": ("Clip", "片段"),
    "and": ("and", "与"),
    # Method
    "method": ("How this was made", "如何得出"),
    "encoder": ("Encoder", "编码器"),
    "own_encoder": ("one of the user's own", "用户自己的模型"),
    "revision": ("revision", "版本"),
    "digest": ("digest of its weights", "权重摘要"),
    "fingerprint": ("fingerprint", "指纹"),
    "numbers_a_clip": ("{n} numbers a clip", "每条片段 {n} 个数"),
    "licence": ("Licence", "许可"),
    "cut": ("Cut into clips", "切分方式"),
    "cut_whole": ("each recording whole", "每个录音为一条"),
    "cut_windows": ("windows of {window} s, one every {hop} s", "{window} 秒的窗口，每 {hop} 秒一个"),
    "cut_speech": ("where somebody speaks", "有人说话之处"),
    "cut_manifest": ("as the corpus says", "按语料的说明"),
    "head": ("Head", "分类头"),
    "head_none": ("none: no scores", "无：没有得分"),
    "head_builtin": ("the encoder's own nine emotions", "编码器自带的九种情绪"),
    "head_fitted": ("fitted on the labels of this corpus", "由本语料的标签训练"),
    "head_digest": ("digest of its numbers", "参数摘要"),
    "head_quality": (
        "On speakers it never heard, the head behind these scores recalls {uar} of each label on average (95 % "
        "interval {low}–{high}; guessing {chance}).",
        "在没听过的说话人上，给出这些得分的分类头对每种标签平均召回 {uar}（95% 区间 {low}–{high}，猜测为 {chance}）。",
    ),
    "head_quality_unknown": (
        "How well it does on this corpus is not known: nothing here was checked against people's ears.",
        "它在本语料上的表现未知：没有与人耳作过对照。",
    ),
    "calibration": ("Calibration", "校准"),
    "calibration_none": (
        "not calibrated: a score of 0.6 does not mean that six of ten listeners agree",
        "未校准：得分 0.6 并不表示十个人里有六个人同意",
    ),
    "calibration_tried": (
        "tried on {clips} clips: not enough evidence to call the scores calibrated",
        "用 {clips} 条片段尝试过：证据不足，不能称为已校准",
    ),
    "calibration_done": (
        "the winner's score is calibrated on {clips} clips of {speakers} speakers; off by {error} "
        "(95 % interval {low}–{high}) on speakers left out",
        "胜出情绪的得分用 {speakers} 位说话人的 {clips} 条片段校准；"
        "在留出的说话人上偏差 {error}（95% 区间 {low}–{high}）",
    ),
    "how_map": ("Map", "地图"),
    "how_map_said": (
        "{method}, seed {seed}; trustworthiness {trust}, continuity {continuity} (Venna and Kaski 2001), of "
        "{ranked} clips",
        "{method}，种子 {seed}；可信度 {trust}、连续性 {continuity}（Venna 与 Kaski 2001），基于 {ranked} 条片段",
    ),
    "how_clusters": ("Clusters", "聚类"),
    "how_clusters_said": (
        "{method} ({settings}), seed {seed}; silhouette {silhouette}, density validity {validity}",
        "{method}（{settings}），种子 {seed}；轮廓系数 {silhouette}，密度有效性 {validity}",
    ),
    "how_intervals": ("Intervals and tests", "区间与检验"),
    "how_intervals_said": (
        "means of the whole score distribution; 95 % intervals by studentised bootstrap over speakers or sessions; "
        "p-values by permutation, corrected (Holm; Benjamini and Hochberg among speakers); seed {seed}",
        "对整个得分分布取平均；95% 区间由按说话人或会话的学生化自助法得出；p 值由置换得出并校正（Holm；说话人之间用 "
        "Benjamini–Hochberg）；种子 {seed}",
    ),
    "how_decisions": ("Listened labels", "听辨结论"),
    "how_decisions_said": (
        "clips decided on by people, left out of the suspicious labels: {n}",
        "已由人决定、不再列为可疑的片段：{n} 条",
    ),
    "runs": ("Runs that made the store", "建库记录"),
    "versions": ("Versions", "版本"),
    "again_command": (
        "The same store, options and versions give this file again, byte for byte.",
        "相同的库、选项和版本会逐字节得到同一个文件。",
    ),
    "unknown": ("not known", "未知"),
    # Limits
    "limits": ("What this cannot tell", "本报告不能说明什么"),
    # Excerpts
    "play": ("Play {what}", "播放 {what}"),
    "no_audio": (
        "Excerpts that could not be made, their audio being away or unreadable: {n}.",
        "无法生成的摘录（音频不在或无法读取）：{n} 段。",
    ),
    "excerpts_cut": ("Excerpts are the loudest {seconds} seconds of a clip.", "摘录为片段中最响的 {seconds} 秒。"),
}

LIMITS: tuple[tuple[str, str], ...] = (
    (
        "It is not a diagnosis, of anybody or of anything. A voice that sounds sad is not a person who is sad, and "
        "people show what they feel, or hide it, in different ways.",
        "它不是诊断，不针对任何人或任何病症。听起来难过的声音不等于难过的人；人们表达或掩饰感受的方式各不相同。",
    ),
    (
        "A model score says how much a clip resembles clips that people once labelled so. It is not a probability "
        "unless "
        "this report says that it was calibrated, and then only for the winner and on this corpus.",
        "模型得分表示片段与曾被人如此标注的片段有多相像。除非本报告说明已校准，否则不是概率；校准也只对胜出情绪和本语料有效。",
    ),
    (
        "It cannot say why anything changed. Rooms, microphones, telephones, topics, colds and the questions asked "
        "change voices too; groups that differ here may differ by any of these.",
        "它不能说明变化的原因。房间、话筒、电话、话题、感冒和提问方式都会改变声音；这里有差异的组也可能因此不同。",
    ),
    (
        "“No change was found” does not show that nothing changed; “not enough evidence” means just that.",
        "“未发现变化”不等于没有变化；“证据不足”就是证据不足。",
    ),
    (
        "Models hear some languages, accents, ages and voices better than others. Where the people here differ "
        "from those "
        "the model learned from, the scores may be wrong in one direction for all of them.",
        "模型对不同语言、口音、年龄和嗓音的识别能力不同。若这里的人与模型学习时的人不同，得分可能整体偏向一边。",
    ),
    (
        "In the European Union it is prohibited to infer the emotions of people at work or in education from their "
        "voices, except for medical or safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f)). Elsewhere, "
        "emotion "
        "recognition is high-risk and the people concerned must be told (Annex III and Article 50(3)). This report "
        "must "
        "not be used to judge an employee, a pupil or a student.",
        "在欧盟，除医疗或安全原因外，禁止根据声音推断工作场所或教育机构中人员的情绪（条例 (EU) 2024/1689 第 5 条第 "
        "1 款 f "
        "项）；在其他场合，情绪识别属高风险，并须告知当事人（附件三及第 50 条第 3 款）。不得用本报告评判员工或学生。",
    ),
    (
        "Decide nothing about a person from this page alone. Listen to the clips, and talk to the person.",
        "不要仅凭本页对任何人作决定。请听片段，并与本人交谈。",
    ),
)
