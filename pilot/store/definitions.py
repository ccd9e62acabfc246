"""The database's tables, made from the contracts of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pilot.schema.columns import CONTRACTS, TABLE_NAMES, Column, ColumnKind, TableName

METADATA = sa.MetaData()
KEPT_IN = {"persons": "person.person_id", "goals": "goal.goal_id"}  # all other references are the plan's
SQL_TYPES: dict[ColumnKind, type[sa.types.TypeEngine[Any]]] = {
    "text": sa.String,
    "code": sa.String,
    "date": sa.Date,
    "number": sa.Float,
    "answer": sa.Float,
    "flag": sa.SmallInteger,
}


def _stored_column(column: Column) -> sa.Column[Any]:
    kept_in = KEPT_IN.get(column.reference or "")
    references = [sa.ForeignKey(kept_in)] if kept_in else []
    return sa.Column(
        column.name,
        SQL_TYPES[column.kind],
        *references,
        primary_key=column.is_key,
        nullable=not column.required,
        index=column.reference is not None and not column.is_key,
    )


TABLE_OF: dict[TableName, sa.Table] = {
    name: sa.Table(CONTRACTS[name].stored_as, METADATA, *map(_stored_column, CONTRACTS[name].columns))
    for name in TABLE_NAMES
}
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


def make_tables(engine: sa.Engine) -> None:
    """Make the tables where they are missing, and the optional columns that an older version did not have."""
    METADATA.create_all(engine)
    present = sa.inspect(engine)
    with engine.begin() as connection:
        for table in TABLE_OF.values():
            names = {column["name"] for column in present.get_columns(table.name)}
            for column in table.columns:
                if column.name not in names:
                    definition = sa.schema.CreateColumn(column).compile(dialect=engine.dialect)
                    connection.execute(sa.text(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}'))
