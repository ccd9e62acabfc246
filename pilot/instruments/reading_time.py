"""How long a form takes: reading, then choosing.

Reading. Adults read English silently at 238 words a minute and aloud at 183 (Brysbaert 2019, Journal of Memory and
Language 109, 104047, 190 studies). Chinese is read aloud at 255 characters a minute (Trauzettel-Klosinski & Dietz
2012, Investigative Ophthalmology & Visual Science 53, 5452-5461); the ratio of English, 238 to 183, makes that 332
silently. Labels that stand there again are not read again.

Choosing. Five seconds where a question with other answers begins, two for each further one in the same list, fifteen
for an answer in one's own words: market research's rule of thumb for online surveys, (W/5 + 5 Q + 2 (D - Q) + 15 T)
seconds for W words, Q questions, D decisions and T texts. It agrees with the ten seconds or so that an ordinary
stand-alone question takes in all (Pew Research Center 2022, "How we keep our online surveys from running too long").

It is an estimate for a typical reader: most adults lie within 175 and 300 words a minute (Brysbaert 2019), and on a
phone the same question takes about a fifth longer (Andreadis 2015, in Mobile Research Methods, Ubiquity Press, 63-79).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pilot.documents import BilingualText
from pilot.i18n import Language

if TYPE_CHECKING:
    from pilot.instruments.form import ComposedForm

CHINESE_CHARACTER = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z0-9][\w’'-]*", re.ASCII)
CHARACTERS_A_MINUTE = 255 * 238 / 183
WORDS_A_MINUTE = 238
SECONDS_FOR_NEW_ANSWERS = 5
SECONDS_FOR_THE_SAME_ANSWERS = 2
SECONDS_FOR_A_TEXT = 15


def minutes_to_answer(form: ComposedForm, language: Language) -> float:
    """Minutes that a typical reader takes to read and answer a form."""
    reading = sum(reading_minutes(text.text(language)) for text in _texts(form))
    return reading + _choosing_seconds(form) / 60


def reading_minutes(text: str) -> float:
    """Minutes to read a text in whatever language; Latin words within Chinese count as words."""
    characters, words = len(CHINESE_CHARACTER.findall(text)), len(WORD.findall(text))
    return characters / CHARACTERS_A_MINUTE + words / WORDS_A_MINUTE


def _texts(form: ComposedForm) -> Iterator[BilingualText]:
    yield form.form.title
    yield form.form.introduction
    for section in form.sections:
        yield section.heading
        yield from (item.text for block in section.blocks for item in block.items)
        yield from (question.text for question in section.open_questions)
    yield from _once(label for block in form.blocks for label in block.answers.anchors.values())


def _once(labels: Iterable[BilingualText]) -> Iterable[BilingualText]:
    return {(label.zh, label.en): label for label in labels}.values()


def _choosing_seconds(form: ComposedForm) -> int:
    seconds = SECONDS_FOR_A_TEXT * len(form.open_questions)
    for section in form.sections:
        before = None
        for block in section.blocks:
            first = SECONDS_FOR_THE_SAME_ANSWERS if block.answers == before else SECONDS_FOR_NEW_ANSWERS
            seconds += first + SECONDS_FOR_THE_SAME_ANSWERS * (len(block.items) - 1)
            before = block.answers
    return seconds
