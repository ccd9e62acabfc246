"""Teams that start in turns: what comes with the practice runs from their start, everything else by the calendar."""

from dataclasses import replace

import numpy as np
import pytest

from pilot.errors import PilotError
from pilot.plan.sealing import assign_teams, draw_starts
from pilot.scores import panel_from_tables, scale_scores
from pilot.simulate import draw_pilots, layout_of, read_scenario, simulate_tables

N_REPLICATES = 400
STANDARD_ERRORS = 4.5
NEVER = np.inf


@pytest.fixture
def protocol(protocol_of):
    return protocol_of(12, design="staggered")


@pytest.fixture
def fixed(protocol):
    """Four teams start in week 0, four in week 12, four never."""
    return replace(layout_of(protocol, 12), start_week=np.repeat([0.0, 12.0, NEVER], 4))


@pytest.fixture
def all_answer(changed):
    """Everybody answers, as carelessly as the page says, and every team gets the same effect."""

    def full(scenario):
        return changed(
            scenario,
            response={"rate": 1.0, "retention": 1.0, "unhappy_leave": "none", "unhappy_correlation": 0.0},
            population={"leavers_pct": 0.0, "joiners_pct": 0.0, "transfers_pct": 0.0},
            **({"effect": {"between_team_sd_points": 0.0}} if scenario.effect else {}),
        )

    return full


def team_scores(scenario, layout, seed=21, scale=0):
    """Mean scores of the teams, (replicates, teams, waves)."""
    pilots = draw_pilots(scenario, layout, np.random.default_rng(seed), N_REPLICATES)
    asked = layout.scales[scale]
    scores = scale_scores(pilots.answers[..., asked.items], reverse_keyed=asked.reverse_keyed, lowest=1, highest=5)
    return scores.reshape(N_REPLICATES, len(layout.team_ids), -1, len(layout.weeks)).mean(axis=2), pilots


def by_start(scenario, layout, **how):
    """What the same people answer with the practice minus without it, (replicates, cohorts, waves)."""
    with_it, pilots = team_scores(scenario, layout, **how)
    without, _ = team_scores(scenario, replace(layout, start_week=np.full(12, NEVER)), **how)
    return (with_it - without).reshape(N_REPLICATES, 3, 4, -1).mean(axis=2), pilots


def assert_mean(found, expected):
    error = found.std(axis=0, ddof=1) / np.sqrt(N_REPLICATES)
    np.testing.assert_array_less(abs(found.mean(axis=0) - expected), STANDARD_ERRORS * error + 1e-9)


def test_a_teams_effect_begins_at_its_own_start_and_follows_its_own_weeks(all_answer, changed, fixed):
    scenario = changed(
        all_answer(read_scenario("works")),
        effect={"ramp_weeks": 8.0, "fades_from_week": 20.0, "fades_until_week": 32.0, "lasting_share": 0.5},
    )
    found, _ = by_start(scenario, fixed)
    for cohort, start in enumerate((0.0, 12.0, NEVER)):
        since = np.maximum(fixed.weeks - start, 0)
        share = np.clip(since / 8, 0, 1) * (1 - 0.5 * np.clip((since - 20) / 12, 0, 1))
        assert_mean(found[:, cohort], scenario.effect.points * share)
        assert (found[:, cohort, fixed.weeks <= start] == 0).all(), "not a single answer before the start is another"


@pytest.mark.parametrize("name", ["works", "fades_after_novelty", "works_where_managers_coach"])
def test_the_truth_is_what_potential_outcomes_differ_by_in_each_cohorts_own_weeks(name, all_answer, fixed, protocol):
    found, pilots = by_start(all_answer(read_scenario(name)), fixed)
    for estimand, waves in (
        ("primary_outcome_points", fixed.outcome_waves),
        ("primary_lasting_points", fixed.lasting_waves),
    ):
        own = [found[:, cohort, fixed.waves_after(start, waves)].mean(axis=-1) for cohort, start in enumerate((0, 12))]
        assert_mean(np.mean(own, axis=0), pilots.truth[estimand][0])
    # As many weeks after the start as the first cohort has: the estimand is a waitlist's.
    at_once = draw_pilots(
        read_scenario(name), replace(layout_of(protocol, 12), starts=(0.0,)), np.random.default_rng(0), 1
    )
    for estimand, value in at_once.truth.items():
        assert pilots.truth[estimand][0] == pytest.approx(value[0], abs=1e-6), estimand


