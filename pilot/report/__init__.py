"""The decision paper: a release as one self-contained file in both languages."""

from pilot.i18n import TAGS
from pilot.report.rendering import part, shared_style
from pilot.report.writing import pictures_of, render_report, write_report

__all__ = ["TAGS", "part", "pictures_of", "render_report", "shared_style", "write_report"]
