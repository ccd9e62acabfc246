"""Numbers, dates and texts as one language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from pilot.documents import BilingualText
from pilot.i18n import Language, Message

LOCALES: dict[Language, str] = {"zh": "zh_Hans_CN", "en": "en_GB"}
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Voice:
    """Says things in one language.

    Attributes:
        language: Which.
    """

    language: Language

    def say(self, sentence: Message) -> str:
        """A sentence in this language."""
        return sentence.text(self.language)

    def join(self, *sentences: str) -> str:
        """Whole sentences one after the other; Chinese sets no space between them."""
        return ("" if self.language == "zh" else " ").join(sentence for sentence in sentences if sentence)

    def listing(self, parts: Sequence[Message]) -> str:
        """Parts in a row."""
        joiner = "、" if self.language == "zh" else ", "
        return joiner.join(self.say(part) for part in parts)

    def name(self, text: BilingualText) -> str:
        """A name that the plan gives in both languages."""
        return text.text(self.language)

    def count(self, n: int) -> str:
        """A whole number."""
        return self._number(n, "#,##0")

    def effect(self, value: float, *told_from: float) -> str:
        """Points with their sign."""
        return self._number(value, "+#,##0.{0};-#,##0.{0}", decimals_needed(value, *told_from))

    def size(self, value: float, *told_from: float) -> str:
        """Points without a sign."""
        return self._number(abs(value), "#,##0.{0}", decimals_needed(value, *told_from))

    def fraction(self, value: float) -> str:
        """A fit index or its change, three decimals."""
        return self._number(value, "#,##0.{0}", 3)

    def amount(self, value: float) -> str:
        """A quantity of any unit, with as many decimals as it needs, at most two."""
        return self._number(value, "#,##0.##")

    def percent(self, share: float) -> str:
        """Percent, given 0 to 100."""
        return self._number(round(share), "#,##0") + "%"

    def date(self, day: date | datetime | str) -> str:
        """A day of the calendar."""
        if isinstance(day, str):
            day = date.fromisoformat(day)
        return format_date(day, format="long", locale=LOCALES[self.language])

    def _number(self, value: float, pattern: str, decimals: int = 0) -> str:
        rounded = round(value, decimals) if "{0}" in pattern else value
        if rounded == 0:  # no sign on a zero, however it came about
            rounded, pattern = 0, pattern.split(";")[0].removeprefix("+")
        text: str = format_decimal(
            rounded, format=pattern.replace("{0}", "0" * decimals), locale=LOCALES[self.language]
        )
        return text.replace("-", MINUS)


def decimals_needed(value: float, *told_from: float) -> int:
    """Two decimals, or more where two would make the value equal to zero or to what it is compared with."""
    for decimals in (2, 3, 4):
        if all(value == other or round(value, decimals) != round(other, decimals) for other in (0.0, *told_from)):
            return decimals
    return 4
