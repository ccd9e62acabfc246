"""What those who left the panel could have done to the difference between arms.

- `trimming_bounds`: Lee's bounds, when one arm lost more people than the other.
- `worst_case_bounds`: nothing assumed but the range of the scale.
- `tipping_point`: how much worse the missing must have fared for the effect to be gone.

All look at people with a score at the start; those without an outcome are missing. `attrition.attrition_check` says
whether the arms lost different people at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.effects.cluster_robust import NOTHING, Estimate
from pilot.effects.linked import Estimator, Weighting, effect_between_arms
from pilot.scores import BoolArray, FloatArray, Roster


@dataclass(frozen=True)
class TrimmingBounds:
    """Lee's bounds of the effect on people who stay whatever their arm, one value a replicate.

    Attributes:
        lower: Points; NaN where an arm has nobody linked.
        upper: Points.
        lower_se: Standard error of the lower bound, leaving out one team at a time, points; NaN where an arm has
            fewer than two teams with linked people.
        upper_se: The same of the upper bound.
        retention_pilot: Share of the pilot arm's people who are linked, 0 to 1.
        retention_comparison: The same of the comparison.
        trimmed_share: Share of linked people trimmed, in the arm that kept more of its people, 0 to 1.
    """

    lower: FloatArray
    upper: FloatArray
    lower_se: FloatArray
    upper_se: FloatArray
    retention_pilot: FloatArray
    retention_comparison: FloatArray
    trimmed_share: FloatArray


@dataclass(frozen=True)
class WorstCaseBounds:
    """Bounds of the effect on everybody with a score at the start, one value a replicate.

    Attributes:
        lower: Every missing pilot person at the bottom of the scale, every missing comparison person at its top,
            points; NaN where an arm has nobody.
        upper: The other way round, points.
    """

    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class TippingPoint:
    """How much worse the missing must have fared, one value a replicate; NaN where the effect is refused.

    Attributes:
        effect: The effect among linked people, as `effect_between_arms` gives it.
        missing_share: By how many points the effect falls for each point that the missing pilot people fare worse;
            with `change`, the share of pilot people who are missing, 0 to 1.
        to_zero_points: How many points lower the missing pilot people must have scored than those present (than the
            model expects of them) for the estimate to be 0; negative: higher; infinite where nobody is missing.
        to_doubt_points: The same for the lower bound of the interval to be 0; negative where it is below 0 already.
    """

    effect: Estimate
    missing_share: FloatArray
    to_zero_points: FloatArray
    to_doubt_points: FloatArray


def trimming_bounds(before: FloatArray, after: FloatArray, roster: Roster) -> TrimmingBounds:
    """Bound the difference between arms in linked change by trimming the arm that kept more people.

    Lee (2009, Review of Economic Studies 76, 1071-1102): with retention q1 > q0, the share (q1 - q0) / q1 of the
    pilot's linked people would have left under the other arm. At worst they are those who changed best: the lower bound
    takes as many off the top of the pilot's changes, the upper bound off the bottom; with q1 < q0 off the comparison's.
    The last person is taken off in part, so that tied answers make no jump. People count the same.

    Holds if teams were randomised and the practice makes people stay or makes people leave, not some the one and some
    the other. The standard errors (jackknife by team) say nothing where the arms lost nearly the same share: which arm
    is trimmed then hangs on chance.

    Not as an interval for everybody: it is about people who stay under both arms. Memory: replicates x teams x people.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
    """
    n_replicates, n_teams = roster.treated.shape
    lower, upper, retention = _trimmed(before, after, roster.person_treated)
    members = roster.team == np.arange(n_teams)[:, None]
    one_less = _trimmed(
        np.where(members, np.nan, before[:, None]).reshape(n_replicates * n_teams, -1),
        np.repeat(after, n_teams, axis=0),
        np.repeat(roster.person_treated, n_teams, axis=0),
    )
    n_started = ((~np.isnan(before)).astype(float) @ members.T > 0).sum(axis=1)
    lower_se, upper_se = (
        _jackknife_se(one.reshape(n_replicates, n_teams), whole, n_started)
        for one, whole in zip(one_less[:2], (lower, upper), strict=True)
    )
    most = np.maximum(*retention)
    return TrimmingBounds(
        lower=lower,
        upper=upper,
        lower_se=lower_se,
        upper_se=upper_se,
        retention_pilot=retention[0],
        retention_comparison=retention[1],
        trimmed_share=(most - np.minimum(*retention)) / np.where(most > 0, most, np.nan),
    )


def worst_case_bounds(
    before: FloatArray, after: FloatArray, roster: Roster, *, lowest: float, highest: float
) -> WorstCaseBounds:
    """Bound the difference between arms in change when the missing may have scored anything.

    Manski (1990, American Economic Review: Papers and Proceedings 80, 319-323). People count the same. As wide as the
    range of the scale times the share missing: nearly never decides anything, and shows what rests on assumptions.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        lowest: Smallest possible score, points.
        highest: Largest possible score, points.
    """
    started, treated = ~np.isnan(before), roster.person_treated
    least, most = (np.where(np.isnan(after), filled, after) - before for filled in (lowest, highest))
    return WorstCaseBounds(
        lower=_mean(least, started & treated) - _mean(most, started & ~treated),
        upper=_mean(most, started & treated) - _mean(least, started & ~treated),
    )


def tipping_point(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    weighting: Weighting,
    confidence_pct: float,
) -> TippingPoint:
    """Find how much worse than expected the missing pilot people must have scored for the effect to be gone.

    Delta adjustment (Cro, Morris, Kenward & Carpenter 2020, Statistics in Medicine 39, 2815-2842): missing comparison
    people score as the model of `effect_between_arms` expects, missing pilot people d points lower. The effect among
    all who started is then effect - d k, k being the coefficient of the arm when "is missing, in the pilot arm" takes
    the place of the outcome; so d = effect / k, and d = lower bound / k, the width of the interval kept. Exact by
    person; by team only with `change` and someone linked in each team, else nearly.

    A d beyond what people of this scale differ by (compare the SD of the scores) says that those who left do not
    threaten the effect. Not to be read as a probability.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: `change` or `ancova`, as in `effect_between_arms`.
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.
    """
    effect = effect_between_arms(
        before, after, roster, estimator=estimator, weighting=weighting, confidence_pct=confidence_pct
    )
    gone = np.where(np.isnan(before), np.nan, np.isnan(after) & roster.person_treated)
    start = before if estimator == "ancova" else np.zeros_like(before)
    share = effect_between_arms(
        start, gone, roster, estimator=estimator, weighting=weighting, confidence_pct=confidence_pct
    ).estimate
    share = np.where(np.abs(share) < NOTHING, 0.0, share) + 0.0 * effect.estimate
    return TippingPoint(effect, share, _points(effect.estimate, share), _points(effect.lower, share))


def _points(distance: FloatArray, share: FloatArray) -> FloatArray:
    """How many points each of the missing must lack; infinite where nobody is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.0, distance / share)


