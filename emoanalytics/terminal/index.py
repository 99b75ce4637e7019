"""What an index of a store came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from emoanalytics.labels import Language
from emoanalytics.neighbours.index import Kind
from emoanalytics.terminal.lines import counted

_WORDS = {
    "none": (
        "no index: {clips} compared one by one, which is exact and quick enough",
        "无需索引：逐一比较 {n} 个片段，结果精确，速度也足够",
    ),
    "made": (
        "{kind} index of {clips}, space: {space}: finds {found:.1%} of the ten nearest (measured on clips of this "
        "store); the similarities it gives are exact",
        "{kind} 索引，{n} 个片段，空间：{space}：能找到最近十个片段中的 {found:.1%}（在本库片段上测得）；"
        "给出的相似度是精确值",
    ),
}
_SPACES = {"raw": "原始", "speaker-centred": "按说话人居中"}


def show_index(
    kind: Kind, record: Mapping[str, Any], clips: int, space: str, language: Language | str = Language.EN
) -> None:
    """One line on standard output.

    Args:
        kind: what was made.
        record: what is kept of it.
        clips: of the space.
        space: whose neighbours it finds.
        language: of the words.
    """
    zh = language == Language.ZH
    if kind is Kind.EXACT:
        click.echo(_WORDS["none"][zh].format(clips=counted(clips, "clip"), n=clips))
        return
    rows = int(record["rows"])
    where = _SPACES.get(space, space) if zh else space
    values = {"kind": kind, "clips": counted(rows, "clip"), "n": rows, "space": where}
    click.echo(_WORDS["made"][zh].format(**values, found=record["recall_at_10"]))
