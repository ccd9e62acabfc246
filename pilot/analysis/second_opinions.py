"""Beside the estimate that decides: the same question by other methods, and where the effect is larger.

Of a real pilot only: one replicate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pilot.analysis.single import estimate_of, number
from pilot.effects import Estimate, Estimates
from pilot.effects.interrupted import interrupted_series
from pilot.effects.linked import effect_between_arms, with_drift
from pilot.effects.mixed import mixed_effect_between_arms
from pilot.effects.moderation import dose_response
from pilot.effects.second_opinion import jackknife, randomisation_test, wild_bootstrap_test
from pilot.effects.unlinked import unlinked_effect
from pilot.plan import Plan
from pilot.result import Exploration, SecondOpinion
from pilot.scores import Panel, mean_of_available


def second_opinions(panel: Panel, estimates: Estimates, plan: Plan, seed: int) -> tuple[SecondOpinion, ...]:
    """What other methods say.

    Args:
        panel: What was seen.
        estimates: What was estimated.
        plan: The plan.
        seed: Of the draws of randomisation test and bootstrap; the seal's, so that they can be repeated.
    """
    if plan.design == "before_after":
        return tuple(_of_a_series(panel, plan))
    if plan.design == "staggered":
        return ()
    return tuple(_of_two_arms(panel, estimates, plan, np.random.default_rng(seed)))


def explore(panel: Panel, estimates: Estimates, plan: Plan) -> Exploration:
    """Where the effect is larger."""
    if plan.outcomes.fidelity is None:
        return Exploration(per_10_pct_of_the_loop=None)
    values = panel.measures.get(plan.outcomes.fidelity.measure)
    later = np.array([wave.week > 0 for wave in plan.calendar.waves])
    dose = np.full(panel.roster.treated.shape, np.nan) if values is None else mean_of_available(values[..., later])
    slope = dose_response(
        estimates.before, estimates.after, panel.roster, dose, confidence_pct=plan.rule.confidence_pct
    )
    return Exploration(per_10_pct_of_the_loop=estimate_of(slope))


def _of_two_arms(panel: Panel, estimates: Estimates, plan: Plan, rng: np.random.Generator) -> Iterator[SecondOpinion]:
    before, after, roster = estimates.before, estimates.after, panel.roster
    estimator, weighting, pct = plan.analysis.estimator, plan.analysis.weighting, plan.rule.confidence_pct
    if plan.design == "waitlist":  # nobody drew the arms of two units
        drawn = randomisation_test(
            before, after, roster, estimator=estimator, weighting=weighting, confidence_pct=pct, rng=rng
        )
        yield SecondOpinion(
            method="randomisation_test",
            estimate=number(drawn.estimate),
            p=number(drawn.p),
            lower=number(drawn.lower),
            upper=number(drawn.upper),
        )
    boot = wild_bootstrap_test(before, after, roster, estimator=estimator, weighting=weighting, rng=rng)
    yield SecondOpinion(method="wild_bootstrap", estimate=number(boot.estimate), p=number(boot.p))
    left_out = jackknife(before, after, roster, estimator=estimator, weighting=weighting, confidence_pct=pct)
    drift = plan.rule.drift_allowance_points

    def drifting(estimate: Estimate) -> Estimate:
        return with_drift(estimate, drift, confidence_pct=pct) if drift else estimate

    yield _of("cr3", drifting(left_out))
    mixed = mixed_effect_between_arms(before, after, roster, estimator=estimator, confidence_pct=pct)
    yield _of("mixed_model", drifting(mixed))
    if estimator == "ancova":  # where nobody drew the arms, equal baselines do not make them alike
        change = effect_between_arms(before, after, roster, estimator="change", weighting=weighting, confidence_pct=pct)
        yield _of("change_score", change)
    yield _of("unlinked", drifting(unlinked_effect(before, after, roster, confidence_pct=pct)))


def _of_a_series(panel: Panel, plan: Plan) -> Iterator[SecondOpinion]:
    """Against the trend before the launch, where it was asked often enough to have one."""
    series = interrupted_series(
        panel.scores[plan.outcomes.primary.scale],
        np.array([wave.week for wave in plan.calendar.waves], dtype=float),
        panel.roster,
        outcome=np.isin(np.array(panel.wave_ids), plan.analysis.outcome),
        teams=panel.roster.treated,
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )
    if np.isfinite(series.effect.estimate[0]):
        yield _of("interrupted_series", series.effect)


def _of(method: str, estimate: Estimate) -> SecondOpinion:
    return SecondOpinion.model_validate(
        {
            "method": method,
            "estimate": number(estimate.estimate),
            "p": number(estimate.p),
            "lower": number(estimate.lower),
            "upper": number(estimate.upper),
        }
    )
