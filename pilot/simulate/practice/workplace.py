"""Who is there on which day, and how far their manager runs the loop on that day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from pilot.simulate.correlation import HALF_YEAR_WEEKS
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import BoolArray, IntArray
from pilot.simulate.pilots import SimulatedPilots
from pilot.simulate.practice.settings import Practice, RateLevel, ShareLevel
from pilot.simulate.scenario import Scenario

DayArray = NDArray[np.datetime64]
TextArray = NDArray[np.object_]

CYCLE_WEEKS = int(HALF_YEAR_WEEKS)
WEEKS_A_MONTH = 4
NEVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True)
class Events:
    """Things that happened to people, in the order of person and day.

    Attributes:
        person: Place on the roster, shape (events,).
        on: Day, shape (events,).
        dose: How far the loop was run in the person's team on that day, 0 to 1, shape (events,).
        style: How far the manager does more of everything than others at that dose, log-odds, shape (events,).
    """

    person: IntArray
    on: DayArray
    dose: FloatArray
    style: FloatArray

    def __len__(self) -> int:
        return len(self.person)

    def probability(self, level: ShareLevel) -> FloatArray:
        """How likely something is at each event; what is never (always) done stays so with every manager."""
        return np.asarray(special.expit(special.logit(level.at(self.dose)) + self.style), dtype=float)

    def draw(self, level: ShareLevel, rng: np.random.Generator) -> BoolArray:
        """Whether it is so."""
        return np.asarray(rng.random(len(self)) < self.probability(level), dtype=bool)

    def pick(self, index: NDArray[Any]) -> Events:
        """Some of the events, or events several times."""
        return Events(self.person[index], self.on[index], self.dose[index], self.style[index])


@dataclass(frozen=True)
class Workplace:
    """One unit at work; people are in the order of the roster.

    Attributes:
        codes: Person codes in ascending order, shape (people,).
        team: Index of each person's first team, shape (people,).
        moved_on: First day in another team, shape (people,); `NEVER`: stays.
        moved_to: Index of that team, shape (people,); their own for those who stay.
        joined_on: Shape (people,).
        left_on: First day away, shape (people,); `NEVER`: still there.
        speaks_english: Shape (people,).
        launch_on: Day of the launch.
        first_week: Week of the first column of `dose`; a multiple of a cycle.
        dose: How far each team runs the loop in each week from `first_week` to the last wave, 0 to 1, shape
            (teams, weeks).
        style: How far each manager does more of everything than others do at that dose, log-odds, shape (teams,).
        settings: How people work.
    """

    codes: TextArray
    team: IntArray
    moved_on: DayArray
    moved_to: IntArray
    joined_on: DayArray
    left_on: DayArray
    speaks_english: BoolArray
    launch_on: np.datetime64
    first_week: int
    dose: FloatArray
    style: FloatArray
    settings: Practice

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        pilots: SimulatedPilots,
        roster: pd.DataFrame,
        launch_on: date,
        rng: np.random.Generator,
    ) -> Workplace:
        """The workplace of one simulated pilot.

        Args:
            scenario: The world.
            pilots: One replicate of it.
            roster: Its roster, with languages.
            launch_on: Day of the launch.
            rng: Source of every random number.
        """
        settings, layout = scenario.practice, pilots.layout
        first_week = CYCLE_WEEKS * int(np.floor(layout.weeks[0] / CYCLE_WEEKS))
        left_on, moved_on = (roster[name].to_numpy().astype("datetime64[D]") for name in ("left_on", "moved_on"))
        team_ids = pd.Index(list(layout.team_ids))
        team, moved_to = (team_ids.get_indexer(pd.Index(roster[name])) for name in ("team_id", "moved_to_team_id"))
        return cls(
            codes=roster["person_id"].to_numpy(dtype=object),
            team=team,
            moved_on=np.where(np.isnat(moved_on), NEVER, moved_on),
            moved_to=np.where(np.isnat(moved_on), team, moved_to),
            joined_on=roster["joined_on"].to_numpy().astype("datetime64[D]"),
            left_on=np.where(np.isnat(left_on), NEVER, left_on),
            speaks_english=(roster["language"] == "en").to_numpy(dtype=bool),
            launch_on=np.datetime64(launch_on, "D"),
            first_week=first_week,
            dose=_doses(scenario, pilots, np.arange(first_week, int(np.ceil(layout.weeks[-1])) + 1), rng),
            style=settings.manager_spread * rng.standard_normal(len(layout.team_ids)),
            settings=settings,
        )

    @property
    def weeks(self) -> IntArray:
        """Weeks after launch from `first_week` on, the last wave's week excluded, shape (weeks,)."""
        return np.arange(self.first_week, self.first_week + self.dose.shape[1] - 1)

    @property
    def cycle_starts(self) -> IntArray:
        """Week in which each cycle starts, shape (cycles,)."""
        return np.arange(self.first_week, self.weeks[-1] + 1, CYCLE_WEEKS)

    def day(self, week: IntArray) -> DayArray:
        """The first day of each week."""
        return self.launch_on + 7 * week.astype("timedelta64[D]")

    def team_on(self, person: IntArray, on: DayArray) -> IntArray:
        """Index of the team that these people are in on these days."""
        return np.where(on < self.moved_on[person], self.team[person], self.moved_to[person])

    def events(self, person: IntArray, on: DayArray) -> Events:
        """Events of people who were there on that day (a weekend is moved to Monday), up to the last wave."""
        on = np.busday_offset(on, 0, roll="forward")
        here = (self.joined_on[person] <= on) & (on < self.left_on[person]) & (on < self.day(self.weeks[-1:] + 1))
        person, on = person[here], on[here]
        order = np.lexsort((on, person))
        person, on = person[order], on[order]
        week = (on - self.launch_on).astype(int) // 7 - self.first_week
        team = self.team_on(person, on)
        return Events(person, on, self.dose[team, np.clip(week, 0, None)], self.style[team])

    def weekly(self, per_month: RateLevel, rng: np.random.Generator) -> Events:
        """Events that come by chance, at most one a person and week."""
        rate = 1 - np.exp(-per_month.at(self.dose[:, :-1]) / WEEKS_A_MONTH)
        everybody, place = np.indices((len(self.team), len(self.weeks)))
        likely = rate[self.team_on(everybody, self.day(self.weeks)[place]), place]
        person, week = (rng.random(likely.shape) < likely).nonzero()
        return self.events(person, self.day(self.weeks[week]) + self._days(len(person), 7, rng))

    def once_every(self, kept: ShareLevel, starts: IntArray, within_weeks: int, rng: np.random.Generator) -> Events:
        """At most one event a person in each of the periods that start in these weeks, on any of their days."""
        person = np.repeat(np.arange(len(self.team)), len(starts))
        due = self.day(np.tile(starts, len(self.team))) + self._days(len(person), 7 * within_weeks, rng)
        planned = self.events(person, due)
        return planned.pick(planned.draw(kept, rng))

    @staticmethod
    def _days(n: int, within: int, rng: np.random.Generator) -> NDArray[np.timedelta64]:
        return rng.integers(0, within, n).astype("timedelta64[D]")

    def keys(self, person: IntArray, letter: str) -> TextArray:
        """A key for each event of people in order: the person's code and a running number."""
        return numbered(self.codes[person], letter)


