"""What a simulated pilot looks like from outside: teams, waves, questions and who starts when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import Arm, Protocol
from pilot.plan.model import Guardrail
from pilot.plan.staggering import cohort_sizes, start_weeks
from pilot.simulate.correlation import HALF_YEAR_WEEKS
from pilot.simulate.latent import AnswerOptions, FloatArray
from pilot.simulate.scenario import Scenario

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.intp]
Value = TypeVar("Value", np.float32, np.bool_)

N_UNITS = 2  # at most: the pilot's and the one that it is compared with
STEPS_OF_A_SLIDER = 100  # answers that need not be whole numbers are given in so many steps


@dataclass(frozen=True)
class ScaleLayout:
    """One scale as it is asked.

    Attributes:
        id: Scale id of the instruments.
        items: Place of its items on the last axis of the answers, shape (items of the scale,).
        options: Answer options, the same for all of its items.
        reverse_keyed: Whether each item is, shape (items of the scale,).
        asked: In which waves it is asked, shape (waves,).
        is_marker: Whether the practice does not move it.
        instructed: The code that each of its items asks for; empty where the scale measures something.
    """

    id: str
    items: IntArray
    options: AnswerOptions
    reverse_keyed: BoolArray
    asked: BoolArray
    is_marker: bool = False
    instructed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Moves:
    """Who goes from one team of the plan to another; each person at most once.

    Attributes:
        week: Week after launch, infinite for those who stay, shape (people,).
        to_team: Index of the new team, shape (people,); their own for those who stay.
    """

    week: FloatArray
    to_team: IntArray


@dataclass(frozen=True)
class Layout:
    """The outside of a pilot; the same in all replicates but for the draw of the teams.

    Attributes:
        team_ids: Shape (teams,).
        team: Index of each person's first team, ascending, shape (people,); the plan's arm of that team is theirs
            for good.
        joins_later: Whether the person is new during the pilot, shape (people,).
        start_week: Week after the launch in which each team starts, infinite for teams that do not, shape (teams,);
            None: drawn anew in each replicate, in cohorts that are as even as can be.
        wave_ids: In order of time.
        weeks: Weeks after launch of each wave, shape (waves,).
        item_ids: On the last axis of the answers.
        scales: The primary scale first.
        outcome_waves: Place of the plan's outcome waves, for teams that start at the launch.
        lasting_waves: Place of the plan's lasting waves, likewise.
        guardrails: Measures that must not get worse.
        fidelity_measure: Name of the measure of fidelity; None: not measured.
        chosen: Which teams somebody chose as pilot teams, shape (teams,); None: the lot decides. Unlike `start_week`
            it stays when one asks what would have happened without the practice.
        moves: Transfers between teams; None: there are none.
        starts: Weeks in which pilot teams start; one for each cohort.
    """

    team_ids: tuple[str, ...]
    team: IntArray
    joins_later: BoolArray
    start_week: FloatArray | None
    wave_ids: tuple[str, ...]
    weeks: FloatArray
    item_ids: tuple[str, ...]
    scales: tuple[ScaleLayout, ...]
    outcome_waves: IntArray
    lasting_waves: IntArray
    guardrails: tuple[Guardrail, ...] = ()
    fidelity_measure: str | None = None
    chosen: BoolArray | None = None
    moves: Moves | None = None
    starts: tuple[float, ...] = (0.0,)

    @property
    def unit(self) -> IntArray:
        """Unit of each team, shape (teams,): 0 is the pilot's, 1 the one that it is compared with."""
        if self.chosen is None:
            return np.zeros(len(self.team_ids), dtype=np.intp)
        return (~self.chosen).astype(np.intp)

    @property
    def n_people(self) -> int:
        """People of all teams, joiners too."""
        return len(self.team)

    @property
    def cohort_shares(self) -> tuple[float, ...]:
        """Share of each cohort in the teams that start; as drawn where no team does."""
        sizes: tuple[int, ...] = cohort_sizes(len(self.team_ids), len(self.starts))[:-1]
        if self.start_week is not None and np.isfinite(self.start_week).any():
            sizes = tuple(int((self.start_week == start).sum()) for start in self.starts)
        return tuple(size / max(sum(sizes), 1) for size in sizes)

    def waves_after(self, start: float, waves: IntArray) -> IntArray:
        """Place of the waves as many weeks after a start as these are after the launch."""
        places: IntArray = np.isin(self.weeks, self.weeks[waves] + start).nonzero()[0]
        return places

    def team_at(self, weeks: FloatArray) -> IntArray:
        """Index of the team that each person is in, shape (people, weeks)."""
        if self.moves is None:
            return np.broadcast_to(self.team[:, None], (self.n_people, len(weeks)))
        return np.where(weeks < self.moves.week[:, None], self.team[:, None], self.moves.to_team[:, None])

    def of_people(self, of_teams: NDArray[Value], weeks: FloatArray) -> NDArray[Value]:
        """Spread what holds for teams, (weeks, replicates, teams), to the people who are in them in those weeks."""
        in_weeks = zip(of_teams, self.team_at(weeks).T, strict=True)
        return np.stack([np.take(of_week, team, axis=-1) for of_week, team in in_weeks])

    @property
    def measure_ids(self) -> tuple[str, ...]:
        """Team measures, in the order of their axis."""
        fidelity = (self.fidelity_measure,) if self.fidelity_measure else ()
        return (*(guardrail.measure for guardrail in self.guardrails), *fidelity)


