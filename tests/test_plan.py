"""Sealing: frozen plan, frozen assignment, every departure logged."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import PilotError
from pilot.plan import (
    Plan,
    PlanAnswers,
    read_plan,
    record_deviation,
    seal_plan,
    sealed_protocol,
    write_plan,
)
from pilot.plan.sealing import assign_teams, draw_starts
from pilot.plan.staggering import cohort_sizes, start_weeks
from pilot.plan.template import CALENDARS

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
TEAMS = tuple(f"团队{number}" for number in range(1, 10))


def named_teams(count: int, letter: str) -> tuple[str, ...]:
    return tuple(f"{letter}{number}" for number in range(1, count + 1))


DESIGNS = {
    "waitlist": {},
    "staggered": {"teams": named_teams(12, "T")},
    "comparison": {"comparison_teams": tuple("甲乙丙丁戊己庚")},
    "before_after": {},
}


def answers(**given_answers: object) -> PlanAnswers:
    return PlanAnswers(
        **{"unit_name": "华东销售：一部", "launch_on": date(2027, 3, 1), "teams": TEAMS, **given_answers}
    )


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_written_plan_can_be_sealed(folder, design, calendar):
    write_plan(folder, answers(design=design, calendar=calendar, **DESIGNS[design]))
    seal = seal_plan(folder, NOW, seed=1)
    protocol, again = sealed_protocol(folder)
    assert again == seal
    assert protocol.plan.unit.name.zh == "华东销售：一部"
    assert set(seal.assignment) == set(protocol.plan.teams.all)


def test_schema_for_editors_knows_every_key(folder):
    write_plan(folder, answers())
    schema = json.loads(folder.plan_schema.read_text("utf-8"))
    assert set(schema["properties"]) == set(Plan.model_fields)


def test_a_second_plan_does_not_replace_the_first(folder):
    write_plan(folder, answers())
    first = folder.plan.read_text("utf-8")
    with pytest.raises(PilotError, match="there is a plan already"):
        write_plan(folder, answers(unit_name="另一个"))
    assert folder.plan.read_text("utf-8") == first


@settings(max_examples=50)
@given(
    names=st.lists(st.text(min_size=1, max_size=5), min_size=4, max_size=40, unique=True), seed=st.integers(0, 2**32)
)
def test_draw_is_even_repeatable_and_complete(plan_of_teams, names, seed):
    plan = plan_of_teams(tuple(names))
    drawn = assign_teams(plan, seed)
    assert drawn == assign_teams(plan, seed)
    assert sorted(drawn) == sorted(names)
    n_pilot = list(drawn.values()).count("pilot")
    assert n_pilot - (len(names) - n_pilot) in (0, 1)


@pytest.fixture(scope="module")
def plan_of_teams(tmp_path_factory):
    from pilot.plan import PilotFolder

    folder = PilotFolder(tmp_path_factory.mktemp("plan") / "pilot")
    write_plan(folder, answers())
    plan = read_plan(folder).plan

    def with_teams(names):
        return plan.model_copy(update={"teams": plan.teams.model_copy(update={"randomise": names})})

    return with_teams


@pytest.mark.parametrize(
    ("design", "n_pilot", "n_comparison", "is_enough"),
    [
        ("waitlist", 7, 0, False),
        ("waitlist", 8, 0, True),
        ("staggered", 9, 0, False),
        ("staggered", 10, 0, True),
        ("comparison", 3, 3, False),
        ("comparison", 5, 38, True),
        ("comparison", 4, 4, True),
        ("before_after", 6, 0, False),
        ("before_after", 7, 0, True),
    ],
)
def test_a_plan_that_can_only_be_inconclusive_is_refused(folder, design, n_pilot, n_comparison, is_enough):
    given_answers = answers(
        design=design, teams=named_teams(n_pilot, "T"), comparison_teams=named_teams(n_comparison, "C")
    )
    if is_enough:
        write_plan(folder, given_answers)
    else:
        with pytest.raises(PilotError, match="every verdict would be inconclusive"):
            write_plan(folder, given_answers)
    assert folder.plan.exists() == is_enough


@pytest.mark.parametrize(("design", "n_teams"), [("waitlist", 8), ("staggered", 12)])
def test_where_teams_are_the_rows_the_baseline_costs_degrees_of_freedom(folder, design, n_teams):
    write_plan(folder, answers(design=design, teams=named_teams(n_teams, "T")))
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("weighting: person", "weighting: team"), "utf-8")
    with pytest.raises(PilotError, match="every verdict would be inconclusive"):
        read_plan(folder)


def test_every_team_is_drawn_equally_often(plan_of_teams):
    plan = plan_of_teams(tuple("ABCDEF"))
    counts = dict.fromkeys("ABCDEF", 0)
    for seed in range(600):
        for team, arm in assign_teams(plan, seed).items():
            counts[team] += arm == "pilot"
    # binomial with n = 600, p = 1/2: five standard deviations are 61
    assert all(239 <= count <= 361 for count in counts.values()), counts


def test_a_change_is_noticed_recorded_and_then_in_force(folder):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("sesoi_points: 0.15", "sesoi_points: 0.1"), "utf-8")
    with pytest.raises(PilotError, match=r"sesoi_points \(0.15 → 0.1\)"):
        sealed_protocol(folder)
    with pytest.raises(PilotError, match="needs its reason"):
        record_deviation(folder, " ", NOW)
    record_deviation(folder, "董事会改了要求", NOW)
    protocol, seal = sealed_protocol(folder)
    assert protocol.plan.outcomes.primary.sesoi_points == 0.1
    assert [change.path for change in seal.deviations[0].changes] == ["plan.outcomes.primary.sesoi_points"]
    with pytest.raises(PilotError, match="nothing differs"):
        record_deviation(folder, "again", NOW)


def test_a_comment_is_not_a_change(folder):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    folder.plan.write_text(folder.plan.read_text("utf-8") + "\n# 备注\n", "utf-8")
    sealed_protocol(folder)


def test_teams_and_design_stay_as_sealed(folder):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace('- "团队3"', '- "团队33"'), "utf-8")
    with pytest.raises(PilotError, match="stay as sealed"):
        record_deviation(folder, "reorganised", NOW)


@pytest.mark.parametrize(("old", "new"), [('"pilot"', '"comparison"'), ('"seed": 1', '"seed": 2'), ("{", "")])
def test_a_seal_changed_by_hand_is_noticed(folder, old, new):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    folder.seal.write_text(folder.seal.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(PilotError, match=r"changed by hand|cannot be read"):
        sealed_protocol(folder)


def deviated(folder):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("sesoi_points: 0.15", "sesoi_points: 0.1"), "utf-8")
    record_deviation(folder, "董事会改了要求", NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("董事会改了要求", "改了个错字"),
        ('"after": "0.1"', '"after": "0.15"'),
        ('"sesoi_points": 0.1,', '"sesoi_points": 0.01,'),
        ('"sesoi_points": 0.1\n', '"sesoi_points": 0.01\n'),
    ],
)
def test_a_deviation_cannot_be_rewritten(folder, old, new):
    deviated(folder)
    text = folder.seal.read_text("utf-8")
    if old not in text:
        assert "sesoi_points" in old  # one of the two forms stands there
        return
    head, tail = text.rsplit(old, 1)
    folder.seal.write_text(head + new + tail, "utf-8")
    with pytest.raises(PilotError, match="changed by hand"):
        sealed_protocol(folder)


def test_a_draw_that_was_chosen_by_hand_is_noticed(folder):
    write_plan(folder, answers())
    seal = seal_plan(folder, NOW, seed=1)
    swapped = {team: "comparison" if arm == "pilot" else "pilot" for team, arm in seal.assignment.items()}
    forged = seal.model_copy(update={"assignment": swapped})
    forged = forged.model_copy(update={"sha256": forged.fingerprint})
    folder.seal.write_text(forged.model_dump_json(), "utf-8")
    with pytest.raises(PilotError, match="changed by hand"):
        sealed_protocol(folder)


def test_the_privacy_threshold_is_raised_and_never_lowered(folder):
    write_plan(folder, answers())
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("minimum_cell_n: 5", "minimum_cell_n: 8"), "utf-8")
    seal_plan(folder, NOW, seed=1)
    folder.plan.write_text(text.replace("minimum_cell_n: 5", "minimum_cell_n: 6"), "utf-8")
    with pytest.raises(PilotError, match="can be raised, not lowered"):
        record_deviation(folder, "想多看一点", NOW)
    folder.plan.write_text(text.replace("minimum_cell_n: 5", "minimum_cell_n: 10"), "utf-8")
    record_deviation(folder, "员工要求", NOW)


def test_a_wave_that_is_taken_out_is_one_change(folder):
    write_plan(folder, answers())
    seal_plan(folder, NOW, seed=1)
    text = folder.plan.read_text("utf-8")
    folder.plan.write_text(text.replace("    - {id: pulse_1, week: 4}\n", ""), "utf-8")
    changes = record_deviation(folder, "没有举行", NOW).changes
    assert {change.path for change in changes} == {
        "plan.calendar.waves[pulse_1].id",
        "plan.calendar.waves[pulse_1].week",
    }


def test_a_plan_is_sealed_once(folder):
    write_plan(folder, answers())
    first = seal_plan(folder, NOW, seed=1)
    with pytest.raises(PilotError, match="a seal is made once"):
        seal_plan(folder, NOW, seed=2)
    assert sealed_protocol(folder)[1] == first


# --- teams that start in turns -------------------------------------------------------------------------------------


@pytest.fixture
def staggered(folder):
    write_plan(folder, answers(design="staggered", teams=named_teams(16, "T")))
    return folder


def change_plan(folder, old, new):
    text = folder.plan.read_text("utf-8")
    assert text.count(old) == 1
    folder.plan.write_text(text.replace(old, new), "utf-8")


@given(n_teams=st.integers(0, 60), n_starts=st.integers(1, 6))
def test_cohorts_are_as_even_as_can_be(n_teams, n_starts):
    sizes = cohort_sizes(n_teams, n_starts)
    assert len(sizes) == n_starts + 1
    assert sum(sizes) == n_teams
    assert max(sizes) - min(sizes) in (0, 1)
    if n_starts > 1:
        assert sizes[-1] == max(sizes), "everybody is compared with those who wait"


def test_every_team_starts_in_every_cohort_equally_often(staggered):
    plan = read_plan(staggered).plan
    counts = {start: dict.fromkeys(plan.teams.randomise, 0) for start in (0, 12, None)}
    for seed in range(600):
        starts, arms = draw_starts(plan, seed), assign_teams(plan, seed)
        assert starts == draw_starts(plan, seed)
        assert {team for team, arm in arms.items() if arm == "pilot"} == set(starts)
        for team in plan.teams.randomise:
            counts[starts.get(team)][team] += 1
    for start, size in zip((0, 12, None), (5, 5, 6), strict=True):
        share = size / 16
        reach = 5 * (600 * share * (1 - share)) ** 0.5
        assert all(abs(count - 600 * share) < reach for count in counts[start].values()), (start, counts[start])


def test_of_other_designs_pilot_teams_start_at_the_launch(folder):
    write_plan(folder, answers(design="comparison", **DESIGNS["comparison"]))
    seal = seal_plan(folder, NOW, seed=1)
    assert seal.starts == {team: 0 for team, arm in seal.assignment.items() if arm == "pilot"}
    weeks = start_weeks(read_plan(folder).plan, ("团队1", "甲"), seal.assignment, None)
    assert weeks.tolist() == [0, float("inf")]


def test_outcome_waves_count_from_a_teams_own_start(staggered):
    plan = read_plan(staggered).plan
    assert plan.grade == "A"
    assert plan.starts == (0, 12)
    assert plan.analysis.outcome == ("pulse_3", "pulse_4", "pulse_5", "endline")
    assert plan.waves_after(12, plan.analysis.outcome) == ("endline", "pulse_6", "pulse_7", "follow_up_1")
    assert plan.waves_after(0, plan.analysis.outcome) == plan.analysis.outcome
    assert plan.waves_of_all_starts(plan.analysis.lasting) == tuple(f"follow_up_{number}" for number in range(1, 5))


STAGGERED_FAULTS = {
    "no starts": ("  starts: [0, 12]\n", "", r"0 starts are too few"),
    "one start": ("starts: [0, 12]", "starts: [0]", r"the design is “waitlist”"),
    "late launch": ("starts: [0, 12]", "starts: [4, 12]", r"starts with the launch, in week 0"),
    "descending": ("starts: [0, 12]", "starts: [0, 12, 8]", r"list the weeks in ascending order"),
    "twice": ("starts: [0, 12]", "starts: [0, 12, 12]", r"ascending order"),
    "before the launch": ("starts: [0, 12]", "starts: [-4, 12]", r"starts"),
    "no waves": ("starts: [0, 12]", "starts: [0, 10]", r"week 10 are to be asked 12 weeks later .* no wave in week 22"),
    "a wave too few": ("    - {id: follow_up_4, week: 56}\n", "", r"44 weeks later .*follow_up_2.* week 56"),
    "other design": ("design: staggered", "design: waitlist", r"has one start for all pilot teams"),
    "too many starts": ("starts: [0, 12]", "starts: [0, 4, 8, 12]", r"or write fewer starts"),
}


@pytest.mark.parametrize(("old", "new", "said"), STAGGERED_FAULTS.values(), ids=STAGGERED_FAULTS)
def test_starts_that_do_not_fit_are_refused_with_a_sentence(old, new, said, staggered):
    change_plan(staggered, old, new)
    with pytest.raises(PilotError, match=said):
        seal_plan(staggered, NOW, seed=1)
    assert not staggered.seal.exists()


def test_two_teams_a_cohort_are_the_least(folder):
    with pytest.raises(PilotError, match="List at least 6"):
        write_plan(folder, answers(design="staggered", teams=named_teams(5, "T")))


@pytest.mark.parametrize("where", ["starts", "assignment and starts"])
def test_a_start_that_was_chosen_by_hand_is_noticed(where, staggered):
    seal = seal_plan(staggered, NOW, seed=1)
    starts, assignment = dict(seal.starts), dict(seal.assignment)
    first, late = (next(team for team, week in starts.items() if week == wanted) for wanted in (0, 12))
    if where == "starts":
        starts[first], starts[late] = 12, 0
    else:
        held = next(team for team, arm in assignment.items() if arm == "comparison")
        starts[held] = starts.pop(first)
        assignment[held], assignment[first] = "pilot", "comparison"
    for update in ({}, {"sha256": None}):
        forged = seal.model_copy(update={"starts": starts, "assignment": assignment})
        if update:
            forged = forged.model_copy(update={"sha256": forged.fingerprint})
        staggered.seal.write_text(forged.model_dump_json(), "utf-8")
        with pytest.raises(PilotError, match="changed by hand"):
            sealed_protocol(staggered)


def test_starts_stay_as_sealed(staggered):
    seal_plan(staggered, NOW, seed=1)
    change_plan(staggered, "starts: [0, 12]", "starts: [0, 8]")
    last = "    - {id: follow_up_4, week: 56}\n"
    change_plan(staggered, last, "    - {id: follow_up_5, week: 52}\n" + last)
    with pytest.raises(PilotError, match=r"plan.calendar.starts\[2\]: the design and the teams stay as sealed"):
        record_deviation(staggered, "想早一点", NOW)


def test_a_pilot_team_without_a_start_is_named(staggered):
    seal = seal_plan(staggered, NOW, seed=1)
    plan, teams = read_plan(staggered).plan, tuple(seal.assignment)
    weeks = start_weeks(plan, teams, seal.assignment, seal.starts)
    assert dict(zip(teams, weeks.tolist(), strict=True)) == {
        team: seal.starts.get(team, float("inf")) for team in teams
    }
    late = next(team for team, week in seal.starts.items() if week == 12)
    some = {team: week for team, week in seal.starts.items() if team != late}
    for starts in (some, None):
        with pytest.raises(PilotError, match=rf"{late}: this team has no start"):
            start_weeks(plan, teams, seal.assignment, starts)


def test_sealing_after_the_launch_is_said_and_the_lot_is_named(command, folder):
    for launch, late in (("2020-03-02", True), ("2090-03-06", False)):
        unit = folder.path.parent / launch
        assert command("init", unit, "--yes", "--launch", launch).code == 0
        run = command("seal", unit, "--seed", 1)
        assert run.code == 0
        assert ("lies in the past" in run.err) == late
        drawn = [
            team
            for team, arm in json.loads((unit / "seal.json").read_text("utf-8"))["assignment"].items()
            if arm == "pilot"
        ]
        assert "The lot fell on: " + ", ".join(drawn) in run.out
