"""XLSForm, read back by pyxform (the reference) and by openpyxl."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from pilot.documents import BilingualText
from pilot.exports.asked import options_of
from pilot.exports.exporting import export_files
from pilot.i18n import LANGUAGES

NAMES = {"zh": "中文 (zh)", "en": "English (en)"}
SPACES = {"x": "http://www.w3.org/2002/xforms", "h": "http://www.w3.org/1999/xhtml"}


def read(content: bytes) -> tuple[dict[str, dict[str, str]], ElementTree.Element]:
    """Texts by language and id, and the XForm."""
    form = ElementTree.fromstring(convert(xlsform=io.BytesIO(content), file_type=".xlsx").xform)  # noqa: S314
    texts = {
        translation.attrib["lang"]: {
            text.attrib["id"]: "".join(text.find("x:value", SPACES).itertext())
            for text in translation.iterfind("x:text", SPACES)
        }
        for translation in form.iterfind(".//x:translation", SPACES)
    }
    return texts, form


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_pyxform_reads_every_question_and_answer_in_both_languages(nasty, seen, data):
    asked = data.draw(nasty)
    texts, form = read(export_files(asked.form, "xlsform")[".xlsx"])
    assert set(texts) == set(NAMES.values())
    fields = [each.attrib["ref"].rsplit("/", 1)[-1] for each in form.iterfind(".//h:body//*[@ref]", SPACES)]
    items = [item.id for item in asked.form.items]
    assert [field for field in fields if field in items] == items  # the order is frozen
    assert fields.index("person_code") < fields.index(items[0])
    paths = {each.attrib["ref"].rsplit("/", 1)[-1]: each.attrib["ref"] for each in form.iterfind(".//*[@ref]")}
    for language in LANGUAGES:
        shown = texts[NAMES[language]]
        for question in (*asked.form.items, *asked.form.open_questions):
            assert seen(shown[f"{paths[question.id]}:label"]) == seen(question.text.text(language))
        for block in asked.form.blocks:
            for item in block.items:
                control = form.find(f".//*[@ref='{paths[item.id]}']")
                choices = [each.text for each in form.iterfind(_choices(control), SPACES)]
                assert choices == [str(option.code) for option in options_of(block.answers)]


def _choices(control: ElementTree.Element) -> str:
    itemset = control.find("x:itemset", SPACES)
    if itemset is None:
        return ".//nothing"
    name = itemset.attrib["nodeset"].removeprefix("instance('").partition("'")[0]
    return f".//x:instance[@id='{name}']//x:name"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_cell_is_a_formula_and_each_answer_has_its_label(nasty, seen, data):
    asked = data.draw(nasty)
    workbook = openpyxl.load_workbook(io.BytesIO(export_files(asked.form, "xlsform")[".xlsx"]))
    for sheet in workbook.worksheets:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s"}
    rows = list(workbook["choices"].iter_rows(values_only=True))
    labels = {
        (str(row[rows[0].index("name")]), *(seen(str(row[rows[0].index(f"label::{name}")])) for name in NAMES.values()))
        for row in rows[1:]
    }
    wanted = {
        (str(option.code), seen(option.label.zh), seen(option.label.en))
        for block in asked.form.blocks
        for option in options_of(block.answers)
    }
    assert labels == wanted


def test_a_reference_or_formula_is_neutralised(plain_form):
    form = plain_form(item=BilingualText(zh="=1+1 ${person_code}", en="=cmd|x ${nobody}"))
    texts, _ = read(export_files(form, "xlsform")[".xlsx"])
    assert texts["English (en)"]["/data/Section1/first:label"] == "=cmd|x ＄{nobody}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_language_is_the_default_one(plain_form, language):
    _, form = read(export_files(plain_form(), "xlsform", language)[".xlsx"])
    default = form.find(".//x:translation[@default]", SPACES)
    assert default.attrib["lang"] == NAMES[language]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_answers_come_back_with_their_codes(nasty, read_back, data):
    asked = data.draw(nasty)
    files = export_files(asked.form, "xlsform")
    codes = {
        item.id: data.draw(st.integers(int(block.answers.lowest), int(block.answers.highest)))
        for block in asked.form.blocks
        for item in block.items
    }
    header = ["start", "Introduction", "person_code", *codes, "own_words", "_uuid"]
    rows = [header, ["2027-03-01", "", "P1", *map(str, codes.values()), '=无, "x"', "u1"]]
    returned = read_back(files[".mapping.yaml"], rows, asked.instruments)
    assert returned == {item_id: [code] for item_id, code in codes.items()}
