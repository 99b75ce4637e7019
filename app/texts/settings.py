"""The Settings page, and calibration by ear."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    "panel": ("Show", "显示"),
    "panel_settings": ("Settings", "设置"),
    "panel_calibration": ("Calibrate by ear", "用耳朵校准"),
    "settings_page": ("Language and colours", "语言和颜色"),
    "theme_light": (
        "The page is light. To change it: the ⋮ menu at the top right, Settings, then the theme.",
        "页面为浅色。更改方法：右上角 ⋮ 菜单 → Settings → 主题。",
    ),
    "theme_dark": (
        "The page is dark. To change it: the ⋮ menu at the top right, Settings, then the theme.",
        "页面为深色。更改方法：右上角 ⋮ 菜单 → Settings → 主题。",
    ),
    "settings_name": ("Name", "名称"),
    "settings_revision": ("Revision", "版本"),
    "settings_dim": ("Length of an embedding", "嵌入维数"),
    "settings_digest": ("Digest of the weights or the recipe", "权重或配方的摘要"),
    "settings_fingerprint": ("Fingerprint that keys every embedding", "嵌入所用编码器的指纹"),
    "settings_precision": ("Arithmetic", "运算精度"),
    "settings_licence": ("Licence and attribution", "许可与署名"),
    "settings_licence_none": ("not said by the encoder: ask whoever made it", "编码器未注明：请询问其作者"),
    "limits_acoustic": (
        "**What it can and cannot tell.** It measures sound: loudness, pitch, timbre, rate. It does not know emotions; scores come only from a head "
        "trained on labels of this corpus, and hold for speech like it.",
        "**能说明什么，不能说明什么。** 它测量声音：响度、音高、音色、语速，并不认识情感；得分只来自用本语料标签训练的分类头，只适用于类似的语音。",
    ),
    "limits_emotion2vec": (
        "**What it can and cannot tell.** It was tuned on public corpora, RAVDESS among them: accuracy on those is accuracy on what it has seen. "
        "It hears how something is said, not what a person feels. Its weights come under the FunASR Model License, which asks for attribution.",
        "**能说明什么，不能说明什么。** 它在包括 RAVDESS 在内的公开语料上训练过：在这些语料上的准确率只是对见过的数据的准确率。它听的是说话方式，不是人的感受。"
        "其权重遵循 FunASR 模型许可，使用时须署名。",
    ),
    "limits_other": (
        "**What it can and cannot tell.** Nothing is known here about what this encoder was trained on: test it on speakers and recordings of your own.",
        "**能说明什么，不能说明什么。** 此处不知道该编码器用什么训练：请用自己的说话人和录音检验。",
    ),
    "heads_title": ("Heads: whose scores are shown", "分类头：显示谁的得分"),
    "heads_help": ("A head turns an embedding into a score for each emotion.", "分类头把嵌入变成各情感的得分。"),
    "heads_none": (
        "The store has no head, so no scores. To train one on the corpus's own labels: emoanalytics head fit STORE --target emotion",
        "库中没有分类头，因此没有得分。用语料自带标签训练：emoanalytics head fit STORE --target emotion",
    ),
    "head_in_use": ("in use", "使用中"),
    "head_use": ("Use its scores", "使用其得分"),
    "head_use_help": ("Every page then shows the scores of this head. Nothing is lost: switch back at any time.", "之后各页显示该分类头的得分。不会丢失任何内容，可随时换回。"),
    "head_is_builtin": ("The encoder's own head.", "编码器自带的分类头。"),
    "head_is_unmeasured": ("Its accuracy was not measured on this corpus.", "其准确率未在本语料上测量。"),
    "head_is_measured": (
        "Trained on the column {target}. On speakers it never heard it recalls {uar} of each label on average (95 % interval {low}–{high}).",
        "用 {target} 列训练。在未听过的说话人上，平均每类召回率为 {uar}（95% 区间 {low}–{high}）。",
    ),
    "calibration_none": (
        "Not calibrated: its numbers are model scores, not probabilities of being right.",
        "未校准：数值只是模型得分，不是判断正确的概率。",
    ),
    "calibration_yes": (
        "**Calibrated**: the winner's score says which share of listeners hear the winner.",
        "**已校准**：胜出情绪的得分表示听出该情绪的听者比例。",
    ),
    "calibration_no": (
        "Corrected by what listeners heard, but there is not enough evidence to call it calibrated: its numbers remain model scores.",
        "已按听者判断校正，但证据不足，不能称为已校准：数值仍只是模型得分。",
    ),
    "calibration_on": ("Measured on {clips} clips of {speakers} speakers.", "在 {speakers} 位说话人的 {clips} 个片段上测得。"),
    "privacy_title": ("Privacy", "隐私"),
    "privacy_where": ("This store is a folder on this machine; recordings stay where they were:", "该库是本机上的一个文件夹；录音仍在原处："),
    "privacy_stays": (
        "Nothing leaves this machine: the app answers only to it and asks nothing of any other. Model weights are fetched only when you ask for it on the command line.",
        "任何内容都不会离开本机：应用只响应本机，也不访问其他机器。只有在命令行中要求时才会下载模型权重。",
    ),
    "privacy_remove": (
        "**To remove a person**: take the recordings out of the corpus, build it again into a new store, and delete the old folder with all it holds: embeddings, "
        "decisions, reports. An embedding can tell a voice, so it is personal data like the recording.",
        "**删除某人的数据**：从语料中移除其录音，重新构建到新的库，并删除旧文件夹及其中全部内容（嵌入、决定、报告）。嵌入能识别嗓音，因此与录音一样属于个人数据。",
    ),
    # Calibration by ear
    "wizard_what": (
        "A score of 0.8 should mean that eight of ten listeners hear that emotion. Listen to {n} clips and press what you hear: then you see how far the scores are off, "
        "and may correct them. The clips cover all speakers and all heights of the score; what the model says stays hidden until the end.",
        "得分 0.8 应当意味着十位听者中有八位听出该情绪。听 {n} 个片段，按下你听到的情绪，即可看到得分偏差多大，并加以校正。"
        "片段覆盖所有说话人和各种得分高低；在结束之前不显示模型的判断。",
    ),
    "wizard_no_scores": (
        "There are no scores to calibrate. To get some from the corpus's own labels: emoanalytics head fit STORE --target emotion",
        "没有可校准的得分。用语料自带标签得到得分：emoanalytics head fit STORE --target emotion",
    ),
    "wizard_progress": ("{n} of {of} heard", "已听 {n} / {of}"),
    "wizard_enough": ("{n} heard; the {of} that a calibration needs are there", "已听 {n} 个，已达校准所需的 {of} 个"),
    "wizard_resume": (
        "Stop at any time: answers are kept in the store's folder, and you go on here later. More than fifty make the figures surer.",
        "可随时停止：回答保存在库的文件夹中，以后可在此继续。超过五十个会使结果更可靠。",
    ),
    "wizard_all_heard": ("You have heard every clip that was picked.", "选出的片段都已听完。"),
    "wizard_several": ("I hear several", "听到不止一种"),
    "wizard_several_pick": ("All that you hear", "你听到的全部"),
    "wizard_several_take": ("These", "就是这些"),
    "wizard_unsure": ("Cannot tell", "听不出"),
    "wizard_unsure_help": ("Counts, with the same weight for every emotion: clear clips alone would flatter the model.", "也会计入，各情绪权重相同：只用清楚的片段会高估模型。"),
    "policy": ("“Other” and “unknown” are", "“其他”和“未知”"),
    "policy_keep": ("kept", "保留"),
    "policy_drop": ("left out", "去掉"),
    "policy_apart": ("shown apart", "单独显示"),
    "policy_note": (
        "For a calibration. Kept: answers like all others. Left out: the rest sums to 1 again. Shown apart: left out, and their share said beside it. Never are they counted as neutral.",
        "用于校准。保留：与其他回答相同。去掉：其余重新归一。单独显示：去掉，并另外说明其占比。它们从不算作中立。",
    ),
    "outcome_title": ("What your answers say of the scores", "你的回答对得分说明了什么"),
    "outcome_compute": ("Compare the scores with {n} answered clips", "将得分与 {n} 个已回答片段比较"),
    "work_calibrating": ("Calibrating on some speakers and testing on the others", "在部分说话人上校准，在其余说话人上检验"),
    "outcome_when": ("Scores", "得分"),
    "outcome_before": ("before", "校准前"),
    "outcome_after": ("after", "校准后"),
    "outcome_same": ("before and after", "校准前后"),
    "outcome_score": ("Mean score", "平均得分"),
    "outcome_heard": ("Share who hear the winner", "听出胜出情绪的比例"),
    "outcome_low": ("95 % from", "95% 下限"),
    "outcome_high": ("95 % to", "95% 上限"),
    "outcome_may": ("With these scores in use, the app may call them calibrated.", "使用这些得分后，应用可称其为已校准。"),
    "outcome_may_not": (
        "You may use the corrected scores; the app goes on calling them model scores.",
        "可以使用校正后的得分；应用仍称其为模型得分。",
    ),
    "outcome_idle": (
        "The scores stay as they are, so there is nothing to use yet. Answers on more clips, of more speakers, tell more.",
        "得分保持不变，因此暂无可启用的内容。多听一些片段、覆盖更多说话人，才能知道更多。",
    ),
    "outcome_use": ("Use the corrected scores", "使用校正后的得分"),
    "outcome_used": ("The corrected scores are in use. Under Settings you can go back to the others.", "已使用校正后的得分。可在“设置”中换回。"),
}
# fmt: on
