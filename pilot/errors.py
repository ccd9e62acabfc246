"""What is wrong with the user's input, said so that it can be put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilot.i18n import Language, Message


@dataclass(frozen=True)
class Fault:
    """One thing to put right.

    Attributes:
        place: Where it stands: file with line, row and column, or path of keys.
        found: What is wrong there.
        remedy: What to do or write instead.
    """

    place: str
    found: Message
    remedy: Message

    def text(self, language: Language) -> str:
        """The fault as one line."""
        colon, gap = ("：", "") if language == "zh" else (": ", " ")
        return f"{self.place}{colon}{self.found.text(language)}{gap}{self.remedy.text(language)}"


class PilotError(Exception):
    """The user's input cannot be used; nothing was changed.

    Attributes:
        headline: What could not be done.
        faults: All that is wrong, in the order of the input.
    """

    def __init__(self, headline: Message, faults: Sequence[Fault] = ()) -> None:
        super().__init__(headline, tuple(faults))
        self.headline = headline
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.headline.text("en"), *(fault.text("en") for fault in self.faults)])
