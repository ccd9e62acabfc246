"""What every tool asks: the person's code first, then the questions of the form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pilot.documents import BilingualText
from pilot.errors import Fault, PilotError
from pilot.exports.texts import tidy
from pilot.i18n import Message, message
from pilot.instruments.form import ComposedForm
from pilot.instruments.model import Answers

PERSON_CODE = "person_code"
PERSON_QUESTION = BilingualText(
    zh="您的参与编号（写在邀请里，不是姓名）",
    en="Your participant code (it is in your invitation; not your name)",
)


@dataclass(frozen=True)
class Option:
    """One answer to tick.

    Attributes:
        code: What is recorded.
        label: What is read; the code itself where the questionnaire has no label for it.
        is_labelled: Whether the questionnaire has one.
    """

    code: int
    label: BilingualText
    is_labelled: bool


@dataclass(frozen=True)
class ReturnedColumns:
    """How a tool calls the columns of its own export.

    Attributes:
        person: The column with the person's code.
        items: The column of each item.
        values: What the tool writes for an answer, and its code, where the answer's label does not say it.
        are_numbered: Whether the tool writes the question's number before its wording.
        rows_below_header: Rows of explanation before the first answer.
        missing: What the tool writes where nothing was answered; an empty cell, if nothing else.
    """

    person: str
    items: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)
    are_numbered: bool = False
    rows_below_header: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolFile:
    """A form as one file of a tool.

    Attributes:
        suffix: Of the file's name.
        content: The file.
        columns: How its answers come back; None for paper.
    """

    suffix: str
    content: bytes
    columns: ReturnedColumns | None = None


def options_of(answers: Answers) -> tuple[Option, ...]:
    """The answers to tick, lowest code first; none where a number is written."""
    return tuple(
        Option(code, answers.anchors.get(code, BilingualText(zh=str(code), en=str(code))), code in answers.anchors)
        for code in answers.codes
    )


def number_told(answers: Answers) -> Message:
    """From which to which number a written answer goes."""
    return message("({lowest} to {highest})", lowest=answers.lowest, highest=answers.highest)


def not_exported(faults: Sequence[Fault]) -> PilotError:
    """That a form cannot be carried by the tool."""
    return PilotError(message("The form was not exported; nothing was written."), faults)


def check_form(form: ComposedForm) -> None:
    """Refuse what no tool can ask.

    Raises:
        PilotError: a question or an answer without words in one of the languages, or an item with our own id.
    """
    faults = list(_faults(form))
    if faults:
        raise not_exported(faults)


def _faults(form: ComposedForm) -> Iterator[Fault]:
    texts = {item.id: item.text for item in form.items}
    texts |= {question.id: question.text for question in form.open_questions}
    for block in form.blocks:
        texts |= {f"{block.scale_id} {option.code}": option.label for option in options_of(block.answers)}
    texts |= {f"sections[{number}]": section.heading for number, section in enumerate(form.sections, start=1)}
    texts |= {"title": form.form.title, "introduction": form.form.introduction}
    for place, both in texts.items():
        if not tidy(both.zh) or not tidy(both.en):
            found = message("there are no words in one of the two languages.")
            yield Fault(f"{form.form.id} {place}", found, message("Write the text in Chinese and in English."))
    if PERSON_CODE in texts:
        found = message("the id “{id}” is kept for the person's code.", id=PERSON_CODE)
        yield Fault(f"{form.form.id} {PERSON_CODE}", found, message("Give the question another id."))
