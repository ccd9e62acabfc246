"""The bias ledger: each lie is seen where it is, and its number is what would overturn the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import numpy as np
import pytest

from pilot.analysis import analyse
from pilot.analysis.biases import bias_ledger
from pilot.analysis.second_opinions import second_opinions
from pilot.effects import effect_between_arms, estimate_pilot, with_drift
from pilot.effects.unlinked import unlinked_effect
from pilot.i18n import LANGUAGES
from pilot.plan import PilotFolder, PlanAnswers, seal_plan, sealed_protocol, write_plan
from pilot.result import Bias, SecondOpinion
from pilot.scores import Panel, Questionnaires, Roster, panel_from_tables
from pilot.simulate import read_scenario, simulate_tables
from pilot.verdict import WORDS, DecisionRule, Evidence, decide
from pilot.wording.biases import (
    bias_names,
    bias_sentences,
    bias_table,
    exploration_sentences,
    method_names,
    opinion_table,
)

NOW = datetime(2028, 1, 10, tzinfo=UTC)
TEAMS = {
    "waitlist": {"teams": tuple(f"T{number:02d}" for number in range(16))},
    "comparison": {
        "teams": tuple(f"T{number:02d}" for number in range(8)),
        "comparison_teams": tuple(f"C{number:02d}" for number in range(8)),
    },
    "staggered": {"teams": tuple(f"T{number:02d}" for number in range(16))},
    "before_after": {"teams": tuple(f"T{number:02d}" for number in range(12))},
}


def no_questionnaires(panel: Panel) -> Questionnaires:
    shape = (1, len(panel.roster.team), len(panel.wave_ids))
    return Questionnaires(np.full((*shape, 1), np.nan), np.full(shape, np.nan))


@pytest.fixture(scope="module")
def pilots(tmp_path_factory):
    """Result, panel and protocol of a simulated pilot, by design and scenario."""
    made = {}

    def make(design="waitlist", scenario="works", seed=2, chosen_because=None):
        key = (design, scenario, seed, chosen_because)
        if key not in made:
            folder = PilotFolder(tmp_path_factory.mktemp("biases") / "unit")
            write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), design=design, **TEAMS[design]))
            if chosen_because:
                text = folder.plan.read_text("utf-8")
                picked = text.replace("chosen_because: representative", f"chosen_because: {chosen_because}")
                assert picked != text
                folder.plan.write_text(picked, "utf-8")
            seal_plan(folder, NOW, seed=2)
            protocol, seal = sealed_protocol(folder)
            rng = np.random.default_rng(seed)
            simulated = simulate_tables(read_scenario(scenario), protocol, seal.assignment, rng, starts=seal.starts)
            result = analyse(protocol, seal, simulated.tables, [], NOW)
            panel = panel_from_tables(simulated.tables, protocol, seal.assignment, seal.starts)
            made[key] = result, panel, protocol
        return made[key]

    return make


def row(result, code):
    return next(bias for bias in result.biases if bias.code == code)


def test_every_lie_has_its_row(pilots):
    codes = {design: {bias.code for bias in pilots(design)[0].biases} for design in TEAMS}
    shared = {"novelty", "careless", "one_team"}
    assert codes["before_after"] == shared
    assert codes["waitlist"] == shared | {"attrition", "shifted_items"}
    assert codes["staggered"] == codes["waitlist"]
    assert codes["comparison"] == codes["waitlist"] | {"drift", "pre_trend"}


def test_leaving_out_the_team_that_carries_it(pilots):
    result, panel, protocol = pilots()
    plan = protocol.plan
    before, after = (panel.mean_of("engagement", waves) for waves in (plan.analysis.baseline, plan.analysis.outcome))
    shifts = []
    for team in range(len(panel.roster.team_ids)):
        without = np.where(panel.roster.team == team, np.nan, before)
        left = effect_between_arms(
            without, after, panel.roster, estimator="ancova", weighting="person", confidence_pct=95
        )
        shifts.append(result.primary.between_arms.estimate - left.estimate[0])
    assert row(result, "one_team").looks_like == pytest.approx(max(shifts, key=abs))
    star, _, _ = pilots(scenario="one_star_team")
    assert row(star, "one_team").looks_like > 0.05


def test_novelty_is_what_is_gone_at_the_follow_up(pilots):
    result, _, protocol = pilots(scenario="fades_after_novelty")
    plan, novelty, effect = protocol.plan, row(result, "novelty"), result.primary.between_arms.estimate
    assert novelty.looks_like == pytest.approx(effect - result.lasting.estimate)
    assert result.verdict.word == "inconclusive"
    steady = row(pilots()[0], "novelty")
    assert steady.looks_like < steady.overturns_at
    assert steady.overturns_at <= (1 - plan.rule.lasting_share) * pilots()[0].primary.between_arms.estimate + 1e-9


def judged(panel, protocol, word, **changes):
    """The ledger of a pilot whose verdict is given."""
    plan = protocol.plan
    estimates = estimate_pilot(panel, plan)
    decision = decide(Evidence.of(estimates, plan), DecisionRule.of(plan))
    decision = replace(decision, word=np.array([WORDS.index(word)]), **changes)
    return estimates, {
        row.code: row for row in bias_ledger(panel, no_questionnaires(panel), estimates, decision, protocol)
    }


@pytest.mark.parametrize(("word", "bound", "goal"), [("scale", "lower", 0.0), ("stop", "upper", 0.15)])
def test_drift_that_would_overturn(pilots, word, bound, goal):
    """With exactly that allowance the bound that decides is where it must not be."""
    _, panel, protocol = pilots("comparison", "works" if word == "scale" else "backfires")
    estimates, rows = judged(panel, protocol, word)
    assert rows["drift"].looks_like == 0.09
    moved = with_drift(estimates.primary, rows["drift"].overturns_at, confidence_pct=95)
    assert getattr(moved, bound)[0] == pytest.approx(goal, abs=1e-9)


def test_what_overturns_a_stop_hides_an_effect(pilots):
    """Only what makes the estimate too low can overturn it; novelty and shifted items cannot."""
    _, panel, protocol = pilots("comparison", "backfires")
    plan = protocol.plan
    estimates, rows = judged(panel, protocol, "stop", slack_points=np.array([0.2]))
    assert {rows[code].overturns_at for code in ("pre_trend", "careless", "one_team")} <= {-0.2, None}
    assert rows["one_team"].overturns_at == -0.2
    assert rows["novelty"].overturns_at is None
    assert rows["shifted_items"].overturns_at is None
    upper = estimates.primary_with_drift.upper[0]
    assert rows["attrition"].overturns_at == pytest.approx(-(0.15 - upper) / plan.rule.attrition_share)


def test_nothing_overturns_what_is_inconclusive(pilots):
    result, _, _ = pilots(scenario="hawthorne")
    assert result.verdict.word == "inconclusive"
    assert {bias.overturns_at for bias in result.biases} == {None}


def test_attrition_overturns_where_the_rule_says_so(pilots):
    """With leavers that lie lower by exactly that much the rule's possible bias reaches the lower bound."""
    result, _, protocol = pilots()
    plan = protocol.plan
    found = row(result, "attrition")
    assert found.overturns_at * plan.rule.attrition_share == pytest.approx(result.primary.with_drift.lower)
    assert found.values["tipping_points"] > 0


