"""The ledger's row on those who left: how different they look, and what they could have done at their worst."""

from __future__ import annotations

from collections.abc import Iterator

from pilot.analysis.ground import Ground
from pilot.analysis.single import number
from pilot.effects import Estimates, two_arms
from pilot.effects.bounds import tipping_point, trimming_bounds, worst_case_bounds
from pilot.plan import Protocol
from pilot.result import Bias
from pilot.scores import Panel


def attrition_row(panel: Panel, estimates: Estimates, protocol: Protocol, ground: Ground) -> Iterator[Bias]:
    """By how much the pilot's leavers lay lower, and by how much they would have to for the rule.

    Beside it: by how much less than expected the missing would have had to score (tipping point), Lee's bounds for
    those who stay whatever their arm, and the bounds if the missing had scored anything at all.
    """
    plan, gap = protocol.plan, number(estimates.attrition.leavers_gap)
    if gap is None or plan.design == "before_after":
        return
    side = 1.0 if ground.stands else -1.0
    # Of linked people: where all answers decide they bound something else.
    found = _bounds(panel, protocol) if plan.analysis.answers != "all" else {}
    bounds = {name: value for name, value in found.items() if value is not None}
    yield Bias(
        code="attrition",
        looks_like=gap,
        overturns_at=None if ground.margin is None else side * ground.margin / plan.rule.attrition_share,
        values=bounds,
    )


def _bounds(panel: Panel, protocol: Protocol) -> dict[str, float | None]:
    plan, arms = protocol.plan, two_arms(panel, protocol.plan)
    scale = plan.outcomes.primary.scale
    before, after = (arms.mean_of(scale, waves) for waves in (plan.analysis.baseline, plan.analysis.outcome))
    lowest, highest = protocol.instruments.range_of(scale)
    tipping = tipping_point(
        before,
        after,
        arms.roster,
        estimator=plan.analysis.estimator,
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )
    trimmed = trimming_bounds(before, after, arms.roster)
    worst = worst_case_bounds(before, after, arms.roster, lowest=lowest, highest=highest)
    return {
        "tipping_points": number(tipping.to_zero_points),
        # Who stays is the same in both arms only where a lot made them.
        "trimmed_lower": number(trimmed.lower) if plan.is_randomised else None,
        "trimmed_upper": number(trimmed.upper) if plan.is_randomised else None,
        "worst_lower": number(worst.lower),
        "worst_upper": number(worst.upper),
    }
