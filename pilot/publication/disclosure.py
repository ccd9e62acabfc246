"""Disclosure control: what would let a reader compute somebody's answer is not shown.

- No figure about fewer people than the minimum.
- Two figures about nearly the same people are not both shown when they differ by fewer people than the minimum,
  for their difference is a figure about those few: a count and its parts; a wave's mean and the linked panel's.
- All score figures are about the linked panel, so that no two of them are about nested groups by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pilot.publication.release import Count, Mean, ShownFlow, ShownWave, Withheld
from pilot.result import (
    ArmFlow,
    Effect,
    EstimateOf,
    FidelityOutcome,
    GuardrailOutcome,
    PilotFacts,
    WaveMean,
)


def too_close(larger: int, smaller: int, minimum: int) -> bool:
    """Whether two nested groups differ by somebody, but by fewer people than the minimum."""
    return 0 < larger - smaller < minimum


def safe_flow(flow: ArmFlow, minimum: int) -> ShownFlow:
    """Counts of one arm; leavers (joiners) that are few are hidden together with the count they are part of."""
    withheld: dict[str, Withheld] = {}
    for part, whole in (("n_leavers", "n_baseline"), ("n_joiners", "n_outcome")):
        if 0 < getattr(flow, part) < minimum:
            withheld[part], withheld[whole] = "too_few_people", "could_be_subtracted"
    steps = ("n_invited", "n_baseline", "n_outcome", "n_linked", "n_leavers", "n_joiners")
    shown = {
        step: Count(n=None, withheld=withheld[step]) if step in withheld else Count(n=getattr(flow, step))
        for step in steps
    }
    return ShownFlow(arm=flow.arm, n_teams=flow.n_teams, **shown)


def safe_waves(
    waves: Iterable[WaveMean], flow: Sequence[ArmFlow], pilot: PilotFacts, minimum: int
) -> tuple[ShownWave, ...]:
    """Means of the linked panel by arm and wave."""
    n_linked = {arm_flow.arm: arm_flow.n_linked for arm_flow in flow}
    in_effect = {*pilot.baseline_waves, *pilot.outcome_waves}
    shown = []
    for wave in waves:
        reason: Withheld | None = None
        if wave.n_people < minimum:
            reason = "too_few_people"
        elif wave.wave_id in in_effect and too_close(n_linked[wave.arm], wave.n_people, minimum):
            reason = "could_be_subtracted"
        shown.append(
            ShownWave(
                arm=wave.arm,
                wave_id=wave.wave_id,
                week=wave.week,
                people=Count(n=None, withheld=reason) if reason else Count(n=wave.n_people),
                score=Mean(mean=None, withheld=reason)
                if reason
                else Mean(mean=wave.mean, lower=wave.lower, upper=wave.upper),
            )
        )
    return tuple(shown)


def is_about_a_few(estimate: EstimateOf, minimum: int) -> bool:
    """Whether one of the two arms has somebody in it, but fewer than the minimum."""
    return any(0 < n < minimum for n in (estimate.n_treated, estimate.n_people - estimate.n_treated))


def safe_estimate(estimate: EstimateOf | None, minimum: int) -> EstimateOf | None:
    """An estimate only when enough people of each arm stand behind it."""
    return None if estimate is None or is_about_a_few(estimate, minimum) else estimate


def safe_effect(effect: Effect, minimum: int) -> Effect:
    """An effect with all that is computed from it, or without."""
    if effect.between_arms and is_about_a_few(effect.between_arms, minimum):
        hidden = dict.fromkeys(("between_arms", "with_drift", "hedges_g", "p_holm"))
        return effect.model_copy(update=hidden)
    return effect


def safe_guardrail(outcome: GuardrailOutcome, minimum: int) -> GuardrailOutcome:
    """A guardrail's means and estimate only when enough teams (each one manager) of each arm stand behind them."""
    few_estimated = outcome.worsening and is_about_a_few(outcome.worsening, minimum)
    if few_estimated or outcome.n_pilot_teams < minimum:
        return outcome.model_copy(update={"worsening": None, "mean_before": None, "mean_after": None})
    return outcome


def safe_fidelity(outcome: FidelityOutcome, minimum: int) -> FidelityOutcome:
    """The mean of the pilot teams only when enough teams stand behind it."""
    return outcome if outcome.n_teams >= minimum else outcome.model_copy(update={"mean_pct": None})