def test_the_smallest_pre_trend_that_could_have_been_seen(pilots):
    result, panel, protocol = pilots("comparison", "keen_managers_volunteer", seed=5)
    plan = protocol.plan
    trend = row(result, "pre_trend")
    first, last = (panel.mean_of("engagement", (wave,)) for wave in plan.analysis.baseline)
    placebo = effect_between_arms(first, last, panel.roster, estimator="change", weighting="person", confidence_pct=95)
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    ahead = np.mean([weeks[wave] for wave in plan.analysis.outcome]) - np.mean([-12, 0])
    assert trend.looks_like == pytest.approx(placebo.estimate[0] * ahead / 12)
    assert trend.smallest_seen > 0.3  # two baselines see little: the ledger says so


def test_a_unit_picked_for_low_scores_rises_by_itself(pilots):
    result, _, _ = pilots("comparison", "worst_unit_picked", chosen_because="lowest_scores")
    assert row(result, "regression_to_the_mean").looks_like > 0
    assert not any(bias.code == "regression_to_the_mean" for bias in pilots("comparison")[0].biases)


def test_careless_answers_are_found_and_left_out(pilots):
    careless = row(pilots(scenario="careless_crowd")[0], "careless")
    ordinary = row(pilots()[0], "careless")
    assert careless.values["n_questionnaires"] > 2 * ordinary.values["n_questionnaires"] > 0


