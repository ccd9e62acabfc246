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
from numpy.typing import NDArray
from scipy import special

from pilot.effects import Estimate, Estimates
from pilot.effects.cluster_robust import interval
from pilot.plan import Plan
from pilot.scores import BoolArray, FloatArray

Word = Literal["inconclusive", "scale", "adjust", "stop"]
WORDS: tuple[Word, ...] = get_args(Word)
Cap = Literal[
    "refused",
    "few_clusters",
    "fades",
    "unequal_attrition",
    "shifted_items",
    "pre_trend",
    "grade_d",
    "comparison_needs_waves",
    "no_follow_up",
    "not_linked",
    "guardrail_not_measured",
    "fidelity_not_measured",
]

VALIDITY_CAPS: tuple[Cap, ...] = (
    "refused",
    "few_clusters",
    "fades",
    "unequal_attrition",
    "shifted_items",
    "pre_trend",
)
"""They make any verdict inconclusive, where they bear on it."""

SHARE_TO_KNOW_WHO_LEFT = 0.5  # linked, of those who answered; with fewer most of who left is unknown
DESIGN_CAPS: tuple[Cap, ...] = (
    "grade_d",
    "comparison_needs_waves",
    "no_follow_up",
    "not_linked",
    "guardrail_not_measured",
    "fidelity_not_measured",
)
"""They only forbid *scale*."""


@dataclass(frozen=True)
class DecisionRule:
    """The plan's numbers and what its design allows.

    Attributes:
        sesoi_points: Smallest effect of interest.
        minimum_df: Below it too few teams carry the result.
        fidelity_floor_pct: None when the plan measures no fidelity.
        has_follow_up: Whether the plan asks again after the outcome.
        before_after_only: Evidence grade D.
        is_comparison: Two units are compared: what they did before the launch must not differ.
        comparison_needs_waves: A comparison of units without enough baselines and later waves.
        margins: Largest acceptable worsening of each guardrail, in its own unit.
        harm_must_be_ruled_out: Whether a guardrail is kept only where its interval lies below the margin.
        weak_items_points: Effect on the weaker half of the items below which it is in some items only.
        items_gap_z: Gap between the halves, over its standard error, from which items are taken to have shifted ...
        weak_items_share: ... unless the weaker half moved by this share of the effect.
        lasting_share: Share of the effect that must still be there at the follow-ups.
        placebo_p: One-sided p below which the arms moved apart before anything was tried.
    """

    sesoi_points: float
    minimum_df: float
    fidelity_floor_pct: float | None
    has_follow_up: bool
    before_after_only: bool
    is_comparison: bool
    comparison_needs_waves: bool
    margins: Mapping[str, float]
    harm_must_be_ruled_out: bool
    weak_items_points: float
    items_gap_z: float
    weak_items_share: float
    lasting_share: float
    placebo_p: float = 0.05

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
            is_comparison=plan.design == "comparison",
            comparison_needs_waves=plan.design == "comparison" and not enough_waves,
            weak_items_points=plan.rule.weak_items_points,
            items_gap_z=plan.rule.items_gap_z,
            weak_items_share=plan.rule.weak_items_share,
            lasting_share=plan.rule.lasting_share,
            margins={guardrail.measure: guardrail.margin for guardrail in plan.outcomes.guardrails},
            harm_must_be_ruled_out=plan.rule.guardrail_proof == "ruled_out",
        )


