"""Check a table as a whole: every check returns all faults, never only the first one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pilot.i18n import Message, message
from pilot.plan import Protocol
from pilot.schema.cells import read_cells, unknown
from pilot.schema.columns import CONTRACTS, STANDARD_MEASURES, Reference
from pilot.schema.tables import CellFault, Draft


@dataclass(frozen=True)
class Surroundings:
    """What a table is checked against.

    Attributes:
        protocol: The plan and its questionnaires.
        person_ids: Everybody on the roster so far.
        goal_ids: Every goal that is known so far.
    """

    protocol: Protocol
    person_ids: frozenset[str]
    goal_ids: frozenset[str] = frozenset()

    @property
    def measure_ids(self) -> frozenset[str]:
        """Measures that the plan names, and those that need no plan."""
        outcomes = self.protocol.plan.outcomes
        measures = {guardrail.measure for guardrail in outcomes.guardrails}
        return frozenset(measures | ({outcomes.fidelity.measure} if outcomes.fidelity else set())) | STANDARD_MEASURES

    def known(self, reference: Reference) -> tuple[frozenset[str], Message]:
        """What a reference may say, and where that stands."""
        plan, instruments = self.protocol.plan, self.protocol.instruments
        choices: dict[Reference, tuple[frozenset[str], Message]] = {
            "persons": (self.person_ids, message("the roster")),
            "teams": (frozenset(plan.teams.all), message("the plan")),
            "waves": (frozenset(plan.calendar.wave_ids), message("the plan's calendar")),
            "items": (frozenset(instruments.items), message("the questionnaires")),
            "measures": (self.measure_ids, message("the plan")),
            "goals": (self.goal_ids, message("the goals")),
        }
        return choices[reference]


def check(draft: Draft, surroundings: Surroundings) -> tuple[pd.DataFrame, list[CellFault]]:
    """Type and check a table as a whole, column by column as its contract says.

    Returns:
        The typed frame (only our columns; meaningful when there is no fault), and every fault in file order.
    """
    contract, instruments = CONTRACTS[draft.table], surroundings.protocol.instruments
    faults = list(_missing_entries(draft))
    typed: dict[str, pd.Series[Any]] = {}
    for column in contract.columns:
        typed[column.name], unreadable = read_cells(draft, column, instruments)
        faults += unreadable
        if column.reference:
            faults += unknown(draft, column.name, draft.frame[column.name], *surroundings.known(column.reference))
        if column.not_before:
            faults += _backwards(draft, typed, column.name, column.not_before)
        if column.goes_with:
            faults += _alone(draft, column.name, column.goes_with)
        if column.kind == "answer":
            faults += _off_scale(draft, typed[column.name], surroundings)
    faults += _repeated(draft)
    return pd.DataFrame(typed).reset_index(drop=True), _each_once(faults)


def _each_once(faults: Iterable[CellFault]) -> list[CellFault]:
    """In file order; a row with many answers has its person and wave only once."""
    by_place = {(fault.row, fault.column, fault.found.text("en")): fault for fault in faults}
    return [by_place[place] for place in sorted(by_place)]


def _missing_entries(draft: Draft) -> Iterator[CellFault]:
    what = message("there is no entry.").msgid
    remedy = message("Every row needs one; fill it in or delete the row.")
    for column in CONTRACTS[draft.table].required:
        yield from draft.faults_where(draft.frame[column] == "", column, what, remedy)


def _repeated(draft: Draft) -> Iterator[CellFault]:
    keys = list(CONTRACTS[draft.table].keys)
    complete = (draft.frame[keys] != "").all(axis=1)
    repeated = draft.frame.duplicated(keys) & complete
    first_rows = draft.frame[complete].drop_duplicates(keys).set_index(keys)["source_row"]
    for index in repeated.to_numpy().nonzero()[0]:
        row = draft.frame.iloc[index]
        first = first_rows.loc[tuple(row[keys]) if len(keys) > 1 else row[keys[0]]]
        yield draft.fault(
            int(index),
            keys[0],
            message(
                "“{value}” stands there a second time; the first is in row {first}.",
                value=row[keys[0]],
                first=first,
            ),
            message("Keep the row that is right and delete the other."),
        )


def _alone(draft: Draft, column: str, partner: str) -> Iterator[CellFault]:
    """Rows with one of two entries that go together."""
    for given, blank in ((column, partner), (partner, column)):
        what = message("“{value}” stands there without “{partner}”.", partner=blank)
        wrong = (draft.frame[given] != "") & (draft.frame[blank] == "")
        for index in wrong.to_numpy().nonzero()[0]:
            found = Message(what.msgid, {**what.values, "value": draft.frame[given].iloc[int(index)]})
            yield draft.fault(int(index), given, found, message("Fill in both or neither."))


def _backwards(draft: Draft, typed: dict[str, pd.Series[Any]], later: str, earlier: str) -> Iterator[CellFault]:
    what = message("“{value}” is before the day of joining.").msgid
    remedy = message("Exchange or correct the two dates.")
    yield from draft.faults_where(typed[later] < typed[earlier], later, what, remedy)


def _off_scale(draft: Draft, values: pd.Series[float], surroundings: Surroundings) -> Iterator[CellFault]:
    instruments = surroundings.protocol.instruments
    for item_id in instruments.items:
        rows = (draft.frame["item_id"] == item_id).to_numpy().nonzero()[0]
        answers = instruments.answers_of(item_id)
        given = values.iloc[rows]
        wrong = (given < answers.lowest) | (given > answers.highest)
        if answers.whole_numbers:
            wrong |= given.notna() & (given % 1 != 0)
        for index in rows[wrong.to_numpy()]:
            yield draft.fault(
                int(index),
                "value",
                message(
                    "“{value}” is not an answer to “{item}”.",
                    value=draft.frame["value"].iloc[int(index)],
                    item=item_id,
                ),
                message(
                    "Answers go from {lowest} to {highest}.",
                    lowest=answers.lowest,
                    highest=answers.highest,
                ),
            )