def test_where_nothing_works_the_start_changes_no_answer(fixed):
    for name in ("nothing", "everyone_improves", "unit_shock", "careless_crowd"):
        found, _ = by_start(read_scenario(name), fixed)
        assert (found[~np.isnan(found)] == 0).all(), name


def test_attention_begins_and_fades_by_the_teams_own_weeks(all_answer, fixed):
    scenario = all_answer(read_scenario("hawthorne"))
    found, pilots = by_start(scenario, fixed)
    attention = scenario.attention
    for cohort, start in enumerate((0.0, 12.0)):
        since = fixed.weeks - start
        passed = np.clip(
            (since - attention.fades_from_week) / (attention.fades_until_week - attention.fades_from_week), 0, 1
        )
        assert_mean(found[:, cohort], np.where(since > 0, attention.points * (1 - passed), 0.0))
        assert (found[:, cohort, fixed.waves_after(start, fixed.lasting_waves)] == 0).all()
    assert (found[:, 2] == 0).all()
    assert (pilots.truth["primary_outcome_points"] == 0).all()


def test_a_star_leaps_and_items_shift_after_the_teams_own_start(all_answer, fixed):
    for name in ("one_star_team", "response_shift"):
        found, _ = by_start(all_answer(read_scenario(name)), fixed)
        for cohort, start in enumerate((0.0, 12.0, NEVER)):
            assert (found[:, cohort, fixed.weeks <= start] == 0).all(), name
        assert (found[:, 1, fixed.weeks > 12].mean(axis=0) > 0.02).all(), name
        assert (found[:, 0, fixed.weeks > 0].mean(axis=0) > 0.02).all(), name


def test_an_occasion_and_the_trend_run_by_the_calendar(all_answer, changed, fixed):
    scenario = changed(all_answer(read_scenario("survey_before_bonus")), occasion={"arms": "pilot"})
    found, _ = by_start(scenario, fixed)
    lifted = (scenario.occasion.from_week <= fixed.weeks) & (fixed.weeks <= scenario.occasion.until_week)
    assert lifted.any()
    for cohort in (0, 1):
        assert_mean(found[:, cohort], np.where(lifted, scenario.occasion.points, 0.0))
    improving = changed(all_answer(read_scenario("everyone_improves")), season=None)
    scores, _ = team_scores(improving, fixed)
    rise = scores.mean(axis=1) - scores[..., fixed.weeks == 0].mean(axis=1)
    attentive = 1 - improving.careless.share  # careless answers do not follow the trend
    assert_mean(rise, attentive * improving.trend.points_per_half_year * fixed.weeks / 24)


def test_who_waits_takes_over_from_the_first_to_start(all_answer, fixed):
    scenario = all_answer(read_scenario("spillover"))
    found, pilots = by_start(scenario, fixed)
    points, share = scenario.effect.points, scenario.spillover.share
    assert pilots.truth["primary_outcome_points"][0] == pytest.approx(points, abs=1e-6)
    # Without any pilot team the layout still has its first start, so nobody is without spillover: compare cohorts.
    scores, _ = team_scores(scenario, fixed)
    cohorts = scores.reshape(N_REPLICATES, 3, 4, -1).mean(axis=2)
    late = fixed.weeks == 36
    assert_mean((cohorts[:, 1] - cohorts[:, 2])[:, late], (1 - share) * points)
    waiting = fixed.weeks <= 12
    np.testing.assert_array_equal(found[:, 1:, waiting], 0)


def test_the_unhappy_of_a_pilot_team_fall_silent_after_its_own_start(fixed):
    scenario, never = read_scenario("unhappy_leave"), replace(fixed, start_week=np.full(12, NEVER))
    # So few that they are drawn in one block: who is silent changes how many numbers later blocks find.
    answered, without = (
        ~np.isnan(draw_pilots(scenario, layout, np.random.default_rng(3), 15).answers[..., 0])
        for layout in (fixed, never)
    )
    differs = (answered != without).reshape(15, 3, 48, -1).any(axis=(0, 2))
    for cohort, start in enumerate((0.0, 12.0, NEVER)):
        np.testing.assert_array_equal(differs[cohort], fixed.weeks > start)