def layout_of(
    protocol: Protocol,
    n_people: Mapping[str, int] | int,
    *,
    n_joiners: Mapping[str, int] | int = 0,
    assignment: Mapping[str, Arm] | None = None,
    starts: Mapping[str, int] | None = None,
) -> Layout:
    """The layout of a plan.

    Pulses ask the primary scale only, all other waves everything.

    Args:
        protocol: The plan and its questionnaires.
        n_people: Head count at the first wave: of each team, or the same for all.
        n_joiners: New people during the pilot, likewise.
        assignment: Arm of each team; without one the plan's own, and a draw in each replicate where it draws.
        starts: Week of each pilot team's start, with the assignment; None: at the launch.

    Raises:
        PilotError: a team has no arm or no start, or a scale's items have different answers.
    """
    plan = protocol.plan
    team_ids = tuple(sorted(plan.teams.all))
    first, later = (_counts(counts, team_ids) for counts in (n_people, n_joiners))
    n_each = np.stack([first, later], axis=1).ravel()  # each team: those of the first wave, then its joiners
    weeks = {wave.id: index for index, wave in enumerate(plan.calendar.waves)}
    return Layout(
        team_ids=team_ids,
        team=np.repeat(np.arange(len(team_ids)), first + later),
        joins_later=np.repeat(np.tile([False, True], len(team_ids)), n_each),
        start_week=_start_week(protocol, team_ids, assignment, starts),
        wave_ids=plan.calendar.wave_ids,
        weeks=np.array([wave.week for wave in plan.calendar.waves], dtype=float),
        item_ids=tuple(protocol.instruments.items),
        scales=_scales(protocol),
        outcome_waves=np.array([weeks[wave_id] for wave_id in plan.analysis.outcome], dtype=np.intp),
        lasting_waves=np.array([weeks[wave_id] for wave_id in plan.analysis.lasting], dtype=np.intp),
        guardrails=plan.outcomes.guardrails,
        fidelity_measure=plan.outcomes.fidelity.measure if plan.outcomes.fidelity else None,
        chosen=None if plan.teams.randomise else np.isin(team_ids, plan.teams.pilot),
        starts=tuple(float(start) for start in plan.starts),
    )


def draw_layout(
    scenario: Scenario,
    protocol: Protocol,
    rng: np.random.Generator,
    *,
    assignment: Mapping[str, Arm] | None = None,
    starts: Mapping[str, int] | None = None,
    team_sizes: Mapping[str, int] | None = None,
) -> Layout:
    """The layout of a plan, with joiners and transfers as in the scenario.

    Args:
        scenario: The world.
        protocol: The plan and its questionnaires.
        rng: Source of every random number.
        assignment: See `layout_of`.
        starts: See `layout_of`.
        team_sizes: People of each team; None: drawn as in the scenario.

    Raises:
        PilotError: see `layout_of`.
    """
    teams, waves = sorted(protocol.plan.teams.all), protocol.plan.calendar.waves
    population = scenario.population
    drawn = rng.normal(population.people_per_team, population.people_per_team_sd, len(teams))
    sizes = np.maximum(np.rint(drawn), 1).astype(int)
    if team_sizes:
        sizes = np.array([team_sizes.get(team, 0) for team in teams], dtype=int)
    half_years = (waves[-1].week - waves[0].week) / HALF_YEAR_WEEKS
    joiners = rng.poisson(sizes * population.joiners_pct / 100 * half_years)
    layout = layout_of(
        protocol,
        dict(zip(teams, sizes.tolist(), strict=True)),
        n_joiners=dict(zip(teams, joiners.tolist(), strict=True)),
        assignment=assignment,
        starts=starts,
    )
    # A stream of its own: the same seed gives the same sizes with any transfers.
    (moves_rng,) = rng.spawn(1)
    return with_moves(layout, population.transfers_pct, moves_rng)


