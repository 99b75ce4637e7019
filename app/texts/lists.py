"""Lists of clips, spaces, work done for the first time: what several pages say."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Lists of clips, what is known of one
    "play": ("Play", "播放"),
    "stop": ("Close the player", "关闭播放器"),
    "scored": ("{label}, {word} {score}", "{label}，{word} {score}"),
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
}
# fmt: on
