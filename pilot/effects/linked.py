"""Change of linked people, and how it differs between the arms.

- `clustered_mean`: mean of a score, or of its change, among people of the chosen teams. Not an effect: it holds
  every trend and all regression to the mean.
- `effect_between_arms`, `change`: difference between arms in mean change (DiD on linked people). Not with one
  treated team.
- `effect_between_arms`, `ancova`: difference between arms in the outcome at equal baseline. Not where teams were not
  randomised: there it is biased by the arms' baseline difference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pilot.effects.cluster_robust import Estimate, contrast, fit, interval, moments_of
from pilot.scores import BoolArray, FloatArray, Roster

Estimator = Literal["ancova", "change"]
Weighting = Literal["person", "team"]


def clustered_mean(
    values: FloatArray, roster: Roster, *, teams: BoolArray, weighting: Weighting, confidence_pct: float
) -> Estimate:
    """Mean of a score, or of its change, clustered by team.

    Args:
        values: Points, NaN where missing, shape (replicates, people).
        roster: People and teams.
        teams: Which teams take part, shape (replicates, teams).
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.
    """
    chosen = np.where(teams[:, roster.team], values, np.nan)
    x = np.ones((*chosen.shape, 1))
    return _estimate(x, chosen, roster, [1.0], weighting, confidence_pct)


def effect_between_arms(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    weighting: Weighting,
    confidence_pct: float,
) -> Estimate:
    """Effect of the practice: pilot teams against comparison teams among linked people.

    `change`: after - before = a + b arm. `ancova`: after = a + b arm + g before. CR2 by team. NaN where an arm
    has fewer than two teams with linked people.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: Which of the two models.
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.
    """
    arm = np.broadcast_to(roster.person_treated, before.shape).astype(float)
    columns = [np.ones_like(before), arm]
    if estimator == "ancova":
        linked = ~np.isnan(before + after)
        centre = np.where(linked, before, 0).sum(axis=1) / np.maximum(linked.sum(axis=1), 1)
        columns.append(before - centre[:, None])
        outcome = after
    else:
        outcome = after - before
    weights = np.zeros(len(columns))
    weights[1] = 1
    return _estimate(np.stack(columns, axis=-1), outcome, roster, weights, weighting, confidence_pct)


def with_drift(estimate: Estimate, allowance_points: float, *, confidence_pct: float) -> Estimate:
    """The same estimate with the drift of two units in its uncertainty.

    Two units drift apart by a random amount with standard deviation `allowance_points` although nothing is tried;
    its variance adds to the estimate's, the degrees of freedom stay (which is on the safe side).
    """
    se = np.sqrt(estimate.se**2 + allowance_points**2)
    lower, upper = interval(estimate.estimate, se, estimate.df, confidence_pct=confidence_pct)
    return replace(estimate, se=se, lower=lower, upper=upper)


def _estimate(
    x: FloatArray,
    y: FloatArray,
    roster: Roster,
    weights: list[float] | FloatArray,
    weighting: Weighting,
    confidence_pct: float,
) -> Estimate:
    n_teams = len(roster.team_ids)
    people = moments_of(x, y, roster.team, n_teams)
    if weighting == "person":
        return contrast(fit(people), weights, people, roster.treated, confidence_pct=confidence_pct)
    x_mean, y_mean = _team_means(people.xx, people.xy, people.n)
    teams = moments_of(x_mean, y_mean, np.arange(n_teams), n_teams)
    counted = replace(teams, n=people.n)
    return contrast(fit(teams), weights, counted, roster.treated, confidence_pct=confidence_pct)


def _team_means(xx: FloatArray, xy: FloatArray, n: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Means of x and y in each team from its cross-products (the first column is the constant)."""
    count = np.where(n > 0, n, np.nan)
    return xx[..., 0, :] / count[..., None], xy[..., 0] / count
