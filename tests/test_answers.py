"""Whose answers decide: linked people, all answers, or both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from pilot.analysis import analyse
from pilot.errors import PilotError
from pilot.plan import PilotFolder, PlanAnswers, read_plan, seal_plan, sealed_protocol, write_plan
from pilot.publication import publish
from pilot.simulate import read_scenario, simulate_tables

NOW = datetime(2028, 1, 10, tzinfo=UTC)
TEAMS = tuple(f"T{number:02d}" for number in range(1, 17))


def sealed_with(folder, **analysis):
    write_plan(folder, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), teams=TEAMS))
    text = folder.plan.read_text("utf-8")
    for entry, value in analysis.items():
        lines = [f"  {entry}: {value}" if line.startswith(f"  {entry}: ") else line for line in text.splitlines()]
        text = "\n".join(lines) + "\n"
    folder.plan.write_text(text, "utf-8")
    seal_plan(folder, NOW, seed=2)
    protocol, seal = sealed_protocol(folder)
    tables = simulate_tables(read_scenario("works"), protocol, seal.assignment, np.random.default_rng(2)).tables
    return protocol, seal, tables


def anonymous(tables):
    """The same answers, every one from somebody who answers once."""

    def coded(frame):
        return frame.assign(person_id=frame["person_id"] + "-" + frame["wave_id"])

    answered = tables.responses[["person_id", "wave_id"]].drop_duplicates()
    roster = (
        answered.merge(tables.roster, on="person_id")
        .assign(joined_on=pd.NaT, left_on=pd.NaT)
        .astype({"joined_on": "datetime64[us]", "left_on": "datetime64[us]"})
    )
    roster = coded(roster).drop(columns="wave_id")
    return replace(tables, roster=roster, responses=coded(tables.responses))


def published(result, folder):
    return publish(result, folder / "releases", folder / "ledger.json", NOW)


def test_both_must_stand(tmp_path):
    protocol, seal, tables = sealed_with(PilotFolder(tmp_path / "unit"), answers="both")
    result = analyse(protocol, seal, tables, [], NOW)
    linked, every = result.primary.with_drift, result.of_all_answers
    assert every.n_people > linked.n_people
    stands = every.lower > 0 and every.estimate >= 0.15
    assert (result.verdict.word == "scale") == stands
    [finding] = [each for each in result.verdict.findings if each.code == "all_answers"]
    assert finding.role == ("for" if stands else "against")
    assert "unlinked" not in {opinion.method for opinion in result.second_opinions}
    release = published(result, tmp_path)
    assert release.of_all_answers.estimate == pytest.approx(every.estimate, abs=0.001)


def test_the_difference_of_the_two_does_not_tell_of_a_few(tmp_path):
    protocol, seal, tables = sealed_with(PilotFolder(tmp_path / "unit"), answers="both")
    result = analyse(protocol, seal, tables, [], NOW)
    flows = [flow.model_copy(update={"n_leavers": 2, "n_joiners": 0}) for flow in result.flow]
    result = result.model_copy(update={"flow": tuple(flows)})
    result = result.model_copy(update={"sha256": result.fingerprint})
    assert published(result, tmp_path).of_all_answers is None


def test_all_answers_decide_and_nobody_needs_to_answer_twice(tmp_path):
    inputs = sealed_with(PilotFolder(tmp_path / "unit"), answers="all", estimator="change")
    linkable = analyse(*inputs, [], NOW)
    protocol, seal, tables = inputs
    unlinkable = analyse(protocol, seal, anonymous(tables), [], NOW)
    # One wave's mean for each person who could be linked, each answer by itself where not: nearly the same people.
    assert unlinkable.primary.with_drift.estimate == pytest.approx(linkable.primary.with_drift.estimate, abs=0.05)
    assert linkable.verdict.state == unlinkable.verdict.state == "finished"
    assert "not_linked" not in {finding.code for finding in linkable.verdict.findings}
    assert "not_linked" in {finding.code for finding in unlinkable.verdict.findings}
    assert unlinkable.verdict.word != "scale"
    assert {flow.n_linked for flow in unlinkable.flow} == {0}
    release = published(unlinkable, tmp_path)
    assert {wave.wave_id for wave in release.waves if wave.score.mean is not None} >= {"baseline_1", "endline"}


def test_a_few_who_could_be_linked_by_chance_open_no_door(tmp_path):
    """Four of hundreds answered under the same code twice: nobody knows who left all the same."""
    protocol, seal, tables = sealed_with(PilotFolder(tmp_path / "unit"), answers="all", estimator="change")
    unlinked, few = anonymous(tables), tables.roster["person_id"].head(4)
    keep = tables.responses["person_id"].isin(few)
    responses = pd.concat([unlinked.responses[~keep.to_numpy()], tables.responses[keep]])
    people = pd.concat([unlinked.roster, tables.roster[tables.roster["person_id"].isin(few)]])
    result = analyse(protocol, seal, replace(unlinked, roster=people, responses=responses), [], NOW)
    assert sum(flow.n_linked for flow in result.flow) > 0
    assert "not_linked" in {finding.code for finding in result.verdict.findings}
    assert result.verdict.word != "scale"


def test_a_wave_of_unlinked_answers_is_in_when_half_are(tmp_path):
    protocol, seal, tables = sealed_with(PilotFolder(tmp_path / "unit"), answers="all", estimator="change")
    unlinked = anonymous(tables)
    late = unlinked.responses["wave_id"].isin(["follow_up_1", "follow_up_2"])
    first = unlinked.responses[late].drop_duplicates("person_id").groupby("wave_id").head(6)["person_id"]
    early = unlinked.responses[~late | unlinked.responses["person_id"].isin(first)]
    result = analyse(protocol, seal, replace(unlinked, responses=early), [], NOW)
    assert result.verdict.state == "in_evaluation"


def test_linked_answers_need_somebody_who_answered_twice(tmp_path):
    protocol, seal, tables = sealed_with(PilotFolder(tmp_path / "unit"))
    with pytest.raises(PilotError, match="There is nothing to analyse yet"):
        analyse(protocol, seal, anonymous(tables), [], NOW)


@pytest.mark.parametrize(
    ("design", "entries", "told"),
    [
        ("staggered", {"answers": "both"}, "needs two arms whose teams start at once"),
        ("waitlist", {"answers": "all"}, "have no start of the same person"),
        (
            "waitlist",
            {"answers": "all", "estimator": "change", "weighting": "team"},
            "have no start of the same person",
        ),
        ("waitlist", {"answers": "both", "weighting": "team"}, "would answer different questions"),
        ("waitlist", {"answers": "some"}, "answers"),
    ],
)
def test_a_plan_whose_answers_cannot_decide(tmp_path, design, entries, told):
    folder = PilotFolder(tmp_path / "unit")
    write_plan(folder, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), design=design, teams=TEAMS))
    lines = folder.plan.read_text("utf-8").splitlines()
    for entry, value in entries.items():
        lines = [f"  {entry}: {value}" if line.startswith(f"  {entry}: ") else line for line in lines]
    folder.plan.write_text("\n".join(lines), "utf-8")
    with pytest.raises(PilotError) as error:
        read_plan(folder)
    assert any(told in f"{fault.place} {fault.found.text('en')}" for fault in error.value.faults)
