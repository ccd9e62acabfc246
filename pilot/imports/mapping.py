"""The mapping file: which of the user's columns is which of ours."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pydantic import Field

from pilot.documents import Contradiction, FormatOne, Page, read_page
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.imports.files import Sheet
from pilot.plan import Protocol
from pilot.schema.columns import CONTRACTS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS, TableName
from pilot.schema.tables import Draft

ANSWER_COLUMNS = ("item_id", "value")
NUMBER_BEFORE = re.compile(r"^(?:\d+[、.])+")


class AnswerColumn(Page):
    """One of the user's columns that holds the answers to one question.

    Attributes:
        column: The user's column.
        item: Our item id.
        wave: The wave it was asked in, when the file has one row a person.
    """

    column: str
    item: str
    wave: str | None = None


class Mapping(Page):
    """How a user's file becomes one of our tables.

    Attributes:
        table: Which table it is.
        sheet: Sheet of a workbook; the first one if not said.
        columns: Our column to the user's column.
        constants: For one of our columns: what stands in it in every row, as the wave of a file that holds one wave.
        values: For one of our columns: the user's code to ours.
        answers: The user's answer columns, when each question is a column.
        missing: Cells that mean "no entry".
        numbered_columns: Whether the tool writes a number before each question (“3、…”), so that only the wording
            tells its columns apart; space and width of characters do not count then.
        rows_below_header: Rows of explanation between the header and the first answer.
    """

    format: FormatOne
    table: TableName
    sheet: str | None = None
    columns: dict[str, str]
    constants: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    answers: tuple[AnswerColumn, ...] = ()
    missing: tuple[str, ...] = ("", "NA", "N/A")
    numbered_columns: bool = False
    rows_below_header: int = Field(default=0, ge=0)

    def contradictions(self) -> Iterator[Contradiction]:
        """Columns of ours that are unknown, absent or named twice."""
        known = (*REQUIRED_COLUMNS[self.table], *OPTIONAL_COLUMNS[self.table])
        for part, named in (("columns", self.columns), ("constants", self.constants)):
            for column in named:
                if column not in known:
                    yield Contradiction(
                        (part, column),
                        message("“{column}” is not a column of this table.", column=column),
                        message("Write one of: {choices}.", choices=list(known)),
                    )
        for column in self.constants:
            if column in self.columns:
                yield Contradiction(
                    ("constants", column),
                    message("“{column}” is a column of the file too.", column=column),
                    message("Keep one of the two."),
                )
        for column in REQUIRED_COLUMNS[self.table]:
            if column not in {**self.columns, **self.constants} and not self._supplied_by_answers(column):
                yield Contradiction(
                    ("columns",),
                    message("“{column}” is mapped to nothing.", column=column),
                    message("Add the line “{column}: name of your column”.", column=column),
                )
        if self.answers and self.table != "responses":
            yield Contradiction(
                ("answers",), message("only responses have answer columns."), message("Remove this part.")
            )

    def _supplied_by_answers(self, column: str) -> bool:
        by_answers = bool(self.answers) and column in ANSWER_COLUMNS
        by_wave = bool(self.answers) and column == "wave_id" and all(each.wave for each in self.answers)
        return by_answers or by_wave


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        PilotError: with every fault found.
    """
    return read_page(path, Mapping, message("The mapping file cannot be used."))[0]


def check_mapping(mapping: Mapping, protocol: Protocol) -> None:
    """Check what a mapping says of items and waves once, instead of in every row of the file.

    Raises:
        PilotError: it names an item or a wave that the plan does not have.
    """
    item_ids, wave_ids = list(protocol.instruments.items), list(protocol.plan.calendar.wave_ids)
    named = {answer.item: item_ids for answer in mapping.answers}
    named |= {answer.wave: wave_ids for answer in mapping.answers if answer.wave}
    named |= dict.fromkeys(mapping.values.get("wave_id", {}).values(), wave_ids)
    if "wave_id" in mapping.constants:
        named[mapping.constants["wave_id"]] = wave_ids
    faults = [
        Fault(
            name,
            message("the plan and its questionnaires do not have it."),
            message("Write one of: {choices}.", choices=known),
        )
        for name, known in named.items()
        if name not in known
    ]
    if faults:
        raise PilotError(message("The mapping file cannot be used."), faults)


