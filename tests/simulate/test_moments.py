"""What a scenario states comes out of its world, within Monte Carlo error."""

import numpy as np
import pytest

from pilot.resources import shipped_pages
from pilot.scores import scale_scores
from pilot.simulate import draw_layout, draw_pilots, read_scenario
from pilot.simulate.latent import AnswerOptions

N_REPLICATES = 1500
N_BATCHES = 20
STANDARD_ERRORS = 4.5  # with 20 batches a right world fails one in 4,000 such comparisons


def scores_of(pilots, scale):
    options = scale.options
    return scale_scores(
        pilots.answers[..., scale.items],
        reverse_keyed=scale.reverse_keyed,
        lowest=options.lowest,
        highest=options.highest,
    )


def assert_recovered(statistic, stated, *arrays):
    """The statistic of each batch of replicates scatters around what is stated."""
    batches = zip(*(np.array_split(array, N_BATCHES) for array in arrays), strict=True)
    found = np.array([statistic(*batch) for batch in batches])
    error = found.std(ddof=1) / np.sqrt(N_BATCHES)
    assert error < 0.03 * max(abs(stated), 0.1), "the comparison would be too blunt to find a fault"
    assert abs(found.mean() - stated) < STANDARD_ERRORS * error, (found.mean(), stated, error)


def pairs_in_teams(deviation):
    """Mean product of two people of one team; deviation: (replicates, teams, people)."""
    n = deviation.shape[-1]
    return ((deviation.sum(axis=-1) ** 2 - (deviation**2).sum(axis=-1)) / (n * (n - 1))).mean()


def alpha_of(answers):
    answers = answers.reshape(-1, answers.shape[-1])
    k = answers.shape[-1]
    return k / (k - 1) * (1 - answers.var(axis=0).sum() / answers.sum(axis=1).var())


WORLDS = {
    "default": {},
    "other": {"mean_points": 2.9, "sd_points": 0.9, "icc_1": 0.2, "retest_correlation": 0.5, "reliability": 0.75},
    "no teams": {"icc_1": 0.0},
}


@pytest.mark.parametrize("name", sorted(shipped_pages("simulations")))
def test_every_page_states_what_its_world_has_before_the_launch(name, changed, everybody_answers, make_layout):
    """Mean, spread, ICC(1), retest correlation, reliability; response, retention, care and attrition.

    What moves everybody or a whole unit, and who is picked, is tested by itself.
    """
    scenario = changed(read_scenario(name), trend=None, season=None, picked=None, unit_shocks=None)
    layout = make_layout(weeks=[-24.0, 0.0])
    stated, answering = scenario.engagement, scenario.response
    careful = draw_pilots(everybody_answers(scenario), layout, np.random.default_rng(12), 2000)
    scores = scores_of(careful, layout.scales[0])
    deviation = (scores - scores.mean(axis=(0, 1))).reshape(2000, 16, 12, 2)
    variance = stated.sd_points**2
    assert_recovered(np.mean, stated.mean_points, scores[..., 1])
    assert_recovered(lambda d: (d**2).mean(), variance, deviation[..., 1])
    assert_recovered(lambda d: pairs_in_teams(d) / variance, stated.icc_1, deviation[..., 1])
    assert_recovered(lambda d: (d[..., 0] * d[..., 1]).mean() / variance, stated.retest_correlation, deviation)
    keyed = np.where(layout.scales[0].reverse_keyed, 6 - careful.answers, careful.answers)
    assert_recovered(alpha_of, stated.reliability, keyed[..., 1, :])

    pilots = draw_pilots(scenario, layout, np.random.default_rng(13), 2000)
    answered, there = ~np.isnan(pilots.answers).all(axis=-1), pilots.on_roster
    assert_recovered(lambda a, r: a.sum() / r.sum(), answering.rate, answered, there)
    assert_recovered(lambda a: (a[..., 0] & a[..., 1]).sum() / a[..., 0].sum(), answering.retention, answered)
    assert_recovered(lambda c, a: c.sum() / a.sum(), scenario.careless.share, pilots.careless, answered)
    assert_recovered(lambda r: 1 - r[..., 1].sum() / r[..., 0].sum(), scenario.population.leavers_pct / 100, there)


