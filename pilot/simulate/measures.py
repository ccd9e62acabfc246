"""Team measures: what the plan guards against, and how far the loop is run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.plan.model import Guardrail
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import Layout
from pilot.simulate.scenario import Scenario

MANAGER_HOURS = "manager_hours"
LEVEL_MARGINS = 10.0  # where a guardrail that the scenario does not know by name lies, in margins


@dataclass(frozen=True)
class MeasureModel:
    """One guardrail, in its own unit.

    Attributes:
        level: Mean without the practice.
        change: What the practice adds to it in the pilot teams, from their start.
        between_team_sd: Standard deviation between teams.
        noise_sd: Standard deviation of one team from wave to wave.
    """

    level: float
    change: float
    between_team_sd: float
    noise_sd: float


def measure_model(scenario: Scenario, guardrail: Guardrail) -> MeasureModel:
    """How one guardrail of the plan behaves in this world."""
    if guardrail.measure == MANAGER_HOURS:
        hours = scenario.manager_hours
        return MeasureModel(hours.before, hours.pilot_after - hours.before, hours.between_team_sd, hours.noise_sd)
    other, unit = scenario.other_guardrails, guardrail.margin
    change = other.worsening_margins * unit * (1 if guardrail.worse == "higher" else -1)
    return MeasureModel(
        LEVEL_MARGINS * unit, change, other.between_team_sd_margins * unit, other.noise_sd_margins * unit
    )


def worsenings(scenario: Scenario, layout: Layout) -> dict[str, float]:
    """The true worsening of each guardrail, named `<measure>_worsening`, in its own unit."""
    signed = {
        guardrail.measure: measure_model(scenario, guardrail).change * (1 if guardrail.worse == "higher" else -1)
        for guardrail in layout.guardrails
    }
    return {f"{measure}_worsening": round(change, 9) + 0.0 for measure, change in signed.items()}  # no minus zero


def draw_measures(
    scenario: Scenario,
    layout: Layout,
    start_week: FloatArray,
    rng: np.random.Generator,
    manager_luck: FloatArray | None = None,
) -> FloatArray:
    """Team measures, shape (replicates, teams, waves, measures).

    Guardrails are measured in every wave, fidelity in the pilot teams after their start (NaN elsewhere); it is cut
    to 0-100.

    Args:
        scenario: The world.
        layout: Teams, waves and measures.
        start_week: See `draw_starts`, shape (replicates, teams).
        rng: Source of every random number.
        manager_luck: How far each manager runs the loop compared with others, standard normal, shape (replicates,
            teams); None: nothing else hangs on it, and it is drawn here.
    """
    shape = (*start_week.shape, len(layout.weeks))
    running = layout.weeks > start_week[..., None]
    measures = np.empty((*shape, len(layout.measure_ids)))
    for index, guardrail in enumerate(layout.guardrails):
        model = measure_model(scenario, guardrail)
        varied = _varied(rng, shape, model.between_team_sd, model.noise_sd)
        measures[..., index] = model.level + model.change * running + varied
        if guardrail.measure == MANAGER_HOURS:
            np.maximum(measures[..., index], 0, out=measures[..., index])
    if layout.fidelity_measure:
        fidelity = scenario.fidelity
        varied = _varied(rng, shape, fidelity.between_team_sd_pct, fidelity.noise_sd_pct, manager_luck)
        measures[..., -1] = np.where(running, np.clip(fidelity.mean_pct + varied, 0, 100), np.nan)
    return measures


def _varied(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    between_team_sd: float,
    noise_sd: float,
    luck: FloatArray | None = None,
) -> FloatArray:
    lasting = rng.standard_normal((*shape[:-1], 1)) if luck is None else luck[..., None]
    return between_team_sd * lasting + noise_sd * rng.standard_normal(shape)
