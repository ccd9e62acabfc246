"""Typed tables, and tables on their way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from pilot.i18n import Message
from pilot.schema.columns import TableName


@dataclass(frozen=True)
class Tables:
    """The tables that an analysis starts from.

    Attributes:
        roster: One row a person: `person_id`, `team_id`, `joined_on`, `left_on` (dates, missing where unknown).
        responses: One row an answer: `person_id`, `wave_id`, `item_id`, `value` (points).
        team_measures: One row a team, wave and measure: `team_id`, `wave_id`, `measure_id`, `value`.
    """

    roster: pd.DataFrame
    responses: pd.DataFrame
    team_measures: pd.DataFrame


@dataclass(frozen=True)
class CellFault:
    """A fault at one place of an imported file.

    Attributes:
        row: Row as the user's program counts it (the header is row 1).
        column: Column as the user's file names it.
        found: What is wrong.
        remedy: What to do.
    """

    row: int
    column: str
    found: Message
    remedy: Message


@dataclass(frozen=True)
class Draft:
    """A table on its way in.

    Attributes:
        table: Which table.
        frame: Its columns, plus `source_row` and `source_column` (where the value of that row stood).
        source_columns: The user's name of each of our columns.
    """

    table: TableName
    frame: pd.DataFrame
    source_columns: Mapping[str, str]

    def fault(self, index: int, column: str, found: Message, remedy: Message) -> CellFault:
        """A fault in one of our columns, placed in the user's file."""
        row = int(self.frame["source_row"].iloc[int(index)])
        named = self.frame["source_column"].iloc[int(index)] if column == "value" else self.source_columns.get(column)
        return CellFault(row, str(named or column), found, remedy)

    def faults_where(self, wrong: pd.Series[bool], column: str, what: str, remedy: Message) -> Iterator[CellFault]:
        """One fault for each row marked wrong; `what` is a message id with the place `{value}`."""
        for index in wrong.to_numpy().nonzero()[0]:
            value = self.frame[column].iloc[int(index)]
            yield self.fault(int(index), column, Message(what, {"value": value}), remedy)


def on_date(moment: pd.Timestamp | date | None) -> date | None:
    """A calendar day, or None where it is missing."""
    return None if moment is None or pd.isna(moment) else pd.Timestamp(moment).date()
