"""Frames to rows and back, and what a file changes in what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from pilot.i18n import message
from pilot.schema.columns import CONTRACTS, Column, TableName
from pilot.schema.tables import DTYPES, CellFault, Draft
from pilot.store.definitions import TABLE_OF

CHUNK_KEYS = 1000  # people, teams or other first keys that are looked up and written at a time
CHUNK_ROWS = 50_000  # written at a time, so that memory does not grow with the table

BoolArray = NDArray[np.bool_]
Row = dict[str, object]


@dataclass(frozen=True)
class Difference:
    """A part of a file beside what is stored under the same keys.

    Attributes:
        frame: Rows of the file.
        stored: What is stored under their keys, row by row; missing where nothing is.
        known: Which rows are stored, shape (rows,).
    """

    frame: pd.DataFrame
    stored: pd.DataFrame
    known: BoolArray

    def changed(self, column: Column) -> BoolArray:
        """Rows that say something, and something else than what is stored, shape (rows,)."""
        new, old = self.frame[column.name].reset_index(drop=True), self.stored[column.name]
        changed: BoolArray = self.known & new.notna().to_numpy() & (new != old).to_numpy(dtype=bool)
        return changed

    def contradicts(self, column: Column) -> BoolArray:
        """Rows that say something else where only one can be true, shape (rows,)."""
        if column.is_key or column.may_change:
            return np.zeros_like(self.known)
        return self.changed(column) & self.stored[column.name].notna().to_numpy()


def chunks_by_key(table: TableName, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Parts of a frame with so many different first keys each; a key is in one part only."""
    number, _ = pd.factorize(frame[CONTRACTS[table].keys[0]])
    part = number // CHUNK_KEYS
    for _, rows in frame.groupby(part, sort=True):
        yield rows


def compare(connection: sa.Connection, table: TableName, frame: pd.DataFrame) -> Difference:
    """Read what is stored under the keys of a part of a file, and nothing else."""
    stored_in, keys = TABLE_OF[table], list(CONTRACTS[table].keys)
    first = stored_in.c[keys[0]]
    wanted = frame[keys[0]].unique().tolist()
    stored = read_frame(connection, table, sa.select(stored_in).where(first.in_(wanted)))
    if stored.empty:
        return Difference(frame, stored.reindex(range(len(frame))), np.zeros(len(frame), dtype=bool))
    merged = frame[keys].merge(stored, on=keys, how="left", indicator=True)
    return Difference(frame, merged, (merged["_merge"] == "both").to_numpy())


def contradictions(draft: Draft, difference: Difference) -> Iterator[CellFault]:
    """Rows of a file that contradict what is stored. The frame's index is the place in the draft."""
    if draft.table == "roster":
        remedy = message("People stay with the team in which they began; write that team.")
    else:
        remedy = message("Find out which is right; what is stored is not overwritten.")
    places = difference.frame.index.to_numpy()
    for column in CONTRACTS[draft.table].columns:
        for index in difference.contradicts(column).nonzero()[0]:
            new, old = (_said(part[column.name].iloc[int(index)]) for part in (difference.frame, difference.stored))
            found = message("was imported before as “{old}” and is now “{new}”.", old=old, new=new)
            yield draft.fault(int(places[index]), column.name, found, remedy)


def insert_rows(connection: sa.Connection, table: TableName, frame: pd.DataFrame) -> None:
    """Add rows."""
    for start in range(0, len(frame), CHUNK_ROWS):
        rows = as_rows(frame.iloc[start : start + CHUNK_ROWS])
        connection.execute(TABLE_OF[table].insert(), rows)


def update_rows(connection: sa.Connection, table: TableName, difference: Difference) -> None:
    """Bring up to date what may change, and fill in what was not known; nothing that is known is lost."""
    stored_in, contract = TABLE_OF[table], CONTRACTS[table]
    open_to_change = [column for column in contract.columns if column.may_change or not column.required]
    changed = np.zeros_like(difference.known)
    for column in open_to_change:
        changed |= difference.changed(column)
    rows = as_rows(difference.frame[changed])
    if not rows:
        return
    statement = stored_in.update()
    for key in contract.keys:
        statement = statement.where(stored_in.c[key] == sa.bindparam(f"known_{key}"))
    values = {
        column.name: sa.func.coalesce(sa.bindparam(f"new_{column.name}", type_=stored_in.c[column.name].type), stored)
        for column in open_to_change
        for stored in (stored_in.c[column.name],)
    }
    named = [f"new_{column.name}" for column in open_to_change] + [f"known_{key}" for key in contract.keys]
    places = [(name, name.partition("_")[2]) for name in named]
    connection.execute(statement.values(values), [{name: row[ours] for name, ours in places} for row in rows])


def as_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as a database driver takes them: days as dates, None where there is no entry."""
    columns = [_plain_values(frame[column]) for column in frame.columns]
    names = list(frame.columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def read_frame(connection: sa.Connection, table: TableName, query: sa.Select[Any]) -> pd.DataFrame:
    """Rows of a table in the types of its contract."""
    frame = pd.read_sql(query, connection)
    columns = CONTRACTS[table].columns
    for name in (column.name for column in columns if column.kind == "date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.astype({column.name: DTYPES.get(column.kind, "str") for column in columns})


def _plain_values(values: pd.Series[Any]) -> list[object]:
    if pd.api.types.is_datetime64_any_dtype(values):
        days: list[object] = values.to_numpy().astype("datetime64[D]").tolist()  # NaT becomes None
        return days
    plain = values.astype(object)
    return plain.where(values.notna(), None).tolist()


def _said(value: object) -> object:
    return value.date() if isinstance(value, pd.Timestamp) else value
