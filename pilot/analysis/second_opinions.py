"""Beside the estimate that decides: the same question by other methods, and where the effect is larger.

Of a real pilot only: one replicate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pilot.analysis.single import estimate_of, number
from pilot.effects import Estimate, Estimates, deciding_effect
from pilot.effects.interrupted import interrupted_series
from pilot.effects.linked import effect_between_arms, with_drift
from pilot.effects.mixed import mixed_effect_between_arms
from pilot.effects.moderation import dose_response, spread_between_managers
from pilot.effects.pre_trend import event_study, smooth_interval
from pilot.effects.redrawn import staggered_randomisation_p
from pilot.effects.second_opinion import jackknife, randomisation_test, wild_bootstrap_test
from pilot.effects.unlinked import unlinked_effect
from pilot.plan import Plan
from pilot.result import EstimateOf, Exploration, SecondOpinion
from pilot.scores import FloatArray, Panel, mean_of_available


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
        return tuple(_of_turns(panel, estimates, plan, np.random.default_rng(seed)))
    if plan.analysis.answers == "all":
        return tuple(_of_linked(panel, estimates, plan))
    return tuple(_of_two_arms(panel, estimates, plan, np.random.default_rng(seed)))


def explore(panel: Panel, estimates: Estimates, plan: Plan) -> Exploration:
    """Where the effect is larger."""
    change, pct = estimates.after - estimates.before, plan.rule.confidence_pct
    spread = spread_between_managers(change, panel.roster, confidence_pct=pct)
    return Exploration(
        per_10_pct_of_the_loop=_slope_over_dose(panel, estimates, plan),
        sd_between_pilot_teams=_with_bounds(spread.pilot, spread.pilot_bounds),
        sd_between_comparison_teams=_with_bounds(spread.comparison, spread.comparison_bounds),
    )


def _with_bounds(spread: FloatArray, bounds: tuple[FloatArray, FloatArray]) -> tuple[float, float, float] | None:
    return (float(spread[0]), float(bounds[0][0]), float(bounds[1][0])) if np.isfinite(spread[0]) else None


def _slope_over_dose(panel: Panel, estimates: Estimates, plan: Plan) -> EstimateOf | None:
    fidelity = plan.outcomes.fidelity
    values = panel.measures.get(fidelity.measure) if fidelity else None
    if values is None:
        return None
    later = np.array([wave.week > 0 for wave in plan.calendar.waves])
    dose = mean_of_available(values[..., later])
    before, after, pct = estimates.before, estimates.after, plan.rule.confidence_pct
    return estimate_of(dose_response(before, after, panel.roster, dose, confidence_pct=pct))


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
    if plan.design == "comparison":
        yield from _less_the_trend(panel, plan)
    if plan.analysis.answers == "linked":  # else they decide already
        yield _of("unlinked", drifting(unlinked_effect(before, after, roster, confidence_pct=pct)))


def _of_linked(panel: Panel, estimates: Estimates, plan: Plan) -> Iterator[SecondOpinion]:
    """Beside all answers: the change of those who answered before and after, where there are any."""
    change = effect_between_arms(
        estimates.before,
        estimates.after,
        panel.roster,
        estimator="change",
        weighting="person",
        confidence_pct=plan.rule.confidence_pct,
    )
    if np.isfinite(change.lower[0]):
        drift = plan.rule.drift_allowance_points
        yield _of("linked", with_drift(change, drift, confidence_pct=plan.rule.confidence_pct))


def _less_the_trend(panel: Panel, plan: Plan) -> Iterator[SecondOpinion]:
    """Of two units: what is left when their drift before the launch goes on in a straight line."""
    study = event_study(
        panel.scores[plan.outcomes.primary.scale],
        np.array([wave.week for wave in plan.calendar.waves], dtype=float),
        panel.roster,
        weighting=plan.analysis.weighting,
    )
    among = np.isin(np.array(panel.wave_ids), plan.analysis.outcome)
    left = smooth_interval(study, outcome=among, bound=0.0, confidence_pct=plan.rule.confidence_pct)
    if np.isfinite(left.estimate[0]):
        yield SecondOpinion(
            method="straight_trend",
            estimate=number(left.estimate),
            p=None,
            lower=number(left.lower),
            upper=number(left.upper),
        )


def _of_turns(panel: Panel, estimates: Estimates, plan: Plan, rng: np.random.Generator) -> Iterator[SecondOpinion]:
    """Of teams that start in turns: what other draws of the starts would have shown, and the plainer estimator."""
    p = staggered_randomisation_p(panel, plan, estimates.primary, rng)
    if np.isfinite(p):
        yield SecondOpinion(method="randomisation_test", estimate=number(estimates.primary.estimate), p=p)
    if plan.analysis.estimator == "ancova":
        by_change = plan.analysis.model_copy(update={"estimator": "change"})
        everybody = np.ones((1, len(panel.roster.team)), dtype=np.bool_)
        change = deciding_effect(panel, plan.model_copy(update={"analysis": by_change}), everybody)
        yield _of("change_score", change)


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
