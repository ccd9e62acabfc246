"""Other plans: a grid of team counts and sizes, and what would let a plan answer its question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pilot.plan import Plan, Protocol
from pilot.plan.model import Analysis, Calendar, Teams, Wave
from pilot.plan.template import CALENDARS, FIRST_OUTCOME_WEEK, STARTS, calendar_waves
from pilot.rehearsal.promise import AlternativeCode

MORE_TEAMS = 2  # times as many


@dataclass(frozen=True)
class GridPoint:
    """A size that a plan is tried at.

    Attributes:
        n_teams: Teams of each arm and unit together, as the plan's design counts them.
        n_people: People of each team.
    """

    n_teams: int
    n_people: int


def with_teams(protocol: Protocol, n_teams: int) -> Protocol:
    """The same plan with so many teams."""
    teams = protocol.plan.teams
    if teams.randomise:
        changed = Teams(randomise=_names("T", n_teams))
    elif teams.comparison:
        changed = Teams(pilot=_names("P", (n_teams + 1) // 2), comparison=_names("C", n_teams // 2))
    else:
        changed = Teams(pilot=_names("P", n_teams))
    return _with(protocol, teams=changed)


def sizes_at(protocol: Protocol, n_people: int) -> Mapping[str, int]:
    """Every team of a plan with so many people."""
    return dict.fromkeys(protocol.plan.teams.all, n_people)


def alternatives_to(protocol: Protocol) -> Iterator[tuple[AlternativeCode, Protocol]]:
    """Plans that would tell more than this one: first what costs nothing but time, then what needs more teams."""
    plan = protocol.plan
    if len(plan.calendar.waves) < len(CALENDARS["full"]):
        yield "full_calendar", _with_full_calendar(protocol)
    if plan.design in ("before_after", "comparison"):
        yield "waitlist", _as_waitlist(_with_full_calendar(protocol))
    yield "more_teams", with_teams(protocol, MORE_TEAMS * len(plan.teams.all))


def _names(letter: str, n: int) -> tuple[str, ...]:
    return tuple(f"{letter}{number:03d}" for number in range(1, n + 1))


def _with(protocol: Protocol, **changes: object) -> Protocol:
    return replace(protocol, plan=protocol.plan.model_copy(update=changes))


def _with_full_calendar(protocol: Protocol) -> Protocol:
    plan = protocol.plan
    waves = tuple(Wave(id=wave_id, week=week) for wave_id, week in CALENDARS["full"].items())
    staggered = plan.design == "staggered"
    analysis = Analysis(
        estimator=plan.analysis.estimator,
        weighting=plan.analysis.weighting,
        baseline=tuple(wave.id for wave in waves if wave.kind == "baseline"),
        outcome=tuple(wave.id for wave in waves if wave.week >= FIRST_OUTCOME_WEEK and wave.kind != "follow_up"),
        lasting=tuple(wave.id for wave in waves if wave.kind == "follow_up"),
    )
    calendar = Calendar(
        launch_on=plan.calendar.launch_on,
        starts=STARTS if staggered else (),
        waves=calendar_waves("full", plan.design),
    )
    return _with(protocol, calendar=calendar, analysis=analysis)


def _as_waitlist(protocol: Protocol) -> Protocol:
    """As many teams, drawn by lot."""
    plan: Plan = protocol.plan
    return _with(
        protocol,
        design="waitlist",
        teams=Teams(randomise=_names("T", len(plan.teams.all))),
        analysis=plan.analysis.model_copy(update={"estimator": "ancova"}),
        rule=plan.rule.model_copy(update={"drift_allowance_points": 0.0}),
    )