@pytest.mark.parametrize("engagement", WORLDS.values(), ids=WORLDS)
def test_stated_moments_are_recovered(engagement, changed, everybody_answers, make_layout):
    scenario = everybody_answers(changed(read_scenario("nothing"), engagement=engagement))
    stated = scenario.engagement
    layout = make_layout()
    pilots = draw_pilots(scenario, layout, np.random.default_rng(3), N_REPLICATES)
    scale = layout.scales[0]
    scores = scores_of(pilots, scale)
    deviation = (scores - stated.mean_points).reshape(N_REPLICATES, 16, 12, 2)
    variance = stated.sd_points**2

    assert_recovered(np.mean, stated.mean_points, scores)
    assert_recovered(lambda d: (d**2).mean(), variance, deviation)
    assert_recovered(lambda d: pairs_in_teams(d[..., 0]) / variance, stated.icc_1, deviation)
    assert_recovered(lambda d: (d[..., 0] * d[..., 1]).mean() / variance, stated.retest_correlation, deviation)
    keyed = np.where(scale.reverse_keyed, 6 - pilots.answers, pilots.answers)
    assert_recovered(alpha_of, stated.reliability, keyed)


def test_a_secondary_scale_correlates_with_the_primary_as_stated(everybody_answers, make_layout):
    scenario = everybody_answers(read_scenario("nothing"))
    layout = make_layout(n_secondary_items=6)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(4), N_REPLICATES)
    first, second = (scores_of(pilots, scale).reshape(N_REPLICATES, -1) for scale in layout.scales)
    assert_recovered(np.mean, scenario.secondary.mean_points, second)
    assert_recovered(np.std, scenario.secondary.sd_points, second)
    assert_recovered(
        lambda a, b: np.corrcoef(a.ravel(), b.ravel())[0, 1], scenario.secondary.correlation, first, second
    )


@pytest.mark.parametrize("options", [AnswerOptions(0, 10, 1), AnswerOptions(0, 100, 1), AnswerOptions(1, 4, 0.03)])
def test_another_range_of_answers_keeps_the_place_on_the_scale(options, everybody_answers, make_layout):
    scenario = everybody_answers(read_scenario("nothing"))
    layout = make_layout(options=options, n_items=4)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(5), N_REPLICATES)
    scores = scores_of(pilots, layout.scales[0])
    per_point = (options.highest - options.lowest) / 4
    assert_recovered(np.mean, options.lowest + 2.6 * per_point, scores)
    assert_recovered(np.std, 0.75 * per_point, scores)


def test_trend_and_season_move_everybody_by_what_they_state(everybody_answers, make_layout):
    scenario = everybody_answers(read_scenario("everyone_improves"))
    layout = make_layout(weeks=[-12.0, 0.0, 24.0])
    pilots = draw_pilots(scenario, layout, np.random.default_rng(6), N_REPLICATES)
    scores = scores_of(pilots, layout.scales[0])
    step = scenario.trend.points_per_half_year
    spring, launch, autumn = (
        scenario.season.points * np.cos(2 * np.pi * (week - scenario.season.highest_in_week) / 52)
        for week in layout.weeks
    )
    assert_recovered(lambda s: (s[..., 2] - s[..., 1]).mean(), step + autumn - launch, scores)
    assert_recovered(lambda s: (s[..., 1] - s[..., 0]).mean(), step / 2 + launch - spring, scores)
    assert_recovered(lambda s: s[..., 1].mean(), scenario.engagement.mean_points, scores)


def test_response_retention_and_careless_share_are_recovered(make_layout):
    scenario = read_scenario("nothing")
    layout = make_layout(n_teams=30)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(7), N_REPLICATES)
    answered = ~np.isnan(pilots.answers).all(axis=-1)
    on_roster = pilots.on_roster
    assert not (answered & ~on_roster).any()
    assert_recovered(lambda a, r: a.sum() / r.sum(), scenario.response.rate, answered, on_roster)
    assert_recovered(lambda a: (a[..., 0] & a[..., 1]).sum() / a[..., 0].sum(), scenario.response.retention, answered)
    assert_recovered(lambda c, a: c.sum() / a.sum(), scenario.careless.share, pilots.careless, answered)
    assert_recovered(lambda r: 1 - r[..., 1].sum() / r[..., 0].sum(), scenario.population.leavers_pct / 100, on_roster)


