"""A careful editor for questionnaires and forms: what is wrong, what is doubtful, what is worth knowing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilot.documents import PageSource, validate_page
from pilot.documents.page import Keys, parse_page
from pilot.errors import Fault, PilotError
from pilot.i18n import LANGUAGES, Message, message
from pilot.instruments.form import Form
from pilot.instruments.model import Answers, Finding, Instrument, Instruments, Item, plain_label
from pilot.instruments.prose import doubts_about
from pilot.instruments.reading import compose_page
from pilot.instruments.reading_time import CHINESE_CHARACTER
from pilot.instruments.wording import rewordings

FEWEST_ITEMS = 3  # with fewer a reliability says little and a factor model nothing
MANY_ITEMS = 4  # of a scale in which turned items are worth a thought

HEADLINE = message("The questionnaires are not in order.")


@dataclass(frozen=True)
class Opinion:
    """What the editor says of some pages.

    Attributes:
        faults: What has to be put right.
        warnings: What should be looked at; a page can keep it with a reason (`reviewed`).
        notes: What is worth knowing.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    notes: tuple[Fault, ...]


@dataclass(frozen=True)
class _Doubt:
    about: str
    finding: Finding
    fault: Fault


def edit(paths: Iterable[Path], shipped: Instruments) -> Opinion:
    """Read pages as an editor does; a page with sections is a form.

    Args:
        paths: The pages.
        shipped: What ids already stand for.
    """
    faults: list[Fault] = []
    warnings: list[Fault] = []
    notes: list[Fault] = []
    pages: dict[Path, Instrument] = {}
    for path in paths:
        try:
            source = parse_page(path)
        except PilotError as error:
            faults.extend(error.faults)
            continue
        faults.extend(_untranslated(source))
        try:
            if isinstance(source.content, dict) and "sections" in source.content:
                faults.extend(_form_faults(source, path.parent))
                continue
            page = validate_page(source, Instrument, HEADLINE)
        except PilotError as error:
            faults.extend(error.faults)
            continue
        pages[path] = page
        faults.extend(_page_faults(source, page, shipped))
        warnings.extend(_unreviewed(source, page))
        notes.extend(_notes(source, page))
    faults.extend(_ids_on_two_pages(pages))
    return Opinion(tuple(faults), tuple(warnings), tuple(notes))


def _untranslated(source: PageSource) -> Iterator[Fault]:
    """Every pair of texts in which one language is missing or stands in the other one's place."""
    for keys, zh, en in _pairs(source.content, ()):
        if not zh.strip() or not en.strip():
            language = "zh" if not zh.strip() else "en"
            yield Fault(
                source.place((*keys, language)), message("the text is empty."), message("Write it in both languages.")
            )
            continue
        if any(letter.isalpha() for letter in zh) and not CHINESE_CHARACTER.search(zh):
            found = message("“{text}” is not Chinese.", text=zh)
            yield Fault(source.place((*keys, "zh")), found, message("Write the Chinese text here."))
        if CHINESE_CHARACTER.search(en):
            found = message("“{text}” is not English.", text=en)
            yield Fault(source.place((*keys, "en")), found, message("Write the English text here."))


def _pairs(content: Any, keys: Keys) -> Iterator[tuple[Keys, str, str]]:
    if isinstance(content, dict):
        zh, en = content.get("zh"), content.get("en")
        if isinstance(zh, str) and isinstance(en, str):
            yield keys, zh, en
        for key, part in content.items():
            yield from _pairs(part, (*keys, key))
    elif isinstance(content, list):
        for index, part in enumerate(content):
            yield from _pairs(part, (*keys, index))


def _form_faults(source: PageSource, folder: Path) -> Iterator[Fault]:
    form = compose_page(validate_page(source, Form, HEADLINE), source, folder)
    for language in LANGUAGES:
        minutes = form.minutes(language)
        if minutes > form.form.at_most_minutes:
            found = message("it takes about {minutes} minutes in Chinese.", minutes=f"{minutes:.1f}")
            if language == "en":
                found = message("it takes about {minutes} minutes in English.", minutes=f"{minutes:.1f}")
            remedy = message("Ask less, or allow more than {most} minutes.", most=form.form.at_most_minutes)
            yield Fault(source.place(("at_most_minutes",)), found, remedy)


