"""Where the effect is larger: by dose, by manager. Exploratory; it decides nothing and is never ranked by p.

Managers chose how far they ran the loop. Teams that ran it further may differ in other ways, so the slope is no causal
effect of running it further: it says where to look, not what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.effects.cluster_robust import Estimate, contrast, fit, moments_of
from pilot.effects.team_model import TeamSums
from pilot.scores import BoolArray, FloatArray, Roster

STEP_PCT = 10.0


@dataclass(frozen=True)
class Spread:
    """How much teams differ in their change, one value a replicate.

    Attributes:
        pilot: Standard deviation between pilot teams, beyond what their people's own changes make, points; 0 where
            they differ by no more than that, NaN with fewer than two teams or nobody beside another in a team.
        pilot_bounds: Lower and upper bound of it.
        comparison: The same between comparison teams, where no practice made any difference.
        comparison_bounds: Lower and upper bound of it.
    """

    pilot: FloatArray
    pilot_bounds: tuple[FloatArray, FloatArray]
    comparison: FloatArray
    comparison_bounds: tuple[FloatArray, FloatArray]


def dose_response(
    before: FloatArray, after: FloatArray, roster: Roster, dose_pct: FloatArray, *, confidence_pct: float
) -> Estimate:
    """How much more people changed, on average, in pilot teams that ran 10 percentage points more of the loop.

    change = a + b (dose - mean dose) / 10 among linked people of the pilot arm, CR2 by team. Comparison teams have no
    dose: to take theirs as 0 would mix the effect itself into the slope.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        dose_pct: How far each team ran the loop, 0 to 100, NaN where not measured, shape (replicates, teams).
        confidence_pct: Of the interval, percent.

    Returns:
        Points per 10 percentage points; NaN with fewer than three pilot teams, or where all ran it equally far.
    """
    dose = np.where(roster.treated, dose_pct, np.nan)
    count = np.maximum((~np.isnan(dose)).sum(axis=1, keepdims=True), 1)
    centred = (dose - np.nansum(dose, axis=1, keepdims=True) / count) / STEP_PCT
    x = np.stack([np.ones_like(before), centred[:, roster.team]], axis=-1)
    moments = moments_of(x, after - before, roster.team, len(roster.team_ids))
    return contrast(fit(moments), [0.0, 1.0], moments, roster.treated, confidence_pct=confidence_pct)


def spread_between_managers(change: FloatArray, roster: Roster, *, confidence_pct: float) -> Spread:
    """How far the teams of each arm, each with one manager, differ in their people's mean change.

    Analysis of variance with one way (Searle, Casella & McCulloch 1992, Variance Components, 3.6): with n_j linked
    people of k teams, the between-team variance is (MSB - MSW) / n0, n0 = (N - sum n_j^2 / N) / (k - 1), nil where that
    is negative. Its interval is that of the ratio of both variances by F with k - 1 and N - k degrees of freedom, times
    MSW (exact for teams of equal size, but for the error of MSW). With eight teams of nine people the figure is
    uncertain by two thirds of itself: only intervals far apart tell the arms apart. No manager is named by it.

    Args:
        change: Points, NaN where missing, shape (replicates, people).
        roster: People and teams with their arms.
        confidence_pct: Of the intervals, percent.
    """
    sums = TeamSums.of(change, roster, change)  # b is the change too, so that bb sums its square
    pilot, comparison = (_spread(sums, arm, confidence_pct) for arm in (roster.treated, ~roster.treated))
    return Spread(pilot[0], pilot[1:], comparison[0], comparison[1:])


def _spread(sums: TeamSums, arm: BoolArray, confidence_pct: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The spread with its lower and upper bound."""
    n, total, squares = (np.where(arm, each, 0.0) for each in (sums.weight, sums.y, sums.bb))
    people, teams = n.sum(axis=1), (n > 0).sum(axis=1)
    of_teams = np.where(n > 0, total**2 / np.maximum(n, 1), 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (of_teams - total.sum(axis=1) ** 2 / people) / (teams - 1)
        within = (squares.sum(axis=1) - of_teams) / (people - teams)
        usual_size = (people - (n**2).sum(axis=1) / people) / (teams - 1)
        tail = 0.5 - confidence_pct / 200
        high, low = (special.fdtri(teams - 1, people - teams, p) for p in (1 - tail, tail))
        spreads = [np.sqrt(np.maximum((between / f - within) / usual_size, 0.0)) for f in (1.0, high, low)]
    there = (teams > 1) & (people > teams)
    spread, lower, upper = (np.where(there, each, np.nan) for each in spreads)
    return spread, lower, upper