def test_careless_questionnaires_are_straight_lines_or_ticks_at_random(changed, everybody_answers, make_layout):
    scenario = changed(everybody_answers(read_scenario("nothing")), careless={"share": 0.5, "straight_line_share": 0.4})
    pilots = draw_pilots(scenario, make_layout(), np.random.default_rng(8), 200)
    answers = pilots.answers[pilots.careless]
    straight = (answers == answers[:, :1]).all(axis=1)
    # Six random ticks are all equal with probability 5 ** -5.
    assert straight.mean() == pytest.approx(0.4 + 0.6 * 5**-5, abs=5 * np.sqrt(0.24 / len(answers)))
    for kind in (answers[straight][:, 0], answers[~straight][:, 0]):
        shares = np.bincount(kind.astype(int), minlength=6)[1:] / len(kind)
        assert shares == pytest.approx(0.2, abs=5 * np.sqrt(0.16 / len(kind)))


def test_the_unhappy_of_the_pilot_fall_silent_after_the_launch(make_layout, changed):
    scenario = changed(read_scenario("unhappy_leave"), careless={"share": 0.0})
    layout = make_layout(treated=np.arange(16) < 8)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(9), N_REPLICATES)
    scores = scores_of(pilots, layout.scales[0])
    pilot = np.isfinite(layout.start_week)[layout.team]
    gap = np.nanmean(scores[:, pilot], axis=1) - np.nanmean(scores[:, ~pilot], axis=1)
    error = gap.std(axis=0, ddof=1) / np.sqrt(N_REPLICATES)
    assert abs(gap[:, 0].mean()) < STANDARD_ERRORS * error[0]
    assert gap[:, 1].mean() > 0.1
    answered = ~np.isnan(scores[..., 1])
    on_roster = pilots.on_roster[..., 1]
    assert_recovered(lambda a, r: a.sum() / r.sum(), scenario.response.rate, answered[:, pilot], on_roster[:, pilot])


def test_team_sizes_and_joiners_are_as_stated(protocol_of):
    scenario, protocol = read_scenario("nothing"), protocol_of(16)
    rng = np.random.default_rng(10)
    layouts = [draw_layout(scenario, protocol, rng) for _ in range(100)]
    first = np.array([np.bincount(each.team[~each.joins_later], minlength=16) for each in layouts])
    joiners = np.array([each.joins_later.sum() for each in layouts])
    assert first.mean() == pytest.approx(12, abs=5 * 2 / np.sqrt(first.size))
    assert first.std() == pytest.approx(np.sqrt(4 + 1 / 12), rel=0.1)
    expected = 0.05 * 12 * 16 * (44 + 12) / 24
    assert joiners.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / len(layouts)))


def test_team_measures_are_as_stated(protocol_of):
    from pilot.simulate import layout_of

    scenario, layout = read_scenario("works_but_burdens_managers"), layout_of(protocol_of(16), 12)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(11), N_REPLICATES)
    assert layout.measure_ids == ("manager_hours", "loop_fidelity_pct")
    hours, fidelity = np.moveaxis(pilots.team_measures, -1, 0)
    after = layout.weeks > 0
    pilot, comparison = hours[pilots.treated], hours[~pilots.treated]
    error = np.sqrt(0.2**2 + 0.15**2) / np.sqrt(8 * N_REPLICATES)
    assert pilot[:, after].mean() == pytest.approx(scenario.manager_hours.pilot_after, abs=5 * error)
    assert pilot[:, ~after].mean() == pytest.approx(scenario.manager_hours.before, abs=5 * error)
    assert comparison.mean() == pytest.approx(scenario.manager_hours.before, abs=5 * error)
    assert np.isnan(fidelity[~pilots.treated]).all()
    assert np.isnan(fidelity[..., ~after]).all()
    # Cut at 100, 2.5 standard deviations above the mean: .02 points at most.
    assert fidelity[pilots.treated][:, after].mean() == pytest.approx(78, abs=0.02 + 5 * 9 / np.sqrt(8 * N_REPLICATES))
    assert pilots.truth["manager_hours_worsening"] == pytest.approx(1.0)
