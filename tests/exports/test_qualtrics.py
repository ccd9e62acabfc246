"""Qualtrics' survey file, read by what is known of its schema: elements name each other by ids, all of them there."""

from __future__ import annotations

import html
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.exports.asked import options_of
from pilot.exports.exporting import export_files
from pilot.i18n import LANGUAGES

CODES = {"zh": "ZH-S", "en": "EN"}
KINDS = {("DB", "TB"), ("TE", "SL"), ("TE", "ML"), ("Matrix", "Likert")}


def read(content: bytes) -> tuple[str, list[dict]]:
    """Language of the survey and its questions in the order of the flow."""
    survey = json.loads(content)
    assert set(survey) == {"SurveyEntry", "SurveyElements"}
    elements = survey["SurveyElements"]
    for element in elements:
        assert set(element) == {
            *("SurveyID", "Element", "PrimaryAttribute", "SecondaryAttribute", "TertiaryAttribute", "Payload")
        }
        assert element["SurveyID"] == survey["SurveyEntry"]["SurveyID"]
    single = {each["Element"]: each for each in elements if each["Element"] != "SQ"}
    questions = {each["PrimaryAttribute"]: each["Payload"] for each in elements if each["Element"] == "SQ"}
    assert {"BL", "FL", "SO", "PROJ", "QC", "RS"} == set(single)
    assert single["QC"]["SecondaryAttribute"] == str(len(questions))
    assert single["RS"]["PrimaryAttribute"] == survey["SurveyEntry"]["SurveyActiveResponseSet"]
    blocks = {block["ID"]: block for block in single["BL"]["Payload"]}
    assert len(blocks) == len(single["BL"]["Payload"])
    assert [block["Type"] for block in blocks.values()].count("Default") == 1
    flow = single["FL"]["Payload"]
    assert len({step["FlowID"] for step in flow["Flow"]}) == len(flow["Flow"])
    order = [each["QuestionID"] for step in flow["Flow"] for each in blocks[step["ID"]]["BlockElements"]]
    assert sorted(order) == sorted(questions)
    language = survey["SurveyEntry"]["SurveyLanguage"]
    assert language in single["SO"]["Payload"]["AvailableLanguages"]
    for question_id in order:
        _check(questions[question_id], question_id, set(single["SO"]["Payload"]["AvailableLanguages"]) - {language})
    tags = [tag for question_id in order for tag, *_ in columns_of(questions[question_id])]
    assert len(tags) == len(set(tags))
    return language, [questions[question_id] for question_id in order]


def _check(question: dict, question_id: str, others: set[str]) -> None:
    assert question["QuestionID"] == question_id
    assert (question["QuestionType"], question["Selector"]) in KINDS
    assert set(question["Language"]) == others
    assert "${" not in json.dumps(question, ensure_ascii=False)  # piped text
    if question["QuestionType"] == "Matrix":
        for part, order in (("Choices", "ChoiceOrder"), ("Answers", "AnswerOrder")):
            assert list(question[part]) == question[order]
            assert all(list(each[part]) == question[order] for each in question["Language"].values())
        assert list(question["RecodeValues"]) == question["AnswerOrder"]
        assert list(question["ChoiceDataExportTags"]) == question["ChoiceOrder"]


def columns_of(question: dict) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Column as Qualtrics exports it, its text, and its answers with recorded values, in the survey's language."""
    return _columns(question, question)


def _columns(question: dict, texts: dict) -> list[tuple[str, str, list[tuple[str, str]]]]:
    if question["QuestionType"] == "DB":
        return []
    if question["QuestionType"] == "TE":
        return [(question["DataExportTag"], texts["QuestionText"], [])]
    answers = [(question["RecodeValues"][key], texts["Answers"][key]["Display"]) for key in question["AnswerOrder"]]
    return [
        (question["ChoiceDataExportTags"][key], texts["Choices"][key]["Display"], answers)
        for key in question["ChoiceOrder"]
    ]


def words(text: str, seen) -> str:
    return seen(html.unescape(text.replace("<br />", "\n")))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("first", LANGUAGES)
def test_each_item_is_there_in_both_languages_with_its_id_and_codes(nasty, seen, first, data):
    asked = data.draw(nasty)
    language, questions = read(export_files(asked.form, "qualtrics", first)[".qsf"])
    assert language == CODES[first]
    for each in LANGUAGES:
        found = [
            column
            for question in questions
            for column in _columns(question, question if each == first else question["Language"][CODES[each]])
        ]
        assert found[0][0] == "person_code"
        wanted = [
            (item.id, seen(item.text.text(each)), [(str(o.code), seen(o.label.text(each))) for o in options])
            for block in asked.form.blocks
            for options in [options_of(block.answers)]
            for item in block.items
        ]
        wanted += [(question.id, seen(question.text.text(each)), []) for question in asked.form.open_questions]
        shown = [
            (tag, words(text, seen), [(c, words(label, seen)) for c, label in labels]) for tag, text, labels in found
        ]
        assert shown[1:] == wanted


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_answers_come_back_with_their_codes_below_three_header_rows(nasty, read_back, data):
    asked = data.draw(nasty)
    files = export_files(asked.form, "qualtrics")
    columns = [column for question in read(files[".qsf"])[1] for column in columns_of(question)]
    codes = {
        item.id: data.draw(st.integers(int(block.answers.lowest), int(block.answers.highest)))
        for block in asked.form.blocks
        for item in block.items
    }
    rows = [
        ["ResponseId", *(tag for tag, *_ in columns)],
        ["Response ID", *(html.unescape(text) for _, text, _ in columns)],
        ['{"ImportId":"_recordId"}', *(json.dumps({"ImportId": tag}) for tag, *_ in columns)],
        ["R_1", "P1", *map(str, codes.values()), "words"],
    ]
    returned = read_back(files[".mapping.yaml"], rows, asked.instruments)
    assert returned == {item_id: [code] for item_id, code in codes.items()}


def test_the_file_is_the_same_at_every_export(plain_form):
    assert export_files(plain_form(), "qualtrics") == export_files(plain_form(), "qualtrics")
