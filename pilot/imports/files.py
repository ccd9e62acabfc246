"""CSV and XLSX files as tables of text, each row with its number in the user's program."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from pilot.documents import read_text
from pilot.errors import Fault, PilotError
from pilot.i18n import Message, message

DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Sheet:
    """A file's table.

    Attributes:
        name: File name.
        frame: Every cell as stripped text; the index is the row number in the file.
        encoding: How a text file was written; `xlsx` for a workbook.
    """

    name: str
    frame: pd.DataFrame
    encoding: str


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """Read a CSV (UTF-8, UTF-16 or GB18030; comma, semicolon, tab or bar) or one sheet of an XLSX workbook.

    Raises:
        PilotError: the file cannot be read, is empty, or its rows do not form a table; with every fault found.
    """
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        rows, encoding = _workbook_rows(path, sheet), "xlsx"
    else:
        source = read_text(path)
        rows, encoding = _text_rows(path, source.text), source.encoding
    return Sheet(path.name, _table(path.name, rows), encoding)


def _text_rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error:
        found = message("a quotation mark opens here and is not closed properly.")
        remedy = message("Correct the quotation marks in this row, or save the file as XLSX.")
        raise _refused(path.name, [Fault(f"{path.name}:{reader.line_num}", found, remedy)]) from None
    return rows


def _workbook_rows(path: Path, sheet: str | None) -> list[tuple[int, list[str]]]:
    remedy = message("Open it in Excel and save it again as XLSX, without a password.")
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        found = message("there is no such file.")
        raise _refused(path.name, [Fault(path.name, found, message("Check the name and the folder."))]) from None
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise _refused(path.name, [Fault(path.name, message("this is not a readable workbook."), remedy)]) from None
    try:
        if sheet and sheet not in workbook.sheetnames:
            found = message("there is no sheet “{sheet}”.", sheet=sheet)
            choices = message("Write one of: {choices}.", choices=workbook.sheetnames)
            raise _refused(path.name, [Fault(path.name, found, choices)])
        worksheet = workbook[sheet or workbook.sheetnames[0]]
        return [
            (number, [_cell_text(cell) for cell in row])
            for number, row in enumerate(worksheet.iter_rows(values_only=True), start=1)
        ]
    finally:
        workbook.close()


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _table(name: str, rows: Sequence[tuple[int, list[str]]]) -> pd.DataFrame:
    filled = [(number, row) for number, row in rows if any(row)]
    if not filled:
        found = message("the file is empty.")
        raise _refused(name, [Fault(name, found, message("Export it again; it should have content."))])
    header_row, header = filled[0]
    width = max(index + 1 for index, cell in enumerate(header) if cell)
    header, body = header[:width], filled[1:]
    faults = list(_header_faults(name, header_row, header))
    for number, row in body:
        if len(row) < width or any(row[width:]):
            found = message("the row has {cells} cells, the header has {width}.", cells=len(row), width=width)
            remedy = message("Look for a missing or surplus separator, or put texts with separators in quotes.")
            faults.append(Fault(f"{name}:{number}", found, remedy))
    if not body:
        remedy = message("Export it again; below the header there should be rows.")
        faults.append(Fault(name, message("there is a header and nothing below it."), remedy))
    if faults:
        raise _refused(name, faults)
    numbers = pd.Index([number for number, _ in body], name="source_row")
    return pd.DataFrame([row[:width] for _, row in body], columns=header, index=numbers, dtype=str)


def _header_faults(name: str, number: int, header: Sequence[str]) -> Iterator[Fault]:
    for column, count in Counter(header).items():
        if not column:
            found, remedy = (
                message("a column has no name."),
                message("Give every column a name in the first row."),
            )
            yield Fault(f"{name}:{number}", found, remedy)
        elif count > 1:
            found = message("the column “{column}” is there {count} times.", column=column, count=count)
            yield Fault(f"{name}:{number}", found, message("Give every column a name of its own."))


def _refused(name: str, faults: Sequence[Fault]) -> PilotError:
    headline: Message = message("{file} was not imported; nothing was changed.", file=name)
    return PilotError(headline, faults)