def guess_mapping(table: TableName, sheet: Sheet, protocol: Protocol) -> Mapping:
    """The mapping of a file that uses our names already: our columns, or item ids as column names."""
    present = list(sheet.frame.columns)
    wanted = (*REQUIRED_COLUMNS[table], *OPTIONAL_COLUMNS[table])
    answers: tuple[AnswerColumn, ...] = ()
    if table == "responses" and not set(ANSWER_COLUMNS) <= set(present):
        items = [column for column in present if column in protocol.instruments.items]
        answers = tuple(AnswerColumn(column=item, item=item) for item in items)
    # Columns that are needed but absent stay in the mapping: `apply` then says that they are missing.
    columns = {name: name for name in wanted if name in present or name in REQUIRED_COLUMNS[table]}
    if answers:
        columns = {name: column for name, column in columns.items() if name not in ANSWER_COLUMNS}
    return Mapping(format=1, table=table, columns=columns, answers=answers)


def apply_mapping(mapping: Mapping, sheet: Sheet) -> Draft:
    """Our table, still as text, with the place of every value in the user's file.

    Raises:
        PilotError: the file lacks columns that the mapping names.
    """
    sheet = replace(sheet, frame=sheet.frame.iloc[mapping.rows_below_header :])
    if mapping.numbered_columns:
        mapping = _called_as_in_the_file(mapping, sheet)
    faults = list(_missing_columns(mapping, sheet))
    if faults:
        raise PilotError(message("{file} was not imported; nothing was changed.", file=sheet.name), faults)
    blank = sheet.frame.isin(list(mapping.missing))
    cells = sheet.frame.mask(blank, "")
    keys = pd.DataFrame({ours: cells[theirs] for ours, theirs in mapping.columns.items()}, index=cells.index)
    keys = keys.assign(**mapping.constants)
    frame = _melted(mapping, cells, keys) if mapping.answers else keys.reset_index(names="source_row")
    if "source_column" not in frame:
        frame["source_column"] = mapping.columns.get("value", "")
    for column in OPTIONAL_COLUMNS[mapping.table]:
        if column not in frame:
            frame[column] = ""
    for column, codes in mapping.values.items():
        if column in frame:
            frame[column] = frame[column].replace(codes)
    needed = CONTRACTS[mapping.table].no_row_without
    if needed:
        frame = frame[frame[needed] != ""].reset_index(drop=True)  # an unanswered question is no row
    return Draft(mapping.table, frame, dict(mapping.columns))


def _melted(mapping: Mapping, cells: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """One row an answer, from one column a question."""
    parts = []
    for answer in mapping.answers:
        part = keys.assign(item_id=answer.item, value=cells[answer.column], source_column=answer.column)
        parts.append(part.assign(wave_id=answer.wave) if answer.wave else part)
    return pd.concat(parts).reset_index(names="source_row")


def _called_as_in_the_file(mapping: Mapping, sheet: Sheet) -> Mapping:
    """The mapping with the columns' names of this file, found by their wording.

    Raises:
        PilotError: two columns that it names have the same wording.
    """
    columns = [str(column) for column in sheet.frame.columns]
    known = {_wording(column): column for column in columns}
    counts = Counter(map(_wording, columns))
    named = [*mapping.columns.values(), *(answer.column for answer in mapping.answers)]
    faults = [
        Fault(
            sheet.name,
            message("the column “{column}” is there {count} times.", column=column, count=counts[_wording(column)]),
            message("Give every column a name of its own."),
        )
        for column in named
        if counts[_wording(column)] > 1
    ]
    if faults:
        raise PilotError(message("{file} was not imported; nothing was changed.", file=sheet.name), faults)
    found = {column: known.get(_wording(column), column) for column in named}
    return mapping.model_copy(
        update={
            "columns": {ours: found[theirs] for ours, theirs in mapping.columns.items()},
            "answers": tuple(each.model_copy(update={"column": found[each.column]}) for each in mapping.answers),
        }
    )


def _wording(column: str) -> str:
    """What a column asks, without the numbers before it and however wide it is written."""
    return NUMBER_BEFORE.sub("", "".join(unicodedata.normalize("NFKC", column).casefold().split()))


def _missing_columns(mapping: Mapping, sheet: Sheet) -> Iterator[Fault]:
    present = list(sheet.frame.columns)
    for column in [*mapping.columns.values(), *(answer.column for answer in mapping.answers)]:
        if column not in present:
            yield Fault(
                sheet.name,
                message("the column “{column}” is missing.", column=column),
                message("Found are: {columns}. Rename it, or name it in a mapping file.", columns=present),
            )
