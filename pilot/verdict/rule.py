"""From evidence to one of four words.

*scale*: the interval's lower bound is above 0, the estimate reaches the SESOI, the effect lasts, no guardrail is
breached, fidelity is above its floor, no cap applies. *stop*: the upper bound is below the SESOI. *adjust*: the
effect stands up but a guardrail or the fidelity does not. *inconclusive*: anything else, and wherever a validity
cap applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special

from pilot.effects import Estimate, Estimates
from pilot.plan import Plan
from pilot.scores import BoolArray, FloatArray

Word = Literal["inconclusive", "scale", "adjust", "stop"]
WORDS: tuple[Word, ...] = get_args(Word)
Cap = Literal[
    "refused",
    "few_clusters",
    "fades",
    "unequal_attrition",
    "grade_d",
    "comparison_needs_waves",
    "no_follow_up",
    "guardrail_not_measured",
    "fidelity_not_measured",
]


@dataclass(frozen=True)
class DecisionRule:
    """The plan's numbers and what its design allows.

    Attributes:
        sesoi_points: Smallest effect of interest.
        minimum_df: Below it too few teams carry the result.
        fidelity_floor_pct: None when the plan measures no fidelity.
        has_follow_up: Whether the plan asks again after the outcome.
        before_after_only: Evidence grade D.
        comparison_needs_waves: A comparison of units without enough baselines and later waves.
    """

    sesoi_points: float
    minimum_df: float
    fidelity_floor_pct: float | None
    has_follow_up: bool
    before_after_only: bool
    comparison_needs_waves: bool

    @classmethod
    def of(cls, plan: Plan) -> DecisionRule:
        """The rule of one plan."""
        n_later = sum(wave.week > 0 for wave in plan.calendar.waves)
        enough_waves = (
            len(plan.analysis.baseline) >= plan.rule.comparison_minimum_baselines
            and n_later >= plan.rule.comparison_minimum_later_waves
        )
        return cls(
            sesoi_points=plan.outcomes.primary.sesoi_points,
            minimum_df=plan.rule.minimum_df,
            fidelity_floor_pct=plan.outcomes.fidelity.floor_pct if plan.outcomes.fidelity else None,
            has_follow_up=bool(plan.analysis.lasting),
            before_after_only=plan.grade == "D",
            comparison_needs_waves=plan.design == "comparison" and not enough_waves,
        )


@dataclass(frozen=True)
class Evidence:
    """What the rule looks at, one value a replicate; NaN where it cannot be estimated or was not measured.

    Attributes:
        estimate: Effect, points.
        lower: Lower bound, drift allowance included.
        upper: Upper bound, drift allowance included.
        df: Satterthwaite degrees of freedom.
        lasting_lower: Lower bound of the effect at the follow-ups.
        attrition_bias: Points of the effect that unequal attrition may have made; 0 where not flagged.
        guardrail_breached: Whether any guardrail is breached.
        guardrail_missing: Whether any guardrail was not measured.
        fidelity_pct: Mean of the pilot teams.
    """

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    df: FloatArray
    lasting_lower: FloatArray
    attrition_bias: FloatArray
    guardrail_breached: BoolArray
    guardrail_missing: BoolArray
    fidelity_pct: FloatArray

    @classmethod
    def of(cls, estimates: Estimates, plan: Plan) -> Evidence:
        """The evidence among a plan's estimates."""
        deciding = estimates.primary_with_drift
        nowhere = np.zeros(deciding.estimate.shape, dtype=bool)
        worsening = {
            each.measure: estimates.guardrails[each.measure].estimate.estimate for each in plan.outcomes.guardrails
        }
        margins = {each.measure: each.margin for each in plan.outcomes.guardrails}
        breached = [worsening[measure] >= margins[measure] for measure in worsening]
        missing = [np.isnan(values) for values in worsening.values()]
        return cls(
            estimate=deciding.estimate,
            lower=deciding.lower,
            upper=deciding.upper,
            df=deciding.df,
            lasting_lower=estimates.lasting.lower,
            attrition_bias=estimates.attrition.bias_points,
            guardrail_breached=np.logical_or.reduce([nowhere, *breached]),
            guardrail_missing=np.logical_or.reduce([nowhere, *missing]),
            fidelity_pct=estimates.fidelity_pct,
        )


@dataclass(frozen=True)
class Decision:
    """The verdict and what it rests on, one value a replicate.

    Attributes:
        word: Index into `WORDS`.
        stands: The lower bound is above 0 and the estimate reaches the SESOI.
        worthwhile_ruled_out: The upper bound is below the SESOI.
        low_fidelity: The loop was run below its floor.
        caps: Which caps apply, by name.
    """

    word: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
    stands: BoolArray
    worthwhile_ruled_out: BoolArray
    low_fidelity: BoolArray
    caps: Mapping[Cap, BoolArray]


def decide(evidence: Evidence, rule: DecisionRule) -> Decision:
    """Apply the rule to every replicate."""
    sesoi = rule.sesoi_points
    stands = (evidence.lower > 0) & (evidence.estimate >= sesoi)
    ruled_out = evidence.upper < sesoi
    below_floor = np.less(evidence.fidelity_pct, rule.fidelity_floor_pct or 0.0)
    caps = _caps(evidence, rule, stands, ruled_out)
    validity = caps["refused"] | caps["few_clusters"] | caps["fades"] | caps["unequal_attrition"]
    no_scale = (
        caps["grade_d"]
        | caps["comparison_needs_waves"]
        | caps["no_follow_up"]
        | caps["guardrail_not_measured"]
        | caps["fidelity_not_measured"]
    )
    solid = stands & ~validity & ~no_scale
    troubled = evidence.guardrail_breached | below_floor
    word = np.select(
        [ruled_out & ~validity, solid & troubled, solid],
        [WORDS.index("stop"), WORDS.index("adjust"), WORDS.index("scale")],
        WORDS.index("inconclusive"),
    ).astype(np.int8)
    return Decision(word, stands, ruled_out, below_floor, caps)


def _caps(evidence: Evidence, rule: DecisionRule, stands: BoolArray, ruled_out: BoolArray) -> dict[Cap, BoolArray]:
    def everywhere(applies: bool) -> BoolArray:
        return np.full(evidence.estimate.shape, applies)

    bias = evidence.attrition_bias
    may_undo = (stands & (evidence.lower - bias <= 0)) | (ruled_out & (evidence.upper + bias >= rule.sesoi_points))
    return {
        "refused": np.isnan(evidence.estimate) | np.isnan(evidence.lower),
        "few_clusters": evidence.df < rule.minimum_df,
        "fades": stands & ~(evidence.lasting_lower > 0) & rule.has_follow_up,
        "unequal_attrition": (bias > 0) & may_undo,
        "grade_d": everywhere(rule.before_after_only),
        "comparison_needs_waves": everywhere(rule.comparison_needs_waves),
        "no_follow_up": everywhere(not rule.has_follow_up),
        "guardrail_not_measured": evidence.guardrail_missing,
        "fidelity_not_measured": np.isnan(evidence.fidelity_pct),
    }


def chance_worthwhile(effect: Estimate, sesoi_points: float) -> FloatArray:
    """How probable it is that the effect reaches the SESOI, 0 to 1.

    The t distribution around the estimate with its standard error and degrees of freedom, which is the posterior
    under a flat prior.
    """
    chance: FloatArray = special.stdtr(effect.df, (effect.estimate - sesoi_points) / effect.se)
    return chance
