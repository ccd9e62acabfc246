"""Teams that start in turns: against diff-diff, against plain loops, and against a truth that is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pilot.effects import Estimate, deciding_effect, effect_between_arms, estimate_pilot
from pilot.effects.cluster_robust import contrast, fit, moments_of
from pilot.effects.staggered import (
    Block,
    blocks_of,
    blocks_of_all_later,
    in_event_time,
    staggered_effect,
)
from pilot.plan import PilotFolder, PlanAnswers, Protocol, read_plan, write_plan
from pilot.publication import latest_release
from pilot.rehearsal.judging import judge, panel_of_pilots
from pilot.result import read_result
from pilot.scores import Panel, Roster
from pilot.simulate import draw_pilots, layout_of, read_scenario

REFERENCE = Path(__file__).parent / "reference"
NEVER = float("inf")
STANDARD_ERRORS = 4.5
N_REPLICATES = 600


def planned(path: Path, n_teams: int, **given: object) -> Protocol:
    folder = PilotFolder(path / f"plan_{n_teams}_{len(list(path.iterdir()))}")
    teams = tuple(f"Team {number:02d}" for number in range(n_teams))
    write_plan(folder, PlanAnswers("R&D", date(2027, 3, 1), design="staggered", teams=teams, **given))
    return read_plan(folder)


@pytest.fixture
def protocol(tmp_path) -> Protocol:
    return planned(tmp_path, 12)


def panel_of(roster: Roster, answers: np.ndarray, wave_ids: tuple[str, ...]) -> Panel:
    invited = np.ones(answers.shape[1:], dtype=bool)
    return Panel(roster, wave_ids, invited, {"engagement": answers}, (), {})


def roster_of(team: np.ndarray, start_week: np.ndarray) -> Roster:
    ids = tuple(f"{number:02d}" for number in range(start_week.shape[1]))
    return Roster(np.arange(len(team)).astype(object), team, ids, start_week)


def everybody(panel: Panel) -> np.ndarray:
    return np.ones((len(panel.roster.start_week), len(panel.roster.team)), dtype=bool)


SETTINGS = {"estimator": "change", "weighting": "person", "confidence_pct": 95}


def effect(panel: Panel, blocks: tuple[Block, ...], **settings: object) -> Estimate:
    values = panel.scores["engagement"]
    return staggered_effect(panel, values, panel.roster, blocks, everybody(panel), **{**SETTINGS, **settings})


# --- against other software and plain loops ------------------------------------------------------------------------


def made_up(seed: int = 1, n_replicates: int = 1) -> tuple[Panel, np.ndarray]:
    """12 uneven teams in three cohorts, 6 waves in weeks 0 to 5, starts in weeks 1 and 3, holes; and the weeks."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(12), rng.integers(4, 13, 12))
    start_week = np.array([rng.permutation(np.repeat([1.0, 3.0, NEVER], 4)) for _ in range(n_replicates)])
    answers = rng.normal(3.5, 0.7, (n_replicates, len(team), 1)) + rng.normal(0, 0.5, (n_replicates, len(team), 6))
    answers += rng.normal(0, 0.2, (n_replicates, 12, 6))[:, team]
    answers[rng.random(answers.shape) < 0.2] = np.nan
    return panel_of(roster_of(team, start_week), answers, tuple(f"wave_{week}" for week in range(6))), np.arange(6.0)


BLOCKS = (
    Block(1.0, (3.0, NEVER), ("wave_0", "wave_1"), ("wave_2", "wave_3")),
    Block(1.0, (NEVER,), ("wave_0", "wave_1"), ("wave_4",)),
    Block(3.0, (NEVER,), ("wave_0", "wave_1", "wave_2", "wave_3"), ("wave_4", "wave_5")),
)


def test_group_time_effects_are_those_of_callaway_and_santanna():
    table = pd.read_csv(REFERENCE / "cohorts.csv")
    reference = json.loads((REFERENCE / "cohorts.json").read_text("utf-8"))
    starts = table.groupby("team")["start"].first().to_numpy()
    waves = tuple(name for name in table if name.startswith("wave_"))
    panel = panel_of(
        roster_of(table["team"].to_numpy(), starts[None]), table[list(waves)].to_numpy()[None].astype(float), waves
    )
    cells = []
    for each in reference["group_time"]:
        waiting = tuple(start for start in (1.0, 3.0, NEVER) if start >= each["wave"] and start != each["start"])
        cell = Block(float(each["start"]), waiting, (f"wave_{each['start']}",), (f"wave_{each['wave']}",))
        ours = effect(panel, (cell,))
        assert ours.estimate[0] == pytest.approx(each["effect"], rel=1e-9)
        # Theirs has no small-sample correction: smaller by about 1 / sqrt(1 - 1/5) at most.
        assert 1 < ours.se[0] / each["se"] < 1.2
        cells.append(cell)
    together = effect(panel, tuple(cells))
    assert together.estimate[0] == pytest.approx(reference["overall"]["effect"], rel=1e-9)
    assert 1 < together.se[0] / reference["overall"]["se"] < 1.2


