"""Simulated pilots through the code that judges the real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.effects import Estimates, estimate_pilot
from pilot.plan import Protocol
from pilot.scores import FloatArray, Panel, Roster, panel_of_answers
from pilot.simulate import SimulatedPilots
from pilot.verdict import Decision, DecisionRule, Evidence, decide


@dataclass(frozen=True)
class Judged:
    """Pilots of one world with what is said of them.

    Attributes:
        panel: What was seen.
        estimates: What was estimated.
        decision: What was decided.
        truth: True effect on the outcome, points, shape (replicates,).
        lasting_truth: True effect at the follow-ups, points, same shape; NaN where the plan has none.
    """

    panel: Panel
    estimates: Estimates
    decision: Decision
    truth: FloatArray
    lasting_truth: FloatArray


def panel_of_pilots(pilots: SimulatedPilots, protocol: Protocol) -> Panel:
    """What an estimator sees of simulated pilots."""
    layout = pilots.layout
    return panel_of_answers(
        pilots.answers,
        protocol,
        roster=Roster(np.arange(layout.n_people).astype(object), layout.team, layout.team_ids, pilots.start_week),
        invited=np.ones((layout.n_people, len(layout.wave_ids)), dtype=np.bool_),
        measures={name: pilots.team_measures[..., place] for place, name in enumerate(layout.measure_ids)},
    )


def judge(pilots: SimulatedPilots, protocol: Protocol) -> Judged:
    """Score, estimate and decide, as `pilot analyse` does with the real pilot."""
    panel = panel_of_pilots(pilots, protocol)
    estimates = estimate_pilot(panel, protocol.plan)
    decision = decide(Evidence.of(estimates, protocol.plan), DecisionRule.of(protocol.plan))
    truth = pilots.truth["primary_outcome_points"]
    lasting = pilots.truth.get("primary_lasting_points", np.full_like(truth, np.nan))
    return Judged(panel, estimates, decision, truth, lasting)
