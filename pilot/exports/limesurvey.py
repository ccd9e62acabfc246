"""LimeSurvey's tab-separated survey structure, in both languages.

Columns and rows are those of LimeSurvey's manual, “Tab Separated Value survey structure”: the whole survey in the
first language, then every row again in the second one. Two rules of LimeSurvey shape the codes: question codes hold
letters and digits only, at most twenty; answer codes at most five. Items therefore lose the underscores of their id
there, and the mapping file gives them back.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator

from pilot.documents import BilingualText
from pilot.errors import Fault
from pilot.exports.asked import (
    PERSON_CODE,
    PERSON_QUESTION,
    Option,
    ReturnedColumns,
    ToolFile,
    not_exported,
    options_of,
)
from pilot.exports.texts import as_html, one_line
from pilot.i18n import LANGUAGES, Language, message
from pilot.instruments.form import Block, ComposedForm

COLUMNS = (
    "id",
    "related_id",
    "class",
    "type/scale",
    "name",
    "relevance",
    "text",
    "help",
    "language",
    "validation",
    "mandatory",
    "other",
    "default",
    "same_default",
    "min_num_value_n",
    "max_num_value_n",
    "num_value_int_only",
)
LANGUAGE_CODES: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}
LONGEST_CODE = 20
ARRAY, LIST, SHORT_TEXT, LONG_TEXT, NUMBER = "F", "L", "S", "T", "N"
ALWAYS = "1"
Row = dict[str, str]


def limesurvey(form: ComposedForm, first: Language) -> ToolFile:
    """The form as a survey structure; `first` is the survey's base language.

    Raises:
        PilotError: an answer has a code that LimeSurvey cannot record.
    """
    faults = [
        Fault(
            f"{form.form.id} {block.scale_id}",
            message("LimeSurvey records no answer with the code {code}.", code=option.code),
            message("Give the answers codes from 0 on."),
        )
        for block in form.blocks
        for option in options_of(block.answers)
        if option.code < 0
    ]
    if faults:
        raise not_exported(faults)
    codes = _codes_of(form)
    languages = (first, *(language for language in LANGUAGES if language != first))
    rows = list(_survey_rows(form, languages))
    columns: dict[str, str] = {}
    for language in languages:
        rows += _Structure(form, language, codes).rows(columns)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return ToolFile(".txt", stream.getvalue().encode("utf-8-sig"), ReturnedColumns(codes[PERSON_CODE], columns))


def _codes_of(form: ComposedForm) -> dict[str, str]:
    """A code for each question: its id without underscores, cut and numbered where two would be the same."""
    codes: dict[str, str] = {}
    taken = {_block_name(number).lower() for number in range(1, len(form.blocks) + 1)}
    for identifier in (PERSON_CODE, *(i.id for i in form.items), *(q.id for q in form.open_questions)):
        whole = identifier.replace("_", "")
        endings = itertools.chain([""], map(str, itertools.count(2)))
        codes[identifier] = next(
            code for ending in endings if (code := whole[: LONGEST_CODE - len(ending)] + ending) not in taken
        )
        taken.add(codes[identifier])
    return codes


def _block_name(number: int) -> str:
    return f"Block{number}"


def _survey_rows(form: ComposedForm, languages: tuple[Language, ...]) -> Iterator[Row]:
    base, *others = (LANGUAGE_CODES[language] for language in languages)
    settings = {"language": base, "additional_languages": " ".join(others), "format": "G", "anonymized": "N"}
    for name, text in settings.items():
        yield {"class": "S", "name": name, "text": text}
    for language in languages:
        texts = {
            "surveyls_title": as_html(one_line(form.form.title.text(language))),
            "surveyls_welcometext": as_html(form.form.introduction.text(language)),
        }
        for name, text in texts.items():
            yield {"class": "SL", "name": name, "text": text, "language": LANGUAGE_CODES[language]}


class _Structure:
    """Groups, questions and answers in one language; numbers are the same in each."""

    def __init__(self, form: ComposedForm, language: Language, codes: dict[str, str]) -> None:
        self._form, self._language, self._codes = form, language, codes
        self._numbers = itertools.count(1)

    def rows(self, columns: dict[str, str]) -> Iterator[Row]:
        """Every row; `columns` learns where LimeSurvey puts each item's answers."""
        sections = self._form.sections
        yield self._group(1, self._form.form.title)
        yield self._question(SHORT_TEXT, self._codes[PERSON_CODE], PERSON_QUESTION, mandatory="Y")
        blocks = itertools.count(1)
        for number, section in enumerate(sections, start=2):
            yield self._group(number, section.heading)
            for block in section.blocks:
                yield from self._block(block, _block_name(next(blocks)), columns)
            for question in section.open_questions:
                yield self._question(LONG_TEXT, self._codes[question.id], question.text)

    def _block(self, block: Block, name: str, columns: dict[str, str]) -> Iterator[Row]:
        options = options_of(block.answers)
        if options and len(block.items) > 1:
            question = self._question(ARRAY, name, BilingualText(zh="", en=""))
            yield question
            for item in block.items:
                code = self._codes[item.id]
                columns[item.id] = f"{name}[{code}]"
                yield self._row("SQ", "0", code, item.text, id=self._number(), related_id=question["id"])
            yield from self._answers(options, question["id"])
            return
        for item in block.items:
            columns[item.id] = self._codes[item.id]
            limits = {} if options else _limits(block)
            question = self._question(LIST if options else NUMBER, self._codes[item.id], item.text, **limits)
            yield question
            yield from self._answers(options, question["id"])

    def _answers(self, options: tuple[Option, ...], question_id: str) -> Iterator[Row]:
        for option in options:
            yield self._row("A", "0", str(option.code), option.label, id=question_id)

    def _group(self, number: int, heading: BilingualText) -> Row:
        name = one_line(heading.text(self._language))
        return {
            "id": str(number),
            "class": "G",
            "type/scale": f"G{number}",
            "name": as_html(name),
            "relevance": ALWAYS,
            "language": LANGUAGE_CODES[self._language],
        }

    def _question(self, kind: str, code: str, text: BilingualText, **more: str) -> Row:
        return self._row("Q", kind, code, text, id=self._number(), relevance=ALWAYS, other="N", **more)

    def _row(self, row_class: str, kind: str, name: str, text: BilingualText, **more: str) -> Row:
        own = text.text(self._language)
        language = LANGUAGE_CODES[self._language]
        return {
            "class": row_class,
            "type/scale": kind,
            "name": name,
            "text": as_html(own),
            "language": language,
            **more,
        }

    def _number(self) -> str:
        return str(next(self._numbers))


def _limits(block: Block) -> Row:
    answers = block.answers
    limits = {"min_num_value_n": f"{answers.lowest:g}", "max_num_value_n": f"{answers.highest:g}"}
    return {**limits, "num_value_int_only": "1"} if answers.whole_numbers else limits
