"""A sentence a person reads, in both languages of the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and in English.

    >>> Text(zh="限制建设区", en="restricted construction zone").in_language("en")
    'restricted construction zone'
    """

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """The sentence in one language."""
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Fill the same placeholders of both sentences; a value that is a Text speaks each language in turn.

        >>> Text(zh="占用{zone}", en="occupies {zone}").format(zone=Text(zh="绿线", en="a green line")).en
        'occupies a green line'
        """
        return Text(
            zh=self.zh.format(**{key: _spoken(value, "zh") for key, value in values.items()}),
            en=self.en.format(**{key: _spoken(value, "en") for key, value in values.items()}),
        )

    def to_json(self) -> dict[str, str]:
        """As stored in reports: ``{"zh": ..., "en": ...}``."""
        return {"zh": self.zh, "en": self.en}

    def __str__(self) -> str:
        return f"{self.zh} · {self.en}"


def _spoken(value: object, language: Language) -> object:
    return value.in_language(language) if isinstance(value, Text) else value
