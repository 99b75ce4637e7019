"""The Map page."""

# ruff: noqa: E501 (a table: one text a line)

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Map
    "map_method": ("Drawn by", "绘制方法"),
    "map_umap": ("Keeps neighbours together; distances between groups say little.", "让近邻聚在一起；组与组之间的距离意义不大。"),
    "map_tsne": ("Keeps the nearest neighbours best; sizes and distances of groups say nothing.", "最能保留最近邻；组的大小和距离没有意义。"),
    "map_pca": ("A straight view along the two main directions; far apart is far apart, near may not be near.", "沿两个主要方向的直接投影；远的确实远，近的未必近。"),
    "map_colour": ("Colour by", "着色"),
    "map_shade": ("Fade points not to be believed", "淡化不可信的点"),
    "map_shade_help": (
        "A point fades when most of its neighbours on the map are not its neighbours in the space.",
        "若某点在图上的近邻大多不是它在空间中的近邻，则淡化显示。",
    ),
    "map_failed": ("The map cannot be drawn", "无法绘制地图"),
    "map_alt": ("Map of the clips; the table below lists the chosen ones", "片段地图；下方列出选中的片段"),
    "map_how": (
        "Draw around points with the lasso or the box (top right of the map) to list and hear them below; a double click lets go.",
        "用右上角的套索或方框圈选，即可在下方列出并试听；双击取消。",
    ),
    "map_outlined": (
        "Above {n} clips a lasso takes every clip inside it, those that the legend hides too; hover and click tell of none.",
        "超过 {n} 个片段时，套索会选中其中的全部片段，包括在图例中隐藏的；悬停和点击不显示单个片段。",
    ),
    "map_webgl": (
        "This map is drawn by WebGL. If it stays empty, switch on hardware acceleration in the browser, or “Without WebGL” under “More about the map”.",
        "此图由 WebGL 绘制。若一片空白，请在浏览器中开启硬件加速，或在“更多设置”中打开“不用 WebGL”。",
    ),
    "map_more": ("More about the map: 3-D, a second map, without WebGL", "更多设置：三维、第二张图、不用 WebGL"),
    "map_dims": ("Dimensions", "维数"),
    "map_in": ("{n}-D", "{n} 维"),
    "map_deep": (
        "In 3-D you can turn the map, not draw around points: for the lasso, two maps and names go back to 2-D. 3-D needs WebGL (hardware acceleration in the browser).",
        "三维图可以旋转，但不能圈选：需要套索、双图或名称时请回到二维。三维需要 WebGL（浏览器的硬件加速）。",
    ),
    "map_names": ("Names of clusters on the map", "在图上显示聚类名称"),
    "map_simple": ("Without WebGL", "不用 WebGL"),
    "map_simple_help": (
        "For browsers without hardware acceleration: above 5,000 clips the map shows tiles that count them; zoom in to see single clips.",
        "适用于没有硬件加速的浏览器：超过 5000 个片段时以计数方块显示；放大后可看到单个片段。",
    ),
    "beside": ("A second map beside it", "旁边的第二张图"),
    "beside_none": ("none", "无"),
    "beside_help": (
        "The same clips by another method or in the other space, laid over this map as well as it fits (Procrustes). A lasso on one rings the clips on both.",
        "同样的片段，用另一种方法或在另一空间中绘制，并尽量与此图重合（Procrustes 对齐）。在一张图上圈选，两张图都会标出。",
    ),
    "beside_moved": ("Clips that moved most", "位移最大的片段"),
    "beside_moved_how": (
        "How far each lies from its place on the first map, in radii of that map, and how many of its neighbours stayed.",
        "各片段离它在第一张图上位置的距离（以该图半径为单位），以及保留了多少近邻。",
    ),
    "beside_far": ("moved {radii} radii, {kept} of its neighbours stayed", "移动 {radii} 个半径，保留 {kept} 的近邻"),
    "placing_ask": ("Put new clips on the map", "把新片段放到图上"),
    "placing_how": (
        "Drop or record clips: each becomes a diamond where its most similar clips lie. The map itself stays as it is.",
        "拖入或录制片段：每个都会以菱形出现在与它最相似的片段所在处，地图本身不变。",
    ),
    "placing_title": ("New clips on the map", "图上的新片段"),
    "placing_near": ("Choose its nearest clips", "选中与它最近的片段"),
    "placing_off": ("Take it off the map", "从图上移除"),
    "map_rings": ("Rings are drawn around the first {n} chosen clips.", "仅圈出前 {n} 个选中的片段。"),
    "map_tiles": (
        "Above {n} clips the map shows tiles that count them. Draw a box to list the clips in it, or to zoom in.",
        "超过 {n} 个片段时，地图以计数方块显示。画一个方框即可列出其中的片段或放大。",
    ),
    "map_zoom": ("Zoom into the box", "放大方框"),
    "map_all": ("The whole map", "整张地图"),
    "map_filtered": ("Clips that do not pass the filters are grey.", "不符合筛选条件的片段显示为灰色。"),
    "colour_doubtful": ("Not to be believed", "不可信"),
    "colour_cluster": ("Cluster", "聚类"),
    "colour_trust": ("Trust: neighbours kept", "可信度：保留的近邻"),
    "colour_score": ("Score: {label}", "得分：{label}"),
    "chosen_title": ("Chosen clips", "选中的片段"),
    "chosen_empty": (
        "Draw around points on the map, or send the results of a search here, to list and hear the clips.",
        "在地图上圈选，或从搜索页发送结果，即可在此列出并试听。",
    ),
    "chosen_gone": ("The chosen clips are not in this store any more. Choose others on the map.", "选中的片段已不在该库中。请在地图上重新选择。"),
    "chosen_line": ("**{n}** of {total} clips", "**{n}** 个，共 {total} 个片段"),
    "chosen_similar": ("Find clips like these", "查找与这些相似的片段"),
    "chosen_clear": ("Choose none", "取消选择"),
    "chosen_places": ("CSV with their places", "下载 CSV（含坐标）"),
    "chosen_compare": ("Compare with the rest", "与其余片段比较"),
    "chosen_compare_help": ("In what the scores of the chosen clips differ from those of all others.", "选中片段的得分与其他所有片段有何不同。"),
    "chosen_page": ("page {page} of {pages}", "第 {page} / {pages} 页"),
}
# fmt: on
