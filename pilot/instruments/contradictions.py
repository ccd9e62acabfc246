"""Entries of a questionnaire that do not go together: each said in a sentence, with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.documents import Contradiction
from pilot.documents.page import Keys
from pilot.i18n import message

if TYPE_CHECKING:
    from pilot.instruments.model import Answers, Instrument, Item, Scale


def instrument_contradictions(instrument: Instrument) -> Iterator[Contradiction]:
    """All of them."""
    scales = {scale.id: scale for scale in instrument.scales}
    for index, item in enumerate(instrument.items):
        yield from _unknown_names(("items", index), item, instrument, scales)
        if item.scale in scales:
            yield from _instruction(("items", index), item, instrument.answers.get(item.answers), scales[item.scale])
    yield from _repeated_ids(instrument)
    n_items = Counter(item.scale for item in instrument.items)
    for index, scale in enumerate(instrument.scales):
        yield from _scale_size(("scales", index), scale, n_items[scale.id])
    for name, answers in instrument.answers.items():
        yield from _answer_range(("answers", name), answers)
    yield from _reviews_of_nothing(instrument)


def _unknown_names(keys: Keys, item: Item, instrument: Instrument, scales: dict[str, Scale]) -> Iterator[Contradiction]:
    if item.scale not in scales:
        yield Contradiction(
            (*keys, "scale"),
            message("there is no scale “{scale}” here.", scale=item.scale),
            message("Write one of: {choices}.", choices=sorted(scales)),
        )
    if item.answers not in instrument.answers:
        yield Contradiction(
            (*keys, "answers"),
            message("there are no answers “{answers}” here.", answers=item.answers),
            message("Write one of: {choices}.", choices=sorted(instrument.answers)),
        )


def _instruction(keys: Keys, item: Item, answers: Answers | None, scale: Scale) -> Iterator[Contradiction]:
    if scale.kind == "check" and item.instructed is None:
        yield Contradiction(
            keys,
            message("an item of a scale of the kind “check” says which answer its text asks for."),
            message("Add “instructed: CODE”, or give the scale another kind."),
        )
    if item.instructed is None:
        return
    if scale.kind != "check":
        yield Contradiction(
            (*keys, "instructed"),
            message("the scale “{scale}” is scored, so none of its items can ask for one answer.", scale=scale.id),
            message("Put the item into a scale of its own with “kind: check”."),
        )
    if answers and not answers.lowest <= item.instructed <= answers.highest:
        yield Contradiction(
            (*keys, "instructed"),
            message("nobody can answer {code}.", code=item.instructed),
            message("Write a code from {lowest} to {highest}.", lowest=answers.lowest, highest=answers.highest),
        )
    if item.reversed:
        yield Contradiction(
            (*keys, "reversed"),
            message("an item that asks for one answer is not scored, so it cannot be reversed."),
            message("Remove “reversed”."),
        )


def _repeated_ids(instrument: Instrument) -> Iterator[Contradiction]:
    """Items, scales and open questions share one set of ids: the columns of one table of answers."""
    seen: set[str] = set()
    for part in ("scales", "items", "open_questions"):
        for index, entry in enumerate(getattr(instrument, part)):
            if entry.id in seen:
                yield Contradiction(
                    (part, index, "id"),
                    message("the id “{id}” is used twice.", id=entry.id),
                    message("Give every scale, item and open question an id of its own."),
                )
            seen.add(entry.id)


def _scale_size(keys: Keys, scale: Scale, n_items: int) -> Iterator[Contradiction]:
    if n_items == 0:
        yield Contradiction(
            keys,
            message("the scale “{scale}” has no item.", scale=scale.id),
            message("Add items that name it, or remove it."),
        )
    elif scale.kind == "single" and n_items > 1:
        yield Contradiction(
            (*keys, "kind"),
            message("the scale “{scale}” is “single” and has {count} items.", scale=scale.id, count=n_items),
            message("Keep one, or write “reflective” (they show one thing) or “formative” (a list)."),
        )


def _answer_range(keys: Keys, answers: Answers) -> Iterator[Contradiction]:
    if answers.lowest >= answers.highest:
        yield Contradiction(
            keys,
            message("“lowest” is not below “highest”."),
            message("Write the smallest code as “lowest” and the largest as “highest”."),
        )
        return
    for code in answers.anchors:
        if not answers.lowest <= code <= answers.highest:
            yield Contradiction(
                (*keys, "anchors", str(code)),
                message("the label of {code} stands outside the answers.", code=code),
                message("Write a code from {lowest} to {highest}.", lowest=answers.lowest, highest=answers.highest),
            )


def _reviews_of_nothing(instrument: Instrument) -> Iterator[Contradiction]:
    known = {*instrument.ids, *instrument.answers}
    for index, review in enumerate(instrument.reviewed):
        if review.about not in known:
            yield Contradiction(
                ("reviewed", index, "about"),
                message("there is nothing called “{id}” here.", id=review.about),
                message("Write the id of a scale, an item, an open question or of answers of this page."),
            )
