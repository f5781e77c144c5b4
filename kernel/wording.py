"""Say it twice: text that exists in Traditional Chinese and in English."""

from typing import NamedTuple

CHINESE = "zh-Hant-TW"
ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)


class Bilingual(NamedTuple):
    """One text in the two languages the service speaks."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """Return the wording for `language` (a member of LANGUAGES)."""
        return self.en if language == ENGLISH else self.zh
