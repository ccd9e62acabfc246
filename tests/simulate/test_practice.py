"""The practice plane: complete, importable, and as the page says, in teams that run the loop and in others."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import PilotError
from pilot.imports import import_file
from pilot.imports.importing import Rejection
from pilot.plan import PilotFolder, PlanAnswers, read_plan, write_plan
from pilot.plan.sealing import assign_teams
from pilot.schema.columns import CONTRACTS, PRACTICE_TABLES, TABLE_NAMES
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files
from pilot.simulate.practice.settings import RateLevel
from pilot.simulate.practice.streaming import stream_tables
from pilot.store import Store

NOW = datetime(2027, 1, 1, tzinfo=UTC)
STANDARD_ERRORS = 4.5
LAUNCH = pd.Timestamp("2027-03-01")


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    folder = PilotFolder(tmp_path_factory.mktemp("practice") / "unit")
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), teams=tuple(f"T{number:03d}" for number in range(60))))
    return read_plan(folder)


@pytest.fixture(scope="module")
def assignment(protocol):
    return assign_teams(protocol.plan, 1)


@pytest.fixture(scope="module")
def even_managers():
    """Everybody is there from the first day to the last, and every pilot team runs the whole loop."""
    base = read_scenario("works")
    return base.model_copy(
        update={
            "population": base.population.model_copy(
                update={"leavers_pct": 0.0, "joiners_pct": 0.0, "transfers_pct": 0.0, "tenure_years": 30.0}
            ),
            "response": base.response.model_copy(update={"retention": 0.8}),
            "fidelity": base.fidelity.model_copy(
                update={"mean_pct": 100.0, "between_team_sd_pct": 0.0, "noise_sd_pct": 0.0}
            ),
            "practice": base.practice.model_copy(update={"manager_spread": 0.0}),
        }
    )


@pytest.fixture(scope="module")
def simulated(even_managers, protocol, assignment):
    return simulate_tables(even_managers, protocol, assignment, np.random.default_rng(3))


def with_arm(simulated, assignment, table, day):
    """Rows with the arm of their person, split at the launch."""
    roster = simulated.tables.roster
    arm = roster["team_id"].map(assignment)
    arm.index = roster["person_id"]
    rows = getattr(simulated.practice, table)
    return rows.assign(designed=(rows["person_id"].map(arm) == "pilot") & (rows[day] >= LAUNCH))


def assert_share(rows, flag, level):
    for designed, stated in ((False, level.before), (True, level.designed)):
        found = flag[rows["designed"] == designed]
        error = np.sqrt(max(stated * (1 - stated), 0.01) / len(found))
        assert abs(found.mean() - stated) < STANDARD_ERRORS * error, (designed, found.mean(), stated)


def test_shares_are_those_of_the_page(simulated, assignment, even_managers):
    practice = even_managers.practice
    goals = with_arm(simulated, assignment, "goals", "set_on")
    assert_share(goals, goals["origin"] == "co_created", practice.goals.co_created)
    assert_share(goals, goals["kind"] == "development", practice.goals.development)
    feedback = with_arm(simulated, assignment, "feedback", "given_on")
    assert_share(feedback, feedback["source"] != "manager", practice.feedback.from_others)
    assert_share(feedback, feedback["names_next_steps"] == 1, practice.feedback.names_next_steps)
    plans = with_arm(simulated, assignment, "development_plans", "made_on")
    assert_share(plans, plans["has_support"] == 1, practice.development.has_support)
    talks = with_arm(simulated, assignment, "conversations", "held_on")
    assert_share(talks, talks["next_steps"].notna(), practice.dialogue.next_steps)


def test_one_to_ones_are_kept_as_often_as_the_page_says(simulated, assignment, even_managers):
    talks = with_arm(simulated, assignment, "conversations", "held_on")
    talks = talks[talks["kind"] == "monthly_one_to_one"]
    n_pilot = sum(assignment[team] == "pilot" for team in simulated.tables.roster["team_id"])
    months = 44 // 4  # from the launch to the last wave
    kept = talks["designed"].sum() / (n_pilot * months)
    assert kept == pytest.approx(even_managers.practice.dialogue.one_to_ones.designed, abs=0.03)


def test_weights_of_one_set_of_goals_are_a_whole(simulated):
    goals = simulated.practice.goals
    sets = goals.groupby(["person_id", "set_on"])["weight_pct"]
    assert (sets.sum() == 100).all()
    assert (goals["weight_pct"] % 5 == 0).all()
    assert sets.size().max() <= 6


def test_changes_lie_between_their_goal_and_the_next_cycle(simulated):
    practice = simulated.practice
    changes = practice.goal_changes.merge(practice.goals, on="goal_id", validate="many_to_one")
    assert len(changes) == len(practice.goal_changes)
    assert (changes["changed_on"] > changes["set_on"]).all()
    assert ((changes["changed_on"] - changes["set_on"]).dt.days <= 24 * 7).all()


@pytest.mark.parametrize("table", PRACTICE_TABLES)
def test_nothing_happens_to_who_is_not_there(table, protocol, assignment):
    simulated = simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(5))
    frame = getattr(simulated.practice, table)
    assert list(frame.columns) == [column.name for column in CONTRACTS[table].columns]
    assert len(frame)
    if "person_id" not in frame:
        return
    day = next(column.name for column in CONTRACTS[table].columns if column.kind == "date")
    rows = frame.merge(simulated.tables.roster, on="person_id", validate="many_to_one")
    assert len(rows) == len(frame)
    assert (rows[day] >= rows["joined_on"]).all()
    assert not (rows[day] >= rows["left_on"]).any()
    assert (rows[day].dt.day_of_week < 5).all()


def test_autonomy_without_support_sets_goals_alone_and_talks_little(protocol, assignment):
    worlds = {
        name: simulate_tables(read_scenario(name), protocol, assignment, np.random.default_rng(6))
        for name in ("works", "laissez_faire")
    }
    goals, talks = (
        {name: with_arm(world, assignment, table, day) for name, world in worlds.items()}
        for table, day in (("goals", "set_on"), ("conversations", "held_on"))
    )
    alone = {name: (rows["origin"] == "self_created")[rows["designed"]].mean() for name, rows in goals.items()}
    assert alone["laissez_faire"] > alone["works"] + 0.1
    assert talks["laissez_faire"]["designed"].sum() < 0.5 * talks["works"]["designed"].sum()


def test_careless_questionnaires_are_handed_in_too_fast(even_managers, protocol, assignment):
    hasty = even_managers.model_copy(
        update={"careless": even_managers.careless.model_copy(update={"share": 0.5, "too_fast_share": 0.5})}
    )
    simulated = simulate_tables(hasty, protocol, assignment, np.random.default_rng(7))
    submissions, responses = simulated.tables.submissions, simulated.tables.responses
    answers = responses.groupby(["person_id", "wave_id"]).size().rename("n_answers").reset_index()
    rows = submissions.merge(answers, on=["person_id", "wave_id"], how="outer", validate="one_to_one")
    assert rows.notna().all(axis=None), "a questionnaire without answers, or answers without a questionnaire"
    fast = rows["seconds"] / rows["n_answers"] < 3
    assert fast.mean() == pytest.approx(0.25, abs=0.03)
    opened = rows["wave_id"].map(lambda wave: pd.Timestamp(protocol.plan.calendar.wave_on(wave)))
    assert ((rows["submitted_on"] - opened).dt.days.between(0, 9)).all()


def test_every_table_is_what_an_import_takes(tmp_path, protocol, assignment):
    simulated = simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(8))
    write_simulated_files(simulated, tmp_path)
    with Store(f"sqlite:///{tmp_path / 'pilot.sqlite'}") as store:
        for table in TABLE_NAMES:
            path = tmp_path / f"{table}.csv"
            import_file(path, protocol, store, Rejection(tmp_path / "rejected"), NOW, table=table)
        stored = vars(store.tables()) | vars(store.practice())
    for table, frame in (vars(simulated.tables) | vars(simulated.practice)).items():
        keys = list(CONTRACTS[table].keys)
        left, right = (each.sort_values(keys, ignore_index=True) for each in (stored[table], frame))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


@given(
    before=st.floats(0, 20),
    designed=st.floats(0, 20),
    dose=st.lists(st.floats(0, 1), min_size=1, max_size=5).map(sorted),
)
@settings(max_examples=50)
def test_a_team_in_between_lies_in_between(before, designed, dose):
    level = RateLevel(before=before, designed=designed).at(np.array(dose))
    low, high = sorted((before, designed))
    assert ((level >= low - 1e-9) & (level <= high + 1e-9)).all()
    assert (np.diff(level) * np.sign(designed - before) >= -1e-9).all()


# --- a large unit, block by block -----------------------------------------------------------------------------------


def streamed(tmp_path, protocol, assignment, name, **options):
    seeds = np.random.SeedSequence(options.pop("seed", 1))
    with Store(f"sqlite:///{tmp_path / name}.sqlite") as store:
        scenario = read_scenario(options.pop("scenario", "works"))
        done = stream_tables(scenario, protocol, assignment, seeds, store, NOW, **options)
        return done, vars(store.tables()) | vars(store.practice())


def assert_equal(found, expected):
    for table in TABLE_NAMES:
        pd.testing.assert_frame_equal(found[table], expected[table])


def test_a_stream_fills_every_table_and_the_same_seed_repeats_it(tmp_path, protocol, assignment):
    done, tables = streamed(tmp_path, protocol, assignment, "first", block_teams=16)
    assert done.n_blocks == 4
    assert {table: len(tables[table]) for table in TABLE_NAMES} == dict(done.n_rows)
    assert min(done.n_rows.values()) > 0
    assert done.n_people == len(tables["roster"])
    assert set(tables["roster"]["team_id"]) == set(protocol.plan.teams.all)
    _, again = streamed(tmp_path, protocol, assignment, "again", block_teams=16)
    assert_equal(again, tables)
    _, other = streamed(tmp_path, protocol, assignment, "other", block_teams=16, seed=2)
    assert not other["responses"].equals(tables["responses"])


def test_a_stream_that_was_broken_off_goes_on(tmp_path, protocol, assignment, monkeypatch):
    _, whole = streamed(tmp_path, protocol, assignment, "whole", block_teams=16)
    save, calls = Store.save, []

    def breaks(self, *arguments):
        calls.append(arguments)
        if len(calls) == 15:
            raise OSError("the plug was pulled")
        return save(self, *arguments)

    monkeypatch.setattr(Store, "save", breaks)
    with pytest.raises(OSError, match="plug"):
        streamed(tmp_path, protocol, assignment, "broken", block_teams=16)
    monkeypatch.undo()
    done, tables = streamed(tmp_path, protocol, assignment, "broken", block_teams=16)
    assert 0 < sum(done.n_rows.values()) < sum(map(len, whole.values()))
    assert_equal(tables, whole)


def test_a_stream_does_not_mix_with_another(tmp_path, protocol, assignment):
    streamed(tmp_path, protocol, assignment, "one", block_teams=16)
    with pytest.raises(PilotError, match="empty database"):
        streamed(tmp_path, protocol, assignment, "one", block_teams=16, scenario="backfires")


def test_a_unit_goes_straight_into_the_store_by_command(command, folder):
    assert command("init", folder.path, "--yes", "--launch", "2027-03-01").code == 0
    assert command("seal", folder.path, "--seed", 1).code == 0
    run = command("simulate", folder.path, "--into-store", "--seed", 3)
    assert run.code == 0, run.err
    assert "are in the database" in run.out
    with Store(folder.database_url) as store:
        assert len(store.practice().goals)
    assert command("analyse", folder.path).code == 0