def loop_effect(
    panel: Panel, blocks: tuple[Block, ...], replicate: int, estimator: str, weighting: str
) -> tuple[float, float]:
    """Estimate and standard error of one replicate with a matrix a team and a loop over everything."""
    answers, team = panel.scores["engagement"][replicate], panel.roster.team
    starts, n_teams = panel.roster.start_week[replicate], panel.roster.start_week.shape[1]
    total, weight, influence = 0.0, 0.0, np.zeros(n_teams)
    for block in blocks:
        rows = []
        for person, of_team in enumerate(team):
            is_treated = starts[of_team] == block.start
            before = [answers[person, panel.wave_ids.index(wave)] for wave in block.baseline]
            after = [answers[person, panel.wave_ids.index(wave)] for wave in block.outcome]
            before, after = ([value for value in values if not np.isnan(value)] for values in (before, after))
            if before and after and (is_treated or starts[of_team] in block.waiting):
                rows.append((of_team, float(is_treated), np.mean(before), np.mean(after)))
        table = np.array(rows)
        if weighting == "team":
            table = np.array([table[table[:, 0] == each].mean(axis=0) for each in np.unique(table[:, 0])])
        of_team, arm, before, after = table.T
        if estimator == "change":
            x, y = np.column_stack([np.ones(len(arm)), arm]), after - before
        else:
            x, y = np.column_stack([np.ones(len(arm)), arm, before]), after
        inverse = np.linalg.inv(x.T @ x)
        beta = inverse @ x.T @ y
        block_weight = len(block.outcome) * arm.sum()
        for each in np.unique(of_team).astype(int):
            own = x[of_team == each]
            values, vectors = np.linalg.eigh(np.eye(len(own)) - own @ inverse @ own.T)
            root = vectors / np.sqrt(values) @ vectors.T
            residual = (y - x @ beta)[of_team == each]
            influence[each] += block_weight * (inverse @ own.T @ root @ residual)[1]
        total += block_weight * beta[1]
        weight += block_weight
    return total / weight, float(np.sqrt((influence**2).sum())) / weight


@pytest.mark.parametrize("weighting", ["person", "team"])
@pytest.mark.parametrize("estimator", ["ancova", "change"])
def test_it_is_what_plain_loops_give(estimator, weighting):
    panel, _ = made_up(n_replicates=3)
    ours = effect(panel, BLOCKS, estimator=estimator, weighting=weighting)
    for replicate in range(3):
        estimate, se = loop_effect(panel, BLOCKS, replicate, estimator, weighting)
        assert ours.estimate[replicate] == pytest.approx(estimate, rel=1e-9)
        assert ours.se[replicate] == pytest.approx(se, rel=1e-9)


@pytest.mark.parametrize("weighting", ["person", "team"])
def test_one_start_is_a_waitlist(weighting):
    panel, _ = made_up(seed=2, n_replicates=4)
    panel = replace(panel, roster=replace(panel.roster, start_week=np.where(panel.roster.start_week == 1, 0.0, NEVER)))
    before, after = panel.means_of(panel.scores["engagement"], ("wave_0", "wave_1"), ("wave_4", "wave_5"))
    block = Block(0.0, (NEVER,), ("wave_0", "wave_1"), ("wave_4", "wave_5"))
    for estimator in ("change", "ancova"):
        ours = effect(panel, (block,), estimator=estimator, weighting=weighting)
        house = effect_between_arms(
            before, after, panel.roster, estimator=estimator, weighting=weighting, confidence_pct=95
        )
        for name, value in vars(house).items():
            np.testing.assert_allclose(getattr(ours, name), value, rtol=1e-9, err_msg=f"{estimator} {name}")


