"""Whether a question is still the same question: an id stands for one wording, one set of answers and one keying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pilot.i18n import Message, message
from pilot.instruments.model import Instruments


@dataclass(frozen=True)
class Rewording:
    """An id that stands for something else than before.

    Attributes:
        instrument_id: The page on which it stands now.
        id: Of the item or the open question.
        what: What changed.
    """

    instrument_id: str
    id: str
    what: Message


def rewordings(before: Instruments, after: Instruments) -> Iterator[Rewording]:
    """Items and open questions that kept their id and not their wording, answers or keying."""
    old = {identifier: content for _, identifier, content in _questions(before)}
    for instrument_id, identifier, content in _questions(after):
        changed = [what for what, now in content.items() if identifier in old and old[identifier].get(what) != now]
        if changed:
            yield Rewording(instrument_id, identifier, _named(changed[0]))


def _questions(instruments: Instruments) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each question with what makes it the question it is."""
    for page in instruments.by_id.values():
        for item in page.items:
            content = {"text": item.text, "answers": page.answers[item.answers], "keying": item.reversed}
            yield page.id, item.id, {**content, "instructed": item.instructed}
        for question in page.open_questions:
            yield page.id, question.id, {"text": question.text}


def _named(what: str) -> Message:
    names = {
        "text": message("its text"),
        "answers": message("what can be answered to it"),
        "keying": message("its keying"),
        "instructed": message("the answer that it asks for"),
    }
    return names[what]
