"""The bias ledger: how large each possible lie looks, and how large it would have to be to overturn the verdict.

In points of the scale. Of a real pilot only: one replicate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

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
from pilot.verdict import WORDS, Decision, DecisionRule, Word

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
    ground = _Ground.of(estimates, decision, plan)
    if not math.isfinite(float(estimates.primary.estimate[0])):
        return ()
    return tuple(
        row
        for rows in (
            _pre_trend(panel, estimates, plan, ground),
            _drift(estimates, plan, ground),
            _regression_to_the_mean(estimates, panel, plan, ground),
            _attrition(panel, estimates, plan, ground),
            _novelty(estimates, plan, ground),
            _shifted_items(estimates, plan, ground),
            _careless(panel, questionnaires, estimates, plan, ground),
            _one_team(panel, estimates, plan, ground),
            _occasion(panel, estimates, plan, ground),
        )
        for row in rows
    )


@dataclass(frozen=True)
class _Ground:
    """What the verdict stands on.

    Attributes:
        word: The verdict.
        slack: Points by which the estimate would have to be too high (*stop*: too low, negative) for another verdict;
            None where it is inconclusive, since there is nothing to overturn.
        margin: Distance of the bound that decides, drift allowance included, from what it must not reach; else None.
    """

    word: Word
    slack: float | None
    margin: float | None

    @classmethod
    def of(cls, estimates: Estimates, decision: Decision, plan: Plan) -> _Ground:
        """Read it off the decision."""
        word, effect = WORDS[int(decision.word[0])], estimates.primary_with_drift
        slack = float(decision.slack_points[0])
        if word == "stop":
            return cls(word, -slack, plan.outcomes.primary.sesoi_points - float(effect.upper[0]))
        if word == "inconclusive":
            return cls(word, None, None)
        return cls(word, slack, float(effect.lower[0]))

    @property
    def stands(self) -> bool:
        """Whether the verdict is that there is an effect."""
        return self.word in ("scale", "adjust")


def _pre_trend(panel: Panel, estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
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


def _drift(estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
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


def _regression_to_the_mean(estimates: Estimates, panel: Panel, plan: Plan, ground: _Ground) -> Iterator[Bias]:
    """What a unit picked for its scores gains or loses by itself, at most: its distance times what people do not keep.

    Of a whole unit's mean much less is luck of the day than of one person's score.
    """
    picked = plan.unit.chosen_because in ("lowest_scores", "highest_scores")
    if plan.design != "comparison" or not picked:
        return
    before, after = estimates.before[0], estimates.after[0]
    linked, pilot = np.isfinite(before + after), panel.roster.person_treated[0]
    kept = float(np.corrcoef(before[linked & ~pilot], after[linked & ~pilot])[0, 1])
    distance = float(before[linked & pilot].mean() - before[linked & ~pilot].mean())
    if not math.isfinite(kept):  # too few to compare with, or answers that do not vary
        return
    yield Bias(code="regression_to_the_mean", looks_like=-(1 - kept) * distance, overturns_at=ground.slack)


def _attrition(panel: Panel, estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
    """By how much the pilot's leavers lay lower, and by how much they would have to for the rule.

    Beside it the tipping point: by how much less than expected the missing would have had to score.
    """
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
    to_zero = number(tipping.to_zero_points)
    side = 1.0 if ground.stands else -1.0
    yield Bias(
        code="attrition",
        looks_like=gap,
        overturns_at=None if ground.margin is None else side * ground.margin / plan.rule.attrition_share,
        values={} if to_zero is None else {"tipping_points": to_zero},
    )


def _novelty(estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
    """How much of the effect was gone at the follow-ups, and how much would have to be."""
    effect, lasting = float(estimates.primary.estimate[0]), number(estimates.lasting.estimate)
    if lasting is None:
        return
    quantile = float(special.stdtrit(estimates.lasting.df, 0.5 + plan.rule.lasting_confidence_pct / 200)[0])
    needed = max(quantile * float(estimates.lasting.se[0]), plan.rule.lasting_share * effect)
    yield Bias(code="novelty", looks_like=effect - lasting, overturns_at=effect - needed if ground.stands else None)


def _shifted_items(estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
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


def _careless(
    panel: Panel, questionnaires: Questionnaires, estimates: Estimates, plan: Plan, ground: _Ground
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
            overturns_at=ground.slack,
            values={"n_questionnaires": float(n_excluded)},
        )


def _one_team(panel: Panel, estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
    """The most that the effect hangs on one team: one replicate for each team that is left out."""
    effect, n_teams = float(estimates.primary.estimate[0]), len(panel.roster.team_ids)
    others = panel.roster.team != np.arange(n_teams)[:, None]
    shifts = effect - deciding_effect(panel, plan, others).estimate
    shifts = shifts[np.isfinite(shifts)]
    if len(shifts):
        yield Bias(code="one_team", looks_like=float(shifts[np.abs(shifts).argmax()]), overturns_at=ground.slack)


def _occasion(panel: Panel, estimates: Estimates, plan: Plan, ground: _Ground) -> Iterator[Bias]:
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


def _everybody(panel: Panel) -> BoolArray:
    return np.ones((1, len(panel.roster.team)), dtype=np.bool_)