def test_hours_rise_and_fidelity_is_measured_from_the_teams_own_start(fixed):
    scenario = read_scenario("works_but_burdens_managers")
    pilots = draw_pilots(scenario, fixed, np.random.default_rng(5), N_REPLICATES)
    hours = pilots.team_measures[..., 0].reshape(N_REPLICATES, 3, 4, -1).mean(axis=2)
    fidelity = pilots.team_measures[..., 1].reshape(N_REPLICATES, 3, 4, -1)
    model = scenario.manager_hours
    for cohort, start in enumerate((0.0, 12.0, NEVER)):
        running = fixed.weeks > start
        assert_mean(hours[:, cohort], np.where(running, model.pilot_after, model.before))
        assert np.isfinite(fidelity[:, cohort][..., running]).all()
        assert np.isnan(fidelity[:, cohort][..., ~running]).all()


def test_cohorts_are_drawn_anew_in_each_replicate_and_as_even_as_in_the_seal(protocol_of):
    layout = layout_of(protocol_of(16, design="staggered"), 1)
    starts = draw_pilots(read_scenario("nothing"), layout, np.random.default_rng(1), 500).start_week
    for start, size in zip((0.0, 12.0, NEVER), (5, 5, 6), strict=True):
        assert ((starts == start).sum(axis=1) == size).all()
        assert (starts == start).mean(axis=0) == pytest.approx(size / 16, abs=5 * np.sqrt(0.25 / 500))


def test_tables_follow_the_sealed_starts(protocol, changed, everybody_answers):
    assignment, starts = assign_teams(protocol.plan, 2), draw_starts(protocol.plan, 2)
    scenario = changed(
        everybody_answers(read_scenario("works")),
        effect={"points": 1.0, "between_team_sd_points": 0.0, "ramp_weeks": 0.0},
        population={"people_per_team": 30.0},
    )
    simulated = simulate_tables(scenario, protocol, assignment, np.random.default_rng(7), starts)
    panel = panel_from_tables(simulated.tables, protocol, assignment, starts)
    weeks = np.array([wave.week for wave in protocol.plan.calendar.waves])
    own_start = panel.roster.start_week[0][panel.roster.team]
    assert dict(zip(panel.roster.team_ids, panel.roster.start_week[0], strict=True)) == {
        team: starts.get(team, NEVER) for team in assignment
    }
    lines = {start: np.nanmean(panel.scores["engagement"][0][own_start == start], axis=0) for start in (0, 12, NEVER)}
    assert (lines[12] - lines[NEVER])[weeks <= 12] == pytest.approx(0, abs=0.4)
    assert ((lines[12] - lines[NEVER])[weeks > 12] > 0.6).all()
    assert ((lines[0] - lines[NEVER])[weeks > 0] > 0.6).all()
    measured = simulated.tables.team_measures.query("measure_id == 'loop_fidelity_pct'")
    wave_weeks = {wave.id: wave.week for wave in protocol.plan.calendar.waves}
    first = measured.assign(week=measured["wave_id"].map(wave_weeks)).groupby("team_id")["week"].min()
    assert first.to_dict() == {team: start + 4 for team, start in starts.items()}


def test_a_team_works_by_the_loop_from_its_own_start(protocol):
    assignment, starts = assign_teams(protocol.plan, 2), draw_starts(protocol.plan, 2)
    simulated = simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(8), starts)
    held = simulated.practice.conversations.merge(simulated.tables.roster[["person_id", "team_id"]], on="person_id")
    launch = np.datetime64(protocol.plan.calendar.launch_on)
    week = (held["held_on"].to_numpy().astype("datetime64[D]") - launch).astype(int) // 7
    cohort = held["team_id"].map(starts).fillna(NEVER).to_numpy()

    def a_month(start, first, last):
        n_people = simulated.tables.roster["team_id"].map(starts).fillna(NEVER).eq(start).sum()
        return ((cohort == start) & (week >= first) & (week < last)).sum() / n_people / ((last - first) / 4)

    assert a_month(12, 0, 12) < 1 < 1.5 < a_month(12, 12, 24)
    assert a_month(0, -12, 0) < 1 < 1.5 < a_month(0, 0, 12)
    assert a_month(NEVER, 12, 48) < 1


def test_a_layout_without_the_starts_of_the_seal_is_refused(protocol):
    assignment = assign_teams(protocol.plan, 2)
    with pytest.raises(PilotError, match="this team has no start"):
        layout_of(protocol, 12, assignment=assignment)
    with pytest.raises(PilotError, match="this team has no start"):
        simulate_tables(read_scenario("works"), protocol, assignment, np.random.default_rng(0))
