"""The truth that a world carries is what its two potential outcomes differ by."""

from dataclasses import replace

import numpy as np
import pytest

from pilot.effects import effect_between_arms
from pilot.resources import shipped_pages
from pilot.scores import Roster, scale_scores
from pilot.simulate import draw_pilots, layout_of, read_scenario
from pilot.simulate.parts import Effect

N_REPLICATES = 600
STANDARD_ERRORS = 4.5
NULL_WORLDS = (
    "nothing",
    "everyone_improves",
    "hawthorne",
    "unhappy_leave",
    "unhappy_leave_both",
    "careless_crowd",
    "few_uneven_teams",
    "survey_before_bonus",
    "worst_unit_picked",
    "worst_teams_picked",
    "keen_managers_volunteer",
    "unit_shock",
    "one_star_team",
    "response_shift",
)


def scores_of(pilots, scale):
    return scale_scores(pilots.answers[..., scale.items], reverse_keyed=scale.reverse_keyed, lowest=1, highest=5)


def potential_difference(scenario, layout, seed=21, scale=0):
    """Scores with the practice minus without, of the same people, (replicates, people, waves)."""
    with_it, without = (
        scores_of(
            draw_pilots(
                scenario,
                replace(layout, start_week=np.full(len(layout.team_ids), 0.0 if treated else np.inf)),
                np.random.default_rng(seed),
                N_REPLICATES,
            ),
            layout.scales[scale],
        )
        for treated in (True, False)
    )
    return with_it - without


def all_answer(scenario, changed):
    """Everybody answers, but as carelessly as the page says: careless people belong to the estimand."""
    return changed(
        scenario,
        response={"rate": 1.0, "retention": 1.0},
        population={"leavers_pct": 0.0, "joiners_pct": 0.0},
    )


def between_arms(scenario, layout, seed=22):
    """Mean score of half of the teams minus that of the others, (replicates, waves)."""
    pilots = draw_pilots(scenario, layout, np.random.default_rng(seed), N_REPLICATES)
    scores, treated = scores_of(pilots, layout.scales[0]), pilots.treated[:, layout.team, None]
    means = (np.where(arm, scores, 0).sum(axis=1) / arm.sum(axis=1) for arm in (treated, ~treated))
    pilot, comparison = means
    return pilot - comparison


def assert_mean(found, expected):
    error = found.std(axis=0, ddof=1) / np.sqrt(N_REPLICATES)
    assert (abs(found.mean(axis=0) - expected) < STANDARD_ERRORS * error).all()


def test_spillover_takes_its_share_from_the_difference_and_nothing_from_the_truth(changed, protocol_of):
    scenario = all_answer(read_scenario("spillover"), changed)
    layout = layout_of(protocol_of(16), 12)
    truth = draw_pilots(scenario, layout, np.random.default_rng(0), 1).truth
    assert truth["primary_outcome_points"] == pytest.approx(scenario.effect.points, abs=1e-6)
    late = layout.outcome_waves
    left = (1 - scenario.spillover.share) * scenario.effect.points
    assert_mean(between_arms(scenario, layout)[:, late], left)


@pytest.mark.parametrize("arms", ["pilot", "both"])
def test_an_occasion_lifts_its_weeks_and_its_arms_only(arms, changed, protocol_of):
    scenario = all_answer(changed(read_scenario("survey_before_bonus"), occasion={"arms": arms}), changed)
    layout = layout_of(protocol_of(16), 12)
    lifted = layout.weeks == scenario.occasion.from_week
    assert lifted.sum() == 1
    assert_mean(between_arms(scenario, layout), np.where(lifted & (arms == "pilot"), scenario.occasion.points, 0))
    before_after = scores_of(draw_pilots(scenario, layout, np.random.default_rng(2), N_REPLICATES), layout.scales[0])
    change = before_after[..., lifted].mean(axis=(1, 2)) - before_after[..., layout.weeks == 0].mean(axis=(1, 2))
    assert_mean(change, scenario.occasion.points * (1 if arms == "both" else 0.5))


