"""Typed tables, and tables on their way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from pilot.i18n import Message
from pilot.schema.columns import CONTRACTS, ColumnKind, TableName

DTYPES: dict[ColumnKind, str] = {
    "date": "datetime64[us]",
    "number": "float64",
    "answer": "float64",
    "flag": "int64",
}  # all others are texts


def empty_table(table: TableName) -> pd.DataFrame:
    """A typed table without rows."""
    contract = CONTRACTS[table]
    return pd.DataFrame(
        {column.name: pd.Series(dtype=DTYPES.get(column.kind, "str")) for column in contract.columns},
        columns=[column.name for column in contract.columns],
    )


@dataclass(frozen=True)
class Tables:
    """The tables that an analysis starts from: the roster and the confidential plane.

    Attributes:
        roster: One row a person: `person_id`, `team_id` (the first one, whose arm counts for good), `joined_on`,
            `left_on`, `moved_on` (dates, missing where unknown), `moved_to_team_id`, and where they are known
            `manager_id`, `tenure_years`, `role`, `language`.
        responses: One row an answer: `person_id`, `wave_id`, `item_id`, `value` (points).
        team_measures: One row a team, wave and measure: `team_id`, `wave_id`, `measure_id`, `value`.
        comments: One row a comment: `comment_id`, `person_id`, `wave_id`, `language`, `text`.
        submissions: One row a questionnaire handed in: `person_id`, `wave_id`, `submitted_on`, `seconds` (how long
            answering took), `language`.
    """

    roster: pd.DataFrame
    responses: pd.DataFrame
    team_measures: pd.DataFrame
    comments: pd.DataFrame = field(default_factory=lambda: empty_table("comments"))
    submissions: pd.DataFrame = field(default_factory=lambda: empty_table("submissions"))


@dataclass(frozen=True)
class PracticeTables:
    """The practice plane: what the person and their manager see, and leadership only as aggregates.

    It is never joined with a person's survey answers or comments in a view. Columns are those of `CONTRACTS`.

    Attributes:
        goals: One row a goal.
        goal_changes: One row a change of a goal.
        conversations: One row a conversation of a person with their manager.
        feedback: One row a piece of feedback that a person received.
        development_plans: One row a plan, with its four parts.
        opportunities: One row a project, rotation, training or mentor granted to a person.
    """

    goals: pd.DataFrame = field(default_factory=lambda: empty_table("goals"))
    goal_changes: pd.DataFrame = field(default_factory=lambda: empty_table("goal_changes"))
    conversations: pd.DataFrame = field(default_factory=lambda: empty_table("conversations"))
    feedback: pd.DataFrame = field(default_factory=lambda: empty_table("feedback"))
    development_plans: pd.DataFrame = field(default_factory=lambda: empty_table("development_plans"))
    opportunities: pd.DataFrame = field(default_factory=lambda: empty_table("opportunities"))


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
