"""Pages that people who do not program edit: YAML read as text, typed by pydantic models, faults in sentences."""

from pilot.documents.page import (
    BilingualText,
    Contradiction,
    FormatOne,
    Page,
    PageSource,
    read_page,
    validate_page,
)
from pilot.documents.text_file import TextFile, read_text, write_whole

__all__ = [
    "BilingualText",
    "Contradiction",
    "FormatOne",
    "Page",
    "PageSource",
    "TextFile",
    "read_page",
    "read_text",
    "validate_page",
    "write_whole",
]
