"""A remark to whoever reads a result, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from emoanalytics.labels import Language


@dataclass(frozen=True)
class Note:
    """A remark in words.

    Attributes:
        en: in English.
        zh: in Chinese.

    >>> note = Note("3 files", "3 个文件")
    >>> str(note), note.text("zh")
    ('3 files', '3 个文件')
    """

    en: str
    zh: str

    def text(self, language: Language | str = Language.EN) -> str:
        """In one language."""
        return self.zh if language == Language.ZH else self.en

    def __str__(self) -> str:
        return self.en
