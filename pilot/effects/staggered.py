"""The effect of a staggered start: each cohort against teams that have not started yet.

Group-time effects of Callaway & Sant'Anna (2021, Journal of Econometrics 225, 200-230): cohort g, which starts in week
s_g, is compared in each of its outcome waves with teams that have not started by then, never with teams that have. A
two-way fixed-effects regression would use the latter too, and with effects that grow or fade give some of them negative
weight (Goodman-Bacon 2021, Journal of Econometrics 225, 254-277).

An outcome wave lies as many weeks after s_g as the plan's outcome waves lie after the launch. Waves at which the same
teams are still waiting form a block; in block k

    theta_k = difference between the cohort and those waiting in people's mean over the block's waves, by the house's
              models (ANCOVA on the baseline, or change), and theta = sum_k omega_k theta_k,

omega_k by the cohort's people (or teams) times the block's waves, so that every wave counts the same. The baseline of
a cohort is the mean of the plan's baselines and of all waves up to its own start, of the teams that it is compared
with too: with starts in weeks 0 and 12 that takes a tenth off the standard error, and the lot allows it. (A team that
knows its day may move before it; that would make the estimate smaller, not larger.)

Each team's parts psi_jk in the errors of the theta_k are CR2-corrected (`team_model.Solved`) and add up, because a
waiting team serves several blocks:

    V(theta) = sum_j (sum_k omega_k psi_jk)^2.

Degrees of freedom are Satterthwaite's for this quadratic form, as in `cluster_robust`, with one error for each person,
the same in all waves (`staggered_df`). With one start all of this is `linked.effect_between_arms`, to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilot.effects.cluster_robust import Estimate, sum_by_cluster, t_estimate
from pilot.effects.linked import Estimator, Weighting, centred, rows_between_arms
from pilot.effects.staggered_df import FittedBlock, staggered_df
from pilot.effects.team_model import solve
from pilot.plan import Plan
from pilot.scores import AnyFloatArray, BoolArray, FloatArray, Panel, Roster

HELD_BACK = float("inf")  # start of the cohort that waits until after the last wave


@dataclass(frozen=True)
class Block:
    """Outcome waves of one cohort at which the same teams have not started yet.

    Attributes:
        start: Week in which the cohort starts.
        waiting: Starts of the cohorts that it is compared with, the one held back among them.
        baseline: Waves up to its start.
        outcome: Its outcome waves in this block.
    """

    start: float
    waiting: tuple[float, ...]
    baseline: tuple[str, ...]
    outcome: tuple[str, ...]


def blocks_of(plan: Plan, outcome: tuple[str, ...]) -> tuple[Block, ...]:
    """The blocks of some outcome waves, which the plan names as the first cohort has them."""
    return tuple(
        block for start in plan.starts for block in _blocks_from(plan, start, set(plan.waves_after(start, outcome)))
    )


def blocks_of_all_later(plan: Plan) -> tuple[Block, ...]:
    """The same of all waves after each cohort's start, for what is measured throughout."""
    waves = plan.calendar.waves
    later = ({wave.id for wave in waves if wave.week > start} for start in plan.starts)
    return tuple(
        block for start, ids in zip(plan.starts, later, strict=True) for block in _blocks_from(plan, start, ids)
    )


def _blocks_from(plan: Plan, start: int, outcome: set[str]) -> list[Block]:
    waves = plan.calendar.waves
    baseline = tuple(wave.id for wave in waves if wave.id in plan.analysis.baseline or 0 < wave.week <= start)
    by_waiting: dict[tuple[float, ...], list[str]] = {}
    for wave in waves:
        if wave.id in outcome:
            waiting = (*(float(other) for other in plan.starts if other >= wave.week), HELD_BACK)
            by_waiting.setdefault(waiting, []).append(wave.id)
    return [Block(float(start), waiting, baseline, tuple(ids)) for waiting, ids in by_waiting.items()]


