"""The decision paper: a release as HTML, PDF, slides and workbook, and a letter to those who were asked."""

from pilot.i18n import TAGS
from pilot.report.rendering import part, shared_style
from pilot.report.writing import (
    FORMATS,
    Format,
    pictures_of,
    render_report,
    write_renderings,
)

__all__ = [
    "FORMATS",
    "TAGS",
    "Format",
    "part",
    "pictures_of",
    "render_report",
    "shared_style",
    "write_renderings",
]
