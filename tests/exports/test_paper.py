"""Word and Markdown, read back by python-docx and markdown-it."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pilot.errors import PilotError
from pilot.exports.asked import options_of
from pilot.exports.exporting import export_files
from pilot.i18n import LANGUAGES


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("language", LANGUAGES)
def test_word_has_every_question_with_its_answers_and_a_page_for_typing_in(nasty, seen, language, data):
    asked = data.draw(nasty)
    content = export_files(asked.form, "word", language)[".docx"]
    document = Document(io.BytesIO(content))
    lines = [seen(paragraph.text) for paragraph in document.paragraphs]
    cells = [[seen(cell.text) for cell in row.cells] for table in document.tables for row in table.rows]
    number = 0
    for section in asked.form.sections:
        assert seen(section.heading.text(language)) in lines
        for block in section.blocks:
            labels = [seen(option.label.text(language)) for option in options_of(block.answers)]
            if labels:
                assert ["", *labels] in cells
            for item in block.items:
                number += 1
                question = f"{number}. {seen(item.text.text(language))}"
                asked_there = [row[0] for row in cells] if labels else lines
                assert any(each.startswith(question) for each in asked_there)
                assert any(row[:2] == [str(number), item.id] for row in cells)
        for question in section.open_questions:
            number += 1
            assert f"{number}. {seen(question.text.text(language))}" in lines


@pytest.mark.parametrize(
    ("tool", "wave_id", "told"),
    [("word", "endline", "no mapping file"), ("markdown", "endline", "no mapping file"), ("xlsform", "zzz", "no wave")],
)
def test_a_wave_that_goes_nowhere_is_refused(plain_form, tool, wave_id, told):
    with pytest.raises(PilotError) as error:
        export_files(plain_form(), tool, wave_id=wave_id)
    assert [told in fault.found.text("en") for fault in error.value.faults] == [True]


def test_chinese_has_its_own_font_in_every_style_of_the_document(plain_form):
    content = export_files(plain_form(), "word", "zh")[".docx"]
    document = Document(io.BytesIO(content))
    for name in {paragraph.style.name for paragraph in document.paragraphs}:
        style = document.styles[name]
        while style is not None:
            fonts = style.element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
            if fonts is not None:
                assert fonts.get(qn("w:eastAsia")) == "Microsoft YaHei"
                assert fonts.get(qn("w:eastAsiaTheme")) is None
                break
            style = style.base_style
        else:
            pytest.fail(f"{name} has no font")
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def flat(tokens) -> str:
    """What a reader sees of one inline part; an emphasis or a link would be a nested token that is lost here."""
    return "".join(token.content for token in tokens if token.type in ("text", "text_special", "code_inline"))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_shows_every_text_as_it_is(nasty, seen, language, data):
    asked = data.draw(nasty)
    text = export_files(asked.form, "markdown")[f".{language}.md"].decode("utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    shown = [seen(flat(token.children)) for token in tokens if token.type == "inline"]
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "code_inline", "softbreak"}
    assert {"html_block", "bullet_list_open", "ordered_list_open", "hr", "blockquote_open"}.isdisjoint(
        token.type for token in tokens
    )
    assert shown[0] == seen(asked.form.form.title.text(language))
    for block in asked.form.blocks:
        options = options_of(block.answers)
        for option in options:
            label = seen(option.label.text(language))
            assert (f"{option.code} {label}" if option.is_labelled else label) in shown
        for item in block.items:
            words = seen(item.text.text(language))
            place = next(place for place, each in enumerate(shown) if each.startswith(words))
            assert item.id in (shown[place + 1 + len(options)] if options else shown[place])