@pytest.mark.parametrize(
    "name", ["works", "works_small", "backfires", "fades_after_novelty", "works_but_burdens_managers"]
)
def test_the_stated_effect_is_what_the_potential_outcomes_differ_by(name, changed, protocol_of):
    scenario = all_answer(read_scenario(name), changed)
    layout = layout_of(protocol_of(16), 12)
    truth = draw_pilots(scenario, layout, np.random.default_rng(0), 1).truth
    assert truth["primary_outcome_points"] == pytest.approx(scenario.effect.points, abs=1e-6)
    lasting = scenario.effect.points * scenario.effect.lasting_share
    assert truth["primary_lasting_points"] == pytest.approx(lasting, abs=1e-6)
    difference = potential_difference(scenario, layout)
    for waves, estimand in (
        (layout.outcome_waves, "primary_outcome_points"),
        (layout.lasting_waves, "primary_lasting_points"),
    ):
        found = difference[..., waves].mean(axis=(1, 2))
        error = found.std(ddof=1) / np.sqrt(N_REPLICATES)
        assert abs(found.mean() - truth[estimand][0]) < STANDARD_ERRORS * error
    assert (difference[..., layout.weeks <= 0] == 0).all()


def test_the_secondary_effect_is_stated_on_its_own_scale(changed, protocol_of):
    scenario = all_answer(read_scenario("works"), changed)
    layout = layout_of(protocol_of(16), 12)
    truth = draw_pilots(scenario, layout, np.random.default_rng(0), 1).truth["development_binding_outcome_points"]
    assert truth == pytest.approx(scenario.effect.secondary_points, abs=1e-6)
    endline = layout.wave_ids.index("endline")
    found = potential_difference(scenario, layout, scale=1)[..., endline].mean(axis=1)
    assert abs(found.mean() - truth[0]) < STANDARD_ERRORS * found.std(ddof=1) / np.sqrt(N_REPLICATES)


@pytest.mark.parametrize("name", NULL_WORLDS)
def test_a_null_world_has_no_effect(name, protocol_of):
    truth = draw_pilots(read_scenario(name), layout_of(protocol_of(16), 12), np.random.default_rng(0), 3).truth
    for estimand in ("primary_outcome_points", "primary_lasting_points", "development_binding_outcome_points"):
        assert (truth[estimand] == 0).all()


@pytest.mark.parametrize("design", ["waitlist", "comparison"])
@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "everyone_improves",
        "worst_unit_picked",
        "worst_teams_picked",
        "keen_managers_volunteer",
        "unit_shock",
    ],
)
def test_where_nothing_works_both_potential_outcomes_are_the_same_answers(name, design, protocol_of):
    more = {"comparison_teams": tuple("ABCDEFGH")} if design == "comparison" else {}
    difference = potential_difference(read_scenario(name), layout_of(protocol_of(8, design=design, **more), 12))
    assert (difference[~np.isnan(difference)] == 0).all()


def test_attention_lifts_answers_until_it_fades_without_being_an_effect(changed, protocol_of):
    scenario = all_answer(read_scenario("hawthorne"), changed)
    layout = layout_of(protocol_of(16), 12)
    difference = potential_difference(scenario, layout)
    found = difference[..., layout.outcome_waves].mean(axis=(1, 2))
    error = found.std(ddof=1) / np.sqrt(N_REPLICATES)
    assert abs(found.mean() - scenario.attention.points) < STANDARD_ERRORS * error
    assert (difference[..., layout.lasting_waves] == 0).all()