def test_both_results_are_said_of_careless_answers(pilots):
    result, _, _ = pilots(scenario="careless_crowd")
    careless = row(result, "careless")
    assert careless.values["with_points"] == pytest.approx(result.primary.between_arms.estimate)
    assert careless.looks_like == pytest.approx(careless.values["with_points"] - careless.values["without_points"])
    assert careless.values["without_points"] != careless.values["with_points"]


def test_a_shift_of_items_is_told_from_an_effect(pilots):
    shifted, works = row(pilots(scenario="response_shift")[0], "shifted_items"), row(pilots()[0], "shifted_items")
    assert shifted.looks_like > 1.5 * works.looks_like
    assert works.looks_like < works.overturns_at


def test_waves_close_to_a_bonus_date_are_checked(pilots):
    """The endline at week 24 is held a week after the bonuses were announced."""
    _, panel, protocol = pilots()
    plan = protocol.plan
    day = plan.calendar.launch_on + timedelta(weeks=23)
    near = plan.model_copy(update={"calendar": plan.calendar.model_copy(update={"occasions": (day,)})})
    assert near.calendar.waves_near_an_occasion() == ("pulse_5", "endline")
    estimates = estimate_pilot(panel, near)
    decision = decide(Evidence.of(estimates, near), DecisionRule.of(near))
    rows = bias_ledger(panel, no_questionnaires(panel), estimates, decision, replace(protocol, plan=near))
    found = next(row for row in rows if row.code == "occasion")
    before, after = (panel.mean_of("engagement", waves) for waves in (near.analysis.baseline, ("pulse_3", "pulse_4")))
    without = effect_between_arms(
        before, after, panel.roster, estimator="ancova", weighting="person", confidence_pct=95
    )
    assert found.looks_like == pytest.approx(estimates.primary.estimate[0] - without.estimate[0])


def test_overturning_is_the_slack_of_the_verdict(pilots):
    decided = pilots()[0]
    points = decided.verdict.turning_points[0].values["points"]
    for code in ("careless", "one_team"):
        assert row(decided, code).overturns_at == pytest.approx(points)


def test_second_opinions_answer_the_same_question(pilots):
    result, _, _ = pilots()
    opinions = {opinion.method: opinion for opinion in result.second_opinions}
    assert set(opinions) == {"randomisation_test", "wild_bootstrap", "cr3", "mixed_model", "change_score", "unlinked"}
    main = result.primary.between_arms
    for method in ("randomisation_test", "wild_bootstrap", "cr3"):
        assert opinions[method].estimate == pytest.approx(main.estimate)
        assert abs(np.log(opinions[method].p / main.p)) < np.log(3)
    assert abs(opinions["unlinked"].estimate - main.estimate) < 2 * main.se
    methods = {opinion.method for opinion in pilots("comparison")[0].second_opinions}
    assert methods == {"wild_bootstrap", "cr3", "mixed_model", "straight_trend", "unlinked"}  # nobody drew the arms
    assert pilots("before_after")[0].second_opinions == ()  # two baselines are no trend


def test_second_opinions_are_repeated_from_the_seal(pilots):
    result, panel, protocol = pilots()
    plan = protocol.plan
    again = second_opinions(panel, estimate_pilot(panel, plan), plan, result.pilot.seed)
    assert again == result.second_opinions


