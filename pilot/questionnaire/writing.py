"""The preview: a form as a file that opens without any network."""

from __future__ import annotations

from pathlib import Path

from pilot.i18n import Language
from pilot.instruments.form import ComposedForm
from pilot.questionnaire.rendering import render_form


def write_preview(form: ComposedForm, path: Path, language: Language) -> None:
    """Write the preview as a whole; an earlier one at the same place is replaced."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(render_form(form, language), "utf-8")
    draft.replace(path)