def test_the_ramp_and_the_fading_follow_the_weeks(changed, make_layout):
    scenario = changed(
        read_scenario("works"),
        effect={"ramp_weeks": 8.0, "fades_from_week": 24.0, "fades_until_week": 36.0, "lasting_share": 0.5},
    )
    weeks = [0.0, 4.0, 8.0, 24.0, 30.0, 36.0, 60.0]
    shares = [0.0, 0.5, 1.0, 1.0, 0.75, 0.5, 0.5]
    for week, share in zip(weeks[1:], shares[1:], strict=True):
        layout = replace(
            make_layout(weeks=weeks), outcome_waves=np.array([weeks.index(week)]), lasting_waves=np.array([], int)
        )
        truth = draw_pilots(scenario, layout, np.random.default_rng(0), 1).truth
        assert truth["primary_outcome_points"] == pytest.approx(share * 0.4, abs=1e-6)
        assert "primary_lasting_points" not in truth


def test_the_effect_varies_between_teams_as_stated(changed, everybody_answers, make_layout):
    scenario = changed(everybody_answers(read_scenario("works")), effect={"between_team_sd_points": 0.3})
    layout = make_layout(n_people=100)
    difference = potential_difference(scenario, layout)[..., 1].reshape(N_REPLICATES, 16, 100)
    by_team = difference.mean(axis=-1)
    noise = difference.var(axis=-1, ddof=1).mean() / 100
    assert np.sqrt(by_team.var(ddof=1) - noise) == pytest.approx(0.3, rel=0.05)


def test_a_huge_effect_is_seen_by_a_difference_in_means(changed, protocol_of):
    effect = read_scenario("works").effect.model_copy(update={"points": 1.0, "between_team_sd_points": 0.0})
    assert isinstance(effect, Effect)
    scenario = changed(read_scenario("works"), effect=None).model_copy(update={"effect": effect})
    layout = layout_of(protocol_of(16), 12)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(22), N_REPLICATES)
    outcome = scores_of(pilots, layout.scales[0])[..., layout.outcome_waves]
    arm = pilots.treated[:, layout.team][..., None] & np.ones_like(outcome, bool)
    answered = ~np.isnan(outcome)
    means = [np.where(answered & who, outcome, 0).sum((1, 2)) / (answered & who).sum((1, 2)) for who in (arm, ~arm)]
    found = means[0] - means[1]
    error = found.std(ddof=1) / np.sqrt(N_REPLICATES)
    assert abs(found.mean() - 1.0) < STANDARD_ERRORS * error < 0.05
    assert (found > 0).all()


@pytest.mark.parametrize("name", ["works", "nothing"])
def test_the_planned_estimator_covers_the_truth(name, protocol_of):
    scenario, layout = read_scenario(name), layout_of(protocol_of(16), 12)
    pilots = draw_pilots(scenario, layout, np.random.default_rng(23), N_REPLICATES)
    scores = scores_of(pilots, layout.scales[0])

    def mean_over(waves):
        answered = ~np.isnan(scores[..., waves])
        total, n = np.where(answered, scores[..., waves], 0).sum(-1), answered.sum(-1)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    roster = Roster.of_arms(np.arange(layout.n_people).astype(object), layout.team, layout.team_ids, pilots.treated)
    estimate = effect_between_arms(
        mean_over(np.flatnonzero(layout.weeks <= 0)),
        mean_over(layout.outcome_waves),
        roster,
        estimator="ancova",
        weighting="person",
        confidence_pct=95,
    )
    truth = pilots.truth["primary_outcome_points"]
    bias = (estimate.estimate - truth).mean()
    assert abs(bias) < STANDARD_ERRORS * estimate.estimate.std(ddof=1) / np.sqrt(N_REPLICATES)
    covers = ((estimate.lower <= truth) & (truth <= estimate.upper)).mean()
    assert abs(covers - 0.95) < STANDARD_ERRORS * np.sqrt(0.95 * 0.05 / N_REPLICATES)


def test_every_shipped_page_belongs_to_a_test():
    with_effect = {
        "works",
        "works_small",
        "backfires",
        "fades_after_novelty",
        "works_but_burdens_managers",
        "spillover",
    }
    with_dose = {"works_where_managers_coach", "laissez_faire"}
    assert set(shipped_pages("simulations")) == {*NULL_WORLDS} | with_effect | with_dose