def _trimmed(
    before: FloatArray, after: FloatArray, treated: BoolArray
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Both bounds, and retention by arm, each of shape (replicates,)."""
    started = ~np.isnan(before)
    changes = [np.where(arm, after - before, np.nan) for arm in (treated, ~treated)]
    n_linked = [(~np.isnan(change)).sum(axis=1) for change in changes]
    n_started = [(started & arm).sum(axis=1) for arm in (treated, ~treated)]
    pilot, comparison = (
        np.where(linked > 0, linked / np.maximum(all_, 1), np.nan)
        for linked, all_ in zip(n_linked, n_started, strict=True)
    )
    # Each arm keeps as large a share of its people as the other arm has linked, or all that it has.
    n_kept = [started * np.minimum(pilot, comparison) for started in n_started]
    least = [_mean_of_lowest(change, kept) for change, kept in zip(changes, n_kept, strict=True)]
    most = [-_mean_of_lowest(-change, kept) for change, kept in zip(changes, n_kept, strict=True)]
    return least[0] - most[1], most[0] - least[1], (pilot, comparison)


def _mean_of_lowest(values: FloatArray, count: FloatArray) -> FloatArray:
    """Mean of the lowest `count` values, the last one in part; NaN are left out."""
    ascending = np.nan_to_num(np.sort(values, axis=1))
    weights = np.clip(count[:, None] - np.arange(values.shape[1]), 0.0, 1.0)
    mean: FloatArray = (ascending * weights).sum(axis=1) / np.where(count > 0, count, np.nan)
    return mean


def _jackknife_se(left_out: FloatArray, whole: FloatArray, n_teams: NDArray[np.intp]) -> FloatArray:
    squares = ((left_out - whole[:, None]) ** 2).sum(axis=1)
    se: FloatArray = np.sqrt((n_teams - 1) / np.maximum(n_teams, 1) * squares)
    return se


def _mean(values: FloatArray, chosen: BoolArray) -> FloatArray:
    count = chosen.sum(axis=1)
    mean: FloatArray = np.where(chosen, values, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)
    return mean
