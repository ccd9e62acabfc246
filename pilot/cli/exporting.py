"""A form for the survey tool that people have: write the files, say how they get in and how the answers come back."""

from __future__ import annotations

from pathlib import Path

from pilot.cli.speaking import Speaker
from pilot.errors import Fault, PilotError
from pilot.exports.exporting import MAPPING_SUFFIX, export_files
from pilot.exports.tools import Tool
from pilot.i18n import Language, Message, message
from pilot.instruments.form import ComposedForm

HOW_TO_BRING_IN: dict[Tool, Message] = {
    "wenjuanxing": message(
        "In 问卷星 choose “create → text import” and paste the text; tick “English questionnaire” if it is English. "
        "Afterwards download the answers “by option text”, as CSV or XLSX."
    ),
    "xlsform": message(
        "In KoboToolbox or ODK upload the workbook as a new form. "
        "Afterwards download “XML values and headers”, without the names of groups."
    ),
    "limesurvey": message(
        "In LimeSurvey choose “create survey → import” and give it the file. "
        "Afterwards export the answers as CSV, with question codes as headings and answer codes as answers."
    ),
    "qualtrics": message(
        "In Qualtrics create a survey from a QSF file. "
        "Afterwards export the answers as CSV with numeric values, and leave the three header rows as they are."
    ),
    "word": message(
        "Print it or pass it round for comments. "
        "The last page says how answers on paper are typed in; such a file needs no mapping."
    ),
    "markdown": message(
        "Read it or paste it into a document. "
        "Columns named like the ids in it need no mapping when answers are imported."
    ),
}


def export(
    form: ComposedForm, tool: Tool, out: Path | None, language: Language | None, wave_id: str | None, speaker: Speaker
) -> None:
    """Write the files of a form for a tool, all of them or none, and say what comes next.

    Raises:
        PilotError: the tool cannot carry the form, or the name of the file has another ending than the tool's.
    """
    files = export_files(form, tool, language, wave_id)
    start = _start_of_names(out, form.form.id, tool, list(files))
    drafts = {start.with_name(start.name + suffix): content for suffix, content in files.items()}
    for path, content in drafts.items():
        path.with_name(path.name + ".draft").write_bytes(content)
    for path in drafts:
        path.with_name(path.name + ".draft").replace(path)
    mapping = start.with_name(start.name + MAPPING_SUFFIX)
    for path in drafts:
        if path != mapping:
            speaker.done(message("The form is in {path}.", path=path))
    speaker.say(HOW_TO_BRING_IN[tool])
    if mapping in drafts:
        speaker.say(
            message(
                "Then read the answers with `pilot import DIR FILE --mapping {path}`; its wave_id says for which wave.",
                path=mapping,
            )
        )


def _start_of_names(out: Path | None, form_id: str, tool: Tool, suffixes: list[str]) -> Path:
    """The files' common path without their endings."""
    if out is None:
        return Path(f"{form_id}-{tool}")
    ending = "." + suffixes[0].rpartition(".")[2]
    if out.suffix and out.suffix != ending:
        found = message("the file for this tool ends in {ending}.", ending=ending)
        fault = Fault(str(out), found, message("Write the name with this ending, or without one."))
        raise PilotError(message("The form was not exported; nothing was written."), [fault])
    return out.with_suffix("")
