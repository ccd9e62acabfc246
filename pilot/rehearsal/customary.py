"""What people do today with the same answers: each test's claim that scores improved.

All at the customary level: two-sided p below .05 and a positive difference, so that 2.5 % of claims would be false if
the test's assumptions held. On linked people, from the last wave before the launch to the last outcome wave.

| name | what it does |
|---|---|
| `paired_t` | pilot people, before and after |
| `unpaired_t` | pilot people, before and after, as if they were different people |
| `team_means_t` | means of the pilot's teams, before and after |
| `after_only_t` | after the launch, pilot against comparison people |
| `did_by_people` | change of pilot against change of comparison people, teams ignored |
| `did_cr1_z` | the same with the cluster-robust variance CR1 and normal quantiles |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from pilot.effects.cluster_robust import sum_by_cluster
from pilot.plan import Plan
from pilot.scores import BoolArray, FloatArray, Panel, Roster

LEVEL = 0.975


@dataclass(frozen=True)
class _Moments:
    """Of a group's values, each of shape (replicates,).

    Attributes:
        count: How many.
        mean: Their mean.
        squares: Sum of squares around it.
    """

    count: FloatArray
    mean: FloatArray
    squares: FloatArray


def customary_claims(panel: Panel, plan: Plan) -> Mapping[str, BoolArray]:
    """By name of the test: whether it claims an improvement, shape (replicates,)."""
    scale = plan.outcomes.primary.scale
    before, after = (panel.mean_of(scale, (waves[-1],)) for waves in (plan.analysis.baseline, plan.analysis.outcome))
    pilot, linked = panel.roster.person_treated, ~np.isnan(before + after)
    change = after - before
    moved = _moments(change, linked & pilot)
    claims = {
        "paired_t": _one_sample(moved),
        "unpaired_t": _two_samples(
            _moments(after, pilot & ~np.isnan(after)), _moments(before, pilot & ~np.isnan(before))
        ),
        "team_means_t": _one_sample(_team_means(change, linked & pilot, panel.roster)),
    }
    if plan.design == "before_after":
        return claims
    others = _moments(change, linked & ~pilot)
    return claims | {
        "after_only_t": _two_samples(*(_moments(after, arm & ~np.isnan(after)) for arm in (pilot, ~pilot))),
        "did_by_people": _two_samples(moved, others),
        "did_cr1_z": _did_cr1(change, linked, panel.roster),
    }


def _moments(values: FloatArray, group: BoolArray) -> _Moments:
    count = group.sum(axis=1).astype(np.float64)
    mean = np.where(group, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(group, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    return _Moments(count, mean, squares)


def _one_sample(group: _Moments) -> BoolArray:
    df = np.maximum(group.count - 1, 1)
    return _claims(group.mean, np.sqrt(group.squares / df / np.maximum(group.count, 1)), df)


def _two_samples(first: _Moments, second: _Moments) -> BoolArray:
    """Student's test with the pooled variance."""
    df = np.maximum(first.count + second.count - 2, 1)
    each = 1 / np.maximum(first.count, 1) + 1 / np.maximum(second.count, 1)
    se = np.sqrt((first.squares + second.squares) / df * each)
    return _claims(first.mean - second.mean, se, df)


def _claims(difference: FloatArray, se: FloatArray, df: FloatArray) -> BoolArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        claims: BoolArray = difference / se > special.stdtrit(df, LEVEL)
    return claims


def _by_team(values: FloatArray, group: BoolArray, roster: Roster) -> tuple[FloatArray, FloatArray]:
    """Count and sum of the group in each team, each of shape (replicates, teams)."""
    n_teams = len(roster.team_ids)
    counts = sum_by_cluster(group.astype(np.float64), roster.team, n_teams)
    return counts, sum_by_cluster(np.where(group, values, 0.0), roster.team, n_teams)


def _team_means(values: FloatArray, group: BoolArray, roster: Roster) -> _Moments:
    counts, sums = _by_team(values, group, roster)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, sums / counts, 0.0)
    return _moments(means, counts > 0)


def _did_cr1(change: FloatArray, linked: BoolArray, roster: Roster) -> BoolArray:
    """Liang & Zeger's variance with Stata's factor G/(G-1) (N-1)/(N-2)."""
    counts, sums = _by_team(change, linked, roster)
    difference, variance = np.zeros(len(change)), np.zeros(len(change))
    for arm, sign in ((roster.treated, 1.0), (~roster.treated, -1.0)):
        n = np.where(arm, counts, 0.0).sum(axis=1)
        mean = np.where(arm, sums, 0.0).sum(axis=1) / np.maximum(n, 1)
        difference += sign * mean
        variance += (np.where(arm, sums - counts * mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(n, 1) ** 2
    n_people, n_teams = counts.sum(axis=1), (counts > 0).sum(axis=1)
    factor = n_teams / np.maximum(n_teams - 1, 1) * (n_people - 1) / np.maximum(n_people - 2, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        claims: BoolArray = difference / np.sqrt(factor * variance) > special.ndtri(LEVEL)
    return claims
