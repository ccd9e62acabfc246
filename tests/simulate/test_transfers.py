"""People who go from one team to another: exposed where they are, analysed where they began."""

from dataclasses import replace

import numpy as np
import pytest

from pilot.plan.sealing import assign_teams
from pilot.scores import panel_from_tables
from pilot.simulate import draw_pilots, read_scenario, simulate_tables
from pilot.simulate.layout import Moves, with_moves


@pytest.fixture
def crossing(make_layout):
    """Half of the pilot's first team goes to a comparison team in week 6."""
    layout = make_layout(n_teams=4, n_people=200, weeks=[0.0, 12.0, 24.0], treated=np.array([True, True, False, False]))
    goes = (layout.team == 0) & (np.arange(layout.n_people) < 100)
    moves = Moves(np.where(goes, 6.0, np.inf), np.where(goes, 3, layout.team))
    return replace(layout, moves=moves), goes


def test_who_leaves_a_pilot_team_leaves_the_practice(crossing, changed, everybody_answers):
    layout, goes = crossing
    scenario = changed(
        everybody_answers(read_scenario("works")),
        effect={"between_team_sd_points": 0.0, "ramp_weeks": 0.0, "points": 1.0},
    )
    with_it, without = (
        draw_pilots(scenario, replace(layout, start_week=start_week), np.random.default_rng(1), 20).answers.mean(
            axis=(0, 3)
        )
        for start_week in (layout.start_week, np.full(4, np.inf))
    )
    gain = with_it - without
    stays = (layout.team < 2) & ~goes
    assert (gain[stays][:, 1:].mean(axis=0) > 0.3).all()
    assert gain[goes] == pytest.approx(0)
    assert gain[layout.team >= 2] == pytest.approx(0)


def test_the_new_team_is_the_one_people_answer_alike_in(crossing, changed, everybody_answers):
    layout, goes = crossing
    scenario = changed(everybody_answers(read_scenario("nothing")), engagement={"icc_1": 0.3})
    answers = draw_pilots(scenario, layout, np.random.default_rng(2), 300).answers.mean(axis=3)
    moved, host, former = (answers[:, who].mean(axis=1) for who in (goes, layout.team == 3, (layout.team == 0) & ~goes))
    assert np.corrcoef(moved[:, 2], host[:, 2])[0, 1] > 0.8
    assert abs(np.corrcoef(moved[:, 2], former[:, 2])[0, 1]) < 0.3
    assert np.corrcoef(moved[:, 0], former[:, 0])[0, 1] > 0.8


def test_the_stated_share_moves_within_half_a_year(make_layout):
    layout = make_layout(n_teams=50, n_people=200, weeks=[0.0, 24.0])
    moves = with_moves(layout, 20.0, np.random.default_rng(3)).moves
    moving = np.isfinite(moves.week)
    assert moving.mean() == pytest.approx(0.2, abs=5 * np.sqrt(0.16 / layout.n_people))
    assert (moves.to_team[moving] != layout.team[moving]).all()
    assert (moves.to_team[~moving] == layout.team[~moving]).all()
    assert np.unique(moves.to_team[moving]).size == 50
    assert with_moves(layout, 0.0, np.random.default_rng(3)) is layout
    alone = make_layout(n_teams=1)
    assert with_moves(alone, 20.0, np.random.default_rng(3)) is alone


def test_the_roster_says_who_moved_and_the_analysis_keeps_the_first_team(protocol_of, changed):
    protocol = protocol_of(8)
    assignment = assign_teams(protocol.plan, 1)
    scenario = changed(read_scenario("works"), population={"transfers_pct": 30.0})
    simulated = simulate_tables(scenario, protocol, assignment, np.random.default_rng(4))
    roster = simulated.tables.roster
    moved = roster[roster["moved_on"].notna()]
    assert len(moved) > 10
    assert (moved["moved_to_team_id"] != moved["team_id"]).all()
    assert moved["moved_to_team_id"].isin(protocol.plan.teams.all).all()
    assert (moved["moved_on"] > moved["joined_on"]).all()
    assert not (moved["moved_on"] > moved["left_on"]).any()
    assert roster.loc[roster["moved_on"].isna(), "moved_to_team_id"].isna().all()
    panel = panel_from_tables(simulated.tables, protocol, assignment)
    first = dict(zip(roster["person_id"], roster["team_id"], strict=True))
    assert [panel.roster.team_ids[team] for team in panel.roster.team] == [first[p] for p in panel.roster.person_ids]
