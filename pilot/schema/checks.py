"""Check a table as a whole: every check returns all faults, never only the first one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from pilot.i18n import Message, message
from pilot.plan import Protocol
from pilot.schema.columns import DATE_COLUMNS, KEY_COLUMNS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from pilot.schema.tables import CellFault, Draft


@dataclass(frozen=True)
class Surroundings:
    """What a table is checked against.

    Attributes:
        protocol: The plan and its questionnaires.
        person_ids: Everybody on the roster so far.
    """

    protocol: Protocol
    person_ids: frozenset[str]

    @property
    def measure_ids(self) -> frozenset[str]:
        """Measures that the plan names."""
        outcomes = self.protocol.plan.outcomes
        measures = {guardrail.measure for guardrail in outcomes.guardrails}
        return frozenset(measures | ({outcomes.fidelity.measure} if outcomes.fidelity else set()))


def check(draft: Draft, surroundings: Surroundings) -> tuple[pd.DataFrame, list[CellFault]]:
    """Type and check a table as a whole.

    Returns:
        The typed frame (only our columns; meaningful when there is no fault), and every fault in file order.
    """
    faults = list(_missing_keys(draft))
    frame = draft.frame.copy()
    if draft.table == "roster":
        for column in DATE_COLUMNS:
            frame[column], wrong = _dates(frame[column])
            what = message("“{value}” is not a date of the calendar.").msgid
            faults += draft.faults_where(wrong, column, what, message("Write it as 2027-03-01."))
        faults += _roster_faults(draft, frame, surroundings)
    else:
        frame["value"], number_faults = _numbers(draft, surroundings)
        faults += number_faults
        faults += _reference_faults(draft, surroundings)
        if draft.table == "responses":
            faults += _off_scale(draft, frame["value"], surroundings)
    faults += _repeated(draft)
    columns = [*REQUIRED_COLUMNS[draft.table], *OPTIONAL_COLUMNS[draft.table]]
    return frame[columns].reset_index(drop=True), _each_once(faults)


def _each_once(faults: Iterable[CellFault]) -> list[CellFault]:
    """In file order; a row with many answers has its person and wave only once."""
    by_place = {(fault.row, fault.column, fault.found.text("en")): fault for fault in faults}
    return [by_place[place] for place in sorted(by_place)]


def _missing_keys(draft: Draft) -> Iterator[CellFault]:
    what = message("there is no entry.").msgid
    for column in dict.fromkeys((*KEY_COLUMNS[draft.table], *REQUIRED_COLUMNS[draft.table])):
        if column != "value":
            yield from draft.faults_where(
                draft.frame[column] == "",
                column,
                what,
                message("Every row needs one; fill it in or delete the row."),
            )


def _repeated(draft: Draft) -> Iterator[CellFault]:
    keys = list(KEY_COLUMNS[draft.table])
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


def _roster_faults(draft: Draft, typed: pd.DataFrame, surroundings: Surroundings) -> Iterator[CellFault]:
    yield from _unknown(draft, "team_id", set(surroundings.protocol.plan.teams.all), message("the plan"))
    backwards = typed["left_on"] < typed["joined_on"]
    what = message("“{value}” is before the day of joining.").msgid
    yield from draft.faults_where(backwards, "left_on", what, message("Exchange or correct the two dates."))


def _reference_faults(draft: Draft, surroundings: Surroundings) -> Iterator[CellFault]:
    plan = surroundings.protocol.plan
    yield from _unknown(draft, "wave_id", set(plan.calendar.wave_ids), message("the plan's calendar"))
    if draft.table == "responses":
        yield from _unknown(draft, "person_id", surroundings.person_ids, message("the roster"))
        yield from _unknown(
            draft, "item_id", set(surroundings.protocol.instruments.items), message("the questionnaires")
        )
    else:
        yield from _unknown(draft, "team_id", set(plan.teams.all), message("the plan"))
        yield from _unknown(draft, "measure_id", surroundings.measure_ids, message("the plan"))


def _unknown(
    draft: Draft, column: str, known: set[str] | frozenset[str], where: Message, most_named: int = 8
) -> Iterator[CellFault]:
    values = draft.frame[column]
    if len(known) <= most_named:
        remedy = message("Known there: {choices}. Correct it, or map it in the mapping file.", choices=sorted(known))
    else:
        remedy = message("Correct it, map it in the mapping file, or add it there first.")
    for index in (~values.isin(known) & (values != "")).to_numpy().nonzero()[0]:
        found = message("“{value}” is not known in {where}.", value=values.iloc[int(index)], where=where)
        yield draft.fault(int(index), column, found, remedy)


def _dates(texts: pd.Series[str]) -> tuple[pd.Series[pd.Timestamp], pd.Series[bool]]:
    plain = texts.str.replace(r"[/.年月]", "-", regex=True).str.replace("日", "").str.replace(" 00:00:00", "")
    dates = pd.to_datetime(plain.where(plain != ""), format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    return dates, dates.isna() & (texts != "")


def _numbers(draft: Draft, surroundings: Surroundings) -> tuple[pd.Series[float], list[CellFault]]:
    texts = draft.frame["value"].map(lambda text: unicodedata.normalize("NFKC", text).strip())
    numbers = pd.to_numeric(texts, errors="coerce")
    if draft.table == "responses":
        labelled = draft.frame[numbers.isna()]
        numbers = numbers.fillna(_labels_as_codes(labelled, surroundings))
    infinite = numbers.isin([float("inf"), float("-inf")])
    what = message("“{value}” is neither a number nor one of the answer labels.").msgid
    remedy = message("Write the code of the answer, or its label as in the questionnaire.")
    return numbers, list(draft.faults_where(numbers.isna() | infinite, "value", what, remedy))


def _labels_as_codes(frame: pd.DataFrame, surroundings: Surroundings) -> pd.Series[float]:
    instruments = surroundings.protocol.instruments
    labels = {item_id: instruments.answers_of(item_id).codes_by_label() for item_id in instruments.items}
    pairs = zip(frame["item_id"], frame["value"], strict=True)
    codes = [labels.get(item_id, {}).get(text.casefold()) for item_id, text in pairs]
    return pd.Series(codes, index=frame.index, dtype=float)


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
