"""One transaction or nothing, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from pilot.schema.columns import CONTRACTS, OPTIONAL_COLUMNS, PRACTICE_TABLES, TABLE_NAMES, TableName
from pilot.schema.tables import Draft, PracticeTables, empty_table
from pilot.store import METADATA, ImportRecord, Store, rows

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


DAY = pd.Timestamp("2027-03-01")
ENTRIES: dict[str, object] = {"text": "好", "date": DAY, "number": 12.5, "flag": 1, "answer": 3.5}
WITH_PRACTICE = [name for name in TABLE_NAMES if name in (*PRACTICE_TABLES, "comments")]


def row_of(table: TableName, key: str = "K1") -> dict[str, object]:
    """A row with every column filled; it refers to person P1 and goal K1."""
    row: dict[str, object] = {}
    for column in CONTRACTS[table].columns:
        references = {"persons": "P1", "goals": "K1"}
        row[column.name] = column.choices[0] if column.choices else ENTRIES.get(column.kind)
        row[column.name] = references.get(column.reference or "", key if column.is_key else row[column.name])
    return row


@pytest.fixture
def filled(store) -> Store:
    """One person with one row in every table."""
    save(store, "roster", ROSTER)
    for table in WITH_PRACTICE:
        assert save(store, table, [row_of(table)])[0].n_rows_new == 1
    return store


def frames(store: Store) -> dict[str, pd.DataFrame]:
    return vars(store.tables()) | vars(store.practice())


def test_every_table_comes_back_as_it_went_in(filled):
    stored = frames(filled)
    for table in WITH_PRACTICE:
        expected = pd.DataFrame([row_of(table)]).astype(empty_table(table).dtypes)
        pd.testing.assert_frame_equal(stored[table], expected)


def test_an_empty_store_has_typed_tables(store):
    for table, frame in vars(store.practice()).items():
        pd.testing.assert_frame_equal(frame, getattr(PracticeTables(), table))
        assert list(frame.columns) == [column.name for column in CONTRACTS[table].columns]


def test_every_table_again_changes_nothing(filled):
    before, imports = frames(filled), filled.imports()
    for table in WITH_PRACTICE:
        record, conflicts = save(filled, table, [row_of(table)])
        assert (record.n_rows_new, conflicts) == (0, []), table
    for table, frame in frames(filled).items():
        pd.testing.assert_frame_equal(frame, before[table])
    assert filled.imports() == imports


@pytest.mark.parametrize("table", WITH_PRACTICE)
def test_what_cannot_change_is_a_contradiction_and_what_can_is_brought_up_to_date(filled, table):
    other = {"number": 55.0, "flag": 0, "date": DAY + pd.Timedelta(days=1), "text": "more"}
    for column in CONTRACTS[table].columns:
        if column.is_key or column.reference:
            continue
        value = column.choices[-1] if column.choices else other[column.kind]
        _, conflicts = save(filled, table, [{**row_of(table), column.name: value}], name=column.name)
        stored = frames(filled)[table][column.name].iloc[0]
        assert bool(conflicts) != column.may_change, column.name
        assert (stored == value) == column.may_change, column.name
        assert all(fault.column == column.name for fault in conflicts)


def test_an_entry_that_is_missing_now_is_not_lost(filled):
    save(filled, "goals", [{**row_of("goals"), "why": None, "objective_id": None}], name="less")
    assert filled.practice().goals["why"].tolist() == ["好"]


@pytest.mark.parametrize("chunk", [1, 3])
def test_parts_of_a_file_are_one_transaction(store, monkeypatch, chunk):
    monkeypatch.setattr(rows, "CHUNK_KEYS", chunk)
    monkeypatch.setattr(rows, "CHUNK_ROWS", 2)
    people = [{"person_id": f"P{number}", "team_id": "甲"} for number in range(7)]
    assert save(store, "roster", people)[0].n_rows_new == 7
    answers = [
        {"person_id": person["person_id"], "wave_id": "baseline_1", "item_id": item, "value": 2.0}
        for item in "ab"
        for person in people
    ]
    assert save(store, "responses", answers)[0].n_rows_new == 14
    changed = [{**answers[1], "value": 1.0}, {**answers[2], "item_id": "c"}, answers[4], {**answers[12], "value": 5.0}]
    _, conflicts = save(store, "responses", changed)
    assert [fault.row for fault in conflicts] == [2, 5]
    assert len(store.tables().responses) == 14
    assert save(store, "responses", changed[1:3], name="again")[0].n_rows_new == 1


def test_only_what_is_stored_under_the_keys_of_the_file_is_read(store, monkeypatch):
    people = [{"person_id": f"P{number}", "team_id": "甲"} for number in range(50)]
    save(store, "roster", people)
    seen = []
    read = rows.read_frame
    monkeypatch.setattr(rows, "read_frame", lambda *arguments: seen.append(read(*arguments)) or seen[-1])
    save(store, "roster", people[3:5], name="two")
    assert [len(frame) for frame in seen] == [2]


def test_a_practice_row_needs_its_person_and_its_goal(store):
    for table in ("conversations", "goal_changes"):
        with pytest.raises(sa.exc.IntegrityError):
            save(store, table, [row_of(table)])
        assert getattr(store.practice(), table).empty


def test_a_database_of_an_older_version_gets_the_columns_that_it_lacks(tmp_path):
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE person (person_id VARCHAR PRIMARY KEY, team_id VARCHAR NOT NULL)"))
        connection.execute(sa.text("INSERT INTO person VALUES ('P1', '甲')"))
    engine.dispose()
    with Store(url) as store:
        save(store, "roster", [{**ROSTER[0], "role": "sales", "tenure_years": 2.5}])
        row = store.tables().roster.iloc[0]
    assert (row["team_id"], row["role"], row["tenure_years"]) == ("甲", "sales", 2.5)
