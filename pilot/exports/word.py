"""A form as a Word document: to print, to fill in by hand, to pass round for comments."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt
from docx.table import Table, _Cell

from pilot.exports.asked import PERSON_QUESTION, Option, ToolFile, number_told, options_of
from pilot.exports.texts import tidy
from pilot.i18n import Language, Message, message
from pilot.instruments.form import Block, ComposedForm

LATIN_FONT, EAST_ASIAN_FONT = "Calibri", "Microsoft YaHei"
SPELLING: dict[Language, str] = {"zh": "zh-CN", "en": "en-GB"}
A4 = (Mm(210), Mm(297))
BLANK = "＿" * 12
BOX = "○"
QUESTION_SHARE = 0.45  # of the width of the page; the answers share the rest
ENTRY_SHARES = (0.1, 0.3, 0.6)
BODY_SIZE, SMALL_SIZE = Pt(10.5), Pt(8.5)


def word(form: ComposedForm, language: Language, suffix: str) -> ToolFile:
    """The form in one language, with a last page for those who type the answers in."""
    return ToolFile(suffix, _Paper(form, language).content())


class _Paper:
    """The document in one language; questions are numbered from 1."""

    def __init__(self, form: ComposedForm, language: Language) -> None:
        self._form, self._language = form, language
        self._document: WordDocument = Document()
        self._number = 0
        page = self._document.sections[0]
        page.page_width, page.page_height = A4
        self._set_fonts()

    def content(self) -> bytes:
        """The file."""
        form, document = self._form, self._document
        title = tidy(form.form.title.text(self._language))
        document.core_properties.title, document.core_properties.author = title[:255], ""
        document.add_heading(title, level=0)
        document.add_paragraph(tidy(form.form.introduction.text(self._language)))
        document.add_paragraph(f"{PERSON_QUESTION.text(self._language)} {BLANK}")
        for section in form.sections:
            document.add_heading(tidy(section.heading.text(self._language)), level=1)
            for block in section.blocks:
                self._add_block(block)
            for question in section.open_questions:
                document.add_paragraph(self._numbered(question.text.text(self._language)))
                document.add_paragraph("\n".join([BLANK * 3] * 3))
        self._add_entry_page()
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()

    def _set_fonts(self) -> None:
        """Chinese has a font of its own in Word; without it the reader's program chooses one."""
        for name in ("Normal", "Title", "Heading 1", "Heading 2"):
            style = self._document.styles[name]
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for attribute in list(fonts.attrib):
                if attribute.endswith("Theme"):  # a theme's font would win over ours
                    del fonts.attrib[attribute]
            for script, font in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", EAST_ASIAN_FONT)):
                fonts.set(qn(f"w:{script}"), font)
        normal = self._document.styles["Normal"]
        normal.font.size = BODY_SIZE
        spelling = OxmlElement("w:lang")
        spelling.set(qn("w:val"), SPELLING[self._language])
        spelling.set(qn("w:eastAsia"), SPELLING["zh"])
        normal.element.get_or_add_rPr().append(spelling)

    def _numbered(self, text: str) -> str:
        self._number += 1
        return f"{self._number}. {tidy(text)}"

    def _add_block(self, block: Block) -> None:
        options = options_of(block.answers)
        if not options:
            told = self._say(number_told(block.answers))
            for item in block.items:
                question = self._numbered(item.text.text(self._language))
                self._document.add_paragraph(f"{question} {told} {BLANK}")
            return
        shares = (QUESTION_SHARE, *[(1 - QUESTION_SHARE) / len(options)] * len(options))
        table = self._table(shares, ["", *(self._heading(option) for option in options)])
        for item in block.items:
            self._add_row(table, [self._numbered(item.text.text(self._language)), *[BOX] * len(options)])
        self._document.add_paragraph()

    def _heading(self, option: Option) -> str:
        return tidy(option.label.text(self._language))

    def _table(self, shares: tuple[float, ...], headings: list[str]) -> Table:
        table: Table = self._document.add_table(rows=1, cols=len(shares))
        table.style, table.autofit = "Table Grid", False
        page = self._document.sections[0]
        text_width = (page.page_width or 0) - (page.left_margin or 0) - (page.right_margin or 0)
        for column, cell, share in zip(table.columns, table.rows[0].cells, shares, strict=True):
            column.width = cell.width = Emu(round(text_width * share))
        _fill(table.rows[0].cells, headings)
        repeated = OxmlElement("w:tblHeader")  # the answers stand at the top of every page that the table reaches
        table.rows[0]._tr.get_or_add_trPr().append(repeated)
        return table

    def _add_row(self, table: Table, texts: list[str]) -> None:
        _fill(table.add_row().cells, texts)

    def _add_entry_page(self) -> None:
        """Which number is which item, and which answer which code: for whoever types in what was ticked."""
        self._document.add_page_break()
        self._document.add_heading(self._say(message("For typing in the answers")), level=1)
        self._document.add_paragraph(
            self._say(message("One row a person: the columns person_id, wave_id and those below, each with its code."))
        )
        headings = [message("Question"), message("Column"), message("Codes")]
        table = self._table(ENTRY_SHARES, [self._say(heading) for heading in headings])
        number = 0
        for section in self._form.sections:
            for block in section.blocks:
                for item in block.items:
                    number += 1
                    self._add_row(table, [str(number), item.id, self._codes(block)])
            number += len(section.open_questions)

    def _codes(self, block: Block) -> str:
        options = options_of(block.answers)
        if not options:
            return f"{block.answers.lowest:g} – {block.answers.highest:g}"
        return "; ".join(f"{option.code} = {self._heading(option)}" for option in options)

    def _say(self, sentence: Message) -> str:
        return sentence.text(self._language)


def _fill(cells: tuple[_Cell, ...], texts: list[str]) -> None:
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        run.font.size = SMALL_SIZE if place else BODY_SIZE
        if place:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
