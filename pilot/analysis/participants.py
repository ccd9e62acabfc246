"""Who took part, and where the linked panel stood in each wave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilot.analysis.single import estimate_of
from pilot.effects import Estimate, Estimates, clustered_mean
from pilot.plan import Arm, Plan
from pilot.plan.model import ARMS
from pilot.result import ArmChange, ArmFlow, LinkedSummary, WaveMean
from pilot.scores import BoolArray, FloatArray, Panel


def present_arms(panel: Panel) -> dict[Arm, BoolArray]:
    """Which teams are in each arm that has any, shape (1, teams)."""
    teams: dict[Arm, BoolArray] = {"pilot": panel.roster.treated, "comparison": ~panel.roster.treated}
    return {arm: teams[arm] for arm in ARMS if teams[arm].any()}


def flow(panel: Panel, estimates: Estimates, plan: Plan) -> tuple[ArmFlow, ...]:
    """Participants by arm, from invitation to the linked panel."""
    edges = [panel.wave_ids.index(plan.analysis.baseline[0]), panel.wave_ids.index(_last_outcome_wave(plan))]
    invited = panel.invited[:, edges].any(axis=1)
    started, ended = ~np.isnan(estimates.before[0]), ~np.isnan(estimates.after[0])
    flows = []
    for arm, teams in present_arms(panel).items():
        member = teams[0][panel.roster.team]
        flows.append(
            ArmFlow(
                arm=arm,
                n_teams=int(teams.sum()),
                n_invited=int((member & (invited | started | ended)).sum()),
                n_baseline=int((member & started).sum()),
                n_outcome=int((member & ended).sum()),
                n_linked=int((member & started & ended).sum()),
                n_leavers=int((member & started & ~ended).sum()),
                n_joiners=int((member & ~started & ended).sum()),
            )
        )
    return tuple(flows)


def _last_outcome_wave(plan: Plan) -> str:
    return plan.waves_of_all_starts(plan.analysis.outcome)[-1]


def linked_summary(panel: Panel, estimates: Estimates, plan: Plan) -> LinkedSummary | None:
    """Both arms' linked people together; None where one team is all there is."""
    change = estimates.after - estimates.before
    everybody = np.ones_like(panel.roster.treated)
    pooled = estimate_of(_mean(change, panel, plan, everybody))
    if pooled is None:
        return None
    linked = ~np.isnan(change[0])
    before, after = estimates.before[0][linked], estimates.after[0][linked]
    return LinkedSummary(
        n_people=int(linked.sum()),
        n_teams=len(np.unique(panel.roster.team[linked])),
        mean_before=float(before.mean()),
        mean_after=float(after.mean()),
        sd_before=float(before.std(ddof=1)),
        sd_after=float(after.std(ddof=1)),
        correlation=_correlation(before, after),
        change=pooled,
        sd_change=float((after - before).std(ddof=1)),
    )


def arm_changes(panel: Panel, estimates: Estimates, plan: Plan) -> tuple[ArmChange, ...]:
    """Each arm's linked people before and after."""
    change = estimates.after - estimates.before
    changes = []
    for arm, teams in present_arms(panel).items():
        linked = teams[0][panel.roster.team] & ~np.isnan(change[0])
        if linked.any():
            changes.append(
                ArmChange(
                    arm=arm,
                    mean_before=float(estimates.before[0][linked].mean()),
                    mean_after=float(estimates.after[0][linked].mean()),
                    change=estimate_of(_mean(change, panel, plan, teams)),
                )
            )
    return tuple(changes)


def wave_means(panel: Panel, estimates: Estimates, plan: Plan) -> tuple[WaveMean, ...]:
    """The linked panel's mean of the primary scale by arm and wave; that of all who answered where all of them count.

    Where teams start in turns the pilot's mean of a wave holds teams that have not started yet: it shows where people
    stood in that week, as the comparison's does, and the gap between the two is smaller than the effect. A line a
    cohort would say more, about groups that are often too small to be shown.
    """
    everybody = plan.analysis.answers == "all"
    shown = ~np.isnan(estimates.after - estimates.before) | everybody
    means = []
    for arm, teams in present_arms(panel).items():
        for wave in plan.calendar.waves:
            scores = panel.scores[plan.outcomes.primary.scale][:, :, panel.wave_ids.index(wave.id)]
            estimate = _mean(np.where(shown, scores, np.nan), panel, plan, teams)
            if not estimate.n_people[0]:
                continue
            bounds = estimate_of(estimate)
            member = teams[0][panel.roster.team] & shown[0] & ~np.isnan(scores[0])
            means.append(
                WaveMean(
                    arm=arm,
                    wave_id=wave.id,
                    week=wave.week,
                    n_people=int(estimate.n_people[0]),
                    largest_share=_largest_share(panel.roster.team[member], plan),
                    mean=bounds.estimate if bounds else float(scores[0][member].mean()),
                    lower=bounds.lower if bounds else None,
                    upper=bounds.upper if bounds else None,
                )
            )
    return tuple(means)


def _largest_share(team: NDArray[np.intp], plan: Plan) -> float:
    """How much one person counts in a mean at most: everybody the same, or every team, and its people in it.

    Args:
        team: Of everybody in the mean.
        plan: The plan.
    """
    _, sizes = np.unique(team, return_counts=True)
    return float(1 / (len(sizes) * sizes.min() if plan.analysis.weighting == "team" else len(team)))


def _mean(values: FloatArray, panel: Panel, plan: Plan, teams: BoolArray) -> Estimate:
    return clustered_mean(
        values,
        panel.roster,
        teams=teams,
        weighting=plan.analysis.weighting,
        confidence_pct=plan.rule.confidence_pct,
    )


def _correlation(before: FloatArray, after: FloatArray) -> float:
    """Pearson's r; 0 where one of the two does not vary."""
    if before.std() == 0 or after.std() == 0:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])
