"""Everything that a plan asks of one panel, in batch: the same code for the real pilot and for a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.cluster_robust import Estimate
from pilot.effects.items import ItemCheck, item_check
from pilot.effects.linked import clustered_mean, effect_between_arms, with_drift
from pilot.plan import Guardrail, Plan
from pilot.scores import BoolArray, FloatArray, Panel, Roster, mean_of_available

SHARE_OF_TEAMS_MEASURED = 0.5


@dataclass(frozen=True)
class Worsening:
    """One guardrail, one value a replicate.

    Attributes:
        estimate: Worsening in the pilot teams compared with the others, in the measure's unit.
        is_measured: Whether enough teams of each arm were measured before and after; else the guardrail is not.
        mean_before: Pilot teams' mean before launch.
        mean_after: Pilot teams' mean after launch.
        n_pilot_teams: Pilot teams behind the two means.
    """

    estimate: Estimate
    is_measured: BoolArray
    mean_before: FloatArray
    mean_after: FloatArray
    n_pilot_teams: NDArray[np.intp]


@dataclass(frozen=True)
class Estimates:
    """What the decision rule and the result are made from; arrays have one entry a replicate.

    Attributes:
        before: Each person's start on the primary scale, points, shape (replicates, people).
        after: Each person's outcome, points, same shape.
        primary: The effect that decides.
        primary_with_drift: The same with the drift allowance in its interval.
        lasting: The effect at the follow-ups, drift allowance included; all NaN when the plan has none or nobody
            answered yet.
        placebo: Difference between arms in the change from the first to the last baseline, before anything was
            tried; all NaN with one baseline or where nobody is compared.
        secondary: Effects by scale, drift allowance included.
        attrition: Whether the arms lost different people.
        items: Whether the effect is in all items.
        guardrails: Worsening by measure.
        fidelity_pct: Mean of the pilot teams after launch, 0 to 100; NaN if measured in less than half of them.
        fidelity_n_teams: Pilot teams with a measurement.
    """

    before: FloatArray
    after: FloatArray
    primary: Estimate
    primary_with_drift: Estimate
    lasting: Estimate
    placebo: Estimate
    secondary: Mapping[str, Estimate]
    attrition: AttritionCheck
    items: ItemCheck
    guardrails: Mapping[str, Worsening]
    fidelity_pct: FloatArray
    fidelity_n_teams: NDArray[np.intp]


def estimate_pilot(panel: Panel, plan: Plan) -> Estimates:
    """Estimate everything that the plan names."""
    rule, analysis, outcomes = plan.rule, plan.analysis, plan.outcomes
    before = panel.mean_of(outcomes.primary.scale, analysis.baseline)
    after = panel.mean_of(outcomes.primary.scale, analysis.outcome)
    linked = ~np.isnan(after - before)

    def effect_at(scale: str, waves: tuple[str, ...]) -> Estimate:
        """On the linked panel only: figures about nearly the same people could be subtracted from each other."""
        start, end = panel.mean_of(scale, analysis.baseline), panel.mean_of(scale, waves)
        return _with_drift(plan_effect(np.where(linked, start, np.nan), end, panel.roster, plan), plan)

    primary = plan_effect(before, after, panel.roster, plan)
    fidelity = _fidelity(panel, plan)
    n_fidelity = (~np.isnan(fidelity)).sum(axis=1)
    enough_fidelity = _enough_teams(~np.isnan(fidelity), panel.roster.treated)
    return Estimates(
        before=before,
        after=after,
        primary=primary,
        primary_with_drift=_with_drift(primary, plan),
        lasting=effect_at(outcomes.primary.scale, analysis.lasting),
        placebo=_placebo(panel, plan),
        secondary={scale: effect_at(scale, analysis.outcome) for scale in outcomes.secondary},
        attrition=attrition_check(
            before,
            after,
            panel.roster,
            retention_gap_pct=rule.retention_gap_pct,
            leavers_p=rule.leavers_p,
            attrition_share=rule.attrition_share,
        ),
        items=item_check(panel, analysis.baseline, analysis.outcome),
        guardrails={each.measure: _worsening(each, panel, plan) for each in outcomes.guardrails},
        fidelity_pct=np.where(enough_fidelity, mean_of_available(fidelity), np.nan),
        fidelity_n_teams=n_fidelity,
    )


def plan_effect(before: FloatArray, after: FloatArray, roster: Roster, plan: Plan) -> Estimate:
    """The plan's estimator; for a pilot that nobody is compared with, the mean change of its own people."""
    weighting, confidence_pct = plan.analysis.weighting, plan.rule.confidence_pct
    if plan.design == "before_after":
        teams = roster.treated
        change = after - before
        return clustered_mean(change, roster, teams=teams, weighting=weighting, confidence_pct=confidence_pct)
    estimator = plan.analysis.estimator
    return effect_between_arms(
        before, after, roster, estimator=estimator, weighting=weighting, confidence_pct=confidence_pct
    )


