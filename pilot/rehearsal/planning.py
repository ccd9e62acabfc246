"""Other plans: a grid of team counts and sizes, and what would let a plan answer its question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle

from pilot.plan import Plan, Protocol
from pilot.plan.model import Analysis, Calendar, Design, Teams, Wave
from pilot.plan.template import CALENDARS, FIRST_OUTCOME_WEEK, STARTS, USUAL_DRIFT_POINTS, calendar_waves
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
    """Plans that would tell more than this one: first what costs nothing but time, then what needs more teams.

    Only those that could be sealed: the unit may have too few teams to be drawn, or to start in turns.
    """
    return (each for each in _alternatives(protocol) if not any(each[1].plan.contradictions()))


def _alternatives(protocol: Protocol) -> Iterator[tuple[AlternativeCode, Protocol]]:
    plan, full = protocol.plan, _with_full_calendar(protocol)
    if plan.design in ("before_after", "comparison"):
        yield "waitlist", _as_waitlist(full)
    if plan.design != "staggered":
        yield "staggered", _with_full_calendar(_as_waitlist(full, "staggered"))
    if plan.design == "before_after":  # it can say *scale* with somebody to compare with only
        yield "comparison", _with_comparison_unit(full)
        return
    if plan.design != "staggered" and len(plan.analysis.baseline) == 1:
        yield "second_baseline", _with_second_baseline(protocol)
    if plan.design != "staggered" and _kinds(plan) < _kinds(full.plan):
        yield "full_calendar", full
    yield "more_teams", with_teams(protocol, MORE_TEAMS * len(plan.teams.all))


def sizes_like(sizes: Mapping[str, int] | None, protocol: Protocol) -> Mapping[str, int] | None:
    """Sizes for the teams of another plan: its own where it is known, else those known in turn."""
    if sizes is None:
        return None
    in_turn = cycle(sizes.values())
    return {team: sizes[team] if team in sizes else next(in_turn) for team in protocol.plan.teams.all}


def _kinds(plan: Plan) -> Counter[str]:
    """How many waves of each kind a plan has; smaller: fewer of some kind and no more of another."""
    return Counter(wave.kind for wave in plan.calendar.waves)


def _names(letter: str, n: int) -> tuple[str, ...]:
    return tuple(f"{letter}{number:03d}" for number in range(1, n + 1))


def _with(protocol: Protocol, **changes: object) -> Protocol:
    return replace(protocol, plan=protocol.plan.model_copy(update=changes))


def _with_full_calendar(protocol: Protocol) -> Protocol:
    plan = protocol.plan
    waves = tuple(Wave(id=wave_id, week=week) for wave_id, week in CALENDARS["full"].items())
    staggered = plan.design == "staggered"
    analysis = Analysis(
        answers=plan.analysis.answers,
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


def _with_second_baseline(protocol: Protocol) -> Protocol:
    """One more wave as long before the first as the full calendar has it."""
    plan = protocol.plan
    baselines = [week for wave_id, week in CALENDARS["full"].items() if wave_id.startswith("baseline")]
    first = plan.calendar.waves[0]
    earlier = Wave(id="baseline_1", week=first.week + baselines[0] - baselines[1])
    waves = (earlier, Wave(id="baseline_2", week=first.week), *plan.calendar.waves[1:])
    return _with(
        protocol,
        calendar=plan.calendar.model_copy(update={"waves": waves}),
        analysis=plan.analysis.model_copy(update={"baseline": ("baseline_1", "baseline_2")}),
    )


def _with_comparison_unit(protocol: Protocol) -> Protocol:
    teams = protocol.plan.teams.pilot
    return _with(
        protocol,
        design="comparison",
        teams=Teams(pilot=teams, comparison=_names("C", len(teams))),
        analysis=protocol.plan.analysis.model_copy(update={"estimator": "change"}),
        rule=protocol.plan.rule.model_copy(update={"drift_allowance_points": USUAL_DRIFT_POINTS}),
    )


def _as_waitlist(protocol: Protocol, design: Design = "waitlist") -> Protocol:
    """The unit's own teams, drawn by lot: those that were to be pilot teams, and no other unit's."""
    plan: Plan = protocol.plan
    return _with(
        protocol,
        design=design,
        teams=Teams(randomise=plan.teams.randomise or plan.teams.pilot),
        analysis=plan.analysis.model_copy(update={"estimator": "ancova", "answers": "linked"}),
        rule=plan.rule.model_copy(update={"drift_allowance_points": 0.0}),
    )
