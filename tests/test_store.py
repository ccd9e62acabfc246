"""One transaction or nothing, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from pilot.schema.columns import OPTIONAL_COLUMNS, TableName
from pilot.schema.tables import Draft
from pilot.store import METADATA, ImportRecord, Store

NOW = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'pilot.sqlite'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    with Store(url) as opened:
        yield opened
    if request.param == "postgres":
        engine = sa.create_engine(url)
        METADATA.drop_all(engine)
        engine.dispose()


def save(store: Store, table: TableName, rows: list[dict[str, object]], name: str = "file.csv"):
    frame = pd.DataFrame(rows)
    for column in OPTIONAL_COLUMNS[table]:
        if column not in frame:
            frame[column] = pd.NaT
    draft_frame = frame.assign(source_row=range(2, len(frame) + 2), source_column="value")
    return store.save(Draft(table, draft_frame, {}), frame, ImportRecord(table, name, name, NOW, 0))


ROSTER = [{"person_id": "P1", "team_id": "甲"}, {"person_id": "P2", "team_id": "乙"}]
ANSWERS = [
    {"person_id": person, "wave_id": "baseline_1", "item_id": item, "value": 3.5}
    for person in ("P1", "P2")
    for item in "ab"
]


def test_round_trip(store):
    save(store, "roster", ROSTER)
    record, conflicts = save(store, "responses", ANSWERS)
    assert (record.n_rows_new, conflicts) == (4, [])
    tables = store.tables()
    assert tables.roster["team_id"].tolist() == ["甲", "乙"]
    assert tables.responses.to_dict("records") == ANSWERS
    assert [(each.table_name, each.n_rows_new) for each in store.imports()] == [("roster", 2), ("responses", 4)]


def test_again_changes_nothing(store):
    save(store, "roster", ROSTER)
    before = store.tables().roster, store.imports()
    record, conflicts = save(store, "roster", ROSTER)
    assert (record.n_rows_new, conflicts) == (0, [])
    assert store.tables().roster.equals(before[0])
    assert store.imports() == before[1]


def test_a_conflict_writes_nothing_at_all(store):
    save(store, "roster", ROSTER)
    save(store, "responses", ANSWERS)
    changed = [{**ANSWERS[0], "value": 4.0}, {**ANSWERS[1], "item_id": "new"}]
    _, conflicts = save(store, "responses", changed)
    assert [(fault.row, fault.found.text("en")) for fault in conflicts] == [
        (2, "was imported before as “3.5” and is now “4”.")
    ]
    assert len(store.tables().responses) == 4


def test_a_failure_in_the_middle_rolls_back(store):
    save(store, "roster", ROSTER)
    stranger = {"person_id": "P9", "wave_id": "baseline_1", "item_id": "a", "value": 1.0}
    with pytest.raises(sa.exc.IntegrityError):
        save(store, "responses", [*ANSWERS, stranger])
    assert store.tables().responses.empty
    assert len(store.imports()) == 1


def test_dates_are_brought_up_to_date_and_never_lost(store):
    save(store, "roster", [{**ROSTER[0], "joined_on": pd.Timestamp("2027-01-05")}])
    save(store, "roster", [{**ROSTER[0], "left_on": pd.Timestamp("2027-06-30")}])
    row = store.tables().roster.iloc[0]
    assert (row["joined_on"], row["left_on"]) == (pd.Timestamp("2027-01-05"), pd.Timestamp("2027-06-30"))