def with_moves(layout: Layout, transfers_pct: float, rng: np.random.Generator) -> Layout:
    """The layout with transfers between its teams, so many percent of the people in half a year."""
    half_years = (layout.weeks[-1] - layout.weeks[0]) / HALF_YEAR_WEEKS
    share = 1 - (1 - transfers_pct / 100) ** half_years
    n_teams = len(layout.team_ids)
    if share == 0 or n_teams < 2:
        return layout
    moving = rng.random(layout.n_people) < share
    week = np.where(moving, rng.uniform(layout.weeks[0], layout.weeks[-1], layout.n_people), np.inf)
    further = rng.integers(1, n_teams, layout.n_people)
    to_team = np.where(moving, (layout.team + further) % n_teams, layout.team)
    return replace(layout, moves=Moves(week, to_team))


def draw_starts(layout: Layout, rng: np.random.Generator, n_replicates: int) -> FloatArray:
    """Week in which each team starts, infinite for teams that do not, shape (replicates, teams)."""
    n_teams = len(layout.team_ids)
    if layout.start_week is not None:
        return np.broadcast_to(layout.start_week, (n_replicates, n_teams)).copy()
    ranks = rng.random((n_replicates, n_teams)).argsort(axis=1).argsort(axis=1)
    weeks: FloatArray = np.repeat([*layout.starts, np.inf], cohort_sizes(n_teams, len(layout.starts)))[ranks]
    return weeks


def _counts(counts: Mapping[str, int] | int, team_ids: tuple[str, ...]) -> IntArray:
    if isinstance(counts, int):
        return np.full(len(team_ids), counts, dtype=np.intp)
    return np.array([counts.get(team_id, 0) for team_id in team_ids], dtype=np.intp)


def _start_week(
    protocol: Protocol,
    team_ids: tuple[str, ...],
    assignment: Mapping[str, Arm] | None,
    starts: Mapping[str, int] | None,
) -> FloatArray | None:
    teams = protocol.plan.teams
    if assignment is None:
        return None if teams.randomise else np.where(np.isin(team_ids, teams.pilot), 0.0, np.inf)
    faults = [
        Fault(team_id, message("this team has no arm."), message("Assign every team of the plan to an arm."))
        for team_id in team_ids
        if team_id not in assignment
    ]
    if faults:
        raise PilotError(message("This pilot cannot be simulated."), faults)
    return start_weeks(protocol.plan, team_ids, assignment, starts)


def _scales(protocol: Protocol) -> tuple[ScaleLayout, ...]:
    primary = protocol.plan.outcomes.primary.scale
    others = [scale_id for scale_id in protocol.instruments.scales if scale_id != primary]
    is_pulse = np.array([wave.kind == "pulse" for wave in protocol.plan.calendar.waves], dtype=bool)
    everywhere = np.ones_like(is_pulse)
    return tuple(_scale(protocol, each, everywhere if each == primary else ~is_pulse) for each in (primary, *others))


def _scale(protocol: Protocol, scale_id: str, asked: BoolArray) -> ScaleLayout:
    item_ids = list(protocol.instruments.items)
    items = protocol.instruments.items_of(scale_id)
    answers = [protocol.instruments.answers_of(item.id) for item in items]
    ranges = {(each.lowest, each.highest, each.whole_numbers) for each in answers}
    if len(ranges) > 1:
        found = message("the items of “{scale}” have different answers.", scale=scale_id)
        remedy = message("Simulation needs one range of answers for a scale; split it into two scales.")
        raise PilotError(message("This pilot cannot be simulated."), [Fault(scale_id, found, remedy)])
    lowest, highest, whole_numbers = ranges.pop()
    if whole_numbers:
        lowest, highest = float(np.ceil(lowest)), float(np.floor(highest))
    return ScaleLayout(
        id=scale_id,
        items=np.array([item_ids.index(item.id) for item in items], dtype=np.intp),
        options=AnswerOptions(lowest, highest, 1 if whole_numbers else (highest - lowest) / STEPS_OF_A_SLIDER),
        reverse_keyed=np.array([item.reversed for item in items], dtype=bool),
        asked=asked,
        is_marker=protocol.instruments.scales[scale_id].is_marker,
        instructed=tuple(item.instructed for item in items if item.instructed is not None),
    )
