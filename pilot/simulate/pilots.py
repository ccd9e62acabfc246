"""Thousands of pilots at once: answers with a leading replicate axis, and the truth that they hide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pilot.simulate.answering import Arms, answer_block, draw_presence, on_roster
from pilot.simulate.course import dose_at
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import BoolArray, Layout, draw_starts
from pilot.simulate.measures import draw_measures
from pilot.simulate.scenario import Scenario
from pilot.simulate.selection import SingleArray
from pilot.simulate.world import World, solve_world

BLOCK_CELLS = 1 << 17  # person-waves worked on at a time; a block of a few items then stays in the processor's cache


@dataclass(frozen=True)
class SimulatedPilots:
    """Pilots of one world.

    Attributes:
        layout: Teams, waves and questions.
        answers: Codes as ticked (reverse-keyed items are not turned), NaN where not answered, shape (replicates,
            people, waves, items). Stored item by item, each wave by wave.
        start_week: Week in which each team starts, infinite for teams that do not, shape (replicates, teams).
        joined_week: Week in which a person joins; -inf: before the first wave. Shape (replicates, people).
        left_week: Week in which a person leaves; for most it lies after the last wave. Same shape.
        careless: Whether a questionnaire was answered without reading, shape (replicates, people, waves).
        team_measures: In the unit of each measure, NaN where not measured, shape (replicates, teams, waves,
            measures of the layout).
        truth: The estimands by name (see `course.truths`), each of shape (replicates,).
    """

    layout: Layout
    answers: SingleArray
    start_week: FloatArray
    joined_week: SingleArray
    left_week: SingleArray
    careless: BoolArray
    team_measures: FloatArray
    truth: Mapping[str, FloatArray]

    @property
    def treated(self) -> BoolArray:
        """Which teams are pilot teams, shape (replicates, teams)."""
        treated: BoolArray = np.isfinite(self.start_week)
        return treated

    @property
    def on_roster(self) -> BoolArray:
        """Who was on the roster when a wave opened, shape (replicates, people, waves)."""
        return np.moveaxis(on_roster(self.joined_week, self.left_week, self.layout.weeks), 0, -1)


def draw_pilots(scenario: Scenario, layout: Layout, rng: np.random.Generator, n_replicates: int) -> SimulatedPilots:
    """Draw pilots of one world.

    With the same seed and another `layout.start_week` the same people answer under the other assignment: these are
    the two potential outcomes.

    Args:
        scenario: The world.
        layout: Teams, waves and questions.
        rng: Source of every random number.
        n_replicates: How many pilots.

    Raises:
        PilotError: the world cannot be had with these answer options.
    """
    return draw_from_world(solve_world(scenario, layout), rng, n_replicates)


def draw_from_world(world: World, rng: np.random.Generator, n_replicates: int) -> SimulatedPilots:
    """The same for a world that is solved already, which takes as long as drawing a thousand pilots."""
    scenario, layout = world.scenario, world.layout
    start_week = draw_starts(layout, rng, n_replicates)
    manager_luck = rng.standard_normal(start_week.shape) if scenario.dose else None
    measures = draw_measures(scenario, layout, start_week, rng, manager_luck)
    dose = None if manager_luck is None else dose_at(scenario, manager_luck)
    waves = (len(layout.weeks), n_replicates, layout.n_people)
    stored = np.full((len(layout.item_ids), *waves), np.nan, dtype=np.float32)
    joined, left = np.empty((2, *waves[1:]), dtype=np.float32)
    careless = np.empty(waves, dtype=bool)
    n_block = max(1, BLOCK_CELLS // max(1, layout.n_people * len(layout.weeks)))
    for start in range(0, n_replicates, n_block):
        block = slice(start, min(start + n_block, n_replicates))
        joined[block], left[block] = draw_presence(world, rng, block.stop - start)
        present = on_roster(joined[block], left[block], layout.weeks)
        arms = Arms(start_week[block], None if dose is None else dose[block])
        careless[:, block] = answer_block(world, arms, present, rng, stored[:, :, block])
    return SimulatedPilots(
        layout=layout,
        answers=stored.transpose(2, 3, 1, 0),
        start_week=start_week,
        joined_week=joined,
        left_week=left,
        careless=np.moveaxis(careless, 0, -1),
        team_measures=measures,
        truth={name: np.full(n_replicates, value) for name, value in world.truth.items()},
    )