def test_degrees_of_freedom_are_exact_where_people_answer_the_same_in_every_wave():
    """One mean a cohort and CR2: what the house's linear model gives for (w1, w2, -1)."""
    panel, _ = made_up(seed=3)
    rng = np.random.default_rng(3)
    start_week, team = panel.roster.start_week, panel.roster.team
    change = rng.normal(0, 1, len(team)) + rng.normal(0, 0.3, 12)[team]
    answers = np.zeros((1, len(team), 6))
    answers[..., 2:] = change[:, None]
    panel = replace(panel, scores={"engagement": answers})
    blocks = (
        Block(1.0, (NEVER,), ("wave_0",), ("wave_2", "wave_3")),
        Block(3.0, (NEVER,), ("wave_0",), ("wave_4", "wave_5")),
    )
    ours = effect(panel, blocks)
    dummies = np.stack([(start_week[0][team] == start).astype(float) for start in (1.0, 3.0, NEVER)], axis=-1)[None]
    moments = moments_of(dummies, change[None], team, 12)
    sizes = dummies[0].sum(axis=0)
    weights = [*(sizes[:2] / sizes[:2].sum()), -1.0]
    house = contrast(fit(moments), weights, moments, panel.roster.treated, confidence_pct=95)
    for name in ("estimate", "se", "df", "p", "lower", "upper"):
        assert getattr(ours, name)[0] == pytest.approx(getattr(house, name)[0], rel=1e-9), name


# --- refusals and bookkeeping --------------------------------------------------------------------------------------


def test_batch_equals_one_at_a_time_and_the_order_of_teams_does_not_matter():
    panel, _ = made_up(seed=4, n_replicates=5)
    batch = effect(panel, BLOCKS, estimator="ancova")
    for one in range(5):
        alone = replace(
            panel,
            roster=replace(panel.roster, start_week=panel.roster.start_week[[one]]),
            scores={"engagement": panel.scores["engagement"][[one]]},
        )
        for name, value in vars(effect(alone, BLOCKS, estimator="ancova")).items():
            np.testing.assert_allclose(value[0], getattr(batch, name)[one], rtol=1e-12, err_msg=name)
    flipped = replace(
        panel,
        roster=roster_of(11 - panel.roster.team[::-1], panel.roster.start_week[:, ::-1]),
        scores={"engagement": panel.scores["engagement"][:, ::-1]},
    )
    for name, value in vars(effect(flipped, BLOCKS, estimator="ancova")).items():
        np.testing.assert_allclose(value, getattr(batch, name), rtol=1e-9, err_msg=name)


def test_inputs_stay_as_they_are():
    panel, _ = made_up()
    answers, starts = panel.scores["engagement"].copy(), panel.roster.start_week.copy()
    effect(panel, BLOCKS, estimator="ancova")
    np.testing.assert_array_equal(answers, panel.scores["engagement"])
    np.testing.assert_array_equal(starts, panel.roster.start_week)


@pytest.mark.parametrize("lonely", [1.0, 3.0, NEVER])
def test_a_cohort_with_answers_from_one_team_is_refused(lonely):
    panel, _ = made_up(seed=5, n_replicates=2)
    answers = panel.scores["engagement"].copy()
    teams = np.flatnonzero(panel.roster.start_week[0] == lonely)
    answers[0, np.isin(panel.roster.team, teams[1:])] = np.nan
    panel = replace(panel, scores={"engagement": answers})
    ours = effect(panel, BLOCKS, estimator="ancova")
    assert np.isnan([ours.estimate[0], ours.se[0], ours.df[0], ours.lower[0]]).all()
    assert np.isfinite([ours.estimate[1], ours.se[1], ours.df[1], ours.lower[1]]).all()


def test_a_cohort_that_was_not_asked_yet_counts_for_nothing():
    panel, _ = made_up(seed=6)
    answers = panel.scores["engagement"].copy()
    answers[..., 4:] = np.nan
    early = effect(replace(panel, scores={"engagement": answers}), BLOCKS, estimator="ancova")
    first = effect(panel, BLOCKS[:1], estimator="ancova")
    for name in ("estimate", "se", "df", "n_people"):
        np.testing.assert_allclose(getattr(early, name), getattr(first, name), rtol=1e-12)
    nobody = effect(replace(panel, scores={"engagement": np.full_like(answers, np.nan)}), BLOCKS)
    assert np.isnan(nobody.estimate).all()
    assert (nobody.n_people == 0).all()