def _with_drift(estimate: Estimate, plan: Plan) -> Estimate:
    return with_drift(estimate, plan.rule.drift_allowance_points, confidence_pct=plan.rule.confidence_pct)


def _placebo(panel: Panel, plan: Plan) -> Estimate:
    waves = plan.analysis.baseline
    first, last = (panel.mean_of(plan.outcomes.primary.scale, (wave,)) for wave in (waves[0], waves[-1]))
    nothing = np.full_like(first, np.nan)
    compared = plan.design != "before_after" and len(waves) > 1
    return effect_between_arms(
        first if compared else nothing,
        last,
        panel.roster,
        estimator="change",
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )


def _team_waves(panel: Panel, measure_id: str) -> FloatArray:
    """A team measure, shape (replicates, teams, waves); NaN throughout when it was never measured."""
    shape = (len(panel.roster.treated), len(panel.roster.team_ids), len(panel.wave_ids))
    return panel.measures.get(measure_id, np.full(shape, np.nan))


def _before_and_after(panel: Panel, plan: Plan, measure_id: str) -> tuple[FloatArray, FloatArray]:
    """A team measure's mean up to the launch and after it, shape (replicates, teams)."""
    values = _team_waves(panel, measure_id)
    later = np.array([wave.week > 0 for wave in plan.calendar.waves])
    return mean_of_available(values[..., ~later]), mean_of_available(values[..., later])


def _worsening(guardrail: Guardrail, panel: Panel, plan: Plan) -> Worsening:
    before, after = _before_and_after(panel, plan, guardrail.measure)
    treated = panel.roster.treated
    measured = ~np.isnan(before + after)
    sign = 1.0 if guardrail.worse == "higher" else -1.0
    in_pilot = measured & treated
    return Worsening(
        estimate=_team_effect(sign * (after - before), panel.roster, plan),
        is_measured=_enough_teams(in_pilot, treated)
        & (_enough_teams(measured & ~treated, ~treated) | (plan.design == "before_after")),
        mean_before=mean_of_available(np.where(in_pilot, before, np.nan)),
        mean_after=mean_of_available(np.where(in_pilot, after, np.nan)),
        n_pilot_teams=in_pilot.sum(axis=1),
    )


def _team_effect(change: FloatArray, roster: Roster, plan: Plan) -> Estimate:
    """Difference between arms of a change that each team has one value of, shape (replicates, teams)."""
    each_team = Roster(
        np.array(roster.team_ids, dtype=object), np.arange(len(roster.team_ids)), roster.team_ids, roster.start_week
    )
    confidence_pct = plan.rule.confidence_pct
    if plan.design == "before_after":
        return clustered_mean(
            change, each_team, teams=roster.treated, weighting="person", confidence_pct=confidence_pct
        )
    return effect_between_arms(
        np.zeros_like(change),
        change,
        each_team,
        estimator="change",
        weighting="person",
        confidence_pct=confidence_pct,
    )


def _enough_teams(measured: BoolArray, arm: BoolArray) -> BoolArray:
    """At least half of an arm's teams, and at least one: less would say nothing about the arm."""
    n_measured = measured.sum(axis=1)
    enough: BoolArray = (n_measured > 0) & (n_measured >= SHARE_OF_TEAMS_MEASURED * arm.sum(axis=1))
    return enough


def _fidelity(panel: Panel, plan: Plan) -> FloatArray:
    """Fidelity of each pilot team after launch, percent, shape (replicates, teams)."""
    if plan.outcomes.fidelity is None:
        return np.full(panel.roster.treated.shape, np.nan)
    _, after = _before_and_after(panel, plan, plan.outcomes.fidelity.measure)
    return np.where(panel.roster.treated, after, np.nan)