def staggered_effect(
    panel: Panel,
    values: FloatArray,
    roster: Roster,
    blocks: tuple[Block, ...],
    taken: BoolArray,
    *,
    estimator: Estimator,
    weighting: Weighting,
    confidence_pct: float,
) -> Estimate:
    """Put the group-time effects of several cohorts together.

    NaN throughout a replicate in which a cohort that was asked, or those waiting beside it, has answers from one team
    only. A block that nobody of its cohort has answered yet counts for nothing.

    Args:
        panel: Whose waves the values have.
        values: Points, NaN where missing, shape (replicates, people, waves).
        roster: The people of the values, and when their teams start.
        blocks: Which waves of which cohort are compared with whom.
        taken: Who may take part, shape (replicates, people); of values of one replicate, as many choices as one likes.
        estimator: `ancova` or `change`, as in `effect_between_arms`.
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.
    """
    starts, n_teams = roster.start_week, len(roster.team_ids)
    means = panel.means_of(values, *(waves for block in blocks for waves in (block.baseline, block.outcome)))
    fitted, takes_part = [], np.zeros(taken.shape, dtype=np.bool_)
    for block, before, after in zip(blocks, means[::2], means[1::2], strict=True):
        treated = starts == block.start
        beside = treated | np.isin(starts, block.waiting)
        present = taken & beside[:, roster.team] & ~np.isnan(before + after)
        before, after = (np.where(present, mean, np.nan) for mean in (before, after))
        model, rows, contrast = rows_between_arms(before, after, roster, estimator=estimator, weighting=weighting)
        weight = len(block.outcome) * np.where(treated, rows.weight, 0.0).sum(axis=1)
        takes_part |= present & (weight > 0)[:, None]  # those waiting take part where the cohort was asked
        people = np.array([present, np.where(present, centred(before, after), 0.0)])
        fitted.append(FittedBlock(solve(model, rows, treated, contrast), weight, rows, people))
    whole = np.sum([each.weight for each in fitted], axis=0)
    estimate, influence, refused = np.zeros(len(taken)), np.zeros((len(taken), n_teams)), whole == 0
    for each in fitted:
        share = each.weight / np.where(whole > 0, whole, 1.0)
        estimate += share * each.solved.estimate
        influence += share[:, None] * each.solved.influence
        refused |= each.is_asked & ~each.solved.estimable
    missing = np.where(refused, np.nan, 0.0)
    se, df = np.sqrt((influence**2).sum(axis=1)), staggered_df(fitted, roster, weighting)
    n_people = sum_by_cluster(takes_part.astype(np.intp), roster.team, n_teams)
    return t_estimate(
        estimate + missing, se + missing, df + missing, n_people, roster.treated, confidence_pct=confidence_pct
    )


def in_event_time(panel: Panel, plan: Plan) -> Panel:
    """A panel in which every cohort starts at once, for checks that compare two arms.

    People stand in it once for each cohort that they are compared in: pilot people once, with the waves so many weeks
    after their own start under the names that the first cohort has for them; people who are held back once beside each
    cohort. So both arms are asked equally often, equally long after their baselines. Only the primary scale is kept,
    with its baselines and outcome waves.
    """
    roster, waves = panel.roster, (*plan.analysis.baseline, *plan.analysis.outcome)
    starts = roster.start_week[:, roster.team]
    order = np.argsort(np.tile(roster.team, len(plan.starts)), kind="stable")
    invited = [panel.invited[:, _places(panel, plan, start, waves)] for start in plan.starts]

    def stacked(values: AnyFloatArray) -> AnyFloatArray:
        copies: list[AnyFloatArray] = []
        for start in plan.starts:
            own = values[..., _places(panel, plan, start, waves)]
            compared = (starts == start) | (starts == HELD_BACK)
            copies.append(np.where(compared[..., None], own, values.dtype.type(np.nan)))
        return np.concatenate(copies, axis=1)[:, order]

    primary = plan.outcomes.primary.scale
    return Panel(
        roster=replace(
            roster,
            person_ids=np.tile(roster.person_ids, len(plan.starts))[order],
            team=np.tile(roster.team, len(plan.starts))[order],
        ),
        wave_ids=waves,
        invited=np.concatenate(invited)[order],
        scores={primary: stacked(panel.scores[primary]).astype(np.float64, copy=False)},
        items=tuple(stacked(values) for values in panel.items),
        measures={},
    )


def _places(panel: Panel, plan: Plan, start: int, waves: tuple[str, ...]) -> NDArray[np.intp]:
    """Where a cohort's waves stand that correspond to these: its baselines are those of everybody.

    A wave that the calendar no longer has after a deviation is replaced by the one before it.
    """
    places: list[int] = []
    for wave in waves:
        own = (wave,) if wave in plan.analysis.baseline else plan.waves_after(start, (wave,))
        places.append(panel.wave_ids.index(own[0]) if own else places[-1])
    return np.array(places, dtype=np.intp)
