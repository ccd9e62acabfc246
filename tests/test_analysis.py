"""From sealed protocol and tables to a result and its releases, on a simulated unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pilot.analysis import analyse
from pilot.errors import PilotError
from pilot.ledger import begin_ledger, changed_by_a_few, read_ledger
from pilot.plan import PilotFolder, PlanAnswers, record_deviation, seal_plan, sealed_protocol, write_plan
from pilot.publication import latest_release, publish, read_release
from pilot.result import read_result, write_result
from pilot.simulate import read_scenario, simulate_tables

NOW = datetime(2028, 1, 10, tzinfo=UTC)
TEAMS = tuple(f"T{number:02d}" for number in range(1, 17))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    folder = PilotFolder(tmp_path_factory.mktemp("analysis") / "unit")
    write_plan(folder, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), teams=TEAMS))
    seal_plan(folder, NOW, seed=2)
    return folder


@pytest.fixture(scope="module")
def inputs(sealed):
    protocol, seal = sealed_protocol(sealed)
    simulated = simulate_tables(read_scenario("works"), protocol, seal.assignment, np.random.default_rng(2))
    return protocol, seal, simulated.tables


def with_responses(tables, keep):
    return replace(tables, responses=tables.responses[keep(tables.responses)].reset_index(drop=True))


def test_works_is_scaled(inputs):
    protocol, seal, tables = inputs
    result = analyse(protocol, seal, tables, [], NOW)
    assert (result.verdict.state, result.verdict.word) == ("finished", "scale")
    assert result.verdict.chance_worthwhile > 0.8
    assert [finding.code for finding in result.verdict.turning_points] == ["bias_would_overturn"]
    effect = result.primary.with_drift
    assert effect == result.primary.between_arms  # one unit: nothing drifts
    margin = min(effect.lower, effect.estimate - 0.15)
    assert result.verdict.turning_points[0].values["points"] == pytest.approx(margin)
    for flow in result.flow:
        assert flow.n_invited >= flow.n_baseline + flow.n_joiners
        assert (flow.n_baseline, flow.n_outcome) == (
            flow.n_linked + flow.n_leavers,
            flow.n_linked + flow.n_joiners,
        )


def test_the_nearest_bound_says_how_wrong_the_estimate_may_be(inputs):
    """With a larger SESOI the estimate reaches it by less than the lower bound lies above zero."""
    protocol, seal, tables = inputs
    outcomes = protocol.plan.outcomes
    demanding = outcomes.model_copy(update={"primary": outcomes.primary.model_copy(update={"sesoi_points": 0.3})})
    stricter = replace(protocol, plan=protocol.plan.model_copy(update={"outcomes": demanding}))
    result = analyse(stricter, seal, tables, [], NOW)
    effect = result.primary.with_drift
    assert effect.estimate - 0.3 < effect.lower
    assert result.verdict.turning_points[0].values["points"] == pytest.approx(effect.estimate - 0.3)


def test_the_word_is_withheld_until_the_follow_up_is_in(inputs):
    protocol, seal, tables = inputs
    early = with_responses(tables, lambda rows: ~rows["wave_id"].str.startswith("follow_up"))
    verdict = analyse(protocol, seal, early, [], NOW).verdict
    assert (verdict.state, verdict.word) == ("in_evaluation", None)
    assert verdict.turning_points[0].values == {"waves": ["follow_up_1", "follow_up_2"]}
    assert not {"fades", "lasts"} & {finding.code for finding in verdict.findings}


def test_a_few_early_answers_do_not_make_a_wave_complete(inputs):
    protocol, seal, tables = inputs
    late = tables.responses["wave_id"] == "follow_up_2"
    first = set(tables.responses["person_id"][late].unique()[:10])
    early = with_responses(tables, lambda rows: ~late | rows["person_id"].isin(first))
    verdict = analyse(protocol, seal, early, [], NOW).verdict
    assert verdict.word is None
    assert verdict.turning_points[0].values == {"waves": ["follow_up_2"]}


def test_nothing_to_analyse_is_a_sentence(inputs):
    protocol, seal, tables = inputs
    only_baseline = with_responses(tables, lambda rows: rows["wave_id"].str.startswith("baseline"))
    with pytest.raises(PilotError, match=r"with a baseline: \d+; with an outcome: 0; with both: 0"):
        analyse(protocol, seal, only_baseline, [], NOW)


def test_one_treated_team_left_is_refused(inputs):
    protocol, seal, tables = inputs
    pilot_teams = [team for team, arm in seal.assignment.items() if arm == "pilot"]
    gone = set(tables.roster.loc[tables.roster["team_id"].isin(pilot_teams[1:]), "person_id"])
    result = analyse(protocol, seal, with_responses(tables, lambda rows: ~rows["person_id"].isin(gone)), [], NOW)
    assert result.primary.between_arms is None
    assert result.verdict.word == "inconclusive"
    assert "refused" in {finding.code for finding in result.verdict.findings if finding.role == "cap"}


def test_answers_of_a_wave_that_left_the_plan_land_nowhere(inputs):
    protocol, seal, tables = inputs
    calendar = protocol.plan.calendar
    fewer = calendar.model_copy(update={"waves": tuple(wave for wave in calendar.waves if wave.id != "pulse_1")})
    shorter = replace(protocol, plan=protocol.plan.model_copy(update={"calendar": fewer}))
    waves = {(wave.arm, wave.wave_id): wave for wave in analyse(protocol, seal, tables, [], NOW).waves}
    found = {(wave.arm, wave.wave_id): wave for wave in analyse(shorter, seal, tables, [], NOW).waves}
    assert found == {key: wave for key, wave in waves.items() if key[1] != "pulse_1"}


def test_a_roster_of_other_teams_is_a_sentence(inputs):
    protocol, seal, tables = inputs
    roster = tables.roster.assign(team_id=tables.roster["team_id"].replace({"T16": "T17"}))
    with pytest.raises(PilotError, match=r"T17: \d+ people of the roster are in this team"):
        analyse(protocol, seal, replace(tables, roster=roster), [], NOW)


@pytest.mark.parametrize(("value", "word"), [(2.0, "scale"), (None, "inconclusive")])
def test_a_guardrail_that_nobody_moved_is_kept_and_one_measured_by_a_few_is_not(tmp_path, inputs, value, word):
    protocol, seal, tables = inputs
    hours = tables.team_measures["measure_id"] == "manager_hours"
    if value is None:  # three pilot teams and three others were measured
        pilot = [team for team, arm in seal.assignment.items() if arm == "pilot"][:3]
        others = [team for team, arm in seal.assignment.items() if arm == "comparison"][:3]
        measures = tables.team_measures[~hours | tables.team_measures["team_id"].isin(pilot + others)]
    else:
        measures = tables.team_measures.assign(value=tables.team_measures["value"].mask(hours, value))
    result = analyse(protocol, seal, replace(tables, team_measures=measures), [], NOW)
    assert result.verdict.word == word
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result
    release = publish(result, tmp_path / "releases", tmp_path / "ledger.json", NOW)
    assert (release.guardrails[0].mean_before is None) == (value is None)


def test_answers_that_do_not_vary_are_refused_and_readable(tmp_path, inputs):
    protocol, seal, tables = inputs
    result = analyse(protocol, seal, replace(tables, responses=tables.responses.assign(value=3.0)), [], NOW)
    assert result.verdict.word == "inconclusive"
    assert {"two_teams_in_each_arm"} <= {point.code for point in result.verdict.turning_points}
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result


def test_without_measures_nothing_is_scaled(inputs):
    protocol, seal, tables = inputs
    result = analyse(protocol, seal, replace(tables, team_measures=tables.team_measures[:0]), [], NOW)
    assert result.verdict.word == "inconclusive"
    assert {"measure_guardrail", "measure_fidelity"} <= {point.code for point in result.verdict.turning_points}


def test_order_of_rows_does_not_matter(inputs):
    protocol, seal, tables = inputs
    shuffled = replace(
        tables,
        roster=tables.roster.sample(frac=1, random_state=1),
        responses=tables.responses.sample(frac=1, random_state=1),
        team_measures=tables.team_measures.sample(frac=1, random_state=1),
    )
    assert analyse(protocol, seal, shuffled, [], NOW) == analyse(protocol, seal, tables, [], NOW)


def test_deviations_reach_the_result(tmp_path, inputs):
    folder = PilotFolder(tmp_path / "unit")
    write_plan(folder, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), teams=TEAMS))
    seal_plan(folder, NOW, seed=2)
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("weighting: person", "weighting: team"), "utf-8")
    record_deviation(folder, "团队大小差太多", NOW)
    result = analyse(*sealed_protocol(folder), inputs[2], [], NOW)
    (note,) = result.deviations
    assert note.reason == "团队大小差太多"
    assert [(change.path, change.before, change.after) for change in note.changes] == [
        ("plan.analysis.weighting", "person", "team")
    ]
    assert result.primary.weighting == "team"


def test_result_file_round_trip(tmp_path, inputs):
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result
    (tmp_path / "result.json").write_text('{"format": 2}')
    with pytest.raises(PilotError, match="not a result of this version"):
        read_result(tmp_path / "result.json")


def published(result, folder: Path):
    return publish(result, folder / "releases", folder / "ledger.json", NOW)


def test_releases_are_numbered_chained_and_tamper_evident(tmp_path, inputs):
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    first, second = (published(result, tmp_path) for _ in range(2))
    assert (first.number, first.previous_sha256) == (1, None)
    assert (second.number, second.previous_sha256) == (2, first.sha256)
    assert latest_release(tmp_path / "releases") == second
    path = tmp_path / "releases" / "release-0002.json"
    text = path.read_text("utf-8")
    assert '"word": "scale"' in text
    path.write_text(text.replace('"word": "scale"', '"word": "stop"'), "utf-8")
    with pytest.raises(PilotError, match="changed by hand"):
        read_release(path)


def test_a_result_changed_by_hand_is_not_read(tmp_path, inputs):
    path = tmp_path / "result.json"
    write_result(path, analyse(*inputs[:2], inputs[2], [], NOW))
    text = path.read_text("utf-8")
    assert '"word": "scale"' in text
    path.write_text(text.replace('"word": "scale"', '"word": "stop"'), "utf-8")
    with pytest.raises(PilotError, match="changed by hand"):
        read_result(path)


def late(tables, protocol, n_people: int):
    """The tables as they were before the endline, the follow-up and the last pulses of a few pilot people came in."""
    after = tables.responses["wave_id"].isin(protocol.plan.analysis.outcome)
    both = set(tables.responses["person_id"][after]) & set(tables.responses["person_id"][~after])
    few = sorted(both)[:n_people]
    return with_responses(tables, lambda rows: ~(after & rows["person_id"].isin(few)))


def test_late_answers_of_a_few_wait_and_of_many_come_in(tmp_path, inputs):
    protocol, seal, tables = inputs
    early = analyse(protocol, seal, late(tables, protocol, 3), [], NOW)
    first = published(early, tmp_path)
    ledger = read_ledger(tmp_path / "ledger.json")
    again = analyse(protocol, seal, tables, [], NOW, ledger)
    assert "late_answers_wait" in {finding.code for finding in again.verdict.findings}
    second = published(again, tmp_path)
    assert (second.primary, second.waves, second.flow) == (first.primary, first.waves, first.flow)

    many = tmp_path / "many"
    many.mkdir()
    early = analyse(protocol, seal, late(tables, protocol, 40), [], NOW)
    published(early, many)
    result = analyse(protocol, seal, tables, [], NOW, read_ledger(many / "ledger.json"))
    everybody = analyse(protocol, seal, tables, [], NOW)
    n_early, n_now, n_all = (each.primary.between_arms.n_people for each in (early, result, everybody))
    assert n_now - n_early > 20
    # Of those who came late a few in each arm were not asked again: the effect at the follow-ups would tell of them.
    assert 0 < n_all - n_now < 2 * 5


@pytest.mark.parametrize("n_people", range(1, 12))
def test_what_two_releases_differ_by_is_nobody_or_enough(tmp_path, inputs, n_people):
    """For every wave and for the linked panel, in each arm; single answers come late, too, not only people."""
    protocol, seal, tables = inputs
    early = late(tables, protocol, n_people)
    strays = early.responses.sample(frac=0.002 * n_people, random_state=n_people)[["person_id", "wave_id"]]
    stray = pd.MultiIndex.from_frame(strays)
    early = with_responses(early, lambda rows: ~pd.MultiIndex.from_frame(rows[["person_id", "wave_id"]]).isin(stray))
    before = analyse(protocol, seal, early, [], NOW)
    published(before, tmp_path)
    after = analyse(protocol, seal, tables, [], NOW, read_ledger(tmp_path / "ledger.json"))
    assert changed_by_a_few(after.seen, before.seen, 5) == []
    groups = [{(wave.arm, wave.wave_id): wave.n_people for wave in result.waves} for result in (before, after)]
    groups = [
        {**waves, **{flow.arm: flow.n_linked for flow in result.flow}}
        for waves, result in zip(groups, (before, after), strict=True)
    ]
    for group, n in groups[0].items():
        assert groups[1][group] - n not in range(1, 5), group


def test_a_deviation_that_moves_a_few_people_is_not_published(tmp_path, inputs):
    """Without the second baseline a few people leave the linked panel: the two releases would tell of them."""
    protocol, seal, tables = inputs
    only_second = tables.responses["wave_id"].eq("baseline_2") & ~tables.responses["person_id"].isin(
        tables.responses.loc[tables.responses["wave_id"] == "baseline_1", "person_id"]
    )
    few = set(sorted(tables.responses.loc[only_second, "person_id"].unique())[:3])
    known = set(tables.responses.loc[tables.responses["wave_id"] == "baseline_1", "person_id"])
    inside = with_responses(tables, lambda rows: rows["person_id"].isin(known | few))
    published(analyse(protocol, seal, inside, [], NOW), tmp_path)
    shorter = protocol.plan.analysis.model_copy(update={"baseline": ("baseline_1",)})
    changed = replace(protocol, plan=protocol.plan.model_copy(update={"analysis": shorter}))
    result = analyse(changed, seal, inside, [], NOW, read_ledger(tmp_path / "ledger.json"))
    with pytest.raises(PilotError, match="would differ from release 1 by a few people"):
        published(result, tmp_path)
    assert latest_release(tmp_path / "releases").number == 1


def test_a_score_that_changes_is_news_like_a_person_that_comes(tmp_path, inputs):
    """Half of the endline of one person comes later: nobody joins the group, and yet its mean would tell of them."""
    protocol, seal, tables = inputs
    endline = tables.responses["wave_id"] == "endline"
    person = tables.responses.loc[endline, "person_id"].iloc[0]
    rows = tables.responses.index[endline & (tables.responses["person_id"] == person)]
    answers = tables.responses.loc[rows, "item_id"].str.startswith("eng_")
    late = set(rows[answers][:3])
    first = published(analyse(protocol, seal, with_responses(tables, lambda r: ~r.index.isin(late)), [], NOW), tmp_path)
    again = analyse(protocol, seal, tables, [], NOW, read_ledger(tmp_path / "ledger.json"))
    assert "late_answers_wait" in {finding.code for finding in again.verdict.findings}
    assert published(again, tmp_path).waves == first.waves


def test_what_comes_and_goes_is_compared_with_every_release(tmp_path, inputs):
    """Eleven people come and ten go again: each step is large enough, but the last release and the first are not."""
    protocol, seal, tables = inputs
    result = analyse(protocol, seal, tables, [], NOW)
    group = "pilot|linked"
    members = result.seen[group]

    def with_members(hashes):
        return result.model_copy(update={"seen": {**result.seen, group: tuple(sorted(hashes))}})

    everybody = [*members, *(f"new{number}" for number in range(11))]
    published(with_members(members), tmp_path)
    published(with_members(everybody).model_copy(update={"released": 1}), tmp_path)
    with pytest.raises(PilotError, match="would differ from release 1 by a few people"):
        published(with_members(everybody[:-10]).model_copy(update={"released": 2}), tmp_path)
    assert latest_release(tmp_path / "releases").number == 2


def test_the_distance_to_another_verdict_does_not_tell_of_a_few_leavers(tmp_path, inputs):
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    (point,) = result.verdict.turning_points
    assert point.code == "bias_would_overturn"
    few = tuple(flow.model_copy(update={"n_leavers": 4}) for flow in result.flow)
    biased = result.attrition.model_copy(update={"inflating_points": 0.05})
    told = published(result.model_copy(update={"flow": few, "attrition": biased}), tmp_path)
    assert [each.code for each in told.verdict.turning_points] == ["distance_withheld"]
    assert all(each.values == {} for each in told.verdict.turning_points)


def test_the_ledger_has_a_secret_of_its_own(tmp_path):
    first, second = (begin_ledger(tmp_path / f"{name}.json") for name in "ab")
    assert first.salt != second.salt
    assert begin_ledger(tmp_path / "a.json") == first


def test_a_stale_result_is_not_published(tmp_path, inputs):
    protocol, seal, tables = inputs
    early = analyse(protocol, seal, late(tables, protocol, 40), [], NOW)
    full = analyse(protocol, seal, tables, [], NOW)
    published(early, tmp_path)
    with pytest.raises(PilotError, match="something was published since the analysis"):
        published(full, tmp_path)


def test_a_lost_ledger_and_a_foreign_seal_are_noticed(tmp_path, inputs):
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    published(result, tmp_path)
    other = result.model_copy(update={"pilot": result.pilot.model_copy(update={"seal_sha256": "0" * 64})})
    with pytest.raises(PilotError, match="belongs to another seal"):
        published(other, tmp_path)
    (tmp_path / "ledger.json").unlink()
    with pytest.raises(PilotError, match="lacks release 1"):
        published(result, tmp_path)


def test_estimates_about_a_few_are_not_released(tmp_path, inputs):
    """A secondary outcome that four people of the pilot answered, managers' hours of four pilot teams."""
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    few = {"n_treated": 4}
    secondary, guardrail = result.secondary[0], result.guardrails[0]
    by_few = secondary.between_arms.model_copy(update=few)
    result = result.model_copy(
        update={
            "lasting": result.lasting.model_copy(update=few),
            "secondary": (secondary.model_copy(update={"between_arms": by_few}),),
            "guardrails": (guardrail.model_copy(update={"worsening": guardrail.worsening.model_copy(update=few)}),),
        }
    )
    release = published(result, tmp_path)
    assert release.lasting is None
    assert (release.secondary[0].between_arms, release.secondary[0].hedges_g) == (None, None)
    assert (release.guardrails[0].worsening, release.guardrails[0].mean_before) == (None, None)


def test_a_release_about_a_few_people_is_refused(tmp_path, inputs):
    result = analyse(*inputs[:2], inputs[2], [], NOW)
    pilot, comparison = result.flow
    few = result.model_copy(update={"flow": (pilot.model_copy(update={"n_linked": 4}), comparison)})
    with pytest.raises(PilotError, match="4 linked people are fewer than 5"):
        published(few, tmp_path)
    assert not (tmp_path / "releases").exists()
    assert not (tmp_path / "ledger.json").exists()