def test_unlinked_answers_of_people_who_never_answer_twice():
    """Half of the people answer before, the others after: nobody is linked, and the effect is found all the same."""
    rng = np.random.default_rng(1)
    team = np.repeat(np.arange(16), 40)
    roster = Roster.of_arms(
        np.arange(640).astype(object), team, tuple(map(str, range(16))), np.tile(np.arange(16) < 8, (400, 1))
    )
    before = 3.5 + 0.7 * rng.normal(size=(400, 640))
    after = 3.6 + 0.4 * (team < 8) + 0.7 * rng.normal(size=(400, 640))
    first = np.arange(640) % 2 == 0
    found = unlinked_effect(np.where(first, before, np.nan), np.where(first, np.nan, after), roster, confidence_pct=95)
    assert found.estimate.mean() == pytest.approx(0.4, abs=4.5 * found.estimate.std() / 20)
    covered = (found.lower <= 0.4) & (found.upper >= 0.4)
    assert covered.mean() == pytest.approx(0.95, abs=4.5 * np.sqrt(0.95 * 0.05 / 400))
    linked = effect_between_arms(before, after, roster, estimator="change", weighting="person", confidence_pct=95)
    assert (found.se > linked.se).mean() > 0.9


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_said_in_words(pilots, language):
    result, _, _ = pilots()
    lies, methods = bias_table(result, language), opinion_table(result, language)
    assert len(lies) == len(result.biases)
    assert len(methods) == len(result.second_opinions)
    for table in (lies, methods):
        assert not table.map(lambda cell: "_" in cell or "{" in cell).any(axis=None)
    told = bias_sentences(result, language), exploration_sentences(result, language)
    assert [len(sentences) for sentences in told] == [5, 2]  # leavers (3), careless, invariance; dose and managers
    assert not any("_" in sentence or "{" in sentence for sentences in told for sentence in sentences)
    assert len(bias_sentences(pilots("comparison")[0], language)) == 5  # and how far the trend may bend


def test_every_code_has_a_name():
    assert set(bias_names()) == set(get_args(Bias.model_fields["code"].annotation))
    assert set(method_names()) == set(get_args(SecondOpinion.model_fields["method"].annotation))


def test_bounds_hold_the_effect_and_lie_within_each_other(pilots):
    result, _, protocol = pilots()
    values, effect = row(result, "attrition").values, result.primary.between_arms.estimate
    assert values["worst_lower"] < values["trimmed_lower"] <= values["trimmed_upper"] < values["worst_upper"]
    assert values["trimmed_lower"] - 0.15 < effect < values["trimmed_upper"] + 0.15  # Lee's are of change, not ANCOVA
    lowest, highest = protocol.instruments.range_of("engagement")
    missing = [
        1 - retention / 100
        for retention in (result.attrition.retention_pilot_pct, result.attrition.retention_comparison_pct)
    ]
    width = values["worst_upper"] - values["worst_lower"]
    assert width == pytest.approx((highest - lowest) * sum(missing))  # Manski's width


def test_a_scale_that_should_not_move(pilots):
    """The development scale declared a marker: the ledger says how far it moved, by the plan's own estimator."""
    _, panel, protocol = pilots()
    by_id = {}
    for name, page in protocol.instruments.by_id.items():
        marked = tuple(scale.model_copy(update={"is_marker": name == "development"}) for scale in page.scales)
        by_id[name] = page.model_copy(update={"scales": marked})
    marked = replace(protocol, instruments=replace(protocol.instruments, by_id=by_id))
    plan = protocol.plan
    _, rows = judged(panel, marked, "scale")
    scale, waves = "development_binding", plan.analysis.outcome
    effect = effect_between_arms(
        panel.mean_of(scale, plan.analysis.baseline),
        panel.mean_of(scale, waves),
        panel.roster,
        estimator="ancova",
        weighting="person",
        confidence_pct=95,
    )
    assert rows["marker"].looks_like == pytest.approx(effect.estimate[0])
    assert rows["marker"].smallest_seen > 2 * effect.se[0]
    assert "marker" not in judged(panel, protocol, "scale")[1]


def test_other_draws_of_a_staggered_start(pilots):
    result = pilots("staggered")[0]
    opinions = {opinion.method: opinion for opinion in result.second_opinions}
    assert set(opinions) == {"randomisation_test", "change_score"}
    main = result.primary.between_arms
    assert abs(np.log(opinions["randomisation_test"].p / main.p)) < np.log(10)
    assert opinions["change_score"].estimate == pytest.approx(main.estimate, abs=2 * main.se)


def test_a_refused_effect_has_no_ledger(pilots):
    result, panel, _ = pilots()
    assert result.biases
    nobody = replace(panel, scores={name: np.full_like(each, np.nan) for name, each in panel.scores.items()})
    _, _, protocol = pilots()
    plan = protocol.plan
    estimates = estimate_pilot(nobody, plan)
    decision = decide(Evidence.of(estimates, plan), DecisionRule.of(plan))
    assert bias_ledger(nobody, no_questionnaires(panel), estimates, decision, protocol) == ()