def test_blocks_are_waves_with_the_same_teams_still_waiting(protocol):
    plan = protocol.plan
    blocks = blocks_of(plan, plan.analysis.outcome)
    assert [(block.start, block.waiting, block.outcome) for block in blocks] == [
        (0.0, (12.0, NEVER), ("pulse_3",)),  # the second cohort starts with this wave, and has not yet
        (0.0, (NEVER,), ("pulse_4", "pulse_5", "endline")),
        (12.0, (NEVER,), ("endline", "pulse_6", "pulse_7", "follow_up_1")),
    ]
    assert blocks[0].baseline == ("baseline_1", "baseline_2")
    assert blocks[2].baseline == ("baseline_1", "baseline_2", "pulse_1", "pulse_2", "pulse_3")
    lasting = blocks_of(plan, plan.analysis.lasting)
    assert [(block.start, block.waiting, block.outcome) for block in lasting] == [
        (0.0, (NEVER,), ("follow_up_1", "follow_up_2")),
        (12.0, (NEVER,), ("follow_up_3", "follow_up_4")),
    ]
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    for start in plan.starts:
        asked = [wave for block in blocks_of_all_later(plan) if block.start == start for wave in block.outcome]
        assert sorted(weeks[wave] for wave in asked) == [week for week in weeks.values() if week > start]


def test_whoever_is_linked_takes_part(protocol):
    """Two counts that differ by a few people could be subtracted from each other."""
    panel = simulated(protocol, "works", 20)
    estimates = estimate_pilot(panel, protocol.plan)
    linked = ~np.isnan(estimates.after - estimates.before)
    np.testing.assert_array_equal(estimates.primary.n_people, linked.sum(axis=1))
    np.testing.assert_array_equal(estimates.primary.n_treated, (linked & panel.roster.person_treated).sum(axis=1))


def test_leaving_out_people_is_leaving_out_their_answers(protocol):
    panel = simulated(protocol, "works", 1)
    among = panel.roster.team != np.arange(3)[:, None]
    ours = deciding_effect(panel, protocol.plan, among)
    for choice in range(3):
        scores = {name: np.where(among[choice][:, None], each, np.nan) for name, each in panel.scores.items()}
        left = estimate_pilot(replace(panel, scores=scores), protocol.plan).primary
        assert [ours.estimate[choice], ours.se[choice]] == pytest.approx([left.estimate[0], left.se[0]])


def test_in_event_time_both_arms_are_asked_equally_often(protocol):
    panel = simulated(protocol, "nothing", 30)
    arms, plan = in_event_time(panel, protocol.plan), protocol.plan
    assert arms.wave_ids == (*plan.analysis.baseline, *plan.analysis.outcome)
    assert (np.diff(arms.roster.team) >= 0).all()
    scores = arms.scores["engagement"]
    for code, start in (("first", 0.0), ("second", 12.0)):
        person = np.flatnonzero(panel.roster.start_week[0][panel.roster.team] == start)[0]
        copies = np.flatnonzero(arms.roster.person_ids == panel.roster.person_ids[person])
        own = [*plan.analysis.baseline, *plan.waves_after(int(start), plan.analysis.outcome)]
        expected = panel.scores["engagement"][0, person, [panel.wave_ids.index(wave) for wave in own]]
        assert len(copies) == 2
        found = [copy for copy in scores[0, copies] if not np.isnan(copy).all()]
        np.testing.assert_array_equal(found, [expected] if not np.isnan(expected).all() else [], err_msg=code)
    retention = estimate_pilot(panel, plan).attrition
    gap = retention.retention_pilot - retention.retention_comparison
    assert abs(gap.mean()) < STANDARD_ERRORS * gap.std(ddof=1) / np.sqrt(30)


# --- recovery ------------------------------------------------------------------------------------------------------


def simulated(protocol: Protocol, scenario: str, n_replicates: int, seed: int = 31) -> Panel:
    pilots = draw_pilots(read_scenario(scenario), layout_of(protocol, 12), np.random.default_rng(seed), n_replicates)
    return panel_of_pilots(pilots, protocol)


@pytest.mark.parametrize("name", ["works", "nothing", "fades_after_novelty"])
def test_the_planned_estimator_recovers_and_covers_the_truth_with_twelve_teams(name, protocol):
    layout = layout_of(protocol, 12)
    pilots = draw_pilots(read_scenario(name), layout, np.random.default_rng(32), N_REPLICATES)
    estimates = estimate_pilot(panel_of_pilots(pilots, protocol), protocol.plan)
    for found, estimand in (
        (estimates.primary, "primary_outcome_points"),
        (estimates.lasting, "primary_lasting_points"),
        (estimates.secondary["development_binding"], "development_binding_outcome_points"),
        (estimates.guardrails["manager_hours"].estimate, "manager_hours_worsening"),
    ):
        truth = pilots.truth[estimand]
        error = found.estimate - truth
        assert abs(error.mean()) < STANDARD_ERRORS * error.std(ddof=1) / np.sqrt(N_REPLICATES), estimand
        covers = ((found.lower <= truth) & (truth <= found.upper)).mean()
        assert abs(covers - 0.95) < STANDARD_ERRORS * np.sqrt(0.95 * 0.05 / N_REPLICATES), estimand
        assert (found.se**2).mean() == pytest.approx(error.var(ddof=1), rel=0.25), estimand
    assert np.isnan(estimates.placebo.estimate).all()