@dataclass(frozen=True)
class Evidence:
    """What the rule looks at, one value a replicate; NaN where it cannot be estimated or was not measured.

    Attributes:
        estimate: Effect, points.
        lower: Lower bound, drift allowance included.
        upper: Upper bound, drift allowance included.
        df: Satterthwaite degrees of freedom.
        lasting: Effect at the follow-ups, points.
        lasting_lower: Lower bound of it, at the plan's confidence for the follow-ups.
        inflating_bias: Points of the effect that unequal attrition may have made; 0 where not flagged.
        hiding_bias: Points of effect that it may have hidden; 0 where not flagged.
        placebo_p: One-sided p of no upward difference between the arms before the launch.
        weak_items: Mean effect on the weaker half of the items, points; NaN where they cannot be compared.
        items_gap_z: By how much the stronger half moved more, over its standard error.
        worsening: Of each guardrail in its own unit, NaN where it was not measured in enough teams.
        worst_worsening: Largest worsening that its interval holds, likewise.
        fidelity_pct: Mean of the pilot teams.
        linked_estimate: Effect among linked people, points: what was looked at in them (follow-ups, items) is compared
            with it. The same as `estimate` where only they decide.
        poorly_linked: Whether all answers decide, and too few could be linked to know who left.
    """

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    df: FloatArray
    lasting: FloatArray
    lasting_lower: FloatArray
    inflating_bias: FloatArray
    hiding_bias: FloatArray
    placebo_p: FloatArray
    weak_items: FloatArray
    items_gap_z: FloatArray
    worsening: Mapping[str, FloatArray]
    worst_worsening: Mapping[str, FloatArray]
    fidelity_pct: FloatArray
    linked_estimate: FloatArray
    poorly_linked: BoolArray

    @classmethod
    def of(cls, estimates: Estimates, plan: Plan) -> Evidence:
        """The evidence among a plan's estimates."""
        deciding, placebo, lasting = estimates.primary_with_drift, estimates.placebo, estimates.lasting
        both = (deciding, estimates.of_all_answers or deciding)
        lasting_lower, _ = interval(
            lasting.estimate, lasting.se, lasting.df, confidence_pct=plan.rule.lasting_confidence_pct
        )
        return cls(
            # Where two estimates must stand, an effect is what both show, and is ruled out when both rule it out.
            estimate=np.minimum(*(each.estimate for each in both)),
            lower=np.minimum(*(each.lower for each in both)),
            upper=np.maximum(*(each.upper for each in both)),
            df=np.minimum(*(each.df for each in both)),
            lasting=lasting.estimate,
            lasting_lower=lasting_lower,
            inflating_bias=estimates.attrition.inflating_points,
            hiding_bias=estimates.attrition.hiding_points,
            placebo_p=np.where(placebo.estimate > 0, placebo.p / 2, 1 - placebo.p / 2),
            weak_items=estimates.items.weak_points,
            items_gap_z=estimates.items.gap_z,
            worsening={
                measure: np.where(each.is_measured, each.estimate.estimate, np.nan)
                for measure, each in estimates.guardrails.items()
            },
            worst_worsening={
                measure: np.where(each.is_measured, each.estimate.upper, np.nan)
                for measure, each in estimates.guardrails.items()
            },
            fidelity_pct=estimates.fidelity_pct,
            linked_estimate=deciding.estimate,
            poorly_linked=_poorly_linked(estimates, plan),
        )


def _poorly_linked(estimates: Estimates, plan: Plan) -> BoolArray:
    if plan.analysis.answers != "all":  # then linked people decide, and there are as many as they are
        return np.zeros(estimates.linked_share.shape, dtype=np.bool_)
    poorly: BoolArray = ~(estimates.linked_share >= SHARE_TO_KNOW_WHO_LEFT)
    return poorly


@dataclass(frozen=True)
class Decision:
    """The verdict and what it rests on, one value a replicate.

    Attributes:
        word: Index into `WORDS`.
        stands: The lower bound is above 0 and the estimate reaches the SESOI.
        worthwhile_ruled_out: The upper bound is below the SESOI.
        lasts: The effect is still there at the follow-ups.
        low_fidelity: The loop was run below its floor.
        breached: By guardrail: whether it got worse by more than its margin.
        harm_ruled_out: By guardrail: whether its interval lies below the margin (noninferiority).
        troubled: By guardrail: whether it keeps the pilot from *scale*: breached, or unproven where the plan wants
            proof.
        not_measured: By guardrail: whether too few teams measured it.
        caps: Which caps apply, by name.
        slack_points: By how much the effect may be wrong before another word would be said; 0 for *inconclusive*.
    """

    word: NDArray[np.int8]
    stands: BoolArray
    worthwhile_ruled_out: BoolArray
    lasts: BoolArray
    low_fidelity: BoolArray
    breached: Mapping[str, BoolArray]
    harm_ruled_out: Mapping[str, BoolArray]
    troubled: Mapping[str, BoolArray]
    not_measured: Mapping[str, BoolArray]
    caps: Mapping[Cap, BoolArray]
    slack_points: FloatArray


