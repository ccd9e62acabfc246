"""Interrupted time series: a unit measured in several waves before and after the launch, compared with nobody.

Evidence grade C. Each team's wave means follow a line before launch; the effect is by how much the outcome waves lie
above that line carried on (Wagner, Soumerai, Zhang & Ross-Degnan 2002, Journal of Clinical Pharmacy and Therapeutics
27, 299-309; Bernal, Cummins & Gasparrini 2017, International Journal of Epidemiology 46, 348-355).

Not to be used

- where anybody can be compared with: then `linked.effect_between_arms`;
- where the unit was picked because of a high or low wave: the return to its mean bends the line at the launch;
- where something else changed at about the launch (new head, reorganisation, pay round, another season): the same
  data as an effect, and no number of teams or people shows the difference;
- where the questionnaire or the people changed: give the scores of linked people;
- far ahead: the line is carried on as a straight line, and its uncertainty grows with each week.

The teams are the clusters. Whatever moves all teams of the unit alike in one wave is in none of the standard errors:
see `InterruptedSeries.shock_factor`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilot.effects.cluster_robust import ClusterMoments, Estimate, LinearFit, contrast, fit, moments_of
from pilot.effects.linked import Weighting
from pilot.scores import BoolArray, FloatArray, Roster

FEWEST_WAVES_BEFORE = 3  # two give a line but no sign of how well it holds
FEWEST_TEAMS = 2  # in a wave


@dataclass(frozen=True)
class InterruptedSeries:
    """An interrupted time series; NaN where there are fewer than three waves before launch.

    Attributes:
        effect: Mean of the outcome waves less the line before launch carried on to the same weeks, points.
        level_change: Jump of the fitted line at the launch (week 0), points; NaN with fewer than two waves after it.
        slope_change: Slope after launch less slope before, points a week; NaN with fewer than two waves after it.
        slope_before: Slope before launch, points a week.
        n_waves_before: Waves before launch in which at least two teams are measured, shape (replicates,).
        shock_factor: Standard deviation that the effect gets from unit-wide wave shocks (all teams alike, waves
            independent) with a standard deviation of 1 point, shape (replicates,). For shocks of s points use
            `with_drift(effect, s * shock_factor)`, one replicate at a time.
    """

    effect: Estimate
    level_change: Estimate
    slope_change: Estimate
    slope_before: Estimate
    n_waves_before: NDArray[np.intp]
    shock_factor: FloatArray


def interrupted_series(
    scores: FloatArray,
    weeks: FloatArray,
    roster: Roster,
    *,
    outcome: BoolArray,
    teams: BoolArray,
    weighting: Weighting,
    confidence_pct: float,
) -> InterruptedSeries:
    """Compare the outcome waves with the line before launch carried on.

    Two models of team-by-wave means, each team with an intercept of its own (subtracted within teams):

        y_jw = a_j + b week_w + sum_(v in outcome) d_v [w = v]          effect = mean of d_v, slope_before = b
        y_jw = a_j + b week_w + c [week_w > 0] + s [week_w > 0] week_w  level_change = c, slope_change = s

    The first, on the waves up to week 0 and the outcome waves, lets the outcome waves lie anywhere, so that only the
    line before launch is assumed; the second, on all waves, is the usual segmented regression. CR2 by team with
    Satterthwaite degrees of freedom, whatever the correlation of a team's waves. Where all teams are measured in all
    waves, each is the t test of one number a team. NaN throughout unless three waves before launch, and every named
    outcome wave, are measured in at least two teams each.

    Args:
        scores: Points, NaN where missing, shape (replicates, people, waves).
        weeks: Weeks after launch, 0 or less before it, ascending, shape (waves,).
        roster: People and teams.
        outcome: Which waves are outcome waves; only those after week 0 count, shape (waves,).
        teams: Which teams take part, shape (replicates, teams).
        weighting: `team`, or `person`: each team counts as many times as it has people who take part, measured at
            least once, in every wave the same.
        confidence_pct: Of the interval, percent.
    """
    means, n_people = _team_means(np.where(teams[:, roster.team, None], scores, np.nan), roster)
    outcome = outcome & (weeks > 0)
    measured = (~np.isnan(means)).sum(axis=1) >= FEWEST_TEAMS
    n_before = (measured & (weeks <= 0)).sum(axis=1)
    has_outcome = measured[:, outcome].all(axis=1) & outcome.any()
    refused = (n_before < FEWEST_WAVES_BEFORE) | ~has_outcome
    means = np.where(refused[:, None, None], np.nan, means)
    root_weight = np.sqrt(n_people) if weighting == "person" else np.ones(n_people.shape)

    used = (weeks <= 0) | outcome
    dummies = [np.arange(len(weeks)) == wave for wave in np.flatnonzero(outcome)]
    free = _fit_within(means[..., used], np.stack([weeks, *dummies], axis=-1)[used], root_weight, n_people)
    later = weeks > 0
    line = _fit_within(means, np.stack([weeks, later, later * weeks], axis=-1), root_weight, n_people)

    def estimate(model: _WithinTeams, weights: ArrayLike) -> Estimate:
        return contrast(model.fitted, weights, model.moments, roster.treated, confidence_pct=confidence_pct)

    mean_of_outcome = np.array([0.0, *[1 / len(dummies) for _ in dummies]])
    return InterruptedSeries(
        effect=estimate(free, mean_of_outcome),
        level_change=estimate(line, [0, 1, 0]),
        slope_change=estimate(line, [0, 0, 1]),
        slope_before=estimate(free, np.eye(len(mean_of_outcome))[0]),
        n_waves_before=n_before,
        shock_factor=_shock_factor(free, mean_of_outcome),
    )


@dataclass(frozen=True)
class _WithinTeams:
    """A fitted model with an intercept for each team taken out.

    Attributes:
        x: Columns less their team's mean, times the root of the team's weight; 0 where not measured, shape
            (replicates, teams, waves, columns).
        root_weight: Root of the team's weight, shape (replicates, teams).
        moments: Cross-products by team; `n` counts people.
        fitted: What came of them.
    """

    x: FloatArray
    root_weight: FloatArray
    moments: ClusterMoments
    fitted: LinearFit


def _fit_within(
    means: FloatArray, columns: FloatArray, root_weight: FloatArray, n_people: NDArray[np.intp]
) -> _WithinTeams:
    """Take out the teams' intercepts and fit.

    Leaving the intercepts out of the leverages changes neither CR2 nor its degrees of freedom: within a team the
    intercept is orthogonal to all that is left (Pustejovsky & Tipton 2018, theorem 2).
    """
    present = ~np.isnan(means)
    count = np.maximum(present.sum(axis=-1), 1)[..., None]
    x = np.where(present[..., None], columns, 0.0)
    x = np.where(present[..., None], x - x.sum(axis=2, keepdims=True) / count[..., None], 0.0)
    y = means - np.where(present, means, 0.0).sum(axis=-1, keepdims=True) / count
    x, y = x * root_weight[..., None, None], y * root_weight[..., None]
    n_teams, n_waves = means.shape[1:]
    rows = x.reshape(len(x), n_teams * n_waves, -1), y.reshape(len(y), n_teams * n_waves)
    by_row = moments_of(*rows, np.repeat(np.arange(n_teams), n_waves), n_teams)
    moments = replace(by_row, n=np.where(by_row.n > 0, n_people, 0))
    return _WithinTeams(x, root_weight, moments, fit(moments))


def _shock_factor(model: _WithinTeams, weights: FloatArray) -> FloatArray:
    """Root of the sum of squares of the weights that the waves have in the estimate, all teams together."""
    of_wave = np.einsum("rjwp,rj,rpq,q->rw", model.x, model.root_weight, model.fitted.inverse, weights, optimize=True)
    factor: FloatArray = np.sqrt((of_wave**2).sum(axis=1)) + 0.0 * model.fitted.coefficients[:, 0]
    return factor


def _team_means(scores: FloatArray, roster: Roster) -> tuple[FloatArray, NDArray[np.intp]]:
    """Means by team and wave, NaN where nobody answered, shape (replicates, teams, waves), and people measured."""
    n_replicates, n_waves, n_teams = len(scores), scores.shape[2], len(roster.team_ids)
    flat = np.swapaxes(scores, 1, 2).reshape(n_replicates * n_waves, -1)
    sums = moments_of(np.ones((*flat.shape, 1)), flat, roster.team, n_teams)
    means = np.where(sums.n > 0, sums.xy[..., 0] / np.maximum(sums.n, 1), np.nan)
    someone = np.where(np.isnan(scores).all(axis=2), np.nan, 1.0)
    people = moments_of(np.ones((*someone.shape, 1)), someone, roster.team, n_teams).n
    return np.swapaxes(means.reshape(n_replicates, n_waves, n_teams), 1, 2), people
