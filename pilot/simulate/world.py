"""A scenario solved for a layout: the latent world whose scores are as the page states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pilot.simulate.asking import courses_of, model_of
from pilot.simulate.correlation import Correlations, Mixing, answer_correlation
from pilot.simulate.course import Course, truths
from pilot.simulate.latent import FloatArray, ItemModel
from pilot.simulate.layout import Layout, ScaleLayout
from pilot.simulate.measures import worsenings
from pilot.simulate.scenario import Scenario


@dataclass(frozen=True)
class ScaleWorld:
    """One scale, solved.

    Attributes:
        layout: How it is asked.
        model: How its items are answered.
        courses: How its trait moves, one for each of the layout's starts.
        correlation: Of its state with the primary scale's state; 1 for the primary scale itself.
    """

    layout: ScaleLayout
    model: ItemModel
    courses: tuple[Course, ...]
    correlation: float

    @property
    def course(self) -> Course:
        """Of teams that start first; what it says of comparison teams, volunteers and shocks holds for all."""
        return self.courses[0]


@dataclass(frozen=True)
class World:
    """A scenario, solved.

    Attributes:
        scenario: The page.
        layout: The pilot's outside.
        correlations: How states hang together.
        scales: The primary scale first.
        answer_correlation: Of one person's propensities to answer two waves.
        truth: The estimands by name (see `course.truths`).
    """

    scenario: Scenario
    layout: Layout
    correlations: Correlations
    scales: tuple[ScaleWorld, ...]
    answer_correlation: float
    truth: Mapping[str, float]

    @property
    def shock_correlation(self) -> FloatArray:
        """Of a unit's shocks between waves, shape (waves, waves)."""
        shocks, n_waves = self.scenario.unit_shocks, len(self.layout.weeks)
        lasting = shocks.lasting_share if shocks else 0.0
        return lasting + (1 - lasting) * np.eye(n_waves)

    @cached_property
    def mixing(self) -> Mixing:
        """Of the state behind the primary scale."""
        return self.correlations.mixing(self.layout.weeks)

    @cached_property
    def own_mixings(self) -> tuple[Mixing, ...]:
        """Of what each scale's state has for itself, in the waves that ask it."""
        return tuple(self.correlations.mixing(self.layout.weeks[scale.layout.asked]) for scale in self.scales)

    @property
    def picked_in(self) -> int:
        """Place of the wave whose scores decide who is picked; the first if there is no earlier one."""
        picked = self.scenario.picked
        return max(0, int((self.layout.weeks <= picked.in_week).sum()) - 1) if picked else 0


def solve_world(scenario: Scenario, layout: Layout) -> World:
    """Find the latent world whose scores are as the scenario states.

    Raises:
        PilotError: there is none with these answer options.
    """
    scales: list[ScaleWorld] = []
    for scale in layout.scales:
        model = model_of(scenario, scale, is_primary=not scales)
        courses = courses_of(scenario, scale, model, layout, is_primary=not scales)
        correlation = scenario.correlation_of_scales() if scales else 1.0
        scales.append(ScaleWorld(scale, model, courses, correlation))
    return World(
        scenario=scenario,
        layout=layout,
        correlations=scenario.correlations(),
        scales=tuple(scales),
        answer_correlation=answer_correlation(
            scenario.response.rate, scenario.response.retention / scenario.stays_on_roster
        ),
        truth=truths(layout, {scale.layout.id: scale.courses for scale in scales}) | worsenings(scenario, layout),
    )
