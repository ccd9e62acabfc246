"""LimeSurvey's survey structure, read by the rules of its manual: rows belong to the row above them."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.documents import BilingualText
from pilot.errors import PilotError
from pilot.exports.asked import options_of
from pilot.exports.exporting import export_files
from pilot.i18n import LANGUAGES
from pilot.instruments.model import Answers

LANGUAGE_CODES = {"zh": "zh-Hans", "en": "en"}
MANUAL_COLUMNS = [
    *("id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation"),
    *("mandatory", "other", "default", "same_default"),
]
CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
ANSWER_CODE = re.compile(r"[A-Za-z0-9]{1,5}")


@dataclass
class Question:
    row: dict[str, str]
    subquestions: list[dict[str, str]] = field(default_factory=list)
    answers: list[dict[str, str]] = field(default_factory=list)


def read(content: bytes) -> tuple[dict[str, str], dict[str, list[Question]]]:
    """Settings, and the questions of each language; everything that LimeSurvey would stumble over is an error."""
    text = content.decode("utf-8-sig")
    assert '"' not in text  # PHP reads a backslash before a quotation mark differently: none, no difference
    rows = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    header, *body = rows
    assert header[: len(MANUAL_COLUMNS)] == MANUAL_COLUMNS
    assert {len(row) for row in body} == {len(header)}
    survey: dict[str, str] = {}
    questions: dict[str, list[Question]] = {}
    for cells in body:
        row = dict(zip(header, cells, strict=True))
        assert "{" not in "".join(cells)  # the beginning of an expression
        if row["class"] == "S":
            survey[row["name"]] = row["text"]
        elif row["class"] == "Q":
            assert CODE.fullmatch(row["name"])
            questions.setdefault(row["language"], []).append(Question(row))
        elif row["class"] == "SQ":
            assert CODE.fullmatch(row["name"])
            questions[row["language"]][-1].subquestions.append(row)
        elif row["class"] == "A":
            assert ANSWER_CODE.fullmatch(row["name"])
            questions[row["language"]][-1].answers.append(row)
        else:
            assert row["class"] in ("G", "SL")
    for own in questions.values():
        names = [each["name"].lower() for one in own for each in (one.row, *one.subquestions)]
        assert len(names) == len(set(names))
        ids = [each["id"] for one in own for each in (one.row, *one.subquestions)]
        assert len(ids) == len(set(ids))
    return survey, questions


def columns_of(questions: list[Question]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Column as LimeSurvey exports it, its text, and its answers."""
    found = []
    for question in questions:
        labels = [(each["name"], each["text"]) for each in question.answers]
        if question.row["type/scale"] == "F":
            found += [
                (f"{question.row['name']}[{each['name']}]", each["text"], labels) for each in question.subquestions
            ]
        else:
            found.append((question.row["name"], question.row["text"], labels))
    return found


def words(text: str, seen) -> str:
    return seen(html.unescape(text.replace("<br />", "\n")))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_each_question_is_there_in_both_languages_under_the_same_code(nasty, seen, data):
    asked = data.draw(nasty)
    survey, questions = read(export_files(asked.form, "limesurvey")[".txt"])
    assert (survey["language"], survey["additional_languages"]) == ("zh-Hans", "en")
    shapes = [
        [(column, [code for code, _ in labels]) for column, _, labels in columns_of(questions[code])]
        for code in LANGUAGE_CODES.values()
    ]
    assert shapes[0] == shapes[1]
    for language in LANGUAGES:
        person, *rest = columns_of(questions[LANGUAGE_CODES[language]])
        assert person[0] == "personcode"
        wanted = [
            (seen(item.text.text(language)), [(str(o.code), seen(o.label.text(language))) for o in options])
            for block in asked.form.blocks
            for options in [options_of(block.answers)]
            for item in block.items
        ]
        wanted += [(seen(question.text.text(language)), []) for question in asked.form.open_questions]
        assert [
            (words(text, seen), [(c, words(label, seen)) for c, label in labels]) for _, text, labels in rest
        ] == wanted


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_answers_come_back_with_their_codes(nasty, read_back, data):
    asked = data.draw(nasty)
    files = export_files(asked.form, "limesurvey")
    columns = [column for column, *_ in columns_of(read(files[".txt"])[1]["en"])]
    codes = {
        item.id: data.draw(st.integers(int(block.answers.lowest), int(block.answers.highest)))
        for block in asked.form.blocks
        for item in block.items
    }
    row = ["7", "P1", *map(str, codes.values()), "words"]
    returned = read_back(files[".mapping.yaml"], [["id", *columns], row], asked.instruments)
    assert returned == {item_id: [code] for item_id, code in codes.items()}


def test_only_the_persons_code_must_be_answered(plain_form):
    _, questions = read(export_files(plain_form(), "limesurvey")[".txt"])
    assert [each.row["name"] for each in questions["en"] if each.row["mandatory"] == "Y"] == ["personcode"]


def test_a_code_below_zero_is_refused_with_a_sentence(plain_form):
    answers = Answers(lowest=-1, highest=1)
    with pytest.raises(PilotError, match="LimeSurvey records no answer with the code -1"):
        export_files(plain_form(answers=answers), "limesurvey")


def test_ids_that_differ_only_at_their_end_or_by_underscores_keep_codes_of_their_own(plain_form):
    same_start = "a_very_long_name_of_an_item_"
    for first, second in ((f"{same_start}1", f"{same_start}2"), ("ab_c", "a_bc"), ("block_1", "block1"), ("why_", "x")):
        form = plain_form(
            identifier=first, second_identifier=second, second=BilingualText(zh="我累。", en="I am tired.")
        )
        _, questions = read(export_files(form, "limesurvey")[".txt"])  # which compares all codes
        assert len(columns_of(questions["en"])) == 4
