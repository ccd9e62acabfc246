"""How the loop was run: indicators from the tables of practice."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pilot.loop import loop_indicators
from pilot.plan import PilotFolder, PlanAnswers, seal_plan, sealed_protocol, write_plan
from pilot.publication.disclosure import safe_indicator
from pilot.result import LoopIndicator
from pilot.schema.tables import PracticeTables
from pilot.simulate import read_scenario, simulate_tables

LAUNCH = pd.Timestamp("2027-03-01")
TEAMS = tuple(f"T{number:02d}" for number in range(1, 17))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    folder = PilotFolder(tmp_path_factory.mktemp("loop") / "unit")
    write_plan(folder, PlanAnswers(unit_name="某单位", launch_on=date(2027, 3, 1), teams=TEAMS))
    seal_plan(folder, datetime(2027, 1, 1, tzinfo=UTC), seed=2)
    return sealed_protocol(folder)


def day(weeks):
    return LAUNCH + pd.Timedelta(days=round(7 * weeks))


def roster(*people):
    """(person, team, joined week or None, left week or None)."""
    frame = pd.DataFrame(
        [
            {
                "person_id": person,
                "team_id": team,
                "joined_on": pd.NaT if joined is None else day(joined),
                "left_on": pd.NaT if left is None else day(left),
            }
            for person, team, joined, left in people
        ]
    )
    return frame.astype({"joined_on": "datetime64[us]", "left_on": "datetime64[us]"})


def conversations(*held):
    rows = [{"person_id": person, "held_on": day(week), "minutes": minutes} for person, week, minutes in held]
    return pd.DataFrame(rows).astype({"held_on": "datetime64[us]"})


def found(people, sealed, assignment, starts=None, **practice):
    rows = loop_indicators(people, PracticeTables(**practice), sealed[0].plan, assignment, starts)
    return {(row.code, row.arm, row.period): row for row in rows}


ARMS = {"T01": "pilot", "T02": "comparison"}


def test_months_and_hours_by_hand(sealed):
    """Two people for 24 weeks: six months each; who came in week 12 has three, who left after two weeks has none."""
    people = roster(("a", "T01", None, None), ("b", "T01", 12, None), ("c", "T01", None, 2), ("d", "T02", None, None))
    talks = conversations(
        ("a", 1, 60), ("a", 2, 30), ("a", 5, 30), ("a", 23.9, 30), ("a", 24, 600), ("b", 13, 60), ("b", 11, 600),
        ("c", 1, 600), ("d", -3, 60),
    )  # fmt: skip
    rows = found(people, sealed, ARMS, conversations=talks)
    kept = rows["one_to_ones_kept", "pilot", "since"]
    assert (kept.value, kept.n_people, kept.n_teams) == (pytest.approx(100 * (3 + 1) / (6 + 3)), 2, 1)
    assert rows["one_to_ones_kept", "pilot", "before"].value is None  # the first record is three weeks old
    hours = rows["conversation_hours", "pilot", "since"]
    assert hours.value == pytest.approx((60 + 30 + 30 + 30 + 60) / 60 / (24 + 12))
    assert rows["one_to_ones_kept", "comparison", "since"].value == 0
    assert ("co_created_goals", "pilot", "since") not in rows  # nothing was imported about goals


def test_teams_that_start_later_have_their_own_periods(sealed):
    people = roster(("a", "T01", None, None), ("b", "T02", None, None))
    talks = conversations(("a", 13, 60), ("b", 13, 60))
    both = {"T01": "pilot", "T02": "pilot"}
    talks = pd.concat([talks, conversations(("x", -24, 60), ("x", 44, 60))])  # somebody else's: records go so far
    rows = found(people, sealed, both, {"T01": 0, "T02": 20}, conversations=talks)
    assert rows["one_to_ones_kept", "pilot", "since"].value == pytest.approx(100 / 12)
    assert rows["one_to_ones_kept", "pilot", "before"].value == pytest.approx(100 / 12)


def test_an_early_look_compares_as_long_before_and_after(sealed):
    """One conversation a month, for ever; in week 12 of 24 the last months are not there yet."""
    people = roster(("a", "T01", None, None))
    talks = conversations(*(("a", week, 60) for week in range(-24, 12, 4)))
    rows = found(people, sealed, ARMS, conversations=talks)
    assert rows["one_to_ones_kept", "pilot", "since"].value == 100
    hours = [rows["conversation_hours", "pilot", period].value for period in ("before", "since")]
    assert hours[0] == pytest.approx(hours[1], rel=0.5)


def test_feedback_is_about_those_who_got_some(sealed):
    people = roster(*((person, "T01", None, None) for person in "abcdefgh"))
    given = {"person_id": ["a", "a", "b"], "given_on": [day(1), day(2), day(9)], "names_next_steps": [1, 0, 1]}
    feedback = pd.DataFrame(given).astype({"given_on": "datetime64[us]"})
    row = found(people, sealed, ARMS, feedback=feedback)["feedback_with_next_step", "pilot", "since"]
    assert (row.n_people, row.value) == (2, pytest.approx(200 / 3))


def test_the_newest_plan_counts_and_shares_are_of_people(sealed):
    people = roster(("a", "T01", None, None), ("b", "T01", None, None))
    parts = ["has_strengths", "has_aim", "has_actions", "has_support"]
    plans = pd.DataFrame(
        [("a", 1, 1, 1, 1, 1), ("a", 9, 1, 1, 1, 0), ("b", 2, 0, 1, 1, 1), ("b", 8, 1, 1, 1, 1)],
        columns=["person_id", "week", *parts],
    )
    plans = plans.assign(made_on=plans.pop("week").map(day)).astype({"made_on": "datetime64[us]"})
    goals = pd.DataFrame(
        [("a", 1, "assigned"), ("a", 2, "self_created"), ("a", 3, "co_created"), ("b", 1, "assigned")],
        columns=["person_id", "week", "origin"],
    )
    goals = goals.assign(set_on=goals.pop("week").map(day)).astype({"set_on": "datetime64[us]"})
    rows = found(people, sealed, ARMS, goals=goals, development_plans=plans)
    assert rows["plans_complete", "pilot", "since"].value == 50
    assert rows["co_created_goals", "pilot", "since"].value == 50
    assert rows["co_created_goals", "pilot", "before"].value is None  # records begin with the launch


def test_a_unit_that_runs_the_loop_moves_and_the_others_do_not(sealed):
    protocol, seal = sealed
    simulated = simulate_tables(read_scenario("works"), protocol, seal.assignment, np.random.default_rng(1))
    people, practice = simulated.tables.roster, asdict(simulated.practice)
    rows = found(people, sealed, seal.assignment, seal.starts, **practice)
    for code in {code for code, _, _ in rows}:
        gain = {
            arm: rows[code, arm, "since"].value - rows[code, arm, "before"].value for arm in ("pilot", "comparison")
        }
        assert gain["pilot"] > 2 * abs(gain["comparison"]), code
    assert len(rows) == 20
    practice["conversations"] = practice["conversations"].sample(frac=1, random_state=1)
    assert found(people, sealed, seal.assignment, seal.starts, **practice) == rows


@pytest.mark.parametrize(
    ("value", "n", "shown", "bound", "reason"),
    [
        (61.4, 40, 61.0, None, None),
        (61.4, 4, None, None, "too_few_people"),
        (61.4, 9, None, None, "too_few_people"),  # people are counted in tens
        (None, 40, None, None, "no_records"),
        (10.0, 40, 13.0, "at_most", None),  # four people
        (0.0, 40, 13.0, "at_most", None),  # nobody looks the same
        (90.0, 40, 87.0, "at_least", None),  # all but four
        (100.0, 400, 98.0, "at_least", None),
        (12.5, 40, 12.0, None, None),
    ],
)
def test_what_is_shown_of_an_indicator(value, n, shown, bound, reason):
    row = LoopIndicator(code="plans_complete", arm="pilot", period="since", value=value, n_people=n, n_teams=8)
    safe = safe_indicator(row, 5)
    assert (safe.value, safe.bound, safe.withheld) == (shown, bound, reason)
    assert safe.people.n == (None if reason else n // 10 * 10)


@given(n=st.integers(10, 400), k=st.integers(0, 400))
def test_a_share_never_tells_of_fewer_than_the_minimum(n, k):
    """Whatever is shown of k of n people is shown of others too, or k and n - k are both enough."""
    assume(k <= n)

    def safe(count):
        row = LoopIndicator(
            code="plans_complete", arm="pilot", period="since", value=100 * count / n, n_people=n, n_teams=8
        )
        return safe_indicator(row, 5)

    few = min(k, n - k) < 5
    assert (safe(k).bound is not None) == few
    if few:
        others = range(5) if k < 5 else range(n - 4, n + 1)
        assert {safe(other) for other in others} == {safe(k)}
        assert (safe(k).value >= 100 * k / n) if safe(k).bound == "at_most" else (safe(k).value <= 100 * k / n)
