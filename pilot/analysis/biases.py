"""The bias ledger: how large each possible lie looks, and how large it would have to be to overturn the verdict.

In points of the scale. Of a real pilot only: one replicate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import special

from pilot.analysis.single import number
from pilot.effects import Estimates, deciding_effect, two_arms
from pilot.effects.bounds import tipping_point
from pilot.effects.pre_trend import breakdown_bound, event_study
from pilot.plan import Plan
from pilot.psychometrics.carelessness import CarelessLimits, careless_flags
from pilot.result import Bias
from pilot.scores import BoolArray, Panel, Questionnaires
from pilot.verdict import WORDS, Decision

POWER = 0.8
LOOKED_AT_ITEMS = 6  # fewer answers than these in a row are no straight line
NO_VARIABILITY_POINTS = 0.01


def bias_ledger(
    panel: Panel, questionnaires: Questionnaires, estimates: Estimates, decision: Decision, plan: Plan
) -> tuple[Bias, ...]:
    """One row for each lie that can be looked for in this pilot.

    Args:
        panel: What was seen.
        questionnaires: What was ticked, and how fast.
        estimates: What was estimated.
        decision: What was decided.
        plan: The plan.
    """
    word = WORDS[int(decision.word[0])]
    slack = float(decision.slack_points[0]) if word != "inconclusive" else None
    if not math.isfinite(float(estimates.primary.estimate[0])):
        return ()
    return tuple(
        row
        for rows in (
            _pre_trend(panel, estimates, plan, slack),
            _drift(estimates, plan),
            _regression_to_the_mean(estimates, panel, plan, slack),
            _attrition(panel, estimates, plan),
            _novelty(estimates, plan),
            _shifted_items(estimates, plan),
            _careless(panel, questionnaires, estimates, plan, slack),
            _one_team(panel, estimates, plan, slack),
            _occasion(panel, estimates, plan, slack),
        )
        for row in rows
    )


def _pre_trend(panel: Panel, estimates: Estimates, plan: Plan, slack: float | None) -> Iterator[Bias]:
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
    reach = special.stdtrit(placebo.df, 0.5 + plan.rule.confidence_pct / 200) + special.stdtrit(placebo.df, POWER)
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
        overturns_at=slack,
        smallest_seen=float(reach[0] * placebo.se[0] * times),
        values={} if bend is None else {"bend_points_per_week_squared": abs(bend)},
    )


def _drift(estimates: Estimates, plan: Plan) -> Iterator[Bias]:
    """How far two units would have to drift apart by themselves (standard deviation) for zero to come back in."""
    if not plan.rule.drift_allowance_points:
        return
    effect = estimates.primary
    quantile = float(special.stdtrit(effect.df, 0.5 + plan.rule.confidence_pct / 200)[0])
    room = (float(effect.estimate[0]) / quantile) ** 2 - float(effect.se[0]) ** 2
    yield Bias(
        code="drift",
        looks_like=plan.rule.drift_allowance_points,
        overturns_at=math.sqrt(room) if room > 0 else 0.0,
    )


def _regression_to_the_mean(estimates: Estimates, panel: Panel, plan: Plan, slack: float | None) -> Iterator[Bias]:
    """What a unit picked for its scores gains or loses by itself: its distance times what scores do not keep."""
    picked = plan.unit.chosen_because in ("lowest_scores", "highest_scores")
    if plan.design != "comparison" or not picked:
        return
    before, after = estimates.before[0], estimates.after[0]
    linked, pilot = np.isfinite(before + after), panel.roster.person_treated[0]
    kept = float(np.corrcoef(before[linked & ~pilot], after[linked & ~pilot])[0, 1])
    distance = float(before[linked & pilot].mean() - before[linked & ~pilot].mean())
    yield Bias(code="regression_to_the_mean", looks_like=-(1 - kept) * distance, overturns_at=slack)


def _attrition(panel: Panel, estimates: Estimates, plan: Plan) -> Iterator[Bias]:
    """By how much the pilot's leavers lay lower, and how much lower than expected they would have had to score."""
    gap = number(estimates.attrition.leavers_gap)
    if gap is None or plan.design == "before_after":
        return
    arms, scale = two_arms(panel, plan), plan.outcomes.primary.scale
    before, after = (arms.mean_of(scale, waves) for waves in (plan.analysis.baseline, plan.analysis.outcome))
    tipping = tipping_point(
        before,
        after,
        arms.roster,
        estimator=plan.analysis.estimator,
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )
    to_doubt = number(tipping.to_doubt_points)
    yield Bias(code="attrition", looks_like=gap, overturns_at=None if to_doubt is None else max(to_doubt, 0.0))


