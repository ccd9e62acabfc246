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

from pilot.effects.cluster_robust import Estimate, interval
from pilot.effects.team_model import Model, TeamSums, fit_contrast
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
    sums = TeamSums.of(chosen, roster)
    rows = sums if weighting == "person" else sums.each_team_once()
    return fit_contrast("mean", rows, roster.treated, [1.0], confidence_pct=confidence_pct)


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
    model, rows, weights = rows_between_arms(before, after, roster, estimator=estimator, weighting=weighting)
    return fit_contrast(model, rows, roster.treated, weights, confidence_pct=confidence_pct)


def rows_between_arms(
    before: FloatArray, after: FloatArray, roster: Roster, *, estimator: Estimator, weighting: Weighting
) -> tuple[Model, TeamSums, list[float]]:
    """The model of `effect_between_arms`, what it is fitted to, and its contrast; arguments as there."""
    if estimator == "change":
        sums = TeamSums.of(after - before, roster)
        return "change", sums if weighting == "person" else sums.each_team_once(), [0.0, 1.0]
    sums = TeamSums.of(after, roster, centred(before, after))
    return "ancova", sums if weighting == "person" else sums.each_team_once(), [0.0, 1.0, 0.0]


def centred(before: FloatArray, after: FloatArray) -> FloatArray:
    """The start less its mean over linked people, points, NaN where missing, shape (replicates, people)."""
    linked = ~np.isnan(before + after)
    centre = np.where(linked, before, 0).sum(axis=1) / np.maximum(linked.sum(axis=1), 1)
    less_mean: FloatArray = before - centre[:, None]
    return less_mean


def with_drift(estimate: Estimate, allowance_points: float, *, confidence_pct: float) -> Estimate:
    """The same estimate with the drift of two units in its uncertainty.

    Two units drift apart by a random amount with standard deviation `allowance_points` although nothing is tried;
    its variance adds to the estimate's, the degrees of freedom stay (which is on the safe side).
    """
    se = np.sqrt(estimate.se**2 + allowance_points**2)
    lower, upper = interval(estimate.estimate, se, estimate.df, confidence_pct=confidence_pct)
    return replace(estimate, se=se, lower=lower, upper=upper)
