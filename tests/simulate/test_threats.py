"""Worlds that fool people: what they do to the scores is what the page states, and no part of it is an effect."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from pilot.errors import PilotError
from pilot.plan.sealing import assign_teams
from pilot.scores import panel_from_tables, scale_scores
from pilot.simulate import draw_pilots, layout_of, read_scenario, simulate_tables
from pilot.simulate.answering import moved_items
from pilot.simulate.world import solve_world

N_REPLICATES = 600
STANDARD_ERRORS = 4.5
WEEKS = [-12.0, 0.0, 12.0, 24.0]
PILOT = np.arange(16) < 8


@pytest.fixture
def two_units(make_layout):
    """Eight pilot teams of one unit, eight teams of another."""
    return replace(make_layout(weeks=WEEKS, treated=PILOT), chosen=PILOT)


@pytest.fixture
def lot(make_layout):
    return make_layout(weeks=WEEKS)


def team_means(scenario, layout, n_replicates=N_REPLICATES, seed=41):
    """Mean primary scores of the teams when everybody answers, (replicates, teams, waves)."""
    pilots = draw_pilots(scenario, layout, np.random.default_rng(seed), n_replicates)
    scale = layout.scales[0]
    scores = scale_scores(pilots.answers[..., scale.items], reverse_keyed=scale.reverse_keyed, lowest=1, highest=5)
    return scores.reshape(n_replicates, len(layout.team_ids), -1, len(layout.weeks)).mean(axis=2), pilots


def assert_mean(found, expected):
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert (abs(found.mean(axis=0) - expected) <= STANDARD_ERRORS * error + 1e-12).all(), (found.mean(axis=0), expected)


def assert_same_means(found, expected):
    error = np.sqrt(sum(part.var(axis=0, ddof=1) / len(part) for part in (found, expected)))
    assert (abs(found.mean(axis=0) - expected.mean(axis=0)) < STANDARD_ERRORS * error).all(), (
        found.mean(axis=0),
        expected.mean(axis=0),
    )


# --- picked --------------------------------------------------------------------------------------------------------


def test_picked_teams_are_what_picking_among_real_candidates_gives(everybody_answers, two_units, make_layout):
    """The candidates that the world never draws, drawn here: the lowest 8 of 32 teams in the second wave."""
    scenario = everybody_answers(read_scenario("worst_teams_picked"))
    found, _ = team_means(scenario, two_units, n_replicates=1500)
    candidates, _ = team_means(
        everybody_answers(read_scenario("nothing")), make_layout(n_teams=32, weeks=WEEKS), n_replicates=1500, seed=42
    )
    order = candidates[..., 1].argsort(axis=1)[:, :8]
    lowest = np.take_along_axis(candidates, order[..., None], axis=1)
    assert_same_means(found[:, :8].mean(axis=1), lowest.mean(axis=1))
    # Not only the mean: before and after that wave the picked teams also lie as close together.
    around = [0, 2, 3]
    assert_same_means(found[:, :8, around].var(axis=1, ddof=1), lowest[..., around].var(axis=1, ddof=1))
    assert_mean(found[:, 8:].mean(axis=1), 3.6)
    rise = found[:, :8].mean(axis=1) @ [0, -1, 0, 1]
    assert rise.mean() > 0.05, "regression to the mean"


def test_a_picked_unit_is_what_picking_among_real_units_gives(everybody_answers, changed, make_layout):
    scenario = everybody_answers(read_scenario("worst_unit_picked"))
    layout = make_layout(weeks=WEEKS)
    found, _ = team_means(scenario, layout, n_replicates=1000)
    units, _ = team_means(changed(scenario, picked=None), layout, n_replicates=10_000, seed=43)
    units = units.mean(axis=1).reshape(1000, 10, len(WEEKS))
    lowest = np.take_along_axis(units, units[..., 1].argmin(axis=1)[:, None, None], axis=1)[:, 0]
    assert_same_means(found.mean(axis=1), lowest)
    rise = found.mean(axis=1) @ [0, -1, 0, 1]
    assert rise.mean() > 0.05, "regression to the mean"


def test_the_unit_that_a_picked_one_is_compared_with_is_an_ordinary_one(everybody_answers, two_units):
    found, _ = team_means(everybody_answers(read_scenario("worst_unit_picked")), two_units)
    assert_mean(found[:, 8:].mean(axis=1), 3.6)
    assert found[:, :8, 1].mean() < 3.45


@pytest.mark.parametrize(("in_week", "wave"), [(-52, 0), (-12, 0), (-1, 0), (0, 1), (200, 3)])
def test_the_last_wave_up_to_the_stated_week_decides(in_week, wave, everybody_answers, changed, two_units):
    scenario = everybody_answers(changed(read_scenario("worst_teams_picked"), picked={"in_week": in_week}))
    found, _ = team_means(scenario, two_units)
    assert found[:, :8].mean(axis=(0, 1)).argmin() == wave


@pytest.mark.parametrize("name", ["worst_teams_picked", "keen_managers_volunteer"])
def test_where_the_lot_decides_nobody_is_picked_and_nobody_volunteers(name, lot, two_units):
    world, nothing = (
        draw_pilots(read_scenario(each), lot, np.random.default_rng(1), 40).answers for each in (name, "nothing")
    )
    np.testing.assert_array_equal(world, nothing)
    chosen = draw_pilots(read_scenario(name), two_units, np.random.default_rng(1), 40).answers
    plain = draw_pilots(read_scenario("nothing"), two_units, np.random.default_rng(1), 40).answers
    assert not np.array_equal(chosen, plain, equal_nan=True)


@pytest.mark.parametrize("name", ["worst_unit_picked", "worst_teams_picked"])
@pytest.mark.parametrize("n_people", [0, 1])
def test_picking_among_empty_and_tiny_teams(name, n_people, make_layout):
    layout = replace(make_layout(n_teams=3, n_people=n_people), chosen=np.array([True, True, False]))
    pilots = draw_pilots(read_scenario(name), layout, np.random.default_rng(1), 3)
    assert np.isin(pilots.answers[~np.isnan(pilots.answers)], [1, 2, 3, 4, 5]).all()


def test_who_joins_later_was_not_picked_for_their_own_score(everybody_answers, two_units):
    later = np.tile(np.arange(12) >= 6, 16)
    layout = replace(two_units, joins_later=later)
    scenario = everybody_answers(read_scenario("worst_teams_picked"))
    pilots = draw_pilots(scenario, layout, np.random.default_rng(2), N_REPLICATES)
    keyed = np.where(layout.scales[0].reverse_keyed, 6 - pilots.answers, pilots.answers)[:, :96, 3].mean(axis=-1)
    old, new = (np.nanmean(keyed[:, who[:96]], axis=1) for who in (~later, later))
    assert old.mean() < new.mean() - 0.05
    assert new.mean() < 3.6 - 0.05, "they share the lasting part of their team"


# --- volunteers, shocks, stars -------------------------------------------------------------------------------------


def test_volunteers_rise_as_stated_with_or_without_the_practice(everybody_answers, two_units):
    scenario = everybody_answers(read_scenario("keen_managers_volunteer"))
    rise = scenario.volunteers.points_per_half_year * np.array([0.5, 1.0, 1.5, 2.0])
    for treated in (PILOT, np.zeros(16, bool)):
        found, pilots = team_means(scenario, replace(two_units, start_week=np.where(treated, 0.0, np.inf)))
        assert_mean(found[:, :8].mean(axis=1) - found[:, 8:].mean(axis=1), rise)
        assert (pilots.truth["primary_outcome_points"] == 0).all()


@pytest.mark.parametrize("hits", ["pilot_unit", "every_unit"])
@pytest.mark.parametrize("lasting", [0.0, 0.6, 1.0])
def test_shocks_have_the_stated_spread_and_stay_as_stated(hits, lasting, everybody_answers, changed, two_units):
    scenario = everybody_answers(
        changed(read_scenario("unit_shock"), unit_shocks={"hits": hits, "lasting_share": lasting, "sd_points": 0.5})
    )
    n = 3000
    found, _ = team_means(scenario, replace(two_units), n_replicates=n)
    quiet, _ = team_means(everybody_answers(read_scenario("nothing")), two_units, n_replicates=n, seed=44)
    for unit in (slice(0, 8), slice(8, 16)):
        extra = np.cov(found[:, unit].mean(axis=1).T) - np.cov(quiet[:, unit].mean(axis=1).T)
        hit = hits == "every_unit" or unit.start == 0
        stated = np.zeros((4, 4))
        stated[2:, 2:] = 0.25 * hit * (lasting + (1 - lasting) * np.eye(2))
        # Standard error of a covariance of n pairs with variances near .27; scores flatten out toward the ends.
        assert extra == pytest.approx(stated, abs=0.07 * 0.25 + STANDARD_ERRORS * 0.27 * np.sqrt(2 / n) * hit + 0.01)
    assert_mean(found.mean(axis=1), 3.6)


def test_teams_of_one_unit_share_their_shock(everybody_answers, changed, lot):
    scenario = everybody_answers(changed(read_scenario("unit_shock"), unit_shocks={"sd_points": 0.5}))
    found, pilots = team_means(scenario, lot)
    quiet, calm = team_means(everybody_answers(read_scenario("nothing")), lot, seed=45)
    gaps = []
    for means, each in ((found, pilots), (quiet, calm)):
        treated = each.treated[..., None]
        gaps.append((np.where(treated, means, 0) - np.where(treated, 0, means)).sum(axis=1)[:, 3] / 8)
    shocked, plain = (gap.var(ddof=1) for gap in gaps)
    assert shocked == pytest.approx(plain, rel=STANDARD_ERRORS * np.sqrt(4 / N_REPLICATES))
    assert found.mean(axis=1)[:, 3].std() > 0.4


@pytest.mark.parametrize("which", ["two_units", "lot"])
def test_one_pilot_team_leaps_and_the_others_do_not(which, request, changed, everybody_answers):
    layout = request.getfixturevalue(which)
    scenario = everybody_answers(read_scenario("one_star_team"))
    points = scenario.star.points
    found, pilots = team_means(scenario, layout)
    treated = pilots.treated[..., None]
    pilot, comparison = (np.where(arm, found, 0).sum(axis=1) / 8 for arm in (treated, ~treated))
    assert_mean(pilot - comparison, [0, 0, points / 8, points / 8])
    assert_mean(comparison, 3.6)
    # The same seed without the leap: where it is, it is in one pilot team, about evenly often in each.
    still, _ = team_means(changed(scenario, star={"points": 0.0}), layout)
    moved = (found != still).any(axis=-1)
    assert (moved.sum(axis=1) == 1).all()
    assert (moved & ~pilots.treated).sum() == 0
    assert moved[:, 0].mean() < 0.25
    assert (pilots.truth["primary_outcome_points"] == 0).all()
    without, _ = team_means(scenario, replace(layout, start_week=np.full(16, np.inf)))
    assert_mean(without.mean(axis=1), 3.6)


# --- response shift ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_items", "share", "moved"), [(6, 0.5, 3), (1, 0.01, 1), (6, 1, 6), (5, 0.4, 2)])
def test_the_stated_share_of_items_moves(n_items, share, moved):
    assert moved_items(n_items, share).sum() == moved


def test_moved_items_are_answered_higher_by_the_pilot_after_the_launch_and_no_other(everybody_answers, two_units):
    scenario = everybody_answers(read_scenario("response_shift"))
    layout = two_units
    pilots = draw_pilots(scenario, layout, np.random.default_rng(46), N_REPLICATES)
    keyed = np.where(layout.scales[0].reverse_keyed, 6 - pilots.answers, pilots.answers)
    by_team = keyed.reshape(N_REPLICATES, 16, 12, len(WEEKS), 6).mean(axis=2)
    gap = by_team[:, :8].mean(axis=1) - by_team[:, 8:].mean(axis=1)
    model = solve_world(scenario, layout).scales[0].model
    spread = np.sqrt((model.loadings * model.trait_sd) ** 2 + model.noise_sd**2)[:, None]

    def mean_answer(lift):
        return special.ndtr((model.offsets[:, None] + lift - np.array([1.5, 2.5, 3.5, 4.5])) / spread).sum(axis=1)

    expected = np.zeros((len(WEEKS), 6))
    expected[2:] = np.where(moved_items(6, 0.5), mean_answer(scenario.response_shift.points) - mean_answer(0.0), 0.0)
    assert expected[3].max() > 0.3
    assert_mean(gap, expected)
    assert (pilots.truth["primary_outcome_points"] == 0).all()


# --- dose ----------------------------------------------------------------------------------------------------------


def with_and_without(scenario, layout):
    worlds = [
        team_means(scenario, replace(layout, start_week=np.full(16, 0.0 if treated else np.inf)))
        for treated in (True, False)
    ]
    return worlds[0][0] - worlds[1][0], worlds[0][1]


def test_the_effect_grows_with_how_far_the_loop_was_run(changed, everybody_answers, protocol_of):
    scenario = changed(
        everybody_answers(read_scenario("works_where_managers_coach")),
        effect={"between_team_sd_points": 0.0},
        fidelity={"noise_sd_pct": 0.0},
    )
    layout = layout_of(protocol_of(16), 30)
    difference, pilots = with_and_without(scenario, layout)
    gain = difference[..., layout.outcome_waves].mean(axis=-1).ravel()
    run_pct = pilots.team_measures[..., -1, -1].ravel()
    truth = pilots.truth["primary_outcome_points"][0]
    assert truth == pytest.approx(0.006 * run_pct.mean(), abs=0.01)
    assert_mean(difference[..., layout.outcome_waves].mean(axis=(1, 2)), truth)
    assert run_pct.std() > 20
    slope, start = np.polyfit(run_pct, gain, 1)
    assert slope == pytest.approx(scenario.effect.points / 100, rel=0.06)  # scores flatten out toward the top
    assert start == pytest.approx(0, abs=0.03)


def test_the_full_dose_is_where_the_page_says(changed, make_layout):
    truths = []
    for full_effect_pct in (100.0, 50.0):
        scenario = changed(read_scenario("works_where_managers_coach"), dose={"full_effect_pct": full_effect_pct})
        truths.append(draw_pilots(scenario, make_layout(), np.random.default_rng(0), 1).truth["primary_outcome_points"])
    assert truths[1] == pytest.approx(2 * truths[0], abs=1e-6)
    nobody = changed(
        read_scenario("works_where_managers_coach"), fidelity={"mean_pct": 0.0, "between_team_sd_pct": 0.0}
    )
    with pytest.raises(PilotError, match="so little of the loop"):
        draw_pilots(nobody, make_layout(), np.random.default_rng(0), 1)


def test_autonomy_without_support_gains_nothing_and_loses_development(everybody_answers, protocol_of):
    scenario, layout = read_scenario("laissez_faire"), layout_of(protocol_of(16), 12)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(47), N_REPLICATES)
    assert pilots.truth["primary_outcome_points"][0] == 0
    assert pilots.truth["development_binding_outcome_points"][0] == pytest.approx(-0.30, abs=1e-6)
    fidelity = pilots.team_measures[..., -1]
    assert_mean(np.nanmean(fidelity, axis=(1, 2)), scenario.fidelity.mean_pct)
    difference, _ = with_and_without(everybody_answers(scenario), layout)
    assert_mean(difference[..., layout.outcome_waves].mean(axis=(1, 2)), 0)


# --- tables --------------------------------------------------------------------------------------------------------


def test_tables_come_from_the_same_world(protocol_of, everybody_answers, changed):
    protocol = protocol_of(8, design="comparison", comparison_teams=tuple("ABCDEFGH"))
    assignment = assign_teams(protocol.plan, 1)
    scenario = changed(everybody_answers(read_scenario("worst_teams_picked")), picked={"candidates_per_place": 40})
    simulated = simulate_tables(scenario, protocol, assignment, np.random.default_rng(5))
    panel = panel_from_tables(simulated.tables, protocol, assignment)
    scores, pilot = panel.scores["engagement"][0], panel.roster.person_treated[0]
    at_launch = panel.wave_ids.index("baseline_2")
    assert np.nanmean(scores[pilot, at_launch]) < np.nanmean(scores[~pilot, at_launch]) - 0.3
    assert simulated.truth["primary_outcome_points"] == 0


def test_a_waitlist_that_was_drawn_still_has_one_unit(protocol_of, everybody_answers, changed):
    """Tables are made for a known assignment; the arms are no units because of that."""
    protocol = protocol_of(16)
    scenario = changed(
        everybody_answers(read_scenario("unit_shock")), unit_shocks={"sd_points": 1.0, "lasting_share": 0.0}
    )
    assignment = assign_teams(protocol.plan, 1)
    simulated = simulate_tables(scenario, protocol, assignment, np.random.default_rng(6))
    panel = panel_from_tables(simulated.tables, protocol, assignment)
    scores, pilot = panel.scores["engagement"][0], panel.roster.person_treated[0]
    pilot_means, comparison_means = (np.nanmean(scores[who], axis=0) for who in (pilot, ~pilot))
    assert pilot_means.std() > 0.3
    assert np.corrcoef(pilot_means, comparison_means)[0, 1] > 0.9
