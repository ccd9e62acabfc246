"""The preview: a form as a file that opens without any network."""

from __future__ import annotations

from pathlib import Path

from pilot.documents import write_whole
from pilot.i18n import Language
from pilot.instruments.form import ComposedForm
from pilot.questionnaire.rendering import render_form


def write_preview(form: ComposedForm, path: Path, language: Language) -> None:
    """Write the preview as a whole; an earlier one at the same place is replaced."""
    write_whole(path, render_form(form, language))
