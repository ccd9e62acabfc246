"""XLSForm: the workbook that KoboToolbox, ODK and SurveyCTO read, in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

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
from pilot.exports.texts import tidy
from pilot.i18n import LANGUAGES, Language, message
from pilot.instruments.form import Block, ComposedForm, ComposedSection
from pilot.instruments.model import Answers

LANGUAGE_NAMES: dict[Language, str] = {"zh": "中文 (zh)", "en": "English (en)"}
MOST_LIKERT = 7  # wider scales do not fit beside each other on a phone
ENTITY = re.compile(r"&(?=#?\w+;)")
HEADING = re.compile(r"^#", re.MULTILINE)
LOOKALIKES = str.maketrans({"*": "＊", "_": "＿", "`": "｀", "<": "＜", ">": "＞"})  # Markdown and HTML in these tools
Row = dict[str, str]


def xlsform(form: ComposedForm, first: Language) -> ToolFile:
    """The form as an XLSForm; `first` is the language that is shown first.

    Raises:
        PilotError: pyxform, the reference for this format, refuses the workbook.
    """
    lists = _lists_of(form)
    survey = [
        {"type": "note", "name": "Introduction", **_label(form.form.introduction)},
        {"type": "text", "name": PERSON_CODE, "required": "yes", **_label(PERSON_QUESTION)},
        *(row for number, section in enumerate(form.sections, 1) for row in _section_rows(number, section, lists)),
    ]
    choices = [
        {"list_name": list_name, "name": str(option.code), **_label(option.label)}
        for options, list_name in lists.items()
        for option in options
    ]
    settings = {
        "form_title": _plain(form.form.title.text(first)),
        "form_id": form.form.id,
        "default_language": LANGUAGE_NAMES[first],
        "style": "pages",
    }
    content = _workbook({"survey": survey, "choices": choices, "settings": [settings]})
    _check(content, form.form.id)
    return ToolFile(".xlsx", content, ReturnedColumns(PERSON_CODE, {item.id: item.id for item in form.items}))


def _lists_of(form: ComposedForm) -> dict[tuple[Option, ...], str]:
    """A name for each set of answers; two blocks with the same answers share theirs."""
    names: dict[tuple[Option, ...], str] = {}
    for block in form.blocks:
        options = options_of(block.answers)
        if options:
            names.setdefault(options, f"answers_{len(names) + 1}")
    return names


def _section_rows(number: int, section: ComposedSection, lists: dict[tuple[Option, ...], str]) -> Iterator[Row]:
    """One page. Names of groups begin with a capital, which no item's does."""
    group = f"Section{number}"
    yield {"type": "begin_group", "name": group, "appearance": "field-list", **_label(section.heading)}
    for block in section.blocks:
        asked = _asked(block, lists)
        for item in block.items:
            yield {"name": item.id, **asked, **_label(item.text)}
    for question in section.open_questions:
        yield {"type": "text", "name": question.id, "appearance": "multiline", **_label(question.text)}
    yield {"type": "end_group", "name": group}


def _asked(block: Block, lists: dict[tuple[Option, ...], str]) -> Row:
    options = options_of(block.answers)
    if options:
        appearance = "likert" if len(options) <= MOST_LIKERT else "columns-pack"
        return {"type": f"select_one {lists[options]}", "appearance": appearance}
    answers = block.answers
    told = BilingualText(
        zh=f"请写 {answers.lowest:g} 到 {answers.highest:g} 之间的数。",
        en=f"Write a number from {answers.lowest:g} to {answers.highest:g}.",
    )
    return {
        "type": "integer" if answers.whole_numbers else "decimal",
        "constraint": _between(answers),
        **{f"constraint_message::{LANGUAGE_NAMES[language]}": told.text(language) for language in LANGUAGES},
    }


def _between(answers: Answers) -> str:
    return f". >= {answers.lowest:g} and . <= {answers.highest:g}"


def _label(both: BilingualText) -> Row:
    return {f"label::{LANGUAGE_NAMES[language]}": _plain(both.text(language)) for language in LANGUAGES}


def _plain(text: str) -> str:
    """The text with look-alikes where these tools would see a reference, Markdown or HTML."""
    marked = HEADING.sub("＃", ENTITY.sub("＆", tidy(text)))
    return marked.replace("${", "＄{").replace("](", "］(").translate(LOOKALIKES)


def _workbook(sheets: dict[str, list[Row]]) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in sheets.items():
        worksheet = workbook.create_sheet(title)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        _write_row(worksheet, 1, columns)
        for number, row in enumerate(rows, start=2):
            _write_row(worksheet, number, [row.get(column, "") for column in columns])
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _write_row(worksheet: Worksheet, number: int, texts: list[str]) -> None:
    """A row of texts; one that begins with “=” stays a text."""
    for column, text in enumerate(texts, start=1):
        if text:
            cell = worksheet.cell(row=number, column=column, value=text)
            cell.data_type = "s"
            cell.quotePrefix = True


def _check(content: bytes, form_id: str) -> None:
    try:
        convert(xlsform=io.BytesIO(content), file_type=".xlsx")
    except PyXFormError as error:
        found = message("pyxform, which reads this format, says: {reason}.", reason=str(error).rstrip("."))
        raise not_exported([Fault(form_id, found, message("Change the text or the id that it names."))]) from None