def test_attention_is_no_effect_while_a_cohort_is_held_back(tmp_path):
    """Both cohorts are watched in their outcome weeks; at the follow-ups the attention is gone, and is seen to be."""
    protocol = planned(tmp_path, 24)
    pilots = draw_pilots(read_scenario("hawthorne"), layout_of(protocol, 12), np.random.default_rng(33), 200)
    judged = judge(pilots, protocol)
    assert judged.estimates.primary.estimate.mean() > 0.15
    lasting = judged.estimates.lasting.estimate
    assert abs(lasting.mean()) < STANDARD_ERRORS * lasting.std(ddof=1) / np.sqrt(200)
    assert judged.decision.caps["fades"].mean() > 0.5


def test_waves_before_a_later_start_serve_as_baseline_and_make_it_more_precise(protocol):
    plan = protocol.plan
    panel = simulated(protocol, "nothing", N_REPLICATES)
    blocks = blocks_of(plan, plan.analysis.outcome)
    plain = tuple(replace(block, baseline=plan.analysis.baseline) for block in blocks)
    linked = ~np.isnan(panel.mean_of("engagement", plan.analysis.baseline))
    ses = [
        staggered_effect(
            panel, panel.scores["engagement"], panel.roster, each, linked, **{**SETTINGS, "estimator": "ancova"}
        ).se.mean()
        for each in (blocks, plain)
    ]
    assert 0.86 < ses[0] / ses[1] < 0.93


# --- the whole way -------------------------------------------------------------------------------------------------


def test_from_plan_to_report(command, folder):
    path = folder.path
    said = command("init", path, "--yes", "--design", "staggered", "--launch", "2027-03-01")
    assert said.code == 0
    assert command("check", path).out.count("evidence grade A") == 1
    said = command("seal", path, "--seed", "3")
    assert "They start in week 12: " in said.out
    assert "They wait until after the last follow-up: " in said.out
    assert command("simulate", path, "--scenario", "works", "--seed", "5").code == 0
    for table in ("roster", "responses", "team_measures", "submissions"):
        imported = command("import", path, path / "simulated" / f"{table}.csv", "--table", table)
        assert imported.code == 0, imported.err
    for step in ("analyse", "publish", "report"):
        done = command(step, path)
        assert done.code == 0, done.err
    result = read_result(folder.result)
    truth = json.loads((path / "simulated" / "truth.json").read_text("utf-8"))["truth"]
    assert result.pilot.start_weeks == (0, 12)
    assert result.verdict.grade == "A"
    assert result.verdict.state == "finished"
    estimate = result.primary.between_arms
    assert estimate.lower <= truth["primary_outcome_points"] <= estimate.upper
    assert estimate.n_people == sum(flow.n_linked for flow in result.flow)
    assert result.lasting.n_people <= estimate.n_people
    assert {flow.arm: flow.n_teams for flow in result.flow} == {"pilot": 10, "comparison": 6}
    release = latest_release(folder.releases)
    page = (folder.report / "report.html").read_text("utf-8")
    for sentence in (
        "drawn by lot to start in turns",
        "compared only with those that have not started yet",
        "also before their own start",
    ):
        assert sentence in page
    assert release.pilot.design == "staggered"


def test_a_wave_of_the_last_cohort_is_waited_for(command, folder):
    path = folder.path
    command("init", path, "--yes", "--design", "staggered")
    command("seal", path, "--seed", "3")
    command("simulate", path, "--scenario", "works", "--seed", "5")
    answers = pd.read_csv(path / "simulated" / "responses.csv", dtype=str)
    weeks = [wave for wave, last in pairwise([*answers["wave_id"].unique(), "end"]) if last != "end"]
    assert "follow_up_4" in answers["wave_id"].unique()
    answers[answers["wave_id"] != "follow_up_4"].to_csv(path / "early.csv", index=False)
    command("import", path, path / "simulated" / "roster.csv", "--table", "roster")
    assert command("import", path, path / "early.csv").code == 0, weeks
    command("analyse", path)
    verdict = read_result(folder.result).verdict
    assert verdict.state == "in_evaluation"
    awaited = [finding for finding in verdict.findings if finding.code == "awaiting_waves"]
    assert awaited[0].values["waves"] == ["follow_up_4"]
