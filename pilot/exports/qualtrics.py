"""Qualtrics' survey file (QSF): one JSON object, the first language in the questions, the second as translation.

A block of items is a matrix. Its rows carry the items' ids as export tags, its columns the answers' codes as recode
values, so that Qualtrics' own numbering shows nowhere.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pilot.documents import BilingualText
from pilot.exports.asked import PERSON_CODE, PERSON_QUESTION, ReturnedColumns, ToolFile, options_of
from pilot.exports.texts import as_html, one_line
from pilot.i18n import LANGUAGES, Language
from pilot.instruments.form import Block, ComposedForm

LANGUAGE_CODES: dict[Language, str] = {"zh": "ZH-S", "en": "EN"}
ROWS_BELOW_HEADER = 2  # the questions' texts, and Qualtrics' own names
ID_LENGTH = 15
Json = dict[str, Any]


def qualtrics(form: ComposedForm, first: Language) -> ToolFile:
    """The form as a survey file; `first` is the language that the survey is written in."""
    survey = _Survey(form, first)
    content = json.dumps(survey.content(), ensure_ascii=False, indent=1)
    columns = ReturnedColumns(
        PERSON_CODE, {item.id: item.id for item in form.items}, rows_below_header=ROWS_BELOW_HEADER
    )
    return ToolFile(".qsf", content.encode("utf-8"), columns)


class _Survey:
    """The parts of one survey file, which name each other by ids."""

    def __init__(self, form: ComposedForm, first: Language) -> None:
        self._form, self._first = form, first
        self._second: Language = next(language for language in LANGUAGES if language != first)
        self._id = self._identifier("SV", "survey")
        self._questions: list[Json] = []

    def content(self) -> Json:
        """The whole file."""
        blocks = self._blocks()
        questions = [
            self._element("SQ", each["QuestionID"], each, second=each["QuestionDescription"])
            for each in self._questions
        ]
        return {
            "SurveyEntry": self._entry(),
            "SurveyElements": [
                self._element("BL", "Survey Blocks", blocks),
                self._element("FL", "Survey Flow", self._flow(blocks)),
                self._element("SO", "Survey Options", self._options()),
                self._element("PROJ", "CORE", {"ProjectCategory": "CORE", "SchemaVersion": "1.1.0"}, third="1.1.0"),
                self._element("QC", "Survey Question Count", None, second=str(len(questions))),
                self._element("RS", self._identifier("RS", "answers"), None, second="Default Response Set"),
                *questions,
            ],
        }

    def _entry(self) -> Json:
        never = "0000-00-00 00:00:00"
        return {
            "SurveyID": self._id,
            "SurveyName": one_line(self._form.form.title.text(self._first)),
            "SurveyDescription": None,
            "SurveyLanguage": LANGUAGE_CODES[self._first],
            "SurveyActiveResponseSet": self._identifier("RS", "answers"),
            "SurveyStatus": "Inactive",
            "SurveyStartDate": never,
            "SurveyExpirationDate": never,
            "SurveyCreationDate": never,
            "LastModified": never,
            "LastAccessed": never,
            "LastActivated": never,
            "Deleted": None,
        }

    def _options(self) -> Json:
        return {
            "BackButton": "true",
            "SaveAndContinue": "true",
            "SurveyProtection": "PublicSurvey",
            "BallotBoxStuffingPrevention": "false",
            "NoIndex": "Yes",
            "SurveyExpiration": "None",
            "SurveyTermination": "DefaultMessage",
            "ProgressBarDisplay": "Text",
            "PartialData": "+1 week",
            "AnonymizeResponse": "Yes",
            "SurveyLanguage": LANGUAGE_CODES[self._first],
            "AvailableLanguages": {LANGUAGE_CODES[language]: [] for language in (self._first, self._second)},
        }

    def _blocks(self) -> list[Json]:
        form = self._form
        welcome = [self._text(form.form.introduction), self._entry_field(PERSON_CODE, PERSON_QUESTION, must=True)]
        blocks = [self._block("Default", one_line(form.form.title.text(self._first)), welcome)]
        number = 0
        for section in form.sections:
            asked = [self._text(section.heading)]
            for block in section.blocks:
                number += 1
                if options_of(block.answers):
                    asked.append(self._matrix(f"Block{number}", block))
                else:
                    asked += [self._entry_field(item.id, item.text, limits=block) for item in block.items]
            asked += [self._entry_field(each.id, each.text, selector="ML") for each in section.open_questions]
            blocks.append(self._block("Standard", one_line(section.heading.text(self._first)), asked))
        return [*blocks, self._block("Trash", "Trash / Unused Questions", [])]

    def _block(self, kind: str, description: str, question_ids: list[str]) -> Json:
        return {
            "Type": kind,
            "Description": description,
            "ID": self._identifier("BL", f"{len(self._questions)} {kind}"),
            "BlockElements": [{"Type": "Question", "QuestionID": each} for each in question_ids],
        }

    def _flow(self, blocks: list[Json]) -> Json:
        shown = [block for block in blocks if block["Type"] != "Trash"]
        return {
            "Type": "Root",
            "FlowID": "FL_1",
            "Flow": [
                {
                    "Type": "Block" if block["Type"] == "Default" else "Standard",
                    "ID": block["ID"],
                    "FlowID": f"FL_{number}",
                }
                for number, block in enumerate(shown, start=2)
            ],
            "Properties": {"Count": len(shown) + 1},
        }

    def _text(self, both: BilingualText) -> str:
        number = len(self._questions) + 1
        return self._question(f"Text{number}", {"QuestionType": "DB", "Selector": "TB"}, both)

    def _entry_field(
        self, tag: str, both: BilingualText, selector: str = "SL", limits: Block | None = None, *, must: bool = False
    ) -> str:
        settings: Json = {"ForceResponse": "ON", "ForceResponseType": "ON"} if must else {"ForceResponse": "OFF"}
        if limits:
            answers = limits.answers
            number = {"Min": f"{answers.lowest:g}", "Max": f"{answers.highest:g}"}
            decimals = {} if not answers.whole_numbers else {"NumDecimals": "0"}
            settings |= {"Type": "ContentType", "ContentType": "ValidNumber", "ValidNumber": {**number, **decimals}}
        else:
            settings["Type"] = "None"
        return self._question(
            tag, {"QuestionType": "TE", "Selector": selector, "Validation": {"Settings": settings}}, both
        )

    def _matrix(self, tag: str, block: Block) -> str:
        options = options_of(block.answers)
        rows = {str(number): item for number, item in enumerate(block.items, start=1)}
        columns = {str(number): option for number, option in enumerate(options, start=1)}
        translated = {
            language: {
                "Choices": {key: {"Display": as_html(item.text.text(language))} for key, item in rows.items()},
                "Answers": {key: {"Display": as_html(option.label.text(language))} for key, option in columns.items()},
            }
            for language in LANGUAGES
        }
        payload = {
            "QuestionType": "Matrix",
            "Selector": "Likert",
            "SubSelector": "SingleAnswer",
            "Configuration": {"QuestionDescriptionOption": "UseText", "TextPosition": "inline", "MobileFirst": True},
            "Validation": {"Settings": {"ForceResponse": "OFF", "Type": "None"}},
            **translated[self._first],
            "ChoiceOrder": list(rows),
            "AnswerOrder": list(columns),
            "ChoiceDataExportTags": {key: item.id for key, item in rows.items()},
            "RecodeValues": {key: str(option.code) for key, option in columns.items()},
            "NextChoiceId": len(rows) + 1,
            "NextAnswerId": len(columns) + 1,
        }
        return self._question(tag, payload, BilingualText(zh="", en=""), translated[self._second])

    def _question(self, tag: str, payload: Json, both: BilingualText, translated: Json | None = None) -> str:
        """Keep a question; returns its id."""
        question_id = f"QID{len(self._questions) + 1}"
        second = {"QuestionText": as_html(both.text(self._second)), **(translated or {})}
        self._questions.append(
            {
                "QuestionID": question_id,
                "DataExportTag": tag,
                "QuestionText": as_html(both.text(self._first)),
                "QuestionDescription": tag,
                "Configuration": {"QuestionDescriptionOption": "UseText"},
                "DefaultChoices": False,
                "Language": {LANGUAGE_CODES[self._second]: second},
                **payload,
            }
        )
        return question_id

    def _element(
        self, kind: str, first: str, payload: Any, second: str | None = None, third: str | None = None
    ) -> Json:
        return {
            "SurveyID": self._id,
            "Element": kind,
            "PrimaryAttribute": first,
            "SecondaryAttribute": second,
            "TertiaryAttribute": third,
            "Payload": payload,
        }

    def _identifier(self, kind: str, part: str) -> str:
        """An id in Qualtrics' form, the same at every export; Qualtrics gives its own at import."""
        digest = hashlib.sha256(f"{self._form.form.id} {part}".encode()).hexdigest()
        return f"{kind}_{digest[:ID_LENGTH]}"