def decide(evidence: Evidence, rule: DecisionRule) -> Decision:
    """Apply the rule to every replicate."""
    stands = (evidence.lower > 0) & (evidence.estimate >= rule.sesoi_points)
    ruled_out = evidence.upper < rule.sesoi_points
    below_floor = np.less(evidence.fidelity_pct, rule.fidelity_floor_pct or 0.0)
    breached = {measure: worsening > rule.margins[measure] for measure, worsening in evidence.worsening.items()}
    harmless = {measure: worst <= rule.margins[measure] for measure, worst in evidence.worst_worsening.items()}
    not_measured = {measure: np.isnan(worsening) for measure, worsening in evidence.worsening.items()}
    unproven = {measure: ~(harmless[measure] | missing) for measure, missing in not_measured.items()}
    troubled = unproven if rule.harm_must_be_ruled_out else breached
    nowhere = np.zeros(stands.shape, dtype=bool)
    caps = _caps(evidence, rule, stands, ruled_out)
    caps["guardrail_not_measured"] = np.logical_or.reduce([nowhere, *not_measured.values()])
    validity = np.logical_or.reduce([caps[cap] for cap in VALIDITY_CAPS])
    solid = stands & ~validity & ~np.logical_or.reduce([caps[cap] for cap in DESIGN_CAPS])
    in_trouble = np.logical_or.reduce([below_floor, *troubled.values()])
    stop = ruled_out & ~validity
    word = np.select(
        [stop, solid & in_trouble, solid],
        [WORDS.index("stop"), WORDS.index("adjust"), WORDS.index("scale")],
        WORDS.index("inconclusive"),
    ).astype(np.int8)
    return Decision(
        word=word,
        stands=stands,
        worthwhile_ruled_out=ruled_out,
        lasts=_lasts(evidence, rule),
        low_fidelity=below_floor,
        breached=breached,
        harm_ruled_out=harmless,
        troubled=troubled,
        not_measured=not_measured,
        caps=caps,
        slack_points=_slack(evidence, rule, stop, solid),
    )


def _caps(evidence: Evidence, rule: DecisionRule, stands: BoolArray, ruled_out: BoolArray) -> dict[Cap, BoolArray]:
    def everywhere(applies: bool) -> BoolArray:
        return np.full(evidence.estimate.shape, applies)

    made = (evidence.inflating_bias > 0) & stands & (evidence.lower - evidence.inflating_bias <= 0)
    hidden = (evidence.hiding_bias > 0) & ruled_out & (evidence.upper + evidence.hiding_bias >= rule.sesoi_points)
    apart = (evidence.items_gap_z >= rule.items_gap_z) & (
        evidence.weak_items < rule.weak_items_share * evidence.linked_estimate
    )
    drifted_up = stands & ~(evidence.placebo_p >= rule.placebo_p)  # without a second baseline nobody knows
    drifted_down = ruled_out & (1 - evidence.placebo_p < rule.placebo_p)
    return {
        # Not a number, or an interval without width because nothing varied: neither carries a verdict.
        "refused": ~(evidence.upper > evidence.lower),
        "few_clusters": evidence.df < rule.minimum_df,
        "fades": stands & ~_lasts(evidence, rule) & rule.has_follow_up,
        "unequal_attrition": made | hidden,
        "shifted_items": stands & ((evidence.weak_items < rule.weak_items_points) | apart),
        "pre_trend": (drifted_up | drifted_down) & rule.is_comparison,
        "grade_d": everywhere(rule.before_after_only),
        "comparison_needs_waves": everywhere(rule.comparison_needs_waves),
        "no_follow_up": everywhere(not rule.has_follow_up),
        "not_linked": evidence.poorly_linked,
        "fidelity_not_measured": np.isnan(evidence.fidelity_pct),
    }


def _lasts(evidence: Evidence, rule: DecisionRule) -> BoolArray:
    """Whether the effect is still there at the follow-ups, and not only a remainder of it."""
    enough = rule.lasting_share * evidence.linked_estimate
    lasts: BoolArray = (evidence.lasting_lower > 0) & (evidence.lasting >= enough)
    return lasts


def _slack(evidence: Evidence, rule: DecisionRule, stop: BoolArray, solid: BoolArray) -> FloatArray:
    """Distance of the nearest bound that decides, points."""
    upward = np.fmin(evidence.lower - evidence.inflating_bias, evidence.estimate - rule.sesoi_points)
    upward = np.fmin(upward, evidence.lasting_lower)
    if rule.lasting_share < 1:
        # Both estimates are wrong by as much, so that their ratio moves by less.
        beyond = evidence.lasting - rule.lasting_share * evidence.linked_estimate
        upward = np.fmin(upward, beyond / (1 - rule.lasting_share))
    downward = rule.sesoi_points - evidence.upper - evidence.hiding_bias
    return np.select([stop, solid], [downward, upward], 0.0)


def chance_worthwhile(effect: Estimate, sesoi_points: float) -> FloatArray:
    """How probable it is that the effect reaches the SESOI, 0 to 1.

    The t distribution around the estimate with its standard error and degrees of freedom, which is the posterior
    under a flat prior.
    """
    se = np.where(effect.se > 0, effect.se, np.nan)
    chance: FloatArray = special.stdtr(effect.df, (effect.estimate - sesoi_points) / se)
    return chance
