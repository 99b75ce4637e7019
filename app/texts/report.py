"""The Report page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "report_what": (
        "One page about this corpus for people who have never seen it: a single HTML file that opens without network and prints well.",
        "一页读懂这份语料，给没见过它的人看：单个 HTML 文件，无需联网即可打开，打印效果良好。",
    ),
    "report_lang": ("Language of the report", "报告语言"),
    "report_as_page": ("Like this page", "与本页相同"),
    "report_title": ("Title", "标题"),
    "report_title_usual": ("Made of the name of the corpus", "默认用语料名"),
    "report_title_help": ("Shown as it is, also in a redacted report.", "原样显示，脱敏报告中也一样。"),
    "redact": ("Without names", "隐去姓名"),
    "redact_report_help": (
        "Redacted: no audio, no texts, no paths; S1, C1 and F1 stand for speakers, sessions and files. Dates and numbers stay: who knows the people may still recognise them.",
        "脱敏：不含音频、文本和路径；以 S1、C1、F1 代替说话人、会话和文件。日期和数字保留，熟悉当事人的人仍可能认出。",
    ),
    "report_rests": ("Whose clips count, what is compared, how the map is drawn", "计入谁的片段、比较什么、地图如何绘制"),
    "report_compare": ("Compare groups by", "分组比较依据"),
    "report_compare_usual": ("the languages, where there are several", "有多种语言时比较语言"),
    "report_seed": ("Seed", "随机种子"),
    "report_seed_help": (
        "Map, clusters, intervals and tests draw at random; the same seed draws the same. Findings that hold do not hang on it.",
        "地图、聚类、区间和检验都含随机步骤；种子相同，结果相同。站得住的结论不取决于它。",
    ),
    "report_own": ("Sections of your own", "自定义章节"),
    "report_own_help": (
        "Jinja templates, shown after the checks. They see the numbers of the report and nothing else: docs/report.md lists them.",
        "Jinja 模板，显示在“检查”之后。模板只能读取报告中的数据，可用名称见 docs/report.md。",
    ),
    "report_own_ask": ("HTML templates (at most 1 MB each)", "HTML 模板（每个不超过 1 MB）"),
    "report_own_large": ("{name} is larger than 1 MB: a template is a short text. It is left out.", "{name} 超过 1 MB：模板应是简短文本。已略去。"),
    "report_in": ("What will be in it", "报告内容"),
    "report_in_clips": ("what was analysed: {clips} clips, {speakers} speakers, and what was left out and why", "分析对象：{clips} 个片段、{speakers} 位说话人，以及略去了什么、为什么"),
    "report_in_scores": ("model scores of {scored} clips with intervals, who changed, and how groups differ", "{scored} 个片段的模型得分及区间、谁发生了变化、各组有何差异"),
    "report_in_unscored": (
        "no emotions, no changes, no groups: this store has no scores (fit a head first, or build with an emotion model)",
        "不含情感、变化与分组比较：该库没有得分（请先训练分类头，或用情感模型建库）",
    ),
    "report_in_map": ("a map with how far it can be trusted, and its groups in words", "地图及其可信度，并用文字描述各群组"),
    "report_in_checks": ("what deserves a second look: labels, copies, outliers, quality", "值得再看一遍的内容：标签、重复、离群、质量"),
    "report_in_limits": ("how it was made, and what it cannot tell", "如何得出，以及不能说明什么"),
    "report_in_sound": ("up to {mb} MB of short excerpts to hear", "最多 {mb} MB 的可播放短片段"),
    "report_in_no_sound": ("no audio, no texts and no paths; S1, C1 and F1 in place of names", "不含音频、文本和路径；以 S1、C1、F1 代替名称"),
    "report_in_own": ("{n} of your own sections", "{n} 个自定义章节"),
    "report_make": ("Make the report", "生成报告"),
    "report_first": ("The first report of a store takes longest: maps and checks are kept for the next one.", "首份报告最慢：地图与检查结果会保留，供下次使用。"),
    "report_working": ("Asking every view for its findings", "正在汇总各项分析"),
    "report_failed": ("The report was not made", "报告未能生成"),
    "report_changed": ("The settings or the store changed since the report was made: make it again.", "生成报告后，设置或库已改变：请重新生成。"),
    "report_ready": ("The report is ready: {mb} MB, {n} excerpts to hear.", "报告已生成：{mb} MB，{n} 段可播放片段。"),
    "report_get": ("Download {name}", "下载 {name}"),
    "report_short": ("In short", "要点"),
    "report_again": ("The same file, byte for byte", "逐字节生成同一文件"),
    "report_again_note": (
        "The same store, settings and package versions give the same bytes. Options beyond this page: emoanalytics report --help",
        "相同的库、设置和软件版本得到完全相同的字节。更多选项：emoanalytics report --help",
    ),
    "report_again_own": ("Run it in the folder where your templates lie.", "请在模板所在文件夹中运行。"),
}
# fmt: on
