"""Everything that a plan asks of one panel, in batch: the same code for the real pilot and for a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.cluster_robust import Estimate
from pilot.effects.linked import clustered_mean, effect_between_arms, with_drift
from pilot.plan import Guardrail, Plan
from pilot.scores import FloatArray, Panel, Roster, mean_of_available


@dataclass(frozen=True)
class Worsening:
    """One guardrail, one value a replicate.

    Attributes:
        estimate: Worsening in the pilot teams compared with the others, in the measure's unit; NaN if not measured.
        mean_before: Pilot teams' mean before launch.
        mean_after: Pilot teams' mean after launch.
    """

    estimate: Estimate
    mean_before: FloatArray
    mean_after: FloatArray


@dataclass(frozen=True)
class Estimates:
    """What the decision rule and the result are made from; arrays have one entry a replicate.

    Attributes:
        before: Each person's start on the primary scale, points, shape (replicates, people).
        after: Each person's outcome, points, same shape.
        primary: The effect that decides.
        primary_with_drift: The same with the drift allowance in its interval.
        lasting: The effect at the follow-ups; all NaN when the plan has none or nobody answered yet.
        secondary: Effects by scale.
        attrition: Whether the arms lost different people.
        guardrails: Worsening by measure.
        fidelity_pct: Mean of the pilot teams after launch, 0 to 100; NaN if not measured.
        fidelity_n_teams: Pilot teams with a measurement.
    """

    before: FloatArray
    after: FloatArray
    primary: Estimate
    primary_with_drift: Estimate
    lasting: Estimate
    secondary: Mapping[str, Estimate]
    attrition: AttritionCheck
    guardrails: Mapping[str, Worsening]
    fidelity_pct: FloatArray
    fidelity_n_teams: np.ndarray[tuple[int, ...], np.dtype[np.intp]]


def estimate_pilot(panel: Panel, plan: Plan) -> Estimates:
    """Estimate everything that the plan names."""
    rule, analysis, outcomes = plan.rule, plan.analysis, plan.outcomes
    before = panel.mean_of(outcomes.primary.scale, analysis.baseline)
    after = panel.mean_of(outcomes.primary.scale, analysis.outcome)
    primary = _effect(before, after, panel.roster, plan)
    secondary = {
        scale: _effect(
            panel.mean_of(scale, analysis.baseline),
            panel.mean_of(scale, analysis.outcome),
            panel.roster,
            plan,
        )
        for scale in outcomes.secondary
    }
    later = panel.mean_of(outcomes.primary.scale, analysis.lasting)
    fidelity = _fidelity(panel, plan)
    return Estimates(
        before=before,
        after=after,
        primary=primary,
        primary_with_drift=with_drift(primary, rule.drift_allowance_points, confidence_pct=rule.confidence_pct),
        lasting=_effect(before, later, panel.roster, plan),
        secondary=secondary,
        attrition=attrition_check(
            before,
            after,
            panel.roster,
            retention_gap_pct=rule.retention_gap_pct,
            leavers_p=rule.leavers_p,
            attrition_share=rule.attrition_share,
        ),
        guardrails={each.measure: _worsening(each, panel, plan) for each in outcomes.guardrails},
        fidelity_pct=mean_of_available(fidelity),
        fidelity_n_teams=(~np.isnan(fidelity)).sum(axis=1),
    )


def _effect(before: FloatArray, after: FloatArray, roster: Roster, plan: Plan) -> Estimate:
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
    n_teams = len(panel.roster.team_ids)
    teams = replace(panel.roster, team=np.arange(n_teams))  # each team stands for itself
    sign = 1.0 if guardrail.worse == "higher" else -1.0
    # Teams have one value each, so every team counts the same, whatever the plan says of people.
    by_team = plan.analysis.model_copy(update={"estimator": "change", "weighting": "person"})
    measured = panel.roster.treated & ~np.isnan(before + after)
    return Worsening(
        estimate=_effect(sign * before, sign * after, teams, plan.model_copy(update={"analysis": by_team})),
        mean_before=mean_of_available(np.where(measured, before, np.nan)),
        mean_after=mean_of_available(np.where(measured, after, np.nan)),
    )


def _fidelity(panel: Panel, plan: Plan) -> FloatArray:
    """Fidelity of each pilot team after launch, percent, shape (replicates, teams)."""
    if plan.outcomes.fidelity is None:
        return np.full(panel.roster.treated.shape, np.nan)
    _, after = _before_and_after(panel, plan, plan.outcomes.fidelity.measure)
    return np.where(panel.roster.treated, after, np.nan)
