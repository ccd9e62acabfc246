"""A form as the person sees it who answers it: one page, both languages, made for a phone."""

from pilot.questionnaire.rendering import render_form
from pilot.questionnaire.writing import write_preview

__all__ = ["render_form", "write_preview"]
