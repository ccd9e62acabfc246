"""The bias ledger: how large each possible lie looks, and how large it would have to be to overturn the verdict.

In points of the scale. Of a real pilot only: one replicate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import special

from pilot.analysis.careless import careless_row
from pilot.analysis.ground import Ground
from pilot.analysis.leavers import attrition_row
from pilot.analysis.single import number
from pilot.effects import Estimates, deciding_effect, effect_on
from pilot.effects.pre_trend import breakdown_bound, event_study
from pilot.plan import Plan, Protocol
from pilot.result import Bias
from pilot.scores import BoolArray, Panel, Questionnaires
from pilot.verdict import Decision, DecisionRule

POWER = 0.8
FEWEST_FOR_A_CORRELATION = 3


def bias_ledger(
    panel: Panel, questionnaires: Questionnaires, estimates: Estimates, decision: Decision, protocol: Protocol
) -> tuple[Bias, ...]:
    """One row for each lie that can be looked for in this pilot.

    Args:
        panel: What was seen.
        questionnaires: What was ticked, and how fast.
        estimates: What was estimated.
        decision: What was decided.
        protocol: The plan and its questionnaires.
    """
    plan = protocol.plan
    ground = Ground.of(estimates, decision, plan)
    if not math.isfinite(float(estimates.primary.estimate[0])):
        return ()
    return tuple(
        row
        for rows in (
            _pre_trend(panel, estimates, plan, ground),
            _drift(estimates, plan, ground),
            _regression_to_the_mean(estimates, panel, plan, ground),
            attrition_row(panel, estimates, protocol, ground),
            _novelty(estimates, plan, ground),
            _shifted_items(estimates, plan, ground),
            careless_row(panel, questionnaires, estimates, protocol, ground),
            _one_team(panel, estimates, plan, ground),
            _occasion(panel, estimates, plan, ground),
            _markers(panel, protocol),
        )
        for row in rows
    )


def _pre_trend(panel: Panel, estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """What the arms' difference would have become by itself, had it gone on as between the baselines.

    Where the lot made the arms their difference before the launch is chance, and carrying it on would mislead.
    """
    placebo = estimates.placebo
    slope_points = number(placebo.estimate)
    if slope_points is None or plan.grade == "A":
        return
    weeks = {wave.id: wave.week for wave in plan.calendar.waves}
    baseline, outcome = ([weeks[wave] for wave in waves] for waves in (plan.analysis.baseline, plan.analysis.outcome))
    times = (np.mean(outcome) - np.mean(baseline)) / (baseline[-1] - baseline[0])
    # As the rule looks for it: in one direction.
    reach = special.stdtrit(placebo.df, 1 - DecisionRule.of(plan).placebo_p) + special.stdtrit(placebo.df, POWER)
    study = event_study(
        panel.scores[plan.outcomes.primary.scale],
        np.array([wave.week for wave in plan.calendar.waves], dtype=float),
        panel.roster,
        weighting=plan.analysis.weighting,
    )
    among = np.isin(np.array(panel.wave_ids), plan.analysis.outcome)
    bend = number(breakdown_bound(study, outcome=among, confidence_pct=plan.rule.confidence_pct))
    yield Bias(
        code="pre_trend",
        looks_like=slope_points * float(times),
        overturns_at=ground.slack,
        smallest_seen=float(reach[0] * placebo.se[0] * times),
        values={} if bend is None else {"bend_points_per_week_squared": abs(bend)},
    )


def _drift(estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """How far two units would have to drift apart by themselves (standard deviation) for another verdict."""
    if not plan.rule.drift_allowance_points:
        return
    effect, overturns_at = estimates.primary, None
    if ground.margin is not None:
        quantile = float(special.stdtrit(effect.df, 0.5 + plan.rule.confidence_pct / 200)[0])
        estimate = float(effect.estimate[0])
        distance = estimate if ground.stands else plan.outcomes.primary.sesoi_points - estimate
        room = (distance / quantile) ** 2 - float(effect.se[0]) ** 2
        overturns_at = math.sqrt(max(room, 0.0))
    yield Bias(code="drift", looks_like=plan.rule.drift_allowance_points, overturns_at=overturns_at)


def _regression_to_the_mean(estimates: Estimates, panel: Panel, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """What a unit picked for its scores gains or loses by itself, at most: its distance times what people do not keep.

    Of a whole unit's mean much less is luck of the day than of one person's score.
    """
    picked = plan.unit.chosen_because in ("lowest_scores", "highest_scores")
    if plan.design != "comparison" or not picked:
        return
    before, after = estimates.before[0], estimates.after[0]
    linked, pilot = np.isfinite(before + after), panel.roster.person_treated[0]
    if (linked & ~pilot).sum() < FEWEST_FOR_A_CORRELATION or not (linked & pilot).any():
        return
    kept = float(np.corrcoef(before[linked & ~pilot], after[linked & ~pilot])[0, 1])
    distance = float(before[linked & pilot].mean() - before[linked & ~pilot].mean())
    if not math.isfinite(kept):  # too few to compare with, or answers that do not vary
        return
    yield Bias(code="regression_to_the_mean", looks_like=-(1 - kept) * distance, overturns_at=ground.slack)


def _novelty(estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """How much of the effect was gone at the follow-ups, and how much would have to be."""
    effect, lasting = float(estimates.primary.estimate[0]), number(estimates.lasting.estimate)
    if lasting is None:
        return
    quantile = float(special.stdtrit(estimates.lasting.df, 0.5 + plan.rule.lasting_confidence_pct / 200)[0])
    needed = max(quantile * float(estimates.lasting.se[0]), plan.rule.lasting_share * effect)
    yield Bias(code="novelty", looks_like=effect - lasting, overturns_at=effect - needed if ground.stands else None)


def _shifted_items(estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """By how much the weaker half of the items shows less than all, and how much less it would have to be.

    The half is chosen by looking, so that it shows less even where nothing shifted.
    """
    check, rule = estimates.items, plan.rule
    weak = number(check.weak_points)
    if weak is None:
        return
    every, effect = float(check.effects[0].mean()), float(estimates.primary.estimate[0])
    gap_se = float(check.gap_points[0] / check.gap_z[0]) if check.gap_z[0] else 0.0
    apart = max(every - rule.weak_items_share * effect, rule.items_gap_z * gap_se / 2)
    yield Bias(
        code="shifted_items",
        looks_like=every - weak,
        overturns_at=min(every - rule.weak_items_points, apart) if ground.stands else None,
    )


def _one_team(panel: Panel, estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """The most that the effect hangs on one team: one replicate for each team that is left out."""
    effect, n_teams = float(estimates.primary.estimate[0]), len(panel.roster.team_ids)
    others = panel.roster.team != np.arange(n_teams)[:, None]
    shifts = effect - deciding_effect(panel, plan, others).estimate
    shifts = shifts[np.isfinite(shifts)]
    if len(shifts):
        yield Bias(code="one_team", looks_like=float(shifts[np.abs(shifts).argmax()]), overturns_at=ground.slack)


def _occasion(panel: Panel, estimates: Estimates, plan: Plan, ground: Ground) -> Iterator[Bias]:
    """How much larger the effect is with the waves that were held close to a bonus date or the like."""
    near = set(plan.calendar.waves_near_an_occasion())
    baseline, outcome = (
        tuple(wave for wave in waves if wave not in near) for waves in (plan.analysis.baseline, plan.analysis.outcome)
    )
    touched = near & {*plan.analysis.baseline, *plan.analysis.outcome}
    if not touched or not baseline or not outcome or plan.design == "staggered":
        return
    analysis = plan.analysis.model_copy(update={"baseline": baseline, "outcome": outcome})
    without = number(deciding_effect(panel, plan.model_copy(update={"analysis": analysis}), _everybody(panel)).estimate)
    if without is not None:
        yield Bias(
            code="occasion", looks_like=float(estimates.primary.estimate[0]) - without, overturns_at=ground.slack
        )


def _markers(panel: Panel, protocol: Protocol) -> Iterator[Bias]:
    """How far scales moved that the practice should not move: where they did, something else was at work."""
    plan = protocol.plan
    for scale in protocol.instruments.scales.values():
        if not scale.is_marker or plan.design == "before_after":
            continue
        effect = effect_on(panel, plan, scale.id)
        moved = number(effect.estimate)
        if moved is None:
            continue
        reach = special.stdtrit(effect.df, 0.5 + plan.rule.confidence_pct / 200) + special.stdtrit(effect.df, POWER)
        yield Bias(
            code="marker",
            name=scale.name,
            looks_like=moved,
            overturns_at=None,  # points of another scale
            smallest_seen=float(reach[0] * effect.se[0]),
        )


def _everybody(panel: Panel) -> BoolArray:
    return np.ones((1, len(panel.roster.team)), dtype=np.bool_)
