"""The frame: navigation, sidebar, notices, no store."""

# ruff: noqa: E501 (a table: one text a line)

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
    "page_home": ("Home", "首页"),
    "page_overview": ("Overview", "概览"),
    "page_clip": ("Clip", "单个音频"),
    "page_segments": ("Segments", "片段"),
    "page_search": ("Search", "搜索"),
    "page_map": ("Map", "地图"),
    "page_speakers": ("Speakers", "说话人"),
    "page_clusters": ("Clusters", "聚类"),
    "page_audit": ("Audit", "审核"),
    "page_report": ("Report", "报告"),
    "page_export": ("Export", "导出"),
    "section_corpus": ("Corpus", "语料"),
    "section_out": ("Hand over", "交付"),
    "section_app": ("Workbench", "工作台"),
    "page_settings": ("Settings", "设置"),
    "section_start": ("Start", "开始"),
    # What is chosen, tags, kept views
    "basket_line": ("**{n}** clips chosen", "已选 **{n}** 个片段"),
    "basket_list": ("List them", "列出"),
    "basket_map": ("Show on the map", "在地图上显示"),
    "basket_tag": ("Tag", "标签"),
    "tag_word": ("A word for them", "给它们一个标签"),
    "tag_help": ("Kept beside the store with your decisions; filter by it on every page.", "与审核记录一起保存在库旁；各页都可按标签筛选。"),
    "tag_add": ("Tag {n} clips", "为 {n} 个片段加标签"),
    "tag_added": ("{n} clips now have the tag {word}.", "{n} 个片段已加上标签 {word}。"),
    "tag_off": ("Take “{word}” off {n}", "从 {n} 个片段去掉“{word}”"),
    "tag_failed": ("The tag was not kept", "标签未能保存"),
    "filter_tag": ("Tag", "标签"),
    "filter_only": ("Only the {n} chosen clips", "只看选中的 {n} 个片段"),
    "chosen_not_kept": (
        "The link names a selection that is not kept beside this store. Choose the clips again on the map or by a search.",
        "链接所指的选择未保存在该库旁。请在地图上或用搜索重新选择。",
    ),
    "views": ("Kept views", "收藏的视图"),
    "view_name": ("Name of this view", "给当前视图命名"),
    "view_keep": ("Keep this view", "收藏当前视图"),
    "view_failed": ("The view was not kept", "视图未能保存"),
    "view_forget": ("Forget this view", "删除该视图"),
    "views_none": ("A kept view brings back page, filters, query and selection.", "收藏的视图会恢复页面、筛选、查询和选择。"),
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
        "This page shows what is in a store. Open one on the Home page, or build one there.",
        "本页展示库中的内容。请在首页打开或新建一个库。",
    ),
    "none_home": ("Go to Home", "前往首页"),
    "none_demo": ("Open the demo store", "打开演示库"),
    "store_broken": ("This store cannot be used", "该库无法使用"),
}
# fmt: on
