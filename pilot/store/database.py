"""The tables of one pilot in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import pandas as pd
import sqlalchemy as sa

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.schema.columns import PRACTICE_TABLES, TableName
from pilot.schema.tables import CellFault, Draft, PracticeTables, Tables
from pilot.store.definitions import IMPORT, TABLE_OF, ImportRecord, make_tables
from pilot.store.rows import chunks_by_key, compare, contradictions, insert_rows, read_frame, update_rows

ANALYSED_TABLES: tuple[TableName, ...] = ("roster", "responses", "submissions", "team_measures", "comments")


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
            make_tables(self._engine)
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
            return frozenset(connection.scalars(sa.select(TABLE_OF["roster"].c.person_id)))

    def goal_ids(self) -> frozenset[str]:
        """Every goal."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(sa.select(TABLE_OF["goals"].c.goal_id)))

    def tables(self) -> Tables:
        """The roster and the confidential plane, each table ordered by its key."""
        return Tables(**self._frames(ANALYSED_TABLES))

    def practice(self) -> PracticeTables:
        """The practice plane, each table ordered by its key; never joined with survey answers in a view."""
        return PracticeTables(**self._frames(PRACTICE_TABLES))

    def imports(self) -> list[ImportRecord]:
        """What was imported, oldest first."""
        columns = [column for column in IMPORT.columns if column.name != "import_id"]
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(IMPORT.c.import_id)).mappings()
            return [ImportRecord(**row) for row in rows]

    def save(self, draft: Draft, frame: pd.DataFrame, record: ImportRecord) -> tuple[ImportRecord, list[CellFault]]:
        """Write checked rows and their record in one transaction.

        Only what is stored under the keys of the file is read, and rows are looked up and written in parts, so that
        memory does not grow with what is stored. Rows that are there already are left alone; what may change (a
        roster's dates, a goal's weight) is brought up to date.

        Args:
            draft: Where each row stood in the user's file.
            frame: The typed rows, in the order of the draft.
            record: Where they come from.

        Returns:
            The record with the number of new rows; and the rows that contradict what is stored. If there is any,
            nothing was written.
        """
        conflicts: list[CellFault] = []
        n_rows_new = 0
        frame = frame.reset_index(drop=True)
        with self._engine.connect() as connection, connection.begin() as transaction:
            for part in chunks_by_key(draft.table, frame):
                difference = compare(connection, draft.table, part)
                conflicts += contradictions(draft, difference)
                if conflicts:
                    continue  # look for all of them; nothing will be written
                insert_rows(connection, draft.table, part[~difference.known])
                update_rows(connection, draft.table, difference)
                n_rows_new += int((~difference.known).sum())
            complete = replace(record, n_rows_new=n_rows_new)
            if not conflicts and not _is_recorded(connection, record):
                connection.execute(IMPORT.insert(), [asdict(complete)])
            if conflicts:
                transaction.rollback()
                return record, sorted(conflicts, key=lambda fault: (fault.row, fault.column))
        return complete, []

    def _frames(self, names: tuple[TableName, ...]) -> Mapping[str, pd.DataFrame]:
        with self._engine.connect() as connection:
            return {
                name: read_frame(
                    connection, name, sa.select(TABLE_OF[name]).order_by(*TABLE_OF[name].primary_key.columns)
                )
                for name in names
            }


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