def _novelty(estimates: Estimates, plan: Plan) -> Iterator[Bias]:
    """How much of the effect was gone at the follow-ups, and how much would have to be."""
    effect, lasting = float(estimates.primary.estimate[0]), number(estimates.lasting.estimate)
    if lasting is None:
        return
    quantile = float(special.stdtrit(estimates.lasting.df, 0.5 + plan.rule.lasting_confidence_pct / 200)[0])
    needed = max(quantile * float(estimates.lasting.se[0]), plan.rule.lasting_share * effect)
    yield Bias(code="novelty", looks_like=effect - lasting, overturns_at=max(effect - needed, 0.0))


def _shifted_items(estimates: Estimates, plan: Plan) -> Iterator[Bias]:
    """By how much the effect is smaller on the weaker half of the items, and how small it would have to be there."""
    weak = number(estimates.items.weak_points)
    if weak is None:
        return
    effect = float(estimates.primary.estimate[0])
    yield Bias(
        code="shifted_items", looks_like=effect - weak, overturns_at=max(effect - plan.rule.weak_items_points, 0.0)
    )


def _careless(
    panel: Panel, questionnaires: Questionnaires, estimates: Estimates, plan: Plan, slack: float | None
) -> Iterator[Bias]:
    """How much larger the effect is with questionnaires that show two signs of not having been read."""
    scale = plan.outcomes.primary.scale
    scores, n_excluded = panel.scores[scale].copy(), 0
    for wave in range(len(panel.wave_ids)):
        answers = questionnaires.answers[:, :, wave]
        asked = ~np.isnan(answers).all(axis=(0, 1))
        if asked.sum() < LOOKED_AT_ITEMS:
            continue
        flags = careless_flags(
            answers[..., asked],
            CarelessLimits(longest_run=int(asked.sum()), least_variability=NO_VARIABILITY_POINTS),
            seconds=questionnaires.seconds[:, :, wave],
        )
        scores[:, :, wave][flags.excluded] = np.nan
        n_excluded += int(flags.n_excluded.sum())
    careful = replace(panel, scores={scale: scores})
    without = number(deciding_effect(careful, plan, _everybody(panel)).estimate)
    if without is not None:
        yield Bias(
            code="careless",
            looks_like=float(estimates.primary.estimate[0]) - without,
            overturns_at=slack,
            values={"n_questionnaires": float(n_excluded)},
        )


def _one_team(panel: Panel, estimates: Estimates, plan: Plan, slack: float | None) -> Iterator[Bias]:
    """The most that the effect hangs on one team: one replicate for each team that is left out."""
    effect, n_teams = float(estimates.primary.estimate[0]), len(panel.roster.team_ids)
    others = panel.roster.team != np.arange(n_teams)[:, None]
    shifts = effect - deciding_effect(panel, plan, others).estimate
    shifts = shifts[np.isfinite(shifts)]
    if len(shifts):
        yield Bias(code="one_team", looks_like=float(shifts[np.abs(shifts).argmax()]), overturns_at=slack)


def _occasion(panel: Panel, estimates: Estimates, plan: Plan, slack: float | None) -> Iterator[Bias]:
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
        yield Bias(code="occasion", looks_like=float(estimates.primary.estimate[0]) - without, overturns_at=slack)


def _everybody(panel: Panel) -> BoolArray:
    return np.ones((1, len(panel.roster.team)), dtype=np.bool_)
