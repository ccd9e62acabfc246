"""The store: one database a pilot, SQLite by default, any SQLAlchemy URL by option.

Everything is written in one transaction or not at all; writing the same rows again changes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
import sqlalchemy as sa
from numpy.typing import NDArray

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.schema.columns import KEY_COLUMNS, TableName
from pilot.schema.tables import CellFault, Draft, Tables, on_date

METADATA = sa.MetaData()

PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("person_id", sa.String, primary_key=True),
    sa.Column("team_id", sa.String, nullable=False, index=True),
    sa.Column("joined_on", sa.Date),
    sa.Column("left_on", sa.Date),
)
RESPONSE = sa.Table(
    "response",
    METADATA,
    sa.Column("person_id", sa.ForeignKey("person.person_id"), primary_key=True),
    sa.Column("wave_id", sa.String, primary_key=True),
    sa.Column("item_id", sa.String, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)
TEAM_MEASURE = sa.Table(
    "team_measure",
    METADATA,
    sa.Column("team_id", sa.String, primary_key=True),
    sa.Column("wave_id", sa.String, primary_key=True),
    sa.Column("measure_id", sa.String, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)
IMPORT = sa.Table(
    "import",
    METADATA,
    sa.Column("import_id", sa.Integer, primary_key=True),
    sa.Column("table_name", sa.String, nullable=False),
    sa.Column("file_name", sa.String, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("n_rows_new", sa.Integer, nullable=False),
    sa.Column("seal_sha256", sa.String(64)),
)
TABLE_OF: dict[TableName, sa.Table] = {"roster": PERSON, "responses": RESPONSE, "team_measures": TEAM_MEASURE}


@dataclass(frozen=True)
class ImportRecord:
    """Where rows came from.

    Attributes:
        table_name: Which table they went to.
        file_name: The user's file.
        sha256: Of its bytes.
        imported_at: When.
        n_rows_new: Rows that were not there before.
        seal_sha256: Of the sealed plan then in force; None before the seal.
    """

    table_name: TableName
    file_name: str
    sha256: str
    imported_at: datetime
    n_rows_new: int
    seal_sha256: str | None = None


class Store:
    """The tables of one pilot in a database."""

    def __init__(self, url: str) -> None:
        """Open a database and make its tables where they are missing.

        Raises:
            PilotError: the address is not understood or the database does not answer.
        """
        headline = message("The database cannot be used.")
        try:
            self._engine = sa.create_engine(url)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _enforce_foreign_keys)
            METADATA.create_all(self._engine)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, ValueError):
            found = message("this is not a database address that can be used here.")
            remedy = message("Write it like sqlite:///pilot.sqlite or postgresql+psycopg://user@host/name.")
            raise PilotError(headline, [Fault("--database", found, remedy)]) from None
        except sa.exc.SQLAlchemyError:
            found = message("the database does not answer or is not ours.")
            remedy = message("Check that it is running, and the name, user and password in the address.")
            raise PilotError(headline, [Fault("--database", found, remedy)]) from None

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def person_ids(self) -> frozenset[str]:
        """Everybody on the roster."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(sa.select(PERSON.c.person_id)))

    def tables(self) -> Tables:
        """All tables, each ordered by its key."""
        with self._engine.connect() as connection:
            roster, responses, measures = (
                pd.read_sql(sa.select(table).order_by(*table.primary_key.columns), connection)
                for table in (PERSON, RESPONSE, TEAM_MEASURE)
            )
        for column in ("joined_on", "left_on"):
            roster[column] = pd.to_datetime(roster[column]).astype("datetime64[us]")
        return Tables(roster, responses, measures)

    def imports(self) -> list[ImportRecord]:
        """What was imported, oldest first."""
        columns = [column for column in IMPORT.columns if column.name != "import_id"]
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(IMPORT.c.import_id)).mappings()
            return [ImportRecord(**row) for row in rows]

    def save(self, draft: Draft, frame: pd.DataFrame, record: ImportRecord) -> tuple[ImportRecord, list[CellFault]]:
        """Write checked rows and their record in one transaction.

        Rows that are there already are left alone; a roster's dates are brought up to date.

        Returns:
            The record with the number of new rows; and the rows that contradict what is stored. If there is any,
            nothing was written.
        """
        table = TABLE_OF[draft.table]
        keys = list(KEY_COLUMNS[draft.table])
        with self._engine.begin() as connection:
            stored = pd.read_sql(sa.select(table), connection)
            merged = frame.merge(stored, on=keys, how="left", suffixes=("", "_stored"), indicator=True)
            known = (merged["_merge"] == "both").to_numpy()
            conflicts = _conflicts(draft, merged, known)
            if conflicts:
                return record, conflicts
            new_rows = _records(frame[~known])
            if new_rows:
                connection.execute(table.insert(), new_rows)
            if draft.table == "roster":
                _update_dates(connection, _records(frame[known]))
            complete = replace(record, n_rows_new=len(new_rows))
            if not _is_recorded(connection, record):
                connection.execute(IMPORT.insert(), [asdict(complete)])
        return complete, []


def _enforce_foreign_keys(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _is_recorded(connection: sa.Connection, record: ImportRecord) -> bool:
    """Whether this very file went into this table before."""
    same = sa.select(IMPORT.c.import_id).where(
        IMPORT.c.table_name == record.table_name, IMPORT.c.sha256 == record.sha256
    )
    return connection.execute(same).first() is not None


def _conflicts(draft: Draft, merged: pd.DataFrame, known: NDArray[np.bool_]) -> list[CellFault]:
    column = "team_id" if draft.table == "roster" else "value"
    differs = known & (merged[column] != merged[f"{column}_stored"]).to_numpy()
    remedy = (
        message("People stay with the team in which they began; write that team.")
        if draft.table == "roster"
        else message("Find out which is right; what is stored is not overwritten.")
    )
    faults = []
    for index in differs.nonzero()[0]:
        new, old = merged[column].iloc[int(index)], merged[f"{column}_stored"].iloc[int(index)]
        found = message("was imported before as “{old}” and is now “{new}”.", old=old, new=new)
        faults.append(draft.fault(int(index), column, found, remedy))
    return faults


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    dates = [column for column in ("joined_on", "left_on") if column in frame]
    records: list[dict[str, object]] = frame.to_dict("records")  # type: ignore[assignment]
    for record in records:
        for column in dates:
            record[column] = on_date(record[column])  # type: ignore[arg-type]
    return records


def _update_dates(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(
            PERSON.update()
            .where(PERSON.c.person_id == sa.bindparam("known_id"))
            .values(
                joined_on=sa.func.coalesce(sa.bindparam("joined"), PERSON.c.joined_on),
                left_on=sa.func.coalesce(sa.bindparam("left"), PERSON.c.left_on),
            ),
            [{"known_id": r["person_id"], "joined": r["joined_on"], "left": r["left_on"]} for r in rows],
        )
