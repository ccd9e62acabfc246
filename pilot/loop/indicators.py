"""One number for each mechanism of the loop, by arm and period.

| code | what it is | unit |
|---|---|---|
| `co_created_goals` | people with a goal that they made, alone or with their manager | percent of people |
| `one_to_ones_kept` | months of four weeks in which a person and their manager talked | percent of people's months |
| `feedback_with_next_step` | pieces of feedback that name a next step | percent of pieces |
| `plans_complete` | people whose newest development plan has strengths, aim, actions and support | percent of people |
| `conversation_hours` | time in conversation | hours a person and week |

`since` begins with the launch, or where teams start in turns with each team's own start, and ends with the last
outcome wave, or with the newest record of any kind where that is earlier; `before` ends where it begins and is as long.
Comparison teams have both at the launch. A table whose records begin too late for `before` says nothing about it.
People count with the team that they were in at the start, from the day they joined to the day they left; who was there
for less than four weeks of a period is left out of it. Practice is visible to a person and their manager in any case;
what is summed up here says nothing of anybody's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from pilot.plan import Arm, Plan
from pilot.plan.model import ARMS
from pilot.schema.tables import PracticeTables

IndicatorCode = Literal[
    "co_created_goals", "one_to_ones_kept", "feedback_with_next_step", "plans_complete", "conversation_hours"
]
HOURS: IndicatorCode = "conversation_hours"  # the only one that is no share
Period = Literal["before", "since"]
PERIODS: tuple[Period, ...] = ("before", "since")
DAYS_IN_A_WEEK, DAYS_IN_A_MONTH = 7, 28
PLAN_PARTS = ["has_strengths", "has_aim", "has_actions", "has_support"]
OWN_ORIGINS = ("co_created", "self_created")


@dataclass(frozen=True)
class Indicator:
    """One mechanism in one arm and period.

    Attributes:
        code: Which (see the module).
        arm: Whose.
        period: When.
        value: Percent, 0 to 100, or hours; None where there is nothing to take it from.
        n_people: People behind it.
        n_teams: Teams behind it.
    """

    code: IndicatorCode
    arm: Arm
    period: Period
    value: float | None
    n_people: int
    n_teams: int


def loop_indicators(
    roster: pd.DataFrame,
    practice: PracticeTables,
    plan: Plan,
    assignment: Mapping[str, Arm],
    starts: Mapping[str, int] | None,
) -> tuple[Indicator, ...]:
    """All indicators that the tables have records for; none where no practice was imported.

    Args:
        roster: One row a person.
        practice: What was recorded.
        plan: Calendar and design.
        assignment: Arm of each team.
        starts: Week of each pilot team's start; None: at the launch.
    """
    people = _people(roster, plan, assignment, starts or {}, _last_day(practice))
    return tuple(
        _indicator(code, arm, period, practice, people[people["arm"] == arm])
        for code, (table, _) in INDICATORS.items()
        if len(getattr(practice, table))
        for arm in ARMS
        if (people["arm"] == arm).any()
        for period in PERIODS
    )


def _last_day(practice: PracticeTables) -> pd.Timestamp:
    """The day after the newest record; the start of time where there is none."""
    newest = [getattr(practice, table)[column].max() for table, column in DAY_COLUMNS.items()]
    known = [day for day in newest if not pd.isna(day)]
    return max(known) + pd.Timedelta(days=1) if known else pd.Timestamp.min.as_unit("us")


def _people(
    roster: pd.DataFrame,
    plan: Plan,
    assignment: Mapping[str, Arm],
    starts: Mapping[str, int],
    recorded_until: pd.Timestamp,
) -> pd.DataFrame:
    """Each person's arm, team and the days on which their two periods begin and end."""
    known = roster[roster["team_id"].isin(list(assignment))]
    launch, waves = pd.Timestamp(plan.calendar.launch_on), {wave.id: wave.week for wave in plan.calendar.waves}
    weeks = max(waves[wave] for wave in plan.analysis.outcome if wave in waves)
    start = launch + pd.to_timedelta(known["team_id"].map(lambda team: starts.get(team, 0)) * DAYS_IN_A_WEEK, unit="D")
    recorded = (recorded_until - start).dt.days.clip(0, weeks * DAYS_IN_A_WEEK)
    length = pd.to_timedelta(recorded, unit="D")
    people = pd.DataFrame(
        {
            "person_id": known["person_id"],
            "team_id": known["team_id"],
            "arm": known["team_id"].map(assignment),
            "before_from": start - length,
            "before_to": start,
            "since_from": start,
            "since_to": start + length,
        }
    )
    for period in PERIODS:
        first, last = people[f"{period}_from"], people[f"{period}_to"]
        people[f"{period}_from"] = first.where(~(known["joined_on"] > first), known["joined_on"])
        people[f"{period}_to"] = last.where(~(known["left_on"] < last), known["left_on"])
    return people


