"""What a rehearsal says: rates, crossings, and the same judgement as `pilot analyse`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pilot.analysis import analyse
from pilot.plan import PilotFolder, Plan, PlanAnswers, read_plan, seal_plan, sealed_protocol, write_plan
from pilot.rehearsal import Rehearsal, Run, cells_of, read_rehearsal, rehearse, write_rehearsal
from pilot.rehearsal.customary import customary_claims
from pilot.rehearsal.judging import judge, panel_of_pilots
from pilot.rehearsal.planning import alternatives_to, sizes_like, with_teams
from pilot.rehearsal.promise import Alternative, crossing, outcomes_of, promise_of
from pilot.rehearsal.tally import Rate, Tally
from pilot.rehearsal.worlds import curve_cells, with_response
from pilot.scores import panel_from_tables
from pilot.simulate import draw_pilots, layout_of, read_scenario, simulate_tables
from pilot.verdict import WORDS
from pilot.wording import Voice
from pilot.wording.rehearsed import per_100, promise_sentences, rehearsal_row

NOW = datetime(2028, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = PilotFolder(tmp_path_factory.mktemp("promise") / "unit")
    write_plan(made, PlanAnswers("R&D", date(2027, 3, 1), teams=tuple(f"T{number:02d}" for number in range(16))))
    seal_plan(made, NOW, seed=1)
    return made


@pytest.fixture(scope="module")
def protocol(folder):
    return read_plan(folder)


# --- one judgement --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["works", "response_shift", "fades_after_novelty", "works_but_burdens_managers"])
def test_the_rehearsal_judges_as_the_analysis_does(folder, name):
    """The tables of a simulated pilot through `analyse`, the arrays of the same pilot through `judge`."""
    protocol, seal = sealed_protocol(folder)
    simulated = simulate_tables(read_scenario(name), protocol, seal.assignment, np.random.default_rng(3))
    result = analyse(protocol, seal, simulated.tables, [], NOW)

    panel = panel_from_tables(simulated.tables, protocol, seal.assignment)
    people, items = list(panel.roster.person_ids), list(protocol.instruments.items)
    answers = np.full((1, len(people), len(panel.wave_ids), len(items)), np.nan)
    rows = simulated.tables.responses
    places = (
        [people.index(person) for person in rows["person_id"]],
        [panel.wave_ids.index(wave) for wave in rows["wave_id"]],
        [items.index(item) for item in rows["item_id"]],
    )
    answers[0][places] = rows["value"]
    sizes = dict(zip(panel.roster.team_ids, np.bincount(panel.roster.team).tolist(), strict=True))
    layout = layout_of(protocol, sizes, assignment=seal.assignment)
    pilots = replace(
        draw_pilots(read_scenario("works"), layout, np.random.default_rng(0), 1),
        answers=answers,
        team_measures=np.stack([panel.measures[name] for name in layout.measure_ids], axis=-1),
    )
    judged = judge(pilots, protocol)
    assert WORDS[judged.decision.word[0]] == result.verdict.word
    assert judged.estimates.primary.estimate[0] == pytest.approx(result.primary.between_arms.estimate, rel=1e-12)
    assert judged.estimates.lasting.estimate[0] == pytest.approx(result.lasting.estimate, rel=1e-12)
    applied = {cap for cap, applies in judged.decision.caps.items() if applies[0]}
    assert applied == {finding.code for finding in result.verdict.findings if finding.role == "cap"}


def test_customary_tests_are_those_of_scipy(protocol):
    pilots = draw_pilots(read_scenario("hawthorne"), layout_of(protocol, 12), np.random.default_rng(3), 40)
    panel, plan = panel_of_pilots(pilots, protocol), protocol.plan
    claims = customary_claims(panel, plan)
    before, after = (panel.mean_of("engagement", (wave,)) for wave in ("baseline_2", "endline"))
    pilot = panel.roster.person_treated
    for place in range(40):
        b, a, p = before[place], after[place], pilot[place]
        linked = ~np.isnan(a + b)
        change = a - b
        means = np.array(
            [
                change[linked & p & (panel.roster.team == team)].mean()
                for team in np.unique(panel.roster.team[linked & p])
            ]
        )
        expected = {
            "paired_t": stats.ttest_rel(a[linked & p], b[linked & p]),
            "unpaired_t": stats.ttest_ind(a[p & ~np.isnan(a)], b[p & ~np.isnan(b)]),
            "team_means_t": stats.ttest_1samp(means, 0),
            "after_only_t": stats.ttest_ind(a[p & ~np.isnan(a)], a[~p & ~np.isnan(a)]),
            "did_by_people": stats.ttest_ind(change[linked & p], change[linked & ~p]),
        }
        for name, test in expected.items():
            assert claims[name][place] == (test.pvalue < 0.05 and test.statistic > 0), name


def test_cr1_is_that_of_statsmodels(protocol):
    import statsmodels.api as sm

    pilots = draw_pilots(read_scenario("works"), layout_of(protocol, 12), np.random.default_rng(4), 30)
    panel = panel_of_pilots(pilots, protocol)
    claims = customary_claims(panel, protocol.plan)["did_cr1_z"]
    before, after = (panel.mean_of("engagement", (wave,)) for wave in ("baseline_2", "endline"))
    assert 0 < claims.sum() < 30
    for place in range(30):
        linked = ~np.isnan(after[place] + before[place])
        x = sm.add_constant(panel.roster.person_treated[place][linked].astype(float))
        fitted = sm.OLS((after - before)[place][linked], x).fit(
            cov_type="cluster", cov_kwds={"groups": panel.roster.team[linked]}
        )
        assert claims[place] == (fitted.pvalues[1] < 0.05 and fitted.params[1] > 0)


# --- rates and crossings --------------------------------------------------------------------------------------------


@given(n=st.integers(1, 5000), data=st.data())
def test_a_rate_lies_in_its_interval_and_within_0_and_1(n, data):
    rate = Rate(data.draw(st.integers(0, n)), n)
    low, high = rate.bounds
    assert 0 <= low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= high <= 1
    wider = Rate(rate.count * 4, n * 4)
    assert wider.bounds[1] - wider.bounds[0] <= high - low + 1e-12


def test_the_interval_of_a_rate_is_wilson_s():
    from statsmodels.stats.proportion import proportion_confint

    assert Rate(41, 1000).bounds == pytest.approx(proportion_confint(41, 1000, method="wilson"))


@given(st.floats(0.05, 0.4), st.floats(0.05, 0.3))
def test_a_crossing_is_found_where_a_normal_curve_has_it(middle, spread):
    points = [0.0, 0.15, 0.3, 0.45, 0.6]
    shares = list(stats.norm.cdf((np.array(points) - middle) / spread))
    exact = middle + spread * stats.norm.ppf(0.8)
    found = crossing(points, shares, 0.8)
    if exact < 0.6 and shares[0] > 1e-4 and shares[-1] < 1 - 1e-4:
        assert found == pytest.approx(exact, abs=1e-9)
    elif exact > 0.6:
        assert found is None


def test_tallies_add_up(protocol):
    pilots = draw_pilots(read_scenario("works"), layout_of(protocol, 12), np.random.default_rng(5), 60)
    judged = judge(pilots, protocol)
    tally = Tally.of(judged, {}, confidence_pct=95)
    assert tally.n == sum(tally.words.values()) == 60
    assert (tally + tally).said("scale").share == tally.said("scale").share
    assert tally + Tally() == tally
    effect = judged.estimates.primary_with_drift
    assert tally.bias == pytest.approx((effect.estimate - judged.truth).mean())
    assert tally.sd_of_estimates == pytest.approx(effect.estimate.std())
    assert tally.exaggeration >= 1
    clear = (effect.lower > 0) | (effect.upper < 0)
    assert tally.detected == Rate(int((effect.lower > 0).sum()), 60)
    assert tally.covered == Rate(int(((effect.lower <= judged.truth) & (effect.upper >= judged.truth)).sum()), 60)
    assert tally.wrong_sign == Rate(int((clear & (effect.estimate < 0)).sum()), int(clear.sum()))
    assert tally.mean_se == pytest.approx(effect.se.mean())
    reach = (stats.t.ppf(0.975, effect.df) + stats.t.ppf(0.8, effect.df)) * effect.se
    assert tally.interval_mde == pytest.approx(reach.mean())
    assert not tally.scale_is_wrong
    faded = draw_pilots(read_scenario("fades_after_novelty"), layout_of(protocol, 12), np.random.default_rng(5), 5)
    assert Tally.of(judge(faded, protocol), {}, confidence_pct=95).scale_is_wrong


# --- worlds and words -----------------------------------------------------------------------------------------------


def test_the_curve_holds_nothing_the_sesoi_and_the_literature(protocol):
    points = [cell.scenario.effect.points for cell in curve_cells(protocol)]
    assert points == sorted(points)
    assert {0.0, 0.15, 0.18, 0.6} <= set(points)
    assert {cell.kind for cell in cells_of(protocol, ["nothing"])} == {"scenario", "curve"}


@settings(deadline=None, max_examples=30)
@given(rate=st.floats(0.05, 0.99))
def test_another_response_rate_is_a_possible_world(rate):
    scenario = with_response(read_scenario("works"), rate)
    assert list(scenario.contradictions()) == []
    assert scenario.response.rate == rate


@pytest.fixture(scope="module")
def rehearsal(protocol):
    names = ("nothing", "works")
    cells = cells_of(protocol, names)
    tallies = rehearse(protocol, cells, Run(300, 3), n_jobs=1)
    return Rehearsal.of(protocol, cells, tallies, made_at=NOW, seed=3, n_replicates=300, sizes_from_roster=False)


def test_the_file_is_read_back(rehearsal, tmp_path):
    write_rehearsal(tmp_path / "rehearsal.json", rehearsal)
    assert read_rehearsal(tmp_path / "rehearsal.json") == rehearsal


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_said_in_words(rehearsal, language):
    voice = Voice(language)
    sentences = promise_sentences(rehearsal, voice)
    promise = rehearsal.promise
    assert promise.answers
    assert promise.worst_null == "nothing"
    assert voice.size(promise.verdict_mde) in sentences[0]
    for sentence in sentences:
        assert sentence.endswith("。" if language == "zh" else ".")
        assert "{" not in sentence
    assert len(rehearsal_row(rehearsal.cells[0], voice)) == 7


def test_a_plan_that_cannot_answer_is_told_so_with_what_would_help(protocol, rehearsal):
    weak = Tally(n=1000, words={"scale": 300, "inconclusive": 700}, sum_truth=600.0, n_estimated=1000)
    none = Tally(n=1000, words={"inconclusive": 1000}, n_estimated=1000)
    cells = curve_cells(protocol)
    blind = outcomes_of(cells, {cell.id: weak if cell is cells[-1] else none for cell in cells})
    good = tuple(cell for cell in rehearsal.cells if cell.kind == "curve")
    told = rehearsal.model_copy(
        update={
            "cells": blind,
            "alternatives": (
                Alternative(code="more_teams", n_teams=32, curve=good),
                Alternative(code="full_calendar", n_teams=16, curve=blind),
            ),
        }
    )
    assert not promise_of(blind).answers
    sentences = promise_sentences(told, Voice("en"))
    assert sentences[0].startswith("This pilot cannot answer its question")
    assert any("With 32 teams it would find effects from" in sentence for sentence in sentences)
    assert any(sentence.endswith("it could not answer either.") for sentence in sentences)


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (1, "<0.1"), (41, "0.4"), (412, "4.1"), (4120, "41")])
def test_rates_are_frequencies_of_100(count, text):
    assert per_100(Rate(count, 10_000), Voice("en")) == text


# --- the command ----------------------------------------------------------------------------------------------------


def test_rehearse_by_command(command, tmp_path):
    unit = tmp_path / "unit"
    assert command("init", unit, "--yes", "--launch", "2027-03-01").code == 0
    run = command("rehearse", unit, "--scenario", "nothing", "--scenario", "works", "--replicates", 100, "--jobs", 1)
    assert run.code == 0, run.err
    assert "Nothing happens" in run.out
    assert "100 such pilots" in run.out
    found = read_rehearsal(PilotFolder(unit).rehearsal)
    assert not found.sizes_from_roster
    assert not PilotFolder(unit).unfinished_rehearsal.exists()
    grid = command("rehearse", unit, "--grid", "teams=8:12:4", "people=8", "--replicates", 100, "--jobs", 1)
    assert grid.code == 0, grid.err
    assert "People per team" in grid.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "utopia"), "there is no scenario"),
        (("--grid", "teams=x", "people=8"), "cannot be read"),
        (("--grid", "teams=8", "hours=8"), "cannot be read"),
        (("--grid", "teams=²", "people=8"), "cannot be read"),
        (("--grid", "teams=8", "people=0"), "cannot be read"),
        (("--grid", "teams=1:999999", "people=8"), "cannot be read"),
    ],
)
def test_a_rehearsal_that_cannot_be_is_a_sentence(command, tmp_path, arguments, said):
    unit = tmp_path / "unit"
    assert command("init", unit, "--yes", "--launch", "2027-03-01").code == 0
    run = command("rehearse", unit, *arguments)
    assert run.code == 1
    assert said in run.err
    assert not PilotFolder(unit).rehearsal.exists()


def test_a_world_is_rehearsed_once_however_often_it_is_named(protocol):
    cells = cells_of(protocol, ["works", "nothing", "works"])
    assert [cell.id for cell in cells if cell.kind == "scenario"] == ["works", "nothing"]


def test_two_units_are_shaken_along_the_curve(tmp_path):
    folder = PilotFolder(tmp_path / "two")
    teams, others = (tuple(f"{letter}{number}" for number in range(8)) for letter in "PC")
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), design="comparison", teams=teams, comparison_teams=others))
    comparison = read_plan(folder)
    for cell in curve_cells(comparison):
        shock = cell.scenario.unit_shocks.sd_points
        assert shock == pytest.approx(comparison.plan.rule.drift_allowance_points / np.sqrt(2))
    found = dict(alternatives_to(comparison))
    assert found["waitlist"].plan.teams.randomise == teams  # the unit's own, not the other unit's too
    assert "staggered" not in found  # eight teams are too few to start in turns
    assert sizes_like({"P0": 5, "P1": 9}, with_teams(comparison, 4)) == {"P001": 5, "P002": 9, "C001": 5, "C002": 9}


def test_a_roster_without_some_teams_is_not_rehearsed(command, tmp_path):
    unit = tmp_path / "unit"
    assert command("init", unit, "--yes", "--launch", "2027-03-01").code == 0
    roster = tmp_path / "roster.csv"
    roster.write_text("person_id,team_id\nP1,T01\nP2,T02\n")
    assert command("import", unit, roster, "--table", "roster").code == 0
    run = command("rehearse", unit, "--scenario", "nothing", "--replicates", 100)
    assert run.code == 1
    assert "T03: the roster has nobody in this team." in run.err


def test_sizes_come_from_the_roster(command, tmp_path):
    unit = tmp_path / "unit"
    assert command("init", unit, "--yes", "--launch", "2027-03-01").code == 0
    lines = ["person_id,team_id", *(f"P{team:02d}{number},T{team:02d}" for team in range(1, 17) for number in range(9))]
    roster = tmp_path / "roster.csv"
    roster.write_text("\n".join(lines))
    assert command("import", unit, roster, "--table", "roster").code == 0
    run = command("rehearse", unit, "--scenario", "nothing", "--replicates", 100, "--jobs", 1)
    assert run.code == 0, run.err
    assert read_rehearsal(PilotFolder(unit).rehearsal).sizes_from_roster


@pytest.mark.parametrize(
    ("design", "n_teams", "calendar", "codes"),
    [
        ("waitlist", 16, "one_baseline", {"staggered", "second_baseline", "full_calendar", "more_teams"}),
        ("waitlist", 16, "full", {"staggered", "more_teams"}),
        ("waitlist", 8, "full", {"more_teams"}),
        ("staggered", 16, "full", {"more_teams"}),
        ("before_after", 10, "short", {"waitlist", "staggered", "comparison"}),
        ("before_after", 7, "short", {"comparison"}),
    ],
)
def test_what_would_help_is_a_plan_that_can_be_sealed(tmp_path, design, n_teams, calendar, codes):
    folder = PilotFolder(tmp_path / "unit")
    teams = tuple(f"T{number:02d}" for number in range(n_teams))
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), design=design, teams=teams, calendar=calendar))
    found = dict(alternatives_to(read_plan(folder)))
    assert set(found) == codes
    for other in found.values():
        assert not list(other.plan.contradictions())
        assert Plan.model_validate(other.plan.model_dump()) == other.plan
    if "second_baseline" in found:
        assert [wave.week for wave in found["second_baseline"].plan.calendar.waves][:2] == [-12, 0]