def _page_faults(source: PageSource, page: Instrument, shipped: Instruments) -> Iterator[Fault]:
    for name, answers in page.answers.items():
        yield from _labels_twice(source, name, answers)
    for index, item in enumerate(page.items):
        yield from _instruction_without_its_label(source, ("items", index, "text"), item, page.answers[item.answers])
    for changed in rewordings(shipped, Instruments({page.id: page})):
        yield Fault(
            f"{source.name} {changed.id}",
            message("{what} differs from the shipped question of this id.", what=changed.what),
            message("Give it a new id: answers to two wordings are not compared."),
        )


def _labels_twice(source: PageSource, name: str, answers: Answers) -> Iterator[Fault]:
    for language in LANGUAGES:
        codes: defaultdict[str, list[int]] = defaultdict(list)
        for code, label in answers.anchors.items():
            codes[plain_label(label.text(language))].append(code)
        for words, same in codes.items():
            if words and len(same) > 1:
                yield Fault(
                    source.place(("answers", name, "anchors", str(same[1]))),
                    message("“{label}” is the label of {codes}.", label=words, codes=same),
                    message("Give each answer a label of its own."),
                )


def _instruction_without_its_label(source: PageSource, keys: Keys, item: Item, answers: Answers) -> Iterator[Fault]:
    if item.instructed is None:
        return
    label = answers.anchors.get(item.instructed)
    for language in LANGUAGES:
        if label is None or label.text(language) not in item.text.text(language):
            wanted = str(item.instructed) if label is None else label.text(language)
            yield Fault(
                source.place((*keys, language)),
                message("the text does not name the answer that it asks for (“{label}”).", label=wanted),
                message("Write the label into the text, letter by letter."),
            )


def _unreviewed(source: PageSource, page: Instrument) -> Iterator[Fault]:
    doubts = list(_doubts(source, page))
    made = {(doubt.about, doubt.finding) for doubt in doubts}
    kept = {(review.about, review.finding) for review in page.reviewed}
    yield from (doubt.fault for doubt in doubts if (doubt.about, doubt.finding) not in kept)
    for index, review in enumerate(page.reviewed):
        if (review.about, review.finding) not in made:
            found = message("this keeps a finding that is not made.")
            yield Fault(source.place(("reviewed", index)), found, message("Remove it."))


def _doubts(source: PageSource, page: Instrument) -> Iterator[_Doubt]:
    for part in ("items", "open_questions"):
        for index, entry in enumerate(getattr(page, part)):
            for finding, found, remedy in doubts_about(entry.text):
                yield _Doubt(entry.id, finding, Fault(source.place((part, index, "text")), found, remedy))
    for index, scale in enumerate(page.scales):
        n_items = sum(item.scale == scale.id for item in page.items)
        if scale.kind == "reflective" and n_items < FEWEST_ITEMS:
            found = message("the scale “{scale}” has {count} items that show one thing.", scale=scale.id, count=n_items)
            remedy = message("Add to it, or call it “single” (one item) or “formative” (a list of different things).")
            yield _Doubt(scale.id, "few_items", Fault(source.place(("scales", index)), found, remedy))
    for name, answers in page.answers.items():
        for finding, found, remedy in _doubts_about_labels(answers):
            yield _Doubt(name, finding, Fault(source.place(("answers", name)), found, remedy))


def _doubts_about_labels(answers: Answers) -> Iterator[tuple[Finding, Message, Message]]:
    codes = set(answers.anchors)
    if answers.codes and not {answers.lowest, answers.highest} <= codes:
        yield (
            "unlabelled_end",
            message("the lowest or the highest answer has no label."),
            message("Label both ends: what a number means is otherwise everybody's guess."),
        )
    elif {answers.lowest + answers.highest - code for code in codes} != codes:
        yield (
            "unbalanced_labels",
            message("the labels are not balanced around the middle."),
            message("Label the mirror image of each labelled answer too, or the ends alone."),
        )


def _notes(source: PageSource, page: Instrument) -> Iterator[Fault]:
    for index, scale in enumerate(page.scales):
        keyed = [item.reversed for item in page.items if item.scale == scale.id]
        if scale.kind == "reflective" and len(keyed) >= MANY_ITEMS and len(set(keyed)) == 1:
            yield Fault(
                source.place(("scales", index)),
                message("all items of “{scale}” are keyed the same way.", scale=scale.id),
                message("Somebody who agrees with everything scores high; one turned item shows it."),
            )


def _ids_on_two_pages(pages: dict[Path, Instrument]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for path, page in pages.items():
        for identifier in page.ids:
            if identifier in first:
                yield Fault(
                    f"{path.name} {identifier}",
                    message("“{id}” stands in {file} too.", id=identifier, file=first[identifier]),
                    message("Give it another id; answers are told apart by it."),
                )
            first.setdefault(identifier, path.name)
