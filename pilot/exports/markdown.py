"""A form as Markdown: to read, to discuss, to print."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilot.exports.asked import PERSON_QUESTION, ToolFile, number_told, options_of
from pilot.exports.texts import one_line
from pilot.i18n import Language
from pilot.instruments.form import Block, ComposedForm

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>&~=:$^])")
BLANK = "＿＿＿＿＿＿＿＿"
BOX = "○"


def markdown(form: ComposedForm, language: Language, suffix: str) -> ToolFile:
    """The form in one language; items carry their id, answers their code."""
    return ToolFile(suffix, "\n".join(_lines(form, language)).encode("utf-8"))


def _lines(form: ComposedForm, language: Language) -> Iterator[str]:
    yield f"# {_plain(form.form.title.text(language))}\n"
    yield f"{_plain(form.form.introduction.text(language))}\n"
    yield f"{_plain(PERSON_QUESTION.text(language))} {BLANK}\n"
    for section in form.sections:
        yield f"## {_plain(section.heading.text(language))}\n"
        for block in section.blocks:
            yield from _block(block, language)
        for question in section.open_questions:
            yield f"{_plain(question.text.text(language))} `{question.id}`\n\n{BLANK}\n"


def _block(block: Block, language: Language) -> Iterator[str]:
    options = options_of(block.answers)
    if not options:
        told = number_told(block.answers).text(language)
        for item in block.items:
            yield f"{_plain(item.text.text(language))} `{item.id}` {_plain(told)} {BLANK}\n"
        return
    headings = [
        f"{option.code} {_plain(option.label.text(language))}" if option.is_labelled else str(option.code)
        for option in options
    ]
    yield f"| | {' | '.join(headings)} | |"
    yield f"|---|{':-:|' * len(options)}---|"
    for item in block.items:
        yield f"| {_plain(item.text.text(language))} | {' | '.join([BOX] * len(options))} | `{item.id}` |"
    yield ""


def _plain(text: str) -> str:
    """The text without any effect of Markdown."""
    return SPECIAL.sub(r"\\\1", one_line(text))
