"""Three small-sample second opinions on the difference between arms, beside CR2 of `linked.effect_between_arms`.

- `randomisation_test`: what the drawing of teams itself says. Only where teams were drawn.
- `wild_bootstrap_test`: wild cluster bootstrap-t with the null imposed. Any design with several teams in both arms.
- `jackknife`: CR3, leaving out one team at a time. Wider than CR2; safe where a few large teams dominate.

All three rest on the same model as `effect_between_arms` (linked change, or ANCOVA), by person or by team, and refuse
an arm with fewer than two measured teams: NaN. Both tests are studentised with the CR0 variance (`arm_model`): CR2
would need a matrix root for each team and assignment, and a factor of the variance changes nothing in a test whose
reference distribution is made with the same formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pilot.effects.arm_model import (
    ARM_COLUMN,
    TIE,
    NullModel,
    ReferenceDistribution,
    arm_moments,
    arm_products_of,
    arm_sums,
    blocks,
    null_models,
    ratio,
    scores,
)
from pilot.effects.cluster_robust import Estimate, fit, t_estimate
from pilot.effects.linked import Estimator, Weighting
from pilot.scores import BoolArray, FloatArray, Roster

BootstrapWeights = Literal["rademacher", "webb"]

FEW_TEAMS = 10  # fewer have at most 2^8 sign patterns of different |t|


@dataclass(frozen=True)
class RandomisationTest:
    """Randomisation inference, one value a replicate; NaN where refused.

    Attributes:
        estimate: Difference between arms, points, shape (replicates,).
        p: Two-sided p of no effect on anybody, shape (replicates,).
        lower: Lower bound of the interval of a constant effect, points, shape (replicates,); -infinity where
            there are too few assignments for the confidence asked.
        upper: Upper bound, points, shape (replicates,); infinity likewise.
        smallest_p: Smallest p that so few assignments can give, shape (replicates,).
        n_assignments: Assignments compared, the one that happened included, shape (replicates,).
        is_exact: Whether these are all there are, shape (replicates,).
    """

    estimate: FloatArray
    p: FloatArray
    lower: FloatArray
    upper: FloatArray
    smallest_p: FloatArray
    n_assignments: NDArray[np.intp]
    is_exact: BoolArray


@dataclass(frozen=True)
class BootstrapTest:
    """Wild cluster bootstrap-t, one value a replicate; NaN where refused.

    Attributes:
        estimate: Difference between arms, points, shape (replicates,).
        p: Two-sided p of no effect, shape (replicates,).
        n_draws: Draws of the teams' weights, shape (replicates,).
        is_exact: Whether these are all sign patterns there are, shape (replicates,).
    """

    estimate: FloatArray
    p: FloatArray
    n_draws: NDArray[np.intp]
    is_exact: BoolArray


def randomisation_test(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    weighting: Weighting,
    confidence_pct: float,
    rng: np.random.Generator,
    max_assignments: int = 20_000,
) -> RandomisationTest:
    """Compare the difference between arms with those that other drawings of the teams would have shown.

    p is the share of assignments whose |t| is at least the observed one, among all assignments of the measured teams
    with as many in the pilot arm; where those are too many, among `max_assignments` of them (the observed one and
    random ones; Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9, 39). Exact for
    "no effect on anybody, nor on who answers" (Fisher). Studentised, because the coefficient alone rejects too often
    (or too rarely) when the effect is nil on average only and the arms differ in number or spread of teams (Chung &
    Romano 2013, Annals of Statistics 41, 484-507; Su & Ding 2021, Journal of the Royal Statistical Society B 83,
    994-1015). The interval holds the constant effects that the same test does not reject at 100 - `confidence_pct`
    percent; each bound is found by bisection outward from the estimate.

    Not where teams were chosen and not drawn, or were drawn within pairs or strata. With fewer than about 4 + 4 teams
    no p can be small: see `smallest_p`. All replicates are compared with the same random assignments. Memory: five
    numbers a replicate and assignment.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: `change` or `ancova`, as in `effect_between_arms`.
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.
        rng: Draws assignments where there are more than `max_assignments`; untouched otherwise.
        max_assignments: How many are compared at most.
    """
    moments = arm_moments(before, after, roster, estimator=estimator, weighting=weighting)
    shape = len(moments.n)
    p, lower, upper, smallest = (np.full(shape, np.nan) for _ in range(4))
    n_assignments, is_exact = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=bool)
    for rows, model in null_models(moments, roster.treated):
        n_treated = int(model.treated[0].sum())
        exact = comb(model.treated.shape[1], n_treated) <= max_assignments
        others = _assignments(model.treated.shape[1], n_treated, exact, max_assignments, rng)
        reference = ReferenceDistribution.of(model, others, observed_is_among=exact)
        p[rows], smallest[rows] = reference.p(np.zeros(len(rows))), reference.smallest_p()
        lower[rows], upper[rows] = reference.interval((100 - confidence_pct) / 100)
        n_assignments[rows], is_exact[rows] = len(others) + (not exact), exact
    estimate = fit(moments).coefficients[:, ARM_COLUMN] + 0.0 * p
    return RandomisationTest(estimate, p, lower, upper, smallest, n_assignments, is_exact)


def wild_bootstrap_test(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    weighting: Weighting,
    weights: BootstrapWeights | None = None,
    rng: np.random.Generator,
    max_draws: int = 20_000,
) -> BootstrapTest:
    """Test of no effect by the wild cluster bootstrap-t with the null imposed.

    Outcomes are redrawn as the fit without an effect plus its residuals, all of one team times one random weight, and
    p is the share of draws whose |t| is at least the observed one (Cameron, Gelbach & Miller 2008, Review of Economics
    and Statistics 90, 414-427). `rademacher`: -1 or 1; where there are at most `max_draws` sign patterns, each is
    used once. `webb`: one of six values, -+sqrt(3/2), -+1, -+sqrt(1/2), for fewer than about ten teams, whose sign
    patterns are too few (Webb 2023, Canadian Journal of Economics 56, 839-858). Of random draws, the observed
    statistic counts as one.

    Not with two or three teams in one arm of many: p is then far too large (MacKinnon & Webb 2017, Journal of Applied
    Econometrics 32, 233-254).

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: `change` or `ancova`, as in `effect_between_arms`.
        weighting: Whether each person or each team counts the same.
        weights: Distribution of the teams' weights; None is `webb` with fewer than ten measured teams, else
            `rademacher`.
        rng: Draws them, unless all sign patterns are used.
        max_draws: How many draws at most.
    """
    moments = arm_moments(before, after, roster, estimator=estimator, weighting=weighting)
    p = np.full(len(moments.n), np.nan)
    n_draws, is_exact = np.zeros(len(p), dtype=np.intp), np.zeros(len(p), dtype=bool)
    for rows, model in null_models(moments, roster.treated):
        n_teams = model.treated.shape[1]
        kind = weights or ("webb" if n_teams < FEW_TEAMS else "rademacher")
        exact = kind == "rademacher" and 2**n_teams <= max_draws
        draws = _signs(n_teams) if exact else _team_weights(kind, (max_draws, n_teams), rng)
        p[rows] = _share_as_extreme(model, draws, observed_is_among=exact)
        n_draws[rows], is_exact[rows] = len(draws), exact
    estimate = fit(moments).coefficients[:, ARM_COLUMN] + 0.0 * p
    return BootstrapTest(estimate, p, n_draws, is_exact)


def jackknife(
    before: FloatArray,
    after: FloatArray,
    roster: Roster,
    *,
    estimator: Estimator,
    weighting: Weighting,
    confidence_pct: float,
) -> Estimate:
    """The difference between arms with the jackknife variance CR3, leaving out one team at a time.

    V = (G - 1) / G sum_j (b_(-j) - b)(b_(-j) - b)' over G measured teams, t test with G - 1 degrees of freedom
    (MacKinnon, Nielsen & Webb 2023, Journal of Applied Econometrics 38, 671-694). The factor (G - 1) / G is theirs and
    that of statsmodels (`cluster-crv3`); clubSandwich's CR3 has none, so that its standard errors are
    sqrt(G / (G - 1)) times these. Too wide rather than too narrow; with fewer than about four teams in an arm G - 1
    promises more than there is: then believe the Satterthwaite degrees of freedom of `effect_between_arms`.

    Args:
        before: Points at the start, NaN where missing, shape (replicates, people).
        after: Points at the end, same shape.
        roster: People and teams with their arms.
        estimator: `change` or `ancova`, as in `effect_between_arms`.
        weighting: Whether each person or each team counts the same.
        confidence_pct: Of the interval, percent.

    Returns:
        The estimate, all fields of shape (replicates,); its `df` are G - 1.
    """
    moments = arm_moments(before, after, roster, estimator=estimator, weighting=weighting)
    coefficients = fit(moments).coefficients
    estimable = np.isfinite(coefficients[:, ARM_COLUMN])
    n_teams = (moments.n > 0).sum(axis=1)
    kept = moments.xx.sum(axis=1, keepdims=True) - moments.xx
    kept = np.where(estimable[:, None, None, None], kept, np.eye(kept.shape[-1]))
    score = moments.xy - np.einsum("rjpq,rq->rjp", moments.xx, coefficients)
    # b_(-j) - b = -(X'X - X_j'X_j)^(-1) X_j'e_j
    moved = np.linalg.solve(kept, score[..., None])[..., ARM_COLUMN, 0]
    estimate, df = coefficients[:, ARM_COLUMN], np.where(estimable, n_teams - 1.0, np.nan)
    se = np.sqrt(df / n_teams * (moved**2).sum(axis=1))
    return t_estimate(estimate, se, df, moments.n, roster.treated, confidence_pct=confidence_pct)


def _assignments(
    n_teams: int, n_treated: int, exact: bool, max_assignments: int, rng: np.random.Generator
) -> BoolArray:
    """All assignments, or random ones, shape (assignments, teams)."""
    if not exact:
        return rng.permuted(np.tile(np.arange(n_teams) < n_treated, (max_assignments - 1, 1)), axis=1)
    chosen = np.array(list(combinations(range(n_teams), n_treated)))
    assignments = np.zeros((len(chosen), n_teams), dtype=bool)
    np.put_along_axis(assignments, chosen, True, axis=1)
    return assignments


def _signs(n_teams: int) -> FloatArray:
    """All sign patterns, shape (2^teams, teams)."""
    return np.where(np.arange(2**n_teams)[:, None] >> np.arange(n_teams) & 1, -1.0, 1.0)


def _team_weights(kind: BootstrapWeights, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    values = np.sqrt([1.0] if kind == "rademacher" else [0.5, 1.0, 1.5])
    return rng.choice(np.concatenate([-values, values]), size=shape)


def _share_as_extreme(model: NullModel, draws: FloatArray, *, observed_is_among: bool) -> FloatArray:
    """Compare with the wild bootstrap. With residuals e w_j, e' = w_j e - Z q, q being their coefficients on Z."""
    own = model.treated[:, None].astype(float)
    total, score = scores(model, own, model.ze)
    observed = ratio(np.abs(total), np.sqrt((score**2).sum(axis=-1))) * (1 - TIE)
    products, squares = arm_sums(model, own, model.ze)
    products_of_arm = np.swapaxes(arm_products_of(model, own), 1, 2)
    inverse = np.linalg.inv(model.zz.sum(axis=1))
    extreme = np.zeros(len(own), dtype=np.intp)
    for weights in blocks(draws, len(own)):
        totals = (weights * products).sum(axis=-1)
        q = weights @ model.ze @ inverse
        score = weights * products - q @ products_of_arm - (totals / squares.sum(axis=-1))[..., None] * squares
        extreme += (ratio(np.abs(totals), np.sqrt((score**2).sum(axis=-1))) >= observed).sum(axis=1)
    missing = 1 - observed_is_among
    share: FloatArray = (extreme + missing) / (len(draws) + missing)
    return share