def numbered(codes: TextArray, letter: str) -> TextArray:
    """`code-G001`, `code-G002` ...: each code with a running number; equal codes stand together."""
    if not len(codes):
        return np.empty(0, dtype=object)
    starts = np.concatenate([[True], codes[1:] != codes[:-1]])
    ordinal = np.arange(len(codes)) - starts.nonzero()[0][np.cumsum(starts) - 1]
    endings = np.array([f"-{letter}{number:03d}" for number in range(1, int(ordinal.max()) + 2)])
    keys: TextArray = np.strings.add(codes.astype(str), endings[ordinal]).astype(object)
    return keys


def choose(codes: Sequence[str], probabilities: Sequence[FloatArray], rng: np.random.Generator) -> TextArray:
    """One code each, by its probability (each of shape (events,)); the last code takes what is left."""
    upto = np.cumsum(np.stack(probabilities), axis=0)
    chosen: TextArray = np.array(codes, dtype=object)[(rng.random(upto.shape[1]) >= upto).sum(axis=0)]
    return chosen


def _doses(scenario: Scenario, pilots: SimulatedPilots, weeks: IntArray, rng: np.random.Generator) -> FloatArray:
    """How far each team runs the loop in each week, 0 to 1, shape (teams, weeks).

    A wave's fidelity is that of the weeks before it, from the team's own start on. Where the plan does not measure
    fidelity it is drawn from the scenario all the same. What spills over to teams that have not started is a share of
    the mean dose.
    """
    layout, fidelity = pilots.layout, scenario.fidelity
    after = (layout.weeks > 0).nonzero()[0]
    start_week = pilots.start_week[0][:, None]
    if not len(after):
        return np.zeros((len(layout.team_ids), len(weeks)))
    if layout.fidelity_measure:
        measured = pilots.team_measures[0][:, after, layout.measure_ids.index(layout.fidelity_measure)]
    else:
        lasting = fidelity.between_team_sd_pct * rng.standard_normal(start_week.shape)
        noise = fidelity.noise_sd_pct * rng.standard_normal((len(start_week), len(after)))
        measured = np.clip(fidelity.mean_pct + lasting + noise, 0, 100)
    spilled = scenario.spillover.share * fidelity.mean_pct if scenario.spillover else 0.0
    wave = np.minimum(np.searchsorted(layout.weeks[after], weeks, side="right"), len(after) - 1)
    return np.where(weeks >= start_week, measured[:, wave], np.where(weeks >= 0, spilled, 0.0)) / 100
