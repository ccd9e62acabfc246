"""问卷星's text import: one question a line with its type in brackets, its answers one a line below it.

The import was written for texts that people type. It breaks answers at spaces and letters, starts a question at every
line that begins with a number, a heading at “一、”, takes `[…]` for a type, `___` and `{…}` for gaps, and turns
full-width characters into half-width ones when a text is pasted. So texts get look-alikes that mean nothing to it
(〔〕 instead of [ ]), which are no full-width forms themselves. Each item is a question of its own: the columns of a
matrix have no certain names in the export. Answers come back as the words that were read.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
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
from pilot.exports.texts import one_line
from pilot.i18n import Language, message
from pilot.instruments.form import ComposedForm
from pilot.instruments.model import Item, plain_label

SCALE, TEXT, PARAGRAPH = "[量表题]", "[问答题]", "[段落说明]"
LOOKALIKES = str.maketrans(
    {
        **dict(zip("[]{}［］｛｝", "〔〕〔〕〔〕〔〕", strict=True)),
        **dict(zip("<>＜＞", "〈〉〈〉", strict=True)),
        **dict(zip("&＆", "﹠﹠", strict=True)),
        **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
        **dict(zip("①②③④⑤⑥⑦⑧", "⑴⑵⑶⑷⑸⑹⑺⑻", strict=True)),
        **dict(zip("□○§〒¤【】", "◻◯¶〶¢〔〕", strict=True)),
        "\u3000": " ",
    }
)
GAP = re.compile(r"[_＿]{2,}")
SEVERAL = re.compile(r"[(（](可?多选)[)）]")
OUTLINE = re.compile(
    r"[一二三四五六七八九十][.．。、:：\s]|[(（][一二三四五六七八九十][)）]|第\s*[一二三四五六七八九十\d]"
    r"|问题\s*\d|基本信息|个人信息|[A-Za-z]?\s*\d"
)
NUMBERED = re.compile(r"\d[.、]|[(（]\d\d?[)）]")
EXPLAINED = re.compile("请注明|请说明")
SPACE = "\N{NO-BREAK SPACE}"  # the import breaks answers at other spaces
SHIELD = "·"
NOT_ANSWERED = ("(空)", "（空）", "(跳过)", "（跳过）")  # left blank; not shown
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
PLAIN_ANSWER: dict[Language, str] = {"zh": "{code}分", "en": "Point{space}{code}"}


def wenjuanxing(form: ComposedForm, language: Language) -> ToolFile:
    """The form as a text to paste, in one language.

    Raises:
        PilotError: two questions or answers would read the same, or an answer would be torn or get a text box.
    """
    text = _Text(form, language)
    faults = [*text.repeated_questions(), *text.torn_questions(), *text.unusable_answers()]
    if faults:
        raise not_exported(faults)
    columns = ReturnedColumns(
        text.stem(PERSON_QUESTION),
        {item.id: text.stem(item.text) for item in form.items},
        text.values(),
        are_numbered=True,
        missing=NOT_ANSWERED,
    )
    return ToolFile(".txt", text.content().encode("utf-8-sig"), columns)


class _Text:
    """The text in one language."""

    def __init__(self, form: ComposedForm, language: Language) -> None:
        self._form, self._language = form, language
        self._options = {item.id: options_of(block.answers) for block in form.blocks for item in block.items}
        self._codes = {item.id: block.answers.codes_by_label() for block in form.blocks for item in block.items}

    def content(self) -> str:
        """Title, introduction, the person's code, then section by section."""
        form = self._form
        parts = [
            self._line(form.form.title),
            self._line(form.form.introduction),
            f"1.{self.stem(PERSON_QUESTION)}{TEXT}",
        ]
        number = 1
        for section in form.sections:
            parts.append(f"{_neutral(section.heading.text(self._language))}{PARAGRAPH}")
            for item in (item for block in section.blocks for item in block.items):
                number += 1
                options = self._options[item.id]
                lines = [f"{number}.{self.stem(item.text)}{SCALE if options else TEXT}", *map(self.answer, options)]
                parts.append("\n".join(lines))
            for question in section.open_questions:
                number += 1
                parts.append(f"{number}.{self.stem(question.text)}{TEXT}")
        return "\n\n".join(parts) + "\n"

    def stem(self, both: BilingualText) -> str:
        """A question without anything that could be taken for its number or its type."""
        words = _neutral(both.text(self._language))
        return f"{SHIELD}{words}" if words[:1].isdigit() else words

    def answer(self, option: Option) -> str:
        """An answer in one piece; one without a label is its code in words."""
        if not option.is_labelled:
            return PLAIN_ANSWER[self._language].format(code=option.code, space=SPACE)
        return _shielded(_neutral(option.label.text(self._language))).replace(" ", SPACE)

    def _line(self, both: BilingualText) -> str:
        return _shielded(_neutral(both.text(self._language)))

    def values(self) -> dict[str, str]:
        """Codes of the answers whose words alone do not say them, as exported and as pasted."""
        return {
            written: str(option.code)
            for item in self._form.items
            for option in self._options[item.id]
            for written in _as_written_and_pasted(self.answer(option))
            if self._read(item, written) != option.code
        }

    def repeated_questions(self) -> Iterator[Fault]:
        """Questions that read the same; 问卷星 has nothing else to tell them apart."""
        stems = [(PERSON_CODE, self.stem(PERSON_QUESTION))]
        stems += [(item.id, self.stem(item.text)) for item in self._form.items]
        stems += [(question.id, self.stem(question.text)) for question in self._form.open_questions]
        counts = Counter(_compared(stem) for _, stem in stems)
        for identifier, stem in stems:
            if counts[_compared(stem)] > 1:
                found = message("another question reads the same, and 问卷星 tells questions apart by their words.")
                yield Fault(self._place(identifier), found, message("Word the two differently."))

    def torn_questions(self) -> Iterator[Fault]:
        """Questions to write an answer to, out of which 问卷星 would make answers to tick."""
        texts = {item.id: item.text for item in self._form.items if not self._options[item.id]}
        texts |= {question.id: question.text for question in self._form.open_questions}
        for identifier, both in texts.items():
            if self._language == "zh" and _looks_lettered([self.stem(both)]):
                found = message("问卷星 would make answers of the letters A and B in the question.")
                yield Fault(self._place(identifier), found, message("Word the question without single letters."))

    def unusable_answers(self) -> Iterator[Fault]:
        """Answers that would not come back with their code."""
        values = self.values()
        for item in self._form.items:
            written = [self.answer(option) for option in self._options[item.id]]
            if len({plain_label(each) for each in written}) < len(written):
                found = message("two answers read the same, and 问卷星 exports their words.")
                yield Fault(self._place(item.id), found, message("Word the two differently."))
            if self._language == "zh" and _looks_lettered(written):
                found = message("问卷星 would break the answers at their letters A and B.")
                yield Fault(self._place(item.id), found, message("Word the answers without single letters."))
            for option, words in zip(self._options[item.id], written, strict=True):
                if len(NUMBERED.findall(words)) > 1:
                    found = message("问卷星 would break the answer “{answer}” at its numbers.", answer=words)
                    yield Fault(self._place(item.id), found, message("Word the answer without them."))
                if EXPLAINED.search(words):
                    found = message("问卷星 would add a text box to the answer “{answer}”.", answer=words)
                    yield Fault(self._place(item.id), found, message("Leave “请注明” and “请说明” out."))
                code = str(option.code)
                if any(values.get(each, code) != code for each in _as_written_and_pasted(words)):
                    found = message("the answer “{answer}” has another code elsewhere in the form.", answer=words)
                    yield Fault(self._place(item.id), found, message("Word the two differently."))

    def _read(self, item: Item, written: str) -> float | None:
        """What `pilot import` would make of the words."""
        plain = unicodedata.normalize("NFKC", written).strip()
        try:
            return float(plain)
        except ValueError:
            return self._codes[item.id].get(plain_label(written))

    def _place(self, identifier: str) -> str:
        return f"{self._form.form.id} {identifier}"


def _neutral(text: str) -> str:
    return SEVERAL.sub(r"〔\1〕", GAP.sub("…", one_line(text).translate(LOOKALIKES)))


def _shielded(text: str) -> str:
    """With a dot before a beginning, and after an end, that would start a question or a heading."""
    is_blank = not any(letter.isalnum() for letter in text)  # a line of dashes is none to the import
    before = SHIELD if is_blank or OUTLINE.match(text) else ""
    return f"{before}{text}{SHIELD if text.endswith((':', '：')) else ''}"


def _as_written_and_pasted(answer: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((answer, answer.translate(FULL_WIDTH))))


def _compared(stem: str) -> str:
    return "".join(unicodedata.normalize("NFKC", stem).casefold().split())


def _looks_lettered(answers: list[str]) -> bool:
    """Whether the first answer has a single A, and it or the second a single B: then the import breaks at letters."""
    first, second = (*(answer.upper() for answer in answers), "", "")[:2]
    single_a, single_b = re.compile("A(?![A-Z])"), re.compile("B(?![A-Z])")
    return bool(single_a.search(first)) and bool(single_b.search(first) or single_b.search(second))
