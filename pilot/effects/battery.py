"""Everything that a plan asks of one panel, in batch: the same code for the real pilot and for a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilot.effects.attrition import AttritionCheck, attrition_check
from pilot.effects.cluster_robust import Estimate
from pilot.effects.items import ItemCheck, item_check
from pilot.effects.linked import clustered_mean, effect_between_arms, with_drift
from pilot.effects.staggered import blocks_of, blocks_of_all_later, in_event_time, staggered_effect
from pilot.effects.unlinked import unlinked_effect
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
        of_all_answers: The same of all answers, where the plan wants both to stand; else None.
        primary_with_drift: The same with the drift allowance in its interval.
        lasting: The effect at the follow-ups, drift allowance included; all NaN when the plan has none or nobody
            answered yet.
        placebo: Difference between arms in the change from the first to the last baseline, before anything was
            tried; all NaN with one baseline or where nobody is compared.
        secondary: Effects by scale, drift allowance included.
        linked_share: Of those who answered before, or after if these are fewer, the share who did both, 0 to 1, in the
            arm where it is smaller; NaN where an arm has nobody before or after.
        attrition: Whether the arms lost different people.
        items: Whether the effect is in all items.
        guardrails: Worsening by measure.
        fidelity_pct: Mean of the pilot teams after launch, 0 to 100; NaN if measured in less than half of them.
        fidelity_n_teams: Pilot teams with a measurement.
    """

    before: FloatArray
    after: FloatArray
    primary: Estimate
    of_all_answers: Estimate | None
    primary_with_drift: Estimate
    lasting: Estimate
    placebo: Estimate
    secondary: Mapping[str, Estimate]
    linked_share: FloatArray
    attrition: AttritionCheck
    items: ItemCheck
    guardrails: Mapping[str, Worsening]
    fidelity_pct: FloatArray
    fidelity_n_teams: NDArray[np.intp]


def estimate_pilot(panel: Panel, plan: Plan) -> Estimates:
    """Estimate everything that the plan names."""
    rule, analysis, outcomes = plan.rule, plan.analysis, plan.outcomes
    before = panel.mean_of(outcomes.primary.scale, analysis.baseline)
    after = panel.own_mean_of(outcomes.primary.scale, analysis.outcome, plan)
    linked = ~np.isnan(after - before)
    arms = two_arms(panel, plan)

    def effect_at(scale: str, waves: tuple[str, ...]) -> Estimate:
        """On the linked panel only: figures about nearly the same people could be subtracted from each other."""
        start, end = panel.mean_of(scale, analysis.baseline), panel.own_mean_of(scale, waves, plan)
        start = start if analysis.answers == "all" else np.where(linked, start, np.nan)
        return _with_drift(_effect(panel, plan, scale, waves, start, end), plan)

    primary = _effect(panel, plan, outcomes.primary.scale, analysis.outcome, before, after)
    fidelity = _fidelity(panel, plan)
    n_fidelity = (~np.isnan(fidelity)).sum(axis=1)
    enough_fidelity = _enough_teams(~np.isnan(fidelity), panel.roster.treated)
    return Estimates(
        before=before,
        after=after,
        primary=primary,
        of_all_answers=_of_all_answers(before, after, panel, plan) if analysis.answers == "both" else None,
        primary_with_drift=_with_drift(primary, plan),
        lasting=effect_at(outcomes.primary.scale, analysis.lasting),
        placebo=_placebo(panel, plan),
        secondary={scale: effect_at(scale, analysis.outcome) for scale in outcomes.secondary},
        linked_share=_linked_share(before, after, panel.roster),
        attrition=attrition_check(
            before if arms is panel else arms.mean_of(outcomes.primary.scale, analysis.baseline),
            after if arms is panel else arms.mean_of(outcomes.primary.scale, analysis.outcome),
            arms.roster,
            retention_gap_pct=rule.retention_gap_pct,
            leavers_p=rule.leavers_p,
            attrition_share=rule.attrition_share,
        ),
        items=item_check(arms, analysis.baseline, analysis.outcome),
        guardrails={each.measure: _worsening(each, panel, plan) for each in outcomes.guardrails},
        fidelity_pct=np.where(enough_fidelity, mean_of_available(fidelity), np.nan),
        fidelity_n_teams=n_fidelity,
    )


def two_arms(panel: Panel, plan: Plan) -> Panel:
    """The panel for checks that compare two arms: where teams start in turns, each cohort beside those who wait."""
    return in_event_time(panel, plan) if plan.design == "staggered" else panel


def _linked_share(before: FloatArray, after: FloatArray, roster: Roster) -> FloatArray:
    started, ended = ~np.isnan(before), ~np.isnan(after)
    shares = []
    for arm in (roster.person_treated, ~roster.person_treated):
        both, fewer = (
            (started & ended & arm).sum(axis=1),
            np.minimum((started & arm).sum(axis=1), (ended & arm).sum(axis=1)),
        )
        shares.append(np.where(fewer > 0, both / np.maximum(fewer, 1), np.nan))
    smaller: FloatArray = np.minimum(*shares)
    return smaller


