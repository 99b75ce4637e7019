"""The Speakers page: change, groups, alerts."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Speakers
    "aspect": ("Question", "问题"),
    "aspect_change": ("Who changed?", "谁有变化？"),
    "aspect_pair": ("How do two differ?", "两人有何不同？"),
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
    "changed_in": ("What changed", "有何变化"),
    "sketch": ("Emotion of the lines in the table", "表中曲线的情感"),
    "sketch_of": ("{label} in time", "{label} 走势"),
    "table_how": (
        "Tick a row to open that speaker below. All lines share one scale.",
        "勾选一行，即可在下方查看该说话人。所有曲线使用同一刻度。",
    ),
    "trend_click": ("Click a point to hear its session below.", "点击一个点，即可在下方试听该次会话。"),
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
    "inside_title": ("Inside one recording", "录音内部"),
    "inside_none": (
        "Only whole clips were kept, so there is no line inside them. To keep the seconds: emoanalytics build CORPUS --store STORE --frames",
        "只保存了整条片段，无法显示其内部变化。若要保留逐秒结果：emoanalytics build CORPUS --store STORE --frames",
    ),
    "inside_show": ("Show it over time", "显示随时间的变化"),
    "from_s": ("From (s)", "起（秒）"),
    "to_s": ("To (s)", "止（秒）"),
    "highest": ("Highest score", "最高分"),
    # Two speakers
    "other_speaker": ("Second speaker", "第二位说话人"),
    "pair_one": (
        "Only one speaker counts here, so there is nobody to compare with. Name further speakers in the speaker column of the manifest "
        "and build again, or let further roles count above.",
        "这里只有一位说话人计入，无人可比。请在清单的 speaker 列注明更多说话人后重新构建，或在上方计入更多角色。",
    ),
    "pair_scale": ("Both charts have the same scale of scores; the times are each speaker's own.", "两图得分刻度相同；时间轴为各人自己的。"),
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
    "groups_chosen": ("the chosen clips ({n}) against the rest", "所选片段（{n}）与其余片段"),
    "groups_none_chosen": (
        "No clip is chosen. Lasso some on the map, or choose the results of a search, then come back: the choice travels with you.",
        "尚未选择片段。请在地图上圈选，或选用检索结果，再回到这里：所选内容会随页面保留。",
    ),
    "groups_which": ("Groups", "组"),
    "groups_all": ("all", "全部"),
    "groups_which_help": (
        "Up to {most} at a time, in the order to compare them (first minus second). None named: all.",
        "一次最多 {most} 组，按比较的先后顺序（前减后）。未指定时为全部。",
    ),
    "groups_one": ("Name a second group to compare it with.", "请再指定一组以便比较。"),
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
    "build_title": ("Put a rule together", "组合规则"),
    "build_kind": ("Alert when it is", "提醒条件"),
    "build_run": ("at least this, in clips in a row", "连续数条不低于此值"),
    "build_up": ("up against the own baseline", "较自身基线上升"),
    "build_down": ("down against the own baseline", "较自身基线下降"),
    "build_score": ("Score", "得分"),
    "build_by": ("By", "幅度"),
    "build_clips": ("Clips", "条数"),
    "build_use": ("Use: {rule}", "使用：{rule}"),
    "rule_silent": ("The rule fires nowhere in this store. Try a lower amount.", "该规则在本库中没有触发。可尝试较低的数值。"),
    "hits_of_rule": ("Where it fires ({n})", "触发之处（{n}）"),
    "hit": ("No.", "序号"),
    "hit_to_hear": ("Hear the clips of", "试听"),
    "before": ("Baseline before", "此前基线"),
}
# fmt: on
