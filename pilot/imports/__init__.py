"""Bring in what people have: CSV and XLSX, wide or long, with a small mapping file."""

from pilot.imports.files import Sheet, read_sheet
from pilot.imports.importing import ImportOutcome, Rejection, import_file
from pilot.imports.mapping import Mapping, guess_mapping, read_mapping

__all__ = [
    "ImportOutcome",
    "Mapping",
    "Rejection",
    "Sheet",
    "guess_mapping",
    "import_file",
    "read_mapping",
    "read_sheet",
]