def deciding_effect(panel: Panel, plan: Plan, among: BoolArray) -> Estimate:
    """The effect that decides, of some of the people only.

    Args:
        panel: What was seen.
        plan: The plan.
        among: Who takes part, shape (replicates, people); of a panel with one replicate, as many choices as one likes.
    """
    scale, waves, roster = plan.outcomes.primary.scale, plan.analysis.outcome, panel.roster
    before = np.where(among, panel.mean_of(scale, plan.analysis.baseline), np.nan)
    after = np.where(among, panel.own_mean_of(scale, waves, plan), np.nan)
    start_week = np.broadcast_to(roster.start_week, (len(among), len(roster.team_ids)))
    chosen = replace(panel, roster=replace(roster, start_week=start_week))
    return _effect(chosen, plan, scale, waves, before, after)


def effect_on(panel: Panel, plan: Plan, scale: str) -> Estimate:
    """The plan's effect on another scale, of everybody who has a start and an end of it, without drift allowance."""
    before = panel.mean_of(scale, plan.analysis.baseline)
    after = panel.own_mean_of(scale, plan.analysis.outcome, plan)
    return _effect(panel, plan, scale, plan.analysis.outcome, before, after)


def _effect(
    panel: Panel, plan: Plan, scale: str, waves: tuple[str, ...], before: FloatArray, after: FloatArray
) -> Estimate:
    """The effect on a scale at some waves, of the people who have a start and an end, or of all answers."""
    if plan.analysis.answers == "all":
        return unlinked_effect(before, after, panel.roster, confidence_pct=plan.rule.confidence_pct)
    if plan.design != "staggered":
        return plan_effect(before, after, panel.roster, plan)
    return staggered_effect(
        panel,
        panel.scores[scale],
        panel.roster,
        blocks_of(plan, waves),
        ~np.isnan(before + after),
        estimator=plan.analysis.estimator,
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )


def _of_all_answers(before: FloatArray, after: FloatArray, panel: Panel, plan: Plan) -> Estimate:
    effect = unlinked_effect(before, after, panel.roster, confidence_pct=plan.rule.confidence_pct)
    return _with_drift(effect, plan)


def plan_effect(before: FloatArray, after: FloatArray, roster: Roster, plan: Plan) -> Estimate:
    """The plan's estimator where all pilot teams start at once; without a comparison, the mean change of its people."""
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
    compared = plan.design not in ("before_after", "staggered") and len(waves) > 1  # the lot needs no placebo
    if compared and plan.analysis.answers == "all":
        return unlinked_effect(first, last, panel.roster, confidence_pct=plan.rule.confidence_pct)
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
    """A team measure's mean up to the team's start (else the launch) and after it, shape (replicates, teams)."""
    values, weeks = _team_waves(panel, measure_id), np.array([wave.week for wave in plan.calendar.waves])
    if plan.design != "staggered":
        return mean_of_available(values[..., weeks <= 0]), mean_of_available(values[..., weeks > 0])
    starts = np.where(panel.roster.treated, panel.roster.start_week, 0.0)
    later = weeks > starts[..., None]
    return mean_of_available(np.where(later, np.nan, values)), mean_of_available(np.where(later, values, np.nan))


def _worsening(guardrail: Guardrail, panel: Panel, plan: Plan) -> Worsening:
    before, after = _before_and_after(panel, plan, guardrail.measure)
    treated = panel.roster.treated
    measured = ~np.isnan(before + after)
    sign = 1.0 if guardrail.worse == "higher" else -1.0
    in_pilot = measured & treated
    return Worsening(
        estimate=_team_effect(sign, guardrail.measure, after - before, panel, plan),
        is_measured=_enough_teams(in_pilot, treated)
        & (_enough_teams(measured & ~treated, ~treated) | (plan.design == "before_after")),
        mean_before=mean_of_available(np.where(in_pilot, before, np.nan)),
        mean_after=mean_of_available(np.where(in_pilot, after, np.nan)),
        n_pilot_teams=in_pilot.sum(axis=1),
    )


def _team_effect(sign: float, measure_id: str, raw_change: FloatArray, panel: Panel, plan: Plan) -> Estimate:
    """Difference between arms of a change that each team has one value of, shape (replicates, teams)."""
    roster, change = panel.roster, sign * raw_change
    each_team = Roster(
        np.array(roster.team_ids, dtype=object), np.arange(len(roster.team_ids)), roster.team_ids, roster.start_week
    )
    confidence_pct = plan.rule.confidence_pct
    if plan.design == "staggered":
        return staggered_effect(
            panel,
            sign * _team_waves(panel, measure_id),
            each_team,
            blocks_of_all_later(plan),
            ~np.isnan(change),
            estimator="change",
            weighting="person",
            confidence_pct=confidence_pct,
        )
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
