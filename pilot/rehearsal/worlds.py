"""Which worlds a plan is rehearsed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pilot.plan import Plan, Protocol
from pilot.plan.protocol import digest
from pilot.simulate import Scenario, read_scenario
from pilot.simulate.threats import UnitShocks

CellKind = Literal["scenario", "curve"]

BASE_SCENARIO = "works"  # whose effect is moved along the curve
LITERATURE_SD = 0.24  # job-resource interventions, Virga et al. 2021, k = 54
LARGE_SD = 0.8  # what Cohen (1988) calls large; no study of such a practice reports it
CURVE_SD = (0.0, 0.2, LITERATURE_SD, 0.4, 0.6, LARGE_SD)


@dataclass(frozen=True)
class Cell:
    """One world that a plan is rehearsed in.

    Attributes:
        id: Name of the scenario, or `effect_0.18`.
        kind: A scenario as its page has it, or a point of the curve of effects.
        scenario: The world.
    """

    id: str
    kind: CellKind
    scenario: Scenario

    @property
    def sha256(self) -> str:
        """Of the world, so that a page that was changed is rehearsed anew."""
        return digest(self.scenario.model_dump(mode="json"))


def cells_of(protocol: Protocol, scenarios: Iterable[str], *, response_rate: float | None = None) -> tuple[Cell, ...]:
    """The chosen scenarios, and the curve of effects with the SESOI on it.

    Args:
        protocol: The plan; the curve is in points of its primary scale.
        scenarios: Names of shipped scenarios, or paths of pages.
        response_rate: Expected share of invited people who answer, 0 to 1; None: as each page has it.

    Raises:
        PilotError: there is no such scenario, or its page is faulty.
    """
    chosen = [Cell(name, "scenario", read_scenario(name)) for name in dict.fromkeys(scenarios)]
    answering = (Cell(each.id, each.kind, with_response(each.scenario, response_rate)) for each in chosen)
    return (*answering, *curve_cells(protocol, response_rate=response_rate))


def curve_cells(protocol: Protocol, *, response_rate: float | None = None) -> tuple[Cell, ...]:
    """The base scenario with effects from nothing to large, the literature's and the SESOI among them.

    Two units are shaken by what befalls each of them, as much as the plan's drift allowance says.
    """
    base = with_response(_with_shocks(read_scenario(BASE_SCENARIO), protocol.plan), response_rate)
    lowest, highest = protocol.instruments.range_of(protocol.plan.outcomes.primary.scale)
    sesoi = protocol.plan.outcomes.primary.sesoi_points * 4 / (highest - lowest)  # pages speak of a 1-5 scale
    points = {round(each * base.engagement.sd_points, 3) for each in CURVE_SD} | {round(sesoi, 3)}
    return tuple(Cell(f"effect_{each:.3g}", "curve", _with_effect(base, each)) for each in sorted(points))


def literature_points(protocol: Protocol) -> float:
    """The literature's mean effect in points of the plan's primary scale."""
    lowest, highest = protocol.instruments.range_of(protocol.plan.outcomes.primary.scale)
    return LITERATURE_SD * read_scenario(BASE_SCENARIO).engagement.sd_points * (highest - lowest) / 4


def with_response(scenario: Scenario, rate: float | None) -> Scenario:
    """The same world with another response rate; who answered once answers again as much more often as before."""
    if rate is None:
        return scenario
    response, stays = scenario.response, scenario.stays_on_roster
    room = (response.retention / stays - response.rate) / (1 - response.rate) if response.rate < 1 else 0.0
    retention = stays * (rate + room * (1 - rate))
    changed = response.model_copy(update={"rate": rate, "retention": retention})
    return scenario.model_copy(update={"response": changed})


def _with_shocks(scenario: Scenario, plan: Plan) -> Scenario:
    if plan.design != "comparison" or not plan.rule.drift_allowance_points:
        return scenario
    shocks = UnitShocks(
        sd_points=plan.rule.drift_allowance_points / 2**0.5,  # the allowance is that of the difference of two units
        lasting_share=0.5,
        from_week=-520,
        hits="every_unit",
    )
    return scenario.model_copy(update={"unit_shocks": shocks})


def _with_effect(scenario: Scenario, points: float) -> Scenario:
    """The effect grows in all its parts: on the other scales, and where it differs between teams."""
    effect = scenario.effect
    if effect is None or effect.points == 0:
        return scenario
    times = points / effect.points
    update: Mapping[str, float] = {
        "points": points,
        "secondary_points": effect.secondary_points * times,
        # The spread between teams is the literature's at every size but for nothing, where there is nothing to spread.
        "between_team_sd_points": effect.between_team_sd_points if points else 0.0,
    }
    return scenario.model_copy(update={"effect": effect.model_copy(update=dict(update))})
