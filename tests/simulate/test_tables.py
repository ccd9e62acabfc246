"""One pilot as tables and files: complete, importable, repeatable, and without a name in it."""

import json
import re
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from pilot.errors import PilotError
from pilot.imports import import_file
from pilot.imports.importing import Rejection
from pilot.plan.sealing import assign_teams
from pilot.scores import panel_from_tables
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files
from pilot.simulate.tables import _dates
from pilot.store import Store

FILES = ("roster.csv", "responses.csv", "team_measures.csv", "truth.json")


@pytest.fixture
def protocol(protocol_of):
    return protocol_of(16)


@pytest.fixture
def simulate(protocol):
    def run(scenario="works", seed=31):
        scenario = read_scenario(scenario) if isinstance(scenario, str) else scenario
        return simulate_tables(scenario, protocol, assign_teams(protocol.plan, 1), np.random.default_rng(seed))

    return run


def test_the_same_seed_gives_the_same_files_byte_for_byte(simulate, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_simulated_files(simulate(seed=seed), tmp_path / name)
    for file in FILES:
        first, again = ((tmp_path / name / file).read_bytes() for name in "ab")
        assert first == again
    assert (tmp_path / "a/roster.csv").read_bytes() != (tmp_path / "c/roster.csv").read_bytes()
    names = [simulate(seed=seed).names for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(names[0], names[1])
    assert not names[0].equals(names[2])


def test_the_files_are_what_an_import_takes(simulate, protocol, tmp_path):
    simulated = simulate()
    write_simulated_files(simulated, tmp_path)
    with Store(f"sqlite:///{tmp_path / 'pilot.sqlite'}") as store:
        for table in ("roster", "responses", "team_measures"):
            import_file(
                tmp_path / f"{table}.csv",
                protocol,
                store,
                Rejection(tmp_path / "rejected"),
                datetime(2027, 1, 1, tzinfo=UTC),
                table=table,
            )
        stored = store.tables()
    for name, keys in (
        ("roster", ["person_id"]),
        ("responses", ["person_id", "wave_id", "item_id"]),
        ("team_measures", ["team_id", "wave_id", "measure_id"]),
    ):
        left, right = (
            getattr(tables, name).sort_values(keys, ignore_index=True) for tables in (stored, simulated.tables)
        )
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_the_tables_say_the_same_as_the_panel(simulate, protocol):
    simulated = simulate()
    panel = panel_from_tables(simulated.tables, protocol, assign_teams(protocol.plan, 1))
    answered = ~np.isnan(panel.scores["engagement"][0])
    assert not (answered & ~panel.invited).any(), "somebody answered who was not there"
    assert answered.sum() / panel.invited.sum() == pytest.approx(0.70, abs=0.05)
    pulses = [index for index, wave_id in enumerate(panel.wave_ids) if wave_id.startswith("pulse")]
    assert np.isnan(panel.scores["development_binding"][..., pulses]).all()
    assert not np.isnan(panel.scores["engagement"][..., pulses]).all()


def test_the_roster_has_joiners_and_leavers_with_dates_that_fit(simulate):
    roster = simulate().tables.roster
    assert roster["joined_on"].notna().all()
    assert (roster["joined_on"] > "2027-03-01").any()
    left = roster["left_on"].dropna()
    assert len(left)
    assert (left >= roster.loc[left.index, "joined_on"]).all()


def test_a_date_is_on_the_same_side_of_a_wave_as_its_week():
    weeks = np.array([-0.1, 0.0, 0.1, 3.95, 4.0, 4.05, np.nan])
    dates = _dates(date(2027, 3, 1), weeks)
    assert dates.isna().tolist() == [False] * 6 + [True]
    for wave_week, day in ((0, "2027-03-01"), (4, "2027-03-29")):
        assert (dates <= day).tolist() == (weeks <= wave_week).tolist()


def test_codes_are_pseudonymous_and_names_stay_apart(simulate, tmp_path):
    simulated = simulate()
    codes = simulated.tables.roster["person_id"]
    assert codes.is_unique
    assert codes.map(lambda code: re.fullmatch("[A-HJ-NP-Z2-9]{6}", code) is not None).all()
    assert set(simulated.names["person_id"]) == set(codes)
    write_simulated_files(simulated, tmp_path)
    text = "".join((tmp_path / file).read_text("utf-8-sig") for file in FILES)
    assert not any(name in text for name in simulated.names["name"])


def test_every_measure_of_the_plan_is_there(simulate):
    measures = simulate().tables.team_measures
    counts = measures.groupby("measure_id").size()
    assert counts["manager_hours"] == 16 * 10
    assert counts["loop_fidelity_pct"] == 8 * 8  # pilot teams, waves after the launch


def test_the_truth_is_written_beside_the_files(simulate, tmp_path):
    write_simulated_files(simulate(), tmp_path)
    written = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    assert written["scenario"] == "works"
    assert written["truth"]["primary_outcome_points"] == pytest.approx(0.4)


def test_a_questionnaire_is_one_row_and_a_blank_is_no_answer(simulate, protocol, tmp_path):
    simulated = simulate()
    write_simulated_files(simulated, tmp_path)
    path = tmp_path / "responses.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    wide = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert list(wide.columns) == ["person_id", "wave_id", *protocol.instruments.items]
    assert not wide.duplicated(["person_id", "wave_id"]).any()
    cells = wide[list(protocol.instruments.items)].to_numpy()
    assert set(np.unique(cells.astype(str))) == {"", "1", "2", "3", "4", "5"}
    assert (cells != "").sum() == len(simulated.tables.responses)
    assert (wide.loc[wide["wave_id"].str.startswith("pulse"), "dev_plan_used"] == "").all()


def test_nobody_answers_gives_empty_tables_and_files(simulate, changed, protocol, tmp_path):
    simulated = simulate(changed(read_scenario("works"), response={"rate": 0.0, "retention": 0.0}))
    assert simulated.tables.responses.empty
    assert list(simulated.tables.responses.columns) == ["person_id", "wave_id", "item_id", "value"]
    panel = panel_from_tables(simulated.tables, protocol, assign_teams(protocol.plan, 1))
    assert np.isnan(panel.scores["engagement"]).all()
    write_simulated_files(simulated, tmp_path)
    header = (tmp_path / "responses.csv").read_text("utf-8-sig").splitlines()
    assert header == [",".join(["person_id", "wave_id", *protocol.instruments.items])]


def test_a_team_without_an_arm_is_named(protocol):
    assignment = assign_teams(protocol.plan, 1)
    del assignment["Team 03"]
    with pytest.raises(PilotError, match="Team 03"):
        simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(0))


def test_a_folder_that_cannot_be_written_is_said(simulate, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(PilotError, match="cannot be written"):
        write_simulated_files(simulate(), tmp_path / "taken")


@pytest.mark.parametrize("design", ["comparison", "before_after"])
def test_other_designs_can_be_simulated(design, protocol_of):
    more = {"comparison_teams": tuple("UVWXYZ")} if design == "comparison" else {}
    protocol = protocol_of(8, design=design, **more)
    assignment = assign_teams(protocol.plan, 1)
    simulated = simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(5))
    assert set(simulated.tables.roster["team_id"]) == set(assignment)
