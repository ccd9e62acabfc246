"""One form for one tool: its files by the ending of their names."""

from __future__ import annotations

import re

from pilot.errors import Fault
from pilot.exports.asked import ToolFile, check_form, not_exported
from pilot.exports.limesurvey import limesurvey
from pilot.exports.mapping import FIRST_WAVES, mapping_text
from pilot.exports.markdown import markdown
from pilot.exports.qualtrics import qualtrics
from pilot.exports.tools import Tool
from pilot.exports.wenjuanxing import wenjuanxing
from pilot.exports.word import word
from pilot.exports.xlsform import xlsform
from pilot.i18n import LANGUAGES, Language, message
from pilot.instruments.form import ComposedForm
from pilot.plan.model import WAVE_PATTERN

MAPPING_SUFFIX = ".mapping.yaml"
ANY_WAVE = "baseline_1"


def export_files(
    form: ComposedForm, tool: Tool, language: Language | None = None, wave_id: str | None = None
) -> dict[str, bytes]:
    """The files for a tool, by the ending of their names; the mapping file last, where answers come back.

    Args:
        form: The form.
        tool: For which tool.
        language: The only language of the text and paper versions, the first one of the others. Without it 问卷星 and
            the bilingual tools take Chinese, and Word and Markdown become one file a language.
        wave_id: The wave that the mapping file is written for; the first one of the form's occasion if not said.

    Raises:
        PilotError: the tool cannot carry the form; with every fault found.
    """
    check_form(form)
    files = _files_of(form, tool, language)
    if wave_id is not None:
        _check_wave(wave_id, files)
    content = {file.suffix: file.content for file in files}
    for file in files:
        if file.columns:
            wave_id = wave_id or FIRST_WAVES.get(form.form.occasion, ANY_WAVE)
            content[MAPPING_SUFFIX] = mapping_text(file.columns, wave_id).encode("utf-8")
    return content


def _check_wave(wave_id: str, files: list[ToolFile]) -> None:
    """Refuse a wave that no plan can have, or that goes into no mapping file."""
    if not re.fullmatch(WAVE_PATTERN, wave_id):
        found = message("“{wave}” is no wave.", wave=wave_id)
        remedy = message("Write it as in the plan: baseline_1, pulse_3, endline, follow_up_1.")
        raise not_exported([Fault("--wave", found, remedy)])
    if not any(file.columns for file in files):
        found = message("paper has no mapping file that a wave could stand in.")
        raise not_exported([Fault("--wave", found, message("Leave it out."))])


def _files_of(form: ComposedForm, tool: Tool, language: Language | None) -> list[ToolFile]:
    survey_tools = {"wenjuanxing": wenjuanxing, "xlsform": xlsform, "limesurvey": limesurvey, "qualtrics": qualtrics}
    if tool in survey_tools:
        return [survey_tools[tool](form, language or "zh")]
    write, ending = (word, ".docx") if tool == "word" else (markdown, ".md")
    if language:
        return [write(form, language, ending)]
    return [write(form, each, f".{each}{ending}") for each in LANGUAGES]
