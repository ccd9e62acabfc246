"""What an instrument is made of."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from pilot.documents import BilingualText, Contradiction, FormatOne, Page
from pilot.instruments.contradictions import instrument_contradictions

MOST_TICKED = 11  # from 0 to 10; of more answers one is written
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
ScaleKind = Literal["reflective", "formative", "single", "check"]
Finding = Literal[
    "double_barrelled", "leading", "negation", "length", "few_items", "unlabelled_end", "unbalanced_labels"
]
"""What an editor doubts in a questionnaire; each can be reviewed and kept."""


class Answers(Page):
    """The answer options that items share.

    Attributes:
        lowest: Smallest code.
        highest: Largest code.
        whole_numbers: Whether only whole codes can be answered; no for scores computed elsewhere.
        anchors: Label of each labelled code.
    """

    lowest: float
    highest: float
    whole_numbers: bool = True
    anchors: dict[int, BilingualText] = Field(default_factory=dict)

    @property
    def codes(self) -> tuple[int, ...]:
        """Codes to tick, lowest first; none where a number is written, because they are too many or not whole."""
        codes = tuple(range(math.ceil(self.lowest), math.floor(self.highest) + 1))
        return codes if self.whole_numbers and len(codes) <= MOST_TICKED else ()

    def codes_by_label(self) -> dict[str, float]:
        """Code of each anchor label, both languages, for imports that bring words instead of numbers."""
        labels = [(label, code) for code, both in self.anchors.items() for label in (both.zh, both.en)]
        return {plain_label(label): float(code) for label, code in labels}


def plain_label(label: str) -> str:
    """A label however wide and in whatever case its letters are written, as answers are compared with it."""
    return unicodedata.normalize("NFKC", label).strip().casefold()


class Scale(Page):
    """Items for one construct, scored as their mean.

    Attributes:
        id: Stable identifier.
        name: What a reader calls it.
        construct_source: Where the construct is described in the literature.
        kind: `reflective`, items that show one thing; `formative`, a list of different things, which has no
            reliability; `single`, one item that stands for itself; `check`, which is never scored and shows whether
            somebody reads.
        is_marker: Whether the practice should not move it; where it moves all the same, something else is at work.
    """

    id: Identifier
    name: BilingualText
    construct_source: str
    kind: ScaleKind = "reflective"
    is_marker: bool = False


class Item(Page):
    """One question.

    Attributes:
        id: Stable identifier; a changed wording gets a new one.
        scale: The scale it belongs to.
        answers: Which of the instrument's answer options it takes.
        reversed: Whether agreement means less of the construct.
        instructed: The code that the text asks for; only in a scale of kind `check`.
        text: The question.
    """

    id: Identifier
    scale: Identifier
    answers: Identifier
    reversed: bool = False
    instructed: int | None = None
    text: BilingualText


class OpenQuestion(Page):
    """A question answered in one's own words; it is never scored.

    Attributes:
        id: Stable identifier.
        text: The question.
    """

    id: Identifier
    text: BilingualText


class Review(Page):
    """A finding of `pilot survey check` that was looked at and stays.

    Attributes:
        about: Id of the scale, item, open question or answers.
        finding: Which finding.
        reason: Why it stays.
    """

    about: Identifier
    finding: Finding
    reason: BilingualText


class Instrument(Page):
    """One page of `surveys/`.

    Attributes:
        format: Of this page.
        id: Stable identifier.
        title: What a reader calls it.
        answers: Answer options by name.
        scales: What its items measure.
        items: In the order in which they are asked.
        open_questions: Asked in one's own words.
        reviewed: Findings of the editor that stay, each with its reason.
    """

    format: FormatOne
    id: Identifier
    title: BilingualText
    answers: dict[Identifier, Answers]
    scales: tuple[Scale, ...] = Field(min_length=1)
    items: tuple[Item, ...] = Field(min_length=1)
    open_questions: tuple[OpenQuestion, ...] = ()
    reviewed: tuple[Review, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id by which answers are told apart: of items, scales and open questions."""
        return tuple(entry.id for part in (self.items, self.scales, self.open_questions) for entry in part)

    def contradictions(self) -> Iterator[Contradiction]:
        """Names that are not there, ids used twice, instructions and answers that do not fit."""
        return instrument_contradictions(self)


@dataclass(frozen=True)
class Instruments:
    """All instruments that a plan uses, by id."""

    by_id: dict[str, Instrument]

    @property
    def scales(self) -> dict[str, Scale]:
        """Every scale by id."""
        return {scale.id: scale for instrument in self.by_id.values() for scale in instrument.scales}

    @property
    def items(self) -> dict[str, Item]:
        """Every item by id."""
        return {item.id: item for instrument in self.by_id.values() for item in instrument.items}

    def items_of(self, scale_id: str) -> tuple[Item, ...]:
        """The items of one scale, in the order of the page."""
        return tuple(item for item in self.items.values() if item.scale == scale_id)

    def answers_of(self, item_id: str) -> Answers:
        """What can be answered to one item."""
        for instrument in self.by_id.values():
            for item in instrument.items:
                if item.id == item_id:
                    return instrument.answers[item.answers]
        raise KeyError(item_id)

    def range_of(self, scale_id: str) -> tuple[float, float]:
        """Lowest and highest possible score of one scale, in points."""
        options = [self.answers_of(item.id) for item in self.items_of(scale_id)]
        return min(each.lowest for each in options), max(each.highest for each in options)
