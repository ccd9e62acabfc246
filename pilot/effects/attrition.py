"""Who left the panel, and whether the two arms lost different people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.effects.team_model import TeamSums, fit_contrast
from pilot.scores import BoolArray, FloatArray, Roster


@dataclass(frozen=True)
class AttritionCheck:
    """Attrition between baseline and outcome, one value a replicate.

    Attributes:
        retention_pilot: Share of the pilot's baseline respondents who are linked, 0 to 1.
        retention_comparison: The same of the comparison.
        leavers_gap: By how many points more the pilot's leavers lie below its stayers at baseline than the
            comparison's do; positive where the pilot loses its unhappy. NaN where nobody left.
        leavers_p: One-sided p of no such gap.
        inflating_points: Largest part of the effect that this attrition may have made; 0 where not flagged.
        hiding_points: Largest effect that it may have hidden; 0 where not flagged.
    """

    retention_pilot: FloatArray
    retention_comparison: FloatArray
    leavers_gap: FloatArray
    leavers_p: FloatArray
    inflating_points: FloatArray
    hiding_points: FloatArray


def attrition_check(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    retention_gap_pct: float,
    leavers_p: float,
    attrition_share: float,
) -> AttritionCheck:
    """Compare the leavers of the two arms.

    Leavers who were unhappier in the pilot than in the comparison (each arm's leavers against its stayers) make an
    effect, leavers who were happier hide one; each direction has its own one-sided p, and is flagged where that is
    below `leavers_p`. A retention that differs by `retention_gap_pct` points flags both.

    Model, CR2 by team: before = a + b arm + c left + d arm x left; the gap is -d. Where it cannot be fitted because
    an arm lost nobody or leavers of one team only, people stand in for teams (`_gap_by_people`): no leavers in one
    arm is the plainest case of unequal attrition.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        retention_gap_pct: Percentage points.
        leavers_p: Threshold of the one-sided p.
        attrition_share: Share of max(gap, retention difference x SD of the baseline) taken as possible bias.
    """
    treated = np.broadcast_to(roster.person_treated, before.shape)
    started = ~np.isnan(before)
    left = started & np.isnan(after)
    retention = [_share(started & ~left & arm, started & arm) for arm in (treated, ~treated)]
    difference = np.abs(retention[0] - retention[1])
    gap, unhappier_p = _leavers_gap(before, treated, left, roster)
    retention_differs = 100 * difference >= retention_gap_pct
    bias = attrition_share * np.fmax(np.abs(gap), difference * _sd(before))
    return AttritionCheck(
        retention_pilot=retention[0],
        retention_comparison=retention[1],
        leavers_gap=gap,
        leavers_p=unhappier_p,
        inflating_points=np.where((unhappier_p < leavers_p) | retention_differs, bias, 0.0),
        hiding_points=np.where((1 - unhappier_p < leavers_p) | retention_differs, bias, 0.0),
    )


def _leavers_gap(
    before: FloatArray, treated: BoolArray, left: BoolArray, roster: Roster
) -> tuple[FloatArray, FloatArray]:
    """The gap and its one-sided p, both NaN where nobody left or nobody is compared."""
    sums = TeamSums.of(before, roster, left.astype(float))
    by_team = fit_contrast("interaction", sums, roster.treated, [0, 0, 0, 1.0], confidence_pct=95)
    team_p = special.stdtr(by_team.df, by_team.estimate / np.where(by_team.se > 0, by_team.se, np.nan))
    gap, people_p = _gap_by_people(before, treated, left)
    use_people = np.isnan(team_p)
    return np.where(use_people, gap, -by_team.estimate), np.where(use_people, people_p, team_p)


def _gap_by_people(before: FloatArray, treated: BoolArray, left: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The gap from people, teams ignored: a z test with the baseline's SD; an arm without leavers has gap 0."""
    gap, variance = np.zeros(len(before)), np.zeros(len(before))
    for arm, sign in ((treated, -1.0), (~treated, 1.0)):
        leavers, stayers = arm & left, arm & ~left & ~np.isnan(before)
        n_leavers, n_stayers = leavers.sum(axis=1), stayers.sum(axis=1)
        has_both = (n_leavers > 0) & (n_stayers > 0)
        below = _mean(before, leavers) - _mean(before, stayers)
        gap += np.where(has_both, sign * below, 0.0)
        variance += np.where(has_both, 1 / np.maximum(n_leavers, 1) + 1 / np.maximum(n_stayers, 1), 0.0)
    compared = (variance > 0) & treated.any(axis=1) & ~treated.all(axis=1)
    gap = np.where(compared, gap, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return gap, special.ndtr(-gap / (_sd(before) * np.sqrt(variance)))


def _mean(values: FloatArray, chosen: BoolArray) -> FloatArray:
    mean: FloatArray = np.where(chosen, values, 0.0).sum(axis=1) / np.maximum(chosen.sum(axis=1), 1)
    return mean


def _share(part: BoolArray, whole: BoolArray) -> FloatArray:
    total = whole.sum(axis=1)
    share: FloatArray = np.where(total > 0, part.sum(axis=1) / np.maximum(total, 1), np.nan)
    return share


def _sd(values: FloatArray) -> FloatArray:
    count = (~np.isnan(values)).sum(axis=1)
    mean = np.nansum(values, axis=1) / np.maximum(count, 1)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    deviation: FloatArray = np.sqrt(squares / np.maximum(count - 1, 1))
    return deviation