def _indicator(
    code: IndicatorCode, arm: Arm, period: Period, practice: PracticeTables, people: pd.DataFrame
) -> Indicator:
    table, of_period = INDICATORS[code]
    here = people.rename(columns={f"{period}_from": "first", f"{period}_to": "last"})
    here = here[(here["last"] - here["first"]).dt.days >= DAYS_IN_A_MONTH]
    here = here[["person_id", "team_id", "first", "last"]]
    records: pd.DataFrame = getattr(practice, table)
    day = records[DAY_COLUMNS[table]]
    joined = records.assign(day=day).merge(here, on="person_id")
    inside = joined[(joined["day"] >= joined["first"]) & (joined["day"] < joined["last"])]
    begins_late = not len(day) or day.min() >= here["first"].min() + pd.Timedelta(days=DAYS_IN_A_MONTH)
    unknown = not len(here) or (period == "before" and begins_late)
    value = float("nan") if unknown else of_period(inside, here)
    behind = here if table != "feedback" else here[here["person_id"].isin(inside["person_id"])]
    return Indicator(
        code=code,
        arm=arm,
        period=period,
        value=None if np.isnan(value) else float(value),
        n_people=len(behind),
        n_teams=int(behind["team_id"].nunique()),
    )


def _share_of_people(records: pd.DataFrame, people: pd.DataFrame) -> float:
    return 100.0 * records["person_id"].nunique() / len(people)


def _co_created_goals(goals: pd.DataFrame, people: pd.DataFrame) -> float:
    return _share_of_people(goals[goals["origin"].isin(OWN_ORIGINS)], people)


def _one_to_ones_kept(conversations: pd.DataFrame, people: pd.DataFrame) -> float:
    """Of whole months only: what is left of a period at its end is no month."""
    months = (people["last"] - people["first"]).dt.days // DAYS_IN_A_MONTH
    month = (conversations["day"] - conversations["first"]).dt.days // DAYS_IN_A_MONTH
    whole = conversations.assign(month=month).merge(
        pd.DataFrame({"person_id": people["person_id"], "months": months}), on="person_id"
    )
    kept = whole[whole["month"] < whole["months"]][["person_id", "month"]].drop_duplicates()
    return 100.0 * len(kept) / float(months.sum())


def _feedback_with_next_step(feedback: pd.DataFrame, _people: pd.DataFrame) -> float:
    return 100.0 * float(feedback["names_next_steps"].astype(float).mean()) if len(feedback) else float("nan")


def _plans_complete(plans: pd.DataFrame, people: pd.DataFrame) -> float:
    newest = plans.sort_values("day", kind="stable").groupby("person_id").tail(1)
    complete = newest[(newest[PLAN_PARTS].astype(float) == 1).all(axis=1)]
    return _share_of_people(complete, people)


def _conversation_hours(conversations: pd.DataFrame, people: pd.DataFrame) -> float:
    weeks = (people["last"] - people["first"]).dt.days.sum() / DAYS_IN_A_WEEK
    return float(conversations["minutes"].sum()) / 60.0 / float(weeks)


DAY_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"goals": "set_on", "conversations": "held_on", "feedback": "given_on", "development_plans": "made_on"}
)
INDICATORS: Mapping[IndicatorCode, tuple[str, Callable[[pd.DataFrame, pd.DataFrame], float]]] = MappingProxyType(
    {
        "co_created_goals": ("goals", _co_created_goals),
        "one_to_ones_kept": ("conversations", _one_to_ones_kept),
        "feedback_with_next_step": ("feedback", _feedback_with_next_step),
        "plans_complete": ("development_plans", _plans_complete),
        "conversation_hours": ("conversations", _conversation_hours),
    }
)
"""The table that each is taken from, and how."""
