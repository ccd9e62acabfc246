"""Forms: what one person is asked at one time, composed from the scales of instruments.

The order of sections, scales and items is frozen with the form, so that a wave differs from another by its answers
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from pilot.documents import BilingualText, Contradiction, FormatOne, Page
from pilot.i18n import Language, message
from pilot.instruments.model import Answers, Identifier, Instruments, Item, OpenQuestion
from pilot.instruments.reading_time import minutes_to_answer

Audience = Literal["employee", "manager", "administrator"]
Occasion = Literal["baseline", "pulse", "endline", "follow_up", "cycle", "any"]


class Section(Page):
    """One page of a form.

    Attributes:
        heading: What the page is about.
        scales: Scales whose items are asked here, in this order.
        open_questions: Questions asked after them, answered in one's own words.
    """

    heading: BilingualText
    scales: tuple[Identifier, ...] = ()
    open_questions: tuple[Identifier, ...] = ()


class Form(Page):
    """One page of `surveys/forms/`.

    Attributes:
        id: Stable identifier.
        title: What the person who fills it in reads first.
        audience: Who fills it in.
        occasion: At which wave, or at the end of a cycle, or at any time.
        introduction: What happens with the answers, in a few sentences.
        instruments: Pages of your own beside this one whose scales it asks; those that ship are known anyway.
        sections: In order.
        at_most_minutes: Longest time that it may take, in either language.
    """

    format: FormatOne
    id: Identifier
    title: BilingualText
    audience: Audience
    occasion: Occasion
    introduction: BilingualText
    instruments: tuple[str, ...] = ()
    sections: tuple[Section, ...] = Field(min_length=1)
    at_most_minutes: float = Field(gt=0, le=60)

    @property
    def scale_ids(self) -> tuple[str, ...]:
        """Every scale asked, in order."""
        return tuple(scale_id for section in self.sections for scale_id in section.scales)

    @property
    def open_question_ids(self) -> tuple[str, ...]:
        """Every open question asked, in order."""
        return tuple(question_id for section in self.sections for question_id in section.open_questions)

    def contradictions(self) -> Iterator[Contradiction]:
        """Empty sections, and what is asked twice."""
        seen: set[str] = set()
        for index, section in enumerate(self.sections):
            if not section.scales and not section.open_questions:
                yield Contradiction(
                    ("sections", index), message("this section asks nothing."), message("Add scales, or remove it.")
                )
            for identifier in (*section.scales, *section.open_questions):
                if identifier in seen:
                    yield Contradiction(
                        ("sections", index),
                        message("“{id}” is asked twice.", id=identifier),
                        message("Keep it in one place."),
                    )
                seen.add(identifier)


@dataclass(frozen=True)
class Block:
    """Items of one scale as they stand in a form.

    Attributes:
        scale_id: The scale.
        answers: What can be answered to these items.
        items: In order.
    """

    scale_id: str
    answers: Answers
    items: tuple[Item, ...]


@dataclass(frozen=True)
class ComposedSection:
    """A section with its questions.

    Attributes:
        heading: What it is about.
        blocks: In order; one scale makes two blocks where its items have different answers.
        open_questions: Asked after them.
    """

    heading: BilingualText
    blocks: tuple[Block, ...]
    open_questions: tuple[OpenQuestion, ...]


@dataclass(frozen=True)
class ComposedForm:
    """A form with every question in it: what is shown, exported and checked.

    Attributes:
        form: The form.
        sections: In order.
    """

    form: Form
    sections: tuple[ComposedSection, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in order."""
        return tuple(block for section in self.sections for block in section.blocks)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in order."""
        return tuple(item for block in self.blocks for item in block.items)

    @property
    def open_questions(self) -> tuple[OpenQuestion, ...]:
        """All open questions in order."""
        return tuple(question for section in self.sections for question in section.open_questions)

    def minutes(self, language: Language) -> float:
        """How long it takes to read and answer, minutes; see `reading_time`."""
        return minutes_to_answer(self, language)


def compose(form: Form, instruments: Instruments) -> ComposedForm:
    """Put the questions into a form.

    Raises:
        KeyError: a scale or an open question is in none of the instruments; `read_form` says so to the user.
    """
    questions = {each.id: each for page in instruments.by_id.values() for each in page.open_questions}
    return ComposedForm(
        form,
        tuple(
            ComposedSection(
                section.heading,
                tuple(block for scale_id in section.scales for block in _blocks(scale_id, instruments)),
                tuple(questions[question_id] for question_id in section.open_questions),
            )
            for section in form.sections
        ),
    )


def _blocks(scale_id: str, instruments: Instruments) -> Iterator[Block]:
    items = instruments.items_of(scale_id)
    if not items:
        raise KeyError(scale_id)
    start = 0
    for end in range(1, len(items) + 1):
        answers = instruments.answers_of(items[start].id)
        if end == len(items) or instruments.answers_of(items[end].id) != answers:
            yield Block(scale_id, answers, items[start:end])
            start = end
